"""A fit on the earlier sales, judged on the later ones: where the spread comes from."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from residual.blend import Blend, Errors, errors_of
from residual.cold import Case, hidden, scale_with_unknown
from residual.covariates import scale_columns
from residual.curves import Floats
from residual.design import Design
from residual.features import Days, Recipe, Units
from residual.guide import Beside, GuideModel
from residual.guided import GuidedTrees, guided_by
from residual.hedonic import Hedonic
from residual.index import MONTH, LevelForecast
from residual.lift import Lift
from residual.newcomers import learn_newcomers
from residual.priors import Priors
from residual.remainder import Remainder, boost, out_of_fold
from residual.scale import ScaleModel, fit_scale
from residual.settling import Settled, settle
from residual.still import still_columns, still_names
from residual.strayed import Strayed
from residual.trees import FEWEST, ROUNDS, Trees, paying, spread_of
from residual.unseen import told_by_others

_EARLY_SHARE: Final = 0.78
_FEWEST_SPLIT: Final = 150
_FEWEST_GUIDES: Final = 100


class Trial:
    """Fit on the earlier sales, judged on the later ones; the spread comes from here."""

    def __init__(
        self,
        sales: pl.DataFrame,
        days: Days,
        y: Floats,
        log_guide: Floats,
        priors: Priors,
        like: Recipe,
    ) -> None:
        self.notes: list[str] = []
        self.priors = priors
        self.centre = float(np.median(y))
        early, late = self._split(days)
        recipe = Recipe.learn(sales[early], days[early], like)
        units = recipe.read(sales[early], days[early])
        later = recipe.read(sales[late], days[late])
        season = not priors.unadjusted
        design = Design(units, recipe, season=season)
        self.hedonic, self.settled = settle(design, y[early], priors.student_dof, None)
        value = self.hedonic.value(later)
        block = (days[late] - days[late].min()) // 7
        bare = value
        self.remainder: Remainder | None = None
        told = None
        if len(early) < len(days) and len(early) >= FEWEST:
            told = out_of_fold(design, y[early], priors.student_dof, self.settled)
            trees = self._trees(design, *told, later, y[late] - value, block)
            newcomers = learn_newcomers(self.hedonic, units, y[early])
            if trees is not None or newcomers is not None:
                self.remainder = Remainder(trees, newcomers)
                value = value + self.remainder.value(self.hedonic, later)
        ignorance = self.hedonic.ignorance(later)
        if len(early) == len(days) > 1:
            value, ignorance = told_by_others(
                units, y, priors.student_dof, self.settled,
                lambda some: Design(some, recipe, season=season),
            )  # fmt: skip
        rows = np.arange(len(late))
        columns = scale_columns(later, value - self.centre)
        first, _ = errors_of(rows, y[late] - value, columns, ignorance, later.codes, block)
        spread = fit_scale(first.clean, columns, ignorance, later.codes)
        self.lift = Lift.learn(first.clean, later, spread)
        value = value + self.lift.of(later)
        error = y[late] - value
        columns = scale_columns(later, value - self.centre)
        plain, self.passing_sd = errors_of(rows, error, columns, ignorance, later.codes, block)
        self.recipe = recipe
        self.scale_plain, z = self._scale(plain, later, y[late], None)
        self.early, self.late = early, late
        self.known = units
        self.later, self.value, self.error, self.ignorance = later, value, error, ignorance
        self.blend: Blend | None = None
        self.block = block
        self.scale_guided = self.scale_plain
        self.guide: GuideModel | GuidedTrees | None = None
        self.guide_settled: Settled | None = None
        guided = np.isfinite(log_guide[late])
        known = np.isfinite(log_guide[early])
        strayed = Strayed.of(plain, z, self.scale_plain)
        if min(np.count_nonzero(guided), np.count_nonzero(known)) >= _FEWEST_GUIDES:
            of_guided = self._add_guide(
                units, recipe, y, log_guide, early, late, later, bare, value, block, ignorance, told
            )
            strayed = strayed.replaced(of_guided)
        self.skew = strayed.skew()
        self.standardised, self.skews = strayed.unskewed(self.skew)

    def _trees(
        self,
        design: Design,
        missed: Floats,
        columns: Floats,
        later: Units,
        error: Floats,
        block: NDArray[np.int64],
    ) -> Trees | None:
        """Trees for units of known models, if they pay on the later sales."""
        names = still_names(self.hedonic, design.units)
        tried = boost(missed, columns, names, design.units, self.settled, ROUNDS[-1])
        scale = self.settled.relative(later) * spread_of(error)
        by_rounds = tried.by_rounds(still_columns(self.hedonic, later))
        rounds = paying(by_rounds, error, scale, block)
        return tried.cut(rounds) if rounds else None

    def _scale(
        self,
        errors: Errors,
        later: Units,
        y: Floats,
        log_guide: Floats | None,
    ) -> tuple[ScaleModel, Floats]:
        """Scale of later sales and what it leaves of their errors.

        Levels of the hierarchy are hidden to tell what their lack costs.
        """
        units, common = later.take(errors.rows), errors.error - errors.clean
        venue = self.hedonic.parts(units).get("venue_id", np.zeros(len(units)))

        def case_of(kind: str) -> Case:
            there = hidden(units, kind)
            bare = self.hedonic.value(there, without=("venue_id",))
            value = bare + self.lift.of(there)
            if self.remainder is not None:
                own = units.codes.get("model")
                value = value + self.remainder.value(self.hedonic, there, own)
            gap = None
            if log_guide is not None and self.guide is not None:
                beside = Beside(there, self.hedonic, bare, value, log_guide[errors.rows])
                gap = self.guide.gap(beside)
                value = value + self.guide.added(beside, gap)
            columns = scale_columns(there, value - self.centre, gap)
            ignorance = self.hedonic.ignorance(there)
            error = y[errors.rows] - venue - value - common
            return Case(error, columns, ignorance, there.codes)

        seen = Case(errors.clean, errors.columns, errors.ignorance, errors.codes)
        scale = scale_with_unknown(seen, case_of, frozenset(self.hedonic.effects))
        return errors.with_trees(scale)

    def plain(self, change: Floats) -> Errors:
        """Errors of the later sales, a change of the level added to what was foretold."""
        columns = scale_columns(self.later, self.value + change - self.centre)
        rows = np.arange(len(self.late))
        errors, _ = errors_of(
            rows, self.error - change, columns, self.ignorance, self.later.codes, self.block
        )
        return errors

    def _split(self, days: Days) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        cut = np.quantile(days, _EARLY_SHARE, method="lower")
        early, late = np.flatnonzero(days < cut), np.flatnonzero(days >= cut)
        if len(days) < _FEWEST_SPLIT or len(early) < 0.3 * len(days):
            self.notes.append("too few sales or dates to calibrate the spread out of sample")
            every = np.arange(len(days))
            return every, every
        return early, late

    def _add_guide(
        self,
        units: Units,
        recipe: Recipe,
        y: Floats,
        log_guide: Floats,
        early: NDArray[np.int64],
        late: NDArray[np.int64],
        later: Units,
        bare: Floats,
        value: Floats,
        block: NDArray[np.int64],
        ignorance: Floats,
        told: tuple[Floats, Floats] | None,
    ) -> Strayed:
        bias, self.guide_settled = fit_bias(
            self.hedonic, units, recipe, y[early], log_guide[early], self.priors, None
        )
        venue = self.hedonic.parts(later).get("venue_id", np.zeros(len(later)))
        own = bias.value(later, without=("venue_id",))
        if len(early) == len(late) == len(y):
            rows = np.flatnonzero(np.isfinite(log_guide))
            gained = y[rows] - log_guide[rows] - venue[rows]
            own[rows], _ = told_by_others(
                units.take(rows), gained, self.priors.student_dof, self.guide_settled,
                lambda some: bias_design(some, recipe),
            )  # fmt: skip
        beside = Beside(later, self.hedonic, bare - venue, value - venue, log_guide[late], own)
        tried = None
        if told is not None:
            tried = guided_by(
                self.hedonic, units, y[early], log_guide[early], *told,
                Lift(0.0, self.scale_plain),
            )  # fmt: skip
        self.blend = Blend(beside, y[late] - value, ignorance, block, self.centre, bias, tried)
        self.guide = self.blend.guide(self.scale_plain, np.ones(len(late), dtype=np.bool_))
        errors = self.blend.errors(self.guide)
        self.scale_guided, z = self._scale(errors, later, y[late], log_guide[late])
        return Strayed.of(errors, z, self.scale_guided)


def fit_bias(
    hedonic: Hedonic,
    units: Units,
    recipe: Recipe,
    y: Floats,
    log_guide: Floats,
    priors: Priors,
    start: Settled | None,
) -> tuple[Hedonic, Settled]:
    """Equation of ln(price / guide), the venue's effect taken from the hedonic."""
    rows = np.flatnonzero(np.isfinite(log_guide))
    own = units.take(rows)
    venue = hedonic.value(own) - hedonic.value(own, without=("venue_id",))
    return settle(
        bias_design(own, recipe), y[rows] - log_guide[rows] - venue, priors.student_dof, start
    )


def bias_design(units: Units, recipe: Recipe) -> Design:
    """Columns of the equation of a guide's bias."""
    return Design(units, recipe, exclude=("venue_id",), bent=False)


def initial_sd(
    trial: Trial, hedonic: Hedonic, market: LevelForecast, days: Days, priors: Priors
) -> float:
    """Sd of the level's error at as_of: of estimate, single week, stale sales and the prior's."""
    monthly = float(np.interp(market.as_of + MONTH, market.days, market.variance))
    stale = max(market.as_of - float(days.max()), 0.0) / MONTH * monthly
    known = hedonic.level_sd**2 + trial.passing_sd**2 + priors.level_error**2
    return float(np.sqrt(known + stale))
