"""The hidden prices against predictions at each vehicle's actual state and date."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import polars as pl

import residual
from auction.workspace.priors import value_priors
from auction.workspace.reading import load_workspace


@dataclass(frozen=True, slots=True)
class Score:
    """How far predictions lie from what was paid.

    Parameters
    ----------
    name : str
        What was scored.
    vehicles : int
        Prices compared.
    median_ape, median_ae : float
        Median absolute error, share of the price and money.
    bias_log : float
        Median of ln(predicted median / price); positive where predictions are too high.
    bias_money : float
        Sum of predicted means over sum of prices, less one.
    coverage : float
        Share of prices within the 90 % interval; NaN for a point forecast.
    below, above : float
        Shares of prices below and above that interval.
    """

    name: str
    vehicles: int
    median_ape: float
    median_ae: float
    bias_log: float
    bias_money: float
    coverage: float
    below: float
    above: float

    def __str__(self) -> str:
        numbers = {key: value for key, value in asdict(self).items() if key != "name"}
        words = (f"{k} {v:,.4g}" if abs(v) < 10 else f"{k} {v:,.0f}" for k, v in numbers.items())
        return f"{self.name}: " + ", ".join(words)


def score(name: str, predicted: pl.DataFrame, price: pl.Series) -> Score:
    """Compare predictions with prices.

    Parameters
    ----------
    name : str
        What is scored.
    predicted : polars.DataFrame
        Columns mean and q50, and q05 and q95 where an interval is claimed; rows as ``price``.
    price : polars.Series
        What was paid.

    Returns
    -------
    Score
    """
    paid = price.to_numpy().astype(np.float64)
    middle = predicted["q50"].to_numpy()
    low = high = np.full(paid.size, np.nan)
    claimed = "q05" in predicted.columns
    if claimed:
        low, high = predicted["q05"].to_numpy(), predicted["q95"].to_numpy()
    error = np.abs(middle - paid)
    return Score(
        name=name,
        vehicles=paid.size,
        median_ape=float(np.median(error / paid)),
        median_ae=float(np.median(error)),
        bias_log=float(np.median(np.log(middle / paid))),
        bias_money=float(predicted["mean"].sum() / paid.sum() - 1.0),
        coverage=float(np.mean((paid >= low) & (paid <= high))) if claimed else np.nan,
        below=float(np.mean(paid < low)) if claimed else np.nan,
        above=float(np.mean(paid > high)) if claimed else np.nan,
    )


def predictions(workspace: Path, hidden: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Predict each vehicle of a workspace at its hidden state and date.

    Parameters
    ----------
    workspace : Path
        Folder of the workspace; sales, index and priors are read as a run reads them.
    hidden : polars.DataFrame
        vehicle_id, state, sale_date, sellingprice, mmr; the order of the predictions.

    Returns
    -------
    dict of polars.DataFrame
        By name: with the guide, without it (neither fitted nor shown), and the guide alone.
    """
    read = load_workspace(workspace)
    priors = value_priors(read.config)
    where = hidden.select("vehicle_id", pl.col("state").alias("venue_id"), "sale_date")
    fleet = where.join(read.tables["vehicles"], on="vehicle_id", how="left", maintain_order="left")
    result = {}
    for name, dropped in (("with the guide", []), ("without a guide", ["guide_value"])):
        model = residual.fit(
            read.tables["sales"].drop(dropped),
            index=read.tables["index"],
            as_of=read.config.as_of,
            priors=priors,
        )
        result[name] = model.predict(fleet.drop(dropped), on="sale_date")
    guide = fleet["guide_value"]
    result["the guide alone"] = pl.DataFrame({"mean": guide, "q50": guide})
    return result


def scores_by_grade(
    made: dict[str, pl.DataFrame], hidden: pl.DataFrame, grade: pl.Series
) -> list[Score]:
    """Score each grade, rounded down, that has at least a hundred vehicles."""
    whole = grade.floor()
    found = []
    for value in whole.drop_nulls().unique().sort().to_list():
        rows = (whole == value).fill_null(value=False)
        if rows.sum() >= 100:
            price = hidden["sellingprice"].filter(rows)
            found += [
                score(f"{k}, grade {value:g}", f.filter(rows), price) for k, f in made.items()
            ]
    return found


def scores(made: dict[str, pl.DataFrame], hidden: pl.DataFrame) -> dict[str, Score]:
    """Score every prediction of :func:`predictions` against the hidden prices."""
    return {name: score(name, frame, hidden["sellingprice"]) for name, frame in made.items()}
