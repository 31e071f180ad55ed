"""Residual values: fit, predict and simulate what a vehicle will fetch."""

from __future__ import annotations

import logging

from residual.distribution import UnitShock
from residual.errors import DisposalError, Fault, InputError
from residual.fitting import fit
from residual.keeping import load, load_time_to_sale
from residual.model import ResidualModel
from residual.priors import Priors
from residual.scenarios import ValueBook, simulate
from residual.time_to_sale import TimeToSale, fit_time_to_sale

logging.getLogger(__name__).addHandler(logging.NullHandler())

__all__ = [
    "DisposalError",
    "Fault",
    "InputError",
    "Priors",
    "ResidualModel",
    "TimeToSale",
    "UnitShock",
    "ValueBook",
    "fit",
    "fit_time_to_sale",
    "load",
    "load_time_to_sale",
    "simulate",
]
