"""The fitted value model: what it knows, and the hammer price it predicts given a sale."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from residual import factors
from residual.card import ModelCard, model_card
from residual.decision import Loss, point_value
from residual.explanation import Explanation, explanation
from residual.fitted import Fitted
from residual.level import level_path
from residual.prices import predict
from residual.summary import summary


@dataclass(frozen=True, slots=True)
class ResidualModel(Fitted):
    """A fitted value model; make one with `residual.fit`.

    Attributes
    ----------
    as_of : datetime.date
        Nothing later was read.
    priors : Priors
    counts : dict of int
        Rows read and set aside, by reason.
    notes : tuple of str
        What the user should know about the fit.
    groups : tuple of str
        Groups whose markets move apart: segments with enough sales, in sorted order, then those
        by what drives a vehicle.
    group_column : str
        The category that carries the groups: "segment" or "body".

    Notes
    -----
    What else a fit has found is told at `residual.fitted.Fitted`.
    """

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
        return predict(self, vehicles, on, quantiles)

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

    def effects_of(self, vehicles: pl.DataFrame, on: dt.date | str) -> pl.DataFrame:
        """Value of each unit as a product of named effects.

        Returns
        -------
        polars.DataFrame
            vehicle_id, then one factor per named effect ("base" is money), with "guide" for what
            the guide value adds and "middle of the spread" as the last; their product is the
            median hammer at the reference venue, q50 of `predict` without a venue.
        """
        return factors.effects_of(self, vehicles, on)

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
        return factors.value_effects(self, vehicles, on)

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
        return factors.waiting_effects(self, vehicles, today, on)

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

    def market_path(
        self, ahead: int = 12, back: int = 36, group: str | None = None
    ) -> pl.DataFrame:
        """Past and forecast level of the market, 100 being its expected level at `as_of`.

        Parameters
        ----------
        ahead, back : int
            Months of forecast, and at most so many months of the past.
        group : str, optional
            One of `groups`, or "other", instead of the whole market; it has no past.

        Returns
        -------
        polars.DataFrame
            date, kind ("past" or "forecast"), level (for the forecast its median), and q05, q25,
            q75, q95 of the forecast, null for the past. The forecast carries the error of
            today's level. The past is that of the outside series, else that of the sales.

        Raises
        ------
        ValueError
            If there is no such group.
        """
        return level_path(self, ahead, back, group)

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
        return summary(self)
