"""When money comes in: what an option is expected to bring by a day."""

from __future__ import annotations

from datetime import date
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

#: What tells when an option's money comes; see :data:`auction.channels.quotes.SCHEMA`.
TOLD: Final = ("paid_on", "offering_days", "sale_probability", "sale_chances", "redeemed")
#: What a sale brings, and what the buyer's side keeps of it.
_MONEY: Final = {"gross": 1.0, "hedge_payoff": 1.0, "fees": -1.0, "tax": -1.0, "returns": -1.0}
#: Columns of the options that cash is reckoned from.
READ: Final = (*TOLD, *_MONEY)


def cash_by(frame: pl.DataFrame, by: date) -> NDArray[np.float64]:
    """Return the money that each option is expected to bring by a day.

    An option is paid ``paid_on`` where it sells when first offered, and ``offering_days`` later
    for each further offering; the chances of the offerings paid by the day are added up. A sale
    is taken to bring the option's mean, whichever offering it comes from: its price less fees,
    tax and what returns are expected to cost, with what a guarantee pays, not discounted and
    before the seller's own expenses. An option without a day of payment, such as keeping a unit
    back, brings nothing; nor does a unit that is redeemed before, as what its borrower then pays
    does not hang on the plan.

    Parameters
    ----------
    frame : polars.DataFrame, m rows
        Options, as :attr:`auction.Options.frame` describes them.
    by : date
        The last day that counts.

    Returns
    -------
    float64[m]
        Money, not below zero.

    Raises
    ------
    ValueError
        When the options do not tell when they are paid.
    """
    lacking = [name for name in READ if name not in frame.columns]
    if lacking:
        raise ValueError(f"the options do not tell when money comes: no column {lacking[0]}")
    waited = (pl.lit(by) - pl.col("paid_on")).dt.total_days()
    further = (waited / pl.col("offering_days")).floor().fill_null(0.0)
    paid = pl.when(waited >= 0).then(1.0 + further).otherwise(0.0).cast(pl.Int64)
    once = pl.col("sale_probability").fill_null(1.0) * (paid > 0)
    by_offering = pl.col("sale_chances").list.head(paid).list.sum()
    chance = pl.when(pl.col("sale_chances").is_null()).then(once).otherwise(by_offering)
    money = pl.sum_horizontal(sign * pl.col(name).fill_null(0.0) for name, sign in _MONEY.items())
    stays = 1.0 - pl.col("redeemed").fill_null(0.0)
    told = frame.select(cash=chance.fill_null(0.0) * stays * money)["cash"].to_numpy()
    return np.asarray(np.maximum(told, 0.0))
