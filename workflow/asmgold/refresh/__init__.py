"""Taking in what changed upstream: compare, pass the gates, replace lock and results together or neither."""

from asmgold.refresh.compare import Comparison, compare
from asmgold.refresh.gates import GateSettings, RefreshSettings, failed_gates
from asmgold.refresh.replace import Place, replace, rollback, snapshots
from asmgold.refresh.report import write_changes, write_report

__all__ = [
    "Comparison",
    "GateSettings",
    "RefreshSettings",
    "Place",
    "compare",
    "failed_gates",
    "replace",
    "rollback",
    "snapshots",
    "write_changes",
    "write_report",
]
