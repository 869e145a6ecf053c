"""The radius of each record's disc: its own, that of its source or class, or that of all."""

from __future__ import annotations

import pandas as pd
import pytest
from pydantic import ValidationError

from asmgold.config.models import Radii
from asmgold.errors import InputError
from asmgold.records.radii import radii_km

ROWS = pd.DataFrame(
    {
        "source": ["mrds", "mrds", "major_deposits", "survey", "survey"],
        "status": ["Occurrence", "Producer", None, "Occurrence", None],
        "commodity_role": ["primary", "secondary", "listed", "listed", "listed"],
        "radius_km": [None, None, None, 7.0, None],
    }
).astype({"radius_km": float})


def radii(**values: object) -> list[float]:
    return radii_km(ROWS, Radii(**values)).fillna(-1).tolist()


def test_a_rule_of_a_source_before_the_default_and_an_own_radius_before_both() -> None:
    assert radii(default=20) == [20, 20, 20, 7, 20]
    assert radii(default=20, mrds=10) == [10, 10, 20, 7, 20]
    assert radii(default=20, mrds={"where": {"status": "occurrence"}, "km": 5}) == [5, 20, 20, 7, 20]
    assert radii(default=20, survey=30) == [20, 20, 20, 7, 30]


def test_of_several_rules_the_last_that_fits_counts() -> None:
    rules = [
        {"km": 12},
        {"km": 5, "where": {"status": "Occurrence"}},
        {"km": 6, "where": {"commodity_role": "primary"}},
    ]
    assert radii(default=20, mrds=rules) == [6, 12, 20, 7, 20]


def test_without_a_default_a_record_without_its_own_has_none() -> None:
    assert radii(field="radius_km") == [-1, -1, -1, 7, -1]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"default": 20, "mdrs": 10}, "buffer_km names 'mdrs', one of mrds, major_deposits, survey was expected"),
        (
            {"default": 20, "mrds": {"km": 5, "where": {"status": "Mine"}}},
            "buffer_km.mrds.where is .*, which no record has",
        ),
    ],
)
def test_a_rule_that_is_about_nothing_is_refused(values: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        radii(**values)


@pytest.mark.parametrize(
    "values",
    [
        {}, {"mrds": 10}, {"default": 0}, {"default": 20, "mrds": -1},
        {"default": 20, "mrds": {"km": 10, "where": {"x": 1}}},
        {"field": "radius"}, {"default": 1001},
    ],
)  # fmt: skip
def test_radii_that_cannot_be_are_refused_before_anything_is_read(values: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Radii(**values)
