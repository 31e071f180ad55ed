"""The card of a value model: what it says of ordinary vehicles, and how well it has done."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from residual.card.curves import curves
from residual.card.largest import kinds_of_effects, largest_effects
from residual.drifting import drift_of_trial

if TYPE_CHECKING:
    from residual.model import ResidualModel


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What a person should see before trusting a model; make one with `ResidualModel.card`.

    Attributes
    ----------
    as_of : datetime.date
        Of the model.
    facts : dict of int
        Rows read and sales used.
    curves : polars.DataFrame
        Value against age, odometer and grade; see `residual.card.curves.curves`.
    kinds : polars.DataFrame
        How far each kind of effect moves vehicles apart; see
        `residual.card.largest.kinds_of_effects`.
    effects : polars.DataFrame
        The levels of each family furthest from their parent; see
        `residual.card.largest.largest_effects`.
    calibration : polars.DataFrame
        As `ResidualModel.calibration`.
    market : polars.DataFrame
        As `ResidualModel.market_path`.
    drift : polars.DataFrame
        How the forecasts of the trial went from week to week; see `residual.drift`.
    notes : tuple of str
        What the user should know about the fit.
    """

    as_of: dt.date
    facts: dict[str, int]
    curves: pl.DataFrame
    kinds: pl.DataFrame
    effects: pl.DataFrame
    calibration: pl.DataFrame
    market: pl.DataFrame
    drift: pl.DataFrame
    notes: tuple[str, ...]

    def summary(self) -> str:
        """Tell the card in a few lines."""
        every = self.calibration.row(0, named=True)
        moved = ", ".join(
            f"{row['effect']} ± {row['spread']:.0%}" for row in self.kinds.head(5).to_dicts()
        )
        kept = (
            f"{every['inside_90']:.1%} (± {every['inside_90_error']:.1%}) of {every['sales']:,} "
            "later prices inside the 90 % interval; half of the forecasts within "
            f"{every['median_absolute_error']:.1%}"
        )
        lines = [
            f"value model as of {self.as_of.isoformat()}, {self.facts['sales used']:,} sales",
            f"what moves values most (standard deviation): {moved}",
            kept,
        ]
        last = self.drift.filter(pl.col("dimension") == "all").tail(1)
        return "\n".join([*lines, *last["statement"].to_list(), *self.notes])


def model_card(model: ResidualModel) -> ModelCard:
    """Return the card of a model.

    Parameters
    ----------
    model : ResidualModel
    """
    return ModelCard(
        model.as_of,
        dict(model.counts),
        curves(model),
        kinds_of_effects(model),
        largest_effects(model),
        model.calibration(),
        model.market_path(),
        drift_of_trial(model),
        model.notes,
    )
