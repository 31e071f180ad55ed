"""How surely a fit knows its effects, all others being as uncertain as they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from residual.curves import Floats


@dataclass(frozen=True, slots=True)
class Posterior:
    """Posterior variances of the effects of a fit.

    Attributes
    ----------
    variance : float64[p]
        Of each effect: what a level shares with its make, with the curves and with all else is
        counted.
    places : dict of (int, int)
        First and one past the last effect, by the name of each block.
    """

    variance: Floats
    places: dict[str, tuple[int, int]]

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
        return {
            name: np.sqrt(self.variance[self.places[name][0] + code])
            for name, code in codes.items()
        }
