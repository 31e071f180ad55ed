"""What a vehicle yields when it is taken apart: the table of parts."""

from __future__ import annotations

from typing import Any, Final

import dataframely as dy
import polars as pl

from auction.table_columns import both_or_neither, choice
from residual.tables import told

LEGAL_CLASSES = ("free", "five_assemblies", "traction_battery", "scrap", "not_for_sale")
#: The row of a parts list that stands for what is left of the vehicle.
HULK: Final = "hulk"


def _grams(metal: str, example: str) -> Any:
    """Return the column of a precious metal in a part, such as a catalytic converter."""
    return dy.Float64(
        nullable=True, min=0.0, **told(f"{metal} in it, worth {metal}_price", example, "g")
    )


class Parts(dy.Schema):
    """A part that can be taken off a vehicle of a model group."""

    group = dy.String(
        min_length=1,
        **told(
            "vehicles that yield the part: 'make model', a make, a body, or * for all",
            "Toyota Camry",
        ),
    )
    part = dy.String(
        min_length=1, **told("the part, or hulk for what is left", "catalytic converter")
    )
    price = dy.Float64(
        min=0.0,
        **told(
            "what it sells for, beside what its weight and its precious metal are worth",
            "220",
            "money per part",
        ),
    )
    weight_kg = dy.Float64(
        nullable=True,
        min=0.0,
        **told("scrap metal in it, such as that of the hulk, worth scrap_price", "1050", "kg"),
    )
    platinum_g = _grams("platinum", "1.2")
    palladium_g = _grams("palladium", "2.5")
    rhodium_g = _grams("rhodium", "0.3")
    days_to_cash = dy.Float64(
        nullable=True,
        min=0.0,
        **told(
            "from delivery to the mean sale of this part; by default that of the settings",
            "30",
            "days",
        ),
    )
    chance = dy.Float64(
        min=0.0, max=1.0, **told("chance that it is recovered and sold", "0.85", "share")
    )
    chance_light = dy.Float64(
        nullable=True,
        min=0.0,
        max=1.0,
        **told("chance on a vehicle with light damage; by default chance", "0.7", "share"),
    )
    chance_heavy = dy.Float64(
        nullable=True,
        min=0.0,
        max=1.0,
        **told(
            "chance on a vehicle with heavy damage, 0 for a part that does not survive it; by "
            "default chance_light, or else chance",
            "0.3",
            "share",
        ),
    )
    labour_hours = dy.Float64(min=0.0, **told("labour to take it off", "0.6", "hours"))
    market_units = dy.Float64(
        nullable=True,
        min_exclusive=0.0,
        **told(
            "how many sell at the price in this planning; each further so many sell for "
            "price_fall less; any number where not given, and of what is smelted",
            "12",
            "parts",
        ),
    )
    price_fall = dy.Float64(
        nullable=True,
        min=0.02,
        max=1.0,
        **told("fall of the price with each further market_units", "0.15", "share of the price"),
    )
    needs = dy.String(
        nullable=True, **told("parts to be removed first, parted by semicolons", "door;seat")
    )
    legal_class = choice(
        *LEGAL_CLASSES,
        description="what the law makes of it: free, five_assemblies, traction_battery, scrap for "
        "what is smelted at a price that moves with the scrap market, or not_for_sale for what "
        "nobody may sell and only comes off for the parts behind it",
        example="free",
    )

    @dy.rule()
    def fall_with_volume(cls) -> pl.Expr:
        """Say after how many parts the price falls, and by how much, or neither."""
        return both_or_neither("market_units", "price_fall")

    @dy.rule()
    def not_for_sale_unpriced(cls) -> pl.Expr:
        """Give no price to what may not be sold."""
        worth = pl.sum_horizontal("price", "weight_kg", "platinum_g", "palladium_g", "rhodium_g")
        return (pl.col("legal_class") != "not_for_sale") | (worth == 0.0)
