"""Amounts in another currency than the workspace's, where a column tells the currency."""

from __future__ import annotations

from typing import Final

from auction.workspace.mapping import as_text
from auction.workspace.rows import ROW, TableRead

#: Our name of the column, for a mapping; and how owners call it.
COLUMN: Final = "currency"
NAMES: Final = frozenset(
    {"currency", "currency_code", "ccy", "währung", "devise", "moneda", "货币", "币种"}
)

#: What is written in place of a code, and the currencies that it may stand for.
SIGNS: Final[dict[str, tuple[str, ...]]] = {
    "$": ("USD", "CAD", "AUD", "NZD", "HKD", "SGD", "MXN"),
    "US$": ("USD",),
    "€": ("EUR",),
    "EURO": ("EUR",),
    "£": ("GBP",),
    "¥": ("CNY", "JPY"),
    "￥": ("CNY", "JPY"),
    "RMB": ("CNY",),
    "CNH": ("CNY",),
    "元": ("CNY",),
    "人民币": ("CNY",),
}


def reject_other_currencies(table: TableRead, currency: str) -> None:
    """Note rows whose currency is not the workspace's; the column is no feature of a vehicle.

    Parameters
    ----------
    table : TableRead
        Any table; where no column of its file is called a currency nothing happens.
    currency : str
        Code of the workspace's currency.
    """
    owner = table.columns.get(COLUMN) or next(
        (name for name in table.raw.columns if name.strip().casefold() in NAMES), None
    )
    if owner is None:
        return
    table.frame = table.frame.drop(COLUMN, owner, strict=False)
    rows = table.frame[ROW]
    given = as_text(table.raw[owner].gather(rows - 1))
    code = given.str.strip_chars().str.to_uppercase()
    same = [currency, *(sign for sign, codes in SIGNS.items() if currency in codes)]
    other = code.is_not_null() & ~code.is_in(same)
    rule = f"must be in {currency}, the one currency of the workspace"
    remedy = "convert the amounts beforehand"
    table.reject(rows.filter(other), owner, rule, remedy, given.filter(other))
