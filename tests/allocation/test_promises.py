"""Units promised, lots bought already and vehicles committed, against every assignment."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from auction.allocation import Stop, allocate
from auction.errors import InfeasibleError
from auction.hedges import Hedges, Position
from auction.option_table import OptionTable
from auction.options import Options
from auction.risk import CVaR

Drawn = Callable[..., Options]

EXACT = Stop(0.0, 60.0, 1e9)


def bids(least: int, most: int, promised: int, *, other_least: int = 0) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "offer_id": ["O0", "O1"],
            "min_units": [least, other_least],
            "max_units": [most, 5],
            "promised_units": [promised, None],
        }
    )


def best_of_all(
    options: Options, offers: pl.DataFrame, weight: float, payoff: np.ndarray, lots: tuple[int, int]
) -> float:
    """The best objective over all assignments and lots that keep every promise."""
    net = np.einsum("or,ors->os", options.coefficient, options.basis[options.group])
    use, limits = options.use.toarray(), [resource.limit for resource in options.resources]
    rows = options.frame.to_dicts()
    own = [np.flatnonzero(options.vehicle == v) for v in range(len(options.vehicle_ids))]
    found = -np.inf
    for plan in itertools.product(*own):
        picked = [rows[option]["offer_id"] for option in plan]
        kept = True
        for row in offers.to_dicts():
            count, promised = picked.count(row["offer_id"]), row["promised_units"] or 0
            least = max(row["min_units"], promised)
            kept &= count <= row["max_units"] and (count >= least or count == 0 == promised)
        if not kept or (use[:, plan].sum(axis=1) > np.array(limits) + 1e-9).any():
            continue
        for count in range(lots[0], lots[1] + 1):
            total = np.sort(net[list(plan)].sum(axis=0) + count * payoff)
            worst = total[: max(round(0.25 * total.size), 1)].mean()
            found = max(found, (1.0 - weight) * total.mean() + weight * worst)
    return found


@pytest.mark.parametrize("weight", [0.0, 0.4])
@pytest.mark.parametrize("seed", range(16))
def test_the_best_plan_that_keeps_its_promises(
    seed: int, weight: float, make_options: Drawn
) -> None:
    options = make_options(seed, vehicles=5, events=2, offers=2, tight=0.6)
    rng = np.random.default_rng(seed)
    open_to = options.frame.filter(pl.col("offer_id") == "O0")["vehicle_id"].n_unique()
    promised = int(rng.integers(1, max(2, open_to)))
    offers = bids(int(rng.integers(0, 3)), 5, promised, other_least=int(rng.integers(0, 3)))
    assert open_to >= max(promised, offers["min_units"][0])
    n = options.scenarios
    payoff = np.abs(rng.normal(0.0, 40.0, n)) - (60.0 if seed % 2 else 0.0)
    bought, most = (2, 2) if seed % 4 < 2 else (1, 4)
    held = Hedges(positions=(Position("P", "C", most, payoff, bought=bought),))
    plan = allocate(options, offers=offers, hedges=held, risk=CVaR(0.75, weight), stop=EXACT)
    best = best_of_all(options, offers, weight, payoff, (bought, most))
    assert plan.objective == pytest.approx(best, rel=1e-9)
    assert plan.bound == pytest.approx(best, rel=1e-7)
    taken = options.frame[plan.chosen]["offer_id"]
    assert (taken == "O0").sum() >= promised
    assert bought <= plan.positions[0] <= most


def test_a_promise_costs_what_nobody_would_give(make_options: Drawn) -> None:
    costs = []
    for seed in range(12):
        options = make_options(seed, vehicles=6, events=2, offers=2, tight=0.9)
        if options.frame.filter(pl.col("offer_id") == "O0")["vehicle_id"].n_unique() < 3:
            continue
        free = allocate(options, offers=bids(0, 6, 0), stop=EXACT)
        tied = allocate(options, offers=bids(0, 6, 3), stop=EXACT)
        costs.append(free.objective - tied.objective)
    assert len(costs) >= 4
    assert min(costs) >= -1e-6
    assert max(costs) > 1.0


def test_a_promise_that_cannot_be_kept_is_told(make_options: Drawn) -> None:
    options = make_options(3, vehicles=4, events=2, offers=2)
    with pytest.raises(InfeasibleError, match="offer O0 is promised at least 9 units"):
        allocate(options, offers=bids(0, 9, 9), stop=EXACT)
    none = options.frame["offer_id"].ne_missing("O0").to_numpy()
    kept = np.flatnonzero(none)
    fewer = Options(
        options.vehicle_ids, options.vehicle[kept], OptionTable.of(options.frame[kept]),
        options.coefficient[kept], options.group[kept], options.basis, options.use[:, kept],
        options.resources,
    )  # fmt: skip
    with pytest.raises(InfeasibleError, match="promised 2 units: no vehicle can go there"):
        allocate(fewer, offers=bids(0, 9, 2), stop=EXACT)


def test_committed_vehicles_go_where_they_were_sent(make_options: Drawn) -> None:
    options = make_options(5, vehicles=6, events=2, offers=2, tight=1.0)
    offered = options.frame.filter(pl.col("offer_id") == "O0")["vehicle_id"][0]
    words = pl.DataFrame(
        {
            "vehicle_id": ["V0001", offered], "action": ["commit", "commit"],
            "event_id": ["E1", None], "offer_id": [None, "O0"],
        }
    )  # fmt: skip
    plan = allocate(options, overrides=words, offers=bids(0, 6, 0), stop=EXACT)
    frame = options.frame[plan.chosen]
    assert frame.filter(pl.col("vehicle_id") == offered)["offer_id"].to_list() == ["O0"]
    if offered != "V0001":
        assert frame.filter(pl.col("vehicle_id") == "V0001")["event_id"].to_list() == ["E1"]
    gone = words.with_columns(event_id=pl.lit("E9"), offer_id=pl.lit(None, dtype=pl.String))
    with pytest.raises(InfeasibleError, match="V0001 is committed to event E9: no option is left"):
        allocate(options, overrides=gone, offers=bids(0, 6, 0), stop=EXACT)


def test_a_large_fleet_keeps_its_promises_from_the_first_plan_on(make_options: Drawn) -> None:
    options = make_options(2, vehicles=300, events=4, offers=2, scenarios=32, terms=2)
    offers = bids(0, 120, 80)
    for stop in (Stop(1e-6), Stop(1.0, 0.0)):
        plan = allocate(options, offers=offers, risk=CVaR(0.9, 0.3), stop=stop)
        assert (options.frame[plan.chosen]["offer_id"] == "O0").sum() >= 80
        assert plan.objective <= plan.bound * (1.0 + 1e-12)
    assert allocate(options, offers=offers, stop=Stop(1e-6)).gap <= 1e-6


def test_commitments_that_do_not_fit_together_are_named(make_options: Drawn) -> None:
    options = make_options(5, vehicles=6, events=2, offers=2, tight=0.2)
    slots = next(resource.limit for resource in options.resources if resource.resource_id == "E1")
    count = int(slots) + 1
    assert 1 < count <= 6
    names = [f"V{number:04d}" for number in range(count)]
    words = pl.DataFrame({"vehicle_id": names, "action": "commit", "event_id": "E1"})
    with pytest.raises(InfeasibleError) as caught:
        allocate(options, overrides=words, offers=bids(0, 6, 0), stop=EXACT)
    told = " ".join(caught.value.conflicts)
    assert all(f"vehicle {name} is committed to event E1" in told for name in names)
    assert "event E1" in told
    assert "cheapest way out" in told


def test_no_units_are_promised_to_an_offer_of_a_package(make_options: Drawn) -> None:
    options = make_options(3, vehicles=4, events=2, offers=2)
    packed = bids(0, 9, 1).with_columns(package=pl.lit("P"), package_min_units=pl.lit(2))
    with pytest.raises(ValueError, match="O0 is of a package: no units can be promised"):
        allocate(options, offers=packed, stop=EXACT)
