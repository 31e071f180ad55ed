"""From past sales to a value model: split in time, calibrate out of sample, refit on all."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from residual.blend import Blend, Errors, errors_of
from residual.calibration import Calibration
from residual.curves import Floats
from residual.design import Design
from residual.distribution import (
    HammerShape,
    ScaleModel,
    fit_scale,
    fit_shape,
)
from residual.errors import Fault, InputError
from residual.features import Days, Recipe, Units, ages, as_date
from residual.foretold import Foretold, calibrate
from residual.guide import GuideModel
from residual.hedonic import Hedonic
from residual.index import (
    MONTH,
    LevelForecast,
    market_and_scrap,
    market_before,
    random_walk,
)
from residual.model import ResidualModel, guide_values, scale_columns
from residual.priors import Priors
from residual.selection import FEWEST_OFFERINGS, selection_shift

_REQUIRED: Final = ("make", "model", "price", "offered_on")
_EARLY_SHARE: Final = 0.78
_FEWEST_SPLIT: Final = 150
_FEWEST_GUIDES: Final = 100
#: Fewer sales than this, or none within as many days, are told to the user.
_THIN: Final = 500
_STALE: Final = 45


def fit(
    sales: pl.DataFrame,
    index: pl.DataFrame | None = None,
    as_of: dt.date | str | None = None,
    priors: Priors | None = None,
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

    Returns
    -------
    ResidualModel

    Raises
    ------
    InputError
        If columns are missing, a price is not a finite number above zero, an age cannot be told,
        or no sale is left.

    Notes
    -----
    A sale is dated closed_on, else offered_on. The result does not depend on the order of the
    rows, nor on the number of threads.
    """
    priors = Priors() if priors is None else priors
    with threadpool_limits(1):
        day = None if as_of is None else as_date(as_of, "as_of")
        return _fit(sales, index, day, priors)


def _fit(
    sales: pl.DataFrame, index: pl.DataFrame | None, as_of: dt.date | None, priors: Priors
) -> ResidualModel:
    used, days, counts = _usable(sales, as_of)
    today = as_of if as_of is not None else dt.date(1970, 1, 1) + dt.timedelta(int(days.max()))
    market, scrap, correlation = market_and_scrap(index, today, priors)
    recipe = Recipe.learn(used, days)
    units = recipe.read(used, days)
    y = np.log(used["price"].cast(pl.Float64).to_numpy())
    log_guide = guide_values(used, float(np.median(y)))
    trial = _Trial(used, days, y, log_guide, priors)
    hedonic, _ = _settle(Design(units, recipe), y, priors.student_dof, trial.settled)
    if not market.changes:
        market = _walked(market, hedonic, days, priors)
    guide = None
    if trial.guide is not None:
        bias, _ = _fit_bias(hedonic, units, recipe, y, log_guide, priors, trial.guide_settled)
        guide = GuideModel(bias, trial.guide.share)
    shape = fit_shape(
        trial.standardised,
        priors.bidder_spread_share,
        priors.reference_bidders,
        priors.student_dof,
    )
    group_column = "segment" if recipe.levels.get("segment") else "body"
    model = ResidualModel(
        today,
        priors,
        recipe,
        hedonic,
        guide,
        trial.scale_plain,
        trial.scale_guided,
        shape,
        market,
        scrap,
        correlation,
        trial.centre,
        0.0,
        _initial_sd(trial, hedonic, market, days, priors),
        _groups(units, recipe, group_column, priors.minimum_group_rows),
        group_column,
        counts,
        (*trial.notes, *_thin_or_stale(used, days, today)),
        _calibration(
            trial, index, market, shape, used, days, y, units, recipe.levels, group_column
        ),
    )
    return replace(model, selection_shift=_unsold_shift(model, sales))


def _calibration(
    trial: _Trial,
    index: pl.DataFrame | None,
    market: LevelForecast,
    shape: HammerShape,
    sales: pl.DataFrame,
    days: Days,
    y: Floats,
    units: Units,
    levels: dict[str, list[str]],
    group_column: str,
) -> Calibration:
    """Judge the trial as its forecast would have been stated before the later sales.

    The market is taken to move as it would have been foretold on the day before them, from the
    index values released by then.
    """
    late, day = trial.late, days[trial.late]
    cut = int(day.min())
    apart = len(late) < len(days)
    if apart:
        market = _foretold_market(trial, index, market, cut, days[trial.early])
        change, grown = market.mean_change(day), market.variance_of_change(day)
        initial = _initial_sd(trial, trial.hedonic, market, days[trial.early], trial.priors)
    else:
        # the equation has seen the level of every day: nothing is left to foretell
        change, grown = np.zeros(len(late)), market.variance_of_change(market.as_of + day - cut)
        initial = float(
            np.sqrt(trial.hedonic.level_sd**2 + trial.passing_sd**2 + trial.priors.level_error**2)
        )
    blend = None if trial.blend is None else trial.blend.moved(change)
    foretold = Foretold(day, trial.block, cut, trial.plain(change), blend, later=apart)
    return calibrate(
        foretold,
        initial**2 + np.maximum(grown, 0.0),
        trial.scale_plain,
        trial.scale_guided,
        shape,
        trial.priors,
        y[late],
        _labels(sales[late], units.take(late), levels, group_column, blend),
    )


def _foretold_market(
    trial: _Trial, index: pl.DataFrame | None, market: LevelForecast, cut: int, early: Days
) -> LevelForecast:
    """The market as it would have been forecast on the day before the later sales."""
    eve, today = (dt.date(1970, 1, 1) + dt.timedelta(day) for day in (cut - 1, market.as_of))
    then = market_before(index, eve, today, trial.priors)
    return then if then.changes else _walked(then, trial.hedonic, early, trial.priors)


def _labels(
    sales: pl.DataFrame,
    units: Units,
    levels: dict[str, list[str]],
    group_column: str,
    blend: Blend | None,
) -> dict[str, list[str | None]]:
    """What the later sales are counted under: their group, grade, and whether a guide was used."""
    names = [*levels.get(group_column, []), None]
    if group_column in sales.columns:
        # As the sales write it: the levels are in lower case.
        for text in sales[group_column].drop_nulls().cast(pl.String).unique().sort(descending=True):
            if text.strip().lower() in names:
                names[names.index(text.strip().lower())] = text.strip()
    labels: dict[str, list[str | None]] = {
        "group": [names[code] for code in units.codes[group_column]],
        "grade": [None] * len(sales),
    }
    if "condition_grade" in sales.columns:
        grades = sales["condition_grade"].cast(pl.Float64).to_list()
        labels["grade"] = [None if g is None or not g >= 0 else f"{int(g)}" for g in grades]
    if blend is not None:
        known = np.zeros(len(sales), dtype=np.bool_)
        known[blend.rows] = True
        labels["guide"] = ["with" if one else "without" for one in known]
    return labels


def _thin_or_stale(used: pl.DataFrame, days: Days, today: dt.date) -> list[str]:
    """Say where the sales are too few, or too old, to be trusted without a second look."""
    notes = []
    if used.height < _THIN:
        notes.append(f"only {used.height:,} sales to learn from")
    newest = dt.date(1970, 1, 1) + dt.timedelta(int(days.max()))
    if (today - newest).days > _STALE:
        notes.append(f"the newest sale is of {newest}, {(today - newest).days} days before {today}")
    return notes


def _unsold_shift(model: ResidualModel, sales: pl.DataFrame) -> float:
    """What first offerings with a reserve, sold or not, say about values against hammers."""
    if not {"reserve", "outcome"} <= set(sales.columns):
        return 0.0
    closed = pl.col("offered_on")
    if "closed_on" in sales.columns:
        closed = pl.coalesce("closed_on", "offered_on")
    first = pl.lit(value=True)
    if "run" in sales.columns:
        first = pl.col("run").fill_null(1) == 1
    if "channel" in sales.columns:
        first &= pl.col("channel").fill_null("auction") == "auction"
    rows = sales.filter(
        first,
        pl.col("reserve") > 0,
        pl.col("outcome").is_in(("sold", "no-sale")),
        closed <= model.as_of,
    )
    if rows.is_empty():
        return 0.0
    days = rows["offered_on"].cast(pl.Int32).to_numpy().astype(np.int64)
    rows = rows.filter(pl.Series(np.isfinite(ages(rows, days))))
    days = rows["offered_on"].cast(pl.Int32).to_numpy().astype(np.int64)
    place = model.locate(rows, days)
    hammer = place.log_hammer
    if "venue_id" in rows.columns:
        hammer = hammer + model.venue_log_factor(rows["venue_id"].to_list())
    seen = rows["bidders"].drop_nulls() if "bidders" in rows.columns else pl.Series([])
    bidders = model.priors.reference_bidders
    if seen.len() >= FEWEST_OFFERINGS:
        bidders = float(str(seen.mean()))
    return selection_shift(
        (np.log(rows["reserve"].to_numpy()) - hammer) / place.scale,
        (rows["outcome"] == "sold").to_numpy(),
        bidder_share=model.shape.bidder_share,
        unit_ratio=model.shape.unit_ratio,
        shift=model.shape.shift,
        bidders=bidders,
    )


@dataclass(frozen=True, slots=True)
class _Settled:
    """Where a fit on the earlier sales ended, as the start of one on all."""

    variances: dict[str, float]
    scale: float
    spread: ScaleModel


def _settle(
    design: Design, y: Floats, dof: float, start: _Settled | None
) -> tuple[Hedonic, _Settled]:
    """Fit an equation with rows weighted by their own spread, as the residuals show it."""
    units, n = design.units, len(y)
    if start is None:
        first, fit = design.fit(y, np.ones(n), dof, 4, held=0)
        spread = fit_scale(y - first.value(units), _spread_columns(units), np.zeros(n))
        begin, rounds = (fit.variances, fit.scale), 5
    else:
        spread, begin, rounds = start.spread, (start.variances, start.scale), 1
    relative = spread.scale(_spread_columns(units), np.zeros(n))
    relative = relative / np.exp(spread.coefficients[0])
    hedonic, fit = design.fit(y, relative, dof, rounds, begin)
    return hedonic, _Settled(fit.variances, fit.scale, spread)


def _spread_columns(units: Units) -> Floats:
    """Columns of the scale that do not need a value first."""
    return scale_columns(units, np.zeros(len(units)))


class _Trial:
    """Fit on the earlier sales, judged on the later ones; the spread comes from here."""

    def __init__(
        self, sales: pl.DataFrame, days: Days, y: Floats, log_guide: Floats, priors: Priors
    ) -> None:
        self.notes: list[str] = []
        self.priors = priors
        self.centre = float(np.median(y))
        early, late = self._split(days)
        recipe = Recipe.learn(sales[early], days[early])
        units = recipe.read(sales[early], days[early])
        later = recipe.read(sales[late], days[late])
        self.hedonic, self.settled = _settle(
            Design(units, recipe), y[early], priors.student_dof, None
        )
        value = self.hedonic.value(later)
        error = y[late] - value
        block = (days[late] - days[late].min()) // 7
        ignorance = self.hedonic.ignorance(later)
        columns = scale_columns(later, value - self.centre)
        plain, self.passing_sd = errors_of(np.arange(len(late)), error, columns, ignorance, block)
        self.scale_plain = fit_scale(plain.clean, columns, ignorance)
        z = plain.clean / self.scale_plain.scale(columns, ignorance)
        self.early, self.late = early, late
        self.later, self.value, self.error, self.ignorance = later, value, error, ignorance
        self.blend: Blend | None = None
        self.block = block
        self.scale_guided = self.scale_plain
        self.guide: GuideModel | None = None
        self.guide_settled: _Settled | None = None
        guided = np.isfinite(log_guide[late])
        known = np.isfinite(log_guide[early])
        if min(np.count_nonzero(guided), np.count_nonzero(known)) >= _FEWEST_GUIDES:
            z = self._add_guide(
                units, recipe, y, log_guide, early, late, later, value, block, ignorance, z, priors
            )
        self.standardised = z

    def plain(self, change: Floats) -> Errors:
        """Errors of the later sales, a change of the level added to what was foretold."""
        columns = scale_columns(self.later, self.value + change - self.centre)
        rows = np.arange(len(self.late))
        errors, _ = errors_of(rows, self.error - change, columns, self.ignorance, self.block)
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
        value: Floats,
        block: NDArray[np.int64],
        ignorance: Floats,
        plain: Floats,
        priors: Priors,
    ) -> Floats:
        bias, self.guide_settled = _fit_bias(
            self.hedonic, units, recipe, y[early], log_guide[early], priors, None
        )
        reference = self.hedonic.value(later, without=("venue_id",))
        # the venue's effect by a difference, as the last bits of the fit depend on it
        reference = value - (value - reference)
        own = bias.value(later, without=("venue_id",))
        self.blend = Blend(
            later, y[late] - value, reference, log_guide[late], own, ignorance, block,
            self.centre, bias,
        )  # fmt: skip
        self.guide = self.blend.guide(self.scale_plain, np.ones(len(late), dtype=np.bool_))
        errors = self.blend.errors(self.guide)
        self.scale_guided = fit_scale(errors.clean, errors.columns, errors.ignorance)
        z = errors.clean / self.scale_guided.scale(errors.columns, errors.ignorance)
        return np.concatenate([z, np.delete(plain, errors.rows)])


def _fit_bias(
    hedonic: Hedonic,
    units: Units,
    recipe: Recipe,
    y: Floats,
    log_guide: Floats,
    priors: Priors,
    start: _Settled | None,
) -> tuple[Hedonic, _Settled]:
    """Equation of ln(price / guide), the venue's effect taken from the hedonic."""
    rows = np.flatnonzero(np.isfinite(log_guide))
    own = units.take(rows)
    venue = hedonic.value(own) - hedonic.value(own, without=("venue_id",))
    design = Design(own, recipe, exclude=("venue_id",), bent=False)
    return _settle(design, y[rows] - log_guide[rows] - venue, priors.student_dof, start)


def _initial_sd(
    trial: _Trial, hedonic: Hedonic, market: LevelForecast, days: Days, priors: Priors
) -> float:
    """Sd of the level's error at as_of: of estimate, single week, stale sales and the prior's."""
    monthly = float(np.interp(market.as_of + MONTH, market.days, market.variance))
    stale = max(market.as_of - float(days.max()), 0.0) / MONTH * monthly
    known = hedonic.level_sd**2 + trial.passing_sd**2 + priors.level_error**2
    return float(np.sqrt(known + stale))


def _walked(market: LevelForecast, hedonic: Hedonic, days: Days, priors: Priors) -> LevelForecast:
    """The walk's prior volatility, weighted as a year, joined with what the sales showed."""
    months = float(days.max() - days.min()) / MONTH
    shown = hedonic.variances["time"]
    prior = priors.monthly_market_volatility**2
    volatility = float(np.sqrt((12.0 * prior + months * shown) / (12.0 + months)))
    return random_walk(market.as_of, volatility, f"random walk, {volatility:.4f} a month")


def _groups(units: Units, recipe: Recipe, column: str, fewest: int) -> tuple[str, ...]:
    levels = recipe.levels.get(column, [])
    code = units.codes[column]
    count = np.bincount(code[code >= 0], minlength=len(levels))
    return tuple(level for level, rows in zip(levels, count, strict=True) if rows >= fewest)


def _usable(
    sales: pl.DataFrame, as_of: dt.date | None
) -> tuple[pl.DataFrame, Days, dict[str, int]]:
    """Rows sold by as_of in an order of their own, their dates, and the counts by reason."""
    absent = [name for name in _REQUIRED if name not in sales.columns]
    faults = [Fault("the column is required", file="sales", column=name) for name in absent]
    if not {"model_year", "first_registered"} & set(sales.columns):
        faults.append(Fault("model_year or first_registered must be given", file="sales"))
    if faults:
        raise InputError(faults)
    closed = pl.col("closed_on") if "closed_on" in sales.columns else pl.lit(None, dtype=pl.Date)
    rows = sales.with_row_index("_row").with_columns(
        pl.coalesce(closed, pl.col("offered_on")).cast(pl.Date).alias("_date")
    )
    if as_of is not None:
        rows = rows.filter(pl.col("_date") <= as_of)
    sold = rows
    if "outcome" in sales.columns:
        sold = rows.filter(pl.col("outcome").fill_null("sold") == "sold")
    counts = {"rows by as_of": len(rows), "not sold": len(rows) - len(sold)}
    faults = _bad_rows(sold)
    if faults:
        raise InputError(faults)
    if not len(sold):
        raise InputError([Fault("at least one sale by the planning date is needed", file="sales")])
    counts["sales used"] = len(sold)
    keys = [name for name in ("_date", "sale_id", "price", "make", "model") if name in sold.columns]
    sold = sold.sort([*keys, "_row"], maintain_order=True)
    days = sold["_date"].cast(pl.Int32).to_numpy().astype(np.int64)
    return sold.drop("_row", "_date"), days, counts


def _bad_rows(sold: pl.DataFrame) -> list[Fault]:
    price = sold["price"].cast(pl.Float64)
    bad = ~(price.is_not_null() & price.is_finite() & (price > 0)).fill_null(value=False)
    row = sold["_row"].to_list()
    faults = [
        Fault(
            "a sold row must have a finite price above zero",
            file="sales",
            row=row[i] + 1,
            column="price",
            value=str(price[i]),
        )
        for i in bad.arg_true().to_list()
    ]
    dated = sold["_date"].cast(pl.Int32).fill_null(0).to_numpy().astype(np.int64)
    if sold["_date"].null_count():
        return [*faults, Fault("every sale needs offered_on", file="sales", column="offered_on")]
    unknown = np.flatnonzero(np.isnan(ages(sold, dated)))
    return faults + [
        Fault("model_year or first_registered must be given", file="sales", row=row[i] + 1)
        for i in unknown.tolist()
    ]
