"""The tier of its venue's fees that the price of an option falls into."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import polars as pl

from auction.market import Market

#: Columns that tell the tier, all null where a venue charges in one way at every price.
FEE_TIER: Final = ["fee_above", "fee_up_to", "fee_fixed", "fee_share"]
_CHANNELS: Final = ("auction", "dealer", "dismantling")


def with_fee_tiers(options: pl.DataFrame, market: Market) -> pl.DataFrame:
    """Return options with the tier that the fee of a sale at the expected price is of.

    Parameters
    ----------
    options : polars.DataFrame
        Columns channel, venue_id, offer_id, gross and reserve.
    market : Market
        Knows the fees.

    Returns
    -------
    polars.DataFrame
        The options with fee_above and fee_up_to (the tier holds for prices above the one, up to
        the other; null for no end), fee_fixed (money) and fee_share (of the price). The price is
        the expected one, on consignment the one first asked; what the dealer of a consignment
        keeps by its offer is not counted. All are null where the venue has no tiers.
    """
    asked = options["offer_id"].is_in(market.offers_of("consignment")["offer_id"].implode())
    price = (
        options.select(pl.when(asked.fill_null(value=False)).then("reserve").otherwise("gross"))
        .to_series()
        .to_numpy()
    )
    found = np.full((options.height, len(FEE_TIER)), np.nan)
    for channel in _CHANNELS:
        fees = market.sale_fees(channel)
        here = (options["channel"] == channel).to_numpy()
        if fees.tiers == 1 or not here.any():
            continue
        venue = market.positions(channel, options["venue_id"].filter(here))
        tier = fees.tier(venue, price[here])
        ends = np.append(fees.above[:, 1:], np.full((fees.above.shape[0], 1), np.inf), axis=1)
        told = [fees.above[venue, tier], ends[venue, tier], *fees.terms(venue, price[here])]
        found[here] = np.where(fees.count[venue, None] > 1, np.stack(told, axis=1), np.nan)
    found[np.isinf(found)] = np.nan
    columns = zip(FEE_TIER, found.T, strict=True)
    return options.with_columns(pl.Series(name, each).fill_nan(None) for name, each in columns)


def fee_words(choice: Mapping[str, Any]) -> str | None:
    """Tell the tier of an option's fee in words; None where its venue has no tiers."""
    above, up_to = choice.get("fee_above"), choice.get("fee_up_to")
    if above is None:
        return None
    fixed, share = choice["fee_fixed"], choice["fee_share"]
    parts = [f"{fixed:,.10g}"] if fixed or not share else []
    parts += [f"{100.0 * share:.4g}% of the price"] if share else []
    ends = [f"above {above:,.10g}"] if above or up_to is None else []
    ends += [f"up to {up_to:,.10g}"] if up_to is not None else []
    return f"fee {' and '.join(parts)} for prices {' and '.join(ends)}"
