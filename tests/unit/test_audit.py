"""Proposed corrections: found where the evidence is, ranked by it, and ready to be pasted."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely
import yaml
from pydantic import TypeAdapter

from asmgold.audit import as_yaml, propose
from asmgold.config import Correction, load_corrections
from asmgold.countries import country_codes, country_table
from asmgold.location import Countries
from asmgold.publish import write_audit_page
from asmgold.records import judge
from asmgold.schemas import READ_RECORDS
from tests.conftest import PROJECT

AREA = gpd.GeoDataFrame(geometry=[shapely.box(-1, -1, 1, 1)], crs=4326)


@pytest.fixture(scope="module")
def world():
    return country_table(gpd.read_file(PROJECT / "data/raw/embedded/countries.geojson"), "iso_n3", "name")


def judged(world, *rows, corrections=()):
    table = pd.DataFrame(
        [
            {
                "record_id": f"mrds:{number}", "source": "mrds", "row": number, "name": name,
                "country_reported": country, "longitude_text": str(lon), "latitude_text": str(lat),
                "commodities": ["Gold"], "gold_role": role,
                "status": None, "deposit_type": None, "url": None, "fault": None,
            }
            for number, (name, country, lon, lat, role) in enumerate(rows, start=1)
        ]
    )  # fmt: skip
    return judge(
        READ_RECORDS.validate(table), AREA, world, corrections,
        buffer_m=20_000, tolerance_m=5, include_refineries=False,
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
    proposals = propose(judged(world, *ROWS), world)
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
    text = as_yaml(propose(judged(world, *ROWS), world))
    corrections = TypeAdapter(list[Correction]).validate_python(yaml.safe_load(text))
    records = judged(world, *ROWS, corrections=corrections).set_index("record_id")
    mended = records.loc[[correction.record for correction in corrections]]
    assert mended["correction"].notna().all()
    assert mended["outside_km"].isna().all()
    assert propose(records.reset_index(), world) == []
    assert "There is none" in as_yaml([])


def test_names_of_records_are_text_on_the_page_and_in_the_proposals(world, tmp_path):
    hostile = "<script>alert(1)</script> {{ 7*7 }}\n- id: x"
    records = judged(world, (hostile, "Peru", 75.1, 14.1, "primary"), ("A", "Peru", -75.1, -14.1, "primary"))
    proposals = propose(records, world)
    assert len(yaml.safe_load(as_yaml(proposals))) == 1
    write_audit_page(
        tmp_path / "audit.html", title=hostile, records=records, countries=world, corrections=[], proposals=proposals
    )
    page = (tmp_path / "audit.html").read_text()
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; {{ 7*7 }}" in page
    assert "http" not in page.replace("http-equiv", "")


def test_corrections_of_other_countries_put_records_into_the_country_they_name(world):
    shipped = {
        c.record: c for c in load_corrections(PROJECT / "config/corrections.yaml") if "major_deposits" in c.record
    }
    assert set(shipped) == {"major_deposits:2497", "major_deposits:2598", "major_deposits:2242"}
    read = {
        "major_deposits:2497": ("Mauritania", 14.5833, 19.5), "major_deposits:2598": ("Niger", -7.9997, 17.0),
        "major_deposits:2242": ("Congo (Kinshasa)", 27.5, -26.0),
    }  # fmt: skip
    countries = Countries(world)
    for record, (country, lon, lat) in read.items():
        set_to = {"longitude": lon, "latitude": lat} | shipped[record].set
        place = pd.Series([set_to["longitude"]]).to_numpy(float), pd.Series([set_to["latitude"]]).to_numpy(float)
        assert countries.at(*place)[0] in country_codes(country)
        assert countries.at(pd.Series([lon]).to_numpy(float), pd.Series([lat]).to_numpy(float))[0] not in country_codes(
            country
        )
