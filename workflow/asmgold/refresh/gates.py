"""Gates: how much a refresh may change before a person has to look."""

from __future__ import annotations

from pydantic import Field

from asmgold.config.models import Model
from asmgold.refresh.compare import Comparison


class GateSettings(Model):
    """Bounds on one refresh; each is a share, 0.1 is 10 %."""

    rejected: float = Field(0.05, ge=0, le=1, description="Records rejected after it, as a share of all records.")
    sites_lost: float = Field(0.1, ge=0, le=1, description="Sites that are none any more, as a share of the sites before.")
    area_changed: float = Field(
        0.2, ge=0, description="Area that became or stopped being region, as a share of the regions before."
    )


class RefreshSettings(Model):
    """An operator's choices: `config/refresh.yaml`."""

    gates: GateSettings = Field(default_factory=GateSettings, description="How much a refresh may change by itself.")
    keep: int = Field(5, ge=1, le=1000, description="How many refreshes can be rolled back.")


def failed_gates(comparison: Comparison, gates: GateSettings) -> list[str]:
    """What goes beyond the bounds, a sentence each; nothing if all is well."""
    counts = comparison.counts
    measured = {
        "rejected": (counts["rejected_after"], counts["records_after"], "records are rejected"),
        "sites_lost": (counts["sites_lost"], counts["sites_before"], "sites are lost"),
        "area_changed": (counts["area_changed_km2"], counts["area_before_km2"], "km2 of region changed"),
    }
    failed = []
    for name, (part, whole, what) in measured.items():
        allowed = getattr(gates, name)
        share = part / whole if whole else 0.0
        if share > allowed:
            failed.append(f"{part:,.0f} of {whole:,.0f} {what}, {share:.1%}: gates.{name} allows {allowed:.1%}")
    return failed
