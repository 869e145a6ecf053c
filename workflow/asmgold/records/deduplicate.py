"""Distinct deposits: which records are the same deposit, written down more than once."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from asmgold.config.models import DepositSettings
from asmgold.geodesy.ellipsoid import to_ecef
from asmgold.io.text import nameless

# Words that say what is at a place and not how it is called.
COMMON_WORDS = re.compile(
    r"an?|areas?|claims?|cons|consolidated|copper|deposits?|district|gold|gp|group|including|locations?|lode|minas?|"
    r"mines?|mining|no|occurrences?|of|on|pit|placers?|projects?|prospects?|property|proyecto|qtz|quartz|reported|"
    r"silver|site|the|unidentified|unknown|unnamed|workings?|zone"
)
SAMPLE = re.compile(r"\s*nbmg sample site", re.IGNORECASE)  # numbered places in Nevada, not names
# What tells neighbours of one name apart: numbers, single letters, sides of a place, a creek from the hill above it.
TELLING_APART = re.compile(
    r"\d+|[a-z]|[ivx]+|north|south|east|west|upper|lower|new|little|big|ext|extension|creek|ford|gulch"
)
# As a part of a name, what is called after a water is on it, like many others: `Olsen (Anvil Creek)`.
WATER = re.compile(r".*\b(creek|gulch|river|rio)", re.DOTALL)
SEPARATORS = re.compile(r"[;,/()\[\]&]|\bor\b|\band\b| - ")
SHORTEST_NAME = 4
# A name that so few records bear within `unique_name_km` is not a common one.
FEW = 3

Ints = NDArray[np.intp]
Pairs = NDArray[np.intp]


def deposit_ids(records: pd.DataFrame, settings: DepositSettings) -> pd.Series:
    """Give the records of one deposit one id: that of the first of its records, in the order of ids.

    Two gold-bearing records are one deposit if their names agree, half of their commodities are the same, and they are
    near enough; and what is one deposit with either of them is one with both. Names agree if rapidfuzz's normalised
    similarity of the wholes, or of parts of them (between commas, brackets, "and" and the like), is
    `name_similarity` or more and no number, letter or side such as "north" tells them apart. Records without a name
    stay alone.

    Parameters
    ----------
    records : with `record_id`, `source`, `name`, `commodity_role`, `commodities`, and `longitude` and `latitude`
        (degrees, or not a number)
    settings : how near and how similar

    Returns
    -------
    The id of each record's deposit; none for records without gold or without a position.
    """
    bearing = records["commodity_role"].notna() & records["longitude"].notna() & records["latitude"].notna()
    gold = records[bearing].reset_index(drop=True)
    ids = pd.Series(None, index=records.index, dtype=object)
    if gold.empty:
        return ids
    same = _same(gold, settings)
    graph = coo_array((np.ones(len(same)), (same[:, 0], same[:, 1])), shape=(len(gold), len(gold)))
    _, number = connected_components(graph, directed=False)
    ids[bearing] = gold["record_id"].groupby(number).min().to_numpy(dtype=object)[number]
    return ids


def _same(gold: pd.DataFrame, settings: DepositSettings) -> Pairs:
    """The pairs of records that are one deposit, as rows of two numbers."""
    places = to_ecef(gold["longitude"].to_numpy(float), gold["latitude"].to_numpy(float))
    source = pd.factorize(gold["source"])[0]
    names = pd.DataFrame(
        [(row, whole, name) for row, text in enumerate(gold["name"]) for whole, name in names_of(text)],
        columns=["record", "whole", "name"],
    ).astype({"record": np.intp, "whole": bool})
    candidates = np.concatenate([_neighbours(places, source, settings), _namesakes(places, names, settings)])
    pairs = np.unique(np.sort(candidates, axis=1), axis=0)
    apart_km = np.linalg.norm(places[pairs[:, 0]] - places[pairs[:, 1]], axis=1) / 1000
    one_source = source[pairs[:, 0]] == source[pairs[:, 1]]
    wholes, parts = _agreeing(pairs, names, settings.name_similarity)
    near = np.where(one_source, settings.same_source_km, settings.other_source_km)
    near_for_parts = np.where(one_source, settings.part_of_name_km, settings.other_source_km)
    rare = np.isin(_keys(pairs), _keys(_namesakes(places, names, settings, few_only=True)))
    kept = (wholes & ((apart_km <= near) | rare)) | (parts & (apart_km <= near_for_parts))
    pairs = pairs[kept]
    commodities = [frozenset(_plain(name) for name in listed) for listed in gold["commodities"]]
    shared = [_half_the_same(commodities[one], commodities[other]) for one, other in pairs]
    kept_pairs: Pairs = pairs[np.array(shared, bool)]
    return kept_pairs


def _neighbours(places: NDArray[np.float64], source: Ints, settings: DepositSettings) -> Pairs:
    """Pairs of one source, and of two, that are near enough for names that agree."""
    near = [cKDTree(places).query_pairs(1000 * settings.same_source_km, output_type="ndarray").reshape(-1, 2)]
    for number in range(1, int(source.max()) + 1):
        these, others = np.flatnonzero(source == number), np.flatnonzero(source < number)
        found = cKDTree(places[these]).query_ball_point(places[others], 1000 * settings.other_source_km)
        near.append(np.array([(other, these[at]) for other, row in zip(others, found, strict=True) for at in row]))
    return np.concatenate([pairs.reshape(-1, 2) for pairs in near]).astype(np.intp)


def _namesakes(
    places: NDArray[np.float64], names: pd.DataFrame, settings: DepositSettings, *, few_only: bool = False
) -> Pairs:
    """Pairs with the same whole name within `unique_name_km`, or only those of a name that few records bear there."""
    pairs = [np.empty((0, 2), np.intp)]
    for _, group in names[names["whole"]].groupby("name")["record"]:
        rows = group.to_numpy(np.intp)
        if rows.size > 1:
            tree = cKDTree(places[rows])
            found = tree.query_pairs(1000 * settings.unique_name_km, output_type="ndarray").reshape(-1, 2)
            if few_only:
                bearers = tree.query_ball_point(places[rows], 3000 * settings.unique_name_km, return_length=True)
                found = found[(bearers[found] <= FEW).all(axis=1)]
            pairs.append(rows[found])
    return np.concatenate(pairs).astype(np.intp)


def _agreeing(pairs: Pairs, names: pd.DataFrame, similarity: float) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Of which pairs the whole names agree, and of which any parts of them."""
    from rapidfuzz import fuzz, process

    table = pd.DataFrame({"pair": np.arange(len(pairs)), "one": pairs[:, 0], "other": pairs[:, 1]})
    table = table.merge(names.rename(columns={"record": "one"}), on="one")
    table = table.merge(names.rename(columns={"record": "other"}), on="other", suffixes=("_one", "_other"))
    wholes, parts = np.zeros(len(pairs), bool), np.zeros(len(pairs), bool)
    if not table.empty:
        one, other = table["name_one"].tolist(), table["name_other"].tolist()
        alike = process.cpdist(one, other, scorer=fuzz.ratio, score_cutoff=similarity, workers=-1) >= similarity
        table = table[alike]
        alone = [_nothing_apart(a, b) for a, b in zip(table["name_one"], table["name_other"], strict=True)]
        table = table[np.array(alone, bool)]
        parts[table["pair"]] = True
        wholes[table.loc[table["whole_one"] & table["whole_other"], "pair"]] = True
    return wholes, parts


def names_of(text: object) -> Iterator[tuple[bool, str]]:
    """A name in plain letters without common words, and the parts of it: whether it is the whole, and the text."""
    if not isinstance(text, str) or nameless(text) or SAMPLE.match(text):
        return
    whole = _called(text)
    if len(whole) >= SHORTEST_NAME:
        yield True, whole
    for part in {_called(part) for part in SEPARATORS.split(text)} - {whole}:
        if len(part) >= SHORTEST_NAME and not WATER.fullmatch(part):
            yield False, part


def _called(text: str) -> str:
    return " ".join(word for word in re.findall(r"\w+", _plain(text)) if not COMMON_WORDS.fullmatch(word))


def _nothing_apart(one: str, other: str) -> bool:
    return not any(TELLING_APART.fullmatch(word) for word in set(one.split()) ^ set(other.split()))


def _half_the_same(one: frozenset[str], other: frozenset[str]) -> bool:
    return 2 * len(one & other) >= min(len(one), len(other))


def _keys(pairs: Pairs) -> NDArray[np.int64]:
    ordered = np.sort(pairs, axis=1).astype(np.int64)
    return np.asarray(ordered[:, 0] * 2**31 + ordered[:, 1])


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).replace("'", "")
