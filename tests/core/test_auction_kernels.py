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


def policy_inputs(rows: int, *, seed: int = 0, terms: int = 6, nodes: int = 8, runs: int = 3):
    rng = np.random.default_rng(seed)
    node, matrix = chebyshev(terms)
    weights = rng.dirichlet(np.ones(terms), size=2)
    return {
        "log_value": 9 + 0.4 * rng.standard_normal(rows),
        "unit_scale": rng.uniform(0.05, 0.4, rows),
        "factor_scale": rng.uniform(0.01, 0.08, rows),
        "spread": rng.uniform(0.05, 0.25, rows),
        "arrival": rng.uniform(0.8, 12, rows),
        "fee_rate": rng.uniform(0, 0.08, rows),
        "fee_sale": rng.uniform(0, 400, rows),
        "fee_no_sale": rng.uniform(0, 90, rows),
        "step_log_value": rng.uniform(-0.04, 0, rows),
        "step_discount": rng.uniform(0.98, 1, rows),
        "step_cost": rng.uniform(0, 200, rows),
        "fallback": rng.uniform(0.6, 0.95, rows),
        "tilt": rng.uniform(0.85, 1.0, rows),
        "floor_price": np.where(rng.random(rows) < 0.5, 0.0, np.exp(9 + 0.3 * rng.random(rows))),
        "group": rng.integers(0, 2, rows).astype(np.intp),
        "half_width": np.array([0.1, 0.3]),
        "mean_weight": weights,
        "node": node,
        "interpolation": matrix,
        "shock": norm.ppf((np.arange(nodes) + 0.5) / nodes),
        "weight": np.full(nodes, 1 / nodes),
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


def test_policy_agrees_with_its_twin() -> None:
    inputs = policy_inputs(12)
    got = reserves.auction_policy(**inputs)
    expected = reference_auction.auction_policy(**inputs)
    scale = np.exp(inputs["log_value"])[:, None]
    np.testing.assert_allclose(got[0], expected[0], rtol=2e-3)  # the optimum is flat
    for name, one, other in zip(
        ("coefficient", "component", "sold", "reach"), got[1:], expected[1:], strict=True
    ):
        unit = scale if name in ("coefficient", "component") else 1.0
        np.testing.assert_allclose(one / unit, other / unit, atol=2e-3, err_msg=name)
    node, _ = chebyshev(6)
    basis = np.cos(np.arange(6)[:, None] * np.arccos(node)[None, :])
    np.testing.assert_allclose((got[1] @ basis) / scale, (expected[1] @ basis) / scale, atol=2e-4)


def test_policy_has_the_same_bits_for_any_number_of_threads() -> None:
    inputs = policy_inputs(700, seed=3)
    one = reserves.auction_policy(**inputs, threads=1)
    two = reserves.auction_policy(**inputs, threads=2)
    for first, second in zip(one, two, strict=True):
        np.testing.assert_array_equal(first, second)


def test_rows_do_not_depend_on_the_rows_before_them() -> None:
    inputs = policy_inputs(40, seed=6)
    repeated = {
        name: np.repeat(value, 3)
        if isinstance(value, np.ndarray) and value.shape == (40,)
        else value
        for name, value in inputs.items()
    }
    tilt = np.tile([1.0, 0.9, 0.95], 40)
    together = reserves.auction_policy(**repeated | {"tilt": tilt}, threads=2)
    for place in range(3):
        alone = reserves.auction_policy(**inputs | {"tilt": tilt[place::3][:40].copy()})
        for one, other in zip(together, alone, strict=True):
            np.testing.assert_array_equal(one[place::3], other)


@pytest.mark.parametrize("rows", [0, 1])
def test_policy_takes_few_rows_and_read_only_input(rows: int) -> None:
    inputs = policy_inputs(rows)
    for value in inputs.values():
        if isinstance(value, np.ndarray):
            value.setflags(write=False)
    reserve, coefficient, component, sold, reach = reserves.auction_policy(**inputs)
    assert reserve.shape == sold.shape == reach.shape == (rows, 3)
    assert coefficient.shape == (rows, 6)
    assert component.shape == (rows, 8)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"runs": 0}, "runs must be between 1 and 8, not 0"),
        ({"threads": 0}, "threads must be at least 1, not 0"),
        ({"fallback": np.ones(1)}, "fallback has 1 rows, log_value has 3"),
        ({"group": np.array([0, 2, 0], dtype=np.intp)}, "group of row 1 is 2, outside 0..1"),
        ({"tilt": np.array([1.0, 1.0, 0.0])}, "tilt must be finite and positive; row 2"),
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
        factor_scale=np.array([1e-9]), spread=np.array([0.15]), arrival=np.array([5.0]),
        fee_rate=np.array([0.05]), fee_sale=np.array([250.0]), fee_no_sale=np.array([60.0]),
        step_log_value=np.array([-0.01]), step_discount=np.array([0.995]),
        step_cost=np.array([140.0]), fallback=np.array([0.8]), tilt=np.ones(1),
        floor_price=np.zeros(1), group=np.zeros(1, dtype=np.intp), shock=np.zeros(1),
        weight=np.ones(1), half_width=np.full(2, 1e-9),
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
    still = {"factor_scale": np.full(30, 1e-9), "half_width": np.full(2, 1e-9)}
    inputs = policy_inputs(30, seed=8, nodes=32) | still | {"floor_price": np.zeros(30)}
    best = reserves.auction_policy(**inputs | {"tilt": np.ones(30)})[1][:, 0]
    other = reserves.auction_policy(**inputs | {"tilt": np.full(30, tilt)})[1][:, 0]
    loss = (best - other) / np.exp(inputs["log_value"])
    assert loss.min() > -1e-5
    assert loss.mean() > 1e-5


def test_components_add_up_to_the_net() -> None:
    inputs = policy_inputs(40, seed=4)
    _, coefficient, item, sold, reach = reserves.auction_policy(**inputs)
    basis = np.cos(np.arange(6)[:, None] * np.arccos(inputs["node"])[None, :])
    net = np.sum(coefficient * (inputs["mean_weight"] @ basis.T)[inputs["group"]], axis=1)
    total = (
        (1 - inputs["fee_rate"]) * item[:, 1] + item[:, 3] - inputs["fee_sale"] * item[:, 4]
        - inputs["fee_no_sale"] * item[:, 5] - inputs["step_cost"] * item[:, 6] + item[:, 7]
    )  # fmt: skip
    np.testing.assert_allclose(net, total, rtol=1e-10)
    np.testing.assert_allclose(reach[:, 0], 1.0, rtol=1e-12)
    np.testing.assert_allclose(reach[:, 1], 1 - sold[:, 0], rtol=1e-10)


def test_floor_pays_the_expected_shortfall() -> None:
    rng = np.random.default_rng(2)
    floor = 10_500.0
    inputs = known_value(runs=1, floor_price=np.array([floor]), step_discount=np.ones(1))
    reserve, _, component, _, _ = reserves.auction_policy(**inputs)
    lots = 200_000
    number = rng.poisson(5.0, lots)
    value = 10_000 * np.exp(0.15 * rng.standard_normal((lots, number.max())))
    value[np.arange(number.max()) >= number[:, None]] = 0.0
    top = -np.sort(-value, axis=1)[:, :2]
    fallback = 0.8 * 10_000 * np.exp(-0.01)
    price = np.where(top[:, 0] >= reserve[0, 0], np.maximum(top[:, 1], reserve[0, 0]), fallback)
    paid = np.maximum(floor - price, 0.0)
    assert component[0, 7] == pytest.approx(paid.mean(), abs=4 * paid.std() / np.sqrt(lots))
