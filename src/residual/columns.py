"""The columns of the value equation: knots, lines, hinges and products of covariates."""

from __future__ import annotations

from typing import Final

import numpy as np

from residual.curves import Floats, signed_basis
from residual.features import Units

AGE_KNOTS: Final = np.array([-1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20], dtype=np.float64)
ODOMETER_KNOTS: Final = np.array(
    [0, 10, 20, 40, 60, 80, 100, 125, 150, 175, 200, 250, 300, 400], dtype=np.float64
)  # thousand km
BADNESS_KNOTS: Final = np.array([0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0])  # 5 - grade
AGE_ORIGIN: Final = 5.0
ODOMETER_ORIGIN: Final = 80.0
BEND_KNOTS: Final = np.array([-1.0, 1.5, 3.5, 5.5, 8.0, 11.0, 16.0])
#: Categories whose level also bends the age and odometer curves.
SLOPED: Final = ("make", "model", "body", "segment")
#: Categories whose level changes what a point of grade is worth: not everybody grades alike. The
#: venue is left out: a price is asked for at the reference and moved to a venue by its factor.
GRADED: Final = ("make", "region", "seller_kind")
#: No curve of a level falls less than this share of the common curve.
LEAST_SHARE: Final = 0.5
#: Least fall of the common curves, per year and per 1,000 km: next to nothing, it keeps an order.
LEAST_FALL: Final = {"age": 0.002, "odometer": 1e-4}


def line(x: Floats, origin: float) -> Floats:
    """Distance from the origin, held beyond three times the origin."""
    return np.asarray(np.minimum(x, 3.0 * origin) - origin)


def bends(age: Floats) -> Floats:
    """Return the columns on which a level bends the age curve, [n, 6]."""
    return signed_basis(np.minimum(age, BEND_KNOTS[-1]), BEND_KNOTS, AGE_ORIGIN)


def missing_columns(units: Units) -> Floats:
    """Return whether odometer and grade are missing, [n, 2]."""
    return np.column_stack([units.odometer_missing, units.grade_missing]).astype(np.float64)


def damage_columns(units: Units) -> Floats:
    """Return whether damage is light or worse, and heavy, [n, 2]."""
    return np.column_stack([units.damage >= 1, units.damage >= 2]).astype(np.float64)


def hinges(x: Floats, starts: tuple[float, ...], end: float) -> Floats:
    """Return ramps from 0 at each start to 1 at the end, [n, number of starts]."""
    return np.column_stack([np.clip((x - start) / (end - start), 0.0, 1.0) for start in starts])


def products(units: Units, curves: dict[str, Floats] | dict[str, slice]) -> Floats:
    """Products of two kinds of wear: each rises in both, so a fall in them keeps the order."""
    age = hinges(units.age, (0.0, 4.0, 8.0), 15.0)
    reading = hinges(units.odometer / 1000.0, (0.0, 80.0, 160.0), 300.0)
    bad = hinges(5.0 - units.grade, (0.0, 1.0, 2.0), 4.0)
    pairs = []
    if "odometer" in curves:
        pairs.append((age, reading))
    if "badness" in curves:
        pairs.append((age, bad))
        if "odometer" in curves:
            pairs.append((reading, bad))
    return np.column_stack(
        [one[:, i] * two[:, j] for one, two in pairs for i in range(3) for j in range(3)]
    )
