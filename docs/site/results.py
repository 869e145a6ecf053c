"""Writes the results of runs into the pages that quote them: `python docs/site/results.py`.

`make docs` calls it after a run. What stands between `<!-- results: NAME -->` and `<!-- end -->` is written by the
function of that name here, so that no figure can go stale; a test compares the pages with a run of the default
scenario. What is of South America is written where `make run SCENARIO=amazon`, which fetches, has left its results.
"""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from asmgold.config.loading import read_yaml
from asmgold.config.scenario import load_scenario
from asmgold.evidence.null_models import PRIMARY
from asmgold.publish.answer import BEYOND_KM, answer_of_evidence, answer_of_land, tests_of_evidence
from asmgold.publish.context import Context
from asmgold.publish.messages import NO_BREAK
from asmgold.publish.page.evidence import read_tables
from asmgold.schemas.evidence import NULL_MODELS
from asmgold.vocabulary.evidence import ALL_PERIODS, AREA, MEASURED, NEW, searched_zone

PAGES = ("README.md", "docs/evidence.md", "docs/tutorial.md")
MARK = re.compile(r"(<!-- results: ([\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
SEEN, MADRE_DE_DIOS = "mining_seen", "madre_de_dios:inside"
ZONES = {AREA: "Peru", searched_zone(SEEN): "the searched part of Peru", MADRE_DE_DIOS: "Madre de Dios",
         "mining_corridor:inside": "its mining corridor",
         "mining_corridor:outside": "Madre de Dios outside the corridor"}  # fmt: skip
MAPS = {"regions": "this map", "persistence": "near older mining", "density": "density of sites",
        "rivers": "near large rivers", "settlements": "near towns"}  # fmt: skip


class Results:
    """The tables of a run, and what the pages say of them.

    Parameters
    ----------
    project : the project's folder
    folder : the products of the default scenario
    """

    def __init__(self, project: Path, folder: Path) -> None:  # noqa: D107  as the class says
        values = read_yaml(project / "config/config.yaml")
        self.context = Context(**load_scenario(values, {}, project / "config", project=project).context())
        self.folder = folder
        self.tables = read_tables(folder.glob("*.csv")) | {
            name: pd.read_csv(folder / f"{name}.csv", dtype={"period": "str"})
            for name in ("intervals", "trend", "evidence_regions")
        }

    @cached_property
    def sentences(self) -> list[str]:
        """The answer, as page, print and terminal give it."""
        km2 = float(gpd.read_parquet(self.folder / "regions.parquet")["area_km2"].sum())
        share = self._of("evidence", AREA)["land_share"].iloc[0]
        of_land = answer_of_land(km2, km2 / share, self.context)
        tables = self.tables
        return [of_land, *answer_of_evidence(tables, self.context), *tests_of_evidence(tables, self.context)]

    def _of(self, name: str, zone: str, period: str = ALL_PERIODS) -> pd.DataFrame:
        table = self.tables[name]
        return table[(table["zone"] == zone) & (table["period"] == period)]

    # What stands between the marks.

    def answer(self) -> str:
        """The answer as one paragraph."""
        return _plain(textwrap.fill(" ".join(self.sentences), 120, break_on_hyphens=False))

    def in_short(self) -> str:
        """The answer, a point for each sentence."""
        return "\n".join(_point(sentence) for sentence in self.sentences)

    def terminal(self) -> str:
        """What a run says at its end."""
        summary = self.folder.parent / ".build" / self.folder.name / "summary.txt"
        return f"```text\n{_plain(summary.read_text('utf-8').strip())}\n```"

    def blocks(self) -> str:
        """The intervals for all sizes of blocks."""
        rows = []
        table = self._of("intervals", searched_zone(SEEN))
        for row in table.to_dict("records"):
            basis = ", the range of correlation" if row["block_basis"] == "range" else ""
            ends = (
                _range(row["capture_low"], row["capture_high"], share),
                _range(row["lift_low"], row["lift_high"], times),
            )
            rows.append([f"{row['block_deg']:g} degrees{basis}", times(row["blocks_effective"]), *ends])
        return _table(["blocks", "effective blocks", "capture, 95 %", "lift, 95 %"], rows)

    def zones(self) -> str:
        """Capture in each zone, of all periods."""
        rows = []
        for zone, title in ZONES.items():
            row = self._of("evidence", zone).iloc[0]
            rows.append([title, km2(row["observed"]), km2(row["observed_inside"]), share(row["capture"]),
                         _range(row["capture_low"], row["capture_high"], share), share(row["land_share"]),
                         times(row["lift"]), _range(row["lift_low"], row["lift_high"], times)])  # fmt: skip
        return _table(["zone", "seen, km2", "in a region, km2", "capture", "95 %", "land", "lift", "95 %"], rows)

    def years(self) -> str:
        """Capture in each year."""
        table = self.tables["evidence"]
        periods = [period for period in table["period"].unique() if period.isdigit()] + [NEW]
        rows = []
        for zone in (AREA, MADRE_DE_DIOS):
            for column, write in (("observed", km2), ("capture", share), ("lift", times)):
                figures = [write(self._of("evidence", zone, period)[column].iloc[0]) for period in periods]
                rows.append([f"{ZONES[zone]}, {'seen, km2' if column == 'observed' else column}", *figures])
        return _table(["", *(f"{period} (stock)" if period == periods[0] else period for period in periods)], rows)

    def trend(self) -> str:
        """How capture changes from year to year."""
        rows = [
            [ZONES[row["zone"]], points(row["slope"]), _range(row["slope_low"], row["slope_high"], points)]
            for row in self.tables["trend"].to_dict("records")
            if row["zone"] != searched_zone(SEEN)
        ]
        return _table(["zone", "points a year", "95 %"], rows)

    def chance(self) -> str:
        """The p of each null model, for all mining and for what is new."""
        table = self.tables["chance"]
        rows = []
        for model in (model for model in NULL_MODELS if (table["null_model"] == model).any()):
            cells = []
            for period in (ALL_PERIODS, NEW):
                for statistic in ("capture", "lift"):
                    of_zone = [self._of("chance", zone, period) for zone in (AREA, MADRE_DE_DIOS)]
                    chosen = [
                        rows[(rows["null_model"] == model) & (rows["statistic"] == statistic)] for rows in of_zone
                    ]
                    first, second = (f"{one['p_value'].iloc[0]:.3f}" for one in chosen)
                    cells.append(f"{first} ({second})")
            described = NULL_MODELS[model].rstrip(".")
            rows.append([f"`{model}`: {described[0].lower()}{described[1:]}", *cells])
        return _table(
            ["null model", "all: p of capture", "all: p of lift", "new: p of capture", "new: p of lift"], rows
        )

    def baselines(self) -> str:
        """The map beside simpler ones, for new mining."""
        rows = []
        for zone in (searched_zone(SEEN), MADRE_DE_DIOS):
            table = self._of("baselines", zone, NEW).set_index("baseline")
            for name, title in MAPS.items():
                row = table.loc[name]
                rows.append([ZONES[zone], title, share(row["land_share"]), share(row["capture"]), times(row["lift"]),
                             _with_range(row, "auc", two_decimals), two_decimals(row["boyce"])])  # fmt: skip
        return _table(["zone", "map", "land", "capture", "lift", "AUC", "Boyce index"], rows)

    def losses(self) -> str:
        """Which simpler maps hold more of what is new than this one, on as much land."""
        lines = []
        for zone in (searched_zone(SEEN), MADRE_DE_DIOS):
            captures = self._of("baselines", zone, NEW).set_index("baseline")["capture"]
            more = captures[captures > captures["regions"]].sort_values()[::-1]
            held = ", ".join(f"{MAPS[name]} {share(value)}" for name, value in more.items())
            lines.append(f"* In {ZONES[zone]}, where this map holds {share(captures['regions'])}: {held or 'none'}.")
        return "\n".join(lines)

    def new_mining(self) -> str:
        """What is new, by its distance from what was seen before."""
        rows = []
        for zone in (searched_zone(SEEN), MADRE_DE_DIOS):
            for row in self._of("new_mining", zone, NEW).to_dict("records"):
                rows.append([ZONES[zone], f"{row['beyond_km']:g} km", f"{row['observed']:.1f}", share(row["capture"]),
                             share(row["land_share"]), times(row["lift"])])  # fmt: skip
        return _table(["zone", "at least so far", "seen, km2", "capture", "land there", "lift"], rows)

    def regions(self) -> str:
        """What the regions that hold most hold."""
        table = self.tables["evidence_regions"].nlargest(3, "observed")
        rows = [[row["name"], str(row["sites"]), km2(row["observed"]), share(row["capture"]), share(row["land_share"])]
                for row in table.to_dict("records")]  # fmt: skip
        return _table(["region", "sites", "seen in it, km2", "of all that was seen", "of the land"], rows)

    def radii(self) -> str:
        """The radius that captures each share."""
        shares = sorted(self.tables["radius_of_capture"]["share"].unique())
        rows = []
        for zone, title in ZONES.items():
            of_zone = self._of("radius_of_capture", zone).set_index("share")["radius_km"]
            rows.append([title, *(f"{of_zone[one]:.1f} km" for one in shares)])
        return _table(["", *(f"{100 * one:.0f} %" for one in shares)], rows)

    def choices(self) -> str:
        """The figures when one choice changes."""
        table = self.tables["sensitivity"].fillna({"variant": ""})
        rows = []
        for (choice, variant), of_variant in table.groupby(["choice", "variant"], sort=False):
            of_all = of_variant[of_variant["period"] == ALL_PERIODS].set_index("zone")
            area, department = of_all.loc[AREA], of_all.loc[MADRE_DE_DIOS]
            rows.append([f"{choice} {variant}".strip(), f"{area['sites']:,}", km2(area["regions_km2"]),
                         share(area["land_share"]), share(area["capture"]), share(department["land_share"]),
                         share(department["capture"])])  # fmt: skip
        heads = [
            "variant",
            "sites",
            "regions, km2",
            "share of Peru",
            "capture",
            "share of Madre de Dios",
            "capture there",
        ]
        return _table(heads, rows)

    def positions(self) -> str:
        """The band of each figure when the sites move within the precision of their positions."""
        table = self.tables["position_bands"]
        writers = {"regions_km2": km2, "land_share": share, "capture": share, "lift": times}
        rows = []
        for row in table[table["period"].isna() | (table["period"] == ALL_PERIODS)].to_dict("records"):
            write = writers[row["figure"]]
            band = _range(row["p05"], row["p95"], write)
            rows.append([f"{row['figure']}, {ZONES[row['zone']]}", write(row["stated"]), band])
        return _table(["", "as stated", "5 to 95 % of draws"], rows)

    def corridor(self) -> str:
        """The share inside the corridor, by period."""
        table = self.tables["overlay_by_period"]
        table = table[table["series"] == SEEN].drop_duplicates("period")
        return _table(list(table["period"]), [[share(value) for value in table["share_inside"]]])


class Countries:
    """The results of South America.

    Parameters
    ----------
    folder : the products of the scenario `amazon`
    """

    def __init__(self, folder: Path) -> None:  # noqa: D107  as the class says
        names = ("evidence", "evidence_units", "new_mining", "baselines", "chance")
        self.tables = {name: pd.read_csv(folder / f"{name}.csv", dtype={"period": "str"}) for name in names}
        self.sites = len(gpd.read_parquet(folder / "sites.parquet"))

    def _of(self, name: str, period: str, **wanted: object) -> pd.Series:
        """The one row of a table about all land that was searched."""
        table = self.tables[name]
        for column, value in {"zone": searched_zone("amazon_mining_watch"), "period": period, **wanted}.items():
            table = table[table[column] == value]
        (row,) = table.to_dict("records")
        return pd.Series(row)

    def countries(self) -> str:
        """The table of the countries where mining was seen, the most first, and all of them together."""
        table = self.tables["evidence_units"]
        seen = table[(table["period"] == ALL_PERIODS) & (table["observed"] > 0)].sort_values("observed")[::-1]
        rows = []
        for row in seen.to_dict("records"):
            is_measured = row["verdict"] == MEASURED
            rows.append([
                row["unit"], f"{row['sites']:,}", km2(row["observed"]),
                _with_range(row, "capture", share) if is_measured else "too few", share(row["searched_share"]),
                share(row["land_share_searched"]), times(row["lift_searched"]) if is_measured else "",
            ])  # fmt: skip
        whole = self._of("evidence", ALL_PERIODS)
        rows.append(["South America", f"{self.sites:,}", km2(whole["observed"]), _with_range(whole, "capture", share),
                     "", share(whole["land_share"]), times(whole["lift"])])  # fmt: skip
        return _table(["country", "sites", "seen, km2", "capture, 95 %", "searched", "land there", "lift there"], rows)

    def south_america(self) -> str:
        """What South America says, in sentences."""
        whole, new = self._of("evidence", ALL_PERIODS), self._of("evidence", NEW)
        far = self._of("new_mining", NEW, beyond_km=BEYOND_KM)
        older, own = (self._of("baselines", NEW, baseline=name) for name in ("persistence", "regions"))
        primary = self._of("chance", **PRIMARY)
        sentences = (
            f"Blocks are {whole['block_deg']:g} degrees wide there, and all that was searched is worth",
            f"{whole['blocks_effective']:.0f} effective ones; its lift is {_with_range(whole, 'lift', times)}.",
            f"Of what is new the regions hold {share(new['capture'])}, and of the {far['observed']:,.0f} km2 that came",
            f"{BEYOND_KM:g} km or more from older mining {share(far['capture'])}, on {share(far['land_share'])} of the",
            f"land there: {times(far['lift'])} times what land alone explains. Near older mining, on as much land, lie",
            f"{share(older['capture'])}. The AUC is {_with_range(own, 'auc', two_decimals)}. The primary test, with",
            f"{primary['draws']:,} draws in the whole area, has p = {primary['p_value']:.4f}.",
        )
        return _plain(textwrap.fill(" ".join(sentences), 120, break_on_hyphens=False))


def share(value: float) -> str:
    """A fraction of 1 in per cent."""
    return "–" if pd.isna(value) else f"{100 * value:.1f} %"


def times(value: float) -> str:
    """A ratio."""
    return "–" if pd.isna(value) else f"{value:.1f}"


def points(value: float) -> str:
    """A change of a share, in percentage points."""
    return "–" if pd.isna(value) else f"{100 * value:+.1f}"


def two_decimals(value: float) -> str:
    """An index."""
    return "–" if pd.isna(value) else f"{value:.2f}"


def km2(value: float) -> str:
    """An area."""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.1f}"


def _range(low: float, high: float, write: Callable[[float], str]) -> str:
    return f"{write(low).removesuffix(' %')} to {write(high)}" if pd.notna(low) else "–"


def _with_range(row: Mapping[str, Any], name: str, write: Callable[[float], str]) -> str:
    """A figure, and in brackets its interval, if it has one."""
    ends = _range(row[f"{name}_low"], row[f"{name}_high"], write)
    return write(row[name]) if ends == "–" else f"{write(row[name])} ({ends})"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown; all columns but the first are numbers, on the right."""
    return "\n".join(f"| {' | '.join(row)} |" for row in [heads, ["---", *["---:"] * (len(heads) - 1)], *rows])


def _point(sentence: str) -> str:
    return _plain(textwrap.fill(sentence, 120, initial_indent="* ", subsequent_indent="  ", break_on_hyphens=False))


def _plain(text: str) -> str:
    return text.replace(NO_BREAK, " ")


WRITERS = {
    name.replace("_", "-"): value
    for kind in (Results, Countries)
    for name, value in vars(kind).items()
    if inspect.isfunction(value) and not name.startswith("_")
}


def filled(text: str, results: Results | Countries) -> str:
    """The text of a page with these results between its marks; those of the other results keep what they have.

    Raises KeyError at a mark that nothing writes.
    """

    def written(found: re.Match[str]) -> str:
        writer = WRITERS[found[2]]
        is_of_these = writer in vars(type(results)).values()
        return f"{found[1]}{writer(results)}\n{found[3]}" if is_of_these else found[0]

    return MARK.sub(written, text)


def write(project: Path) -> None:
    """Write the results into the pages."""
    made: list[Results | Countries] = [Results(project, project / "results/peru")]
    if (project / "results/amazon").exists():
        made.append(Countries(project / "results/amazon"))
    for name in PAGES:
        page = project / name
        text = page.read_text("utf-8")
        for results in made:
            text = filled(text, results)
        page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(Path())
