"""Gates: how much a refresh may change before a person has to look."""

from __future__ import annotations

from asmgold.config.models import GateSettings
from asmgold.refresh.compare import Changes


def failed_gates(comparison: Changes, gates: GateSettings) -> list[str]:
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
