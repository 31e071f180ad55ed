from __future__ import annotations

import datetime as dt
from types import ModuleType

import numpy as np
import polars as pl
import pytest

import residual
from residual.errors import InputError

TODAY = dt.date(2023, 5, 20)
DATES = [TODAY + dt.timedelta(7 * week) for week in range(1, 27)]


@pytest.fixture(scope="module")
def fleet(sales: pl.DataFrame) -> pl.DataFrame:
    return sales.head(30).with_columns(vehicle_id=pl.col("sale_id")).drop("price", "sale_id")


def test_draws_belong_to_the_vehicle(model: residual.ResidualModel, fleet: pl.DataFrame) -> None:
    book = residual.simulate(model, fleet, DATES, as_of=TODAY, n=64)
    part = residual.simulate(model, fleet.reverse().head(7), DATES, as_of=TODAY, n=64)
    assert np.array_equal(part.unit_shocks(3, 64), book.unit_shocks(3, 64)[::-1][:7])
    some = np.array([4, 4, 29, 0])
    assert np.array_equal(book.unit_shocks(3, 64, rows=some), book.unit_shocks(3, 64)[some])
    assert np.array_equal(part.factor, book.factor)
    assert np.array_equal(part.log_value, book.log_value[::-1][:7])
    assert not np.array_equal(book.unit_shocks(3, 64), book.unit_shocks(4, 64))


def test_threads_and_repetition_give_the_same_bits(
    model: residual.ResidualModel, fleet: pl.DataFrame
) -> None:
    one = residual.simulate(model, fleet, DATES, as_of=TODAY, n=64, threads=1)
    two = residual.simulate(model, fleet, DATES, as_of=TODAY, n=64, threads=2)
    assert np.array_equal(one.factor, two.factor)
    assert np.array_equal(one.unit_shocks(1, 64, threads=1), two.unit_shocks(1, 64, threads=2))
    other = residual.simulate(model, fleet, DATES, as_of=TODAY, n=64, seed=8)
    assert not np.array_equal(one.factor, other.factor)


def test_factors_are_centred_and_widen(model: residual.ResidualModel, fleet: pl.DataFrame) -> None:
    book = residual.simulate(model, fleet, DATES, as_of=TODAY, n=4096)
    assert np.abs(np.exp(book.factor).mean(axis=2) - 1.0).max() < 0.01
    spread = book.factor[0].std(axis=1)
    assert np.all(np.diff(spread) > 0)
    assert spread[0] >= 0.9 * model.initial_sd
    # market and level are shared, what groups do on their own is not
    together = np.corrcoef(book.factor[:, -1, :])
    day = np.full(len(book.group_names), (DATES[-1] - dt.date(1970, 1, 1)).days)
    group = np.arange(len(book.group_names))
    whole = np.sqrt(model.level_variance(group, day))
    shared = model.level_variance(None, day) / np.outer(whole, whole)
    assert np.abs(together - shared)[~np.eye(len(whole), dtype=bool)].max() < 0.1
    assert book.index_ratio.shape == (len(DATES), 4096)


def test_standing_still_never_gains(
    plain_model: residual.ResidualModel, fleet: pl.DataFrame
) -> None:
    book = residual.simulate(plain_model, fleet, DATES, as_of=TODAY, n=8)
    assert np.all(np.diff(book.log_value, axis=1) <= 1e-12)


def test_a_guide_keeps_its_say_while_the_unit_waits(
    model: residual.ResidualModel, market: ModuleType
) -> None:
    low, high = (
        residual.simulate(model, market.one_vehicle(guide_value=g), DATES, as_of=TODAY, n=8)
        for g in (9_000.0, 10_000.0)
    )
    gap = high.log_value - low.log_value
    assert gap[0] == pytest.approx(np.repeat(gap[0, 0], len(DATES)), abs=1e-12)


def test_split_of_the_spread(model: residual.ResidualModel, fleet: pl.DataFrame) -> None:
    from residual.distribution import second_highest_moments

    book = residual.simulate(model, fleet, DATES, as_of=TODAY, n=8)
    _, sd = second_highest_moments(model.priors.reference_bidders)
    total = book.sale_spread / model.priors.bidder_spread_share
    assert book.unit_scale**2 + (sd * book.sale_spread) ** 2 == pytest.approx(total**2)


@pytest.mark.parametrize("dates", [[], [TODAY - dt.timedelta(1)], [TODAY, TODAY]])
def test_bad_dates_are_told(
    model: residual.ResidualModel, fleet: pl.DataFrame, dates: list[dt.date]
) -> None:
    with pytest.raises(InputError, match="date"):
        residual.simulate(model, fleet, dates, as_of=TODAY)


def test_paths_agree_with_predictions_without_a_guide(
    plain_model: residual.ResidualModel, fleet: pl.DataFrame
) -> None:
    book = residual.simulate(plain_model, fleet, DATES, as_of=TODAY, n=8)
    for column in (0, 12, 25):
        day = np.full(len(fleet), (DATES[column] - dt.date(1970, 1, 1)).days)
        direct = plain_model.locate(fleet, day).log_hammer
        hammer = book.log_value[:, column] + plain_model.shape.shift * book.sale_spread
        assert hammer == pytest.approx(direct, abs=1e-9)


def test_dates_may_be_iso_texts(model: residual.ResidualModel, market: ModuleType) -> None:
    day = model.as_of + dt.timedelta(days=30)
    unit = market.one_vehicle()
    by_text = residual.simulate(model, unit, [day.isoformat()], str(model.as_of), n=8)
    by_date = residual.simulate(model, unit, [day], model.as_of, n=8)
    assert by_text.dates == [day]
    assert (by_text.log_value == by_date.log_value).all()
    with pytest.raises(residual.InputError, match=r"column dates, value 'soon': must be a date"):
        residual.simulate(model, unit, ["soon"], n=8)
