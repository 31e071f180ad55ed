"""The borrower's right to redeem a vehicle before it is sold: how likely, and what it pays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

#: What a hold is called that lasts as long as the right to redeem.
HOLD_KIND = "redemption"


@dataclass(frozen=True, slots=True)
class Redemption:
    """Which of V vehicles may be redeemed, until when, and for how much.

    A vehicle that is not sold before is redeemed with its chance, on any of the days up to the
    last as likely as on another. Nothing is known of when borrowers come: an even spread over the
    notice is assumed.

    Parameters
    ----------
    chance : float64[V]
        That it is redeemed by the last day if it is not sold before; 0 where it cannot be.
    last : int64[V]
        Days after the planning date up to which it can be, at least 1 where there is a chance.
    amount : float64[V]
        What is paid then, money of that day.
    """

    chance: NDArray[np.float64]
    last: NDArray[np.int64]
    amount: NDArray[np.float64]

    @classmethod
    def of(cls, vehicles: pl.DataFrame, as_of: date) -> Redemption | None:
        """Return the rights to redeem vehicles, None where none of them can be redeemed.

        Parameters
        ----------
        vehicles : polars.DataFrame, V rows
            redemption_chance, redeemable_until, and redemption_amount or else loan_balance.
        as_of : date
            Planning date; a right that has ended is none.
        """
        told = vehicles.select(
            chance=pl.col("redemption_chance").fill_null(0.0),
            last=(pl.col("redeemable_until") - pl.lit(as_of)).dt.total_days().fill_null(0),
            amount=pl.coalesce("redemption_amount", "loan_balance").fill_null(0.0),
        )
        last = told["last"].to_numpy().astype(np.int64)
        chance = np.where(last > 0, told["chance"].to_numpy(), 0.0)
        if not chance.any():
            return None
        return cls(chance, np.maximum(last, 1), told["amount"].to_numpy().astype(np.float64))

    def before(self, unit: NDArray[np.int64], days: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the chance that units are redeemed before a day, float64[m].

        Parameters
        ----------
        unit : int64[m]
            Positions in the fleet.
        days : int64[m]
            Days after the planning date.
        """
        return np.asarray(self.chance[unit] * self._passed(unit, days) / self.last[unit])

    def paid_before(
        self,
        unit: NDArray[np.int64],
        days: NDArray[np.int64],
        worth: NDArray[np.float64],
        holding: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Return what redemptions before a day are expected to bring, float64[m], money.

        Parameters
        ----------
        unit, days : int64[m]
            As for :meth:`before`.
        worth, holding : float64[D]
            Worth today of money of each day from day 1, and of keeping a unit until then; D is
            the last day at which any unit can be redeemed.
        """
        passed = self._passed(unit, days)
        worth_of, kept = (
            np.concatenate([[0.0], np.cumsum(each)])[passed] for each in (worth, holding)
        )
        each_day = self.chance[unit] / self.last[unit]
        return np.asarray(each_day * (self.amount[unit] * worth_of - kept))

    def drawn(self, unit: NDArray[np.int64], luck: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the day on which units are redeemed unless they are sold before, int64[b, n].

        Parameters
        ----------
        unit : int64[b]
            Positions in the fleet.
        luck : float64[b, n]
            Uniform in [0, 1).

        Returns
        -------
        int64[b, n]
            From 1 to ``last``; a day that never comes where they are not redeemed.
        """
        chance, last = self.chance[unit, None], self.last[unit, None]
        with np.errstate(divide="ignore", invalid="ignore"):
            day = np.floor(luck / chance * last)
        never = np.iinfo(np.int64).max
        there = luck < chance
        found = np.where(there, day, 0.0).astype(np.int64) + 1
        return np.where(there, np.minimum(found, last), never)

    def _passed(self, unit: NDArray[np.int64], days: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return how many days of the right lie before a day, int64[m]."""
        return np.asarray(np.clip(days - 1, 0, self.last[unit]))


def redemption_holds(vehicles: pl.DataFrame) -> pl.DataFrame:
    """Return a hold for each vehicle that can still be redeemed: vehicle_id, kind, until."""
    return vehicles.filter(
        pl.col("redemption_chance") > 0.0, pl.col("redeemable_until").is_not_null()
    ).select("vehicle_id", pl.lit(HOLD_KIND).alias("kind"), until="redeemable_until")
