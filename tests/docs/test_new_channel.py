"""The channel that the documentation adds does what the page says."""

from __future__ import annotations

import datetime as dt
import re
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import polars as pl
import pytest

from auction.channels.channel import Channel
from auction.channels.registry import CHANNELS
from auction.evaluate import evaluate
from auction.quoting import quote
from auction.situation import Situation
from quoting_world import AS_OF, book_for, bridge_error, fleet, of_vehicle, plain_market

PAGE = Path(__file__).resolve().parents[2] / "docs" / "api" / "new-channel.md"
UNITS = fleet(
    {"vehicle_id": "good", "condition_grade": 4.5},
    {"vehicle_id": "poor", "condition_grade": 2.0},
    {"vehicle_id": "fair", "condition_grade": 3.5, "worth": 6_000.0},
)


@pytest.fixture
def rental(monkeypatch: pytest.MonkeyPatch) -> Channel:
    """The example of the page."""
    (block,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    module = ModuleType("rental_company")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(compile(block, str(PAGE), "exec"), module.__dict__)
    found: Channel = module.RentalCompany("RENT", share=0.93, least_grade=3.5)
    return found


def situation_with(n: int, seed: int = 7) -> Situation:
    where = plain_market()
    return Situation(UNITS, book_for(UNITS, where, n=n, seed=seed), where)


def test_it_stands_beside_the_others(rental: Channel) -> None:
    here = situation_with(64)
    alone = quote(here.book, here.market)
    both = quote(here.book, here.market, channels=(*CHANNELS, rental))
    assert bridge_error(both) < 1e-9
    new = both.frame.filter(pl.col("terms") == "rental company")
    assert new["vehicle_id"].to_list() == ["good", "fair"]
    assert set(new["date"]) == {AS_OF + dt.timedelta(14)}
    others = both.frame.filter(pl.col("terms") != "rental company")
    assert others.equals(alone.frame)
    # a share of the value, which falls by 0.05 % a day, less holding and the wait for the money
    fair = of_vehicle(both, "fair").filter(pl.col("terms") == "rental company")
    moved = np.exp(here.book.factor[0, here.position(np.array([14]))[0]]).mean()
    assert fair["gross"].item() == pytest.approx(
        0.93 * 6_000.0 * np.exp(-0.0005 * 14) * moved, rel=1e-6
    )


def test_carried_out_it_brings_what_was_quoted(rental: Channel) -> None:
    channels = (*CHANNELS, rental)
    here = situation_with(20_000)
    frame = quote(here.book, here.market, channels=channels).frame
    sold = frame.filter(pl.col("terms") == "rental company")
    kept = of_vehicle_held(frame, "poor")
    chosen = pl.concat([sold[:1], kept, sold[1:]])
    found = evaluate(here, chosen, np.zeros(20_000), channels)
    expected = chosen["expected_net"].to_numpy()[[0, 2]]
    assert found.net[[0, 2]].mean(axis=1) == pytest.approx(expected, rel=1e-6)
    assert found.sold_in_run.sum() == 0.0


def of_vehicle_held(frame: pl.DataFrame, vehicle_id: str) -> pl.DataFrame:
    """The option of keeping a unit back."""
    return frame.filter(pl.col("vehicle_id") == vehicle_id, pl.col("channel") == "hold")


def test_a_plan_whose_channel_is_not_told_is_refused(rental: Channel) -> None:
    here = situation_with(16)
    frame = quote(here.book, here.market, channels=(*CHANNELS, rental)).frame
    kept = of_vehicle_held(frame, "poor")
    sold = frame.filter(pl.col("terms") == "rental company")
    chosen = pl.concat([sold[:1], kept, sold[1:]])
    with pytest.raises(ValueError, match="one channel"):
        evaluate(here, chosen, np.zeros(16))
    with pytest.raises(ValueError, match="one channel"):
        evaluate(here, chosen, np.zeros(16), (*CHANNELS, rental, rental))


def test_the_page_names_every_channel() -> None:
    listed = re.search(r"CHANNELS: Final.*?= \((.*?)\)\n```", PAGE.read_text("utf-8"), re.DOTALL)
    assert listed is not None
    names = [f"{type(channel).__name__}()" for channel in CHANNELS]
    assert " ".join(listed[1].split()).startswith(", ".join(names))
