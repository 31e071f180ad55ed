"""How surely a fit knows its effects, all others being as uncertain as they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from residual.curves import Floats
from residual.mixed import Factoriser

if TYPE_CHECKING:
    from scipy.sparse import csc_array


@dataclass(frozen=True, slots=True)
class Posterior:
    """Posterior variances of the effects of a fit, found for the levels asked for alone.

    Attributes
    ----------
    normal : csc_array[p, p]
        Penalised normal matrix A of the effects.
    order : int64[p]
        In which A is factorised.
    moved : float64[p, q]
        By how much the effects fall when a slope of a curve grows by one, A^-1 Z'WM.
    slope_covariance : float64[q, q]
        Posterior covariance of the slopes.
    places : dict of slice
        Rows of A by the name of each block.

    Notes
    -----
    The covariance of the effects is A^-1 + A^-1 Z'WM S M'WZ A^-1, with S that of the slopes:
    what a level shares with its make, with the curves and with all else is counted. One solve
    for each level asked for, kept for the next question; the matrix is factorised anew then, so
    that a model can be kept in a file.
    """

    normal: csc_array
    order: NDArray[np.int64]
    moved: Floats
    slope_covariance: Floats
    places: dict[str, slice]
    _found: dict[int, float] = field(default_factory=dict, repr=False, compare=False)

    def spread(self, codes: Mapping[str, NDArray[np.int64]]) -> dict[str, Floats]:
        """Standard deviations of levels.

        Parameters
        ----------
        codes : mapping of int64[n]
            Levels asked for, by the name of their block; not negative.

        Returns
        -------
        dict of float64[n]
        """
        rows = {name: self.places[name].start + code for name, code in codes.items()}
        asked = np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *rows.values()]))
        self._find([row for row in asked.tolist() if row not in self._found])
        return {
            name: np.sqrt(np.array([self._found[row] for row in place.tolist()], dtype=np.float64))
            for name, place in rows.items()
        }

    def _find(self, rows: list[int]) -> None:
        if not rows:
            return
        moved = self.moved[rows]
        shared = np.einsum("ij,jk,ik->i", moved, self.slope_covariance, moved, optimize=False)
        with threadpool_limits(1):
            solver = Factoriser(self.order)(self.normal)
            # one at a time: what a level is told must not hang on what else is asked
            for row, more in zip(rows, shared.tolist(), strict=True):
                unit = np.zeros((len(self.order), 1))
                unit[row] = 1.0
                self._found[row] = float(solver.solve(unit)[row, 0]) + more
