"""The general level of prices: a monthly index with season and shocks, and scrap beside it."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl

from sample_fleet.seeds import days, stream

# Per cent, January to December; they sum to zero. March stands about 3.5 % above the year's mean.
SEASON = np.array([-1.0, 1.5, 3.5, 2.5, 0.8, -0.3, -0.6, -0.2, -0.9, -1.6, -2.1, -1.6]) / 100
# Turning points of the level without season: the 2020 dip, the shortage of 2021, the long way down.
TURNS = {
    "2018-01": 100.0, "2019-02": 102.5, "2020-02": 101.5, "2020-05": 94.5, "2020-10": 112.0,
    "2021-03": 113.5, "2021-07": 139.0, "2022-01": 156.0, "2022-08": 147.0, "2023-03": 136.0,
    "2023-06": 142.5, "2024-02": 132.5, "2024-08": 126.0, "2025-04": 134.0, "2025-10": 133.0,
    "2026-05": 129.5,
}  # fmt: skip
SCRAP_TURNS = {
    "2018-01": 150.0, "2018-08": 162.0, "2019-10": 98.0, "2020-04": 92.0, "2021-06": 205.0,
    "2022-03": 232.0, "2022-11": 142.0, "2023-03": 178.0, "2024-06": 152.0, "2025-03": 165.0,
    "2026-05": 149.0,
}  # fmt: skip
# Log drift a month of a segment's prices against the whole market since mid 2024.
SEGMENT_DRIFT = {
    "small car": 0.0006, "mid car": 0.0002, "small suv": 0.0003, "large suv": -0.0004,
    "pickup": 0.0004, "van": -0.0008, "premium": -0.0012, "electric": -0.0040,
}  # fmt: skip
FIRST_MONTH, MONTHS = date(2018, 1, 1), 101


def month_starts(extra: int = 0) -> np.ndarray:
    """Return the first day of every month of the index (datetime64[D])."""
    months = np.datetime64(FIRST_MONTH, "M") + np.arange(MONTHS + extra)
    return months.astype("datetime64[D]")


def _between(turns: dict[str, float]) -> np.ndarray:
    knots = days([f"{month}-01" for month in turns])
    return np.interp(days(month_starts()), knots, np.log(list(turns.values())))


def _wobble(rng: np.random.Generator, sd: float, memory: float, n: int) -> np.ndarray:
    steps = sd * np.sqrt(1 - memory**2) * rng.standard_normal(n)
    out = np.zeros(n)
    for i in range(1, n):
        out[i] = memory * out[i - 1] + steps[i]
    return out


def trend() -> np.ndarray:
    """Return the log level of used prices by month, season taken out."""
    return _between(TURNS) + _wobble(stream("market"), 0.009, 0.6, MONTHS)


def index_table() -> pl.DataFrame:
    """Return both published series; a month is published two weeks after it ends."""
    starts = month_starts()
    used = trend() + SEASON[np.arange(MONTHS) % 12]
    scrap = _between(SCRAP_TURNS) + _wobble(stream("scrap"), 0.035, 0.6, MONTHS)
    released = [d + timedelta(days=13) for d in month_starts(1)[1:].tolist()]
    return pl.concat(
        pl.DataFrame(
            {
                "series": [name] * MONTHS,
                "date": starts,
                "released_on": released,
                "value": np.exp(level).round(2),
            }
        )
        for name, level in (("market", used), ("scrap", scrap))
    )


def log_market(on: np.ndarray, segment: np.ndarray) -> np.ndarray:
    """Return the log level of prices on given days for given segments, May 2026 standing at 0.

    Parameters
    ----------
    on : int64[n]
        Days since 1970-01-01.
    segment : str[n]
        Segment of each unit.
    """
    middle = days(month_starts()) + 15
    smooth, season = trend(), np.tile(SEASON, 9)[:MONTHS]
    level = np.interp(on, middle, smooth - smooth[-1] + season)
    weeks = on // 7 - days(FIRST_MONTH) // 7
    noise = _wobble(stream("weeks"), 0.006, 0.3, 500)[weeks]
    months = np.clip((on - days("2024-06-01")) / 30.4, 0, None)
    drift = np.array([SEGMENT_DRIFT[name] for name in segment])
    return level + noise + drift * (months - 24)
