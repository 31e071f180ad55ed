"""Sending the inspector: what it is worth to look at a unit before deciding where it goes."""

from __future__ import annotations

from auction.inspection.terms import Inspection
from auction.inspection.worth import worth_of_inspecting

__all__ = ["Inspection", "worth_of_inspecting"]
