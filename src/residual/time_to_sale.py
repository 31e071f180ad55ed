"""How long a unit stands on a dealer's list at an asking price, learnt from past listings."""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import polars as pl
from threadpoolctl import threadpool_limits

from residual.crossfit import log_falls, log_forecasts
from residual.curves import Floats
from residual.errors import Fault, InputError
from residual.features import Days, day_number, tidy_text
from residual.frailty import Spans, unsold_share
from residual.hazard import HazardFit, fit_hazard, held, likeliest_frailty
from residual.hazard_design import HazardDesign, month_names
from residual.listings import (
    FAR_OFF,
    PIECES,
    Listings,
    Markdown,
    Spells,
    past_listings,
    spells,
    typical_markdown,
    usual_cuts,
    without_price,
)
from residual.model import ResidualModel
from residual.tables import FEWEST_LISTINGS

#: Prior sd of the responses of ln h to ln of an asking price, and how blunt the premium's is
#: before any data. Assumed.
_RESPONSE_SD: Final = 1.5
_BLUNT: Final = 0.6
#: A dearer unit is never taken to sell faster than this.
_LEAST_RESPONSE: Final = -0.5
_SLOPE_SD: Final = 0.5
#: The response and what the fall of the forecast counts for are brought this near each other, in
#: so many rounds at most.
_SETTLED: Final = 0.02
_ROUNDS: Final = 4
#: Of the distance of the latest month's level to the mean of all months, this much is taken to be
#: left over the months to come. Settled on listings of 2020 in China.
_KEPT: Final = 0.6
#: Listings of a level that counts for itself. Places are as good as their dealers: were the small
#: ones taken together for the middle of all, unknown ones would be foretold to sell as they do.
_FEWEST_LISTED: Final = {"place": 1, "make": 10, "model": 10}
#: Asking prices further than this from the forecast, in logs, say no more.
_FAR: Final = 0.5


@dataclass(frozen=True, slots=True)
class TimeToSale:
    """When a listed unit sells; make one with `residual.fit_time_to_sale`.

    A unit that is still listed sells on day d with chance ``1 - exp(-w h)``, where ``ln h =
    baseline(d) + rate(unit) + place + season + response * ln(price / forecast)``, the forecast
    being that of day d, and w is what the file does not tell of the listing: a factor of mean 1
    and variance `frailty`. Those of a large w sell first, so that of many listings ever fewer
    sell a day.

    Attributes
    ----------
    model : ResidualModel
        Knows the price at which such units sell.
    log_hazard : float64[k]
        ln h in each piece of `residual.listings.PIECES` at the level of the months to come.
    response : float
        Of ln h to ln of a price that is chosen, below zero: as past cuts of a unit's own price
        moved it.
    premium_response : float
        Of ln h to how far a price first asked lay above the forecast. It is blunted by what the
        dealer knew of the unit and the forecast did not.
    slopes : dict of float
        Of ln h in worth (ln forecast less `centre`), age (years / 5) and odometer (km / 1e5).
    effects : dict of dict of float
        On ln h by level: place, make, "make / model" and season (month of the year).
    centre : float
        Median ln forecast of the listings.
    typical_rate : float
        Mean over the listings of all that units, places and the season add to ln h.
    markdown : Markdown or None
        First markdown as dealers usually made it.
    counts : dict of int
        Listings, those sold, and those set aside for their first price.
    frailty : float
        Variance of the factor w of listings.
    usual_cuts : float64[k, 2]
        Of `residual.listings.usual_cuts`: how dealers usually mark down.
    """

    model: ResidualModel
    log_hazard: Floats
    response: float
    premium_response: float
    slopes: dict[str, float]
    effects: dict[str, dict[str, float]]
    centre: float
    typical_rate: float
    markdown: Markdown | None
    counts: dict[str, int]
    frailty: float
    usual_cuts: Floats

    def log_price(self, vehicles: pl.DataFrame, today: dt.date, days: Days) -> Floats:
        """Median ln price at which each unit would sell with a dealer.

        Parameters
        ----------
        vehicles : polars.DataFrame
            As in `residual.tables.Vehicles`.
        today : datetime.date
            Day to which odometers and guide values belong.
        days : int64[d]
            Days since 1970-01-01.

        Returns
        -------
        float64[n, d]
            At the reference venue, standing still.
        """
        at_dealer = vehicles.with_columns(pl.lit("dealer").alias("channel"))
        return self.model.path(at_dealer, day_number(today), days)[1]

    def unit_log_rate(self, vehicles: pl.DataFrame, log_price: Floats, today: dt.date) -> Floats:
        """What make, model, age, odometer and worth add to ln h of each unit, float64[n].

        `log_price` is that of `log_price` and of the venue's factor, `today` the day of both.
        """
        days = np.full(len(vehicles), day_number(today), dtype=np.int64)
        columns = _slope_columns(self.model, vehicles, days, log_price - self.centre)
        rate = np.zeros(len(vehicles))
        for name, column in columns.items():
            rate = rate + self.slopes[name] * column
        keys = _keys(vehicles)
        for name in ("make", "model"):
            known = self.effects.get(name, {})
            rate = rate + np.array([known.get(level, 0.0) for level in keys[name]])
        return rate

    def place_log_rate(self, venue_ids: list[str]) -> Floats:
        """What each venue adds to ln h, 0 for one without past listings, float64[N]."""
        known = self.effects.get("place", {})
        return np.array([known.get(venue.strip().lower(), 0.0) for venue in venue_ids])

    def season_log_rate(self, days: Days) -> Floats:
        """What the month of each day adds to ln h, 0 without two years of listings, float64[d]."""
        known = self.effects.get("season", {})
        return np.array([known.get(month, 0.0) for month in month_names(days)])

    def cumulative(self, days: Floats) -> Floats:
        """Sum of the baseline hazard over the first days on the list.

        Parameters
        ----------
        days : float64, any shape
            Days that have passed; NaN gives NaN.
        """
        grid = PIECES.astype(np.float64)
        ends = np.append(grid[1:], np.inf)
        gone = np.clip(np.asarray(days)[..., None] - grid, 0.0, ends - grid)
        return np.asarray(gone @ np.exp(self.log_hazard))

    def survival(self, listed: pl.DataFrame, days: Floats, *, price_kept: bool = False) -> Floats:
        """Chance that each unit is still unsold after some days, as seen on its first day.

        Parameters
        ----------
        listed : polars.DataFrame
            As in `residual.tables.Sales`: offered_on, list_price, venue_id or region, and what
            is known of the unit.
        days : float64[d]
        price_kept : bool, optional
            Whether the first price is kept for all these days; else it is marked down as dealers
            usually do (`usual_cuts`).

        Returns
        -------
        float64[n, d]
        """
        offered = listed["offered_on"].cast(pl.Int32).to_numpy().astype(np.int64)
        at_dealer = listed.with_columns(pl.lit("dealer").alias("channel"))
        forecast = self.model.locate(at_dealer, offered).log_hammer
        forecast = forecast + self.model.venue_log_factor(_venues(listed))
        columns = _slope_columns(self.model, listed, offered, forecast - self.centre)
        premium = np.log(listed["list_price"].cast(pl.Float64).to_numpy()) - forecast
        rate = self.premium_response * np.clip(premium, -_FAR, _FAR)
        rate = rate + self.season_log_rate(offered)
        for name, column in columns.items():
            rate = rate + self.slopes[name] * column
        for name, levels in _keys(listed).items():
            known = self.effects.get(name, {})
            rate = rate + np.array([known.get(level, 0.0) for level in levels])
        longest = days.max(initial=0.0)
        weeks = np.arange(0.0, longest, 7.0)
        edges = np.unique(np.concatenate([weeks, days, PIECES[longest > PIECES]]))
        lags = (edges[None, 1:] + edges[None, :-1]) / 2.0
        group = self.model.group_of(at_dealer)
        falls = log_falls(self.model, self.model.read(at_dealer, offered), group, lags)
        rates = rate[:, None] - self.response * falls
        if not price_kept:
            level, slope = self.usual_cuts[np.searchsorted(PIECES, lags[0], side="right") - 1].T
            cuts = level + np.clip(premium, -_FAR, _FAR)[:, None] * slope
            rates += self.response * np.minimum(cuts, 0.0)
        hazard = np.cumsum(np.exp(rates) * np.diff(self.cumulative(edges)), axis=1)
        hazard = np.concatenate([np.zeros((len(listed), 1)), hazard], axis=1)
        return unsold_share(hazard[:, np.searchsorted(edges, days)], self.frailty)

    @property
    def notes(self) -> list[str]:
        """What the owner of the data should know, a sentence each."""
        count = self.counts["set aside"]
        told = "first asking prices set aside as no number above zero or a factor of"
        return [f"{told} {FAR_OFF:.0f} off the forecast: {count:,}"] if count else []

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it with its model to one file; `residual.load_time_to_sale` reads it.

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
        As `ResidualModel.save`.
        """
        from residual.keeping import save

        save(self, path)

    def summary(self) -> str:
        """Tell in a few lines what was learnt."""
        half = np.linspace(0.0, 400.0, 4001)
        unsold = unsold_share(np.exp(self.typical_rate) * self.cumulative(half), self.frailty)
        median = float(half[np.argmax(unsold <= 0.5)])
        lines = [
            f"time to sale from {self.counts['listings']:,} listings, {self.counts['sold']:,} sold",
            f"of typical units kept at their forecast half sell within {median:.0f} days",
            f"a price 1 % higher: {self.response:+.1f} % sales a day",
            f"spread of the chances that the file does not tell: {np.sqrt(self.frailty):.0%}",
        ]
        lines.extend(self.notes)
        if self.markdown is not None:
            cut = -np.expm1(self.markdown.log_cut)
            lines.append(f"usual first markdown: {cut:.1%} after {self.markdown.day} days")
        return "\n".join(lines)


def fit_time_to_sale(
    model: ResidualModel, sales: pl.DataFrame, price_changes: pl.DataFrame | None = None
) -> TimeToSale:
    """Learn from past listings of dealers how long units stay listed.

    Parameters
    ----------
    model : ResidualModel
        Fitted on the same sales.
    sales : polars.DataFrame
        As in `residual.tables.Sales`; rows of channel dealer with a list_price are listings.
    price_changes : polars.DataFrame, optional
        As in `residual.tables.PriceChanges`.

    Returns
    -------
    TimeToSale

    Raises
    ------
    InputError
        Where fewer than `FEWEST_LISTINGS` listings are known.

    Notes
    -----
    Units that were withdrawn or are still listed are censored at their last known day. A past
    asking price is held against what the model foretells of the unit without having seen its
    sale, and as the unit stands against the forecast of its own day; the rest of the model is
    that of `residual.hazard.fit_hazard`, with effects of makes, models, places and months shrunk
    as far as the listings ask for. Months follow a random walk, of whose last level six tenths of
    the distance to the mean level are taken to be left. Frailty is that of
    `residual.hazard.likeliest_frailty`. A first price a factor of `residual.listings.FAR_OFF` or
    more off the forecast is taken for a slip and its listing set aside, as is one that is no
    number above zero. The result does not depend on the order of the rows.
    """
    listings = past_listings(sales, price_changes, model.as_of)
    _check_enough(listings)
    with threadpool_limits(1):
        forecast = log_forecasts(model, sales, listings.frame, listings.offered)
        forecast = forecast + model.venue_log_factor(_venues(listings.frame))
        first = np.log(listings.frame["list_price"].to_numpy())
        near = np.abs(first - forecast) < np.log(FAR_OFF)
        kept = listings.take(near)
        _check_enough(kept)
        aside = without_price(sales, model.as_of) + len(listings) - len(kept)
        cut = spells(kept, price_changes, model.as_of)
        return _fit(model, kept, forecast[near], cut, aside)


def _check_enough(listings: Listings) -> None:
    if len(listings) < FEWEST_LISTINGS:
        rule = f"{len(listings)} past listings are too few to learn the time to a sale from"
        remedy = (
            f"give at least {FEWEST_LISTINGS} rows of channel dealer with list_price, outcome "
            "and closed_on"
        )
        raise InputError([Fault(rule, file="sales", column="list_price", remedy=remedy)])


def _fit(
    model: ResidualModel, listings: Listings, forecast: Floats, cut: Spells, aside: int
) -> TimeToSale:
    centre = float(np.median(forecast))
    design = HazardDesign(listings, cut)
    first = np.log(listings.frame["list_price"].to_numpy()) - forecast
    prior, premium = model.priors.price_response, np.clip(first, -_FAR, _FAR)[cut.listing]
    at_dealer = listings.frame.with_columns(pl.lit("dealer").alias("channel"))
    units = model.read(at_dealer, listings.offered).take(cut.listing)
    group = model.group_of(at_dealer)[cut.listing]
    fall = log_falls(model, units, group, cut.middle[:, None])[:, 0]
    design.add_column("response", np.clip(cut.log_cut, -_FAR, _FAR), prior, _RESPONSE_SD)
    design.add_column("fall", np.clip(fall, -_FAR, _FAR), -prior, _RESPONSE_SD)
    design.add_column("premium", premium, _BLUNT * prior, _RESPONSE_SD)
    slopes = _slope_columns(model, listings.frame, listings.offered, forecast - centre)
    for name, column in slopes.items():
        design.add_column(name, column[cut.listing], 0.0, _SLOPE_SD)
    for name, levels in _keys(listings.frame).items():
        design.add_levels(name, levels, _FEWEST_LISTED[name])
    design.add_months()
    fit, frailty = _held_below(design, cut)
    own = {family.name: fit.coefficients[family.columns] for family in design.families}
    baseline = np.cumsum(np.concatenate([own["first"], own["steps"]]))
    return TimeToSale(
        model,
        baseline + (1.0 - _KEPT) * _mean_level(design, fit),
        float(own["response"][0]),
        float(own["premium"][0]),
        {name: float(own[name][0]) for name in slopes},
        {
            name: dict(zip(levels, own[name].tolist(), strict=True))
            for name, levels in design.levels.items()
        },
        centre,
        _typical_rate(design, fit, [*slopes, *design.levels]),
        typical_markdown(cut),
        {"listings": len(listings), "sold": int(listings.sold.sum()), "set aside": aside},
        frailty,
        usual_cuts(cut, premium),
    )


def _mean_level(design: HazardDesign, fit: HazardFit) -> float:
    """Mean of the levels by month over all days on the list, the latest level being 0."""
    months = [family.columns for family in design.families if family.name == "months"]
    days = design.cut.survived + design.cut.sold
    level = sum(design.columns()[:, of] @ fit.coefficients[of] for of in months)
    return float(np.average(level * np.ones(len(days)), weights=days))


def _typical_rate(design: HazardDesign, fit: HazardFit, names: list[str]) -> float:
    """Mean over listings of what the named families add on their first day."""
    columns = design.columns()[np.flatnonzero(design.cut.start == 0)]
    rate = np.zeros(columns.shape[0])
    for family in design.families:
        if family.name in names:
            rate += columns[:, family.columns] @ fit.coefficients[family.columns]
    return float(rate.mean())


def _held_below(design: HazardDesign, cut: Spells) -> tuple[HazardFit, float]:
    """Fit, and fit again with a response held where it would not fall enough.

    A forecast that falls counts as a price that rises by as much, but tells nothing of the
    response: it falls with the days on the list, and so does the hazard of units that differ.
    """
    columns, families = design.columns(), design.families
    place = {family.name: family.start for family in families}
    prior = next(family.mean for family in families if family.name == "response")
    families = held(families, "fall", -prior)
    spans = Spans(cut.listing, cut.survived, cut.sold, 0.0)
    spans = replace(spans, frailty=likeliest_frailty(columns, spans, families))
    for _ in range(_ROUNDS):
        fit = fit_hazard(columns, spans, families)
        for name in ("response", "premium"):
            if fit.coefficients[place[name]] > _LEAST_RESPONSE:
                families = held(families, name, _LEAST_RESPONSE)
                fit = fit_hazard(columns, spans, families)
        response, fall = fit.coefficients[place["response"]], fit.coefficients[place["fall"]]
        if abs(response + fall) < _SETTLED:
            break
        families = held(families, "fall", -float(response))
    return fit, spans.frailty


def _slope_columns(
    model: ResidualModel, frame: pl.DataFrame, days: Days, worth: Floats
) -> dict[str, Floats]:
    """Worth, age and odometer, each of order one."""
    units = model.read(frame, days)
    return {
        "worth": np.clip(worth, -3.0, 3.0),
        "age": np.clip(units.age, 0.0, 20.0) / 5.0,
        "odometer": np.clip(units.odometer, 0.0, 4e5) / 1e5,
    }


def _keys(frame: pl.DataFrame) -> dict[str, list[str]]:
    """Level of each row in place, make and "make / model"; "" where it is not known."""
    make, model = tidy_text(pl.col("make")), tidy_text(pl.col("model"))
    held_by = [tidy_text(pl.col(c)) for c in ("venue_id", "region") if c in frame.columns]
    place = pl.coalesce([*held_by, pl.lit("")])
    keys = frame.select(place=place, make=make, model=make + " / " + model)
    return {name: keys[name].fill_null("").to_list() for name in keys.columns}


def _venues(frame: pl.DataFrame) -> list[str | None]:
    if "venue_id" not in frame.columns:
        return [None] * len(frame)
    venues: list[str | None] = frame["venue_id"].cast(pl.String).to_list()
    return venues
