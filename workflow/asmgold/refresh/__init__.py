"""Taking in what changed upstream: compare, pass the gates, replace lock and results together or neither."""

from asmgold.refresh.compare import Comparison, compare
from asmgold.refresh.gates import failed_gates
from asmgold.refresh.replace import Place, replace, rollback, snapshots
from asmgold.refresh.report import write_changes, write_report
from asmgold.refresh.run import alone, refresh

__all__ = [
    "Comparison",
    "Place",
    "alone",
    "compare",
    "failed_gates",
    "refresh",
    "replace",
    "rollback",
    "snapshots",
    "write_changes",
    "write_report",
]
