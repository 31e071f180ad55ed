"""What the metal in parts is worth: scrap by weight, precious metal by the prices of the day."""

from __future__ import annotations

from datetime import date
from typing import Final

import polars as pl

from auction.part_terms import Parts
from auction.workspace.config import Dismantling
from residual.errors import Fault, InputError
from residual.tables import PRECIOUS_METALS, with_optional_columns

#: Grams of a troy ounce, in which precious metal is quoted (BIPM, The International System of
#: Units; 480 grains of 64.79891 mg).
TROY_OUNCE_G: Final = 31.1034768


def content_worth(parts: pl.DataFrame, rules: Dismantling) -> pl.Series:
    """Return what the metal in each part is worth.

    ``weight_kg / 1000 * scrap_price + metal_recovery * sum(grams / 31.1034768 * price)``, in the
    prices of the planning date.

    Parameters
    ----------
    parts : polars.DataFrame
        Rows of ``Parts``.
    rules : Dismantling
        The prices, see :func:`with_metal_prices`.

    Returns
    -------
    polars.Series
        Money, 0 for a part of which no metal is stated.

    Raises
    ------
    InputError
        Where there is metal and no price, or no share that is paid for; all that lacks is told.
    """
    held = with_optional_columns(parts, Parts)
    faults: list[Fault] = []
    worth = pl.Series([0.0] * held.height, dtype=pl.Float64)
    if _stated(held, "weight_kg"):
        if rules.scrap_price is None:
            faults.append(_missing("scrap_price", "weight_kg", "set it in [dismantling]"))
        else:
            worth = worth + held["weight_kg"].fill_null(0.0) / 1000.0 * rules.scrap_price
    for metal in PRECIOUS_METALS:
        column, name = f"{metal}_g", f"{metal}_price"
        if not _stated(held, column):
            continue
        price = getattr(rules, name)
        if price is None:
            remedy = f"set it in [dismantling], or add the series {metal} to index"
            faults.append(_missing(name, column, remedy))
        elif rules.metal_recovery is not None:
            ounces = held[column].fill_null(0.0) / TROY_OUNCE_G
            worth = worth + ounces * price * rules.metal_recovery
    precious = [f"{metal}_g" for metal in PRECIOUS_METALS if _stated(held, f"{metal}_g")]
    if rules.metal_recovery is None and precious:
        faults.append(_missing("metal_recovery", precious[0], "set it in [dismantling]"))
    if faults:
        raise InputError(faults)
    return worth


def with_metal_prices(rules: Dismantling, index: pl.DataFrame | None, as_of: date) -> Dismantling:
    """Return the rules with the newest prices of metals that the settings leave open.

    Parameters
    ----------
    rules : Dismantling
    index : polars.DataFrame or None
        Series platinum, palladium and rhodium, money per troy ounce.
    as_of : datetime.date
        Values released later are not read.
    """
    if index is None or index.is_empty():
        return rules
    known = index.filter(
        pl.col("released_on").fill_null(pl.col("date")) <= as_of, pl.col("date") <= as_of
    ).sort("date", "released_on")
    found: dict[str, float] = {}
    for metal in PRECIOUS_METALS:
        values = known.filter(pl.col("series") == metal)["value"].drop_nulls()
        if getattr(rules, f"{metal}_price") is None and values.len():
            found[f"{metal}_price"] = float(values[-1])
    return rules.model_copy(update=found) if found else rules


def _stated(parts: pl.DataFrame, column: str) -> bool:
    return bool((parts[column].fill_null(0.0) > 0.0).any())


def _missing(setting: str, column: str, remedy: str) -> Fault:
    rule = f"{column} is given, but no {setting} is known"
    return Fault(rule, file="parts", column=column, remedy=remedy)
