"""The fitted value model: what it knows, and the hammer price it predicts given a sale."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from residual.calibration import Calibration
from residual.card import ModelCard, model_card
from residual.covariates import guide_values, scale_columns, support_of
from residual.curves import Floats
from residual.decision import Loss, point_value
from residual.distribution import HammerShape, ScaleModel
from residual.effects import level_words, long_table, part_errors
from residual.explanation import Explanation, explanation
from residual.features import Days, Recipe, Units, day_number
from residual.guide import SUPPORT, GuideModel, grade_class
from residual.hedonic import Hedonic
from residual.index import LevelForecast
from residual.level import level_path
from residual.priors import Priors
from residual.remainder import Remainder
from residual.requests import check_vehicles, days_of
from residual.typical import Typical


@dataclass(frozen=True, slots=True)
class Location:
    """Log hammer location of each unit at the reference venue, and its scale.

    Attributes
    ----------
    log_hammer : float64[n]
        ln hammer given a sale that the equation of values tells, at the forecast market level:
        the zero of the standardised shape. The median lies a little beside it, see
        `ResidualModel.value_effects`.
    scale : float64[n]
        Total scale of ln hammer around it, the market's uncertainty apart.
    support : int64[n]
        Place in `residual.guide.SUPPORT`.
    """

    log_hammer: Floats
    scale: Floats
    support: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ResidualModel:
    """A fitted value model; make one with `residual.fit`.

    Attributes
    ----------
    as_of : datetime.date
        Nothing later was read.
    priors : Priors
    recipe : Recipe
    hedonic : Hedonic
    remainder : Remainder or None
        What boosting adds to the equation; None where it does not pay out of sample.
    guide : GuideModel or None
        None when past sales carried too few guide values.
    scale_plain, scale_guided : ScaleModel
        Without and with a guide value.
    shape : HammerShape
    market, scrap : LevelForecast
    scrap_correlation : float
    centre : float
        Median ln price of the sales: spreads are told from here, whatever the currency.
    selection_shift : float
        How far values lie below what sold hammers say, in units of a unit's scale.
    initial_sd : float
        Sd of the error of the market level at `as_of`, common to all units.
    groups : tuple of str
        Segment groups with enough sales, in sorted order.
    group_column : str
        The category that carries the groups: "segment" or "body".
    counts : dict of int
        Rows read and set aside, by reason.
    notes : tuple of str
        What the user should know about the fit.
    tested : Calibration
        How later sales were foretold by earlier ones; see `calibration`.
    typical : Typical
        Traits of some past units, from which `card` tells what the model makes of them.
    """

    as_of: dt.date
    priors: Priors
    recipe: Recipe
    hedonic: Hedonic
    remainder: Remainder | None
    guide: GuideModel | None
    scale_plain: ScaleModel
    scale_guided: ScaleModel
    shape: HammerShape
    market: LevelForecast
    scrap: LevelForecast
    scrap_correlation: float
    centre: float
    selection_shift: float
    initial_sd: float
    groups: tuple[str, ...]
    group_column: str
    counts: dict[str, int]
    notes: tuple[str, ...]
    tested: Calibration
    typical: Typical

    def predict(
        self,
        vehicles: pl.DataFrame,
        on: dt.date | str,
        quantiles: Sequence[float] = (0.05, 0.5, 0.95),
    ) -> pl.DataFrame:
        """Hammer price given a sale, at the row's venue_id if there is one, else the reference.

        Parameters
        ----------
        vehicles : polars.DataFrame
            Rows as in `residual.tables.Vehicles`; optional columns may be absent.
        on : datetime.date or str
            A date (also as an ISO text), or the name of a date column.
        quantiles : sequence of float
            Probabilities in (0, 1).

        Returns
        -------
        polars.DataFrame
            vehicle_id, mean, sd, one column per quantile (q05 for 0.05, q975 for 0.975), and
            support: the deepest level of make, model, variant (else body, else all) that past
            sales knew. Money in the currency of the sales. Row order is kept.

        Raises
        ------
        InputError
            If columns are missing, ages cannot be told, or `on` is neither date nor column.
        """
        days = days_of(vehicles, on)
        check_vehicles(vehicles)
        place = self.locate(vehicles, days)
        venue = np.zeros(len(vehicles))
        if "venue_id" in vehicles.columns:
            venue = self.venue_log_factor(vehicles["venue_id"].cast(pl.String).to_list())
        return pl.DataFrame(
            {
                "vehicle_id": vehicles["vehicle_id"],
                **self.prices(place.log_hammer + venue, place.scale, days, quantiles),
                "support": [SUPPORT[level] for level in place.support],
            }
        )

    def prices(
        self, log_hammer: Floats, scale: Floats, days: Days, quantiles: Sequence[float]
    ) -> dict[str, Floats]:
        """Distribution of prices around their locations, the market being as sure as it is then.

        Parameters
        ----------
        log_hammer, scale : float64[n]
            As of `locate` or `path`, with the factor of a venue or without.
        days : int64[n]
            Date of each row, in days since 1970-01-01.
        quantiles : sequence of float
            Probabilities in (0, 1).

        Returns
        -------
        dict of float64[n]
            mean, sd and one column per quantile, in money.
        """
        for probability in quantiles:
            if not 0.0 < probability < 1.0:
                raise ValueError(f"quantiles must lie in (0, 1), not {probability}")
        variance = self.initial_sd**2 + self.market.variance_of_change(days)
        ratio = np.sqrt(variance) / scale
        first, second = self.shape.moments(scale)
        spread = np.sqrt(np.maximum(second * np.exp(variance) - first**2, 0.0))
        columns = {"mean": np.exp(log_hammer) * first, "sd": np.exp(log_hammer) * spread}
        for probability in quantiles:
            z = self.shape.quantile(probability, ratio)
            columns[quantile_name(probability)] = np.exp(log_hammer + scale * z - 0.5 * variance)
        return columns

    def point_value(
        self,
        vehicles: pl.DataFrame,
        on: dt.date | str,
        over: float = 2.0,
        under: float = 1.0,
        loss: Loss = "linear",
    ) -> pl.DataFrame:
        """State one value per unit where valuing too high costs more than valuing too low.

        Parameters
        ----------
        vehicles, on
            As in `predict`.
        over, under : float
            Cost of a unit of money above the price that is made, and of one below it.
        loss : "linear" or "square"
            Whether costs grow with the error or with its square.

        Returns
        -------
        polars.DataFrame
            vehicle_id, value (money, of the least expected cost) and support. Equal costs give the
            median for a linear loss, and for a square one the mean up to the cut of the
            distribution into 200 equally likely prices.

        Notes
        -----
        The quantile of probability under / (over + under) (Koenker and Bassett 1978), the
        expectile likewise (Newey and Powell 1987).
        """
        return point_value(self, vehicles, on, over, under, loss)

    def venue_log_factor(self, venue_ids: Sequence[str | None]) -> Floats:
        """Log factor of each venue against the reference venue.

        Parameters
        ----------
        venue_ids : sequence of str or None

        Returns
        -------
        float64[n]
            Shrunk to 0; 0 for a venue without past sales and for None.
        """
        known = {name: i for i, name in enumerate(self.recipe.levels.get("venue_id", []))}
        effects = self.hedonic.effects.get("venue_id", np.zeros(0))
        out = np.zeros(len(venue_ids))
        for row, venue in enumerate(venue_ids):
            place = None if venue is None else known.get(venue.strip().lower())
            if place is not None:
                out[row] = effects[place]
        return out

    def effects_of(self, vehicles: pl.DataFrame, on: dt.date | str) -> pl.DataFrame:
        """Value of each unit as a product of named effects.

        Returns
        -------
        polars.DataFrame
            vehicle_id, then one factor per named effect ("base" is money), with "guide" for what
            the guide value adds and "middle of the spread" as the last; their product is the
            median hammer at the reference venue, q50 of `predict` without a venue.
        """
        parts = self._parts(vehicles, days_of(vehicles, on))
        factors = {name: np.exp(part) for name, part in parts.items()}
        return pl.DataFrame({"vehicle_id": vehicles["vehicle_id"], **factors})

    def value_effects(self, vehicles: pl.DataFrame, on: dt.date) -> pl.DataFrame:
        """Value of each unit as a product of named effects, with their levels and intervals.

        Parameters
        ----------
        vehicles : polars.DataFrame
        on : datetime.date

        Returns
        -------
        polars.DataFrame
            vehicle_id, effect, level (what it stands for), factor, and low and high of its 90 %
            interval, null where none is known: a row for each unit and effect, in the order of
            the units. The factors of a unit multiply to its median hammer at the reference
            venue, as in `effects_of`.

        Notes
        -----
        The equation of values tells where prices lie on the whole. They stray further down than
        up, and the market's mean is forecast, not its median: "middle of the spread" leads from
        there to the median, scale z - variance / 2, with z the middle of the shape.
        """
        days = days_of(vehicles, on)
        parts = self._parts(vehicles, days)
        units = self.read(vehicles, days)
        errors = part_errors(self.hedonic, units)
        variance = self.initial_sd**2 + self.market.variance_of_change(days)
        errors["market"] = np.sqrt(variance)
        words = level_words(vehicles, units, on)
        return long_table(vehicles["vehicle_id"].cast(pl.String), parts, errors, words)

    def explain(
        self, vehicle: Mapping[str, Any] | pl.DataFrame, on: dt.date | str | None = None
    ) -> Explanation:
        """Explain the value of one vehicle: print the answer to read it.

        Parameters
        ----------
        vehicle : mapping or polars.DataFrame
            Columns as in `residual.tables.Vehicles`, in a table of one row; vehicle_id may be
            absent.
        on : datetime.date or str, optional
            The day; `as_of` if not given.

        Returns
        -------
        Explanation
            Named effects that multiply to the median of `predict`, at the vehicle's venue_id if
            there is one, with their levels and 90 % intervals, and the forecast itself.

        Raises
        ------
        InputError
            If it is not one vehicle, or cannot be forecast.
        """
        return explanation(self, vehicle, on)

    def waiting_effects(
        self, vehicles: pl.DataFrame, today: dt.date, on: pl.Series
    ) -> pl.DataFrame:
        """What standing still until a day takes off the value of each unit, or adds to it.

        Parameters
        ----------
        vehicles : polars.DataFrame
        today : datetime.date
            Day to which odometers belong.
        on : polars.Series of datetime.date
            Day of each unit, not before today.

        Returns
        -------
        polars.DataFrame
            vehicle_id, ageing and market (factors), market_sd, the standard deviation of the
            log of the latter, and middle, by which the middle of the spread moves meanwhile.
        """
        start = np.full(len(vehicles), day_number(today), dtype=np.int64)
        days = on.cast(pl.Date).cast(pl.Int32).cast(pl.Int64).to_numpy()
        later, place = np.unique(days, return_inverse=True)
        moved = self.hedonic.ageing(self.read(vehicles, start), later)
        # the season is the market's: a unit that stands still only ever loses by its age
        season = self.hedonic.level(days.astype(np.float64)) - self.hedonic.level(
            start.astype(np.float64)
        )
        market = season + self.market.mean_change(days) - self.market.mean_change(start)
        spread = self.market.variance_of_change(days) - self.market.variance_of_change(start)
        scale = self.locate(vehicles, start).scale
        middle = self._middle(scale, days) - self._middle(scale, start)
        return pl.DataFrame(
            {
                "vehicle_id": vehicles["vehicle_id"],
                "ageing": np.exp(moved[np.arange(len(vehicles)), place] - season),
                "market": np.exp(market),
                "market_sd": np.sqrt(np.maximum(spread, 0.0)),
                "middle": np.exp(middle),
            }
        )

    def venue_error(self, venue_ids: Sequence[str | None]) -> Floats:
        """Standard deviation of each venue's log factor; NaN for None."""
        known = {name: i for i, name in enumerate(self.recipe.levels.get("venue_id", []))}
        tidy = [None if venue is None else venue.strip().lower() for venue in venue_ids]
        codes = np.array([known.get(venue or "", -1) for venue in tidy], dtype=np.int64)
        nothing = np.zeros(len(tidy))
        error = self.hedonic.level_errors({"venue_id": codes}).get("venue_id", nothing)
        return np.where([venue is None for venue in tidy], np.nan, error)

    def _parts(self, vehicles: pl.DataFrame, days: Days) -> dict[str, Floats]:
        """Contributions to the log median hammer at the reference venue."""
        check_vehicles(vehicles)
        units = self.read(vehicles, days)
        parts = self.hedonic.parts(units)
        parts.pop("venue_id", None)
        parts["market"] = parts["market"] + self.market.mean_change(days)
        if self.remainder is not None:
            parts["boosted remainder"] = self.remainder.value(self.hedonic, units)
        place = self.locate(vehicles, days)
        parts["guide"] = place.log_hammer - sum(parts.values(), np.zeros(len(units)))
        parts["middle of the spread"] = self._middle(place.scale, days)
        return parts

    def _middle(self, scale: Floats, days: Days) -> Floats:
        """Log of the median hammer over its location, at the market's uncertainty of the day."""
        variance = self.initial_sd**2 + self.market.variance_of_change(days)
        return scale * self.shape.quantile(0.5, np.sqrt(variance) / scale) - 0.5 * variance

    def locate(self, vehicles: pl.DataFrame, days: Days) -> Location:
        """Location and scale of ln hammer at the reference venue, guide values being of the day.

        Parameters
        ----------
        vehicles : polars.DataFrame
        days : int64[n]
            Date of each row, in days since 1970-01-01.
        """
        units = self.read(vehicles, days)
        value = self.hedonic.value(units, without=("venue_id",)) + self.market.mean_change(days)
        if self.remainder is not None:
            value = value + self.remainder.value(self.hedonic, units)
        support = support_of(units)
        ignorance = self.hedonic.ignorance(units)
        scale = self.scale_plain.scale(scale_columns(units, value - self.centre), ignorance)
        log_guide = guide_values(vehicles, self.centre)
        if self.guide is None or np.isnan(log_guide).all():
            return Location(value, scale, support)
        bias = self.guide.bias.value(units, without=("venue_id",))
        added = self.guide.deviation(log_guide, bias, value, support, grade_class(units))
        gap = log_guide + bias - value
        guided = self.scale_guided.scale(
            scale_columns(units, value + added - self.centre, gap), ignorance
        )
        return Location(value + added, np.where(np.isfinite(log_guide), guided, scale), support)

    def path(self, vehicles: pl.DataFrame, today: int, days: Days) -> tuple[Location, Floats]:
        """Location today, and ln hammer at each of several later days for a unit standing still.

        Parameters
        ----------
        vehicles : polars.DataFrame
        today : int
            Day to which odometers and guide values belong.
        days : int64[d]

        Returns
        -------
        location : Location
        log_hammer : float64[n, d]
            What the guide adds to the hedonic value today is kept while the unit ages.
        """
        start = np.full(len(vehicles), today, dtype=np.int64)
        place = self.locate(vehicles, start)
        moved = self.hedonic.ageing(self.read(vehicles, start), days)
        market = self.market.mean_change(days) - self.market.mean_change(np.array([today]))
        return place, place.log_hammer[:, None] + moved + market[None, :]

    def read(self, vehicles: pl.DataFrame, days: Days) -> Units:
        """Covariates of vehicles at their dates; without a channel they count as auctioned."""
        if "channel" not in vehicles.columns and "auction" in self.recipe.levels.get("channel", []):
            vehicles = vehicles.with_columns(pl.lit("auction").alias("channel"))
        return self.recipe.read(vehicles, days)

    def group_of(self, vehicles: pl.DataFrame) -> NDArray[np.int64]:
        """Segment group of each unit; the last number is "other"."""
        levels = self.recipe.levels.get(self.group_column, [])
        place = {name: i for i, name in enumerate(self.groups)}
        other = len(self.groups)
        table = np.array([place.get(level, other) for level in levels] + [other], dtype=np.int64)
        zero = np.full(len(vehicles), day_number(self.as_of), dtype=np.int64)
        return table[self.recipe.read(vehicles, zero).codes[self.group_column]]

    def calibration(self) -> pl.DataFrame:
        """How well later sales were foretold by earlier ones, over all and by group.

        Returns
        -------
        polars.DataFrame
            Counts, errors and coverage of the central 50, 80 and 90 % intervals, as
            `residual.calibration.Calibration.table` tells in full. Where `later` holds, the
            equation knew the earlier sales alone, and the market was taken to move as it would
            have been foretold on the day before the later ones. Where `apart` holds, the spread,
            and how much a guide value counts, were told from other weeks than those they are
            judged on. The model itself was then fitted anew on all sales.
        """
        return self.tested.table()

    def card(self) -> ModelCard:
        """Tell what a person should see before trusting the model.

        Returns
        -------
        ModelCard
            Curves of value against age, odometer and grade, what moves values most, calibration,
            market and drift, as tables.
        """
        return model_card(self)

    def market_path(self, ahead: int = 12, back: int = 36) -> pl.DataFrame:
        """Past and forecast level of the market, 100 being its expected level at `as_of`.

        Parameters
        ----------
        ahead, back : int
            Months of forecast, and at most so many months of the past.

        Returns
        -------
        polars.DataFrame
            date, kind ("past" or "forecast"), level (for the forecast its median), and q05, q25,
            q75, q95 of the forecast, null for the past. The forecast carries the error of
            today's level; without an outside series there is no past.
        """
        return level_path(self.market, self.initial_sd, ahead, back)

    def refit(
        self,
        new: pl.DataFrame,
        past: pl.DataFrame | None = None,
        index: pl.DataFrame | None = None,
        as_of: dt.date | str | None = None,
    ) -> ResidualModel:
        """Fit anew when sales have come in, with the same priors.

        Parameters
        ----------
        new : polars.DataFrame
            All offerings, or those since the last fit where `past` has the earlier ones: a model
            keeps no rows of its own.
        past : polars.DataFrame, optional
            Offerings known before; a new row takes the place of one of the same sale_id.
        index : polars.DataFrame, optional
            As for `residual.fit`.
        as_of : datetime.date or str, optional
            Not before that of this model; the last sale's date if not given.

        Returns
        -------
        ResidualModel
            The same bits as `residual.fit` gives on all the sales: what a model says must not
            hang on how often it was fitted before, so nothing is carried over but the priors.

        Raises
        ------
        InputError
            As `residual.fit`; if the two tables do not go together; or if most of the sales that
            this model learnt from are missing.
        """
        from residual.refitting import refit

        return refit(self, new, past, index, as_of)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model to one file, in place of an older one; `residual.load` reads it.

        Parameters
        ----------
        path : str or path
            The folder must exist.

        Raises
        ------
        OSError
            Where it cannot be written; an older file stands then.

        Notes
        -----
        The same model gives the same bytes; see `residual.keeping`.
        """
        from residual.keeping import save

        save(self, path)

    def summary(self) -> str:
        """Tell in a few lines what was fitted."""
        sd = {name: self.hedonic.variances[name] ** 0.5 for name in ("make", "model", "variant")}
        lines = [
            f"residual model as of {self.as_of.isoformat()}",
            *(f"{name}: {count}" for name, count in self.counts.items()),
            "spread of effects: " + ", ".join(f"{k} {v:.3f}" for k, v in sd.items()),
            f"market: {self.market.source}; sd of today's level {self.initial_sd:.4f}",
            f"values: {self.selection_shift:.2f} scales below sold hammers, as past no-sales tell",
            f"scrap: {self.scrap.source}",
            "guide: "
            + (
                "not used"
                if self.guide is None
                else ", ".join(
                    f"{name} {share.mean():.2f}"
                    for name, share in zip(SUPPORT, self.guide.share, strict=True)
                )
            ),
            *self.notes,
        ]
        return "\n".join(lines)


def quantile_name(probability: float) -> str:
    """Column name of a quantile: q05 for 0.05, q975 for 0.975."""
    digits = f"{probability:.6f}".split(".")[1].rstrip("0")
    return "q" + digits.ljust(2, "0")
