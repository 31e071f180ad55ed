"""Later sales beside their guide values: how much a guide counts, and what it leaves unsaid."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from residual.covariates import scale_columns
from residual.curves import Floats
from residual.distribution import Forms
from residual.guide import (
    GRADES,
    SUPPORT,
    WIDEST,
    Beside,
    GuideModel,
    fit_share,
    grade_class,
    support_of,
)
from residual.guided import GuidedTrees
from residual.hedonic import Hedonic
from residual.lift import Lift
from residual.scale import ScaleModel, fit_scale
from residual.skew import Skew, forms_of
from residual.spread_trees import learn_spread_trees
from residual.trees import loss, spread_of
from residual.week_errors import block_effects


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
    ignorance : float64[m, 3]
    codes : dict of int64[m]
        As the scale takes them.
    """

    rows: NDArray[np.int64]
    error: Floats
    clean: Floats
    columns: Floats
    ignorance: Floats
    codes: dict[str, NDArray[np.int64]]

    def scale(self, half: NDArray[np.bool_], like: ScaleModel) -> ScaleModel:
        """Scale fitted on the rows outside a half of the later sales, as another one was.

        Parameters
        ----------
        half : bool[n]
        like : ScaleModel
            How much the unknown counts, how far new models stray, and how many rounds of trees
            there are, is taken as it is here.
        """
        out = self.among(~half)
        scale = fit_scale(out.clean, out.columns, out.ignorance, out.codes, like.unknown)
        scale = replace(scale, new=like.new)
        if like.trees is None:
            return scale
        return out.with_trees(scale, like.trees.rounds)[0]

    def with_trees(self, scale: ScaleModel, rounds: int | None = None) -> tuple[ScaleModel, Floats]:
        """Scale with trees where they pay, and the standardised errors that it leaves.

        Parameters
        ----------
        scale : ScaleModel
            Without trees.
        rounds : int, optional
            So many, whether they pay or not.
        """
        size = scale.scale(self.columns, self.ignorance, self.codes)
        left = self.clean / size
        learnt = learn_spread_trees(left, self.columns, self.ignorance, np.log(size), rounds)
        if learnt is None:
            return scale, left
        trees, told = learnt
        return replace(scale, trees=trees), left * np.exp(-told)

    def forms(
        self, skew: Skew | None, size: Floats, among: NDArray[np.bool_]
    ) -> tuple[Forms, Floats]:
        """Form of some of the rows, whose scales are given, and the skews of the forms."""
        return forms_of(skew, self.columns[among], self.ignorance[among], np.log(size))

    def among(self, some: NDArray[np.bool_]) -> Errors:
        """Return the errors of some of the later sales."""
        kept = some[self.rows]
        return Errors(
            self.rows[kept], self.error[kept], self.clean[kept], self.columns[kept],
            self.ignorance[kept], {name: code[kept] for name, code in self.codes.items()},
        )  # fmt: skip

    def size(self, scale: ScaleModel, among: NDArray[np.bool_]) -> Floats:
        """Scale of the errors of some of the rows."""
        codes = {name: code[among] for name, code in self.codes.items()}
        return scale.scale(self.columns[among], self.ignorance[among], codes)


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
    beside : Beside
        The later sales.
    error : float64[n]
        ln price less the location without a guide.
    ignorance : float64[n, 3]
    block : int64[n]
        Week of each.
    centre : float
        Median ln price of the sales.
    bias : Hedonic
        As in `GuideModel`.
    tried : GuidedTrees or None
        Trees of as many rounds as are tried, grown on the earlier sales.
    """

    beside: Beside
    error: Floats
    ignorance: Floats
    block: NDArray[np.int64]
    centre: float
    bias: Hedonic
    tried: GuidedTrees | None

    @property
    def rows(self) -> NDArray[np.int64]:
        """Places of the later sales with a guide value."""
        return np.flatnonzero(np.isfinite(self.beside.log_guide))

    def moved(self, change: Floats) -> Blend:
        """The same with a change of the level added to what was foretold."""
        return replace(self, error=self.error - change, beside=self.beside.moved(change))

    def guide(self, scale: ScaleModel, among: NDArray[np.bool_]) -> GuideModel | GuidedTrees:
        """Trees or shares, and how much of them, whatever foretells some of the sales better.

        Parameters
        ----------
        scale : ScaleModel
            Of the error without a guide.
        among : bool[n]
            The later sales that are looked at.
        """
        units = self.beside.units
        flat = Lift(0.0, scale)
        none = GuideModel(self.bias, np.zeros((len(SUPPORT), GRADES)), flat)
        gap = none.gap(self.beside)
        rows = np.flatnonzero(np.isfinite(gap) & among)
        columns = scale_columns(units, self.beside.value - self.centre)
        size = scale.scale(columns, self.ignorance, units.codes)[rows]
        # within weeks: the drift of the level common to both equations says nothing of a guide
        share = fit_share(
            _within(np.clip(gap[rows], -WIDEST, WIDEST), self.block[rows]),
            _within(self.error[rows], self.block[rows]),
            size,
            support_of(units)[rows],
            grade_class(units)[rows],
        )
        shares = GuideModel(self.bias, share, flat)
        if self.tried is None:
            return replace(shares, lift=self._lift(shares, among))
        shares = replace(shares, lift=self._lift(shares, among))
        left = (self.error - shares.added(self.beside, gap))[rows]
        price = (self.error + self.beside.value)[rows]
        alike = np.full(len(rows), spread_of(left))
        least = loss(left, alike, self.block[rows])
        best = self.tried.best(self.beside.take(rows), price, alike, self.block[rows], least)
        if not best:
            return shares
        trees = GuidedTrees(self.tried.trees.cut(best), flat)
        return replace(trees, lift=self._lift(trees, among))

    def _lift(self, guide: GuideModel | GuidedTrees, among: NDArray[np.bool_]) -> Lift:
        """How far the middle of some of the sales lies above what is foretold."""
        errors = self.errors(guide)
        some = among[errors.rows]
        units = self.beside.units.take(errors.rows[some])
        return Lift.learn(errors.clean[some], units, guide.lift.spread)

    def errors(self, guide: GuideModel | GuidedTrees) -> Errors:
        """Errors of the guided locations on the later sales with a guide value."""
        rows, units = self.rows, self.beside.units
        gap = guide.gap(self.beside)
        added = guide.added(self.beside, gap)
        columns = scale_columns(units, self.beside.value + added - self.centre, gap)[rows]
        errors, _ = errors_of(
            rows, (self.error - added)[rows], columns, self.ignorance[rows],
            units.take(rows).codes, self.block[rows],
        )  # fmt: skip
        return errors


def _within(values: Floats, block: NDArray[np.int64]) -> Floats:
    """Take out the median of each block."""
    out = values.copy()
    for number in np.unique(block):
        rows = block == number
        out[rows] -= np.median(values[rows])
    return out
