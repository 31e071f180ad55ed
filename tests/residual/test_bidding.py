"""Made-up offerings of known bidders and sellers: what is found of them, and how surely."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm

from auction_lanes import Lane, Past, past
from residual.bidding import Bidding, bidding_of
from residual.distribution import HammerShape
from residual.priors import Priors

FAR = 2.6


def found(made: Past, priors: Priors | None = None) -> tuple[Bidding, HammerShape]:
    return bidding_of(made.offered, made.shape, made.sold_hammers, priors or Priors())


def mean_value(bidding: Bidding, shape: HammerShape) -> float:
    """Mean of values that the split leads to, the tails left out."""
    middle = shape.shock.quantile(np.linspace(0.05, 0.95, 91))
    own = float(np.mean(bidding.unit_ratio * middle))
    return own - bidding.shift - shape.bidder_share * shape.shift


@pytest.mark.parametrize(
    "lane",
    [
        Lane(),
        Lane(known=0.4),
        Lane(asked=0.8),
        Lane(share=0.35),
        Lane(rate=4.0, heavy=True),
        Lane(drawn=0.2),
    ],
    ids=["plain", "sellers know little", "dear", "bidders agree", "few, heavy tails", "popular"],
)
def test_counted_bidders_and_no_sales_tell_share_and_shift(lane: Lane) -> None:
    made = past(lane, seed=11)
    bidding, shape = found(made)
    assert bidding.identified
    assert bidding.share == shape.bidder_share == pytest.approx(made.share, abs=0.08)
    assert mean_value(bidding, shape) == pytest.approx(made.value, abs=0.11)
    assert bidding.known == pytest.approx(lane.known, abs=0.1)
    assert bidding.bidders == pytest.approx(lane.rate, rel=0.03)


def test_intervals_cover() -> None:
    """Of 24 lanes of both kinds nine tenths should lie within; fewer than 18 have odds of 1:800."""
    lanes = [Lane(lots=1200, share=share, rate=rate) for share in (0.45, 0.6) for rate in (4, 7)]
    inside = {"share": 0, "value": 0}
    for seed in range(6):
        for lane in lanes:
            made = past(lane, seed=100 + seed)
            bidding, shape = found(made)
            off = mean_value(bidding, shape) - made.value
            inside["share"] += abs(bidding.share - made.share) < 1.645 * bidding.share_error
            inside["value"] += abs(off) < 1.645 * bidding.shift_error
    assert min(inside.values()) >= 18, inside


def test_hidden_bidders_leave_more_in_doubt_and_do_not_mislead() -> None:
    counted, _ = found(past(Lane(), seed=3))
    made = past(Lane(hidden=True), seed=3)
    hidden, shape = found(made)
    assert hidden.counted == 0
    assert hidden.share_error > 2.0 * counted.share_error
    assert hidden.shift_error > 3.0 * counted.shift_error
    assert abs(hidden.share - made.share) < FAR * hidden.share_error
    assert abs(mean_value(hidden, shape) - made.value) < FAR * hidden.shift_error


def test_value_that_draws_bidders_is_told_from_bidders_that_drive_the_price() -> None:
    made = past(Lane(drawn=0.3, lots=5000), seed=5)
    bidding, _ = found(made)
    assert bidding.drawn > 3.0 * bidding.drawn_error
    assert bidding.share == pytest.approx(made.share, abs=0.07)
    assert any("draw more bidders" in line for line in bidding.words())
    plain, _ = found(past(Lane(lots=5000), seed=5))
    assert abs(plain.drawn) < FAR * plain.drawn_error


def test_moments_are_beaten_where_bidders_are_not_as_assumed() -> None:
    """A split that takes the share for given puts values far off; the likelihood does not."""
    made = past(Lane(share=0.35), seed=8)
    bidding, shape = found(made)
    assumed = -made.shape.bidder_share * made.shape.shift
    assert abs(mean_value(bidding, shape) - made.value) < 0.08 < abs(assumed - made.value)


def test_a_stated_share_of_nought_is_kept() -> None:
    made = past(Lane(share=0.05), seed=2)
    bidding, shape = found(made, Priors(bidder_spread_share=0.0))
    assert bidding.share == shape.bidder_share == 0.0
    assert np.isfinite([bidding.shift, bidding.unit_ratio]).all()


def test_hammers_alone_with_bidders_counted_tell_the_share_and_no_shift() -> None:
    made = past(Lane(asked=-9.0, lots=6000, share=0.5), seed=6)
    lots = made.offered.lots
    bare = replace(lots, reserve=np.full(len(lots), np.nan))
    keep = np.flatnonzero(lots.exact)
    told = replace(
        made.offered, lots=bare.take(keep), scale=made.offered.scale[keep], no_sales=0, at_reserve=0
    )
    alone = replace(made, offered=told)
    bidding, shape = found(alone)
    assert bidding.shift == bidding.shift_error == 0.0
    assert bidding.unit_ratio == shape.unit_ratio
    assert abs(bidding.share - made.share) < FAR * bidding.share_error
    assert bidding.share_error < 0.1


def test_values_keep_the_shape_that_sellers_hide() -> None:
    """Where low values are kept, the tails of values are not those of hammers, stretched evenly."""
    stretched, told = [], []
    chances = np.array([0.05, 0.1, 0.9, 0.95])
    for seed in range(4):
        made = past(Lane(asked=0.8, known=0.4, lots=5000), seed=40 + seed)
        bidding, shape = found(made)
        true = made.unit * norm.ppf(chances)
        for shocks, off in ((shape.shocks, stretched), (shape.values, told)):
            shock = shocks[len(shocks) // 2]
            middle = shock.quantile(np.linspace(0.05, 0.95, 91)).mean()
            off.append(bidding.unit_ratio * (shock.quantile(chances) - middle) - true)
    error, before = (np.sqrt(np.mean(np.square(off), axis=0)) for off in (told, stretched))
    assert error.max() < 0.25
    assert before.max() > 0.7


def test_without_reserves_values_have_the_shape_of_hammers() -> None:
    made = past(Lane(asked=-9.0), seed=6)
    lots = made.offered.lots
    told = replace(lots, reserve=np.full(len(lots), np.nan)).take(np.flatnonzero(lots.exact))
    bare = replace(made.offered, lots=told, scale=np.full(len(told), 0.1), no_sales=0, at_reserve=0)
    _, shape = found(replace(made, offered=bare))
    assert shape.values == shape.shocks
