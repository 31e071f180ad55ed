"""What an inspection is: its stage, cost and time."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Inspection:
    """One more appraisal of a unit, before it is decided where it goes.

    Parameters
    ----------
    cost : float
        Of each, money today.
    days : int
        From the planning date until the unit may move, at the earliest.
    stage : str
        Whose error it has; see `residual.Appraisers`.
    units : int
        How many the inspector can look at.
    candidates : int
        Units that are looked at finely: those of most worth by a first, coarse look.
    """

    cost: float
    days: int = 2
    stage: str = "site"
    units: int = 10
    candidates: int = 200

    def __post_init__(self) -> None:
        if not (math.isfinite(self.cost) and self.cost >= 0.0):
            raise ValueError(f"cost must be at least 0, not {self.cost}")
        for name in ("units", "candidates"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, not {getattr(self, name)}")
        if self.days < 0:
            raise ValueError(f"days must be at least 0, not {self.days}")
