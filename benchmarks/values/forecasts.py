"""What each contender says of the units judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

import residual
from benchmarks.values.columns import Floats, Reader, log_price
from benchmarks.values.peer import Peer, Settings
from residual import ResidualModel

LEVELS: Final = tuple(round(0.05 * place, 2) for place in range(1, 20))
NAMES: Final = tuple(f"q{round(100 * level):02d}" for level in LEVELS)


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a contender says of n units.

    Attributes
    ----------
    quantiles : float64[n, k]
        Of ln price, at `LEVELS` where nothing else is said.
    point : float64[n] or None
        Of ln price by a model of its own, beside the median.
    """

    quantiles: Floats
    point: Floats | None = None

    def frame(self) -> pl.DataFrame:
        """Return a column for the point forecast, if any, and one for each quantile."""
        point = {} if self.point is None else {"point": self.point}
        return pl.DataFrame({**point, **dict(zip(NAMES, self.quantiles.T, strict=True))})

    @classmethod
    def of(cls, frame: pl.DataFrame) -> Forecast:
        """Read what `frame` wrote."""
        point = frame["point"].to_numpy() if "point" in frame.columns else None
        return cls(frame.select(NAMES).to_numpy(), point)


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found to be best for a peer's point forecast, and for its quantiles."""

    point: Settings
    quantiles: Settings


def peer_forecast(
    peer: Peer,
    found: Found,
    learnt: pl.DataFrame,
    judged: pl.DataFrame,
    threads: int,
    guide: bool = False,
) -> Forecast:
    """Learn a peer's point forecast and its quantiles, and forecast `judged`."""
    return Forecast(
        peer_quantiles(peer, found.quantiles, learnt, judged, threads, guide),
        peer_point(peer, found.point, learnt, judged, threads, guide),
    )


def peer_point(
    peer: Peer,
    settings: Settings,
    learnt: pl.DataFrame,
    judged: pl.DataFrame,
    threads: int,
    guide: bool = False,
) -> Floats:
    """Learn a peer's point forecast alone, and forecast ln price of `judged`."""
    reader = Reader.learn(learnt, guide, settings["joined"], settings["ratio"])
    table, asked = reader.read(learnt), reader.read(judged)
    point = peer.point(table, log_price(learnt) - table.base, settings, threads)
    return point(asked) + asked.base


def peer_quantiles(
    peer: Peer,
    settings: Settings,
    learnt: pl.DataFrame,
    judged: pl.DataFrame,
    threads: int,
    guide: bool = False,
    levels: Sequence[float] = LEVELS,
) -> Floats:
    """Learn a peer's quantiles alone, and forecast those of ln price of `judged`."""
    reader = Reader.learn(learnt, guide, settings["joined"], settings["ratio"])
    table, asked = reader.read(learnt), reader.read(judged)
    quantiles = peer.quantiles(table, log_price(learnt) - table.base, settings, levels, threads)
    return quantiles(asked) + asked.base[:, None]


def our_model(learnt: pl.DataFrame, guide: bool = False) -> ResidualModel:
    """Fit our model."""
    return residual.fit(learnt if guide else learnt.drop("guide_value", strict=False))


def ask(
    model: ResidualModel,
    judged: pl.DataFrame,
    guide: bool = False,
    levels: Sequence[float] = LEVELS,
) -> Forecast:
    """Forecast `judged`, each unit on the day of its sale, by a model of ours."""
    aside = ["price"] if guide else ["price", "guide_value"]
    units = judged.drop(*aside, "vehicle_id", strict=False).rename({"sale_id": "vehicle_id"})
    told = model.predict(units, on="offered_on", quantiles=levels)
    names = [name for name in told.columns if name.startswith("q")]
    return Forecast(np.log(told.select(names).to_numpy()))
