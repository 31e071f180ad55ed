"""The allocator against every assignment there is."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from auction.allocation import Constraints, Limit, Stop, allocate
from auction.errors import InfeasibleError
from auction.hedges import Hedges, Position
from auction.options import Options
from auction.risk import CVaR


def tail_mean(outcomes: np.ndarray, alpha: float) -> np.ndarray:
    """Mean of the worst share of each row, by the definition."""
    count = outcomes.shape[-1]
    share = round((1.0 - alpha) * count, 9)
    ordered = np.sort(outcomes, axis=-1)
    whole = int(share)
    total = ordered[..., :whole].sum(axis=-1)
    if share > whole:
        total = total + (share - whole) * ordered[..., whole]
    return total / share


class Everything:
    """All assignments of a tiny fleet that keep the rules, judged one by one."""

    def __init__(
        self,
        options: Options,
        constraints: Constraints,
        risk: CVaR,
        hedges: Hedges,
        overrides: pl.DataFrame | None,
        offers: pl.DataFrame | None,
    ) -> None:
        self.options, self.constraints = options, constraints
        self.risk, self.hedges, self.overrides, self.offers = risk, hedges, overrides, offers
        self.rows = options.frame.to_dicts()
        self.net = np.einsum("or,ors->os", options.coefficient, options.basis[options.group])
        self.use = options.use.toarray()

    def allowed(self) -> list[list[int]]:
        choice: list[list[int]] = []
        for vehicle, name in enumerate(self.options.vehicle_ids):
            own = [o for o in range(len(self.rows)) if self.options.vehicle[o] == vehicle]
            pinned = False
            for word in [] if self.overrides is None else self.overrides.to_dicts():
                if word["vehicle_id"] != name:
                    continue
                keys = [k for k in ("venue_id", "channel", "event_id") if word.get(k) is not None]
                match = {o for o in own if all(self.rows[o][k] == word[k] for k in keys)}
                pinned |= word["action"] == "pin"
                own = [o for o in own if (o in match) == (word["action"] == "pin")]
            choice.append(self.reasonable(own) if not pinned else own)
        return choice

    def reasonable(self, own: list[int]) -> list[int]:
        rule = self.constraints
        if rule.sacrifice_rate is None and rule.sacrifice_amount is None:
            return own
        best = max(self.net[o].mean() for o in own)
        give = max((rule.sacrifice_rate or 0.0) * best, rule.sacrifice_amount or 0.0)
        return [
            o for o in own if self.net[o].mean() >= best - give or self.rows[o]["channel"] == "hold"
        ]

    def keeps(self, plan: tuple[int, ...], plannable: int) -> bool:
        taken = [self.rows[o] for o in plan]
        limits = np.array([resource.limit for resource in self.options.resources])
        if (self.use[:, plan].sum(axis=1) > limits + 1e-9).any():
            return False
        for offer in [] if self.offers is None else self.offers.to_dicts():
            units = sum(row["offer_id"] == offer["offer_id"] for row in taken)
            if units and not offer["min_units"] <= units <= offer["max_units"]:
                return False
        for hedge, most in self.hedges.floors.items():
            if sum(row["hedge_id"] == hedge for row in taken) > most:
                return False
        return all(self.within(limit, taken, plannable) for limit in self.constraints.limits)

    def within(self, limit: Limit, taken: list[dict[str, object]], plannable: int) -> bool:
        counts: dict[tuple[str, ...], int] = {}
        for row in taken:
            key = tuple(str(row[name]) for name in limit.columns)
            if row["channel"] == "hold" and key != ("hold",):
                continue
            counts[key] = counts.get(key, 0) + 1
        wanted = {limit.values} if limit.group is not None else set(counts) - {("hold",)}
        return all(counts.get(key, 0) <= limit.units(plannable) for key in wanted)

    def best(self) -> float:
        choice = self.allowed()
        plannable = sum(any(self.rows[o]["channel"] != "hold" for o in own) for own in choice)
        plans = [p for p in itertools.product(*choice) if self.keeps(p, plannable)]
        if not plans:
            return -np.inf
        totals = self.net[np.array(plans)].sum(axis=1)
        best = -np.inf
        menus = [range(position.lots + 1) for position in self.hedges.positions]
        for lots in itertools.product(*menus):
            hedged = totals + sum(
                lot * position.payoff
                for lot, position in zip(lots, self.hedges.positions, strict=True)
            )
            blend = (1.0 - self.risk.weight) * hedged.mean(axis=1)
            blend = blend + self.risk.weight * tail_mean(hedged, self.risk.alpha)
            best = max(best, float(blend.max()))
        return best


def request_of(seed: int, draw: Callable[..., Options]) -> dict[str, object]:
    """A random request; which rules take part varies with the seed."""
    rng = np.random.default_rng(1000 + seed)
    options = draw(
        seed,
        vehicles=int(rng.integers(3, 6)),
        events=2,
        terms=int(rng.integers(1, 3)),
        offers=int(rng.integers(0, 2)),
        floors=int(rng.integers(0, 2)),
        scenarios=int(rng.choice([7, 10, 20])),
        reruns=bool(rng.integers(2)),
        tight=float(rng.uniform(0.3, 1.2)),
    )
    limits = []
    if rng.random() < 0.4:
        limits.append(Limit("segment", max_units=int(rng.integers(1, 4))))
    if rng.random() < 0.3:
        limits.append(Limit("channel", group="auction", max_share=float(rng.choice([0.4, 0.6]))))
    if rng.random() < 0.3:
        limits.append(Limit("segment_week", max_units=1))
    if rng.random() < 0.3:
        limits.append(Limit("counterparty", group="bank", max_units=1))
    constraints = Constraints(
        limits=tuple(limits),
        sacrifice_rate=0.05 if rng.random() < 0.3 else None,
        sacrifice_amount=300.0 if rng.random() < 0.3 else None,
    )
    offers = None
    least = int(rng.integers(1, 4))
    if "O0" in options.frame["offer_id"].to_list():
        offers = pl.DataFrame(
            {"offer_id": ["O0"], "min_units": [least], "max_units": [least + int(rng.integers(2))]}
        )
    positions: tuple[Position, ...] = ()
    if rng.random() < 0.5:
        market = options.basis[0, 1]
        payoff = 4000.0 * np.maximum(-market, 0.0) - 4000.0 * float(np.maximum(-market, 0).mean())
        positions = (Position("P0", "bank", int(rng.integers(1, 6)), payoff * 1.02),)
    overrides = None
    if rng.random() < 0.4:
        overrides = pl.DataFrame(
            {
                "vehicle_id": ["V0000", "V0001"],
                "action": ["ban", "pin"],
                "venue_id": [options.frame["venue_id"][0], None],
                "channel": [None, str(rng.choice(["hold", "auction"]))],
            },
            schema_overrides={"venue_id": pl.String, "channel": pl.String},
        )
    risk = CVaR(float(rng.choice([0.5, 0.8, 0.95])), float(rng.choice([0.0, 0.3, 1.0])))
    return {
        "options": options,
        "constraints": constraints,
        "risk": risk,
        "hedges": Hedges({"F0": 1.0}, positions),
        "overrides": overrides,
        "offers": offers,
    }


@pytest.mark.parametrize("seed", range(60))
def test_optimum_is_that_of_brute_force(seed: int, make_options: Callable[..., Options]) -> None:
    request = request_of(seed, make_options)
    best = Everything(**request).best()
    if not np.isfinite(best):
        with pytest.raises(InfeasibleError):
            allocate(request.pop("options"), request.pop("constraints"), **request)
        return
    options, constraints = request.pop("options"), request.pop("constraints")
    found = allocate(options, constraints, **request, stop=Stop(gap=1e-9))
    assert found.objective == pytest.approx(best, rel=1e-8)
    assert found.bound >= found.objective
    assert found.bound == pytest.approx(best, rel=1e-7)


def test_the_requests_differ(make_options: Callable[..., Options]) -> None:
    """What brute force is compared on exercises each rule, some requests not being possible."""
    requests = [request_of(seed, make_options) for seed in range(60)]
    assert sum(r["offers"] is not None and r["offers"]["min_units"][0] > 1 for r in requests) > 5
    assert sum(bool(r["hedges"].positions) for r in requests) > 10
    assert sum(r["overrides"] is not None for r in requests) > 10
    for by in ("segment", "channel", "segment_week", "counterparty"):
        assert sum(any(x.by == by for x in r["constraints"].limits) for r in requests) > 5
    assert sum(r["constraints"].bounds_sacrifice for r in requests) > 10
