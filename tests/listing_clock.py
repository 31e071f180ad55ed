"""A made-up clock of listings: a constant hazard that every number can be worked out by."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from residual.listings import Markdown


@dataclass(frozen=True)
class Clock:
    """Stands for what past listings tell: a constant hazard, prices by the fleet's `worth`."""

    daily: float = 0.02
    response: float = -4.0
    frailty: float = 0.0
    markdown: Markdown | None = None
    places: dict[str, float] = field(default_factory=dict)

    def log_price(self, vehicles: pl.DataFrame, today: dt.date, days: np.ndarray) -> np.ndarray:
        """Ten per cent above worth at every date."""
        worth = np.log(1.1 * vehicles["worth"].to_numpy())
        return np.repeat(worth[:, None], len(days), axis=1)

    def unit_log_rate(self, vehicles: pl.DataFrame, log_price: Any, today: dt.date) -> np.ndarray:
        """All units sell alike."""
        return np.zeros(len(vehicles))

    def place_log_rate(self, venue_ids: list[str]) -> np.ndarray:
        """As told."""
        return np.array([self.places.get(venue, 0.0) for venue in venue_ids])

    def season_log_rate(self, days: np.ndarray) -> np.ndarray:
        """No season."""
        return np.zeros(len(days))

    def cumulative(self, days: np.ndarray) -> np.ndarray:
        """A constant hazard."""
        return self.daily * np.asarray(days)
