"""The comparison of times to a sale: its scores on cases worked by hand, its split, its peers."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

DAYS = np.array([1.0, 2.0, 2.0, 3.0])
SOLD = np.array([True, False, True, True])


def whole_days(draw: np.random.Generator, chance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Days before something that may happen on each day with its own chance."""
    return np.asarray(draw.geometric(chance) - 1, dtype=np.float64)


def test_kaplan_meier_by_hand() -> None:
    """Of four one is sold; of three one, while one more is withdrawn; then the last."""
    from benchmarks.listings.measures import kaplan_meier

    left, variance = kaplan_meier(DAYS, SOLD, np.arange(4.0))
    assert left == pytest.approx([1.0, 3 / 4, 3 / 4 * 2 / 3, 0.0])
    assert variance[:3] == pytest.approx([0.0, 1 / 12, 1 / 12 + 1 / 6])
    assert variance[3] == np.inf


def test_kaplan_meier_is_that_of_statsmodels() -> None:
    from statsmodels.duration.survfunc import SurvfuncRight

    from benchmarks.listings.measures import kaplan_meier

    draw = np.random.default_rng(2)
    days, sold = draw.integers(0, 40, 300).astype(float), draw.random(300) < 0.7
    other = SurvfuncRight(days, sold.astype(int))
    left, variance = kaplan_meier(days, sold, other.surv_times)
    assert left == pytest.approx(other.surv_prob)
    inner = other.surv_prob > 0.0
    wide = left[inner] * np.sqrt(variance[inner])
    assert wide == pytest.approx(other.surv_prob_se[inner])


def test_brier_by_hand() -> None:
    """One of the two that were there on day 2 is withdrawn after it: the last one counts twice.

    Who is withdrawn on day 2 was there for a sale on it, so the sale of day 2 has weight 1; of
    two left after that sale one goes, so the chance not to be censored is a half from then on.
    """
    from benchmarks.listings.measures import brier, integrated

    at = np.arange(4.0)
    left = np.tile([0.9, 0.6, 0.4, 0.1], (4, 1))
    found = brier(left, DAYS, SOLD, at)
    expected = [
        0.1**2,
        (0.6**2 + 3 * 0.4**2) / 4,
        (2 * 0.4**2 + 2 * 0.6**2) / 4,
        (2 * 0.1**2 + 2 * 0.1**2) / 4,
    ]
    assert found == pytest.approx(expected)
    assert integrated(found, at) == pytest.approx(
        (expected[0] / 2 + expected[1] + expected[2] + expected[3] / 2) / 3
    )


def test_censoring_does_not_move_the_brier_score_on_average() -> None:
    """The same forecasts of the same sales, with and without withdrawals."""
    from benchmarks.listings.measures import brier

    draw = np.random.default_rng(5)
    rate = draw.uniform(0.02, 0.1, 40_000)
    ends, leaves = whole_days(draw, rate), whole_days(draw, np.full(40_000, 0.02))
    at = np.array([5.0, 20.0, 60.0])
    left = (1.0 - 0.7 * rate[:, None]) ** (at + 1.0)
    whole = brier(left, ends, np.ones(ends.size, dtype=bool), at)
    sold = ends <= leaves
    assert brier(left, np.minimum(ends, leaves), sold, at) == pytest.approx(whole, abs=0.004)
    dropped = brier(left[sold], ends[sold], np.ones(int(sold.sum()), dtype=bool), at)
    assert np.abs(dropped - whole).max() > 0.02


def test_a_right_forecast_lies_in_its_bands_and_a_wrong_one_does_not() -> None:
    from benchmarks.listings.measures import shares

    draw = np.random.default_rng(7)
    rate = draw.uniform(0.01, 0.1, 5000)
    ends, leaves = whole_days(draw, rate), whole_days(draw, np.full(5000, 0.02))
    days, sold = np.minimum(ends, leaves), ends <= leaves
    chance = 1.0 - (1.0 - rate) ** 15.0
    right = shares(chance, days, sold, 14)
    assert [share.group for share in right] == [0, 1, 2, 3, 4, 5]
    assert [share.listings for share in right] == [5000, *[1000] * 5]
    assert all(share.held for share in right)
    assert all(share.low < share.seen < share.high for share in right)
    assert not any(share.held for share in shares(chance**0.7, days, sold, 14)[:3])


def listings() -> pl.DataFrame:
    """Four listings: sold, sold after the cut, withdrawn, put up after the cut."""
    day = dt.date(2020, 6, 1)
    ends = [dt.timedelta(5), dt.timedelta(20), dt.timedelta(9), dt.timedelta(40)]
    return pl.DataFrame(
        {
            "sale_id": ["a", "b", "c", "d"],
            "offered_on": [day, day, day, day + dt.timedelta(15)],
            "list_price": [100.0, 200.0, 300.0, 400.0],
            "closed_on": [day + end for end in ends],
            "paid": [90.0, 180.0, 300.0, 390.0],
            "sold": [True, True, False, True],
            "told_prices": [
                '{"2020-06-04": "0.009"}', '{"2020-06-12": "0.018"}', "{}", "{}",
            ],
        }
    )  # fmt: skip


def test_nothing_after_the_cut_is_learnt() -> None:
    from benchmarks.listings.store import split, times

    cut = dt.date(2020, 6, 10)
    parts = split(listings(), cut, dt.date(2020, 7, 1))
    assert parts.sales["outcome"].to_list() == ["sold", "open", "withdrawn"]
    assert parts.sales["price"].to_list() == [90.0, None, None]
    assert parts.sales["closed_on"].is_null().to_list() == [False, True, False]
    assert parts.price_changes.rows() == [("a", dt.date(2020, 6, 4), pytest.approx(90.0))]
    assert times(parts.sales, cut)[0].tolist() == [5.0, 9.0, 9.0]
    assert parts.judged.columns == ["sale_id", "offered_on", "list_price"]
    assert (parts.days.tolist(), parts.sold.tolist()) == ([25.0], [True])


def test_the_peers_find_what_listings_were_made_with() -> None:
    """A hazard that doubles at one of two places, and falls by 4 for each unit of the premium."""
    from benchmarks.listings.features import Features
    from benchmarks.listings.peers import PEERS

    draw = np.random.default_rng(1)
    count = 3000
    premium, place = draw.normal(0.0, 0.1, count), draw.integers(0, 2, count)
    rate = 0.04 * 2.0**place * np.exp(-4.0 * premium)
    days = whole_days(draw, -np.expm1(-rate))
    leaves = whole_days(draw, np.full(count, 0.01))
    sold = days <= leaves
    made = Features(
        pl.DataFrame({"premium": premium, "age": draw.normal(size=count)}),
        pl.DataFrame({"region": np.where(place == 1, "B", "A"), "make": "m", "line": "m / l"}),
        np.arange(count, dtype=float),
    )
    at = np.array([7.0, 30.0])
    truth = np.exp(-rate[:, None] * (at + 1.0))
    error = {
        name: np.abs(peer(made, np.minimum(days, leaves), sold, made, at) - truth).mean()
        for name, peer in PEERS.items()
    }
    assert error["Cox"] < 0.04
    assert error["LightGBM"] < 0.06 < error["Kaplan-Meier"]


def test_what_is_missed_is_told() -> None:
    from benchmarks.listings.tell import verdict

    share = {"day": 7, "group": 0, "held": True}
    told = {
        "scores": {"ours": 0.1, "Kaplan-Meier": 0.2, "Cox": 0.1},
        "calibration": {
            "ours": [
                {**share, "day": day, "group": group, "held": (day, group) != (30, 2)}
                for day in (7, 14, 30, 60)
                for group in range(6)
            ]
        },
    }
    missed = [words for words, held in verdict(told).items() if not held]
    assert missed == [
        "integrated Brier score below Cox",
        "share sold in 30 days within its band, in 5 groups",
    ]
