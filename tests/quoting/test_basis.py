"""The scenario basis: exact means, small interpolation errors, groups in their places."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from _core import reference_auction
from auction.basis import CONSTANT, TERMS, ScenarioBasis, interpolation, nodes
from auction.quoting import quote
from auction.situation import Situation, unit_nodes
from auction.workspace.config import AuctionRules
from quoting_world import AS_OF, book_for, day, fleet, make_book, plain_market

DATES = [AS_OF, day(7), day(30)]


def basis_of(**terms: Any) -> ScenarioBasis:
    return ScenarioBasis.of(make_book(fleet({"vehicle_id": "a"}), DATES, **terms))


def test_polynomials_up_to_the_last_term_are_reproduced() -> None:
    x = np.linspace(-1, 1, 41)
    chebyshev = np.cos(np.arange(TERMS)[:, None] * np.arccos(x)[None, :])
    for power in range(TERMS):
        coefficient = interpolation() @ nodes() ** power
        np.testing.assert_allclose(coefficient @ chebyshev, x**power, atol=1e-13)


def test_basis_functions_are_chebyshev_polynomials_of_the_scaled_deviation() -> None:
    book = make_book(fleet({"vehicle_id": "a"}), DATES, factor_sd=0.1)
    basis = ScenarioBasis.of(book)
    x = book.factor[1, 2] / np.abs(book.factor[1, 2]).max()
    group = basis.market(np.array([1]), np.array([2]))[0]
    expected = np.cos(np.arange(TERMS)[:, None] * np.arccos(x)[None, :])
    np.testing.assert_allclose(basis.values[group], expected, atol=1e-12)
    assert basis.half_width[group] == np.abs(book.factor[1, 2]).max()


def test_groups_are_numbered_constant_then_markets_by_date_then_scrap() -> None:
    basis = basis_of()
    assert CONSTANT == 0
    market = basis.market(np.array([0, 0, 0, 1, 1, 1]), np.array([0, 1, 2, 0, 1, 2]))
    np.testing.assert_array_equal(market, [1, 2, 3, 4, 5, 6])
    np.testing.assert_array_equal(basis.scrap(np.array([0, 1, 2])), [7, 8, 9])
    assert basis.values.shape[0] == basis.half_width.size == 10


def test_scrap_groups_follow_the_scrap_market() -> None:
    book = make_book(fleet({"vehicle_id": "a"}), DATES)
    basis = ScenarioBasis.of(book)
    group = basis.scrap(np.array([1]))
    coefficient = basis.coefficients_of_exponential(group, np.array([300.0]))
    np.testing.assert_allclose(
        coefficient[0] @ basis.values[group[0]], 300.0 * np.exp(book.scrap[1]), rtol=1e-10
    )


def test_constant_group_pays_the_same_in_every_scenario() -> None:
    basis = basis_of()
    coefficient = np.zeros((1, TERMS))
    coefficient[0, 0] = 123.0
    np.testing.assert_array_equal(coefficient[0] @ basis.values[CONSTANT], 123.0)
    assert basis.expected(coefficient, np.array([CONSTANT]))[0] == pytest.approx(123.0, rel=1e-14)


@pytest.mark.parametrize("sd", [0.0, 0.05, 0.15])
def test_means_are_those_of_the_scenarios(sd: float) -> None:
    book = make_book(fleet({"vehicle_id": "a"}), DATES, factor_sd=sd, n=101)
    basis = ScenarioBasis.of(book)
    group = basis.market(np.array([1]), np.array([2]))
    coefficient = basis.coefficients_of_exponential(group, np.array([5.0]))
    exact = 5.0 * np.exp(book.factor[1, 2]).mean()
    assert basis.expected(coefficient, group)[0] == pytest.approx(exact, rel=1e-10)
    at_nodes = 5.0 * np.exp(basis.half_width[group[0]] * nodes())
    assert basis.node_weights()[group[0]] @ at_nodes == pytest.approx(exact, rel=1e-10)


@pytest.mark.parametrize("sd", [0.05, 0.15])
@pytest.mark.parametrize("bidders", [2.0, 6.0])
def test_interpolated_pay_offs_are_those_of_the_scenarios(sd: float, bidders: float) -> None:
    rules = AuctionRules(reserve_levels=(1.0, 0.9), bidders=bidders)
    market = plain_market(auction=rules, venues=plain_market().venues.with_columns(bidders=bidders))
    vehicles = fleet({"vehicle_id": "a"})
    book = book_for(vehicles, market, factor_sd=sd, n=40)
    options = quote(book, market)
    lots = np.flatnonzero((options.frame["channel"] == "auction").to_numpy())
    assert lots.size == 4
    for option in lots:
        interpolated = options.coefficient[option] @ options.basis[options.group[option]]
        row = options.frame.row(int(option), named=True)
        direct = directly(Situation(book.vehicles, book, market), row)
        np.testing.assert_allclose(interpolated, direct, rtol=1e-5)
        assert options.frame["expected_net"][int(option)] == pytest.approx(direct.mean(), rel=2e-5)


def directly(situation: Situation, option: dict[str, Any]) -> NDArray[np.float64]:
    """Follow the quoted reserves in every scenario, without a basis."""
    book, rules = situation.book, situation.market.auction
    place = book.dates.index(option["date"])
    venue = situation.market.venues.row(0, named=True)
    gap = rules.rerun_gap_days
    days = float(situation.days[place])
    step_discount = float(situation.discount(np.array([gap]))[0])
    step_cost = float(situation.holding(np.array([gap]))[0]) / step_discount
    unit = reference_auction._Unit(
        {
            "arrival": situation.arrivals.rate[0], "spread": float(book.sale_spread[0]),
            "step_log_value": float(situation.slope[0, place]) * gap
            + np.log1p(-rules.reoffer_discount),
            "step_discount": step_discount, "step_cost": step_cost,
            "fallback": 1 - rules.fallback_discount, "floor_price": 0.0,
            "largest_payout": np.inf,
            "accept_level": -np.inf,
        },
        reference_auction.Terms(
            np.array([[0.0], [venue["fee_sale"]], [venue["fee_rate"] + venue["tax_rate"]]]),
            np.array([[0.0], [venue["fee_no_sale"]], [0.0]]),
        ),
        rules.runs,
    )  # fmt: skip
    log_reserve = np.log(np.array(option["reserves"]))
    shock, weight = unit_nodes(book, 512)
    net = np.zeros(book.factor.shape[2])
    for s, deviation in enumerate(book.factor[book.group[0], place]):
        value = book.log_value[0, place] + deviation + book.unit_scale[0] * shock[0]
        onward = unit.onward(log_reserve, value, 0)
        net[s] = weight @ unit.offered(log_reserve[0], value, onward)
    worth = float(situation.discount(np.array([days + venue["settlement_days"]]))[0])
    paid = 60.0 + float(situation.holding(np.array([days]))[0])
    return worth * net - paid
