"""What every channel has to know about the fleet on the planning date."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from _core import bids
from auction.basis import ScenarioBasis
from auction.bidders import Arrivals, arrivals
from auction.channels.transport import Transport, plan_moves
from auction.commitments import venues_of
from auction.discount import DAYS_PER_YEAR, discount_factor
from auction.market import Market
from auction.progress import Progress, silent
from auction.redemption import Redemption
from residual import Haggling, ValueBook, haggling, redescribe, second_highest_moments
from residual.errors import Fault, InputError
from residual.tables import Vehicles, with_optional_columns

#: Far below any bidder's value: a lot offered there is sold to whoever comes.
_NO_RESERVE = -40.0


def planning_dates(market: Market, as_of: date) -> list[date]:
    """Return the dates at which a book has to know values so that the market can be quoted.

    Parameters
    ----------
    market : Market
        Its events within the horizon, its weeks and its dated hedges count.
    as_of : date
        Planning date.

    Returns
    -------
    list of date
        Sorted: today, every week's end, every event, the date of a later planning, and the
        expiry of every index put.
    """
    end = as_of + timedelta(weeks=market.weeks)
    dates = {as_of, hold_date(market, as_of)}
    dates.update(as_of + timedelta(weeks=week) for week in range(1, market.weeks + 1))
    if market.events is not None:
        dates.update(day for day in market.events["date"].to_list() if as_of < day <= end)
    if market.hedges is not None:
        expiries = market.hedges.filter(pl.col("kind") == "index_put")["expiry"].to_list()
        dates.update(day for day in expiries if day is not None and day > as_of)
    return sorted(dates)


def hold_date(market: Market, as_of: date) -> date:
    """Return the day on which a unit kept back is taken to be sold: a week past the horizon."""
    return as_of + timedelta(weeks=market.weeks + 1)


@dataclass(frozen=True)
class Situation:
    """The fleet, its values and the market, as arrays aligned with the fleet.

    Parameters
    ----------
    vehicles : polars.DataFrame, V rows
        The fleet in the order of ``book.vehicle_ids``.
    book : ValueBook
        Values at the planning dates.
    market : Market
        Where and on what terms units can be sold.
    threads : int
        Threads of the kernels.
    progress : callable
        Told the stage, the share done and a message.
    barred : bool[V], optional
        Units that no venue takes.
    gone : bool[V, n], optional
        Units that are no longer there to be sold, by scenario: redeemed before.
    """

    vehicles: pl.DataFrame
    book: ValueBook
    market: Market
    threads: int = 1
    progress: Progress = silent
    barred: NDArray[np.bool_] | None = None
    gone: NDArray[np.bool_] | None = None

    def __post_init__(self) -> None:
        if self.vehicles["vehicle_id"].to_list() != list(self.book.vehicle_ids):
            raise ValueError("vehicles must stand in the order of the book")
        complete = with_optional_columns(self.vehicles, Vehicles)
        object.__setattr__(self, "vehicles", complete)

    @property
    def as_of(self) -> date:
        """Planning date."""
        return self.book.as_of

    @cached_property
    def basis(self) -> ScenarioBasis:
        """Scenario basis of the book's markets."""
        return ScenarioBasis.of(self.book)

    @cached_property
    def days(self) -> NDArray[np.int64]:
        """Days from the planning date to each date of the book, int64[D]."""
        return np.array([(day - self.as_of).days for day in self.book.dates], dtype=np.int64)

    def position(self, days: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the positions among the book's dates of days after the planning date.

        Raises
        ------
        InputError
            Where the book was not simulated at a date; all such dates are told.
        """
        place = np.minimum(np.searchsorted(self.days, days), self.days.size - 1)
        absent = np.unique(days[self.days[place] != days])
        if absent.size:
            raise InputError(
                [
                    Fault(
                        rule="the book holds no values at this date",
                        value=str(self.as_of + timedelta(days=int(day))),
                        remedy="simulate at auction.planning_dates(market, as_of)",
                    )
                    for day in absent
                ]
            )
        return place.astype(np.int64)

    @cached_property
    def ready(self) -> NDArray[np.int64]:
        """Days after the planning date from which each unit may move, int64[V].

        A unit is ready when it is available and every legal hold on it has ended.
        """
        wait = (pl.col("available_from") - pl.lit(self.as_of)).dt.total_days()
        days = self.vehicles.select(wait.fill_null(0).clip(lower_bound=0))
        ready = days.to_series().to_numpy().astype(np.int64)
        if self.market.holds is not None:
            row = {vehicle: i for i, vehicle in enumerate(self.book.vehicle_ids)}
            for vehicle, until in self.market.holds.select("vehicle_id", "until").iter_rows():
                if vehicle in row:
                    ready[row[vehicle]] = max(ready[row[vehicle]], (until - self.as_of).days + 1)
        return ready

    def committed(self, venues: pl.DataFrame) -> tuple[NDArray[np.bool_], NDArray[np.bool_]] | None:
        """Return which units are committed to which venues, and which stand there already.

        Parameters
        ----------
        venues : polars.DataFrame, N rows
            Column venue_id.

        Returns
        -------
        (bool[V, N], bool[V, N]) or None
            None where no unit is committed to any of them.
        """
        market = self.market
        if market.commitments is None or market.commitments.is_empty():
            return None
        venue_ids = venues["venue_id"].to_list()
        return venues_of(
            market.commitments, self.book.vehicle_ids, venue_ids, market.events, market.offers
        )

    def moves(self, venues: pl.DataFrame) -> Transport:
        """Price every move from a unit to a venue; a unit that stands there already moves no more.

        Parameters
        ----------
        venues : polars.DataFrame, N rows
            Places of one channel.

        Raises
        ------
        InputError
            Where a move can be priced by neither tariff nor distance.
        """
        market = self.market
        moves = plan_moves(self.vehicles, venues, market.tariffs, market.costs, market.venues)
        found = self.committed(venues)
        if found is None:
            return moves
        # entry and display at an auction are over as well
        waived = venues.select(
            pl.when(pl.col("channel") == "auction")
            .then(pl.sum_horizontal("entry_days", "display_days"))
            .otherwise(0.0)
        )
        return moves.without(found[1], waived.to_series().to_numpy())

    @cached_property
    def redemption(self) -> Redemption | None:
        """Rights to redeem units before they are sold, None where there are none."""
        return Redemption.of(self.vehicles, self.as_of)

    @cached_property
    def damaged(self) -> NDArray[np.bool_]:
        """Units that only venues for damaged vehicles, or for any, take: bool[V].

        Heavy damage, a salvage title, or a grade at or below ``damaged_grade``.
        """
        grade = pl.col("condition_grade") <= self.market.auction.damaged_grade
        rule = (pl.col("damage") == "heavy") | (pl.col("title_status") == "salvage") | grade
        return self.vehicles.select(rule.fill_null(value=False)).to_series().to_numpy()

    def accepted(self, venues: pl.DataFrame) -> NDArray[np.bool_]:
        """Return bool[V, N]: whether each venue takes each unit in its condition.

        A unit whose title is missing can be sold nowhere; an unstated title counts as clear.
        """
        accepts = venues["accepts"].fill_null("any").to_numpy()[None, :]
        damaged = self.damaged[:, None]
        titled = (self.vehicles["title_status"].fill_null("clear") != "missing").to_numpy()
        fits = (accepts == "any") | ((accepts == "damaged") == damaged)
        found = self.committed(venues)
        if found is not None:
            fits |= found[0]
        if self.barred is not None:
            titled = titled & ~self.barred
        return np.asarray(fits & titled[:, None])

    def redescribed(
        self, vehicles: pl.DataFrame, rows: NDArray[np.int64], barred: NDArray[np.bool_] | None
    ) -> Situation:
        """Return the situation with some units described anew, on the same market.

        Parameters
        ----------
        vehicles : polars.DataFrame, V rows
            The fleet, of which only the rows named differ.
        rows : int64[k]
            Units whose description differs.
        barred : bool[V] or None
            Units that no venue takes.
        """
        book = redescribe(self.book, vehicles, rows)
        other = self._beside(replace(self, vehicles=vehicles, book=book, barred=barred))
        other.__dict__["alike"] = self.alike
        return other

    def part(self, rows: slice, threads: int) -> Situation:
        """Return the situation of some vehicles in a row, on the same market, for some threads."""
        every = np.arange(len(self.book.vehicle_ids))
        book = self.book.of_units(every[rows], self.book.vehicle_ids[rows])
        barred = None if self.barred is None else self.barred[rows]
        fleet = replace(
            self, vehicles=self.vehicles[rows], book=book, barred=barred, threads=threads
        )
        other = self._beside(fleet)
        if self.market.own_volume is not None:
            model, table = self.alike
            other.__dict__["alike"] = (model[rows], table)
        return other

    def beside(self, threads: int) -> Situation:
        """Return it for a thread beside others, silent, with all that it has worked out so far."""
        other = replace(self, threads=threads, progress=silent)
        for name, known in self.__dict__.items():
            other.__dict__.setdefault(name, known)
        return other

    def _beside(self, other: Situation) -> Situation:
        """Give another fleet on the same market what hangs on market and scenarios alone."""
        for name in ("basis", "arrivals", "haggling", "crowd", "venue_factor"):
            other.__dict__[name] = getattr(self, name)
        return other

    @cached_property
    def segment(self) -> NDArray[np.str_]:
        """Market segment of each unit, as the value model names it, str[V]."""
        return np.array(self.book.segment)

    @cached_property
    def forecast(self) -> NDArray[np.float64]:
        """Expected hammer price today at the reference venue, float64[V], money."""
        book = self.book
        today = int(self.position(np.zeros(1, dtype=np.int64))[0])
        shock, weight = unit_nodes(book)
        level = np.exp(self.log_value[:, today])
        mean = np.einsum("u,vu->v", weight, np.exp(book.unit_scale[:, None] * shock[book.form]))
        revenue, two_came = self._second_bids
        return np.asarray(level * mean * revenue / two_came)

    @property
    def hammer_share(self) -> NDArray[np.float64]:
        """Expected hammer price at the reference venue over the unit's value V, float64[V].

        The hammer is the second-highest value, given that two bidders came.
        """
        revenue, two_came = self._second_bids
        return np.asarray(revenue / two_came)

    @cached_property
    def _second_bids(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Expected second-highest value over V, 0 where fewer bid, and the chance of two bids."""
        spread = self.book.sale_spread
        lots = np.full(spread.size, _NO_RESERVE)
        arrival = np.full(spread.size, self.market.auction.bidders)
        _, revenue = bids.sale(lots, arrival, spread, self.threads)
        return revenue, np.asarray(1.0 - np.exp(-arrival) * (1.0 + arrival))

    @cached_property
    def kind(self) -> NDArray[np.int64]:
        """Place of each unit's segment among ``book.group_names``, int64[V]."""
        place = {name: number for number, name in enumerate(self.book.group_names)}
        return np.array([place[name] for name in self.book.segment], dtype=np.int64)

    @cached_property
    def alike(self) -> tuple[NDArray[np.int64], pl.DataFrame]:
        """Model of each unit, int64[V], and of each model its name, units and mean forecast.

        Units are as they stand, not as some work would leave them. Columns of the table: name,
        units, forecast (money); models are told apart without regard to case.
        """
        models = self.vehicles.select(
            name=pl.concat_str("make", "model", separator=" "), forecast=pl.Series(self.forecast)
        ).with_columns(code=pl.col("name").str.to_lowercase().rank("dense").cast(pl.Int64) - 1)
        table = (
            models.group_by("code")
            .agg(pl.col("name").first(), units=pl.len(), forecast=pl.col("forecast").mean())
            .sort("code")
        )
        return models["code"].to_numpy(), table.drop("code")

    @cached_property
    def arrivals(self) -> Arrivals:
        """Mean number of bidders a lot at each auction venue, by segment."""
        sales, model = self.market.sales, self.book.model
        kind = np.zeros(0, dtype=np.int64) if sales is None else model.kind_of(sales)
        return arrivals(
            self.market.places("auction"),
            sales,
            self.market.auction.bidders,
            kind,
            len(self.book.group_names),
        )

    @cached_property
    def haggling(self) -> Haggling | None:
        """How often sellers take bids below their reserves at each auction venue."""
        sales = self.market.sales
        venues = self.market.places("auction")["venue_id"].to_list()
        return None if sales is None else haggling(sales, venues)

    @cached_property
    def crowd(self) -> NDArray[np.float64]:
        """How far hammers of a segment lie above those of its venue by its crowd alone.

        float64[N, S], in units of the bidders' spread: the difference of the means of the second
        highest of standard normals. A hammer is told as it is; where more bidders made it, each
        of them thought less of the unit.
        """
        rate, each = self.arrivals.rate, self.arrivals.bidders
        usual = np.array([second_highest_moments(float(count))[0] for count in rate])
        told = np.array([second_highest_moments(float(count))[0] for count in each.ravel()])
        return np.asarray(told.reshape(each.shape) - usual[:, None])

    @cached_property
    def venue_factor(self) -> NDArray[np.float64]:
        """Log factor of each auction venue on the values of those who bid there, float64[N]."""
        venues = self.market.places("auction")["venue_id"].to_list()
        return self.book.model.venue_value_factor(venues, self.arrivals.rate.tolist())

    def bidding(
        self, unit: NDArray[np.int64], venue: NDArray[np.int64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the bidders that units draw, and what their ln value there differs by.

        Parameters
        ----------
        unit : int64[m]
        venue : int64[m]
            Position among the auction venues.

        Returns
        -------
        bidders : float64[m]
            Mean number on a lot.
        log_factor : float64[m]
            Of those who bid there, against the reference venue.
        """
        kind = self.kind[unit]
        crowd = self.book.sale_spread[unit] * self.crowd[venue, kind]
        return self.arrivals.bidders[venue, kind], self.venue_factor[venue] - crowd

    @cached_property
    def log_value(self) -> NDArray[np.float64]:
        """Log median value of each unit at each date, float64[V, D], earlier offerings counted.

        Every offering in which a unit did not sell takes ``reoffer_discount`` off its value.
        """
        tried = self.vehicles["run_count"].fill_null(0).to_numpy().astype(np.float64)
        lost = tried * np.log1p(-self.market.auction.reoffer_discount)
        return np.asarray(self.book.log_value + lost[:, None])

    @cached_property
    def slope(self) -> NDArray[np.float64]:
        """Change of each unit's log value per day after each date of the book, float64[V, D]."""
        log_value = self.book.log_value
        if self.days.size < 2:
            return np.zeros_like(log_value)
        slope = np.diff(log_value, axis=1) / np.diff(self.days)[None, :]
        return np.concatenate([slope, slope[:, -1:]], axis=1)

    def discount(self, days: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return today's worth of one unit of money after some days."""
        return discount_factor(self.market.costs.discount_rate, days)

    def holding(self, days: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return today's worth of keeping a unit from today for some days, money."""
        rate = self.market.costs.discount_rate / DAYS_PER_YEAR
        if rate == 0.0:
            return self.market.costs.holding_per_day * days
        return self.market.costs.holding_per_day * -np.expm1(-rate * days) / rate


def unit_nodes(
    book: ValueBook, strata: int = 32
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return nodes and weights that integrate over a unit's own shock.

    The shock is cut into equally likely strata and each node is the mean of its stratum:
    close enough together that the sale chance, which turns within half a bidder's spread,
    is integrated without ripples.

    Parameters
    ----------
    book : ValueBook
        Holds the distributions of the standardised shock, of which each unit has one.
    strata : int
        Number of nodes.

    Returns
    -------
    shock : float64[F, strata]
        Of each form in which units come, see ``book.form``.
    weight : float64[strata]
    """
    inner = 16
    levels = (np.arange(strata * inner) + 0.5) / (strata * inner)
    shock = np.array(
        [each.quantile(levels).reshape(strata, inner).mean(axis=1) for each in book.shocks]
    )
    return shock, np.full(strata, 1.0 / strata)


def week_of(days: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the week of a day after the planning date: days 1 to 7 are week 1."""
    return np.maximum((days - 1) // 7 + 1, 1)
