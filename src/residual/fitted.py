"""What a fit has found, and what it takes from there to place units and venues."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from residual import level, location, prices, venues
from residual.bidding import Bidding
from residual.calibration import Calibration
from residual.curves import Floats
from residual.distribution import Forms, HammerShape
from residual.features import Days, Recipe, Units
from residual.groups import group_codes
from residual.guide import GuideModel
from residual.guided import GuidedTrees
from residual.hedonic import Hedonic
from residual.index import LevelForecast
from residual.lift import Lift
from residual.location import Location
from residual.priors import Priors
from residual.remainder import Remainder
from residual.scale import ScaleModel
from residual.segment_index import SegmentIndices
from residual.skew import Skew
from residual.typical import Typical


@dataclass(frozen=True, slots=True)
class Fitted:
    """What a fit has found; `residual.ResidualModel` is made of it.

    Attributes
    ----------
    as_of : datetime.date
        Nothing later was read.
    priors : Priors
    recipe : Recipe
    hedonic : Hedonic
    remainder : Remainder or None
        What boosting adds to the equation; None where it does not pay out of sample.
    guide : GuideModel, GuidedTrees or None
        None when past sales carried too few guide values.
    scale_plain, scale_guided : ScaleModel
        Without and with a guide value.
    skew : Skew or None
        Which units' prices stray further down than up; None where nothing tells.
    shape : HammerShape
    market, scrap : LevelForecast
    scrap_correlation : float
    centre : float
        Median ln price of the sales: spreads are told from here, whatever the currency.
    bidding : Bidding
        How hammers split into values, bidders and sellers.
    lift : Lift
        How far the middle of prices lies above what the equation and its remainder tell.
    initial_sd : float
        Sd of the error of the market level at `as_of`, common to all units.
    groups : tuple of str
        Groups whose markets move apart: segments with enough sales, in sorted order, then those
        by what drives a vehicle; see `residual.groups`.
    group_column : str
        The category that carries the groups: "segment" or "body".
    segments : SegmentIndices
        Markets of the groups, the last being that of all others.
    counts : dict of int
        Rows read and set aside, by reason.
    notes : tuple of str
        What the user should know about the fit.
    tested : Calibration
        How later sales were foretold by earlier ones; see `calibration`.
    typical : Typical
        Traits of some past units, from which `card` tells what the model makes of them.
    least : float
        ln of the price below which nothing was sold though much was sold at it, such as a bid of
        one dollar; -inf where there is none.
    """

    as_of: dt.date
    priors: Priors
    recipe: Recipe
    hedonic: Hedonic
    remainder: Remainder | None
    guide: GuideModel | GuidedTrees | None
    scale_plain: ScaleModel
    scale_guided: ScaleModel
    skew: Skew | None
    shape: HammerShape
    market: LevelForecast
    scrap: LevelForecast
    scrap_correlation: float
    centre: float
    bidding: Bidding
    lift: Lift
    initial_sd: float
    groups: tuple[str, ...]
    group_column: str
    segments: SegmentIndices
    counts: dict[str, int]
    notes: tuple[str, ...]
    tested: Calibration
    typical: Typical
    least: float

    def locate(self, vehicles: pl.DataFrame, days: Days) -> Location:
        """Location and scale of ln hammer at the reference venue, guide values being of the day.

        Parameters
        ----------
        vehicles : polars.DataFrame
        days : int64[n]
            Date of each row, in days since 1970-01-01.
        """
        return location.locate(self, vehicles, days)

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
        return location.path(self, vehicles, today, days)

    def read(self, vehicles: pl.DataFrame, days: Days) -> Units:
        """Covariates of vehicles at their dates; without a channel they count as auctioned."""
        return location.read(self, vehicles, days)

    def group_of(self, vehicles: pl.DataFrame) -> NDArray[np.int64]:
        """Group of each unit, whose market it moves with; the last number is "other"."""
        return group_codes(vehicles, self.group_column, self.groups)

    def kind_of(self, vehicles: pl.DataFrame) -> NDArray[np.int64]:
        """Group of each unit by its kind alone, whatever drives it."""
        kinds = vehicles.drop("powertrain", strict=False)
        return group_codes(kinds, self.group_column, self.groups)

    def level_change(self, group: NDArray[np.int64], days: Days) -> Floats:
        """Expected change of the log market level of groups from `as_of` to each day."""
        return level.change(self, group, days)

    def level_variance(self, group: NDArray[np.int64] | None, days: Days) -> Floats:
        """Variance of the error of the log market level of groups, or of all, at each day."""
        return level.variance(self, group, days)

    def prices(
        self,
        log_hammer: Floats,
        scale: Floats,
        form: Forms,
        group: NDArray[np.int64],
        days: Days,
        quantiles: Sequence[float],
    ) -> dict[str, Floats]:
        """Distribution of prices around their locations, the market being as sure as it is then.

        Parameters
        ----------
        log_hammer, scale, form : float64[n], float64[n], int64[n]
            As of `locate` or `path`, with the factor of a venue or without.
        group : int64[n]
            As of `group_of`.
        days : int64[n]
            Date of each row, in days since 1970-01-01.
        quantiles : sequence of float
            Probabilities in (0, 1).

        Returns
        -------
        dict of float64[n]
            mean, sd and one column per quantile, in money.
        """
        return prices.prices(self, log_hammer, scale, form, group, days, quantiles)

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
        return venues.log_factor(self, venue_ids)

    def venue_error(self, venue_ids: Sequence[str | None]) -> Floats:
        """Tell the standard deviation of each venue's log factor; NaN for None."""
        return venues.error(self, venue_ids)

    def venue_value_factor(
        self, venue_ids: Sequence[str | None], bidders: Sequence[float] | None = None
    ) -> Floats:
        """Log factor of each venue on values, where `venue_log_factor` is that on hammers.

        Parameters
        ----------
        venue_ids : sequence of str or None
        bidders : sequence of float, optional
            Mean number of bidders a lot at each venue, to be drawn with these values. Past hammers
            came about with as many, so a busy venue's are high though its bidders think no more
            of a unit: counted lots tell by how much; elsewhere the number is taken as given.

        Returns
        -------
        float64[n]
            0 for a venue without past offerings; None stands for sales without a venue.
        """
        return venues.value_factor(self, venue_ids, bidders)
