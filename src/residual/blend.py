"""Later sales beside their guide values: how much a guide counts, and what it leaves unsaid."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from residual.covariates import scale_columns, support_of
from residual.curves import Floats
from residual.distribution import ScaleModel, block_effects, fit_scale
from residual.features import Units
from residual.guide import GuideModel, fit_share, grade_class
from residual.hedonic import Hedonic


@dataclass(frozen=True, slots=True)
class Errors:
    """Errors of one equation on the later sales.

    Attributes
    ----------
    rows : int64[m]
        Places among the later sales.
    error, clean : float64[m]
        ln price less the location foretold; without and with the error common to the week taken
        out.
    columns : float64[m, k]
    ignorance : float64[m]
    codes : dict of int64[m]
        As the scale takes them.
    """

    rows: NDArray[np.int64]
    error: Floats
    clean: Floats
    columns: Floats
    ignorance: Floats
    codes: dict[str, NDArray[np.int64]]

    def scale(self, half: NDArray[np.bool_]) -> ScaleModel:
        """Scale fitted on the rows outside a half of the later sales."""
        out = ~half[self.rows]
        codes = {name: code[out] for name, code in self.codes.items()}
        return fit_scale(self.clean[out], self.columns[out], self.ignorance[out], codes)

    def size(self, scale: ScaleModel, among: NDArray[np.bool_]) -> Floats:
        """Scale of the errors of some of the rows."""
        codes = {name: code[among] for name, code in self.codes.items()}
        return scale.scale(self.columns[among], self.ignorance[among], codes)

    def without(self, rows: NDArray[np.int64]) -> Errors:
        """The same less some of the later sales."""
        kept = ~np.isin(self.rows, rows)
        return Errors(
            self.rows[kept], self.error[kept], self.clean[kept], self.columns[kept],
            self.ignorance[kept], {name: code[kept] for name, code in self.codes.items()},
        )  # fmt: skip


def errors_of(
    rows: NDArray[np.int64],
    error: Floats,
    columns: Floats,
    ignorance: Floats,
    codes: dict[str, NDArray[np.int64]],
    block: NDArray[np.int64],
) -> tuple[Errors, float]:
    """Errors with those common to a block of dates told apart, and the sd of its passing part.

    Parameters
    ----------
    rows, error, columns, ignorance, codes
        As in `Errors`.
    block : int64[m]
        Block of each row, from 0.
    """
    first = fit_scale(error, columns, ignorance)
    common, passing = block_effects(error, first.scale(columns, ignorance, {}), block)
    return Errors(rows, error, error - common[block], columns, ignorance, codes), passing


@dataclass(frozen=True, slots=True)
class Blend:
    """Guide values of the later sales beside what the earlier sales say of them.

    Attributes
    ----------
    units : Units
        The later sales.
    error : float64[n]
        ln price less the hedonic location.
    reference : float64[n]
        The hedonic location at the reference venue.
    log_guide, own : float64[n]
        ln guide, NaN where there is none, and the guide's own bias.
    ignorance : float64[n]
    block : int64[n]
        Week of each.
    centre : float
        Median ln price of the sales.
    bias : Hedonic
        As in `GuideModel`.
    """

    units: Units
    error: Floats
    reference: Floats
    log_guide: Floats
    own: Floats
    ignorance: Floats
    block: NDArray[np.int64]
    centre: float
    bias: Hedonic

    @property
    def rows(self) -> NDArray[np.int64]:
        """Places of the later sales with a guide value."""
        return np.flatnonzero(np.isfinite(self._gap))

    @property
    def _gap(self) -> Floats:
        return self.log_guide + self.own - self.reference

    def moved(self, change: Floats) -> Blend:
        """The same with a change of the level added to what was foretold."""
        return replace(self, error=self.error - change, reference=self.reference + change)

    def guide(self, scale: ScaleModel, among: NDArray[np.bool_]) -> GuideModel:
        """How much a guide counts, told from some of the later sales.

        Parameters
        ----------
        scale : ScaleModel
            Of the error without a guide.
        among : bool[n]
            The later sales that are looked at.
        """
        gap = self._gap
        rows = np.flatnonzero(np.isfinite(gap) & among)
        columns = scale_columns(self.units, self.reference - self.centre)
        # within weeks: the drift of the level common to both equations says nothing of a guide
        share = fit_share(
            _within(np.clip(gap[rows], -1.0, 1.0), self.block[rows]),
            _within(self.error[rows], self.block[rows]),
            scale.scale(columns, self.ignorance, self.units.codes)[rows],
            support_of(self.units)[rows],
            grade_class(self.units)[rows],
        )
        return GuideModel(self.bias, share)

    def errors(self, guide: GuideModel) -> Errors:
        """Errors of the blend on the later sales with a guide value."""
        gap, rows = self._gap, self.rows
        added = guide.deviation(
            self.log_guide, self.own, self.reference, support_of(self.units),
            grade_class(self.units),
        )  # fmt: skip
        columns = scale_columns(self.units, self.reference + added - self.centre, gap)[rows]
        errors, _ = errors_of(
            rows, (self.error - added)[rows], columns, self.ignorance[rows],
            self.units.take(rows).codes, self.block[rows],
        )  # fmt: skip
        return errors


def _within(values: Floats, block: NDArray[np.int64]) -> Floats:
    """Take out the median of each block."""
    out = values.copy()
    for number in np.unique(block):
        rows = block == number
        out[rows] -= np.median(values[rows])
    return out
