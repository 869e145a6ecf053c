"""Releases: a checked, dated, complete set of results, whose origin a stranger can verify."""

from asmgold.release.making import Order, check_date, release
from asmgold.release.sums import SUMS
from asmgold.release.verifying import Finding, verify

__all__ = ["SUMS", "Finding", "Order", "check_date", "release", "verify"]
