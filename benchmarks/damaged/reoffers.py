"""What the last bid on a lot says of the next one, when it is offered again.

The earlier bid is a statement of the unit's value like any other: how far such statements err, and
how much of what sets a unit apart they see, is learnt from lots that came back before the cut, and
the unit's own shock is updated by it. What is foretold of the new bid, over the old one, is then
held against what was bid.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

import residual
from benchmarks.values.columns import Floats
from benchmarks.values.forecasts import LEVELS
from residual import AppraisalPriors, ResidualModel
from residual.scoring import mean_pinball

#: Levels whose shares of bids below are told.
TOLD: Final = (0.1, 0.5, 0.9)
#: A bid errs by about as much as bidders do, and apart from the one before.
_PRIORS: Final = AppraisalPriors(desk_error=0.3, stage_bias=0.2, together=0.0)
_LEVELS: Final = np.array(LEVELS)


@dataclass(frozen=True, slots=True)
class Reoffers:
    """Lots that came back: what was foretold, and what became of them, n rows.

    Attributes
    ----------
    before, bid : float64[n]
        ln of the last bid of the offering before, and of this one.
    heard, alone : float64[n, k]
        Quantiles of ln bid at `LEVELS`, the bid before known and not.
    """

    before: Floats
    bid: Floats
    heard: Floats
    alone: Floats


def pairs(rows: pl.DataFrame) -> pl.DataFrame:
    """Offerings with a bid whose offering before had one too, with `bid_before` and its day."""
    before = {"run_before": "run", "bid_before": "price", "bid_on": "offered_on"}
    known = rows.sort("vehicle_id", "run").with_columns(
        pl.col(column).shift(1).over("vehicle_id").alias(name) for name, column in before.items()
    )
    return known.filter(pl.col("run_before") == pl.col("run") - 1).drop("run_before")


def foretell(model: ResidualModel, rows: pl.DataFrame, cut: dt.date, until: dt.date) -> Reoffers:
    """Foretell the bids on lots that came back from a cut to another.

    Parameters
    ----------
    model : ResidualModel
        Learnt from the offerings before the cut.
    rows : polars.DataFrame
        As of `benchmarks.damaged.lots.damaged`.
    cut, until : datetime.date
    """
    # a lot keeps its traits, so each offering goes by its own name
    again = pairs(rows).with_columns(vehicle_id="sale_id")
    offered = pl.col("offered_on")
    past = rows.filter(offered < cut).with_columns(vehicle_id="sale_id").drop("run")
    told = again.filter(offered < cut)
    appraisers = residual.learn_appraisers(model, past, _statements(told), _PRIORS)
    judged = again.filter(offered >= cut, offered < until)
    units = judged.drop("price", "run", "bid_before", "bid_on", "sale_id")
    heard = residual.predict_appraised(
        model, units, "offered_on", _statements(judged), appraisers, LEVELS
    )
    alone = model.predict(units, "offered_on", quantiles=LEVELS)
    return Reoffers(
        np.log(judged["bid_before"].to_numpy()),
        np.log(judged["price"].to_numpy()),
        *(np.log(table.select(pl.col("^q.*$")).to_numpy()) for table in (heard, alone)),
    )


def _statements(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select(
        "vehicle_id",
        stage=pl.lit("bid"),
        appraised_on="bid_on",
        value="bid_before",
        appraiser=pl.lit(None, dtype=pl.String),
    )


def measured(parts: Sequence[Reoffers]) -> dict[str, float]:
    """Tell shares of bids below what was foretold, ratios seen and foretold, and pinball losses.

    Parameters
    ----------
    parts : sequence of Reoffers
        One for each cut.
    """
    before, bid = (np.concatenate([getattr(p, n) for p in parts]) for n in ("before", "bid"))
    heard, alone = (np.concatenate([getattr(p, n) for p in parts]) for n in ("heard", "alone"))
    ratio = np.exp(bid - before)
    # the ratios foretold for all lots together: each lot's quantiles, all as likely
    pooled = np.exp(heard - before[:, None]).ravel()
    out: dict[str, float] = {"lots": float(len(bid))}
    for level in TOLD:
        place = LEVELS.index(level)
        out[f"below {level:.0%}"] = float(np.mean(bid < heard[:, place]))
        out[f"ratio seen {level:.0%}"] = float(np.quantile(ratio, level))
        out[f"ratio foretold {level:.0%}"] = float(np.quantile(pooled, level))
    out["pinball, bid before known"] = 1000.0 * mean_pinball(bid, heard, _LEVELS)
    out["pinball, not known"] = 1000.0 * mean_pinball(bid, alone, _LEVELS)
    return out
