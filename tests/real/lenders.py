"""Which sellers of the US wholesale file are lenders, told from their names alone.

The file names the seller of each lot and nothing else about it. A name counts as a lender's when
it matches one of the families below and none of the exceptions. The families were tuned on the
names and counts of the file; the calls that could have gone the other way:

* Agents that sell for many principals (Fiserv, GE, Primeritus, OneMain) count only where the
  principal behind the slash is itself a lender by name, or where the agent stands alone.
* Fleet managers (ARI, Wheels, Donlen, Mike Albert, GE Fleet Services) lease cars to companies,
  but their names do not say so: they stay out. "Lease Plan" says so and stays in.
* Makers that sell their own programme cars (Toyota Motor Sales, Kia Motors America) and rental
  firms (Hertz, Avis, Enterprise) are no lenders, nor are makers' pools such as GM Remarketing.
  TDAF Remarketing is TD Auto Finance, Nissan-Infiniti LT is a lease trust: both stay in.
* A dealer may call itself Capital Ford or American Bank Auto Liquidators: brand and trade words
  are exceptions, unless the captive's own name carries the brand (Chrysler Capital, Kia Motors
  Finance).
"""

from __future__ import annotations

from typing import Final

import polars as pl

#: Families of names, regular expressions over the lower-case name.
FAMILIES: Final[dict[str, str]] = {
    "bank or credit union": (
        r"\bbank\b|\bbancorp\b|\bcredit union\b|\bfcu\b|\bcu\b|\bsecu\b|wells fargo|\bchase\b"
        r"|suntrust|\busb\b|\bally\b"
    ),
    "captive": (
        r"\bfinancial services\b|\bmotor credit\b|\bmotors? finance\b|\bmotor acceptance\b"
        r"|chrysler capital|gm financial|vw credit|toyota credit|benz fin|nissan.infiniti lt"
        r"|ahfc|honda lease|world omni|tdaf"
    ),
    "finance company": (
        r"\bfinanc(e|ial|ing)\b|\bcredit\b|\bacceptance\b|\bcapital\b|\blending\b|\bloans?\b"
        r"|santander|titlemax|titlebucks|\bcarfinance\b|consumer portfolio|first investors"
        r"|national auto lenders"
    ),
    "leasing company": r"\bleas(e|es|ing)\b",
    "lender's agent": (
        r"^fiserv$|^onemain remarketing( services)?$|^primeritus remarketing$"
        r"|^repo remarketing\b"
    ),
}

#: Names that match a family but belong to a dealer, an auctioneer or a rental firm.
EXCEPTIONS: Final = (
    r"\bcapital (chrysler|ford|nissan|subaru|auto auction|fleet)\b|liquidat|\bsales\b|auto world"
    r"|loan mart|rent a car|rental|\bavis\b|\bbrac\b|budget|enterprise fm|\bmotors\b"
)

#: Captives whose name holds a word of the exceptions.
RESCUED: Final = r"motors finance\b|toyota financial services"


def is_lender(name: str) -> pl.Expr:
    """Whether the seller named in a column is a lender by the rule of this module."""
    seller = pl.col(name).str.to_lowercase()
    family = pl.any_horizontal(seller.str.contains(pattern) for pattern in FAMILIES.values())
    exempt = seller.str.contains(EXCEPTIONS) & ~seller.str.contains(RESCUED)
    return (family & ~exempt).fill_null(value=False)


def family_of(name: str) -> pl.Expr:
    """The first family that a lender's name matches; null for other sellers."""
    seller = pl.col(name).str.to_lowercase()
    first = pl.coalesce(
        pl.when(seller.str.contains(pattern)).then(pl.lit(family))
        for family, pattern in FAMILIES.items()
    )
    return pl.when(is_lender(name)).then(first)
