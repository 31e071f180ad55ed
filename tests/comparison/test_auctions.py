"""The benchmark of auctions: its core on few lots, and that it sees what is wrong."""

from __future__ import annotations

from dataclasses import asdict, replace

import numpy as np
import pytest
from rich.console import Console


def quiet(words: str) -> None:
    assert words


def printed(table: object) -> str:
    console = Console(width=140)
    with console.capture() as taken:
        console.print(table)
    return taken.get()


def test_two_highest_are_those_of_all_bids_sorted() -> None:
    from benchmarks.auctions.bidders import hammer, top_two

    number = np.array([0, 3, 1, 2, 0, 3])
    highest, second = top_two(np.random.default_rng(2), number)
    rng, bids = np.random.default_rng(2), np.full((6, 3), -np.inf)
    order = np.argsort(-number, kind="stable")
    for k in range(3):
        came = order[number[order] > k]
        bids[came, k] = rng.standard_normal(len(came))
    ranked = np.sort(bids, axis=1)
    np.testing.assert_array_equal(highest, ranked[:, 2])
    np.testing.assert_array_equal(second, ranked[:, 1])
    price = hammer(np.array([3.0, 3.0, 3.0, 1.0]), np.array([2.0, 0.5, -np.inf, 0.0]), 1.5)
    np.testing.assert_array_equal(price, [2.0, 1.5, 1.5, np.nan])


def test_formulas_hold_and_a_wrong_one_is_seen() -> None:
    from benchmarks.auctions import tell, verdict
    from benchmarks.auctions.closed_forms import closed_forms, outside

    cells = closed_forms(20_000, 1, quiet, arrivals=(0.5, 6.0), spreads=(0.2,))
    assert len(cells) == 112
    assert {cell.what for cell in cells} == {"sale chance", "expected price", "expected net"}
    assert not outside(cells)
    assert verdict.of_closed_forms(cells)[0].reached
    assert "expected net" in printed(tell.cells(cells))
    # two bidders and a half are told from two
    from _core import bids
    from benchmarks.auctions.bidders import top_two

    rng = np.random.default_rng(3)
    highest, _ = top_two(rng, rng.poisson(2.5, 20_000))
    chance, _ = bids.sale(np.zeros(1), np.full(1, 2.0), np.full(1, 0.2))
    assert abs(np.mean(highest >= 0.0) - chance[0]) > 0.05
    wrong = [replace(cells[0], chance=1e-9), *cells[1:]]
    assert len(outside(wrong)) == 1
    assert not verdict.of_closed_forms(wrong)[0].reached


def test_bound_is_that_of_a_mean_where_the_answer_is_known() -> None:
    """Reserves alone, with nothing known of the unit: ln noise has the bound 1 / sqrt(2 n)."""
    from benchmarks.auctions.offerings import World
    from benchmarks.auctions.recovery import bounds
    from residual.distribution import fit_shape
    from residual.lots import NAMES

    shock = fit_shape(np.random.default_rng(1).standard_normal(4_000), 0.0, 6.0, 5.0).shock
    world = World("far", rate=3.0, share=0.6, noise=1.0, counted=0.0, known=0.0, strays=0.0)
    bound = bounds(np.random.default_rng(2), world, shock, 5_000, many=20_000)
    assert bound[NAMES.index("reserve")] * np.sqrt(10_000) == pytest.approx(1.0, abs=0.03)
    assert bound[NAMES.index("asked")] * np.sqrt(5_000) == pytest.approx(1.0, abs=0.03)
    assert np.isnan(bound[NAMES.index("drawn")])


def test_offerings_are_those_of_their_world() -> None:
    from benchmarks.auctions.offerings import World, offerings

    world = World("half", rate=4.0, share=0.5, noise=0.6, counted=0.5, strays=0.02)
    lots = offerings(np.random.default_rng(4), world, 40_000)
    counted = lots.bidders[np.isfinite(lots.bidders)]
    assert len(counted) / len(lots) == pytest.approx(0.49, abs=0.01)
    assert counted.mean() == pytest.approx(4.0, abs=0.05)
    assert (counted[lots.exact[np.isfinite(lots.bidders)]] >= 2).all()
    assert 0.1 < np.mean(~lots.above) < 0.6
    sane = np.abs(lots.reserve) < 4.0
    assert np.mean(~sane) == pytest.approx(0.02 * 0.6, abs=0.003)
    held = lots.above & ~lots.exact
    np.testing.assert_array_equal(lots.bound[held], lots.reserve[held])


def test_estimates_come_near_the_bound_and_cover() -> None:
    from benchmarks.auctions import tell, verdict
    from benchmarks.auctions.offerings import World
    from benchmarks.auctions.recovery import recovery

    world = World("counted", rate=5.0, share=0.5, noise=0.8, counted=0.7)
    found = recovery(6, 1, quiet, worlds=(world,), lots=1_500, many=6_000)
    share = next(one for one in found if one.number == "share")
    assert share.error < 2.0 * share.bound
    assert share.covered > 0.5
    assert {one.settled for one in found} == {1.0}
    assert "share" in printed(tell.recovered(found))
    rows = verdict.of_recovery([replace(share, error=1.3 * share.bound, covered=0.99)])
    assert [row.reached for row in rows] == [False, False]


def test_search_finds_the_best_of_two_runs_by_hand() -> None:
    """One bidder worth 2 in the first run, none in the second; the trade pays 1."""
    from benchmarks.auctions.search import Drawn, mean_net
    from benchmarks.auctions.terms import Terms

    terms = Terms(1.0, 0.1, fee_rate=0.1, fee_sale=0.2, fee_no_sale=0.05, step_cost=0.1, fallback=1)
    none = np.zeros(1)
    drawn = Drawn(np.ones(1), [(np.full(1, 2.0), none), (none, none)], [none, none])
    net = mean_net(drawn, terms, [np.array([1.5, 2.0, 2.5]), np.array([1.0])])
    unsold = 1.0 - 2 * (0.05 + 0.1)
    np.testing.assert_allclose(net[:, 0], [0.9 * 1.5 - 0.2, 0.9 * 2.0 - 0.2, unsold])


def test_kernel_reserves_lose_hardly_anything_and_worse_ones_do() -> None:
    from benchmarks.auctions import tell, verdict
    from benchmarks.auctions.policies import regrets

    found = regrets(10_000, 1, quiet, points={1: 41, 2: 21}, arrivals=(4.0,))
    assert [one.runs for one in found] == [1] * 6 + [2] * 6
    assert [one.terms.kind for one in found[:3]] == ["", "tiers", "haggles"]
    # on few lots the search fits their luck, so the limit is wider than with many
    assert max(one.regret for one in found) < 0.003
    assert "regret %" in printed(tell.regrets(found))
    poor = replace(found[0], earns=0.99 * found[0].could)
    assert not verdict.of_policies([poor])[0].reached
    assert asdict(found[0])["runs"] == 1


def test_hammers_within_their_error_are_told_from_those_outside() -> None:
    from benchmarks.auctions import tell, verdict
    from benchmarks.auctions.hammers import Repeated

    near, far = Repeated(0.5, 0.5, 0.01, 0.02), Repeated(0.9, 0.8, 0.3, 0.03)
    assert [row.reached for row in verdict.of_hammers([near, far])] == [True, False]
    assert "no" in printed(tell.hammers([near, far]))
