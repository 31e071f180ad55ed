"""The table of options: columns and rows put together from the frames of the channels."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from auction.growing import Growing
from auction.option_table import NAMED, Block, OptionTable
from auction.spill import Spill

#: What a table in one piece would hold; two vehicles, of which the second has three options.
WHOLE = pl.DataFrame(
    {
        "vehicle_id": ["a", "a", "b", "b", "b"],
        "channel": ["auction", "hold", "auction", "dealer", "hold"],
        "venue_id": ["A", None, "B", "D", None],
        "gross": [5.0, 3.0, 7.0, 6.5, 4.0],
        "reserves": [[5.5, 5.0], None, [7.5, 7.0], None, None],
        "expected_net": [4.0, 2.5, 6.0, 6.0, 3.5],
    }
)
_TOLD = ["channel", "venue_id", "gross", "reserves"]


def frame(*rows: int) -> pl.DataFrame:
    told = WHOLE.select(_TOLD)[list(rows)]
    return told.with_columns(pl.col(pl.String).cast(NAMED))


@pytest.fixture(params=["in memory", "on the disk"])
def table(request: pytest.FixtureRequest) -> OptionTable:
    """The same, as two blocks whose channels stand one under the other."""
    blocks = (
        Block.of((frame(0), frame(1)), np.array([0, 1], dtype=np.uint32)),
        # the order of the vehicle's options is that of the whole, not that of the frames
        Block.of((frame(4), frame(2, 3)), np.array([1, 2, 0], dtype=np.uint32)),
    )
    if request.param == "on the disk":
        spill = Spill(0)
        for block in blocks:
            for array in block.arrays:
                spill.add(array)
        lying = iter(spill.whole())
        blocks = tuple(block.at(lying) for block in blocks)
        assert next(lying, None) is None
    units = pl.DataFrame({"vehicle_id": ["a", "b"]})
    return OptionTable(WHOLE.select("expected_net"), blocks, units, np.array([0, 0, 1, 1, 1]))


def test_the_whole_is_what_one_frame_would_hold(table: OptionTable) -> None:
    assert table.columns == WHOLE.columns
    assert table.height == WHOLE.height
    assert_frame_equal(table.whole(), WHOLE)


@pytest.mark.parametrize("rows", [[4, 0, 3], [2], [1, 1, 4, 2, 0, 3], []])
@pytest.mark.parametrize(
    "names",
    [None, ["gross"], ["expected_net", "vehicle_id"], ["venue_id", "expected_net"], ["reserves"]],
)
def test_rows_are_told_in_the_order_asked(
    table: OptionTable, rows: list[int], names: list[str] | None
) -> None:
    told = table.rows(np.array(rows, dtype=np.int64), names)
    wanted = WHOLE if names is None else WHOLE.select(names)
    assert_frame_equal(told, wanted[rows] if rows else wanted.clear())


def test_columns_are_read_whole_with_names_as_categories(table: OptionTable) -> None:
    read = table.read(["channel", "vehicle_id", "gross"])
    assert read.schema["channel"] == NAMED
    text = read.with_columns(pl.col(NAMED).cast(pl.String))
    assert_frame_equal(text, WHOLE.select("channel", "vehicle_id", "gross"))
    assert table.column("gross").to_list() == WHOLE["gross"].to_list()
    for some in ([0, 2, 3], [4], [], [0, 1, 2, 3, 4]):
        rows = np.array(some, dtype=np.int64)
        assert_frame_equal(
            table.read(["channel", "vehicle_id", "expected_net"], rows).with_columns(
                pl.col(NAMED).cast(pl.String)
            ),
            WHOLE.select("channel", "vehicle_id", "expected_net")[some],
        )
    assert table.held.tolist() == [False, True, False, False, True]


def test_a_table_of_one_frame_is_that_frame(table: OptionTable) -> None:
    plain = OptionTable.of(WHOLE)
    assert_frame_equal(plain.whole(), WHOLE)
    assert_frame_equal(plain.rows(np.array([3, 1])), WHOLE[[3, 1]])
    for names in (("channel",), ("channel", "venue_id"), ("venue_id",)):
        one, other = plain.numbered(names), table.numbered(names)
        assert (one[:, None] == one).tolist() == (other[:, None] == other).tolist()


def test_numbers_are_alike_where_all_columns_are() -> None:
    rng = np.random.default_rng(7)
    drawn = pl.DataFrame(
        {
            "channel": rng.choice(["auction", "dealer"], 400),
            "venue_id": [None if v == 0 else f"V{v}" for v in rng.integers(0, 5, 400)],
            "day": pl.Series(rng.integers(-3, 3, 400)).cast(pl.Int32).cast(pl.Date),
            # so far apart that the numbers of all columns together would not fit 63 bits
            "mark": rng.choice([-(2**60), 0, 2**60], 400),
            "none": pl.Series([None] * 400, dtype=pl.Date),
        }
    )
    number = OptionTable.of(drawn).numbered(tuple(drawn.columns))
    rows = drawn.rows()
    assert len(set(zip(rows, number.tolist(), strict=True))) == len(set(rows))
    assert len(set(number.tolist())) == len(set(rows))


def test_an_unknown_column_is_refused(table: OptionTable) -> None:
    for ask in (lambda: table.read(["gros"]), lambda: table.rows(np.array([0]), ["gros"])):
        with pytest.raises(pl.exceptions.ColumnNotFoundError, match="options have no column gros"):
            ask()


@pytest.mark.parametrize("shares", [[0.25, 0.5, 0.75, 1.0], [0.9, 0.9, 1.0, 1.0]])
def test_an_array_grows_also_beyond_what_was_expected(shares: list[float]) -> None:
    grown, parts = Growing(np.float64), [np.arange(50.0) + 100 * part for part in range(4)]
    for part, share in zip(parts, shares, strict=True):
        grown.add(part, share)
    assert grown.whole().tolist() == np.concatenate(parts).tolist()
    assert Growing(np.int64).whole().shape == (0,)


def test_lists_of_any_length_and_none_are_told_as_they_were() -> None:
    told = pl.DataFrame(
        {
            "channel": ["auction", "dealer", "auction", "hold", "dealer"],
            "reserves": [[3.0, 2.0, 1.0], [9.5], [4.0, 3.5], None, [8.5]],
            "never": pl.Series([None] * 5, dtype=pl.List(pl.Float64)),
            "alike": [2.0] * 5,
            "missing": pl.Series([None] * 5, dtype=pl.Float64),
            "some": [1.0, None, np.inf, -0.0, None],
        }
    )
    frame = told.with_columns(pl.col("channel").cast(NAMED))
    parts = (frame[:1], frame[1:3], frame[3:])
    block = Block.of(parts, np.arange(5, dtype=np.uint32))
    table = OptionTable(pl.DataFrame({"net": np.zeros(5)}), (block,), vehicle=np.arange(5))
    assert_frame_equal(table.whole().drop("net"), told)
    rows = np.array([4, 0, 3])
    assert_frame_equal(table.rows(rows, told.columns), told[rows])
    # what is the same in all rows of a frame takes the room of one
    assert sum(array.size for array in block.arrays) == 4 + 2 + 2 + 2
