"""What a venue charges by the price of a lot: the table of fees."""

from __future__ import annotations

from typing import Final

import dataframely as dy

from auction.table_columns import choice
from residual.tables import told

#: What a fee is charged on: a sale, or an offering that does not end in one.
SALE: Final = "sale"
NO_SALE: Final = "no_sale"


class Fees(dy.Schema):
    """A tier of a venue's fees: what is charged for prices above a threshold."""

    venue_id = dy.String(min_length=1, **told("venue that charges it", "DAL"))
    charged_on = choice(
        SALE,
        NO_SALE,
        nullable=True,
        description="sale: in place of fee_sale and fee_rate of the venue; no_sale: in place of "
        "its fee_no_sale; sale where not given",
        example="sale",
    )
    above = dy.Float64(
        min=0.0,
        **told(
            "the tier holds for prices above this, up to the next tier; for no_sale: for "
            "reserves above this. The first tier starts at 0, and there are 15 at most",
            "10000",
            "money",
        ),
    )
    fee = dy.Float64(
        min=0.0,
        **told(
            "what is charged in this tier; a dearer unit pays no less than a cheaper one",
            "265",
            "money",
        ),
    )
    rate = dy.Float64(
        nullable=True,
        min=0.0,
        max=1.0,
        **told(
            "charged besides, in proportion to the whole price, not to what exceeds the "
            "threshold; nothing where not given",
            "0.01",
            "share of the price, of the reserve for no_sale",
        ),
    )
