"""The auction kernels against their twins, closed forms and simulated auctions."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import norm

from _core import bids, reference_auction, reserves


def chebyshev(terms: int) -> tuple[np.ndarray, np.ndarray]:
    order = np.arange(terms)
    node = np.cos(np.pi * (order + 0.5) / terms)
    matrix = np.cos(np.pi * order[:, None] * (order + 0.5) / terms) * 2 / terms
    matrix[0] /= 2
    return node, matrix


def skewed(nodes: int) -> np.ndarray:
    """Nodes of a shock that falls farther than it rises."""
    node = norm.ppf((np.arange(nodes) + 0.5) / nodes)
    return np.where(node < 0, 1.4 * node, 0.7 * node)


def one_tier(rate: np.ndarray, sale: np.ndarray, no_sale: np.ndarray) -> dict[str, np.ndarray]:
    """Schedules of one tier, one for each row."""
    zero = np.zeros((len(rate), 1))
    return {
        "fees": np.arange(len(rate), dtype=np.intp),
        "sale_above": zero, "sale_fixed": sale[:, None].copy(), "sale_rate": rate[:, None].copy(),
        "unsold_above": zero, "unsold_fixed": no_sale[:, None].copy(), "unsold_rate": zero,
    }  # fmt: skip


def tiered(rows: int, seed: int) -> dict[str, np.ndarray]:
    """Schedules with jumps and bends around the values of `policy_inputs`."""
    rng = np.random.default_rng(seed)
    sale_above = np.exp(9 + 0.8 * (np.sort(rng.random((rows, 4)), axis=1) - 0.5))
    sale_above[:, 0] = 0.0
    sale_rate = rng.uniform(0.0, 0.08, (rows, 4))
    jumps = rng.choice([0.0, 40.0, 300.0], (rows, 3))
    fixed = [rng.uniform(0.0, 200.0, rows)]
    for tier in range(3):
        bend = (sale_rate[:, tier + 1] - sale_rate[:, tier]) * sale_above[:, tier + 1]
        fixed.append(fixed[-1] - bend + jumps[:, tier])
    unsold_above = np.stack([np.zeros(rows), np.full(rows, 8_000.0), np.full(rows, np.inf)], 1)
    unsold_rate = np.stack([np.zeros(rows), rng.uniform(0, 0.02, rows), np.zeros(rows)], 1)
    unsold_fixed = np.stack([np.full(rows, 30.0), rng.uniform(0, 90, rows), np.zeros(rows)], 1)
    return {
        "fees": np.arange(rows, dtype=np.intp),
        "sale_above": sale_above, "sale_fixed": np.stack(fixed, 1), "sale_rate": sale_rate,
        "unsold_above": unsold_above, "unsold_fixed": unsold_fixed, "unsold_rate": unsold_rate,
    }  # fmt: skip


def policy_inputs(rows: int, *, seed: int = 0, terms: int = 6, nodes: int = 8, runs: int = 3):
    rng = np.random.default_rng(seed)
    node, matrix = chebyshev(terms)
    weights = rng.dirichlet(np.ones(terms), size=2)
    return {
        "log_value": 9 + 0.4 * rng.standard_normal(rows),
        "unit_scale": rng.uniform(0.05, 0.4, rows),
        "spread": rng.uniform(0.05, 0.25, rows),
        "arrival": rng.uniform(0.8, 12, rows),
        **one_tier(rng.uniform(0, 0.08, rows), rng.uniform(0, 400, rows), rng.uniform(0, 90, rows)),
        "accept_level": np.full(rows, -np.inf),
        "accept_slope": np.zeros(rows),
        "step_log_value": rng.uniform(-0.04, 0, rows),
        "step_discount": rng.uniform(0.98, 1, rows),
        "step_cost": rng.uniform(0, 200, rows),
        "fallback": rng.uniform(0.6, 0.95, rows),
        "tilt": rng.uniform(0.85, 1.0, rows),
        "floor_price": np.where(rng.random(rows) < 0.5, 0.0, np.exp(9 + 0.3 * rng.random(rows))),
        "largest_payout": np.where(np.arange(rows) % 3, np.inf, 900.0 + 40.0 * np.arange(rows)),
        "group": rng.integers(0, 2, rows).astype(np.intp),
        "half_width": np.array([0.1, 0.3]),
        "mean_weight": weights,
        "move": np.array([[0.1], [0.3]]) * np.sort(rng.uniform(-1, 1, (2, 4)), axis=1),
        "node": node,
        "interpolation": matrix,
        "shock": np.stack([norm.ppf((np.arange(nodes) + 0.5) / nodes), skewed(nodes)]),
        "weight": np.full(nodes, 1 / nodes),
        "shape": rng.integers(0, 2, rows).astype(np.intp),
        "runs": runs,
    }


@pytest.mark.parametrize("arrival", [0.3, 2.0, 6.0, 25.0])
@pytest.mark.parametrize("spread", [0.02, 0.15, 0.6])
def test_sale_agrees_with_its_twin(arrival: float, spread: float) -> None:
    ratio = np.linspace(-9, 8, 61) * spread
    rows = np.full(ratio.size, arrival), np.full(ratio.size, spread)
    chance, revenue = bids.sale(ratio, *rows)
    expected_chance, expected_revenue = reference_auction.sale(ratio, *rows)
    np.testing.assert_allclose(chance, expected_chance, atol=5e-6)
    np.testing.assert_allclose(revenue, expected_revenue, atol=5e-6 * np.exp(3 * spread))


def test_sale_agrees_with_simulated_auctions() -> None:
    rng = np.random.default_rng(5)
    arrival, spread, reserve, lots = 4.0, 0.2, 1.05, 200_000
    number = rng.poisson(arrival, lots)
    value = np.exp(spread * rng.standard_normal((lots, number.max())))
    value[np.arange(number.max()) >= number[:, None]] = 0.0
    top = -np.sort(-value, axis=1)[:, :2]
    sold = top[:, 0] >= reserve
    price = np.where(sold, np.maximum(top[:, 1], reserve), 0.0)
    chance, revenue = bids.sale(
        np.log(np.array([reserve])), np.array([arrival]), np.array([spread])
    )
    assert chance[0] == pytest.approx(sold.mean(), abs=4 * sold.std() / np.sqrt(lots))
    assert revenue[0] == pytest.approx(price.mean(), abs=4 * price.std() / np.sqrt(lots))


def test_one_bidder_pays_the_reserve() -> None:
    # With hardly any rival the price is the reserve whenever there is a sale.
    chance, revenue = bids.sale(np.array([-3.0]), np.array([1e-6]), np.array([0.1]))
    assert revenue[0] / chance[0] == pytest.approx(np.exp(-3.0), rel=1e-4)


@pytest.mark.parametrize("name", ["arrival", "spread"])
@pytest.mark.parametrize("value", [0.0, -1.0, np.nan, np.inf])
def test_sale_refuses_impossible_bidders(name: str, value: float) -> None:
    rows = {"arrival": np.array([5.0, 5.0]), "spread": np.array([0.1, 0.1])}
    rows[name][1] = value
    with pytest.raises(ValueError, match=f"{name} must be finite and positive; row 1"):
        bids.sale(np.zeros(2), rows["arrival"], rows["spread"])


MARKET = {
    "group", "half_width", "mean_weight", "move", "node", "interpolation", "shock", "weight",
    "shape", "fees", "sale_above", "sale_fixed", "sale_rate", "unsold_above", "unsold_fixed",
    "unsold_rate",
}  # fmt: skip


def proceeds(reserve: np.ndarray, inputs: dict[str, object]) -> tuple[np.ndarray, ...]:
    """What the twin makes of given reserves."""
    market = {name: inputs[name] for name in MARKET}
    others = MARKET | {"tilt", "runs", "asked"}
    terms = {name: value for name, value in inputs.items() if name not in others}
    return reference_auction.proceeds(reserve, terms, market)


def mean_net(coefficient: np.ndarray, inputs: dict[str, object]) -> np.ndarray:
    """Mean over the scenarios of nets told by their coefficients."""
    basis = np.cos(np.arange(len(inputs["node"]))[:, None] * np.arccos(inputs["node"]))
    return ((coefficient @ basis) * inputs["mean_weight"][inputs["group"]]).sum(axis=1)


def assert_proceeds(inputs: dict[str, object], error: float) -> None:
    """The kernel's figures are those of the twin at the kernel's reserves."""
    reserve, *got = reserves.auction_policy(**inputs)
    expected = proceeds(reserve, inputs)
    scale = np.exp(inputs["log_value"])[:, None]
    money = np.hstack([np.repeat(scale, 4, 1), np.ones((len(scale), 3)), np.repeat(scale, 3, 1)])
    units = (scale, money, 1.0, 1.0)
    names = ("coefficient", "component", "sold", "reach")
    errors = (error, *[max(error, 5e-6)] * 3)  # the chance that a table tells
    for name, one, other, unit, most in zip(names, got, expected, units, errors, strict=True):
        np.testing.assert_allclose(one / unit, other / unit, atol=most, rtol=0, err_msg=name)


def evenly(inputs: dict[str, object]) -> dict[str, object]:
    """The same with a market that is as likely at any of its nodes, whoever asks."""
    node, groups = inputs["node"], len(inputs["half_width"])
    return inputs | {
        "mean_weight": np.full((groups, len(node)), 1.0 / len(node)),
        "move": inputs["half_width"][:, None] * node,
    }


def test_policy_agrees_with_its_twin() -> None:
    inputs = evenly(policy_inputs(6, nodes=32) | {"floor_price": np.zeros(6)})
    got = reserves.auction_policy(**inputs)
    expected = reference_auction.auction_policy(**inputs)
    np.testing.assert_allclose(got[0], expected[0], rtol=1e-2)  # the optimum is flat
    value = np.exp(inputs["log_value"])
    ours, twins = (mean_net(proceeds(each[0], inputs)[0], inputs) for each in (got, expected))
    assert ((ours - twins) / value).min() > -1e-6


@pytest.mark.parametrize("tilt", [1.0, 0.9, 1e-4, 30.0])
def test_proceeds_are_those_of_the_twin(tilt: float) -> None:
    inputs = policy_inputs(6, seed=9, nodes=32)
    wide = inputs["spread"] > inputs["unit_scale"]
    assert wide.any()
    assert not wide.all()
    assert_proceeds(inputs | {"tilt": np.full(6, tilt), "floor_price": np.zeros(6)}, 1e-5)
    assert (inputs["floor_price"] > 0).any()  # a floor bends the net where no rung may stand
    assert_proceeds(inputs | {"tilt": np.full(6, tilt)}, 1e-4)


@pytest.mark.parametrize("tilt", [1.0, 0.8])
def test_fees_in_tiers_are_those_of_the_twin(tilt: float) -> None:
    inputs = policy_inputs(8, seed=21, nodes=32) | tiered(8, 2) | {"floor_price": np.zeros(8)}
    inputs |= {"spread": np.maximum(inputs["spread"], 0.7 * inputs["unit_scale"])}
    assert_proceeds(inputs | {"tilt": np.full(8, tilt)}, 2e-5)


@pytest.mark.parametrize("tiers", [False, True])
def test_haggled_sales_are_those_of_the_twin(tiers: bool) -> None:
    rng = np.random.default_rng(3)
    inputs = policy_inputs(8, seed=22, nodes=32) | {"floor_price": np.zeros(8)}
    inputs |= {"accept_level": rng.uniform(-1, 3, 8), "accept_slope": rng.uniform(5, 40, 8)}
    assert_proceeds(inputs | (tiered(8, 5) if tiers else {}), 3e-5)


@pytest.mark.parametrize("runs", [1, 8])
def test_proceeds_of_ordinary_units_are_exact_to_a_millionth(runs: int) -> None:
    inputs = policy_inputs(6, seed=11, nodes=32, runs=runs)
    usual = {"spread": 0.7 * inputs["unit_scale"], "floor_price": np.zeros(6)}
    assert_proceeds(inputs | usual, 1e-6)


def test_fine_nodes_leave_no_better_reserves_nearby() -> None:
    rng = np.random.default_rng(12)
    rows = 60
    inputs = evenly(policy_inputs(rows, seed=12, nodes=400) | {"floor_price": np.zeros(rows)})
    inputs |= {"spread": inputs["unit_scale"] * rng.uniform(0.4, 1.5, rows), "tilt": np.ones(rows)}
    value = np.exp(inputs["log_value"])
    best, coefficient, *_ = reserves.auction_policy(**inputs)
    most = mean_net(coefficient, inputs)
    # single runs moved one at a time: their worth does not ask for the others' to be chosen anew
    few = np.arange(6)
    part = {
        name: column[few] if isinstance(column, np.ndarray) and column.shape == (rows,) else column
        for name, column in inputs.items()
    } | {"shock": np.ascontiguousarray(inputs["shock"][:, 4::8]), "weight": np.full(50, 0.02)}
    asked, at_best, *_ = reserves.auction_policy(**part)
    stays = mean_net(at_best, part)
    for run in range(3):
        for step in (-0.2, -0.05, -0.01, 0.01, 0.05, 0.2):
            moved = asked.copy()
            moved[:, run] *= np.exp(step)
            other = mean_net(proceeds(moved, part)[0], part)
            assert ((other - stays) / value[few]).max() < 5e-6
    for tilt in (0.97, 0.99, 1.01, 1.03):
        told = reserves.auction_policy(**inputs | {"tilt": np.full(rows, tilt)})
        assert ((mean_net(told[1], inputs) - most) / value).max() < 1e-6
    assert (best > 0).all()


@pytest.mark.parametrize("haggling", [False, True])
def test_no_reserve_at_or_between_thresholds_earns_more(haggling: bool) -> None:
    rng, rows = np.random.default_rng(3), 6
    inputs = policy_inputs(rows, seed=31, nodes=16, runs=1) | tiered(rows, 7)
    inputs = evenly(inputs | {"floor_price": np.zeros(rows), "tilt": np.ones(rows)})
    inputs["spread"] = np.maximum(inputs["spread"], 0.7 * inputs["unit_scale"])
    if haggling:
        inputs |= {
            "accept_level": rng.uniform(-1, 3, rows), "accept_slope": rng.uniform(5, 40, rows)
        }  # fmt: skip
    value = np.exp(inputs["log_value"])
    asked = reserves.auction_policy(**inputs)[0]
    most = mean_net(proceeds(asked, inputs)[0], inputs)
    thresholds = [*inputs["sale_above"][:, 1:].T, inputs["unsold_above"][:, 1]]
    for reserve in [*(value * np.exp(x) for x in np.linspace(-0.6, 0.4, 21)), *thresholds]:
        other = mean_net(proceeds(np.ascontiguousarray(reserve[:, None]), inputs)[0], inputs)
        assert ((other - most) / value).max() < 2e-6
    assert np.isin(asked, inputs["sale_above"]).any() == haggling  # some stop at a threshold


def test_reserves_of_several_runs_stay_the_best_where_fees_come_in_tiers() -> None:
    rows = 6
    inputs = policy_inputs(rows, seed=33, nodes=16) | tiered(rows, 9)
    inputs = evenly(inputs | {"floor_price": np.zeros(rows), "tilt": np.ones(rows)})
    inputs["spread"] = np.maximum(inputs["spread"], 0.7 * inputs["unit_scale"])
    asked = reserves.auction_policy(**inputs)[0]
    most = mean_net(proceeds(asked, inputs)[0], inputs)
    for run in range(3):
        for step in (-0.3, -0.1, -0.03, 0.03, 0.1, 0.3):
            moved = asked.copy()
            moved[:, run] *= np.exp(step)
            other = mean_net(proceeds(moved, inputs)[0], inputs)
            assert ((other - most) / np.exp(inputs["log_value"])).max() < 5e-6


def test_haggled_sales_agree_with_simulated_auctions() -> None:
    rng, lots = np.random.default_rng(8), 200_000
    inputs = known_value(runs=1, accept_level=np.array([1.5]), accept_slope=np.array([12.0]))
    reserve, _, component, sold, _ = reserves.auction_policy(**inputs)
    number = rng.poisson(5.0, lots)
    value = 10_000 * np.exp(0.15 * rng.standard_normal((lots, number.max())))
    value[np.arange(number.max()) >= number[:, None]] = 1e-9
    first, second = -np.sort(-value, axis=1)[:, :2].T
    asked = reserve[0, 0]
    taken = rng.random(lots) < 1 / (1 + np.exp(-(1.5 + 12 * np.log(second / asked))))
    price = np.where(first >= asked, np.maximum(second, asked), np.where(taken, second, 0.0))
    assert sold[0, 0] == pytest.approx((price > 0).mean(), abs=4 * 0.5 / np.sqrt(lots))
    assert component[0, 0] == pytest.approx(price.mean(), abs=4 * price.std() / np.sqrt(lots))
    assert (taken & (first < asked)).mean() > 0.02


def test_policy_has_the_same_bits_for_any_number_of_threads() -> None:
    inputs = policy_inputs(700, seed=3)
    one = reserves.auction_policy(**inputs, threads=1)
    two = reserves.auction_policy(**inputs, threads=2)
    for first, second in zip(one, two, strict=True):
        np.testing.assert_array_equal(first, second)


def repeated(inputs: dict[str, object], rows: int, times: int) -> dict[str, object]:
    """The same with each of its rows so many times in a row."""
    return {
        name: np.repeat(value, times)
        if isinstance(value, np.ndarray) and value.shape == (rows,)
        else value
        for name, value in inputs.items()
    }


def test_rows_do_not_depend_on_the_rows_before_them() -> None:
    inputs = policy_inputs(40, seed=6)
    tilt = np.tile([1.0, 0.9, 0.95], 40)
    together = reserves.auction_policy(**repeated(inputs, 40, 3) | {"tilt": tilt}, threads=2)
    for place in range(3):
        alone = reserves.auction_policy(**inputs | {"tilt": tilt[place::3][:40].copy()})
        for one, other in zip(together, alone, strict=True):
            np.testing.assert_array_equal(one[place::3], other)


@pytest.mark.parametrize("tiers", [False, True])
def test_reserves_that_are_given_are_asked_and_bring_what_they_bring(tiers: bool) -> None:
    inputs = policy_inputs(6, seed=9, nodes=32) | (tiered(6, 2) if tiers else {})
    best = reserves.auction_policy(**inputs)
    given = best[0].copy()
    given[::3] = np.nan
    given[1::3] *= 1.07
    found = reserves.auction_policy(**inputs, asked=given, threads=2)
    np.testing.assert_array_equal(found[0][1::3], given[1::3])
    np.testing.assert_array_equal(found[0], np.where(np.isnan(given), best[0], given))
    for one, chosen in zip(found, best, strict=True):
        # a row that is to be chosen is chosen as if it stood alone
        np.testing.assert_array_equal(one[::3], chosen[::3])
        np.testing.assert_allclose(one[2::3], chosen[2::3], rtol=1e-9, atol=1e-8)
    assert_proceeds(inputs | {"asked": given}, 1e-4)


def test_rows_alike_are_chosen_and_given_by_turns() -> None:
    inputs = policy_inputs(1, seed=6)
    asked = np.full((4, 3), np.nan)
    asked[1], asked[2] = 9_000.0, 8_000.0
    together = reserves.auction_policy(**repeated(inputs, 1, 4), asked=asked)
    for row in range(4):
        alone = reserves.auction_policy(**inputs, asked=asked[[row]])
        for one, other in zip(together, alone, strict=True):
            np.testing.assert_array_equal(one[[row]], other)


def test_units_that_sell_at_any_price_do_not_depend_on_the_other_rows() -> None:
    inputs = policy_inputs(3)
    inputs |= {"unit_scale": np.array([0.05, 0.4, 0.4]), "spread": np.array([0.2, 0.03, 0.03])}
    inputs |= {"arrival": np.full(3, 60.0), "step_cost": np.full(3, 1e6)}
    first = {
        name: value[:1] if isinstance(value, np.ndarray) and value.shape == (3,) else value
        for name, value in inputs.items()
    }
    together, alone = (reserves.auction_policy(**each) for each in (inputs, first))
    for one, other in zip(together, alone, strict=True):
        np.testing.assert_array_equal(one[:1], other)


@pytest.mark.parametrize("rows", [0, 1])
def test_policy_takes_few_rows_and_read_only_input(rows: int) -> None:
    inputs = policy_inputs(rows)
    for value in inputs.values():
        if isinstance(value, np.ndarray):
            value.setflags(write=False)
    reserve, coefficient, component, sold, reach = reserves.auction_policy(**inputs)
    assert reserve.shape == sold.shape == reach.shape == (rows, 3)
    assert coefficient.shape == (rows, 6)
    assert component.shape == (rows, 10)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"runs": 0}, "runs must be between 1 and 8, not 0"),
        ({"threads": 0}, "threads must be at least 1, not 0"),
        ({"fallback": np.ones(1)}, "fallback has 1 rows, log_value has 3"),
        ({"shape": np.array([0, 0, 2], dtype=np.intp)}, "shape of row 2 is 2, outside 0..1"),
        ({"spread": np.array([0.1, 1e-6, 0.1])}, "spread must not be tiny .*; row 1 is 1e-06"),
        ({"move": np.zeros((1, 4))}, "move must be 2 rows of one column or more"),
        ({"move": np.full((2, 1), 0.2)}, "move must lie within half_width"),
        ({"group": np.array([0, 2, 0], dtype=np.intp)}, "group of row 1 is 2, outside 0..1"),
        ({"tilt": np.array([1.0, 1.0, 0.0])}, "tilt must be finite and positive; row 2"),
        ({"fees": np.array([0, 3, 0], dtype=np.intp)}, "fees of row 1 is 3, outside 0..2"),
        ({"sale_above": np.ones((3, 1))}, "sale_above must begin at 0"),
        ({"sale_rate": np.ones((3, 2))}, "sale_rate must be 3 x 1, as sale_above"),
        ({"unsold_fixed": np.full((3, 1), np.nan)}, "unsold_fixed must be finite"),
        (
            {
                **{f"sale_{part}": np.zeros((3, 2)) for part in ("fixed", "rate")},
                "sale_above": np.array([[0.0, np.inf], [0.0, 0.0], [0.0, 5.0]]),
            },
            "sale_above must ascend",
        ),
        ({"accept_slope": -np.ones(3)}, "accept_slope must not be negative"),
        ({"accept_level": np.full(3, np.nan)}, "accept_level must be a number or -inf"),
        ({"asked": np.ones((3, 2))}, "asked must be 3 x 3, not 3 x 2"),
        (
            {"asked": np.array([[1.0] * 3, [np.nan] * 3, [1.0, np.nan, 1.0]])},
            "asked of row 2 is .*, neither positive numbers alone nor NaN alone",
        ),
        ({"asked": np.array([[1.0] * 3, [0.0] * 3, [1.0] * 3])}, "asked of row 1"),
    ],
)
def test_policy_tells_what_is_wrong(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        reserves.auction_policy(**{**policy_inputs(3), **change})


def known_value(**change: object) -> dict[str, object]:
    """One unit whose value is all but certain, so that the closed form holds."""
    inputs = policy_inputs(1, nodes=1, terms=3)
    inputs.update(
        log_value=np.array([np.log(10_000.0)]), unit_scale=np.array([1e-9]),
        spread=np.array([0.15]), arrival=np.array([5.0]),
        **one_tier(np.array([0.05]), np.array([250.0]), np.array([60.0])),
        step_log_value=np.array([-0.01]), step_discount=np.array([0.995]),
        step_cost=np.array([140.0]), fallback=np.array([0.8]), tilt=np.ones(1),
        floor_price=np.zeros(1), largest_payout=np.full(1, np.inf),
        group=np.zeros(1, dtype=np.intp), shock=np.zeros((1, 1)), weight=np.ones(1),
        shape=np.zeros(1, dtype=np.intp), half_width=np.full(2, 1e-9),
        move=np.zeros((2, 1)),
    )  # fmt: skip
    inputs.update(change)
    return inputs


def test_reserve_solves_the_equation_of_a_known_value() -> None:
    reserve, _, component, sold, _ = reserves.auction_policy(**known_value(runs=1))
    onward = 0.995 * (0.8 * 10_000 * np.exp(-0.01) - 140.0)  # W, before the no-sale fee

    def first_order(r: float) -> float:
        t = np.log(r / 10_000) / 0.15
        hazard = norm.pdf(t) / (0.15 * r) / norm.sf(t)
        return r - 1 / hazard - (onward - 60.0 + 250.0) / (1 - 0.05)

    assert reserve[0, 0] == pytest.approx(brentq(first_order, 6_000, 20_000), rel=5e-4)
    u = 5.0 * norm.sf(np.log(reserve[0, 0] / 10_000) / 0.15)
    assert sold[0, 0] == pytest.approx(1 - np.exp(-u), abs=2e-6)
    assert component[0, 4] + component[0, 5] == pytest.approx(1.0)


@pytest.mark.parametrize("tilt", [0.9, 0.97, 1.03, 1.1])
def test_no_other_reserves_earn_more(tilt: float) -> None:
    still = {"half_width": np.full(2, 1e-9), "move": np.zeros((2, 1))}
    inputs = policy_inputs(30, seed=8, nodes=32) | still | {"floor_price": np.zeros(30)}
    best = reserves.auction_policy(**inputs | {"tilt": np.ones(30)})[1][:, 0]
    other = reserves.auction_policy(**inputs | {"tilt": np.full(30, tilt)})[1][:, 0]
    loss = (best - other) / np.exp(inputs["log_value"])
    assert loss.min() > -1e-5
    assert loss.mean() > 1e-5


@pytest.mark.parametrize("tiers", [False, True])
def test_components_add_up_to_the_net(tiers: bool) -> None:
    inputs = policy_inputs(40, seed=4) | (tiered(40, 1) if tiers else {})
    _, coefficient, item, sold, reach = reserves.auction_policy(**inputs)
    basis = np.cos(np.arange(6)[:, None] * np.arccos(inputs["node"])[None, :])
    net = np.sum(coefficient * (inputs["mean_weight"] @ basis.T)[inputs["group"]], axis=1)
    rate, sale, no_sale = (
        inputs[name][:, 0] for name in ("sale_rate", "sale_fixed", "unsold_fixed")
    )
    total = (
        (1 - rate) * item[:, 1] + item[:, 3] - sale * item[:, 4]
        - no_sale * item[:, 5] - inputs["step_cost"] * item[:, 6] + item[:, 7]
        - item[:, 8] - item[:, 9]
    )  # fmt: skip
    np.testing.assert_allclose(net, total, rtol=1e-10)
    np.testing.assert_allclose(reach[:, 0], 1.0, rtol=1e-12)
    np.testing.assert_allclose(reach[:, 1], 1 - sold[:, 0], rtol=1e-10)


@pytest.mark.parametrize("most", [np.inf, 2_000.0, 400.0, 0.0])
def test_floor_pays_the_expected_shortfall(most: float) -> None:
    rng = np.random.default_rng(2)
    floor = 10_500.0
    covered = {"floor_price": np.array([floor]), "largest_payout": np.array([most])}
    inputs = known_value(runs=1, step_discount=np.ones(1), **covered)
    reserve, _, component, _, _ = reserves.auction_policy(**inputs)
    lots = 200_000
    number = rng.poisson(5.0, lots)
    value = 10_000 * np.exp(0.15 * rng.standard_normal((lots, number.max())))
    value[np.arange(number.max()) >= number[:, None]] = 0.0
    top = -np.sort(-value, axis=1)[:, :2]
    fallback = 0.8 * 10_000 * np.exp(-0.01)
    price = np.where(top[:, 0] >= reserve[0, 0], np.maximum(top[:, 1], reserve[0, 0]), fallback)
    paid = np.clip(floor - price, 0.0, most)
    error = 4 * paid.std() / np.sqrt(lots) + 1e-9
    assert component[0, 7] == pytest.approx(paid.mean(), abs=error)


@pytest.mark.parametrize("scale", [20.0, 500.0])
def test_a_unit_without_a_shock_of_its_own_is_searched_where_it_stands(scale: float) -> None:
    inputs = policy_inputs(4)
    inputs["shock"] = np.zeros_like(inputs["shock"])
    inputs["unit_scale"] = np.full(4, scale)
    inputs["spread"] = np.full(4, 0.01)
    wide = reserves.auction_policy(**inputs)
    narrow = reserves.auction_policy(**inputs | {"unit_scale": np.full(4, 0.1)})
    # the search begins on another grid, and ends at the same expectation
    net = (wide[1][:, 0], narrow[1][:, 0])
    assert net[0] == pytest.approx(net[1], rel=1e-3)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("log_value", np.nan, "log_value of row 1 is nan, not a finite number"),
        ("unit_scale", np.inf, "unit_scale of row 1 is inf, not a finite number"),
        ("unit_scale", -0.3, "unit_scale must not be negative"),
        ("log_value", 800.0, "log_value of row 1 is 800.0, beyond 300 of either sign"),
        ("step_log_value", -800.0, "step_log_value of row 1 is -800.0, beyond 100 of either sign"),
        ("step_log_value", np.nan, "step_log_value of row 1 is nan, not a finite number"),
        ("step_discount", np.inf, "step_discount of row 1 is inf, not a finite number"),
        ("step_cost", np.inf, "step_cost of row 1 is inf, not a finite number"),
        ("fallback", np.nan, "fallback of row 1 is nan, not a finite number"),
        ("floor_price", np.nan, "floor_price of row 1 is nan, not a finite number"),
        ("largest_payout", np.nan, "largest_payout of row 1 is nan, not a number"),
        ("largest_payout", -1.0, "largest_payout must not be negative"),
    ],
)
def test_rows_that_are_no_units_are_refused(name: str, value: float, words: str) -> None:
    inputs = policy_inputs(4)
    inputs[name][1] = value
    with pytest.raises(ValueError, match=words):
        reserves.auction_policy(**inputs)


def test_a_move_that_is_no_number_is_refused() -> None:
    inputs = policy_inputs(4)
    inputs["move"][0, 0] = np.nan
    with pytest.raises(ValueError, match="move must lie within half_width"):
        reserves.auction_policy(**inputs)


def test_nodes_that_weigh_nothing_are_refused() -> None:
    inputs = policy_inputs(4)
    with pytest.raises(ValueError, match="weight must sum to more than 0"):
        reserves.auction_policy(**inputs | {"weight": np.zeros_like(inputs["weight"])})
