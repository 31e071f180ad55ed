"""Values spread and fall as they do in real wholesale files."""

import numpy as np
import polars as pl
import pytest


def _by_grade(against_guide: pl.DataFrame) -> dict[int, np.ndarray]:
    rounded = against_guide.with_columns(grade=pl.col("condition_grade").round(0))
    return {g: rounded.filter(pl.col("grade") == g)["log_ratio"].to_numpy() for g in range(1, 6)}


def test_dispersion_widens_grade_by_grade_as_condition_falls(against_guide):
    spreads = {grade: ratio.std() for grade, ratio in _by_grade(against_guide).items()}
    assert spreads[1] > spreads[2] > spreads[3] > spreads[4] > spreads[5]
    assert 0.40 < spreads[1] < 0.60
    assert 0.07 < spreads[5] < 0.11
    assert 0.18 < against_guide["log_ratio"].std() < 0.28


def test_lower_tail_is_fatter_than_the_upper(against_guide):
    grades = _by_grade(against_guide)
    scaled = np.concatenate([(r - np.median(r)) / r.std() for r in grades.values()])
    for outer in (0.05, 0.01):
        low, high = np.quantile(scaled, [outer, 1 - outer])
        assert -low > 1.15 * high


def test_low_grades_lie_below_the_guide_and_high_grades_above(against_guide):
    medians = [float(np.median(ratio)) for ratio in _by_grade(against_guide).values()]
    assert medians[0] < -0.15
    assert min(medians[2:]) > 0.0
    overall = float(np.exp(against_guide["log_ratio"].median()))
    assert overall == pytest.approx(1.01, abs=0.04)


def test_the_guide_errs_by_an_eighth_on_units_in_fair_condition(against_guide):
    fair = against_guide.filter(pl.col("condition_grade") >= 3)
    error = (fair["price"] - fair["guide_value"]).to_numpy()
    assert 0.10 < np.sqrt((error**2).mean()) / fair["price"].mean() < 0.15


def test_lenders_get_less_against_the_guide_than_others(against_guide):
    lender = pl.col("seller_kind") == "lender"
    means = against_guide.group_by(lender.alias("lender")).agg(pl.col("log_ratio").mean())
    by_kind = dict(means.iter_rows())
    assert -0.06 < by_kind[True] - by_kind[False] < -0.01


def _age(sales: pl.DataFrame) -> pl.DataFrame:
    days = (pl.col("offered_on") - pl.col("first_registered")).dt.total_days()
    return sales.with_columns(age=days / 365.25).drop_nulls("age")


@pytest.mark.parametrize(
    ("years", "real_miles"), [(2, 36_600), (4, 61_900), (8, 111_300), (12, 145_800)]
)
def test_odometer_by_age_is_near_that_of_the_us_file(sales, years, real_miles):
    aged = _age(sales).filter(pl.col("age").is_between(years - 0.5, years + 0.5))
    assert aged["odometer"].median() / 1.609344 == pytest.approx(real_miles, rel=0.15)


def test_grade_falls_with_age(sales):
    aged = _age(sales).filter(pl.col("seller_kind") == "lender")
    band = (pl.col("age") / 3).floor().clip(0, 4).alias("band")
    means = aged.group_by(band).agg(pl.col("condition_grade").mean()).sort("band")
    assert (means["condition_grade"].diff().drop_nulls() < 0).all()


def _yearly_fall(sold: pl.DataFrame) -> float:
    within = [
        pl.col(name) - pl.col(name).mean().over("make", "model") for name in ("age", "log_price")
    ]
    age, price = (sold.select(column).to_series().to_numpy() for column in within)
    return float((age @ price) / (age @ age))


def test_electric_cars_fall_fastest_and_hybrids_slowest(sales):
    aged = _age(sales).filter(
        pl.col("price") > 1, pl.col("damage") != "heavy", pl.col("age").is_between(0.5, 7)
    )
    aged = aged.with_columns(log_price=pl.col("price").log())
    fall = {
        kind: _yearly_fall(aged.filter(pl.col("powertrain") == kind))
        for kind in ("petrol", "hybrid", "electric")
    }
    assert fall["electric"] < fall["petrol"] - 0.02
    assert fall["petrol"] < 0
    assert fall["hybrid"] > fall["petrol"]


def test_market_has_many_makes_models_and_every_powertrain(sales):
    assert sales["make"].n_unique() == 12
    assert 40 <= sales.select("make", "model").n_unique() <= 50
    variants = sales.group_by("make", "model").agg(pl.col("variant").n_unique())
    assert set(variants["variant"]) <= {2, 3, 4}
    assert set(sales["powertrain"]) == {"petrol", "diesel", "hybrid", "electric"}
    assert 0.02 < (sales["powertrain"] == "electric").mean() < 0.15
