"""Standardised errors of later sales beside what tells their form."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from residual.blend import Errors
from residual.curves import Floats
from residual.scale import ScaleModel
from residual.skew import Skew, forms_of, learn_skew, unskewed


@dataclass(frozen=True, slots=True)
class Strayed:
    """How far sales strayed from what was foretold, in their own scales.

    Attributes
    ----------
    rows : int64[m]
        Places among the later sales, which are in order of time.
    error : float64[m]
        Standardised.
    columns : float64[m, k]
    ignorance : float64[m, 3]
    log_scale : float64[m]
        As `Skew.form` takes them.
    """

    rows: NDArray[np.int64]
    error: Floats
    columns: Floats
    ignorance: Floats
    log_scale: Floats

    @classmethod
    def of(cls, errors: Errors, standardised: Floats, scale: ScaleModel) -> Strayed:
        """Put errors of one equation together with their scale."""
        size = scale.scale(errors.columns, errors.ignorance, errors.codes)
        return cls(errors.rows, standardised, errors.columns, errors.ignorance, np.log(size))

    def replaced(self, others: Strayed) -> Strayed:
        """Return the same with the rows of another equation in place of those of this one.

        Parameters
        ----------
        others : Strayed
            Of some of the rows.
        """
        at = np.searchsorted(self.rows, others.rows)
        own = (self.error, self.columns, self.ignorance, self.log_scale)
        new = (others.error, others.columns, others.ignorance, others.log_scale)
        merged = [mine.copy() for mine in own]
        for mine, theirs in zip(merged, new, strict=True):
            mine[at] = theirs
        return Strayed(self.rows, *merged)

    def skew(self) -> Skew | None:
        """Learn what tells the skew; None where nothing does."""
        return learn_skew(self.error, self.columns, self.ignorance, self.log_scale)

    def unskewed(self, skew: Skew | None) -> tuple[Floats, Floats]:
        """Errors without their own skew, and the skews of the forms in which units come."""
        form, skews = forms_of(skew, self.columns, self.ignorance, self.log_scale)
        return unskewed(self.error, skews[form]), skews
