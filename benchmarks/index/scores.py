"""CRPS of normal and Student densities in closed form (Jordan, Krüger and Lerch 2019)."""

from __future__ import annotations

import numpy as np
from scipy.special import beta
from scipy.stats import norm
from scipy.stats import t as student


def crps_normal(z: float) -> float:
    """CRPS of the standard normal at z."""
    return float(z * (2 * norm.cdf(z) - 1) + 2 * norm.pdf(z) - 1 / np.sqrt(np.pi))


def crps_student(z: float, dof: float) -> float:
    """CRPS of the standard Student density at z, dof above 1."""
    inner = z * (2 * student.cdf(z, dof) - 1)
    edge = 2 * student.pdf(z, dof) * (dof + z * z) / (dof - 1)
    least = 2 * np.sqrt(dof) / (dof - 1) * beta(0.5, dof - 0.5) / beta(0.5, dof / 2) ** 2
    return float(inner + edge - least)
