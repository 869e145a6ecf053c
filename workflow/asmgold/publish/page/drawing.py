"""What the page's map shows, as plain values for its script, and the layers that a reader switches."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd
import shapely

from asmgold.geodesy.antimeridian import ROUND_THE_EARTH_DEG
from asmgold.io.text import web_address
from asmgold.publish import palette
from asmgold.publish.context import Context
from asmgold.publish.messages import NO_BREAK
from asmgold.publish.page.results import Results, missing_as_none, region_titles
from asmgold.publish.page.shapes import BACKGROUND_DEG, DECIMALS, Window, background, steps
from asmgold.publish.page.units import COUNTRIES, colours_of_units, facts, shapes_of_units, title_of_units, units
from asmgold.records.corrections import moved
from asmgold.schemas.tables import COMMODITY_ROLES
from asmgold.vocabulary.iso import country_name

SCRIPT_WORDS = "js_"
PIXELS_OF_A_MM = 2.3  # of the radius of a sign, for a millimetre of its size
POSITION_DECIMALS = 5
MOST_TOWNS = 400  # the largest; each is a label that the browser moves
SEEN_DEG = 0.01  # mining that was seen is shown in cells of this size, some kilometre


@dataclass(frozen=True)
class MapLayer:
    """A layer of the map: its key, its words, how it is drawn, and whether it is shown at first."""

    key: str
    title: str
    symbol: Literal["area", "line", "arrow", "point", "text"]
    fill: str
    edge: str
    shown: bool = True
    radius: float = 0.0
    thin: bool = False
    legend: Sequence[tuple[str, str]] = ()


def map_layers(results: Results, context: Context) -> list[MapLayer]:
    """The layers from the lowest to the topmost."""
    words, window = context.phrases("page"), results.window
    divided = units(results, context)[1]["overlay"].unique().tolist()
    layers = []
    if results.countries is not None:
        layers.append(MapLayer("names", words["layer_names"], "text", palette.TEXT_MUTED, palette.TEXT_MUTED))
    if results.is_per_country:
        layers.append(replace(_unit_layer(COUNTRIES, context), shown=True))
    layers.append(MapLayer("regions", words["layer_regions"], "area", palette.REGION, palette.REGION_EDGE))
    if {"rivers", "lakes"} & results.backdrop.keys():
        layers.append(MapLayer("waters", words["layer_waters"], "line", palette.LAKE, palette.WATER, thin=True))
    if "towns" in results.backdrop:
        layers.append(MapLayer("towns", words["layer_towns"], "text", palette.TOWN, palette.TOWN))
    for name in context.overlay_titles:
        parent = context.parent_of(name)
        if parent is not None:
            title = context.say(
                words["layer_outside"], parent=context.overlay_phrases[parent], overlay=context.overlay_phrases[name]
            )
            layers.append(MapLayer(f"outside-{name}", title, "area", palette.OUTSIDE, palette.REGION_EDGE, shown=False))
    layers += [_unit_layer(name, context) for name in divided if name != COUNTRIES]
    layers += _ring_layers(results, context)
    for number, (name, title) in enumerate(context.overlay_titles.items()):
        colour = palette.UNITS if context.is_units_only(name) else palette.overlay_colour(number)
        layers.append(MapLayer(f"overlay-{name}", title, "line", colour, colour, thin=context.is_units_only(name)))
    if results.seen is not None:
        titles = context.phrases("answer")
        for place, colour in palette.SEEN_COLOURS.items():
            layers.append(MapLayer(f"seen-{place}", titles[f"seen_{place}"], "point", colour, colour, radius=3.0))
    if _corrections(results, window):
        layers.append(
            MapLayer("corrections", words["layer_corrections"], "arrow", "#FFFFFF", palette.CORRECTION, shown=False)
        )
    return layers + [_site_layer(source, role, context) for source, role in _kinds(results.sites)]


def map_data(results: Results, layers: Sequence[MapLayer], context: Context) -> dict[str, Any]:
    """Everything that the script draws and lists. Texts stand as they are in the records: data, never markup."""
    window = results.window
    return {
        "language": context.language,
        "words": {
            **{key: word for key, word in context.phrases("page").items() if key.startswith(SCRIPT_WORDS)},
            **{key: context.phrases("page")[key] for key in _SHARED_WORDS},
        },
        "numbers": asdict(context.numbers),
        "window": [window.west, window.south, window.east, window.north],
        "view": _first_sight(results),
        "decimals": {"shapes": DECIMALS, "sites": POSITION_DECIMALS},
        "sites_from": palette.SITES_FROM_ZOOM if results.is_per_country else 0,
        "background": {"land": palette.NEIGHBOUR, "border": palette.NEIGHBOUR_EDGE,
                       "area": palette.AREA, "outline": palette.AREA_EDGE,
                       "chosen": palette.TEXT, "halo": palette.HALO},
        "layers": {layer.key: asdict(layer) for layer in layers},
        "countries": _countries(results, context, window),
        # Where each country is a unit, they are the area.
        "area": [] if results.is_per_country else [window.shape(shape) for shape in results.area.geometry],
        "waters": _waters(results, window),
        "towns": _towns(results, window),
        "overlays": _overlays(results, context, window),
        "units": _units(results, context, window),
        "zones": _outside(results, context, window) | _rings(results, window),
        "regions": _regions(results, context, window),
        "sites": _sites(results, context, window),
        "pages": context.dataset_pages,
        "seen": _seen(results, window),
        "corrections": _corrections(results, window),
    }  # fmt: skip


_SHARED_WORDS = (
    "region_id", "region_countries", "n_sites", "n_deposits", "area_km2", "area_unclipped_km2",
    "source", "region_name", "open_page",
)  # fmt: skip


def _kinds(sites: pd.DataFrame) -> list[tuple[str, str]]:
    """Source and rank of gold of the sites, those that matter most at the end, where they are drawn on top."""
    rank = {role: number for number, role in enumerate(COMMODITY_ROLES)}
    kinds = {(str(source), str(role)) for source, role in zip(sites["source"], sites["commodity_role"], strict=True)}
    return sorted(kinds, key=lambda kind: (kind[0] == "major_deposits", kind[0], -rank[kind[1]]))


def _unit_layer(name: str, context: Context) -> MapLayer:
    """The units of an overlay, each filled by how much of it is region; its legend has the classes."""
    title = context.phrases("page")["layer_units"].format(overlay=title_of_units(name, context))
    bounds = [context.numbers.share(share).replace(f"{context.numbers.decimal}0", "") for share in palette.SHARE_BOUNDS]
    colours = colours_of_units(name)
    classes = zip(["0", *bounds], [*bounds, f"100{NO_BREAK}%"], colours, strict=True)
    legend = [(colour, f"{low.partition(NO_BREAK)[0]}–{high}") for low, high, colour in classes]
    return MapLayer(f"units-{name}", title, "area", colours[2], palette.UNITS, False, legend=legend)


def _ring_layers(results: Results, context: Context) -> list[MapLayer]:
    """Zones by distance, the paler the farther; they are off at first, since they lie where the regions do."""
    if results.rings is None:
        return []
    general, last = context.numbers.general, len(results.rings)
    return [
        MapLayer(
            f"ring-{row.ring}", f"{general(row.from_km)}–{general(row.to_km)} km", "area",
            _mixed(palette.REGION, 1 - (row.ring - 1) / last), palette.REGION_EDGE, shown=False,
        )
        for row in results.rings.itertuples(index=False)
    ]  # fmt: skip


def _rings(results: Results, window: Window) -> dict[str, list[Any]]:
    if results.rings is None:
        return {}
    return {f"ring-{row.ring}": [window.shape(row.geometry)] for row in results.rings.itertuples(index=False)}


def _site_layer(source: str, role: str, context: Context) -> MapLayer:
    mark = palette.site_mark(source, main=palette.is_main(role))
    return MapLayer(
        f"sites-{source}-{role}",
        context.site_kind_title(source, role),
        "point",
        mark.face,
        mark.edge,
        radius=PIXELS_OF_A_MM * mark.size_mm,
    )


def _mixed(colour: str, strength: float) -> str:
    """A colour with white, so much of it."""
    parts = [round(255 - strength * (255 - int(colour[start : start + 2], 16))) for start in (1, 3, 5)]
    return "#" + "".join(f"{part:02X}" for part in parts)


def _first_sight(results: Results) -> list[float]:
    """West, south, east, north of what is seen at first; on a map of the Earth, only as far to the poles as regions."""
    west, south, east, north = results.window.inner
    if east - west >= ROUND_THE_EARTH_DEG and not results.regions.empty:
        _, south, _, north = results.regions.total_bounds
    return [float(edge) for edge in (west, south, east, north)]


def _countries(results: Results, context: Context, window: Window) -> list[dict[str, Any]]:
    """The countries in the window, the largest first: where there is no room for all names, theirs are shown."""
    if results.countries is None:
        return []
    countries, apart = results.countries, results.is_per_country
    cut = background(np.asarray(countries.geometry.array, dtype=object), window)
    shown = [
        (code, name, shape, max(shapely.get_parts(shape), key=shapely.area))
        for code, name, shape in zip(missing_as_none(countries["code"]), countries["name"], cut, strict=True)
        if not shape.is_empty
    ]
    drawn = []
    for code, name, shape, largest in sorted(shown, key=lambda country: -shapely.area(country[3])):
        # The name of the area itself stands in the title.
        inside = shapely.area(shapely.intersection(largest, results.whole_area)) > 0.5 * shapely.area(largest)
        in_sight: Any = window.cut_to_first_sight(largest)
        place = shapely.get_coordinates(shapely.maximum_inscribed_circle(largest if in_sight.is_empty else in_sight))[0]
        own = country_name(code, context.language) if code else None
        drawn.append(
            {
                "name": None if inside and not apart else own or name,
                "place": [round(float(place[1]), 1), round(float(window.longitudes(place[:1])[0]), 1)],
                "shape": window.shape(shape, thinned=0),
            }
        )
    return drawn


def _waters(results: Results, window: Window) -> dict[str, list[Any]]:
    """Rivers and lakes in the window."""
    shapes = {name: np.asarray(layer.geometry.array, dtype=object) for name, layer in results.backdrop.items()}
    lakes = [window.cut(lake) for lake in shapes.get("lakes", [])]
    return {
        "rivers": window.lines(shapes["rivers"]) if "rivers" in shapes else [],
        "lakes": [window.shape(lake, BACKGROUND_DEG) for lake in lakes if not lake.is_empty],
    }


def _towns(results: Results, window: Window) -> list[dict[str, Any]]:
    """Settlements of the area, the largest first: where there is no room for all names, theirs are shown."""
    towns = results.backdrop.get("towns")
    if towns is None:
        return []
    inside = towns[shapely.intersects(results.whole_area, np.asarray(towns.geometry.array, dtype=object))]
    largest = inside.sort_values(["population", "name"], ascending=[False, True], kind="stable").head(MOST_TOWNS)
    places = largest.get_coordinates().to_numpy()
    at = np.column_stack([places[:, 1], window.longitudes(places[:, 0])]).round(POSITION_DECIMALS).tolist()
    large = (largest["population"] >= palette.LARGE_TOWN).tolist()
    return [
        {"name": name, "at": place, "large": is_large}
        for name, place, is_large in zip(largest["name"], at, large, strict=True)
    ]


def _overlays(results: Results, context: Context, window: Window) -> dict[str, dict[str, Any]]:
    """Each overlay with what is known of its zones; those that are divided into units are drawn by them."""
    divided = set(units(results, context)[1]["overlay"])
    shares = context.phrases("page")["js_in_regions"]
    told: dict[str, list[tuple[str, str]]] = {}
    row: Any
    for row in results.summary.itertuples():
        told.setdefault(row.overlay, []).append((
            context.zone_title(f"{row.overlay}:{row.zone}"),
            shares.format(km2=context.numbers.km2(row.regions_km2), share=context.numbers.share(row.share_of_zone)),
        ))  # fmt: skip
    return {
        name: {
            "title": context.overlay_titles[name],
            "facts": told.get(name, []),
            "shape": [] if name in divided else [part for shape in layer.geometry for part in window.shape(shape)],
        }
        for name, layer in results.overlays.items()
    }


def _units(results: Results, context: Context, window: Window) -> list[dict[str, Any]]:
    """The units of the overlays, in the order of their table."""
    columns, table = units(results, context)
    drawn = []
    for overlay, rows in table.groupby("overlay", sort=False):
        shapes = shapes_of_units(str(overlay), rows, results, context)
        drawn += [
            {
                "overlay": overlay,
                "title": row["unit"],
                "facts": facts(columns, row, context.numbers),
                "page": row.get("page"),
                "fill": palette.share_colour(row["share_of_unit"], colours_of_units(str(overlay))),
                "shape": window.shape(shape),
            }
            for row, shape in zip(rows.to_dict("records"), shapes, strict=True)
        ]
    return drawn


def _outside(results: Results, context: Context, window: Window) -> dict[str, list[Any]]:
    pieces = results.intersections[results.intersections["zone"] == "outside"]
    return {
        f"outside-{name}": [window.shape(shape) for shape in of_overlay.geometry]
        for name, of_overlay in pieces.groupby("overlay", sort=False)
    }


def _regions(results: Results, context: Context, window: Window) -> list[dict[str, Any]]:
    pieces = results.intersections
    zones: dict[str, list[Any]] = {}
    for overlay, zone, region, km2 in zip(
        pieces["overlay"], pieces["zone"], pieces["region_id"], pieces["area_km2"], strict=True
    ):
        zones.setdefault(region, []).append([context.zone_title(f"{overlay}:{zone}"), round(km2, 3)])
    return [
        {
            "id": row.region_id,
            "title": title,
            "km2": round(row.area_km2, 3),
            "unclipped": round(row.area_unclipped_km2, 3),
            "sites": row.n_sites,
            "sources": [[context.dataset_title(name), getattr(row, f"n_{name}")] for name in context.datasets],
            "deposits": row.n_deposits,
            "countries": context.country_names(row.countries),
            "zones": zones.get(row.region_id, []),
            "shape": window.shape(row.geometry),
        }
        for row, title in zip(
            results.regions.itertuples(index=False), region_titles(results.regions, context), strict=True
        )
    ]


def _sites(results: Results, context: Context, window: Window) -> dict[str, list[Any]]:
    """The sites column by column."""
    sites = results.sites
    number = {region: place for place, region in enumerate(results.regions["region_id"])}
    longitude = window.longitudes(sites["longitude"].to_numpy(float))
    return {
        "id": sites["record_id"].tolist(),
        "name": sites["label"].tolist(),
        "at": steps(np.column_stack([sites["latitude"], longitude]), POSITION_DECIMALS),
        "layer": [
            f"sites-{source}-{role}" for source, role in zip(sites["source"], sites["commodity_role"], strict=True)
        ],
        "region": [number[region] for region in sites["region_id"]],
        "source": [context.dataset_title(source) for source in sites["source"]],
        "role": [context.meaning("role", role) for role in sites["commodity_role"]],
        "commodities": [", ".join(names) for names in sites["commodities"]],
        "status": missing_as_none(sites["status"]),
        "type": missing_as_none(sites["deposit_type"]),
        "country": [_country(row, context) for row in sites.itertuples(index=False)],
        "flags": ["; ".join(context.meaning("flag", flag) for flag in flags) for flags in sites["flags"]],
        "moved": _moved(sites),
        "url": [_short(url, key) for url, key in zip(missing_as_none(sites["url"]), sites["record_id"], strict=True)],
    }


def _short(url: str | None, record_id: str) -> str | None:
    """The address of a record's page, with `{id}` where it ends with what its id has after the colon."""
    address, own = web_address(url), record_id.partition(":")[2]
    return address.removesuffix(own) + "{id}" if address and own and address.endswith(own) else address


def _country(row: Any, context: Context) -> str | None:
    if isinstance(row.country_located, str):
        return country_name(row.country_located, context.language) or row.country_located
    return row.country_reported if isinstance(row.country_reported, str) else None


def _moved(sites: pd.DataFrame) -> list[list[float] | None]:
    """Where the source has the record, if a correction moved it."""
    read = sites[["latitude_read", "longitude_read"]].to_numpy(float).round(POSITION_DECIMALS).tolist()
    return [old if was_moved else None for old, was_moved in zip(read, moved(sites), strict=True)]


def _seen(results: Results, window: Window) -> dict[str, dict[str, list[list[float]]]]:
    """The middle of each cell of `SEEN_DEG` in which mining was seen, inside and outside the regions, by period."""
    if results.seen is None or results.seen.empty:
        return {}
    cells = np.floor(results.seen.get_coordinates().to_numpy()[:, ::-1] / SEEN_DEG)
    places = results.seen["place"].to_numpy(dtype=object)
    periods = results.seen["period"].to_numpy(dtype=object)
    seen: dict[str, dict[str, list[list[float]]]] = {f"seen-{place}": {} for place in palette.SEEN_COLOURS}
    for place, period in itertools.product(palette.SEEN_COLOURS, sorted(set(periods))):
        middle = (np.unique(cells[(places == place) & (periods == period)], axis=0) + 0.5) * SEEN_DEG
        middle[:, 1] = window.longitudes(middle[:, 1])
        seen[f"seen-{place}"][str(period)] = middle.round(POSITION_DECIMALS).tolist()
    return seen


def _corrections(results: Results, window: Window) -> list[dict[str, Any]]:
    """The records that a correction put somewhere in the window."""
    was_moved = moved(results.records)
    if not was_moved.any():
        return []
    records = results.records[was_moved]
    places = window.longitudes(records["longitude"].to_numpy(float)), records["latitude"].to_numpy(float)
    rows: Iterable[Any] = records[window.holds(*places)].itertuples(index=False)
    return [
        {
            "name": row.name if isinstance(row.name, str) else row.record_id,
            "from": [row.latitude_read, row.longitude_read],
            "to": [row.latitude, float(window.longitudes(np.array([row.longitude]))[0])],
        }
        for row in rows
    ]
