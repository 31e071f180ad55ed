"""Draw vehicles: what they are, how old, how far driven, in which state, and their hidden level."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from sample_fleet import worth
from sample_fleet.catalog import catalog
from sample_fleet.market import log_market
from sample_fleet.places import REGIONS, region_column
from sample_fleet.seeds import as_dates, days

COLOUR_SHARE = np.array([0.26, 0.22, 0.18, 0.14, 0.09, 0.08, 0.02, 0.01])
GUIDE_NOISE = 0.04
GUIDE_GRADE_SHARE, GUIDE_DAMAGE_SHARE = 0.5, 0.6  # how much of their effect a guide knows
GUIDE_BIAS = {
    "small car": -0.010, "mid car": 0.000, "small suv": 0.010, "large suv": 0.015,
    "pickup": -0.020, "van": -0.030, "premium": 0.030, "electric": 0.050,
}  # fmt: skip


@dataclass(frozen=True)
class Profile:
    """A kind of seller by the age (gamma, years) and the state of what it brings.

    Attributes
    ----------
    youngest, mean_age, sd_age, oldest : float
        Years.
    grade_shift : float
        Added to the usual grade at an age.
    heavy, light : float
        Share of units with heavy and with light damage.
    """

    youngest: float
    mean_age: float
    sd_age: float
    oldest: float
    grade_shift: float
    heavy: float
    light: float


def _ages(rng: np.random.Generator, profile: Profile, n: int) -> np.ndarray:
    mean = profile.mean_age - profile.youngest
    shape = (mean / profile.sd_age) ** 2
    drawn = profile.youngest + rng.gamma(shape, mean / shape, n)
    return np.minimum(drawn, profile.oldest * rng.uniform(0.85, 1.0, n))


def _pick_variants(rng: np.random.Generator, registered: np.ndarray) -> pl.DataFrame:
    """Return a variant for each unit, of a model already on sale when it was registered."""
    book = catalog()
    year = as_dates(registered).astype("datetime64[Y]").astype(int) + 1970
    launch, weight = book["launch"].to_numpy(), book["popularity"].to_numpy()
    pull = np.where(launch[None, :] <= year[:, None], weight[None, :], 0.0)
    edge = np.cumsum(pull, axis=1)
    chosen = (edge < rng.random(len(year))[:, None] * edge[:, -1:]).sum(axis=1)
    return book[chosen]


def _damages(rng: np.random.Generator, age: np.ndarray, profile: Profile) -> np.ndarray:
    """Return none, light or heavy; the old are wrecked more often than the young."""
    u, heavy = rng.random(len(age)), profile.heavy * np.minimum(age / profile.mean_age, 2.0)
    return np.where(u < heavy, "heavy", np.where(u < heavy + profile.light, "light", "none"))


def _grades(
    rng: np.random.Generator, age: np.ndarray, damage: np.ndarray, shift: float
) -> np.ndarray:
    usual = 4.25 - 0.22 * np.minimum(age, 5) - 0.09 * np.maximum(age - 5, 0) + shift
    drawn = usual + 0.55 * rng.standard_normal(len(age))
    drawn = np.where(damage == "light", drawn - 0.3, drawn)
    wrecked = 1.0 + 1.1 * rng.beta(1.3, 2.0, len(age))
    return np.clip(np.where(damage == "heavy", wrecked, drawn), 1.0, 5.0).round(1)


def draw_units(
    rng: np.random.Generator, seen_on: np.ndarray, profile: Profile, seller: str
) -> pl.DataFrame:
    """Return one vehicle for each day in `seen_on` (days since 1970), hidden columns with _."""
    n = len(seen_on)
    registered = seen_on - np.maximum(60, (365.25 * _ages(rng, profile, n))).astype(np.int64)
    frame = _pick_variants(rng, registered)
    age = (seen_on - registered) / 365.25
    month = as_dates(registered).astype("datetime64[M]").astype(int)
    early = (month % 12 >= 8) & (rng.random(n) < 0.6)
    damage = _damages(rng, age, profile)
    odometer = worth.usual_odometer(age) * np.exp(0.36 * rng.standard_normal(n) - 0.06)
    region = rng.choice(list(REGIONS), size=n, p=region_column(2, np.array(list(REGIONS))))
    colour = rng.choice(list(worth.COLOUR_EFFECT), size=n, p=COLOUR_SHARE)
    return frame.with_columns(
        model_year=pl.Series(month // 12 + 1970 + early),
        first_registered=pl.Series(as_dates(registered)),
        odometer=pl.Series(odometer.round(-1)),
        condition_grade=pl.Series(_grades(rng, age, damage, profile.grade_shift)),
        damage=pl.Series(damage),
        region=pl.Series(region),
        colour=pl.Series(colour),
        seller_kind=pl.lit(seller),
        _shock=pl.Series(worth.shock(rng, n)),
    )


def log_level(
    units: pl.DataFrame, on: np.ndarray, grade_share: float = 1.0, damage_share: float = 1.0
) -> np.ndarray:
    """Return ln of the usual value on given days: the unit's own shock and the venue left out."""
    age = (on - days(units["first_registered"].to_numpy())) / 365.25
    fixed = np.log(units["new_price"].to_numpy()) + units["taste"].to_numpy()
    fixed += region_column(3, units["region"].to_numpy())
    fixed += np.array([worth.COLOUR_EFFECT[name] for name in units["colour"]])
    moving = worth.age_effect(age, units["powertrain"].to_numpy(), units["make_drift"].to_numpy())
    moving += worth.odometer_effect(units["odometer"].to_numpy(), age)
    state = grade_share * worth.grade_effect(units["condition_grade"].to_numpy())
    state += damage_share * np.array([worth.DAMAGE_EFFECT[name] for name in units["damage"]])
    return fixed + moving + state + log_market(on, units["segment"].to_numpy())


def log_unit_shock(units: pl.DataFrame) -> np.ndarray:
    """Return the lasting log deviation of each unit from its usual value."""
    return units["_shock"].to_numpy() * worth.unit_scale(units["condition_grade"].to_numpy())


def guide_values(rng: np.random.Generator, units: pl.DataFrame, on: np.ndarray) -> np.ndarray:
    """Return a guide's price (USD): it knows part of the state and errs by segment."""
    usual = log_level(units, on, GUIDE_GRADE_SHARE, GUIDE_DAMAGE_SHARE)
    usual += worth.second_highest(6.0) * worth.bidder_spread(np.full(units.height, 3.0))
    bias = np.array([GUIDE_BIAS[name] for name in units["segment"]])
    error = GUIDE_NOISE * rng.standard_normal(units.height)
    return (np.exp(usual + bias + error) / 25).round() * 25
