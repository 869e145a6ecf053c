"""What the page says, section by section, from top to bottom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from asmgold import __version__
from asmgold.geodesy.discs import edge_error_bound
from asmgold.io.text import isolated
from asmgold.publish.answer import answer_of_evidence, answer_of_land, measured, tests_of_evidence, traceable
from asmgold.publish.context import Context
from asmgold.publish.page.blocks import (
    Bar,
    Bars,
    Block,
    Fact,
    FactList,
    Folded,
    Link,
    Pick,
    Points,
    Section,
    Table,
    TableColumn,
)
from asmgold.publish.page.results import Results, region_titles
from asmgold.publish.page.shapes import DECIMALS
from asmgold.publish.page.units import title_of_units, units
from asmgold.records.accounting import count_by_fate
from asmgold.records.corrections import moved
from asmgold.records.flags import has_flag
from asmgold.schemas.products import product_of
from asmgold.schemas.tables import COMMODITY_ROLES, FATES, FLAGS

SHOWN_BARS = 12
EXAMPLES = 3


def lead(results: Results, context: Context) -> str:
    """The answer in a sentence or two, to stand beside the title."""
    words = context.phrases("page")
    if results.regions.empty:
        return words["answer_none"].format(radius=context.radius, area=context.area)
    covered = float(results.regions["area_km2"].sum())
    seen = answer_of_evidence(results.tables, context)[:1]
    return " ".join([answer_of_land(covered, results.area_km2, context), *seen])


def answer(results: Results, context: Context) -> Section:
    """The rest of the answer: the zones, how sure it is, and what it is not."""
    words, numbers = context.phrases("page"), context.numbers
    covers, outside = [], []
    row: Any
    for row in results.summary.itertuples():
        title, parent = context.overlay_phrases[row.overlay], context.parent_of(row.overlay)
        if row.zone == "inside":
            covers.append(context.say(words["answer_overlay"], share=numbers.share(row.share_of_zone), overlay=title))
        elif parent is not None and pd.notna(row.share_of_parent_regions):
            share = numbers.share(row.share_of_parent_regions)
            titles = {"parent": context.overlay_phrases[parent], "overlay": title}
            outside.append(context.say(words["answer_outside"], share=share, **titles))
    paragraphs: list[Block] = []
    if not results.regions.empty:
        zones = [words["answer_overlays"].format(parts=", ".join(covers))] if covers else []
        paragraphs.append(" ".join([words["answer"], *zones, *outside]))
    sure, tested = answer_of_evidence(results.tables, context)[1:], tests_of_evidence(results.tables, context)
    paragraphs += [" ".join(told) for told in (sure, tested) if told]
    return Section(
        "answer", words["answer_title"], [*paragraphs, f"{words['caution']} {traceable(results.sites, context)}"]
    )


def key_figures(results: Results, context: Context) -> list[tuple[str, str]]:
    """The figures that stand large at the top, each with its words."""
    words, numbers = context.phrases("page"), context.numbers
    covered = float(results.regions["area_km2"].sum())
    return [
        (numbers.share(covered / results.area_km2), words["key_share"].format(area=context.area)),
        *_captured(results, context),
        (numbers.count(covered), words["key_km2"]),
        (numbers.count(len(results.regions)), words["key_regions"]),
        (numbers.count(len(results.sites)), words["key_sites"]),
    ]


def _captured(results: Results, context: Context) -> list[tuple[str, str]]:
    """The share of the mining that the first layer of evidence saw which the regions hold, if that can be said."""
    found = measured(results.tables, context)
    if found is None:
        return []
    return [(context.numbers.share(found["capture"]), context.phrases("answer")["key_capture"])]


def findings(results: Results, context: Context) -> list[Section]:
    """The sections that say what was found."""
    found = [_records(results, context)]
    if not results.regions.empty:
        # Those of the world are too many for a table; each country's page names its own.
        regions = _largest if results.is_per_country else _regions
        found = [regions(results, context), _sites(results, context), *found]
    if not results.summary.empty:
        found = [_zones(results, context), *found]
    found = [answer(results, context), *_units(results, context), *found]
    if results.exposure is not None:
        found.append(_exposure(results, results.exposure, context))
    return found


def brief(results: Results, context: Context) -> list[Section]:
    """The sections of the page of a part, such as a country: what was found, and the files; the rest is elsewhere."""
    found = [] if results.regions.empty else [_largest(results, context), _sites(results, context)]
    return [answer(results, context), *found, _files(results, context)]


def background(results: Results, context: Context) -> list[Section]:
    """The sections that say how it was found, and from what."""
    return [_method(results, context), _limits(results, context), _sources(results, context), _files(results, context)]


def _exposure(results: Results, table: pd.DataFrame, context: Context) -> Section:
    words = context.phrases("page")
    titles = {name: entry.get("title") or name for name, entry in results.settings["exposure"].items()}
    rows = [
        {
            **row,
            "exposure": f"{titles[row['exposure']]} ({row['unit']})",
            "zone": context.zone_title(row["zone"]),
        }
        for row in _rows(table)
    ]
    columns = [
        TableColumn("exposure", words["exposure"]),
        TableColumn("zone", words["zone"]),
        TableColumn("total", words["exposure_total"], "count"),
        TableColumn("inside", words["exposure_inside"], "count"),
        TableColumn("share", words["exposure_share"], "share"),
        TableColumn("share_with_data", words["exposure_known"], "share"),
    ]
    return Section(
        "exposure", words["exposure_title"], [words["exposure_text"], Table(words["exposure_table"], columns, rows)]
    )


def _zones(results: Results, context: Context) -> Section:
    words, numbers = context.phrases("page"), context.numbers
    rows: list[dict[str, Any]] = [
        {
            **row,
            "pick": Pick("overlay", row["overlay"], context.zone_title(f"{row['overlay']}:{row['zone']}")),
            "share_of_parent_regions": None
            if pd.isna(row["share_of_parent_regions"])
            else row["share_of_parent_regions"],
        }
        for row in _rows(results.summary)
    ]
    columns = [
        TableColumn("pick", words["zone"], "pick"),
        TableColumn("zone_km2", words["zone_km2"], "count"),
        TableColumn("regions_km2", words["zone_regions_km2"], "count"),
        TableColumn("share_of_zone", words["zone_share"], "share"),
        TableColumn("share_of_regions", words["zone_share_of_regions"], "share"),
        TableColumn("share_of_parent_regions", words["zone_share_of_parent"], "share"),
        TableColumn("sites", words["n_sites"], "count"),
    ]
    bars = [Bar(row["pick"], row["share_of_zone"], numbers.share(row["share_of_zone"])) for row in rows]
    chart = Bars(words["zones_chart"], (words["zone"], words["zone_share"]), bars)
    blocks: list[Block] = [chart, Table(words["zones_table"], columns, rows)]
    if any(row["share_of_parent_regions"] is not None for row in rows):
        blocks.append(words["zones_text"])
    return Section("zones", words["zones"], blocks)


def _units(results: Results, context: Context) -> list[Section]:
    """A section for each overlay that is divided into units, such as departments."""
    words, numbers = {**context.phrases("page"), **context.phrases("answer")}, context.numbers
    columns, table = units(results, context)
    seen = "observed" in table
    sections = []
    for overlay, of_overlay in table.groupby("overlay", sort=False):
        first = of_overlay.sort_values("observed", ascending=False, kind="stable") if seen else of_overlay
        rows = [
            {
                "pick": Pick("unit", int(number), row["unit"]),
                **{key: row[key] for key in row if pd.notna(row[key])},
                "open": Link(words["open_page"], row["page"]) if isinstance(row.get("page"), str) else None,
            }
            for number, row in zip(first.index, _rows(first), strict=True)
        ]
        largest = of_overlay.nlargest(SHOWN_BARS, "share_of_unit", keep="all").head(SHOWN_BARS)
        bars = [
            Bar(Pick("unit", int(number), unit), share, numbers.share(share))
            for number, unit, share in zip(largest.index, largest["unit"], largest["share_of_unit"], strict=True)
        ]
        page = [TableColumn("open", words["page_of_unit"], "link")] if any(row["open"] for row in rows) else []
        shown = Table(words["units_table"], [TableColumn("pick", words["unit"], "pick"), *columns, *page], rows)
        chart = Bars(words["share_of_unit"], (words["unit"], words["share_of_unit"]), bars)
        text = [words["units_text"]] if seen else []
        sections.append(Section(f"units-{overlay}", title_of_units(str(overlay), context), [*text, shown, chart]))
    return sections


def _regions(results: Results, context: Context) -> Section:
    words, regions = context.phrases("page"), results.regions
    examples, titles = _examples(results.sites), region_titles(regions, context)
    rows: list[dict[str, Any]] = [
        {
            **row,
            "region": Pick("region", number, titles[number]),
            "countries": context.country_names(row["countries"]),
            "examples": examples.get(row["region_id"]),
            "share": row["area_km2"] / results.area_km2,
        }
        for number, row in enumerate(_rows(regions.drop(columns=["geometry", "geometry_unclipped"])))
    ]
    columns = [
        TableColumn("region", words["region_name"], "pick"),
        TableColumn("area_km2", words["area_km2"], "count"),
        TableColumn("share", words["share_of_area"].format(area=context.area), "share"),
        TableColumn("n_sites", words["n_sites"], "count"),
        TableColumn("n_deposits", words["n_deposits"], "count"),
        *(TableColumn(f"n_{dataset}", context.dataset_title(dataset), "count") for dataset in context.datasets),
        TableColumn("examples", words["region_examples"]),
        TableColumn("countries", words["region_countries"]),
        TableColumn("area_unclipped_km2", words["area_unclipped_km2"], "count"),
        TableColumn("region_id", words["region_id"]),
    ]
    text, chart = _largest(results, context).blocks
    return Section(
        "regions",
        words["regions"],
        [
            text,
            chart,
            Table(words["regions_table"], columns, rows, filter_title=words["regions_filter"]),
            *_rings(results, context),
        ],
    )


def _largest(results: Results, context: Context) -> Section:
    """What a region is, and the area of the largest ones."""
    words, numbers, regions = context.phrases("page"), context.numbers, results.regions
    total, titles = float(regions["area_km2"].sum()), region_titles(regions, context)
    largest = regions["area_km2"].head(SHOWN_BARS)
    longest = max(float(largest.iloc[0]), total - float(largest.sum()))
    bars = [
        Bar(Pick("region", number, titles[number]), area / longest, numbers.km2(area))
        for number, area in enumerate(largest)
    ]
    if len(regions) > SHOWN_BARS:
        rest = total - float(largest.sum())
        title = words["regions_rest"].format(n=numbers.count(len(regions) - SHOWN_BARS))
        bars.append(Bar(title, rest / longest, numbers.km2(rest)))
    text = words["regions_text"].format(
        radius=context.radius,
        n=numbers.count(len(largest)),
        share=numbers.share(float(largest.sum()) / total if total else 0),
    )
    chart = Bars(words["regions_chart"], (words["region_name"], words["area_km2"]), bars)
    return Section("regions", words["regions"], [text, chart])


def _rings(results: Results, context: Context) -> list[Block]:
    if results.rings is None:
        return []
    words, general = context.phrases("page"), context.numbers.general
    rows = [
        {"zone": f"{general(row['from_km'])}–{general(row['to_km'])} km", **row}
        for row in _rows(results.rings.drop(columns="geometry"))
    ]
    columns = [
        TableColumn("zone", words["ring"]),
        TableColumn("area_km2", words["area_km2"], "count"),
        TableColumn("share_of_area", words["share_of_area"].format(area=context.area), "share"),
    ]
    return [Table(words["rings_table"], columns, rows)]


def _examples(sites: pd.DataFrame) -> dict[str, str]:
    """Some named sites of each region: major deposits before others, and where gold ranks high before the others."""
    rank = {role: number for number, role in enumerate(COMMODITY_ROLES)}
    named = sites[sites["name"].notna() & ~has_flag(sites, "name_missing")]
    ordered = named.assign(
        other=named["source"] != "major_deposits", rank=named["commodity_role"].map(rank)
    ).sort_values(["other", "rank", "record_id"])
    chosen = ordered.groupby("region_id")["name"].agg(
        lambda names: ", ".join(list(dict.fromkeys(map(isolated, names)))[:EXAMPLES])
    )
    return {str(region): str(names) for region, names in chosen.items()}


def _sites(results: Results, context: Context) -> Section:
    words, numbers, sites = context.phrases("page"), context.numbers, results.sites
    counts = sites.groupby(["source", "commodity_role"]).size().sort_values(ascending=False, kind="stable")
    bars = [
        Bar(
            context.site_kind_title(source, role),
            n / counts.max(),
            numbers.count(n),
        )
        for (source, role), n in counts.items()
    ]
    # The page's script fills the rows from the same records that the map shows.
    columns = [
        TableColumn("name", words["site"]),
        TableColumn("region", words["region_name"]),
        TableColumn("commodities", words["js_commodities"]),
        TableColumn("role", words["js_gold"]),
        TableColumn("source", words["source"]),
        TableColumn("id", words["js_id"]),
    ]
    return Section(
        "sites",
        words["sites"],
        [
            words["sites_text"].format(area=context.area),
            Bars(words["sites_chart"], (words["source"], words["n_sites"]), bars),
            Table(words["sites_table"], columns, filter_title=words["sites_filter"], name="sites"),
        ],
    )


def _records(results: Results, context: Context) -> Section:
    words, records = context.phrases("page"), results.records
    counts = count_by_fate(records)
    fates: list[dict[str, Any]] = [
        {"source": context.dataset_title(str(source)), **{str(key): int(n) for key, n in row.items()}}
        for source, row in counts.iterrows()
    ]
    fates.append({"source": words["total"], **{str(key): int(n) for key, n in counts.sum().items()}})
    columns = [
        TableColumn("source", words["source"]),
        *(TableColumn(fate, context.meaning("fate", fate), "count") for fate in FATES),
        TableColumn("rows_read", words["rows_read"], "count"),
    ]
    blocks: list[Block] = [words["records_text"], Table(words["fates_table"], columns, fates)]
    flags = _flags(records, context)
    if flags:
        columns = [
            TableColumn("flag", words["flag"]),
            TableColumn("records", words["flag_records"], "count"),
            TableColumn("sites", words["flag_sites"], "count"),
        ]
        blocks.append(Table(words["flags_table"], columns, flags))
    corrected = _corrected(results)
    if corrected:
        columns = [
            TableColumn("name", words["correction_name"]),
            TableColumn("record", words["correction_record"]),
            TableColumn("reason", words["correction_reason"], language="en"),
            TableColumn("evidence", words["correction_evidence"], language="en"),
        ]
        title = words["corrections_title"].format(n=context.numbers.count(len(corrected)))
        blocks.append(Folded(title, [Table(words["corrections_table"], columns, corrected)]))
    return Section("records", words["records"], blocks)


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def _flags(records: pd.DataFrame, context: Context) -> list[dict[str, Any]]:
    flags = records["flags"].explode().dropna()
    counts = flags.value_counts()
    of_sites = records.loc[records["fate"] == "site", "flags"].explode().value_counts()
    order = {flag: number for number, flag in enumerate(FLAGS)}
    return [
        {"flag": context.meaning("flag", flag), "records": int(counts[flag]), "sites": int(of_sites.get(flag, 0))}
        for flag in sorted(counts.index, key=lambda flag: order.get(flag, len(order)))
    ]


def _corrected(results: Results) -> list[dict[str, Any]]:
    declared = {correction.id: correction for correction in results.corrections}
    records = results.records
    corrected: Any = records[records["correction"].notna()].itertuples(index=False)
    return [
        {
            "name": row.name,
            "record": row.record_id,
            "reason": declared[row.correction].reason,
            "evidence": declared[row.correction].evidence,
        }
        for row in corrected
    ]


def _method(results: Results, context: Context) -> Section:
    words, numbers, settings = context.phrases("page"), context.numbers, results.settings
    error = edge_error_bound(1000 * context.buffer_km, settings["tolerance_m"])
    said = {"radius": context.radius, "area": context.area, "error": numbers.count(error, 1)}
    keys = [
        "method_records",
        "method_gold",
        "method_plants_on" if settings["include_plants"] else "method_plants_off",
        "method_sites",
        "method_regions",
        "method_cut",
    ]
    points = [words[key].format(**said) for key in keys]
    if settings["corrections"]:
        corrected = int(results.records["correction"].notna().sum())
        points.append(words["method_corrections"].format(n=numbers.count(corrected)))
    parameters = [
        Fact(words["radius"], f"{context.radius} km"),
        Fact(words["tolerance"], f"{numbers.general(settings['tolerance_m'])} m"),
        Fact(words["edge_error"], f"{numbers.count(error, 1)} m"),
        Fact(words["plants"], words["yes" if settings["include_plants"] else "no"]),
        Fact(words["corrections"], words["corrections_on" if settings["corrections"] else "corrections_off"]),
        Fact(words["scenario"], settings["scenario"]),
        Fact(words["software"], f"asmgold {__version__}"),
    ]
    return Section("method", words["method"], [Points(points), FactList(words["parameters"], parameters)])


def _limits(results: Results, context: Context) -> Section:
    words, numbers, records = context.phrases("page"), context.numbers, results.records
    points = [words["limit_region"]]
    if (records["source"] == "mrds").any():
        points.append(words["limit_mrds"])
    coarse = int(has_flag(records, "position_coarse").sum())
    if coarse:
        points.append(words["limit_coarse"].format(n=numbers.count(coarse), total=numbers.count(len(records))))
    filed = int(has_flag(records, "position_centroid").sum())
    if filed:
        excluded = results.settings["administrative_positions"] == "exclude"
        words_of = words["limit_administrative_out" if excluded else "limit_administrative_in"]
        points.append(words_of.format(n=numbers.count(filed)))
    corrected = int(moved(records).sum())
    if corrected:
        points.append(words["limit_corrections"].format(n=numbers.count(corrected)))
    points.append(words["limit_boundaries"])
    points.append(words["limit_page"].format(metres=numbers.count(results.window.thinned_m), decimals=DECIMALS))
    return Section("limits", words["limits"], [Points(points)])


def _sources(results: Results, context: Context) -> Section:
    words = context.phrases("page")
    blocks: list[Block] = [words["sources_text"]]
    blocks += [
        FactList(
            source.get("title", f"{words['own_file']}: {name}"),
            _provenance(source, context),
            language="en" if "title" in source else None,
        )
        for name, source in results.sources.items()
    ]
    return Section("sources", words["sources"], [*blocks, words["credit_idea"]])


def _provenance(source: Mapping[str, Any], context: Context) -> list[Fact]:
    words = context.phrases("page")
    texts = {**source, "address": next(iter(source.get("urls", ())), None)}
    facts = [
        Fact(words[key], str(texts[key]), address=texts[key] if key == "address" else None)
        for key in ("producer", "citation", "licence", "date", "address", "notes")
        if texts.get(key)
    ]
    if "mended" in source:
        facts.append(Fact(words["mended"], "; ".join(source["mended"])))
    lock = source["lock"]
    return [*facts, Fact(words["sha256"], lock["sha256"]), Fact(words["bytes"], context.numbers.count(lock["bytes"]))]


def _files(results: Results, context: Context) -> Section:
    words = context.phrases("page")
    columns = [TableColumn("file", words["file"], "file"), TableColumn("what", words["file_what"])]
    rows = [
        {"file": name, "what": product.title_in(context.language) if (product := product_of(name)) else None}
        for name in results.products
    ]
    return Section("files", words["files"], [words["files_text"], Table(words["files_table"], columns, rows)])
