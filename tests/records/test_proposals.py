"""Proposed corrections: found where the evidence is, ranked by it, and ready to be pasted."""

from __future__ import annotations

import re

import geopandas as gpd
import pandas as pd
import pytest
import shapely
import yaml
from pydantic import TypeAdapter

from asmgold.config.loading import load_corrections
from asmgold.config.models import Correction
from asmgold.publish.messages import load_words
from asmgold.publish.page.audit import write_audit_page
from asmgold.records.classify import classify
from asmgold.records.proposals import as_yaml, propose
from asmgold.schemas.tables import READ_RECORDS
from asmgold.sources.countries import country_table
from tests.conftest import PROJECT
from tests.small_map import context_of_map

AREA = gpd.GeoDataFrame(geometry=[shapely.box(-1, -1, 1, 1)], crs=4326)


@pytest.fixture(scope="module")
def world():
    return country_table(gpd.read_file(PROJECT / "data/raw/embedded/countries.geojson"), "iso_n3", "name")


def classified(world, *rows, corrections=()):
    table = pd.DataFrame(
        [
            {
                "record_id": f"mrds:{number}", "source": "mrds", "row": number, "name": name,
                "country_reported": country, "longitude_text": str(lon), "latitude_text": str(lat),
                "commodities": ["Gold"], "commodity_role": role,
                "status": None, "deposit_type": None, "operation_type": None, "url": None, "fault": None,
                    "category": None, "precision_m": None, "radius_km": None, "shape": None,
            }
            for number, (name, country, lon, lat, role) in enumerate(rows, start=1)
        ]
    )  # fmt: skip
    return classify(
        READ_RECORDS.validate(table), AREA, world, corrections,
        buffer_m=20_000, tolerance_m=5, include_plants=False, exclude_administrative=False,
    )  # fmt: skip


ROWS = (
    ("Akjoujt Tailings", "Mauritania", 14.5833, 19.5, "listed"),
    ("Akjoujt (Guelb Moghrein)", "Mauritania", -14.58, 19.51, "listed"),
    ("Lone Hill", "Peru", 75.12345, 14.54321, "primary"),
    ("Somewhere", "Congo (Kinshasa)", 27.5, -26.0, "listed"),
    ("Border Creek", "Ecuador", -78.5, -4.3, "primary"),
    ("Good Place", "Peru", -75.1, -14.1, "primary"),
    ("Hunters Road", "Zimbabwe", 29.5, -14.33, None),
    ("Hunters Road", "Zimbabwe", 29.83, -19.16, None),
)  # fmt: skip


def test_proposals_are_ranked_by_their_evidence(world):
    proposals = propose(classified(world, *ROWS), world)
    found = {p.record_id: (p.strength, p.how, p.proposed) for p in proposals}
    assert found == {
        "mrds:1": ("strong", "-longitude", (-14.5833, 19.5)),
        "mrds:3": ("fair", "-longitude, -latitude", (-75.12345, -14.54321)),
        "mrds:7": ("fair", "namesake", (29.83, -19.16)),
        "mrds:4": ("weak", "latitude / 10", (27.5, -2.6)),
    }
    assert [p.record_id for p in proposals] == list(found)
    assert "1.2 km from mrds:2, Akjoujt (Guelb Moghrein)" in proposals[0].evidence


def test_a_pasted_proposal_is_a_correction_that_holds(world):
    text = as_yaml(propose(classified(world, *ROWS), world))
    corrections = TypeAdapter(list[Correction]).validate_python(yaml.safe_load(text))
    records = classified(world, *ROWS, corrections=corrections).set_index("record_id")
    mended = records.loc[[correction.record for correction in corrections]]
    assert mended["correction"].notna().all()
    assert mended["outside_km"].isna().all()
    assert propose(records.reset_index(), world) == []
    assert "There is none" in as_yaml([])


def test_names_of_records_are_text_on_the_page_and_in_the_proposals(world, tmp_path):
    hostile = "<script>alert(1)</script> {{ 7*7 }}\n- id: x"
    records = classified(world, (hostile, "Peru", 75.1, 14.1, "primary"), ("A", "Peru", -75.1, -14.1, "primary"))
    proposals = propose(records, world)
    assert len(yaml.safe_load(as_yaml(proposals))) == 1
    write_audit_page(
        tmp_path / "audit.html",
        context_of_map(hostile),
        records=records,
        countries=world,
        corrections=[],
        proposals=proposals,
    )
    page = (tmp_path / "audit.html").read_text()
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; {{ 7*7 }}" in page
    assert "http" not in page.replace("http-equiv", "")


def test_corrections_of_other_countries_put_records_into_the_country_they_name(world):
    corrections = load_corrections(PROJECT / "config/corrections.yaml")
    shipped = [correction for correction in corrections if not correction.id.startswith("peru_")]
    read = {
        "major_deposits:2497": ("Akjoujt Tailings", "Mauritania", 14.5833, 19.5),
        "major_deposits:2598": ("Koma Bangou", "Niger", -7.9997, 17.0),
        "major_deposits:2242": ("Kivu", "Congo (Kinshasa)", 27.5, -26.0),
        "mrds:10280744": ("Aya-Aya Project", "Philippines", 122.36928, 9.26069),
        "mrds:10304253": ("Basay", "Philippines", 122.75257, 9.26069),
    }
    assert {correction.record for correction in shipped} == set(read)
    rows = [(*said, "listed") for said in read.values()]
    published = classified(world, *rows).set_axis(list(read))
    assert (published["outside_km"] > 10).all()
    renamed = {record: f"mrds:{number}" for number, record in enumerate(read, start=1)}
    mended = classified(
        world, *rows, corrections=[c.model_copy(update={"record": renamed[c.record]}) for c in shipped]
    )  # fmt: skip
    assert mended["correction"].notna().all()
    assert mended["outside_km"].isna().all()


def test_a_record_in_the_sea_is_proposed_the_place_of_its_namesake(world):
    rows = (
        ("Basay", "Philippines", 122.75257, 9.26069, "primary"), ("Basay Mine", "Philippines", 122.6333, 9.5667, None),
        ("Basay", "Philippines", 121.0, 16.0, None), ("Unnamed", "Philippines", 122.4, 9.3, "primary"),
        ("Coast", "Peru", -77.24, -12.0, "primary"), ("Coast", "Peru", -75.0, -12.0, None),
    )  # fmt: skip
    (proposal,) = propose(classified(world, *rows), world)
    assert (proposal.record_id, proposal.strength, proposal.how) == ("mrds:1", "weak", "namesake")
    assert proposal.proposed == (122.6333, 9.5667)
    assert proposal.evidence == "mrds:2, Basay Mine, lies in Philippines, 36 km from there; this is its position."


def test_the_page_lists_unknown_countries_and_leads_to_the_producer_only(world, tmp_path):
    rows = (("A", "Atlantis", -75.1, -14.1, "primary"), ("B", "Peru", 75.1, 14.1, "primary"))
    records = classified(world, *rows).assign(url=["javascript:alert(1)", "https://example.org/show?id=2&x=<"])
    proposals = propose(records, world)
    write_audit_page(
        tmp_path / "audit.html",
        context_of_map("T"),
        records=records,
        countries=world,
        corrections=[],
        proposals=proposals,
    )
    page = (tmp_path / "audit.html").read_text()
    assert "Names of countries that are not known: Atlantis (1)." in page
    assert set(re.findall(r'href="([^#][^"]*)"', page)) == {"https://example.org/show?id=2&amp;x=&lt;"}


def test_the_page_speaks_the_language_of_the_scenario(world, tmp_path):
    records = classified(world, ("B", "Peru", 75.1, 14.1, "primary"))
    path, proposals = tmp_path / "audit.html", propose(records, world)
    context = context_of_map("T", language="es")
    write_audit_page(path, context, records=records, countries=world, corrections=[], proposals=proposals)
    page = path.read_text()
    english, spanish = load_words("en", "audit"), load_words("es", "audit")
    assert '<html lang="es">' in page
    assert [key for key in english if english[key] != spanish[key] and f">{english[key]}<" in page] == []
    for key in ("fates", "flags", "worst", "proposals", "corrections", "deposits"):
        assert f">{spanish[key]}<" in page, key
    assert 'lang="en">With' in page  # the evidence as the file of proposals has it
