"""Bidders by venue and segment: told where they differ, left alone where they do not."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from auction.bidders import Arrivals, arrivals, uncounted

Floats = NDArray[np.float64]
VENUES, SEGMENTS = 6, 5


def world(
    seed: int, apart: float, lots: int = 6000, wild: float = 0.0
) -> tuple[pl.DataFrame, pl.DataFrame, NDArray[np.int64], Floats]:
    """Venues, past lots, their segments, and the truth of each venue and segment."""
    draw = np.random.default_rng(seed)
    rate = np.array([4.0, 5.0, 6.0, 7.0, 8.0, 9.0])
    common = np.exp(apart * draw.standard_normal(SEGMENTS))
    own = np.exp(0.5 * apart * draw.standard_normal((VENUES, SEGMENTS)))
    truth = rate[:, None] * common[None, :] * own
    venue = draw.integers(0, VENUES, lots)
    segment = draw.choice(SEGMENTS, lots, p=[0.4, 0.3, 0.2, 0.07, 0.03])
    mean = truth[venue, segment]
    luck = draw.gamma(1.0 / wild, wild, lots) if wild else np.ones(lots)
    sales = pl.DataFrame(
        {
            "venue_id": [f"V{place}" for place in venue],
            "bidders": draw.poisson(mean * luck),
        }
    )
    venues = pl.DataFrame(
        {
            "venue_id": [f"V{place}" for place in range(VENUES)],
            "bidders": pl.Series([None] * VENUES, dtype=pl.Float64),
        }
    )
    return venues, sales, segment, truth


def found(seed: int, apart: float, **terms: float) -> tuple[Arrivals, Floats]:
    venues, sales, segment, truth = world(seed, apart, **terms)  # type: ignore[arg-type]
    return arrivals(venues, sales, 6.0, segment, SEGMENTS), truth


def test_what_segments_draw_is_told_better_than_by_the_venue_alone() -> None:
    by_cell, by_venue = [], []
    for seed in range(10):
        told, truth = found(seed, 0.2)
        by_cell.append(np.mean(np.log(told.bidders / truth) ** 2))
        by_venue.append(np.mean(np.log(told.rate[:, None] / truth) ** 2))
    assert np.sqrt(np.mean(by_cell)) < 0.4 * np.sqrt(np.mean(by_venue))


@pytest.mark.parametrize("wild", [0.0, 0.3])
def test_errors_are_as_large_as_they_say(wild: float) -> None:
    within = []
    for seed in range(20):
        told, truth = found(seed, 0.2, wild=wild)
        within.append(np.abs(np.log(told.bidders / truth)) < 1.96 * told.error)
    # five segments hardly tell how far segments lie apart, the less so the wilder counts are
    assert 0.86 < np.mean(within) < 0.98


def test_segments_that_differ_by_chance_alone_are_taken_for_alike() -> None:
    off = []
    for seed in range(20):
        told, _ = found(seed, 0.0)
        off.append(np.abs(told.factor - 1.0).max())
    assert np.median(off) < 0.02
    assert max(off) < 0.12


def test_a_venue_keeps_the_mean_of_its_lots() -> None:
    venues, sales, segment, _ = world(3, 0.3)
    told = arrivals(venues, sales, 6.0, segment, SEGMENTS)
    expected = (told.bidders * told.lots).sum(axis=1) / told.lots.sum(axis=1)
    assert expected == pytest.approx(told.rate)


def test_a_venue_that_does_not_count_draws_what_it_states_by_the_segments_of_others() -> None:
    venues, sales, segment, _ = world(4, 0.4)
    venues = venues.with_columns(
        bidders=pl.when(pl.col("venue_id") == "V5").then(12.0).otherwise("bidders")
    )
    counted = sales.with_columns(
        bidders=pl.when(pl.col("venue_id") != "V5").then("bidders").otherwise(None)
    )
    told = arrivals(venues, counted, 6.0, segment, SEGMENTS)
    assert told.rate[5] == 12.0
    assert told.lots[5].tolist() == [0] * SEGMENTS
    others = np.log(told.factor[:5]).mean(axis=0)
    assert np.corrcoef(np.log(told.factor[5]), others)[0, 1] > 0.9
    assert (told.error[5] > told.error[:5].max(axis=0)).all()


def test_without_sales_every_venue_draws_what_is_stated() -> None:
    venues, sales, segment, _ = world(5, 0.3)
    for none in (None, sales[:0]):
        told = arrivals(venues, none, 6.0, segment[:0], SEGMENTS)
        assert told.bidders.tolist() == [[6.0] * SEGMENTS] * VENUES
    assert arrivals(venues[:0], sales, 6.0, segment, SEGMENTS).bidders.shape == (0, SEGMENTS)


def test_venues_of_which_nothing_tells_the_bidders_are_named() -> None:
    venues, sales, segment, _ = world(5, 0.3)
    silent = ["V1", "V3", "V4"]
    kept = ~sales["venue_id"].is_in(silent)
    stated = pl.when(pl.col("venue_id") == "V3").then(pl.lit(5.0))
    venues = venues.with_columns(bidders=stated)
    told = arrivals(venues, sales.filter(kept), 6.5, segment[kept.to_numpy()], SEGMENTS)
    going = pl.Series(["V0", "V1", "V3", "V1", None])  # nobody goes to V4
    assert uncounted(venues, told, 6.5, going) == [
        (
            "auctions whose bidders no sale counts and no row states, so that 6.5 on a lot are "
            "assumed: V1"
        )
    ]
    assert told.rate[1] == 6.5
    assert uncounted(venues, told, 6.5, going[:1]) == []
