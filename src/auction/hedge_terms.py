"""The table of hedges: what may be bought to pass price risk on, and on which conditions."""

from __future__ import annotations

import dataframely as dy
import polars as pl

from auction.hedges import HEDGE_KINDS, LAYER_KINDS
from auction.hedges.layers import COVERAGES
from auction.table_columns import both_or_neither, choice
from residual.tables import told

#: What the insured sum of a unit may be a share of.
INSURED_ON = ("forecast", "guide")
_INSURANCE = ("insured_on", "deductible", "max_payout", "min_grade")


def _of(*kinds: str) -> pl.Expr:
    return pl.col("kind").is_in(list(kinds))


class Hedges(dy.Schema):
    """An instrument that passes price risk on."""

    hedge_id = dy.String(min_length=1, **told("short name of the instrument", "UF88"))
    kind = choice(
        *HEDGE_KINDS,
        description="unit_floor: a floor under one unit; insurance: residual-value insurance of "
        "one unit, on conditions; index_put: a put on a series of index; stop_loss: pays what "
        "many units together fall short of an agreed sum; quota_share: cedes a share of what they "
        "bring for that share of an agreed sum",
        example="unit_floor",
    )
    series = dy.String(nullable=True, **told("series of index that an index_put pays on", "market"))
    strike = dy.Float64(
        min_exclusive=0.0,
        **told(
            "floor, stop-loss and quota share: share of the forecast that is agreed; insurance: "
            "insured sum as a share of insured_on; put: share of the index today",
            "0.88",
            "share",
        ),
    )
    expiry = dy.Date(
        nullable=True,
        **told(
            "index put: day it pays; unit floor: last day of a unit's first run, whose further "
            "runs and fallback stay covered; insurance: day by which all runs and the fallback "
            "have to be over",
            "2026-07-27",
            "date",
        ),
    )
    premium = dy.Float64(
        min=0.0,
        **told(
            "floor: share of the forecast; insurance: share of insured_on; put: money a lot; "
            "stop-loss and quota share: money for the whole, paid at once",
            "0.11",
            "share, or money",
        ),
    )
    lot = dy.Float64(
        min_exclusive=0.0,
        **told("notional amount of a lot of a put; 1 for any other", "1", "money per lot"),
    )
    limit = dy.Float64(
        min=0.0,
        **told(
            "lots or units on offer; stop-loss and quota share: most that is made good, before "
            "its share, in money",
            "60",
            "lots or units, or money",
        ),
    )
    counterparty = dy.String(min_length=1, **told("who has to pay", "Insurer A"))
    share = dy.Float64(
        nullable=True,
        min_exclusive=0.0,
        max=1.0,
        **told("stop-loss and quota share: share ceded; 1 where not given", "0.9", "share"),
    )
    coverage_by = choice(
        *COVERAGES,
        nullable=True,
        description="stop-loss and quota share: property that tells what is covered; every "
        "vehicle where not given",
        example="segment",
    )
    coverage = dy.String(
        nullable=True, **told("value of that property which is covered", "electric")
    )
    menu = dy.String(
        nullable=True,
        **told(
            "stop-loss and quota share: entries of the menu that it is part of, separated by ;. "
            "One entry is taken whole, or none; without a name it is an entry of its own",
            "with cars; alone",
        ),
    )
    insured_on = choice(
        *INSURED_ON,
        nullable=True,
        description="insurance: what the insured sum is a share of; forecast where not given",
        example="guide",
    )
    deductible = dy.Float64(
        nullable=True,
        min=0.0,
        max_exclusive=1.0,
        **told(
            "insurance: share of the insured sum that the owner bears; none where not given",
            "0.05",
            "share",
        ),
    )
    max_payout = dy.Float64(
        nullable=True,
        min_exclusive=0.0,
        max=1.0,
        **told(
            "insurance: most that is paid for a unit, as a share of the insured sum; no limit "
            "where not given",
            "0.3",
            "share",
        ),
    )
    min_grade = dy.Float64(
        nullable=True,
        min=1.0,
        max=5.0,
        **told(
            "insurance: lowest condition grade that is insured; a unit without a grade is not",
            "3",
            "grade 1-5",
        ),
    )

    @dy.rule()
    def index_put_expires(cls) -> pl.Expr:
        """Give an index put the date at which it pays."""
        return ~_of("index_put") | pl.col("expiry").is_not_null()

    @dy.rule()
    def coverage_complete(cls) -> pl.Expr:
        """Give the property and its value, or neither."""
        return both_or_neither("coverage_by", "coverage")

    @dy.rule()
    def layer_pays(cls) -> pl.Expr:
        """Let a layer make something good."""
        return ~_of(*LAYER_KINDS) | (pl.col("limit") > 0.0)

    @dy.rule()
    def layer_terms(cls) -> pl.Expr:
        """Give share, coverage and menu to a layer alone."""
        given = [pl.col(name).is_not_null() for name in ("share", "coverage_by", "menu")]
        return _of(*LAYER_KINDS) | ~pl.any_horizontal(given)

    @dy.rule()
    def insurance_terms(cls) -> pl.Expr:
        """Give the conditions of insurance to insurance alone."""
        given = [pl.col(name).is_not_null() for name in _INSURANCE]
        return _of("insurance") | ~pl.any_horizontal(given)
