"""Regions, distances and what it costs to move a vehicle between them."""

from __future__ import annotations

import numpy as np
import polars as pl

from sample_fleet.seeds import stream
from sample_fleet.size import SAMPLE, Size

# region: latitude, longitude, share of the lender's customers, log level of prices there
REGIONS = {
    "AZ": (33.45, -112.07, 0.07, 0.00), "CA": (34.05, -118.24, 0.16, 0.02),
    "FL": (28.54, -81.38, 0.14, -0.01), "GA": (33.75, -84.39, 0.11, -0.01),
    "IL": (41.88, -87.63, 0.09, 0.00), "NJ": (40.74, -74.17, 0.08, 0.01),
    "OH": (39.96, -83.00, 0.10, -0.02), "PA": (40.27, -76.88, 0.08, -0.01),
    "TX": (32.78, -96.80, 0.13, 0.02), "WA": (47.45, -122.31, 0.04, 0.01),
}  # fmt: skip
EARTH_MILES = 3958.8
# Lanes nobody has quoted: the engine's distance curve answers for them.
UNQUOTED = (
    ("AZ", "NJ"), ("AZ", "PA"), ("FL", "WA"), ("GA", "WA"), ("IL", "WA"), ("NJ", "AZ"),
    ("NJ", "WA"), ("OH", "WA"), ("PA", "WA"), ("WA", "FL"), ("WA", "NJ"), ("WA", "PA"),
)  # fmt: skip
# Lanes with few trucks: units a week.
NARROW = {
    ("AZ", "CA"): 6, ("FL", "GA"): 8, ("FL", "TX"): 5, ("GA", "TX"): 5, ("IL", "OH"): 6,
    ("NJ", "PA"): 8, ("OH", "GA"): 5, ("PA", "NJ"): 8, ("WA", "CA"): 4, ("CA", "AZ"): 6,
}  # fmt: skip


def region_column(position: int, names: np.ndarray) -> np.ndarray:
    """Return one figure of REGIONS (0 latitude, 1 longitude, 2 share, 3 log level) by region."""
    return np.array([REGIONS[name][position] for name in names])


def miles(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Return the great-circle distance of two points (latitude, longitude in degrees)."""
    lat1, lon1, lat2, lon2 = np.radians([*a, *b])
    h = np.sin((lat2 - lat1) / 2) ** 2
    h += np.cos(lat1) * np.cos(lat2) * np.sin((lon2 - lon1) / 2) ** 2
    return float(2 * EARTH_MILES * np.arcsin(np.sqrt(h)))


def tariffs(size: Size = SAMPLE) -> pl.DataFrame:
    """Return the quoted lanes: cost along 7.17 miles^0.67, give or take six per cent."""
    rng = stream("tariffs")
    rows = []
    for a, (lat1, lon1, *_) in REGIONS.items():
        for b, (lat2, lon2, *_) in REGIONS.items():
            quote = np.exp(0.06 * rng.standard_normal())
            if (a, b) in UNQUOTED or (a == b and a in ("PA", "WA")):
                continue
            far = 45.0 if a == b else miles((lat1, lon1), (lat2, lon2))
            rows.append(
                {
                    "from_region": a,
                    "to_region": b,
                    "cost": 5 * round(7.17 * far**0.67 * quote / 5),
                    "days": 1 if a == b else 2 + int(far // 450),
                    "weekly_units": size.scaled(NARROW[a, b]) if (a, b) in NARROW else None,
                }
            )
    return pl.DataFrame(rows, schema_overrides={"weekly_units": pl.Int64}, infer_schema_length=None)
