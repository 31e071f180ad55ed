"""Disposal channels, allocation and plans for a fleet of vehicles."""

from __future__ import annotations

import logging
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from auction.allocation import Allocation, CashTarget, Constraints, Limit, Stop
    from auction.cluster import Cluster
    from auction.errors import (
        ClusterError,
        InfeasibleError,
        MissingExtraError,
        RunFolderError,
        UnknownVehicleError,
    )
    from auction.hedges import Hedges, build_hedges
    from auction.inspection import Inspection, worth_of_inspecting
    from auction.market import Market
    from auction.option_table import OptionTable
    from auction.options import Options, Resource
    from auction.plan import Plan, allocate
    from auction.quoting import quote, quote_blocks
    from auction.risk import CVaR
    from auction.situation import planning_dates

# Where each public name is found when it is first used: the command line answers --help without
# loading a solver.
_HOMES = {
    "Allocation": "auction.allocation",
    "CVaR": "auction.risk",
    "CashTarget": "auction.allocation",
    "Cluster": "auction.cluster",
    "ClusterError": "auction.errors",
    "Constraints": "auction.allocation",
    "Hedges": "auction.hedges",
    "InfeasibleError": "auction.errors",
    "Inspection": "auction.inspection",
    "Limit": "auction.allocation",
    "Market": "auction.market",
    "MissingExtraError": "auction.errors",
    "OptionTable": "auction.option_table",
    "Options": "auction.options",
    "Plan": "auction.plan",
    "Resource": "auction.options",
    "RunFolderError": "auction.errors",
    "Stop": "auction.allocation",
    "UnknownVehicleError": "auction.errors",
    "allocate": "auction.plan",
    "build_hedges": "auction.hedges",
    "planning_dates": "auction.situation",
    "quote": "auction.quoting",
    "quote_blocks": "auction.quoting",
    "worth_of_inspecting": "auction.inspection",
}

logging.getLogger(__name__).addHandler(logging.NullHandler())

__all__ = [
    "Allocation",
    "CVaR",
    "CashTarget",
    "Cluster",
    "ClusterError",
    "Constraints",
    "Hedges",
    "InfeasibleError",
    "Inspection",
    "Limit",
    "Market",
    "MissingExtraError",
    "OptionTable",
    "Options",
    "Plan",
    "Resource",
    "RunFolderError",
    "Stop",
    "UnknownVehicleError",
    "allocate",
    "build_hedges",
    "planning_dates",
    "quote",
    "quote_blocks",
    "worth_of_inspecting",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'auction' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
