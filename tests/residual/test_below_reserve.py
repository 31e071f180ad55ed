"""Lots sold below their reserve, and lots of sealed bids: what they tell, and how they misled."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm

from auction_lanes import top_two
from residual.distribution import fit_shape
from residual.likeliest import Likeliest, most_likely, start
from residual.lots import NAMES, Lots

LOTS, VALUE, UNIT, SHARE, RATE = 5000, -0.4, 0.85, 0.5, 6.0
ASKED, KNOWN, NOISE = 0.4, 0.7, 0.6
SHOCK = fit_shape(norm.ppf((np.arange(8000) + 0.5) / 8000), 0.0, 6.0, 5.0).shock


def world(seed: int) -> tuple[Lots, np.ndarray, np.ndarray]:
    """Open auctions of known bidders; the highest and the second highest bid of each."""
    rng = np.random.default_rng(seed)
    own, number = UNIT * rng.standard_normal(LOTS), rng.poisson(RATE, LOTS)
    highest, second = top_two(rng, VALUE + own, SHARE, number)
    reserve = ASKED + KNOWN * own + NOISE * rng.standard_normal(LOTS)
    sold, exact = highest >= reserve, second > reserve
    drawn = np.log1p(number) - np.log1p(number).mean()
    nothing = np.zeros(LOTS, dtype=np.bool_)
    lots = Lots(
        np.where(exact, second, reserve), reserve, sold, exact, nothing,
        number.astype(np.float64), drawn, np.zeros(LOTS), np.zeros(LOTS, dtype=np.int64),
    )  # fmt: skip
    return lots, highest, second


def found(lots: Lots) -> Likeliest:
    return most_likely(lots, start(0.6, 0.85, 6.0, 0.6), SHOCK)


def off(told: Likeliest) -> dict[str, float]:
    """Estimates less the truth, in standard errors."""
    value = (float(told.quantiles.mean()) - VALUE) / told.value_error
    share, known = (
        (told.numbers[at] - truth) / told.errors[at]
        for at, truth in ((NAMES.index("share"), np.log(SHARE)), (NAMES.index("known"), KNOWN))
    )
    return {"value": value, "share": float(share), "known": float(known)}


@pytest.fixture(scope="module")
def sold_below() -> tuple[Lots, np.ndarray, np.ndarray]:
    """Lots, those of them sold below the reserve, and the bids that stood."""
    lots, _, second = world(2)
    near = np.where(np.isfinite(second), second, -9.0) - lots.reserve
    chance = 1.0 / (1.0 + np.exp(-(2.5 + 3.0 * near)))
    taken = ~lots.above & np.isfinite(second)
    taken &= np.random.default_rng(3).random(LOTS) < chance
    assert taken.sum() > 400
    return lots, taken, second


def test_left_out_they_make_values_too_high(
    sold_below: tuple[Lots, np.ndarray, np.ndarray],
) -> None:
    lots, taken, _ = sold_below
    assert off(found(lots.take(np.flatnonzero(~taken))))["value"] > 3.0


def test_as_hammers_that_met_a_reserve_they_mislead(
    sold_below: tuple[Lots, np.ndarray, np.ndarray],
) -> None:
    lots, taken, second = sold_below
    wrong = replace(
        lots, bound=np.where(taken, second, lots.bound),
        above=lots.above | taken, exact=lots.exact | taken,
    )  # fmt: skip
    assert max(abs(one) for one in off(found(wrong)).values()) > 3.0


def test_as_lots_that_missed_their_reserve_they_do_not(
    sold_below: tuple[Lots, np.ndarray, np.ndarray],
) -> None:
    lots, _, _ = sold_below
    assert max(abs(one) for one in off(found(lots)).values()) < 2.6


def test_bids_taken_and_refused_tell_more_and_do_not_mislead(
    sold_below: tuple[Lots, np.ndarray, np.ndarray],
) -> None:
    lots, _, second = sold_below
    known = ~lots.above & np.isfinite(second)
    told = found(replace(lots, bound=np.where(known, second, lots.bound), exact=lots.exact | known))
    assert max(abs(one) for one in off(told).values()) < 2.6
    assert told.errors[NAMES.index("share")] < 0.9 * found(lots).errors[NAMES.index("share")]


def test_sealed_bids_do_not_mislead() -> None:
    """Half of the lots go for the highest bid itself, a little less than it is worth."""
    lots, highest, _ = world(3)
    sealed = np.arange(LOTS) % 2 == 0
    price = np.maximum(highest - 0.1, lots.reserve + 1e-6)
    misread = replace(
        lots, bound=np.where(sealed & lots.above, price, lots.bound),
        exact=np.where(sealed, lots.above, lots.exact),
    )  # fmt: skip
    assert max(abs(one) for one in off(found(misread)).values()) > 3.0
    told = found(
        replace(
            lots, bound=np.where(sealed, lots.reserve, lots.bound), exact=lots.exact & ~sealed,
            blind=sealed & lots.above,
        )
    )  # fmt: skip
    assert max(abs(one) for one in off(told).values()) < 2.6
