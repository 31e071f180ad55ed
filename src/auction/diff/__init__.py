"""What changed between two plans, why, and what it is worth."""

from __future__ import annotations

from auction.diff.compare import diff_runs
from auction.diff.words import tell

__all__ = ["diff_runs", "tell"]
