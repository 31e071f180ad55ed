"""The market a fleet is quoted on: its places, dates, terms and the rules of the house."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

import numpy as np
import polars as pl
from numpy.typing import NDArray

from auction.fee_rules import refuse, unknown_venues
from auction.fee_schedule import FeeSchedules, no_sale_fees, sale_fees
from auction.fee_terms import NO_SALE, SALE
from auction.offer_terms import Offers
from auction.returns import Returns
from auction.workspace.config import AuctionRules, Costs, Dismantling
from residual import OwnVolume, TimeToSale
from residual.tables import with_optional_columns


@dataclass(frozen=True, slots=True)
class Market:
    """Where and on what terms vehicles can be turned into money.

    Tables have the columns of :mod:`auction.tables`; a channel without rows is off.

    Parameters
    ----------
    venues : polars.DataFrame
        Auction sites, dealers and dismantlers.
    fees : polars.DataFrame, optional
        Fees in tiers, by venue; without rows a venue charges by its own columns.
    events, offers, reconditioning, parts, tariffs, hedges, holds : polars.DataFrame, optional
        Dated slots, bids of dealers, work before a sale, parts lists, lanes, instruments, legal
        bars.
    commitments : polars.DataFrame, optional
        What vehicles are dispatched or promised to; slots that others have, units promised and
        hedges bought are taken off the tables, see :mod:`auction.commitments`.
    sales : polars.DataFrame, optional
        Past offerings; their numbers of bidders tell how busy a venue is.
    time_to_sale : TimeToSale, optional
        How long units stand on a dealer's list; required where an offer is a consignment.
    own_volume : OwnVolume, optional
        How prices fall where many units of a model are offered at one event; without it they do
        not.
    weeks : int
        Horizon: nothing is sold later than this many weeks after the planning date.
    costs, auction, dismantling : sections of the settings
        Costs and rules; each field has a documented default.
    """

    venues: pl.DataFrame
    fees: pl.DataFrame | None = None
    events: pl.DataFrame | None = None
    offers: pl.DataFrame | None = None
    reconditioning: pl.DataFrame | None = None
    parts: pl.DataFrame | None = None
    tariffs: pl.DataFrame | None = None
    hedges: pl.DataFrame | None = None
    holds: pl.DataFrame | None = None
    commitments: pl.DataFrame | None = None
    sales: pl.DataFrame | None = None
    time_to_sale: TimeToSale | None = None
    own_volume: OwnVolume | None = None
    weeks: int = 8
    costs: Costs = field(default_factory=Costs)
    auction: AuctionRules = field(default_factory=AuctionRules)
    dismantling: Dismantling = field(default_factory=Dismantling)
    _schedules: dict[tuple[str, str], FeeSchedules] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        if self.weeks < 1:
            raise ValueError(f"weeks must be at least 1, not {self.weeks}")

    def places(self, channel: str) -> pl.DataFrame:
        """Return the venues of one channel in the order of the table."""
        return self.venues.filter(pl.col("channel") == channel)

    def positions(self, channel: str, venue_ids: pl.Series) -> NDArray[np.int64]:
        """Return where named venues stand among the places of a channel, int64[m]."""
        named = pl.DataFrame({"venue_id": venue_ids.cast(pl.String)})
        places = self.places(channel).select("venue_id").with_row_index("place")
        found = named.join(places, on="venue_id", how="left", maintain_order="left")
        return found["place"].cast(pl.Int64).to_numpy()

    def sale_fees(self, channel: str) -> FeeSchedules:
        """Return what the venues of one channel charge for a sale, in the order of ``places``.

        Raises
        ------
        InputError
            Where the table of fees names an unknown venue or breaks its rules.
        """
        return self._fees_of(channel, SALE)

    def no_sale_fees(self, channel: str) -> FeeSchedules:
        """Return what the venues of one channel charge for a no-sale, in the order of ``places``.

        Raises
        ------
        InputError
            Where the table of fees names an unknown venue or breaks its rules.
        """
        return self._fees_of(channel, NO_SALE)

    def _fees_of(self, channel: str, occasion: str) -> FeeSchedules:
        """Work a schedule out once: options are quoted block by block."""
        if (channel, occasion) not in self._schedules:
            if self.fees is not None:
                refuse(unknown_venues(self.fees, self.venues))
            built = sale_fees if occasion == SALE else no_sale_fees
            self._schedules[channel, occasion] = built(self.places(channel), self.fees)
        return self._schedules[channel, occasion]

    def returns(self, channel: str) -> Returns:
        """Return what returns after arbitration cost the venues of one channel, as ``places``."""
        return Returns.of(self.places(channel))

    def offers_of(self, kind: str) -> pl.DataFrame:
        """Return the offers of one kind, as ``auction.tables.OFFER_KINDS``, in the table's order.

        An offer that does not tell its kind is a standing one.
        """
        if self.offers is None:
            return _no_offers()
        offers = with_optional_columns(self.offers, Offers)
        return offers.filter(pl.col("kind").fill_null("standing") == kind)


@cache
def _no_offers() -> pl.DataFrame:
    """Return a table of offers without a row; every block of a fleet asks for it."""
    return Offers.create_empty()
