"""The short table that a person wants to read when a run is done."""

from __future__ import annotations

import pandas as pd

from asmgold.records.classify import count_by_fate


def summarise(
    title: str,
    records: pd.DataFrame,
    regions: pd.DataFrame,
    overlay_summary: pd.DataFrame,
    *,
    buffer_km: float,
    commodity: str = "gold",
    area_km2: float,
    folder: str,
) -> str:
    """Records by fate, regions, overlays and where the files are, as text of at most 100 columns.

    Parameters
    ----------
    title : what the area is called
    records, regions, overlay_summary : tables of `asmgold.schemas`
    commodity : whose sites these are
    buffer_km, area_km2 : the radius, and the area that the regions are clipped to
    folder : where the products are
    """
    counts = count_by_fate(records).rename(columns=lambda name: name.replace("_", " "))
    covered = regions["area_km2"].sum()
    lines = [
        f"ASM {commodity} regions of {title}, {buffer_km:g} km around each site",
        "",
        counts.rename_axis(None).to_string(),
        "",
    ]
    lines += [f"{len(records):,} rows were read, and each has one fate", ""]
    corrected = int(records["correction"].notna().sum())
    if corrected:
        lines += [
            f"{corrected} records stand corrected (config/corrections.yaml; `corrections: false` switches that off)",
            "",
        ]
    if regions.empty:
        lines += ["No site, so no region: the products are complete and empty.", ""]
    else:
        share = covered / area_km2
        deposits = records.loc[records["fate"] == "site", "deposit_id"].nunique()
        lines += [
            f"{len(regions)} regions with {int(regions['n_sites'].sum())} sites "
            f"cover {covered:,.0f} km2, {share:.1%} of the area",
            f"The sites are {deposits:,} distinct deposits, as far as names and distances tell",
            "",
        ]
    if not overlay_summary.empty:
        table = pd.DataFrame(
            {
                "overlay": overlay_summary["overlay"],
                "zone": overlay_summary["zone"],
                "zone km2": overlay_summary["zone_km2"].map("{:,.0f}".format),
                "regions in it km2": overlay_summary["regions_km2"].map("{:,.0f}".format),
                "share of zone": overlay_summary["share_of_zone"].map("{:.1%}".format),
                "of parent's regions": overlay_summary["share_of_parent_regions"].map(
                    lambda share: "" if pd.isna(share) else f"{share:.1%}"
                ),
                "sites": overlay_summary["sites"],
            }
        )
        lines += [table.to_string(index=False), ""]
    return "\n".join(
        [
            *lines,
            f"In {folder}/: open asm_gold_regions.qgz in QGIS; manifest.json says how each file was made.",
            "",
        ]
    )
