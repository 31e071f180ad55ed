"""Packages of offers, taken together or not at all, against every assignment there is."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from auction.allocation import Stop, allocate
from auction.options import Options
from auction.risk import CVaR


def package(least: int, most: tuple[int, ...], name: str = "P") -> pl.DataFrame:
    count = len(most)
    return pl.DataFrame(
        {
            "offer_id": [f"O{number}" for number in range(count)],
            "min_units": [0] * count,
            "max_units": most,
            "package": [name] * count,
            "package_min_units": [least] * count,
        }
    )


def best_of_all(options: Options, offers: pl.DataFrame, weight: float) -> tuple[float, set[int]]:
    """The best objective over all assignments, and how many units the package then takes."""
    net = np.einsum("or,ors->os", options.coefficient, options.basis[options.group])
    use, limits = options.use.toarray(), [resource.limit for resource in options.resources]
    rows = options.frame.to_dicts()
    own = [np.flatnonzero(options.vehicle == v) for v in range(len(options.vehicle_ids))]
    found: dict[float, set[int]] = {}
    for plan in itertools.product(*own):
        picked = [rows[option]["offer_id"] for option in plan]
        counts = [picked.count(name) for name in offers["offer_id"]]
        if any(n > most for n, most in zip(counts, offers["max_units"], strict=True)):
            continue
        if 0 < sum(counts) < offers["package_min_units"][0]:
            continue
        if (use[:, plan].sum(axis=1) > np.array(limits) + 1e-9).any():
            continue
        total = np.sort(net[list(plan)].sum(axis=0))
        worst = total[: max(round(0.25 * total.size), 1)].mean()
        value = round((1.0 - weight) * total.mean() + weight * worst, 6)
        found.setdefault(value, set()).add(sum(counts))
    best = max(found)
    return best, found[best]


@pytest.mark.parametrize("weight", [0.0, 0.4])
@pytest.mark.parametrize("seed", range(20))
def test_the_best_plan_with_a_package(
    seed: int, weight: float, make_options: Callable[..., Options]
) -> None:
    options = make_options(seed, vehicles=5, events=2, offers=2, tight=0.6)
    rng = np.random.default_rng(seed)
    offers = package(int(rng.integers(2, 6)), tuple(int(n) for n in rng.integers(1, 4, 2)))
    plan = allocate(options, risk=CVaR(0.75, weight), offers=offers, stop=Stop(0.0, 60.0, 1e9))
    best, _ = best_of_all(options, offers, weight)
    assert plan.status == "optimal"
    assert plan.objective == pytest.approx(best, rel=1e-9)
    taken = options.frame["offer_id"][plan.chosen].is_not_null().sum()
    assert taken == 0 or taken >= offers["package_min_units"][0]


def test_the_instances_take_packages_and_leave_them(make_options: Callable[..., Options]) -> None:
    """The package is worth it in some of the instances above, binds in some, fails in others."""
    kinds = []
    for seed in range(20):
        options = make_options(seed, vehicles=5, events=2, offers=2, tight=0.6)
        rng = np.random.default_rng(seed)
        offers = package(int(rng.integers(2, 6)), tuple(int(n) for n in rng.integers(1, 4, 2)))
        _, units = best_of_all(options, offers, 0.0)
        least = offers["package_min_units"][0]
        kinds.append("none" if 0 in units else "just" if least in units else "more")
    assert min(kinds.count(kind) for kind in ("none", "just")) >= 3


def test_prices_of_a_package_are_told(make_options: Callable[..., Options]) -> None:
    options = make_options(3, vehicles=5, events=2, offers=2, tight=0.6)
    table = allocate(options, offers=package(2, (3, 3), "FLEET")).shadow_prices
    told = table.filter(pl.col("label") == "package FLEET")
    assert told["kind"].to_list() == ["offer_maximum", "offer_minimum"]
    assert told["limit"].to_list() == [6.0, 2.0]


def test_a_package_of_one_is_no_minimum(make_options: Callable[..., Options]) -> None:
    options = make_options(3, vehicles=5, events=2, offers=2, tight=0.6)
    free = package(1, (3, 3)).drop("package", "package_min_units")
    assert allocate(options, offers=package(1, (3, 3))).objective == pytest.approx(
        allocate(options, offers=free).objective
    )
