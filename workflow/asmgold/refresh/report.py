"""The report of a refresh: what changed upstream and on the map, in numbers and names."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from asmgold.io.markdown import code
from asmgold.publish.geopackage import append_layer
from asmgold.refresh.compare import Changes

LISTED = 200


def write_report(
    folder: Path, comparison: Changes | None, changed_sources: Mapping[str, Any], failed: Sequence[str]
) -> None:
    """Write `refresh_report.md` and `refresh_report.json`.

    Parameters
    ----------
    folder : where to write them
    comparison : the changes, or None where there was nothing to compare with
    changed_sources : the lock entries `before` and `after` of each source that changed
    failed : the gates that were not passed
    """
    (folder / "refresh_report.md").write_text(_markdown(comparison, changed_sources, failed), encoding="utf-8")
    content: dict[str, Any] = {"sources": dict(changed_sources), "gates_failed": list(failed)}
    if comparison is not None:
        content |= {
            "counts": comparison.counts,
            "records": _rows(comparison.records),
            "regions": _rows(comparison.regions[comparison.regions["change"] != "same"]),
            "overlays": _rows(comparison.overlays),
        }
    text = json.dumps(content, indent=2, ensure_ascii=False, default=str)
    (folder / "refresh_report.json").write_text(text + "\n", encoding="utf-8")


def write_changes(folder: Path, comparison: Changes, date: str) -> None:
    """Write `refresh_changes.gpkg` with the layers `changed_records` and `changed_regions`, in EPSG:4326.

    Parameters
    ----------
    folder : where to write it
    comparison : the changes
    date : of the data, `YYYY-MM-DD`, which the file carries as its date
    """
    path = folder / "refresh_changes.gpkg"
    path.unlink(missing_ok=True)
    os.environ["OGR_CURRENT_DATE"] = f"{date}T00:00:00.000Z"
    append_layer(path, "changed_regions", comparison.regions[comparison.regions["change"] != "same"], "MultiPolygon")
    append_layer(path, "changed_records", comparison.records, "Point")


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    plain = pd.DataFrame(table.drop(columns="geometry", errors="ignore"))
    rows: list[dict[str, Any]] = json.loads(plain.to_json(orient="records", double_precision=6))
    return rows


def _markdown(comparison: Changes | None, changed_sources: Mapping[str, Any], failed: Sequence[str]) -> str:
    lines = ["# What the refresh changed", ""]
    if failed:
        lines += ["**Refused.** The results and the lock were left as they were:", ""]
        lines += [f"- {sentence}" for sentence in failed] + [""]
    lines += sources_in_markdown(changed_sources)
    if comparison is None:
        return "\n".join([*lines, "", "There were no results to compare with.", ""])
    return "\n".join([*lines, "", *changes_in_markdown(comparison, "in `refresh_report.json`")])


def sources_in_markdown(changed_sources: Mapping[str, Any]) -> list[str]:
    """The lines that tell of changed sources: of each, its lock entries `before` and `after`, or None for either."""
    lines = ["## Sources", ""]
    for name, entry in changed_sources.items():
        before, after = entry.get("before") or {}, entry.get("after") or {}
        rows = f", {before.get('rows', '?')} rows before, {after['rows']} after" if after.get("rows") else ""
        lines.append(
            f"- `{name}`: {before.get('sha256', 'not pinned')[:16]} before, "
            f"{after.get('sha256', 'not used')[:16]} after{rows}"
        )
    return lines


def changes_in_markdown(comparison: Changes, elsewhere: str = "") -> list[str]:
    """The lines that tell what changed on the map: figures, overlays, regions, records.

    Parameters
    ----------
    comparison : the changes
    elsewhere : where those are that are too many to be listed, such as "in `report.json`"
    """
    counts = comparison.counts
    lines = [
        "## In short", "",
        "| | before | after |", "| --- | ---: | ---: |",
        f"| records | {counts['records_before']:,} | {counts['records_after']:,} |",
        f"| of them rejected | {counts['rejected_before']:,} | {counts['rejected_after']:,} |",
        f"| sites | {counts['sites_before']:,} | {counts['sites_after']:,} |",
        f"| regions | {counts['regions_before']:,} | {counts['regions_after']:,} |",
        f"| area of the regions, km2 | {counts['area_before_km2']:,.1f} | {counts['area_after_km2']:,.1f} |",
        "",
        f"{counts['sites_gained']} sites were gained, {counts['sites_lost']} lost; "
        f"{counts['area_changed_km2']:,.1f} km2 became or stopped being region.",
        "",
    ]  # fmt: skip
    return [
        *lines,
        *_overlays(comparison.overlays),
        *_regions(comparison.regions, elsewhere),
        *_records(comparison.records, elsewhere),
    ]


def _overlays(overlays: pd.DataFrame) -> list[str]:
    lines = ["## Overlays", "", "| overlay | zone | regions in it before, km2 | after | share before | after |",
             "| --- | --- | ---: | ---: | ---: | ---: |"]  # fmt: skip
    for row in _each(overlays):
        figures = [_figure(value, ",.1f") for value in (row.regions_km2_before, row.regions_km2_after)]
        figures += [_figure(value, ".2%") for value in (row.share_of_zone_before, row.share_of_zone_after)]
        lines.append(f"| {row.overlay} | {row.zone} | {' | '.join(figures)} |")
    return [*lines, ""]


def _figure(value: float, form: str) -> str:
    """A number; a dash where there is none, since an overlay was not there before or is not any more."""
    return format(value, form) if value == value else "–"


def _regions(regions: pd.DataFrame, elsewhere: str) -> list[str]:
    changed = regions[regions["change"] != "same"]
    lines = ["## Regions", "", _tally(regions["change"]), ""]
    if changed.empty:
        return lines
    lines += ["| change | before | after | km2 before | after |", "| --- | --- | --- | ---: | ---: |"]
    for row in _each(changed.head(LISTED)):
        before, after = " ".join(row.ids_before) or "–", " ".join(row.ids_after) or "–"
        lines.append(f"| {row.change} | {before} | {after} | {row.area_before_km2:,.1f} | {row.area_after_km2:,.1f} |")
    return [*lines, *_and_more(len(changed), elsewhere), ""]


def _records(records: pd.DataFrame, elsewhere: str) -> list[str]:
    lines = ["## Records", "", _tally(records["change"]), ""]
    if records.empty:
        return lines
    # Those that change the map come first.
    on_map = (records["fate_before"] == "site") | (records["fate_after"] == "site")
    ordered = records.assign(off=~on_map).sort_values(["off", "change", "record_id"], kind="stable")
    lines += [
        "| change | record | name | fate before | after | moved | fields |",
        "| --- | --- | --- | --- | --- | ---: | --- |",
    ]
    for row in _each(ordered.head(LISTED)):
        moved = f"{row.moved_m / 1000:,.2f} km" if row.change == "moved" and row.moved_m == row.moved_m else ""
        fields = ", ".join(row.fields) if row.change in ("moved", "changed") else ""
        lines.append(
            f"| {row.change} | {code(row.record_id)} | {_or_dash(row.name)} | {_or_dash(row.fate_before)} "
            f"| {_or_dash(row.fate_after)} | {moved} | {fields} |"
        )
    return [*lines, *_and_more(len(ordered), elsewhere), ""]


def _each(table: pd.DataFrame) -> Any:
    """The rows, whose fields are of any type."""
    return table.itertuples()


def _or_dash(value: object) -> str:
    """Text of a record; a dash where it has none."""
    return code(value) if isinstance(value, str) else "–"


def _tally(change: pd.Series) -> str:
    counts = change.value_counts().sort_index()
    return ", ".join(f"{number:,} {name}" for name, number in counts.items()) + "." if len(counts) else "None changed."


def _and_more(total: int, elsewhere: str) -> list[str]:
    return ["", f"... and {total - LISTED:,} more {elsewhere}".rstrip() + "."] if total > LISTED else []
