"""Residual values: fit, predict and simulate what a vehicle will fetch."""

from __future__ import annotations

import logging

from residual.appraisal import Appraised, appraise, appraised_book, predict_appraised
from residual.appraisal_priors import AppraisalPriors
from residual.appraisers import Appraisers, learn_appraisers
from residual.backtesting import Backtest, backtest
from residual.card import ModelCard
from residual.course import forecast, forecast_blocks
from residual.distribution import UnitShock, second_highest_moments
from residual.drifting import drift
from residual.errors import DisposalError, Fault, InputError
from residual.explanation import Explanation
from residual.fitting import fit
from residual.frailty import hazard_of, unsold_share
from residual.haggling import Haggling, haggling
from residual.keeping import load, load_time_to_sale
from residual.loan_alarms import Alarm
from residual.model import ResidualModel
from residual.own_volume import OwnVolume, own_volume
from residual.priors import Priors
from residual.redescribed import redescribe
from residual.scenarios import ValueBook, simulate
from residual.secured import Collateral, collateral
from residual.statement_parts import Prospects, error_beyond, prospects
from residual.time_to_sale import TimeToSale, fit_time_to_sale

logging.getLogger(__name__).addHandler(logging.NullHandler())

__all__ = [
    "Alarm",
    "AppraisalPriors",
    "Appraised",
    "Appraisers",
    "Backtest",
    "Collateral",
    "DisposalError",
    "Explanation",
    "Fault",
    "Haggling",
    "InputError",
    "ModelCard",
    "OwnVolume",
    "Priors",
    "Prospects",
    "ResidualModel",
    "TimeToSale",
    "UnitShock",
    "ValueBook",
    "appraise",
    "appraised_book",
    "backtest",
    "collateral",
    "drift",
    "error_beyond",
    "fit",
    "fit_time_to_sale",
    "forecast",
    "forecast_blocks",
    "haggling",
    "hazard_of",
    "learn_appraisers",
    "load",
    "load_time_to_sale",
    "own_volume",
    "predict_appraised",
    "prospects",
    "redescribe",
    "second_highest_moments",
    "simulate",
    "unsold_share",
]
