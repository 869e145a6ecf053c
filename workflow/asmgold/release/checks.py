"""What must hold of a complete set of products, in a results folder before a release and in a release that came."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from asmgold.errors import InputError, excerpt
from asmgold.io.tables import fitted, read_table
from asmgold.publish.manifest import describe_product
from asmgold.schemas.products import MANIFEST, product_of

NEEDED = ("products", "records", "configuration", "corrections", "sources", "software")
LONGEST = 300

Faults = dict[str, str]
"""What is wrong, in words, by the name of the product."""


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a set of products. Raises InputError if there is none, or if it is not one."""
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path}: there is none, so these are no products") from None
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: not the manifest of a run ({excerpt(error)})") from None
    kinds = {type(manifest.get(key)) for key in NEEDED} if isinstance(manifest, dict) else set()
    if kinds != {dict}:
        raise InputError(f"{path}: not the manifest of a run; {', '.join(NEEDED)} were expected in it")
    return dict(manifest)


def faults_of_counts(folder: Path, manifest: Mapping[str, Any]) -> Faults:
    """Products that are missing, or whose hash, size, rows or cells are not those that the manifest states."""
    faults = {}
    for name, stated in manifest["products"].items():
        if fault := _fault_of(folder / name, partial(_miscounted, stated=stated)):
            faults[name] = fault
    return faults


def faults_of_fates(folder: Path, manifest: Mapping[str, Any]) -> Faults:
    """Sources whose rows read are not the sum of their fates, or of which the records themselves say otherwise."""
    fault = _fault_of(folder / "records.parquet", lambda path: "; ".join(_misclassified(path, manifest["records"])))
    return {"records.parquet": fault} if fault else {}


def faults_of_schemas(folder: Path, manifest: Mapping[str, Any]) -> Faults:
    """Tables whose columns, types or values are not those of their schema."""
    faults = {}
    for name in manifest["products"]:
        product = product_of(name)
        if product is None or not product.is_table:
            continue
        if fault := _fault_of(folder / name, partial(_unfit, schema=product.load_schema())):
            faults[name] = fault
    return faults


def _fault_of(path: Path, check: Callable[[Path], str]) -> str:
    """What a check finds wrong; a file that came from anywhere can break any reader, and that is a finding too."""
    if not path.is_file():
        return "is missing"
    try:
        return check(path)
    except Exception as error:
        return f"cannot be read ({excerpt(error, LONGEST)})"


def _miscounted(path: Path, stated: Mapping[str, Any]) -> str:
    found = describe_product(path)
    # What a later version counts besides, an earlier manifest does not state.
    differing = [key for key in {"sha256", "bytes"} | stated.keys() if found.get(key) != stated.get(key)]
    return "; ".join(
        f"{key} is {excerpt(found.get(key), LONGEST)}, {excerpt(stated.get(key), LONGEST)} stands in {MANIFEST}"
        for key in sorted(differing)
    )


def _misclassified(path: Path, stated: Mapping[str, Mapping[str, int]]) -> Iterator[str]:
    for source, row in stated.items():
        fates = sum(number for fate, number in row.items() if fate != "rows_read")
        if fates != row["rows_read"]:
            yield f"{source} has {row['rows_read']} rows read by {MANIFEST}, and fates for {fates}"
    records = pd.read_parquet(path, columns=["source", "fate"])
    counted = {
        str(source): {**fates.value_counts(), "rows_read": len(fates)}
        for source, fates in records.groupby("source")["fate"]
    }
    met = {source: {fate: number for fate, number in row.items() if number} for source, row in stated.items()}
    for source in sorted(counted.keys() | met.keys()):
        if counted.get(source) != met.get(source):
            yield f"{source} has the fates {counted.get(source)}, {met.get(source)} stands in {MANIFEST}"


def _unfit(path: Path, schema: Any) -> str:
    try:
        fitted(read_table(path) if path.suffix == ".parquet" else pd.read_csv(path), schema, path)
    except InputError as error:
        return str(error).removeprefix(f"{path}: ")
    return ""
