"""Numbers and dates as they are read."""

from __future__ import annotations

from datetime import date

import pytest

from auction.report import wording
from auction.report.grid import Cell, Column, grid


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1234567.4, "1,234,567"),
        (-1234.5, "−1,234"),
        (-0.4, "0"),
        (0.0, "0"),
        (None, "–"),
        (float("nan"), "–"),
    ],
)
def test_money(value: float | None, text: str) -> None:
    assert wording.money(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(12.6, "+13"), (-12.6, "−13"), (0.2, "0"), (-0.2, "0"), (None, "–")]
)
def test_differences_carry_their_sign(value: float | None, text: str) -> None:
    assert wording.signed(value) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0013966, "0.14\u00a0%"),
        (9.8e-7, "0.000098\u00a0%"),
        (0.123, "12\u00a0%"),
        (0.0, "0\u00a0%"),
        (3e-14, "less than 0.000000001\u00a0%"),
    ],
)
def test_a_small_gap_keeps_two_digits(share: float, text: str) -> None:
    assert wording.small_share(share) == text


def test_dates_and_lists() -> None:
    assert wording.day(date(2026, 6, 10)) == "10 June 2026"
    assert wording.short_day(date(2026, 6, 2)) == "2 Jun"
    assert wording.listed(["a"]) == "a"
    assert wording.listed(["a", "b", "c"]) == "a, b and c"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "none"),
        (True, "yes"),
        (0.15, "0.15"),
        (1300.0, "1,300"),
        (1024, "1,024"),
        ([1.0, 0.9], "1, 0.9"),
        ([], "none"),
        ({"a": 1}, "a 1"),
        ("US", "US"),
    ],
)
def test_settings(value: object, text: str) -> None:
    assert wording.plain(value) == text


def test_cells_are_sorted_by_what_they_mean() -> None:
    assert Column("Net", "money").cell(-1234.567) == Cell("−1,235", "-1234.57")
    assert Column("Net", "money").cell(None) == Cell("–", "")
    assert Column("Net", "money").cell(float("nan")) == Cell("–", "")
    assert Column("Day", "date").cell(date(2026, 6, 10)) == Cell("10 June 2026", "2026-06-10")
    assert Column("Name").cell("A1") == Cell("A1", None)
    assert Column("Name").cell(Cell("dear", "3")) == Cell("dear", "3")


def test_neighbours_share_a_heading() -> None:
    columns = [Column("Week"), Column("Units", "count", group="Dealer"),
               Column("Net", "money", group="Dealer")]  # fmt: skip
    made = grid("weeks", "Weeks", columns, [("1", 2, 3.0)], total=("All", None, 3.0))
    assert made.groups == [("", 1), ("Dealer", 2)]
    assert made.columns[2].style == "number"
    assert [cell.text for cell in made.total] == ["All", "", "3"]
    assert not grid("none", "None", columns, [])
