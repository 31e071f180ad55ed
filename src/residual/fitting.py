"""From past sales to a value model: split in time, calibrate out of sample, refit on all."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

import numpy as np
import polars as pl
from threadpoolctl import threadpool_limits

from residual.bidding import assumed, with_bidding
from residual.cautions import cautions
from residual.column_kinds import of_kind
from residual.covariates import guide_values
from residual.design import Design
from residual.distribution import (
    fit_shape,
)
from residual.features import Recipe, as_date
from residual.groups import groups_of_sales
from residual.guide import GuideModel
from residual.guided import GuidedTrees, guided_by
from residual.index import (
    market_and_scrap,
)
from residual.judged import trial_calibration
from residual.least_price import least_price
from residual.model import ResidualModel
from residual.newcomers import learn_newcomers
from residual.own_markets import leftovers, markets
from residual.priors import Priors
from residual.remainder import Remainder, boost, out_of_fold
from residual.settling import settle
from residual.sold import usable_sales
from residual.still import still_names
from residual.trial import Trial, fit_bias, initial_sd
from residual.typical import typical_of


def fit(
    sales: pl.DataFrame,
    index: pl.DataFrame | None = None,
    as_of: dt.date | str | None = None,
    priors: Priors | None = None,
    sealed: Collection[str] = (),
) -> ResidualModel:
    """Fit the value model on past sales.

    Parameters
    ----------
    sales : polars.DataFrame
        Rows as in `residual.tables.Sales`; optional columns may be absent, and any further
        column is a feature. Hammer prices come from sold rows alone; first offerings with a
        reserve, sold or not, tell how far values lie below them.
    index : polars.DataFrame, optional
        Outside market series as in `residual.tables.Index`.
    as_of : datetime.date or str, optional
        No sale closed later, and no index value released later, is read. The last sale's date
        if not given.
    priors : Priors, optional
    sealed : collection of str, optional
        Venues where the highest of sealed bids is the price: it is not set by the second
        highest bidder, and tells nothing of how far bidders lie apart.

    Returns
    -------
    ResidualModel

    Raises
    ------
    InputError
        If columns are missing or of another kind, a price is not a finite number above zero, an
        age cannot be told, or no sale is left; every fault is told at once.

    Notes
    -----
    A sale is dated closed_on, else offered_on. The result does not depend on the order of the
    rows, nor on the number of threads.
    """
    priors = Priors() if priors is None else priors
    with threadpool_limits(1):
        day = None if as_of is None else as_date(as_of, "as_of")
        return _fit(sales, index, day, priors, sealed)


def _fit(
    sales: pl.DataFrame,
    index: pl.DataFrame | None,
    as_of: dt.date | None,
    priors: Priors,
    sealed: Collection[str],
) -> ResidualModel:
    sales = of_kind(sales, "sales")
    used, days, counts = usable_sales(sales, as_of)
    today = as_of if as_of is not None else dt.date(1970, 1, 1) + dt.timedelta(int(days.max()))
    market, scrap, correlation = market_and_scrap(index, today, priors)
    recipe = Recipe.learn(used, days)
    units = recipe.read(used, days)
    y = np.log(used["price"].cast(pl.Float64).to_numpy())
    log_guide = guide_values(used, float(np.median(y)))
    trial = Trial(used, days, y, log_guide, priors, recipe)
    season, dof = not priors.unadjusted, priors.student_dof
    design = Design(units, recipe, season=season)
    hedonic, settled = settle(design, y, dof, trial.settled)
    relevelled = trial.recipe.levels, recipe.levels
    remainder, guide = trial.remainder, trial.guide
    known, new = (None, None) if remainder is None else (remainder.trees, remainder.newcomers)
    if known is not None or isinstance(guide, GuidedTrees):
        missed, columns = out_of_fold(design, y, dof, settled)
    if known is not None:
        names = still_names(hedonic, units)
        known = boost(missed, columns, names, units, settled, known.rounds)
    if new is not None:
        new = learn_newcomers(hedonic, units, y, new.rounds)
    remainder = None if known is None and new is None else Remainder(known, new)
    if isinstance(guide, GuidedTrees):
        rounds, lift = guide.trees.rounds, guide.lift.moved(*relevelled)
        guide = guided_by(hedonic, units, y, log_guide, missed, columns, lift, rounds)
    group_column, groups = groups_of_sales(units, recipe.levels, priors.minimum_group_rows)
    left = leftovers(hedonic, units, y - hedonic.value(units), settled.relative(units))
    market, segments = markets(
        left, used, group_column, groups, market, index, today, today, priors
    )
    if isinstance(guide, GuideModel):
        bias, _ = fit_bias(hedonic, units, recipe, y, log_guide, priors, trial.guide_settled)
        guide = GuideModel(bias, guide.share, guide.lift.moved(*relevelled))
    shape = fit_shape(
        trial.standardised,
        priors.bidder_spread_share,
        priors.reference_bidders,
        priors.student_dof,
        trial.skews,
    )
    model = ResidualModel(
        today,
        priors,
        recipe,
        hedonic,
        remainder,
        guide,
        trial.scale_plain.moved(*relevelled),
        trial.scale_guided.moved(*relevelled),
        trial.skew,
        shape,
        market,
        scrap,
        correlation,
        trial.centre,
        assumed(priors, shape, 0.0, "not yet looked for"),
        trial.lift.moved(*relevelled),
        initial_sd(trial, hedonic, market, days, priors),
        groups,
        group_column,
        segments,
        counts,
        (*trial.notes, *cautions(used, units, days, today, counts)),
        trial_calibration(trial, index, market, shape, used, days, y, units, group_column, groups),
        typical_of(used, units, group_column),
        least_price(y),
    )
    return with_bidding(model, sales, used, days, trial.standardised, sealed)
