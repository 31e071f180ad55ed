"""The worth of options of other fleets at the prices that a plan has found."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from auction.allocation import Constraints
from auction.allocation.request import compile_problem
from auction.cash import READ, cash_by
from auction.channels.predicates import COPY
from auction.hedges import Hedges
from auction.options import Options
from auction.plan import Plan
from auction.risk import CVaR

_Array = NDArray[np.float64]
#: How the label of a limit begins: its units depend on the fleet.
_UNITS = re.compile(r"^at most \d+ (units of |vehicles )")


@dataclass(frozen=True, slots=True)
class Request:
    """What a plan was asked for beside its options, as for :func:`auction.allocate`.

    Parameters
    ----------
    constraints : Constraints
    hedges : Hedges
    overrides, offers : polars.DataFrame, optional
    """

    constraints: Constraints
    hedges: Hedges
    overrides: pl.DataFrame | None = None
    offers: pl.DataFrame | None = None


@dataclass(frozen=True, slots=True)
class Pricing:
    """Prices of everything scarce, by name, and weights of the scenarios.

    Parameters
    ----------
    weights : float64[n]
        Of each scenario in the measure at the plan.
    scarce : dict of float
        Price of a unit by resource.
    ruled : dict of float
        Price of a unit by kind and label of any other rule; what an offer's minimum takes off
        counts below zero.
    request : Request
    """

    weights: _Array
    scarce: dict[str, float]
    ruled: dict[tuple[str, str], float]
    request: Request

    @classmethod
    def of(cls, plan: Plan, request: Request) -> Pricing:
        """Read the prices of a plan."""
        allocation, resources = plan.allocation, plan.options.resources
        rows = allocation.shadow_prices.select("kind", "label", "price").rows()
        scarce = {
            resource.resource_id: float(row[2])
            for resource, row in zip(resources, rows, strict=False)
        }
        ruled: dict[tuple[str, str], float] = {}
        for kind, label, price in rows[len(resources) :]:
            sign = -1.0 if kind == "offer_minimum" else 1.0
            ruled[kind, _plain(label)] = sign * float(price)
        # the weights are of the proceeds, the prices of the objective, which counts a floor too
        whole = 1.0 + sum(price for (kind, _), price in ruled.items() if kind == "floor")
        scarce = {name: price / whole for name, price in scarce.items()}
        ruled = {rule: price / whole for rule, price in ruled.items()}
        return cls(allocation.charges.weights, scarce, ruled, request)

    def worth(self, options: Options) -> _Array:
        """Return the worth of each option less the price of what it uses.

        Parameters
        ----------
        options : Options
            Of any fleet on the same market, dates and scenarios.

        Returns
        -------
        float64[m]
            Money; -inf for an option that the rules bar.
        """
        asked = self.request
        rules = replace(asked.constraints, cash=())
        problem = compile_problem(
            options, rules, CVaR(), asked.hedges, self._overrides(options), asked.offers
        )
        known = len(options.resources)
        caps = [self.scarce.get(resource.resource_id, 0.0) for resource in options.resources]
        caps += [
            self.ruled.get((rule.kind, _plain(rule.label)), 0.0) for rule in problem.rules[known:]
        ]
        tolls = [
            self.ruled.get(("offer_maximum", _plain(minimum.label)), 0.0)
            + self.ruled.get(("offer_minimum", _plain(minimum.label)), 0.0)
            for minimum in problem.minimums
        ]
        net = problem.choices.worths(
            np.arange(problem.column.size),
            options.moments(self.weights),
            np.array(caps, dtype=np.float64),
            np.array(tolls, dtype=np.float64),
        )
        # what vehicles fall short of their best is no measure across copies: cash itself is
        if asked.constraints.cash:
            frame = options.table.rows(problem.column, READ)
            for target in asked.constraints.cash:
                net += self.ruled.get(("cash", target.label), 0.0) * cash_by(frame, target.by)
        out = np.full(options.vehicle.size, -np.inf)
        out[problem.column] = net
        return out

    def _overrides(self, options: Options) -> pl.DataFrame | None:
        """Return the desk's word on each vehicle, said again of every copy of it."""
        if self.request.overrides is None:
            return None
        names = pl.DataFrame({"_copy": list(options.vehicle_ids)}).with_columns(
            vehicle_id=pl.col("_copy").str.split(COPY).list.first()
        )
        said = self.request.overrides.join(
            names, on="vehicle_id", how="inner", maintain_order="left_right"
        )
        return said.drop("vehicle_id").rename({"_copy": "vehicle_id"})


def _plain(label: str) -> str:
    return _UNITS.sub("", label)
