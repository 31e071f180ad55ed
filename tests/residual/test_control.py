"""The control chart: smoothing and limits worked by hand, and alarms that are rare and timely."""

from __future__ import annotations

import numpy as np
import pytest

from residual.control import KEPT, LUCK, STATED, control, passing_variance


def test_one_week_by_hand() -> None:
    score = np.array([0.5, -0.1, 0.2])
    chart = control(score, np.ones(3, dtype=np.int64), np.full(3, 0.25), 0.0)
    # Ten sales of variance one are added, lest three that agree pass for certainty.
    within = (np.sum((score - 0.2) ** 2) + 10.0) / 12.0
    assert chart.mean == pytest.approx([0.2])
    assert chart.smoothed == pytest.approx([0.2])
    assert chart.limit == pytest.approx([LUCK * np.sqrt(within / 3.0)])
    assert chart.fan_limit == pytest.approx([STATED * np.sqrt(within / 3.0 + 0.25)])
    assert chart.states() == ["steady"]


def test_weeks_fade_and_gaps_fade_them_further() -> None:
    score = np.array([1.0, 1.0, 0.0, 0.0])
    close = control(score, np.array([1, 1, 2, 2]), np.zeros(4), 0.5)
    apart = control(score, np.array([1, 1, 5, 5]), np.zeros(4), 0.5)
    assert close.smoothed == pytest.approx([1.0, KEPT / (1.0 + KEPT)])
    assert apart.smoothed == pytest.approx([1.0, KEPT**4 / (1.0 + KEPT**4)])
    assert close.sales.tolist() == [2, 2]
    assert [rows.tolist() for rows in close.members] == [[0, 1], [2, 3]]


def test_weeks_count_by_how_surely_they_are_known() -> None:
    score = np.array([1.0, *[0.0] * 9])
    chart = control(score, np.array([1, *[2] * 9]), np.zeros(10), 0.0)
    assert chart.smoothed[1] == pytest.approx(KEPT / (KEPT + 9.0))


def test_the_order_of_the_rows_does_not_matter() -> None:
    draw = np.random.default_rng(3)
    score, week = draw.standard_normal(200), draw.integers(1, 12, 200)
    mixed = draw.permutation(200)
    first = control(score, week, np.full(200, 0.1), 0.01)
    second = control(score[mixed], week[mixed], np.full(200, 0.1), 0.01)
    np.testing.assert_allclose(first.smoothed, second.smoothed, atol=1e-14)
    np.testing.assert_allclose(first.limit, second.limit, atol=1e-14)


def test_false_alarms_are_rare() -> None:
    draw = np.random.default_rng(7)
    week = np.repeat(np.arange(1, 27), 40)
    states = [
        state
        for _ in range(200)
        for state in control(
            draw.standard_normal(len(week)), week, np.full(len(week), 0.05), 0.0
        ).states()
    ]
    assert 0.0 < 1.0 - states.count("steady") / len(states) < 0.01
    assert states.count("drifted") == 0


def test_a_lasting_shift_is_found_within_weeks() -> None:
    draw = np.random.default_rng(8)
    week = np.repeat(np.arange(1, 27), 40)
    found = []
    for _ in range(50):
        score = draw.standard_normal(len(week)) - 0.4 * (week > 10)
        states = control(score, week, np.full(len(week), 0.001), 0.0).states()
        assert states[25] == "drifted"
        found.append(next(place for place in range(10, 26) if states[place] != "steady") - 9)
    assert np.median(found) <= 3.0


def test_a_shift_that_the_level_allows_has_moved_and_not_drifted() -> None:
    draw = np.random.default_rng(9)
    week = np.repeat(np.arange(1, 11), 100)
    score = draw.standard_normal(len(week)) + 0.5
    chart = control(score, week, np.full(len(week), 0.16), 0.0)
    assert chart.states()[-1] == "moved"


def test_what_weeks_have_in_common_is_told_and_drift_left_aside() -> None:
    draw = np.random.default_rng(10)
    weeks, sales = 400, 30
    week = np.repeat(np.arange(weeks), sales)
    passing = 0.3 * draw.standard_normal(weeks)
    slow = 0.02 * np.cumsum(draw.standard_normal(weeks))
    score = draw.standard_normal(weeks * sales) + np.repeat(passing + slow, sales)
    assert passing_variance(score, week, 1.0) == pytest.approx(0.09, rel=0.25)
    assert passing_variance(draw.standard_normal(weeks * sales), week, 1.0) < 0.01
    assert passing_variance(score[: 3 * sales], week[: 3 * sales], 0.7) == 0.7
