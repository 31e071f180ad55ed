"""How far prices fall where many alike are offered at one sale, as past offerings show it.

With n own lots of a model at a sale, ln price is lower by ``elasticity * ln n``. What each price
lies off its forecast is compared within sales and within models: the day of a sale and the worth of
a model, however badly they are foretold, so drop out, and only that a model's number differs from
sale to sale tells anything. The estimate is joined with the prior that stands where little is told.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import ndtr

from residual.curves import Floats
from residual.features import ages
from residual.model import ResidualModel
from residual.tables import Sales, with_optional_columns

#: Prior of the elasticity, normal. No figure was found; 0 to -0.1 is what may be expected, which
#: is the middle nine tenths of this.
PRIOR_MEAN: Final = -0.05
PRIOR_SD: Final = 0.03
#: Prior standard deviation of how venues differ from each other. Assumed.
VENUE_SD: Final = 0.02
#: Less of a say than this for the offerings, and they are told to identify nothing.
LEAST_SAY: Final = 0.2
#: Rounds in which means of sales and of models are taken out in turn, and where they end.
_ROUNDS: Final = 500
_STILL: Final = 1e-10


@dataclass(frozen=True, slots=True)
class OwnVolume:
    """How prices fall with the number of own lots of a model at a sale.

    Attributes
    ----------
    elasticity : float
        Of the price to the number, in (-1, 0]; the mean of the posterior.
    estimate, error : float
        What the offerings alone say, and its standard error; NaN and infinite where nothing.
    say : float
        Weight of the offerings against the prior, in [0, 1].
    by_venue : dict of str to float
        Elasticity of venues whose own offerings tell something, shrunk to that of all.
    """

    elasticity: float
    estimate: float = math.nan
    error: float = math.inf
    say: float = 0.0
    by_venue: Mapping[str, float] = field(default_factory=dict)

    @property
    def identified(self) -> bool:
        """Whether the offerings have a say worth the name."""
        return self.say >= LEAST_SAY

    def at(self, venue_id: str) -> float:
        """Return the elasticity at a venue, that of all venues where nothing is known of it."""
        return self.by_venue.get(venue_id, self.elasticity)

    @property
    def note(self) -> str:
        """What was found, in a sentence."""
        if not self.identified:
            return (
                "how prices fall where many alike are offered is not identified by past "
                f"offerings: an elasticity of {self.elasticity:.3f} rests on the prior"
            )
        return (
            f"prices fall with the number of own lots of a model at a sale: elasticity "
            f"{self.elasticity:.3f}; the offerings alone say {self.estimate:.3f}, "
            f"error {self.error:.3f}"
        )


def own_volume(model: ResidualModel, sales: pl.DataFrame) -> OwnVolume:
    """Estimate how prices fall with the number of own lots of a model at a sale.

    Parameters
    ----------
    model : ResidualModel
        Fitted on the sales.
    sales : polars.DataFrame
        Past offerings, as in `residual.tables.Sales`; those of auctions with a venue count.

    Returns
    -------
    OwnVolume

    Notes
    -----
    Weighted least squares of ``ln price - forecast`` on ``ln n`` with an effect for each sale and
    each model, weights by the scale of each unit; the standard error is robust to errors that lots
    of one model at one sale share (Liang and Zeger 1986). Prices of lots that did not sell are not
    known: where a full sale leaves more unsold, the fall is underrated. A number that the seller
    chose for the day, more where prices were expected to be high, biases it as well.
    """
    lots = _lots(model, sales)
    prior = 1.0 / PRIOR_SD**2
    estimate, error = _slope(lots)
    told = _information(error)
    mean = (PRIOR_MEAN * prior + (estimate * told if told else 0.0)) / (prior + told)
    elasticity = _below_nought(mean, 1.0 / math.sqrt(prior + told))
    venues: dict[str, float] = {}
    for (venue,), own in lots.group_by("venue_id", maintain_order=True):
        here, off = _slope(own)
        seen, common = _information(off), 1.0 / VENUE_SD**2
        if seen:
            centre = (mean * common + here * seen) / (common + seen)
            venues[str(venue)] = _below_nought(centre, 1.0 / math.sqrt(common + seen))
    return OwnVolume(elasticity, estimate, error, told / (prior + told), venues)


def _information(error: float) -> float:
    return 1.0 / error**2 if math.isfinite(error) and error > 0.0 else 0.0


def _below_nought(mean: float, sd: float) -> float:
    """Return the mean of a normal held between -1 and 0: a price cannot rise with the number."""
    low, high = (-1.0 - mean) / sd, -mean / sd
    mass = float(ndtr(high) - ndtr(low))
    if mass < 1e-12:
        return min(max(mean, -1.0), 0.0)
    density = (math.exp(-0.5 * low**2) - math.exp(-0.5 * high**2)) / math.sqrt(2.0 * math.pi)
    return mean + sd * density / mass


def _lots(model: ResidualModel, sales: pl.DataFrame) -> pl.DataFrame:
    """Sold lots: venue_id, sale and model as numbers, log_n, off (ln price off its forecast), w."""
    known = with_optional_columns(sales, Sales).filter(
        pl.col("channel").fill_null("auction") == "auction",
        pl.col("venue_id").is_not_null(),
        pl.col("offered_on").is_not_null(),
    )
    key = ["venue_id", "offered_on"]
    group = pl.concat_str(
        pl.col("make", "model").str.strip_chars().str.to_lowercase(), separator=" "
    )
    counted = known.with_columns(_group=group).with_columns(_n=pl.len().over(*key, "_group"))
    sold = counted.filter(
        pl.col("outcome").fill_null("sold") == "sold", pl.col("price") > 0.0
    ).sort(*key, "_group", "sale_id")
    days = sold["offered_on"].cast(pl.Int32).to_numpy().astype(np.int64)
    believed = np.isfinite(ages(sold, days))
    sold, days = sold.filter(pl.Series(believed)), days[believed]
    if sold.is_empty():
        return pl.DataFrame(
            schema={"venue_id": pl.String, "sale": pl.Int64, "model": pl.Int64,
                    "log_n": pl.Float64, "off": pl.Float64, "w": pl.Float64}
        )  # fmt: skip
    place = model.locate(sold, days)
    return sold.select(
        "venue_id",
        sale=pl.struct(key).rank("dense").cast(pl.Int64),
        model=pl.col("_group").rank("dense").cast(pl.Int64),
        log_n=pl.col("_n").cast(pl.Float64).log(),
        off=pl.col("price").cast(pl.Float64).log() - pl.Series(place.log_hammer),
        w=pl.Series(1.0 / place.scale**2),
    )


def _slope(lots: pl.DataFrame) -> tuple[float, float]:
    """Return slope and standard error; NaN and infinite where nothing varies."""
    nothing = (math.nan, math.inf)
    if lots.height < 3:
        return nothing
    sale, kind = (_codes(lots[name]) for name in ("sale", "model"))
    weight = lots["w"].to_numpy()
    columns = np.stack([lots["log_n"].to_numpy(), lots["off"].to_numpy()])
    x, y = _without_means(columns, weight / weight.mean(), (sale, kind))
    weight = weight / weight.mean()
    varies = float(weight @ x**2)
    spare = lots.height - int(sale.max()) - int(kind.max()) - 2
    if varies < 1e-6 * lots.height or spare < 1:
        return nothing
    slope = float((weight * x) @ y) / varies
    cell = _codes(pl.Series(sale * (int(kind.max()) + 1) + kind))
    score = np.bincount(cell, weights=weight * x * (y - slope * x))
    cells = int((np.bincount(cell, weights=weight * x**2) > 1e-9).sum())
    if cells < 3:
        return nothing
    spread = cells / (cells - 1) * (lots.height - 1) / spare
    return slope, math.sqrt(spread * float(score @ score)) / varies


def _codes(values: pl.Series) -> NDArray[np.int64]:
    return values.rank("dense").cast(pl.Int64).to_numpy() - 1


def _without_means(
    columns: Floats, weight: Floats, groups: tuple[NDArray[np.int64], ...]
) -> Floats:
    """Take weighted means of groups out in turn until none is left (alternating projections)."""
    out = columns.copy()
    totals = [np.bincount(group, weights=weight) for group in groups]
    for _ in range(_ROUNDS):
        moved = 0.0
        for group, total in zip(groups, totals, strict=True):
            for row in out:
                mean = np.bincount(group, weights=weight * row) / total
                row -= mean[group]
                moved = max(moved, float(np.abs(mean).max()))
        if moved < _STILL:
            break
    return out
