"""What became of store listings against predictions: last prices and times to a sale."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

import residual
from auction.workspace import Workspace, load_workspace, value_priors
from benchmarks.listings.measures import brier, kaplan_meier

Floats = NDArray[np.float64]

#: Days on the list within which a sale is looked for.
WITHIN: Final = np.array([14.0, 30.0, 60.0])
#: Days up to which times are told apart.
LONGEST: Final = 400


@dataclass(frozen=True, slots=True)
class Score:
    """How far forecasts lie from the last asking prices of sold cars.

    Parameters
    ----------
    name : str
        What was scored.
    mae, mape, median_ape : float
        Mean absolute error in CNY; mean and median of its share of the price.
    bias_log, median_bias_log : float
        Mean and median of ln(forecast / price).
    coverage, below, above : float
        Shares of prices within, below and above the 90 % interval; NaN where none is claimed.
    """

    name: str
    mae: float
    mape: float
    median_ape: float
    bias_log: float
    median_bias_log: float
    coverage: float
    below: float
    above: float

    def __str__(self) -> str:
        return _told(self.name, asdict(self))


@dataclass(frozen=True, slots=True)
class TimeScore:
    """How well times to a sale are foretold.

    Parameters
    ----------
    name : str
        What was scored.
    concordance : float
        Share of the comparable pairs whose sooner sale had the larger predicted risk.
    brier_14, brier_30, brier_60 : float
        Mean squared error of the chance to be sold within so many days, weighted against
        censoring; the lower the better.
    predicted_14, predicted_30, predicted_60 : float
        Mean chance.
    observed_14, observed_30, observed_60 : float
        Kaplan-Meier estimate of what happened.
    """

    name: str
    concordance: float
    brier_14: float
    brier_30: float
    brier_60: float
    predicted_14: float
    predicted_30: float
    predicted_60: float
    observed_14: float
    observed_30: float
    observed_60: float

    def __str__(self) -> str:
        return _told(self.name, asdict(self))


def _told(name: str, figures: dict[str, Any]) -> str:
    parts = (f"{k} {v:,.4g}" if abs(v) < 1e4 else f"{k} {v:,.0f}" for k, v in figures.items()
             if k != "name")  # fmt: skip
    return f"{name}: " + ", ".join(parts)


@dataclass(frozen=True)
class Learnt:
    """What a run learns from a workspace.

    Parameters
    ----------
    workspace : Workspace
    model : ResidualModel
    clock : TimeToSale
    """

    workspace: Workspace
    model: residual.ResidualModel
    clock: residual.TimeToSale


def learn(folder: Path) -> Learnt:
    """Fit the models of a workspace as a run does."""
    workspace = load_workspace(folder)
    tables = workspace.tables
    model = residual.fit(
        tables["sales"], as_of=workspace.config.as_of, priors=value_priors(workspace.config)
    )
    clock = residual.fit_time_to_sale(model, tables["sales"], tables["price_changes"])
    return Learnt(workspace, model, clock)


def mapped(learnt: Learnt, cars: pl.DataFrame) -> pl.DataFrame:
    """Cars of the hidden files under our names and units, as the reader would have them."""
    columns = learnt.workspace.config.tables.sales.columns
    ours = {owner: name for name, owner in columns.items() if name != "venue_id"}
    features = learnt.workspace.tables["sales"].schema
    known = cars.rename({k: v for k, v in ours.items() if k in cars.columns}).with_columns(
        pl.col("odometer") * 10_000.0,
        pl.col("region").cast(pl.String).alias("venue_id"),
        pl.col("sale_id").cast(pl.String).alias("vehicle_id"),
        pl.col("first_price").alias("list_price"),
        pl.lit("dealer").alias("channel"),
    )
    return known.with_columns(
        pl.col(name).cast(kind) for name, kind in features.items() if name in known.columns
    ).sort("vehicle_id")


def price_scores(learnt: Learnt, fleet: pl.DataFrame) -> dict[str, Score]:
    """Score the last asking prices of a fleet by the model and by naive peers.

    Parameters
    ----------
    learnt : Learnt
    fleet : polars.DataFrame
        As of :func:`mapped`.
    """
    shown = fleet.drop("first_price", "last_price", "list_price", "days", "sold")
    made = {"model": learnt.model.predict(shown, on="closed_on")}
    sold = learnt.workspace.tables["sales"].filter(pl.col("outcome") == "sold")
    for name, keys in (
        ("median of the model", ["model"]),
        ("median share of the new price by model and age", ["model", "age"]),
    ):
        middle = group_median(sold, fleet, keys, share=len(keys) > 1)
        made[name] = pl.DataFrame({"mean": middle, "q50": middle})
    paid = fleet["last_price"].to_numpy()
    return {name: _score(name, frame, paid) for name, frame in made.items()}


def group_median(
    sold: pl.DataFrame, fleet: pl.DataFrame, keys: list[str], *, share: bool
) -> Floats:
    """Median past price of the group, or of its share of the new price; else of wider groups."""
    whole = [_with_age(frame, "closed_on") for frame in (sold, fleet)]
    value = pl.col("price") / (pl.col("新车价") if share else 1.0)
    out = np.full(fleet.height, np.nan)
    for by in (keys, keys[1:] or ["make"], []):
        groups = whole[0].group_by(by or [pl.lit(1).alias("all")]).agg(value.median().alias("m"))
        if by:
            found = whole[1].join(groups, on=by, how="left", maintain_order="left")["m"]
            middle = found.fill_null(np.nan).to_numpy()
        else:
            middle = np.full(fleet.height, groups["m"][0])
        out = np.where(np.isnan(out), middle, out)
    return out * (fleet["新车价"].to_numpy() if share else 1.0)


def _with_age(frame: pl.DataFrame, day: str) -> pl.DataFrame:
    years = (pl.col(day) - pl.col("first_registered")).dt.total_days() / 365.25
    return frame.with_columns(years.round().alias("age"))


def _score(name: str, predicted: pl.DataFrame, paid: Floats) -> Score:
    middle = predicted["q50"].to_numpy()
    claimed = "q05" in predicted.columns
    low, high = (
        predicted[q].to_numpy() if claimed else np.full(paid.size, np.nan) for q in ("q05", "q95")
    )
    error, log = np.abs(middle - paid), np.log(middle / paid)
    return Score(
        name,
        float(error.mean()),
        float((error / paid).mean()),
        float(np.median(error / paid)),
        float(log.mean()),
        float(np.median(log)),
        *(
            float(share.mean()) if claimed else float("nan")
            for share in ((paid >= low) & (paid <= high), paid < low, paid > high)
        ),
    )


def time_scores(learnt: Learnt, later: pl.DataFrame) -> dict[str, TimeScore]:
    """Score the times of every later listing, withdrawn ones censored, first prices known.

    The peer is the Kaplan-Meier estimate of the history, the same for every car.
    """
    days, sold = later["days"].to_numpy().astype(np.float64), later["sold"].to_numpy()
    model = learnt.clock.survival(later, WITHIN + 1.0)
    past_days, past_sold = past_times(learnt)
    flat = np.tile(kaplan_meier(past_days, past_sold, WITHIN)[0], (later.height, 1))
    return {
        name: _time_score(name, left, days, sold)
        for name, left in (("hazard", model), ("Kaplan-Meier of the history", flat))
    }


def past_times(learnt: Learnt) -> tuple[Floats, NDArray[np.bool_]]:
    """Days on the list and whether sold, of every past listing."""
    sales, as_of = learnt.workspace.tables["sales"], learnt.workspace.config.as_of
    end = sales["closed_on"].fill_null(as_of)
    days = (end - sales["offered_on"]).dt.total_days().to_numpy().astype(np.float64)
    return days, (sales["outcome"] == "sold").to_numpy()


def _time_score(name: str, left: Floats, days: Floats, sold: NDArray[np.bool_]) -> TimeScore:
    seen = 1.0 - kaplan_meier(days, sold, WITHIN)[0]
    return TimeScore(
        name,
        concordance(-left[:, 1], days, sold),
        *brier(left, days, sold, WITHIN).tolist(),
        *(1.0 - left.mean(axis=0)).tolist(),
        *seen.tolist(),
    )


def concordance(risk: Floats, days: Floats, sold: NDArray[np.bool_]) -> float:
    """Harrell's index; pairs of equal risk count for a half."""
    right = pairs = 0.0
    for row in np.flatnonzero(sold):
        longer = (days > days[row]) | ((days == days[row]) & ~sold)
        pairs += longer.sum()
        right += (risk[row] > risk[longer]).sum() + 0.5 * (risk[row] == risk[longer]).sum()
    return right / pairs


@dataclass(frozen=True, slots=True)
class FleetTimes:
    """Days to the sale of the fleet, all of which was sold, against what was foretold.

    Parameters
    ----------
    name : str
        What was scored.
    median_error, mean_error : float
        Median and mean absolute error of the predicted median, days.
    concordance : float
    pit_mean, pit_low, pit_high : float
        Of the predicted distribution at the day of the sale: its mean, and the shares below 0.1
        and above 0.9; a half and a tenth if the forecast is right.
    """

    name: str
    median_error: float
    mean_error: float
    concordance: float
    pit_mean: float
    pit_low: float
    pit_high: float

    def __str__(self) -> str:
        return _told(self.name, asdict(self))


def fleet_times(learnt: Learnt, fleet: pl.DataFrame) -> dict[str, FleetTimes]:
    """Score the fleet's days to the sale.

    The fleet was chosen among cars that were sold: what is foretold is the time of a sale that
    comes before a withdrawal, withdrawals coming as they did in the history.
    """
    grid = np.arange(LONGEST, dtype=np.float64)
    past_days, past_sold = past_times(learnt)
    stays = np.append(1.0, kaplan_meier(past_days, ~past_sold, grid)[0][:-1])
    model = learnt.clock.survival(fleet, np.append(0.0, grid + 1.0))
    flat = np.append(1.0, kaplan_meier(past_days, past_sold, grid)[0])[None, :]
    days = fleet["days"].to_numpy().astype(np.int64)
    found = {}
    for name, left in (("hazard", model), ("Kaplan-Meier of the history", flat)):
        mass = -np.diff(left, axis=1) * stays
        share = np.cumsum(mass, axis=1) / mass.sum(axis=1, keepdims=True)
        share = np.repeat(share, fleet.height // len(share), axis=0)
        middle = (share < 0.5).sum(axis=1)
        error = np.abs(middle - days)
        before = np.concatenate([np.zeros((len(share), 1)), share], axis=1)
        rows = np.arange(fleet.height)
        pit = (before[rows, days] + before[rows, days + 1]) / 2.0
        found[name] = FleetTimes(
            name,
            float(np.median(error)),
            float(error.mean()),
            concordance(share[:, 13], days.astype(np.float64), np.ones(days.size, dtype=bool)),
            float(pit.mean()),
            float((pit < 0.1).mean()),
            float((pit > 0.9).mean()),
        )
    return found
