"""Instruments that pass risk on: per unit, on the market index, and on the whole of a portfolio."""

from auction.hedges.layers import Layer
from auction.hedges.offered import Entry, Hedges
from auction.hedges.positions import Position, index_put_payoff
from auction.hedges.reading import (
    HEDGE_KINDS,
    LAYER_KINDS,
    UNIT_KINDS,
    IndexPaths,
    build_hedges,
)

__all__ = [
    "HEDGE_KINDS",
    "LAYER_KINDS",
    "UNIT_KINDS",
    "Entry",
    "Hedges",
    "IndexPaths",
    "Layer",
    "Position",
    "build_hedges",
    "index_put_payoff",
]
