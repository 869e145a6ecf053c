"""What could be put right: corrections proposed for records that lie outside the country they state."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import yaml

from asmgold.geodesy.ellipsoid import WGS84
from asmgold.records.deduplicate import names_of
from asmgold.records.location import TRANSFORMS, CountryLocator, Transform
from asmgold.vocabulary.countries import country_codes, with_dependencies

# A slipped decimal point is rare, and puts positions near the equator into many a country: the weakest evidence.
SLIPPED_POINT: dict[str, Transform] = {
    "latitude / 10": lambda x, y: (x, y / 10),
    "longitude / 10": lambda x, y: (x / 10, y),
}
FAR_KM = 100.0
NOT_THE_COAST_KM = 10.0  # nearer than that, a coast that is drawn coarsely is the better explanation
NEAR_A_NAMESAKE_KM = 25.0
SAME_NAME = 90.0
STRENGTHS = ("strong", "fair", "weak")


@dataclass(frozen=True)
class Proposal:
    """A correction to be reviewed: `strength` is one of `STRENGTHS`, distances are geodesic."""

    record_id: str
    name: str | None
    country: str
    bears_gold: bool
    outside_km: float
    read: tuple[float, float]
    proposed: tuple[float, float]
    how: str
    strength: str
    evidence: str

    @property
    def id(self) -> str:
        """A name for it in `config/corrections.yaml`."""
        words = re.sub(r"[^a-z0-9]+", "_", (self.name or self.record_id).casefold()).strip("_")
        return f"check_{words}"[:60].rstrip("_")


def propose(records: gpd.GeoDataFrame, table: gpd.GeoDataFrame) -> list[Proposal]:
    """Propose corrections, the strongest first, those of gold-bearing records before others.

    A record is looked at if it lies outside the country that it states and no correction was applied. Its position may
    be meant with another sign or order, or the decimal point may have slipped, if that puts it into the country; or
    another record of the same name in the country may say where it lies.

    * strong: read in another way it lies in the country stated, within 25 km of a record of the same name
    * fair: read in one other way only it lies in the country stated, or a record of the same name lies there; and it
      was more than 100 km outside
    * weak: all else

    Parameters
    ----------
    records : a table of `asmgold.schemas.tables.RECORDS`
    table : `asmgold.schemas.tables.COUNTRIES`
    """
    countries = CountryLocator(table)
    doubtful = records[records["outside_km"].notna() & records["correction"].isna()]
    named = _named(records)
    proposals = [
        found for _, record in doubtful.iterrows() if (found := _best_proposal(record, named, countries)) is not None
    ]
    return sorted(proposals, key=lambda p: (STRENGTHS.index(p.strength), not p.bears_gold, -p.outside_km, p.record_id))


def as_yaml(proposals: Sequence[Proposal]) -> str:
    """The proposals as entries of `config/corrections.yaml`, to be reviewed and pasted."""
    head = (
        "# Proposed corrections, the strongest evidence first. Review each, then move it to config/corrections.yaml.\n"
    )
    if not proposals:
        return head + "# There is none.\n"
    parts = [head]
    taken: set[str] = set()
    for proposal in proposals:
        name, number = proposal.id, 2
        while name in taken:
            name, number = f"{proposal.id}_{number}", number + 1
        taken.add(name)
        entry = {
            "id": name,
            "record": proposal.record_id,
            "expect": dict(zip(("longitude", "latitude"), proposal.read, strict=True)),
            "set": dict(zip(("longitude", "latitude"), proposal.proposed, strict=True)),
            "reason": f"The record states {proposal.country} and lies {proposal.outside_km:,.0f} km outside it.",
            "evidence": proposal.evidence,
        }
        gold = "bears gold" if proposal.bears_gold else "no gold"
        text = yaml.safe_dump([entry], sort_keys=False, width=118, allow_unicode=True)
        parts.append(f"\n# {proposal.strength}; {gold}\n{text}")
    return "".join(parts)


def _best_proposal(record: pd.Series, named: pd.DataFrame, countries: CountryLocator) -> Proposal | None:
    from rapidfuzz import fuzz

    country = record["country_reported"]
    inside = with_dependencies(country_codes(country))
    there = named[named["country_located"].isin(list(inside))]
    likely = list(_places_inside(record, TRANSFORMS, inside, countries))
    slipped = list(_places_inside(record, SLIPPED_POINT, inside, countries)) if record["outside_km"] > FAR_KM else []
    for how, place in (*likely, *slipped):
        alike = _namesakes(record, there, fuzz.token_set_ratio)
        if len(alike) and (near := _nearest(place, alike))[1] <= NEAR_A_NAMESAKE_KM:
            other, away = near
            evidence = (
                f"{_in_words(how)} it lies in {country}, {away:.1f} km from {other['record_id']}, {other['name']}."
            )
            return _proposal(record, place, how, "strong", evidence)
    if likely:
        how, place = likely[0]
        alone = len(likely) == 1 and record["outside_km"] > FAR_KM
        others = (
            "" if len(likely) == 1 else f" So it does {', '.join(_in_words(name).lower() for name, _ in likely[1:])}."
        )
        evidence = f"{_in_words(how)} it lies in {country}.{others}"
        return _proposal(record, place, how, "fair" if alone else "weak", evidence)
    namesakes = _namesakes(record, there[there["whole"]], fuzz.ratio)
    if len(namesakes) and record["outside_km"] > NOT_THE_COAST_KM:
        other, away = _nearest((record["longitude"], record["latitude"]), namesakes)
        namesake = f"{other['record_id']}, {other['name']}"
        evidence = f"{namesake}, lies in {country}, {away:,.0f} km from there; this is its position."
        strength = "fair" if record["outside_km"] > FAR_KM else "weak"
        return _proposal(record, (other["longitude"], other["latitude"]), "namesake", strength, evidence)
    if slipped:
        how, place = slipped[0]
        return _proposal(record, place, how, "weak", f"{_in_words(how)} it lies in {country}.")
    return None


def _proposal(record: pd.Series, place: tuple[float, float], how: str, strength: str, evidence: str) -> Proposal:
    return Proposal(
        record_id=record["record_id"],
        name=record["name"] if isinstance(record["name"], str) else None,
        country=record["country_reported"],
        bears_gold=isinstance(record["commodity_role"], str),
        outside_km=float(record["outside_km"]),
        read=(float(record["longitude_read"]), float(record["latitude_read"])),
        proposed=(round(float(place[0]), 6), round(float(place[1]), 6)),
        how=how, strength=strength, evidence=evidence,
    )  # fmt: skip


def _places_inside(
    record: pd.Series, transforms: Mapping[str, Transform], inside: Sequence[str], countries: CountryLocator
) -> Iterator[tuple[str, tuple[float, float]]]:
    lon, lat = np.array([record["longitude"]]), np.array([record["latitude"]])
    for how, transform in transforms.items():
        x, y = transform(lon, lat)
        if abs(y[0]) <= 90 and countries.at(x, y)[0] in inside:
            yield how, (float(x[0]), float(y[0]))


def _named(records: gpd.GeoDataFrame) -> pd.DataFrame:
    """The records that have a position on land and a name, once for the whole of it and for each part of it."""
    names = pd.DataFrame(
        [(row, whole, name) for row, text in enumerate(records["name"]) for whole, name in names_of(text)],
        columns=["at", "whole", "called"],
    ).astype({"at": np.intp, "whole": bool})
    located = pd.DataFrame(records[["record_id", "name", "country_located", "longitude", "latitude"]])
    table = located.iloc[names["at"]].reset_index(drop=True).assign(whole=names["whole"], called=names["called"])
    return table[table["country_located"].notna()].sort_values(["record_id", "whole"], ignore_index=True)


def _namesakes(record: pd.Series, there: pd.DataFrame, scorer: Callable[..., float]) -> pd.DataFrame:
    """Other records with the same name by that measure of rapidfuzz: `token_set_ratio` takes a part for the whole."""
    from rapidfuzz import process

    called = next((name for whole, name in names_of(record["name"]) if whole), None)
    if called is None or there.empty:
        return there.iloc[:0]
    alike = process.cdist([called], there["called"].tolist(), scorer=scorer, score_cutoff=SAME_NAME)[0] >= SAME_NAME
    found: pd.DataFrame = there[alike & (there["record_id"] != record["record_id"]).to_numpy(bool)]
    return found


def _nearest(place: tuple[float, float], namesakes: pd.DataFrame) -> tuple[pd.Series, float]:
    """The nearest of one namesake or more, and how far it is, km."""
    lon, lat = namesakes["longitude"].to_numpy(float), namesakes["latitude"].to_numpy(float)
    apart = WGS84.inv(np.full(lon.size, place[0]), np.full(lon.size, place[1]), lon, lat)[2] / 1000
    return namesakes.iloc[int(apart.argmin())], float(apart.min())


def _in_words(how: str) -> str:
    """A way of reading in words."""
    if "/ 10" in how:
        return f"With the decimal point of the {how.split()[0]} one place to the left"
    turned = [name for name in ("longitude", "latitude") if f"-{name}" in how]
    words = ["longitude and latitude exchanged"] if "exchanged" in how else []
    if turned:
        words.append(f"the sign of the {turned[0]} turned" if len(turned) == 1 else "both signs turned")
    return "With " + " and ".join(words)
