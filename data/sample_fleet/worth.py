"""What a unit is worth: age, odometer, grade and damage, and how far single units stray."""

from __future__ import annotations

import numpy as np

GRADES = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
GRADE_EFFECT = np.array([-0.50, -0.19, 0.0, 0.09, 0.15])
TOTAL_SPREAD = np.array([0.57, 0.36, 0.185, 0.098, 0.070])  # sd of ln hammer around its level
BIDDER_SHARE = 0.6  # a bidder's own spread as a share of the total
SECOND_SD = 0.67  # of the second highest of about six standard normals
DAMAGE_EFFECT = {"none": 0.0, "light": -0.07, "heavy": -1.05}
COLOUR_EFFECT = {
    "white": 0.01, "black": 0.005, "grey": 0.0, "silver": 0.0, "blue": -0.005, "red": -0.01,
    "brown": -0.03, "yellow": -0.04,
}  # fmt: skip
# Yearly log change on top of petrol: hybrids hold, electric cars fall fast in their first years.
POWERTRAIN_YEAR = {"petrol": 0.0, "diesel": 0.012, "hybrid": 0.015, "electric": -0.055}
# The second highest of Poisson many standard normals, given that two come: its mean, by simulation.
MEAN_BIDDERS = np.array([3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0])
SECOND_MEAN = np.array([0.042, 0.233, 0.403, 0.553, 0.677, 0.784, 0.875])
KM = 1.609344


def usual_odometer(age: np.ndarray) -> np.ndarray:
    """Return the usual odometer reading (km) at an age in years."""
    return 200_000 * KM * -np.expm1(-(age + 0.2) / 11)


def age_effect(age: np.ndarray, powertrain: np.ndarray, make_drift: np.ndarray) -> np.ndarray:
    """Return ln of the share of the new price left at an age in years with usual mileage."""
    slope = np.array([POWERTRAIN_YEAR[name] for name in powertrain])
    extra = slope * np.minimum(age, 6.0) + make_drift * np.minimum(age, 8.0)
    return -0.16 * -np.expm1(-age / 0.7) - 0.124 * age - 0.03 * np.maximum(age - 6, 0) + extra


def odometer_effect(odometer: np.ndarray, age: np.ndarray) -> np.ndarray:
    """Return the log effect of driving more (or less) than usual, kept within half a log point."""
    return np.clip(-0.28 * (odometer - usual_odometer(age)) / 100_000, -0.5, 0.4)


def grade_effect(grade: np.ndarray) -> np.ndarray:
    """Return the log effect of the condition grade (grade 3 stands at 0)."""
    return np.interp(grade, GRADES, GRADE_EFFECT)


def total_spread(grade: np.ndarray) -> np.ndarray:
    """Return the sd of ln hammer around its level at a grade."""
    return np.exp(np.interp(grade, GRADES, np.log(TOTAL_SPREAD)))


def bidder_spread(grade: np.ndarray) -> np.ndarray:
    """Return the sd of one bidder's ln value around the unit's own level."""
    return BIDDER_SHARE * total_spread(grade)


def second_highest(mean_bidders: np.ndarray) -> np.ndarray:
    """Return the mean of the second highest of Poisson many standard normals, two at least."""
    return np.interp(mean_bidders, MEAN_BIDDERS, SECOND_MEAN)


def unit_scale(grade: np.ndarray) -> np.ndarray:
    """Return the sd of the lasting shock of a unit: what the bidders see and the file does not."""
    return total_spread(grade) * np.sqrt(1 - (SECOND_SD * BIDDER_SHARE) ** 2)


def _bend(z: np.ndarray) -> np.ndarray:
    return np.where(z < 0, z * (1 + 0.22 * z * z), np.minimum(z, 2.3))


def _bent_sd() -> float:
    nodes, weights = np.polynomial.hermite_e.hermegauss(80)
    weights = weights / weights.sum()
    bent = _bend(nodes)
    return float(np.sqrt(weights @ bent**2 - (weights @ bent) ** 2))


def shock(rng: np.random.Generator, n: int) -> np.ndarray:
    """Return n standardised unit shocks: median 0, sd 1, fat below, thin and cut off above."""
    return _bend(rng.standard_normal(n)) / _bent_sd()
