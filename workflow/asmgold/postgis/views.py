"""Views for the questions that people ask most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import LiteralString

from asmgold.postgis.tables import TABLES


@dataclass(frozen=True)
class View:
    """A view.

    Parameters
    ----------
    name, about : what it is called and answers
    query : in SQL; tables are found by their names alone
    like : the tables whose words hold for columns of the same name, the first one first
    own : the other columns in words
    """

    name: str
    about: str
    query: LiteralString
    like: Sequence[str] = ()
    own: Mapping[str, str] = field(default_factory=dict)

    def about_column(self, column: str) -> str:
        """What a column means. Raises KeyError if that is not said."""
        if column in self.own:
            return self.own[column]
        known = {table.name: table.columns for table in TABLES}
        said = [known[name][column].about for name in self.like if column in known[name]]
        if not said:
            raise KeyError(f"{self.name}.{column}")
        return said[0]


VIEWS: tuple[View, ...] = (
    View(
        "region_overlays",
        "Regions with their overlays: one row for each region and each zone that it reaches into, and one row for a "
        "region in no zone.",
        """
        SELECT region_id, r.area_km2, r.n_sites, r.n_deposits, r.countries, overlay, v.title AS overlay_title, o.zone,
               o.area_km2 AS area_in_zone_km2, o.area_km2 / nullif(r.area_km2, 0) AS share_of_region, o.geometry
        FROM regions r
        LEFT JOIN overlay_intersections o USING (region_id)
        LEFT JOIN overlays v USING (overlay)
        """,
        ["regions", "overlay_intersections"],
        {
            "overlay_title": "What the overlay is called on maps.",
            "area_in_zone_km2": "Area of the region within the zone.",
            "share_of_region": "Area within the zone over the area of the region as published.",
            "geometry": "The region within the zone; none for a region in no zone.",
        },
    ),
    View(
        "zone_shares",
        "How much of each zone is region, and how much of the regions is in it; the zone area is the whole of it.",
        """
        SELECT 'area' AS zone, NULL AS overlay, m.title, a.zone_km2, r.regions_km2,
               r.regions_km2 / nullif(a.zone_km2, 0) AS share_of_zone,
               CASE WHEN r.regions_km2 > 0 THEN 1.0::double precision ELSE 0 END AS share_of_regions,
               NULL::double precision AS share_of_parent_regions, s.sites
        FROM manifest m,
             (SELECT sum(area_km2) AS zone_km2 FROM area) a,
             (SELECT coalesce(sum(area_km2), 0) AS regions_km2 FROM regions) r,
             (SELECT count(*) AS sites FROM sites) s
        UNION ALL
        SELECT s.overlay || ':' || s.zone, s.overlay,
               CASE s.zone WHEN 'inside' THEN v.title ELSE p.title || ' outside ' || v.title END,
               s.zone_km2, s.regions_km2, s.share_of_zone, s.share_of_regions, s.share_of_parent_regions, s.sites
        FROM overlay_summary s
        JOIN overlays v USING (overlay)
        LEFT JOIN overlays p ON p.overlay = v.within
        """,
        ["overlay_summary"],
        {
            "zone": "area, or <overlay>:inside, or <overlay>:outside, as in the tables of evidence.",
            "overlay": "The overlay's name in the configuration; none for the area.",
            "title": "What the zone is called.",
            "sites": "Sites that lie in the zone; for the area also those beyond its border whose discs reach in.",
        },
    ),
    View(
        "site_zones",
        "Sites by zone: one row for each site and each zone that it lies in.",
        """
        WITH inside AS (
          SELECT DISTINCT record_id, overlay
          FROM sites s JOIN overlay_features f ON ST_Intersects(f.geometry, s.geometry)
        ), zones AS (
          SELECT record_id, overlay, 'inside' AS zone FROM inside
          UNION ALL
          SELECT i.record_id, v.overlay, 'outside'
          FROM overlays v JOIN inside i ON i.overlay = v.within
          WHERE NOT EXISTS (SELECT FROM inside j WHERE j.record_id = i.record_id AND j.overlay = v.overlay)
        )
        SELECT record_id, s.source, s.name, s.region_id, overlay, v.title AS overlay_title, z.zone, s.geometry
        FROM zones z JOIN sites s USING (record_id) JOIN overlays v USING (overlay)
        """,
        ["sites", "overlay_summary"],
        {"overlay_title": "What the overlay is called on maps."},
    ),
    View(
        "sites_outside_overlays",
        "Sites outside an overlay, such as the mining corridor: one row for each overlay and each site that does not "
        "lie in it.",
        """
        SELECT s.record_id, s.source, s.name, s.region_id, v.overlay, v.title AS overlay_title,
               CASE WHEN v.within IS NOT NULL THEN EXISTS (
                 SELECT FROM overlay_features p
                 WHERE p.overlay = v.within AND ST_Intersects(p.geometry, s.geometry)
               ) END AS in_parent,
               s.geometry
        FROM sites s CROSS JOIN overlays v
        WHERE NOT EXISTS (
          SELECT FROM overlay_features f WHERE f.overlay = v.overlay AND ST_Intersects(f.geometry, s.geometry)
        )
        """,
        ["sites", "overlays"],
        {
            "overlay_title": "What the overlay is called on maps.",
            "in_parent": "Whether it lies in the overlay that this one is within; none if it is within none.",
        },
    ),
    View(
        "records_rejected",
        "Records that were rejected, and why.",
        """
        SELECT r.record_id, r.source, r."row", r.name, r.country_reported, r.longitude_text, r.latitude_text,
               r.fate_reason, r.flags, ARRAY(
                 SELECT v.meaning
                 FROM unnest(r.flags) WITH ORDINALITY AS f(flag, n)
                 JOIN vocabulary v ON v.list = 'flag' AND v.word = f.flag
                 ORDER BY f.n
               ) AS flag_meanings
        FROM records r
        WHERE r.fate = 'rejected'
        """,
        ["records"],
        {"flag_meanings": "What the flags mean."},
    ),
    View(
        "records_by_fate",
        "What became of the records of each source.",
        """
        WITH counted AS (SELECT source, fate, count(*) AS records FROM records GROUP BY source, fate)
        SELECT s.source, v.word AS fate, v.meaning, coalesce(c.records, 0) AS records
        FROM (SELECT DISTINCT source FROM counted) s
        CROSS JOIN vocabulary v
        LEFT JOIN counted c ON c.source = s.source AND c.fate = v.word
        WHERE v.list = 'fate'
        """,
        ["records"],
        {"meaning": "What the fate means.", "records": "How many records have it."},
    ),
    View(
        "records_corrected",
        "Records whose position was corrected, how far, and why.",
        """
        SELECT r.record_id, r.source, r.name, r.fate, r.correction, c.reason, c.evidence, r.longitude_read,
               r.latitude_read, r.longitude, r.latitude, ST_Length(c.geometry::geography) / 1000 AS moved_km, c.geometry
        FROM records r JOIN corrections c USING (correction)
        """,
        ["records", "corrections"],
        {"moved_km": "From the position as read to the position as used, along the ellipsoid."},
    ),
    View(
        "missed_mining_far",
        "Mining that was seen far from any site: farther than twice the radius of the nearest site's disc.",
        """
        SELECT m.piece, m.evidence, m.period, m.amount, m.unit, m.distance_km,
               m.distance_km - s.buffer_km AS beyond_km,
               m.nearest_site, s.name AS nearest_name, m.geometry
        FROM missed_mining m
        JOIN sites s ON s.record_id = m.nearest_site
        WHERE m.distance_km > 2 * s.buffer_km
        """,
        ["missed_mining"],
        {
            "beyond_km": "How much farther than the radius of the discs.",
            "nearest_name": "The name of that site.",
        },
    ),
    View(
        "sources",
        "What the result is made from, whom to cite, and under which terms it may be used.",
        """
        SELECT s.key AS source, s.value ->> 'title' AS title, s.value ->> 'producer' AS producer,
               s.value ->> 'citation' AS citation, s.value ->> 'licence' AS licence, s.value #>> '{{urls,0}}' AS url,
               s.value ->> 'date' AS date, s.value #>> '{{lock,sha256}}' AS sha256
        FROM manifest, jsonb_each(manifest -> 'sources') s
        """,
        [],
        {
            "source": "Its name in config/sources.yaml, or the file of whoever made the result.",
            "title": "The dataset's own title.",
            "producer": "Who made it.",
            "citation": "How its producer asks to be cited.",
            "licence": "The terms it may be used under.",
            "url": "Where it comes from.",
            "date": "The date of the data, where it is known.",
            "sha256": "The hash of the file that was read.",
        },
    ),
)
