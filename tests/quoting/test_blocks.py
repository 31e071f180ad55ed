"""Quoting block by block: the same options as quoting the whole fleet at once."""

from __future__ import annotations

import threading
from functools import partial
from typing import Any

import numpy as np
import pytest
from polars.testing import assert_frame_equal

from auction.allocation import Constraints, Limit
from auction.channels.hold import quote_holds
from auction.channels.quotes import Quotes
from auction.market import Market
from auction.options import Options
from auction.plan import allocate
from auction.quoting import quote, quote_blocks
from auction.risk import CVaR
from auction.situation import Situation
from auction.spill import Spill, moved
from auction.workspace.config import AuctionRules
from cluster_workers import same
from quoting_world import (
    book_for,
    events,
    fleet,
    hedges,
    offers,
    parts,
    plain_market,
    tariffs,
    uses_of,
    venues,
)
from residual.errors import InputError

#: Some stand nowhere in particular: in the middle of their region, wherever its others are.
FLEET = fleet(
    *[
        {
            "vehicle_id": f"v{i}",
            "worth": 4_000.0 + 900.0 * i,
            "segment": ("car", "van")[i % 2],
            "region": ("north", "west")[i % 3 == 0],
            "lat": None if i % 4 == 1 else 40.0 + 0.3 * i,
            "lon": None if i % 4 == 1 else -75.0 - 0.5 * i,
        }
        for i in range(11)
    ]
)


def market() -> Market:
    """Every channel, a venue without coordinates, a lane, a yard and a floor."""
    return plain_market(
        venues=venues(
            {"venue_id": "A", "weekly_units": 5.0},
            {"venue_id": "B", "region": "west", "lat": None, "lon": None, "display_days": 2.0},
            {"venue_id": "D", "channel": "dealer", "fee_no_sale": 0.0},
            {"venue_id": "X", "channel": "dismantling", "fee_no_sale": 0.0},
        ),
        events=events(
            {"event_id": "A-10", "venue_id": "A", "days": 10},
            {"event_id": "A-24", "venue_id": "A", "days": 24, "segment": "van"},
            {"event_id": "B-17", "venue_id": "B", "days": 17},
            {"event_id": "B-31", "venue_id": "B", "days": 31},
        ),
        offers=offers({"offer_id": "O", "venue_id": "D", "price": 7_500.0, "max_odometer": 7e4}),
        parts=parts({"group": "*", "part": "engine", "price": 900.0, "labour_hours": 6.0}),
        tariffs=tariffs(
            {
                "from_region": "north",
                "to_region": "west",
                "cost": 300.0,
                "days": 2.0,
                "weekly_units": 3.0,
            }
        ),
        hedges=hedges({"hedge_id": "F90"}),
        auction=AuctionRules(reserve_levels=(1.0, 0.9)),
    )


def used(options: Options) -> list[dict[str, float]]:
    return [uses_of(options, option) for option in range(options.vehicle.size)]


def described(options: Options) -> dict[str, Any]:
    return {resource.resource_id: resource for resource in options.resources}


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("block", [1, 4, 11, 50])
def test_blocks_hold_the_options_of_the_whole_fleet(block: int, threads: int) -> None:
    there = market()
    book = book_for(FLEET, there, n=48)
    whole = quote(book, there)
    found = list(quote_blocks(book, there, block=block, threads=threads))
    assert [each.vehicle_ids for each in found] == [
        whole.vehicle_ids[start : start + block] for start in range(0, 11, block)
    ]
    row = 0
    for each in found:
        rows = np.arange(row, row + each.vehicle.size)
        row += each.vehicle.size
        assert_frame_equal(each.frame, whole.frame[rows], check_exact=True)
        np.testing.assert_array_equal(each.coefficient, whole.coefficient[rows])
        np.testing.assert_array_equal(each.basis[each.group], whole.basis[whole.group[rows]])
        assert used(each) == used(whole)[rows[0] : row]
        assert described(each).items() <= described(whole).items()
    assert row == whole.vehicle.size
    assert {"event", "reruns", "lane", "venue_week"} == {r.kind for r in whole.resources}
    assert set(whole.frame["channel"]) == {"auction", "dealer", "dismantling", "hold"}


def test_blocks_are_quoted_when_they_are_asked_for() -> None:
    told: list[tuple[str, float, str]] = []
    there = market()
    book = book_for(FLEET, there, n=16)
    blocks = quote_blocks(book, there, block=4, progress=lambda *words: told.append(words))
    assert told == []
    next(blocks)
    next(blocks)
    assert told == [("quote", 4 / 11, "4 of 11 vehicles")]
    assert sum(1 for _ in blocks) == 1
    assert told[-1] == ("quote", 1.0, "11 of 11 vehicles")


class _Watched:
    """Keeping back, which notes the fleets that it is asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.lock = threading.Lock()

    def quote(self, situation: Situation) -> Quotes:
        with self.lock:
            self.asked += situation.book.vehicle_ids
        return quote_holds(situation)


def test_with_threads_two_blocks_are_quoted_ahead_and_no_more() -> None:
    there, watched = plain_market(), _Watched()
    book = book_for(FLEET, there, n=16)
    channels: Any = [watched]
    blocks: Any = quote_blocks(book, there, block=1, threads=2, channels=channels)
    assert watched.asked == []
    assert [next(blocks).vehicle_ids for _ in range(3)] == [("v0",), ("v1",), ("v2",)]
    assert set(watched.asked) <= {f"v{i}" for i in range(5)}
    blocks.close()
    begun = sorted(watched.asked)
    assert {"v0", "v1", "v2"} <= set(begun) <= {f"v{i}" for i in range(5)}
    assert not [each for each in threading.enumerate() if each.name.startswith("quote")]
    assert sorted(watched.asked) == begun


@pytest.mark.parametrize("threads", [1, 2])
def test_a_block_at_fault_is_told_when_it_is_reached(threads: int) -> None:
    lost = fleet(
        {"vehicle_id": "a"}, {"vehicle_id": "b", "region": "moon", "lat": None, "lon": None}
    )
    there = plain_market()
    blocks = quote_blocks(book_for(lost, there, n=16), there, block=1, threads=threads)
    assert next(blocks).vehicle_ids == ("a",)
    with pytest.raises(InputError, match="no way to price a move from region 'moon'"):
        next(blocks)


def test_a_block_holds_a_vehicle_at_least() -> None:
    there = plain_market()
    with pytest.raises(ValueError, match="block must be at least 1, not 0"):
        next(quote_blocks(book_for(FLEET, there, n=16), there, block=0))


def test_a_fleet_of_nobody_has_no_blocks() -> None:
    there = plain_market()
    assert list(quote_blocks(book_for(fleet(), there, n=16), there)) == []


def test_figures_on_the_disk_are_those_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    book = book_for(FLEET, market())
    memory = quote(book, market())
    monkeypatch.setattr("auction.quoting._BLOCK", 4)
    monkeypatch.setattr("auction.quoted.Spill", partial(Spill, 0))
    disk = quote(book, market(), threads=2)
    columns = [c for block in disk.table.blocks for each in block.figures for c in each.values()]
    assert any(not column.alike for column in columns)
    assert all(column.alike or column.spilled.pages is not None for column in columns)
    assert_frame_equal(disk.frame, memory.frame, check_exact=True)
    few = np.array([7, 0, 5])
    assert_frame_equal(disk.table.rows(few), memory.frame[few], check_exact=True)


def test_a_plan_on_uses_on_the_disk_is_that_on_those_in_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    book = book_for(FLEET, market())
    memory = quote(book, market())
    monkeypatch.setattr("auction.quoted.moved", partial(moved, held=0))
    # of several parts, between which what was looked at is given back
    monkeypatch.setattr("auction.allocation.caps._COLUMNS", 7)
    monkeypatch.setattr("auction.allocation.caps._UNITS", 5)
    monkeypatch.setattr("auction.allocation.request._PRINTED", 11)
    disk = quote(book, market())
    assert len(disk.pages) == 2
    assert not memory.pages
    assert (disk.use != memory.use).nnz == 0
    limits = Constraints(limits=(Limit(by="venue_week", max_units=2),))
    one, other = (
        allocate(each, limits, risk=CVaR(0.9, 0.5), offers=market().offers)
        for each in (memory, disk)
    )
    same(one.allocation, other.allocation)
    assert (disk.use != memory.use).nnz == 0
