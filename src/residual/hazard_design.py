"""The columns of the hazard of a sale: time on the list, prices, levels and months."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from residual.curves import Floats
from residual.features import Days
from residual.hazard import Family
from residual.listings import PIECES, Listings, Spells

if TYPE_CHECKING:
    from scipy.sparse import csr_array

#: Prior of ln h on the day of the listing, and of its steps from piece to piece. Assumed.
_FIRST: Final = (-3.5, 1.0)
_STEP_SD: Final = 0.4
#: Where the search for the spread of levels, and of steps from month to month, starts.
_LEVEL_SD: Final = 0.3
_MONTH_SD: Final = 0.1
_TWO_YEARS: Final = 730


class HazardDesign:
    """Columns of the hazard over the spells of past listings, family by family.

    Parameters
    ----------
    listings : Listings
    cut : Spells
        Their spells; the rows of the columns.

    Attributes
    ----------
    families : list of Family
        In the order of the columns; "first" and "steps" of the baseline come with the class.
    levels : dict of list of str
        Levels of each family that was added by levels.
    """

    def __init__(self, listings: Listings, cut: Spells) -> None:
        self.listings, self.cut = listings, cut
        self.families: list[Family] = []
        self.levels: dict[str, list[str]] = {}
        self._index: list[NDArray[np.int64]] = []
        self._value: list[Floats] = []
        self._width = 0
        rows, later = len(cut.piece), np.arange(1, len(PIECES))
        self.add_column("first", np.ones(rows), *_FIRST)
        reached = (cut.piece[:, None] >= later).astype(np.float64)
        self._add("steps", np.tile(later - 1, (rows, 1)), reached, len(later), 0.0, _STEP_SD)

    def add_column(self, name: str, column: Floats, mean: float, sd: float) -> None:
        """Add one column with the prior of its coefficient."""
        index = np.zeros((len(column), 1), dtype=np.int64)
        self._add(name, index, column[:, None], 1, mean, sd)

    def add_levels(self, name: str, levels: list[str], fewest: int) -> None:
        """Add an effect of each level that enough listings have; their spread is estimated.

        Parameters
        ----------
        name : str
        levels : list of str, length n
            Level of each listing.
        fewest : int
            A level of fewer listings counts for nothing of its own.
        """
        known, code, count = np.unique(
            np.array(levels, dtype=np.str_), return_inverse=True, return_counts=True
        )
        often = (count >= fewest) & (known != "")
        place = np.where(often, np.cumsum(often) - 1, -1)[code.reshape(-1)]
        if often.any():
            self.levels[name] = known[often].tolist()
            self._add_codes(name, place[self.cut.listing], int(often.sum()), _LEVEL_SD)

    def add_months(self) -> None:
        """Add the level by calendar month, the latest being 0, and the season if it can be told.

        A season needs two years of listings.
        """
        day = self.listings.offered[self.cut.listing] + self.cut.start
        month = _month_number(day)
        first, last = int(month.min()), int(month.max())
        before = np.arange(first, last)
        if before.size:
            earlier = (month[:, None] <= before).astype(np.float64)
            index = np.tile(before - first, (len(month), 1))
            self._add("months", index, earlier, before.size, 0.0, _MONTH_SD, estimated=True)
        if int(day.max() - day.min()) >= _TWO_YEARS:
            names = [f"{number:02d}" for number in range(1, 13)]
            self.levels["season"] = names
            self._add_codes("season", month % 12, 12, _MONTH_SD)

    def columns(self) -> csr_array:
        """Return the columns, [m, p]."""
        from scipy.sparse import csr_array

        index, value = np.hstack(self._index), np.hstack(self._value)
        rows = np.repeat(np.arange(len(index)), index.shape[1])
        matrix: csr_array = csr_array(
            (value.ravel(), (rows, index.ravel())), shape=(len(index), self._width)
        )
        matrix.eliminate_zeros()
        return matrix

    def _add_codes(self, name: str, code: NDArray[np.int64], size: int, sd: float) -> None:
        known = (code >= 0).astype(np.float64)[:, None]
        self._add(name, np.maximum(code, 0)[:, None], known, size, 0.0, sd, estimated=True)

    def _add(
        self,
        name: str,
        index: NDArray[np.int64],
        value: Floats,
        size: int,
        mean: float,
        sd: float,
        *,
        estimated: bool = False,
    ) -> None:
        self.families.append(Family(name, self._width, size, mean, sd**2, estimated))
        self._index.append(index + self._width)
        self._value.append(value)
        self._width += size


def month_names(days: Days) -> list[str]:
    """Month of the year of each day, 01 to 12."""
    return [f"{number + 1:02d}" for number in (_month_number(days) % 12).tolist()]


def _month_number(days: Days) -> NDArray[np.int64]:
    """Calendar months since January 1970."""
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
