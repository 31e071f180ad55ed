"""Bids below the reserve: a known curve of acceptance comes back, and none where none is told."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest

from residual import Haggling, haggling
from residual.logistic import by_venue

VENUES = ("A", "B", "C")
LEVELS = np.array([1.6, 1.0, 2.2])
SLOPE = 12.0


def drawn(
    seed: int, lots: int = 450, levels: np.ndarray = LEVELS, slope: float = SLOPE
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Venue, ln(bid / reserve), and whether the bid was taken."""
    rng = np.random.default_rng(seed)
    venue = rng.integers(0, len(levels), lots)
    ratio = -rng.gamma(2.0, 0.09, lots)
    chance = 1.0 / (1.0 + np.exp(-(levels[venue] + slope * ratio)))
    return venue, ratio, rng.random(lots) < chance


def table(venue: np.ndarray, ratio: np.ndarray, taken: np.ndarray) -> pl.DataFrame:
    bid = 10_000.0 * np.exp(ratio)
    return pl.DataFrame(
        {
            "sale_id": [f"s{at}" for at in range(len(venue))],
            "venue_id": [VENUES[at] for at in venue],
            "outcome": np.where(taken, "sold", "no-sale"),
            "price": pl.Series(np.where(taken, bid, np.nan)).fill_nan(None),
            "reserve": np.full(len(venue), 10_000.0),
            "high_bid": bid,
        }
    )


def found(sales: pl.DataFrame) -> Haggling:
    told = haggling(sales, VENUES)
    assert told is not None
    return told


def bound() -> np.ndarray:
    """Cramér-Rao bounds of the levels and the slope, levels taken as unrelated."""
    venue, ratio, _ = drawn(0, 200_000)
    chance = 1.0 / (1.0 + np.exp(-(LEVELS[venue] + SLOPE * ratio)))
    columns = np.column_stack([*(venue == at for at in range(3)), ratio])
    information = columns.T @ (columns * (chance * (1.0 - chance))[:, None]) * 450 / 200_000
    return np.asarray(np.sqrt(np.diag(np.linalg.inv(information))))


def test_a_known_curve_comes_back_as_surely_as_it_can() -> None:
    """200 files of 450 lots: errors within 1.2 bounds, 95 % intervals cover 92 to 98 %."""
    truth = np.array([*LEVELS, SLOPE])
    off, error = np.empty((2, 200, 4))
    for seed in range(200):
        told = found(table(*drawn(seed + 1)))
        assert told.identified
        off[seed] = np.array([*told.level, told.slope]) - truth
        error[seed] = [*told.level_error, told.slope_error]
    assert (np.sqrt(np.mean(off**2, axis=0)) < 1.2 * bound()).all()
    covered = (np.abs(off) < 1.96 * error).mean(axis=0)
    assert covered.min() >= 0.92
    assert covered.max() <= 0.98


def test_the_maximum_is_that_of_a_search_that_knows_nothing_of_newton() -> None:
    from scipy.optimize import minimize

    venue, ratio, taken = drawn(3)
    told = by_venue(taken, ratio, venue, 4)

    def against(at: np.ndarray) -> float:
        odds = at[0] + at[2:][venue] + at[1] * ratio
        fit = odds @ taken - np.logaddexp(0.0, odds).sum()
        return float(0.5 * at[2:] @ at[2:] / told.between**2 - fit)

    best = minimize(against, np.zeros(6), method="BFGS", options={"gtol": 1e-7}).x
    assert told.level == pytest.approx(best[0] + best[2:], abs=1e-4)
    assert told.slope == pytest.approx(best[1], abs=1e-3)
    # a venue without lots has the common level, and is the least known
    assert best[5] == pytest.approx(0.0, abs=1e-5)
    assert told.level_error.argmax() == 3


def test_venues_are_shrunk_as_far_as_they_are_alike() -> None:
    same, spread = np.full(8, 1.5), np.linspace(-1.5, 4.5, 8)
    alike, apart = (
        by_venue(taken, ratio, venue, 8)
        for venue, ratio, taken in (drawn(5, 2000, levels) for levels in (same, spread))
    )
    assert alike.between < 0.35 < 1.4 < apart.between
    assert np.ptp(alike.level) < 0.8
    assert apart.level == pytest.approx(spread, abs=0.9)


def test_chances_by_hand() -> None:
    told = Haggling(
        ("A", "B"), np.array([0.0, np.log(3.0)]), np.ones(2), 10.0, 1.0, np.array([5, 5]),
        np.array([2, 3]), 0.5,
    )  # fmt: skip
    assert told.accept(0, -0.1) == pytest.approx(1.0 / (1.0 + math.e))
    assert told.accept([0, 1], -1e-12) == pytest.approx([0.5, 0.75])
    np.testing.assert_array_equal(told.accept(1, [0.0, 0.3]), [1.0, 1.0])
    assert np.isnan(told.accept(0, np.nan))
    assert told.accept([[0], [1]], [-0.3, -0.2, -0.1]).shape == (2, 3)
    assert (np.diff(told.accept(0, np.linspace(-2.0, -0.01, 50))) > 0.0).all()
    for outside in (-1, 2):
        with pytest.raises(IndexError, match="0 to 1"):
            told.accept(outside, -0.1)
    with pytest.raises(ValueError, match="read-only"):
        told.level[0] = 1.0


def test_sellers_who_take_low_bids_rather_have_no_slope() -> None:
    venue, ratio, taken = drawn(7, slope=-6.0, levels=np.full(3, -1.5))
    told = found(table(venue, ratio, taken))
    assert told.slope == 0.0
    assert told.slope_error > 0.0
    share = told.accept(np.arange(3), -0.2) @ told.lots / told.lots.sum()
    assert share == pytest.approx(taken.mean(), abs=0.02)


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("few", "too few"),
        ("taken", "all of 450"),
        ("refused", "none of 450"),
        ("one ratio", "by about as much"),
        ("apart", "nearer to its reserve"),
    ],
)
def test_what_fails_to_be_told_is_said(case: str, words: str) -> None:
    venue, ratio, taken = drawn(2)
    if case == "few":
        venue, ratio, taken = venue[:30], ratio[:30], taken[:30]
    elif case == "taken":
        taken = np.ones(450, dtype=bool)
    elif case == "refused":
        taken = np.zeros(450, dtype=bool)
    elif case == "one ratio":
        ratio = np.full(450, -0.1)
    else:
        taken = ratio > -0.1
    told = found(table(venue, ratio, taken))
    assert not told.identified
    assert words in told.missing
    assert told.missing in told.note
    np.testing.assert_array_equal(told.accept(0, [-0.05, 0.0]), [0.0, 1.0])
    assert np.isnan(told.accept(0, np.nan))
    assert np.isinf(told.level_error).all()


def test_where_nothing_is_sold_below_a_reserve_nothing_is_said() -> None:
    sales = table(*drawn(2))
    met = sales.with_columns(reserve=pl.col("high_bid"))
    assert haggling(met, VENUES) is None
    assert haggling(sales.drop("reserve"), VENUES) is None
    assert haggling(sales.head(0), VENUES) is None
    assert haggling(sales, ("elsewhere",)) is None
    assert haggling(sales, ()) is None
    assert haggling(sales.with_columns(channel=pl.lit("dealer")), VENUES) is None


def test_lots_that_cannot_tell_do_not_count() -> None:
    sales = table(*drawn(4))
    plain = found(sales)
    odd = sales.head(9).with_columns(
        sale_id=pl.format("x{}", pl.int_range(9)),
        outcome=pl.Series(["no-sale"] * 5 + ["sold", "withdrawn", "no-sale", "sold"]),
        reserve=pl.Series([None, 0.0, -5.0, math.nan, math.inf, 9000.0, 9000.0, 9000.0, 9000.0]),
        high_bid=pl.Series([50.0, 50.0, 50.0, 50.0, 50.0, math.nan, 8000.0, 1e-3, 1e-3]),
        price=pl.Series([None, None, None, None, None, math.inf, None, None, 1e-3]),
    )
    both = found(pl.concat([sales, odd]))
    np.testing.assert_array_equal(both.lots, plain.lots)
    np.testing.assert_array_equal(both.level, plain.level)
    assert both.slope == plain.slope


def test_a_house_that_hides_what_it_refused_is_left_out() -> None:
    sales = table(*drawn(4))
    hides = (pl.col("venue_id") == "A") & (pl.col("outcome") == "no-sale")
    told = found(sales.with_columns(high_bid=pl.when(hides).then(None).otherwise("high_bid")))
    assert told.lots[0] == 0
    assert told.lots[1:].tolist() == found(sales).lots[1:].tolist()
    assert np.isfinite(told.level).all()


def test_a_price_agreed_above_the_highest_bid_leaves_the_bid() -> None:
    sales = table(*drawn(4))
    agreed = sales.with_columns(price=0.5 * (pl.col("price") + pl.col("reserve")))
    np.testing.assert_array_equal(found(agreed).level, found(sales).level)
    alone = found(sales.with_columns(
        high_bid=pl.when(pl.col("outcome") == "no-sale").then("high_bid")
    ))  # fmt: skip
    assert alone.slope == pytest.approx(found(sales).slope)


def test_neither_the_order_of_rows_nor_the_currency_matters() -> None:
    sales = table(*drawn(6))
    told = found(sales)
    mixed = found(sales.sample(fraction=1.0, shuffle=True, seed=1))
    np.testing.assert_array_equal(mixed.level, told.level)
    money = pl.col("price", "reserve", "high_bid") * 7.0
    assert found(sales.with_columns(money)).slope == pytest.approx(told.slope, abs=1e-6)
    assert f"{told.lots.sum():,} bids" in told.note


def test_a_curve_that_falls_or_lacks_venues_is_refused() -> None:
    ones, some = np.ones(2), np.array([1, 1])
    with pytest.raises(ValueError, match="slope must be nought or more"):
        Haggling(("A", "B"), ones, ones, -1.0, 1.0, some, some, 0.5)
    with pytest.raises(ValueError, match="each of 3 venues"):
        Haggling(("A", "B", "C"), ones, ones, 1.0, 1.0, some, some, 0.5)
