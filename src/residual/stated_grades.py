"""Grades that appraisers have stated of units, and what they alone have moved."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from residual.curves import Floats


@dataclass(frozen=True, slots=True)
class StatedGrades:
    """What stated grades say of V units, told apart from what else was said of them.

    Attributes
    ----------
    grade : float64[V]
        Grade stated last, NaN for none.
    shift, narrower : float64[V]
        What stated grades alone add to ln of where a unit lies, and the factor on the scale of its
        own shock; 0 and 1 for none.
    """

    grade: Floats
    shift: Floats
    narrower: Floats

    def of_units(self, rows: NDArray[np.int64]) -> StatedGrades:
        """Return those of some units, any of them several times."""
        return StatedGrades(self.grade[rows], self.shift[rows], self.narrower[rows])

    def without(self, rows: NDArray[np.int64]) -> StatedGrades:
        """Return what is left when some units' stated grades no longer hold."""
        grade, shift, narrower = self.grade.copy(), self.shift.copy(), self.narrower.copy()
        grade[rows], shift[rows], narrower[rows] = np.nan, 0.0, 1.0
        return StatedGrades(grade, shift, narrower)
