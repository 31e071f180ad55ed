"""What venues charge at a price: schedules in tiers, as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from auction.fee_rules import MOST_TIERS, broken_rules, refuse
from auction.fee_terms import NO_SALE, SALE, Fees
from auction.venue_terms import Venues
from residual.errors import Fault, InputError
from residual.tables import with_optional_columns

_Floats = NDArray[np.float64]


class Tier(NamedTuple):
    """A fee for prices above a threshold: fixed + rate · price, of the whole price."""

    above: float
    fixed: float
    rate: float


@dataclass(frozen=True, slots=True)
class FeeSchedules:
    """The fees of N venues, each in up to J tiers.

    Tier j holds for above[j] < price <= above[j + 1] and charges fixed[j] + rate[j] · price. A
    price of 0 or less belongs to the first tier.

    Parameters
    ----------
    above, fixed, rate : float64[N, J], C-contiguous
        Thresholds, ``above[:, 0]`` being 0, money and share. A venue with fewer tiers is filled
        up with thresholds of infinity that charge nothing and hold for no price.
    """

    above: _Floats
    fixed: _Floats
    rate: _Floats

    @property
    def tiers(self) -> int:
        """Largest number of tiers of any venue, J; 1 where none has tiers."""
        return int(self.above.shape[1])

    @property
    def count(self) -> NDArray[np.int64]:
        """Number of tiers of each venue, int64[N]."""
        return np.asarray(np.isfinite(self.above).sum(axis=1), dtype=np.int64)

    def tier(self, venue: NDArray[np.int64], price: _Floats) -> NDArray[np.int64]:
        """Return the tier of each price.

        Parameters
        ----------
        venue : int64[m]
            Positions among the venues.
        price : float64[m, ...]
            Money; what is not a number is of the first tier.

        Returns
        -------
        int64 of the shape of ``price``
        """
        place = np.zeros(price.shape, dtype=np.int64)
        for threshold in self.above[venue, 1:].T:
            place += price > _along(threshold, price)
        return place

    def terms(self, venue: NDArray[np.int64], price: _Floats) -> tuple[_Floats, _Floats]:
        """Return what is charged at each price: money, and share of the price.

        Parameters
        ----------
        venue : int64[m]
            Positions among the venues.
        price : float64[m, ...]
            Money.

        Returns
        -------
        fixed, rate : float64 of the shape of ``price``
        """
        if self.tiers == 1:
            fixed, rate = (_along(each[venue, 0], price) for each in (self.fixed, self.rate))
            return np.broadcast_to(fixed, price.shape), np.broadcast_to(rate, price.shape)
        tier, row = self.tier(venue, price), _along(venue, price)
        return self.fixed[row, tier], self.rate[row, tier]

    def fee(self, venue: NDArray[np.int64], price: _Floats) -> _Floats:
        """Return the fee at each price, money.

        Parameters
        ----------
        venue : int64[m]
            Positions among the venues.
        price : float64[m, ...]
            Money; the fee of what is not a number is none either.

        Returns
        -------
        float64 of the shape of ``price``
        """
        fixed, rate = self.terms(venue, price)
        return np.asarray(rate * price + fixed)

    def excess(self, venue: NDArray[np.int64], price: _Floats) -> _Floats:
        """Return by how much the fee at each price exceeds that by the terms of the first tier.

        What is linear in the price can be summed over prices by their sum; this is the rest,
        exactly 0 where there is one tier.

        Parameters
        ----------
        venue : int64[m]
            Positions among the venues.
        price : float64[m, ...]
            Money.

        Returns
        -------
        float64 of the shape of ``price``
        """
        if self.tiers == 1:
            return np.zeros(price.shape)
        fixed, rate = (_along(each[venue, 0], price) for each in (self.fixed, self.rate))
        return np.asarray(self.fee(venue, price) - (rate * price + fixed))

    def at(self, venue: int, rate: float = 0.0) -> FeeSchedules:
        """Return the schedule of one venue alone, with a further share of every price."""
        kept = int(self.count[venue])
        above, fixed, own = (each[[venue], :kept] for each in (self.above, self.fixed, self.rate))
        return FeeSchedules(above, fixed, own + rate)


def _along(values: NDArray[Any], price: _Floats) -> NDArray[Any]:
    """Shape one value for each row of prices so that it meets all of them."""
    return values.reshape(-1, *(1,) * (price.ndim - 1))


def sale_fees(venues: pl.DataFrame, fees: pl.DataFrame | None) -> FeeSchedules:
    """Return what venues charge for a sale, by the price.

    A venue with rows for sales in ``fees`` charges by these alone, every other one its
    ``fee_sale`` and ``fee_rate``; ``fee_least`` and ``fee_most`` bound either, by further tiers.

    Parameters
    ----------
    venues : polars.DataFrame, N rows
        Columns of :class:`auction.tables.Venues`.
    fees : polars.DataFrame, optional
        Columns of :class:`auction.fee_terms.Fees`; rows of other venues are passed over.

    Returns
    -------
    FeeSchedules
        N rows in the order of ``venues``.

    Raises
    ------
    InputError
        Where a schedule does not start at 0, states a tier twice, falls with the price, has
        more than 15 tiers, or is bounded by a least fee above the most.
    """
    venues = with_optional_columns(venues, Venues)
    tiers = _stated(venues, fees, SALE)
    ladders, faults = [], []
    for venue in venues.iter_rows(named=True):
        own = tiers.get(venue["venue_id"], [Tier(0.0, venue["fee_sale"], venue["fee_rate"])])
        least, most = venue["fee_least"], venue["fee_most"]
        ladder = _bounded(own, least, most)
        ladders.append(ladder)
        faults += _bound_faults(venue["venue_id"], least, most, len(ladder))
    if faults:
        raise InputError(faults)
    return _stacked(ladders)


def no_sale_fees(venues: pl.DataFrame, fees: pl.DataFrame | None) -> FeeSchedules:
    """Return what venues charge for an offering that does not sell, by its reserve.

    A venue with rows for no-sales in ``fees`` charges by these alone, every other one its
    ``fee_no_sale``.

    Parameters
    ----------
    venues : polars.DataFrame, N rows
        Columns of :class:`auction.tables.Venues`.
    fees : polars.DataFrame, optional
        Columns of :class:`auction.fee_terms.Fees`; rows of other venues are passed over.

    Returns
    -------
    FeeSchedules
        N rows in the order of ``venues``.

    Raises
    ------
    InputError
        Where a schedule does not start at 0, states a tier twice, falls with the reserve, or has
        more than 15 tiers.
    """
    tiers = _stated(venues, fees, NO_SALE)
    rows = venues.select("venue_id", "fee_no_sale").iter_rows()
    return _stacked([tiers.get(name, [Tier(0.0, plain, 0.0)]) for name, plain in rows])


def _stated(
    venues: pl.DataFrame, fees: pl.DataFrame | None, occasion: str
) -> dict[str, list[Tier]]:
    """Return the tiers of the venues that the table states any for, by venue, in order."""
    if fees is None or fees.is_empty():
        return {}
    there = with_optional_columns(fees, Fees).with_row_index("position").filter(
        pl.col("venue_id").is_in(venues["venue_id"].implode()),
        pl.col("charged_on").fill_null(SALE) == occasion,
    )  # fmt: skip
    refuse(broken_rules(there))
    found: dict[str, list[Tier]] = {}
    columns = ("venue_id", "above", "fee", "rate")
    for name, *tier in there.sort("above").select(columns).fill_null(0.0).iter_rows():
        found.setdefault(name, []).append(Tier(*tier))
    return found


def _bounded(tiers: Sequence[Tier], least: float | None, most: float | None) -> list[Tier]:
    """Return tiers whose fee is no less and no more; a tier that crosses a bound is split."""
    bounds = [bound for bound in (least, most) if bound is not None]
    if not bounds:
        return list(tiers)
    pieces: list[Tier] = []
    for (above, fixed, rate), end in zip(
        tiers, [*(t.above for t in tiers[1:]), np.inf], strict=True
    ):
        crossings = {(bound - fixed) / rate for bound in bounds if rate > 0.0}
        edges = [above, *sorted(edge for edge in crossings if above < edge < end), end]
        for low, high in pairwise(edges):
            middle = 2.0 * low + 1.0 if np.isinf(high) else (low + high) / 2.0
            charged = fixed + rate * middle
            if least is not None and charged < least:
                piece = Tier(low, least, 0.0)
            elif most is not None and charged > most:
                piece = Tier(low, most, 0.0)
            else:
                piece = Tier(low, fixed, rate)
            if not pieces or pieces[-1][1:] != piece[1:]:
                pieces.append(piece)
    return pieces


def _bound_faults(name: str, least: float | None, most: float | None, tiers: int) -> list[Fault]:
    place: dict[str, Any] = {"file": "venues", "value": name, "column": "fee_least"}
    if least is not None and most is not None and least > most:
        rule, remedy = "must not be above fee_most", "lower fee_least or raise fee_most"
        return [Fault(rule, remedy=remedy, **place)]
    if tiers > MOST_TIERS:
        rule = f"with its bounds the fees of a sale have {tiers} tiers, more than {MOST_TIERS}"
        return [Fault(rule, remedy="join tiers of the table of fees", **place)]
    return []


def _stacked(ladders: Sequence[Sequence[Tier]]) -> FeeSchedules:
    """Put the tiers of venues one under the other, filled up at the end."""
    widest = max((len(ladder) for ladder in ladders), default=1)
    shape = (len(ladders), widest)
    above, fixed, rate = np.full(shape, np.inf), np.zeros(shape), np.zeros(shape)
    for row, ladder in enumerate(ladders):
        above[row, : len(ladder)], fixed[row, : len(ladder)], rate[row, : len(ladder)] = zip(
            *ladder, strict=True
        )
    return FeeSchedules(above, fixed, rate)
