"""What a policy is asked to decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from auction.allocation.constraints import Constraints
from auction.allocation.problem import Problem
from auction.allocation.request import Compiled, compile_problem
from auction.cash import READ, cash_by
from auction.hedges import Hedges
from auction.options import Options
from auction.risk import CVaR
from auction.situation import Situation


@dataclass(frozen=True)
class Task:
    """A fleet to be placed, without hedges: policies are compared by what they do with vehicles.

    Parameters
    ----------
    options : Options
        What can be done with each vehicle.
    constraints, risk, overrides, offers
        As for :func:`auction.allocation.allocate`.
    damaged : bool[V], optional
        Vehicles that a damage auction is for, as `Situation.damaged` tells them.
    accepts : mapping of str to str
        What each venue takes: any, sound or damaged.
    within_km : float
        How far a damage auction may lie.
    available : sequence of date, length V, optional
        When each vehicle can go; None first.
    guide : float64[V], optional
        What a price guide, or else the forecast, gives each vehicle, money.
    compiled : Compiled, optional
        A compiled request of the same fleet, such as a plan's; taken over where it asks for the
        same: without hedges and without cash by a date.
    """

    options: Options
    constraints: Constraints = field(default_factory=Constraints)
    risk: CVaR = field(default_factory=CVaR)
    overrides: pl.DataFrame | None = None
    offers: pl.DataFrame | None = None
    damaged: NDArray[np.bool_] | None = None
    accepts: Mapping[str, str] = field(default_factory=dict)
    within_km: float = 300.0
    available: Sequence[date | None] | None = None
    guide: NDArray[np.float64] | None = None
    compiled: Compiled | None = None

    @classmethod
    def of(
        cls,
        situation: Situation,
        options: Options,
        constraints: Constraints,
        risk: CVaR,
        overrides: pl.DataFrame | None,
        offers: pl.DataFrame | None,
        compiled: Compiled | None = None,
    ) -> Task:
        """Return the task that a fleet on its market amounts to; arguments as above."""
        venues, vehicles = situation.market.venues, situation.vehicles
        accepts = venues["accepts"].fill_null("any")
        forecast = pl.Series(situation.forecast)
        return cls(
            options,
            constraints,
            risk,
            overrides,
            offers,
            damaged=situation.damaged,
            accepts=dict(zip(venues["venue_id"].to_list(), accepts, strict=True)),
            within_km=situation.market.auction.damaged_distance_km,
            available=vehicles["available_from"].to_list(),
            guide=vehicles["guide_value"].fill_null(forecast).to_numpy(),
            compiled=compiled,
        )

    @cached_property
    def problem(self) -> Problem:
        """The task as arrays: what pins, bans and the largest sacrifice leave open, and caps.

        No habit knows how to reach cash by a date: `missed` tells by how much a plan misses it.
        """
        rules = replace(self.constraints, cash=())
        return compile_problem(
            self.options, rules, self.risk, Hedges(), self.overrides, self.offers,
            compiled=self.compiled,
        )  # fmt: skip

    def missed(self, taken: NDArray[np.int64], cvar: float) -> list[str]:
        """Return what a plan misses of cash targets and of the floor, in words.

        Parameters
        ----------
        taken : int64[V]
            Option of each vehicle.
        cvar : float
            Mean of the worst share of its proceeds, money.
        """
        risk, words = self.risk, []
        frame = self.options.table.rows(taken, READ) if self.constraints.cash else pl.DataFrame()
        for target in self.constraints.cash:
            cash = float(cash_by(frame, target.by).sum())
            if cash < target.amount:
                words.append(f"{target.label} of {target.amount:,.2f}: {cash:,.2f} is reached")
        if risk.missed(cvar) > 0.0:
            words.append(f"{risk.floor_words}: {cvar:,.2f} is reached")
        return words
