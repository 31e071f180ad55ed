"""Time to sale: spells by hand, the hazard by closed form, what made-up listings were made with."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest
from scipy.sparse import csr_array

import residual
from residual.errors import InputError
from residual.frailty import Spans, unsold_share
from residual.hazard import Family, fit_hazard
from residual.listings import (
    PIECES,
    Spells,
    past_listings,
    spells,
    typical_markdown,
    usual_cuts,
)

AS_OF = dt.date(2020, 12, 31)
START = dt.date(2020, 1, 1)


def listing(sale_id: str, **told: object) -> dict[str, object]:
    return {
        "sale_id": sale_id, "make": "one", "model": "same", "model_year": 2016,
        "offered_on": dt.date(2020, 3, 1), "closed_on": None, "channel": "dealer",
        "outcome": "withdrawn", "list_price": 100.0, "price": None, **told,
    }  # fmt: skip


def changes(*rows: tuple[str, dt.date, float]) -> pl.DataFrame:
    return pl.DataFrame(
        rows, schema={"sale_id": pl.String, "date": pl.Date, "price": pl.Float64}, orient="row"
    )


def table(*rows: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema_overrides={"closed_on": pl.Date, "price": pl.Float64})


def test_ends_of_listings_are_those_that_are_known():
    may = dt.date(2020, 5, 1)
    found = past_listings(
        table(
            listing("open", outcome="open"),
            listing("closed later", outcome="sold", closed_on=AS_OF + dt.timedelta(9), price=9.0),
            listing("no day", outcome="sold", price=9.0),
            listing("sold", outcome="sold", closed_on=may, price=9.0),
            listing("withdrawn", closed_on=may),
            listing("withdrawn some day"),
            listing("withdrawn after a cut"),
            listing("auctioned", channel="auction", closed_on=may),
            listing("unpriced", list_price=None, closed_on=may),
        ),
        changes(("withdrawn after a cut", dt.date(2020, 3, 11), 90.0)),
        AS_OF,
    )
    ends = dict(zip(found.frame["sale_id"], found.length.tolist(), strict=True))
    assert ends == {
        "open": 305, "closed later": 305, "sold": 61, "withdrawn": 61, "withdrawn some day": 0,
        "withdrawn after a cut": 10,
    }  # fmt: skip
    assert found.frame["sale_id"].filter(pl.Series(found.sold)).to_list() == ["sold"]


def test_spells_by_hand():
    """Sold on day 9: days 0, 1-2, 3-4, 5-6 and 7-9, cut on day 5 and on the last day."""
    sold = listing("S", outcome="sold", closed_on=dt.date(2020, 3, 10), price=80.0)
    cuts = changes(
        ("S", dt.date(2020, 3, 6), 95.0), ("S", dt.date(2020, 3, 6), 90.0),
        ("S", dt.date(2020, 3, 10), 80.0), ("other", dt.date(2020, 3, 6), 1.0),
    )  # fmt: skip
    found = past_listings(table(sold), cuts, AS_OF)
    cut = spells(found, cuts, AS_OF)
    assert cut.start.tolist() == [0, 1, 3, 5, 7, 9]
    assert cut.piece.tolist() == [0, 1, 2, 2, 3, 3]
    assert cut.survived.tolist() == [1, 2, 2, 2, 2, 0]
    assert cut.sold.tolist() == [False] * 5 + [True]
    assert np.exp(cut.log_cut) * 100 == pytest.approx([100, 100, 100, 90, 90, 80])
    assert cut.survived.sum() + cut.sold.sum() == 10
    usual = typical_markdown(cut, fewest=1)
    assert usual is not None
    assert (usual.day, np.exp(usual.log_cut)) == (5, pytest.approx(0.9))


def test_without_covariates_the_hazard_is_the_share_sold_a_day():
    """The chance of a sale a day is sales over days: 30 of 1,000."""
    survived, sold = np.full(100, 9.7), np.arange(100) < 30
    fit = fit_hazard(
        csr_array(np.ones((100, 1))),
        Spans(np.arange(100), survived, sold, 0.0),
        [Family("first", 0, 1, -3.0, 1e6)],
    )
    assert -np.expm1(-np.exp(fit.coefficients[0])) == pytest.approx(30 / 1000)


def test_the_hazard_is_the_maximum_of_its_likelihood():
    draw = np.random.default_rng(3)
    x = draw.normal(size=(400, 2))
    survived, sold = draw.integers(0, 30, 400).astype(float), draw.random(400) < 0.5
    families = [Family("a", 0, 1, -2.0, 0.5), Family("b", 1, 1, 0.3, 2.0)]
    fit = fit_hazard(csr_array(x), Spans(np.arange(400), survived, sold, 0.0), families)

    def goal(b: np.ndarray) -> float:
        rate = np.exp(x @ b)
        likelihood = np.sum(np.where(sold, np.log1p(-np.exp(-rate)), 0.0) - survived * rate)
        return float(likelihood - 0.5 * ((b[0] + 2.0) ** 2 / 0.5 + (b[1] - 0.3) ** 2 / 2.0))

    best = goal(fit.coefficients)
    for step in (1e-3, -1e-3):
        for place in range(2):
            assert goal(fit.coefficients + step * np.eye(2)[place]) < best
    step = 1e-4 * np.eye(2)
    second = [
        [
            (goal(fit.coefficients + a + b) - goal(fit.coefficients + a - b)
             - goal(fit.coefficients - a + b) + goal(fit.coefficients - a - b)) / 4e-8
            for b in step
        ]
        for a in step
    ]  # fmt: skip
    assert np.linalg.inv(-np.array(second)) == pytest.approx(fit.covariance, rel=1e-3)


@pytest.fixture(scope="module")
def made() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Listings whose hazard falls by 5 for each unit of ln price and doubles at place B.

    The dealer knows a part of each unit that the file does not tell, and asks for it; a third
    cut their price by 6 % after a week; a fifth are withdrawn at some day; all is cut off at
    the planning date.
    """
    draw = np.random.default_rng(11)
    rows, cuts = [], []
    for number in range(2500):
        age = draw.uniform(1.0, 9.0)
        offered = START + dt.timedelta(int(draw.integers(0, 365)))
        worth = 11.5 - 0.15 * age + draw.normal(0.0, 0.05)
        place = "AB"[draw.integers(0, 2)]
        extra = draw.normal(0.0, 0.08)
        asked, price, sold, last = worth + extra, 0.0, False, 0
        leave = int(draw.geometric(0.006))
        cutting = draw.random() < 0.33
        price = asked
        for passed in range(300):
            last = passed
            if cutting and passed == 7:
                price = asked + np.log(0.94)
                cuts.append((f"S{number:04d}", offered + dt.timedelta(7), float(np.exp(price))))
            rate = 0.03 * (2.0 if place == "B" else 1.0) * np.exp(-5.0 * (price - worth))
            sold = draw.random() < -np.expm1(-rate)
            if sold or passed == leave:
                break
        closed = offered + dt.timedelta(last)
        later = closed > AS_OF
        rows.append(
            {
                "sale_id": f"S{number:04d}",
                "make": "one",
                "model": "same",
                "venue_id": place,
                "first_registered": offered - dt.timedelta(int(age * 365.25)),
                "offered_on": offered,
                "closed_on": None if later else closed,
                "channel": "dealer",
                "outcome": "open" if later else "sold" if sold else "withdrawn",
                "list_price": float(np.exp(asked)),
                "price": float(np.exp(price)) if sold and not later else None,
            }
        )
    known = [cut for cut in cuts if cut[1] <= AS_OF]
    return table(*rows), changes(*known)


@pytest.fixture(scope="module")
def learnt(made: tuple[pl.DataFrame, pl.DataFrame]) -> residual.TimeToSale:
    sales, cuts = made
    return residual.fit_time_to_sale(residual.fit(sales, as_of=AS_OF), sales, cuts)


def test_what_listings_were_made_with_is_found(learnt):
    assert learnt.response == pytest.approx(-5.0, abs=1.3)
    # blunted by what the file does not tell: 0.08^2 / (0.08^2 + 0.05^2) of it is left, or less
    assert -4.2 < learnt.premium_response < -2.5
    ratio = np.diff(learnt.place_log_rate(["A", "B"]))[0]
    assert ratio == pytest.approx(np.log(2.0), abs=0.2)
    first_month = np.exp(learnt.typical_rate) * learnt.cumulative(np.array(30.0)) / 30.0
    assert first_month == pytest.approx(0.03 * 2**0.5, rel=0.2)
    assert learnt.markdown is not None
    assert (learnt.markdown.day, learnt.markdown.log_cut) == (7, pytest.approx(np.log(0.94)))
    assert "2,500 listings" in learnt.summary()


def test_dearer_units_are_foretold_to_stand_longer(made, learnt):
    sales, _ = made
    days = np.array([7.0, 30.0, 90.0])
    left = learnt.survival(sales, days)
    dearer = learnt.survival(sales.with_columns(pl.col("list_price") * 1.05), days)
    assert (np.diff(left, axis=1) < 0.0).all()
    assert (dearer >= left).all()
    assert (dearer > left).mean() > 0.9


def test_the_order_of_rows_does_not_matter(made, learnt):
    sales, cuts = made
    model = residual.fit(sales.reverse(), as_of=AS_OF)
    again = residual.fit_time_to_sale(model, sales.reverse(), cuts.reverse())
    assert again.response == learnt.response
    assert (again.log_hazard == learnt.log_hazard).all()
    assert again.effects == learnt.effects


def test_without_dated_cuts_the_response_is_the_prior(made):
    sales, _ = made
    found = residual.fit_time_to_sale(residual.fit(sales, as_of=AS_OF), sales)
    assert found.response == pytest.approx(-4.0)
    assert found.markdown is None


def test_a_response_of_the_wrong_sign_is_held(made):
    """Listings in which dear cars sold first: no plan may ask more in order to sell sooner."""
    sales, _ = made
    rank = pl.col("list_price").rank() / pl.len()
    odd = sales.with_columns(
        outcome=pl.lit("sold"),
        price=pl.col("list_price"),
        closed_on=pl.min_horizontal(
            pl.lit(AS_OF),
            pl.col("offered_on") + pl.duration(days=(60 * (1.0 - rank)).cast(pl.Int64)),
        ),
    )
    found = residual.fit_time_to_sale(residual.fit(odd, as_of=AS_OF), odd)
    assert found.premium_response <= -0.5 + 1e-6


@pytest.fixture(scope="module")
def falling() -> pl.DataFrame:
    """Listings at their worth, which falls by a quarter a year; the hazard by 4 for each ln."""
    draw = np.random.default_rng(4)
    rows, longest = 4000, 200
    age, offered = draw.uniform(1.0, 9.0, rows), draw.integers(0, 300, rows)
    worth = 12.0 - 0.25 * age
    hazard = 0.01 * np.exp(-4.0 * 0.25 / 365.25 * np.arange(longest))
    bought = draw.random((rows, longest)) < -np.expm1(-hazard)
    bought[:, -1] = True
    last = bought.argmax(axis=1)
    sold = (last < longest - 1) & (offered + last <= 365)
    start = pl.Series([START + dt.timedelta(int(day)) for day in offered])
    end = pl.Series([START + dt.timedelta(int(day)) for day in np.minimum(offered + last, 365)])
    price = np.exp(worth)
    return pl.DataFrame(
        {
            "sale_id": [f"S{number:04d}" for number in range(rows)],
            "make": "one",
            "model": "same",
            "first_registered": start - pl.Series(age * 365.25).cast(pl.Int64) * dt.timedelta(1),
            "offered_on": start,
            "closed_on": end,
            "channel": "dealer",
            "outcome": np.where(sold, "sold", "withdrawn"),
            "list_price": price,
            "price": pl.Series(np.where(sold, price, np.nan)).fill_nan(None),
        }
    )


def test_the_fall_of_the_forecast_is_counted_once(falling):
    """At a price that follows the forecast the hazard does not fall; at a price kept, it does."""
    found = residual.fit_time_to_sale(residual.fit(falling, as_of=AS_OF), falling)
    assert found.response == pytest.approx(-4.0)

    def passed_of_typical(at: list[float]) -> np.ndarray:
        hazard = found.cumulative(np.array(at)) * np.exp(found.typical_rate)
        return np.diff(-np.log(unsold_share(hazard, found.frailty)))

    passed = passed_of_typical([56.0, 180.0])[0]
    assert passed == pytest.approx(0.01 * 124.0, rel=0.08)
    days = np.array([0.0, 90.0, 180.0])
    early, late = np.diff(-np.log(found.survival(falling, days)), axis=1).T
    still = passed_of_typical([0.0, 90.0, 180.0])
    fallen = np.median(late / early) / (still[1] / still[0])
    assert fallen == pytest.approx(np.exp(-4.0 * 0.25 * 90.0 / 365.25), rel=0.08)


def test_first_prices_that_are_slips_are_set_aside(made, learnt):
    """A decimal too far, and what is no number, say nothing; they are counted."""
    sales, cuts = made
    wrong = {"S0003": 10.0, "S0004": 0.1, "S0005": float("nan"), "S0006": float("inf")}
    factor = pl.col("sale_id").replace_strict(wrong, default=1.0, return_dtype=pl.Float64)
    odd = sales.with_columns(pl.col("list_price") * factor)
    model = residual.fit(sales, as_of=AS_OF)
    found = residual.fit_time_to_sale(model, odd, cuts)
    without = sales.with_columns(
        list_price=pl.when(~pl.col("sale_id").is_in(list(wrong))).then("list_price")
    )
    expected = residual.fit_time_to_sale(model, without, cuts)
    assert learnt.counts["set aside"] == expected.counts["set aside"] == 0
    assert found.counts == {**expected.counts, "set aside": 4}
    assert found.notes[0].endswith("a factor of 3 off the forecast: 4")
    assert found.notes[0] in found.summary()
    assert learnt.notes == []
    assert found.response == pytest.approx(expected.response, rel=1e-6)
    assert found.premium_response == pytest.approx(expected.premium_response, rel=1e-6)


def test_dear_units_are_marked_down_further():
    """From day 3 on prices lie 2 % below the first, and a fifth of the premium below that."""
    draw = np.random.default_rng(1)
    count = 400
    premium = np.repeat(draw.normal(0.0, 0.1, count), 3)
    piece = np.tile([0, 1, 2], count)
    cut = Spells(
        np.repeat(np.arange(count), 3), piece, PIECES[piece], np.full(3 * count, 2.0),
        np.zeros(3 * count, dtype=bool), np.where(piece == 2, -0.02 - 0.2 * premium, 0.0),
    )  # fmt: skip
    found = usual_cuts(cut, premium)
    assert found.shape == (len(PIECES), 2)
    assert found[:2] == pytest.approx(np.zeros((2, 2)))
    assert found[2] == pytest.approx([-0.02, -0.2], rel=0.15)
    assert found[3:] == pytest.approx(np.zeros((len(PIECES) - 3, 2)))


def test_a_price_that_is_kept_sells_later(made, learnt):
    """A third cut their price by 6 % after a week: 2 % in the mean, at a response near 5."""
    sales, _ = made
    days = np.array([3.0, 7.0, 60.0])
    usual = learnt.survival(sales, days)
    kept = learnt.survival(sales, days, price_kept=True)
    assert usual[:, :2] == pytest.approx(kept[:, :2], abs=2e-3)
    later = np.median(kept[:, 2] / usual[:, 2])
    assert 1.02 < later < 1.3


def test_a_place_without_listings_is_as_good_as_the_middle_of_places(made, learnt):
    unknown, *known = learnt.place_log_rate(["nowhere", "A", "B"])
    assert unknown == 0.0
    assert min(known) < 0.0 < max(known)


def test_new_prices_that_are_slips_do_not_count():
    sold = listing("S", outcome="sold", closed_on=dt.date(2020, 3, 10), price=90.0)
    cuts = changes(
        ("S", dt.date(2020, 3, 5), float("nan")), ("S", dt.date(2020, 3, 6), 9.0),
        ("S", dt.date(2020, 3, 7), 90.0), ("S", dt.date(2020, 3, 9), 900.0),
    )  # fmt: skip
    cut = spells(past_listings(table(sold), cuts, AS_OF), cuts, AS_OF)
    assert cut.start.tolist() == [0, 1, 3, 6, 7]
    assert np.exp(cut.log_cut) * 100 == pytest.approx([100, 100, 100, 90, 90])
    assert cut.middle.tolist() == [0.5, 2.0, 4.5, 6.5, 8.5]


def test_few_listings_teach_nothing(made):
    sales, _ = made
    few = sales.with_columns(
        list_price=pl.when(pl.int_range(pl.len()) < 49).then(pl.col("list_price"))
    )
    with pytest.raises(InputError, match="49 past listings are too few"):
        residual.fit_time_to_sale(residual.fit(sales, as_of=AS_OF), few)
