"""Value paths against their twin, and against what is known of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import ndtr, ndtri

from _core import reference_values, values

CHANCES = (0.05, 0.5, 0.95)


def book(
    units: int, dates: int, scenarios: int, seed: int = 1, *, spread: float = 0.2
) -> dict[str, Any]:
    """Units of two forms and three groups with their bars."""
    draw = np.random.default_rng(seed)
    chance = np.linspace(0.01, 0.99, 50)
    tables = np.stack([ndtri(chance), 1.3 * ndtri(chance) - 0.1])
    ends = [[0.01, 0.99, 0.4, 0.3, -12.0, table[-1] + 0.9] for table in tables]
    level = 9.0 + 0.3 * draw.normal(size=(units, 1)) - 0.01 * np.arange(dates)
    return {
        "seed": 7,
        "stream": 3,
        "keys": np.arange(100, 100 + units, dtype=np.uint64),
        "log_value": level,
        "scale": spread * draw.uniform(0.5, 2.0, units),
        "form": draw.integers(0, 2, units),
        "tables": tables,
        "ends": np.array(ends),
        "group": draw.integers(0, 3, units),
        "factor": 0.1 * draw.normal(size=(3, dates, scenarios)).cumsum(axis=1),
        "bar": np.exp(level + 0.1 * draw.normal(size=level.shape)),
    }


@pytest.mark.parametrize("scenarios", [1, 2, 7, 8, 1_001, 1_024])
@pytest.mark.parametrize("barred", [True, False])
def test_reduced_paths_are_their_twins(scenarios: int, barred: bool) -> None:
    given = book(70, 5, scenarios)
    if not barred:
        given["bar"] = None
    found = values.value_paths(**given, probabilities=(0.0, *CHANCES, 1.0), threads=2)
    twin = reference_values.value_paths(**given, probabilities=(0.0, *CHANCES, 1.0))
    for one, other, close in zip(
        found, twin, (1e-13, 1e-11, 1e-15, 1e-13, 1e-15, 1e-11), strict=True
    ):
        assert one.shape == other.shape
        assert_allclose(one, other, rtol=close, atol=1e-6 * close)


def test_threads_leave_every_bit() -> None:
    given = book(333, 4, 500)
    one = values.value_paths(**given, probabilities=CHANCES)
    for threads in (2, 3):
        several = values.value_paths(**given, probabilities=CHANCES, threads=threads)
        for found, same in zip(one, several, strict=True):
            assert_array_equal(found, same)


def test_a_unit_is_the_same_in_another_book() -> None:
    given = book(40, 3, 64)
    some = np.array([31, 4, 17])
    part = {
        name: array[some]
        if name in {"keys", "log_value", "scale", "form", "group", "bar"}
        else array
        for name, array in given.items()
    }
    whole = values.value_paths(**given, probabilities=CHANCES)
    for found, told in zip(values.value_paths(**part, probabilities=CHANCES)[:4], whole[:4],
                           strict=True):  # fmt: skip
        assert_array_equal(found, told[some])


def test_moments_and_tails_are_those_of_the_lognormal() -> None:
    # an exact normal shock and no factor: ln V is normal
    given = book(4, 1, 200_000, spread=0.1)
    chance = np.linspace(0.0005, 0.9995, 2_000)
    given["tables"] = np.stack([ndtri(chance)] * 2)
    given["ends"] = np.array([[0.0005, 0.9995, 0.3, 0.3, -6.0, 6.0]] * 2)
    given["factor"] = np.zeros((3, 1, 200_000))
    mean, sd, below, quantiles, _, _ = values.value_paths(**given, probabilities=CHANCES)
    level, scale = given["log_value"][:, 0], given["scale"]
    exact = np.exp(level + 0.5 * scale**2)
    noise = 5.0 / np.sqrt(200_000)
    assert_allclose(mean[:, 0], exact, rtol=noise * scale.max())
    assert_allclose(sd[:, 0], exact * np.sqrt(np.expm1(scale**2)), rtol=3e-2)
    assert_allclose(below[:, 0], ndtr((np.log(given["bar"][:, 0]) - level) / scale), atol=noise)
    for place, one in enumerate(CHANCES):
        assert_allclose(
            quantiles[:, 0, place],
            np.exp(level + scale * ndtri(one)),
            rtol=6.0 * noise * scale.max(),
        )


def test_sums_over_units_are_those_of_the_units() -> None:
    given = book(200, 3, 64)
    mean, _, below, _, under, lost = values.value_paths(**given, threads=2)
    assert_allclose(under.mean(axis=1), below.sum(axis=0), rtol=1e-13)
    # what lies below bars far above every value is their distance
    given["bar"] = np.full((200, 3), 1e9)
    _, _, below, _, under, lost = values.value_paths(**given)
    assert (below == 1.0).all()
    assert (under == 200.0).all()
    assert_allclose(lost.mean(axis=1), (1e9 - mean).sum(axis=0), rtol=1e-12)


def test_values_that_do_not_stray_have_quantiles_of_their_own() -> None:
    given = book(3, 2, 100)
    given["scale"], given["factor"] = np.zeros(3), np.zeros((3, 2, 100))
    mean, sd, _, quantiles, _, _ = values.value_paths(**given, probabilities=CHANCES)
    assert (sd == 0.0).all()
    assert_allclose(quantiles, np.repeat(mean[:, :, None], 3, axis=2), rtol=1e-15)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("scale", np.full(3, -1.0), "negative"),
        ("scale", np.full(3, np.nan), "scale moves"),
        ("log_value", np.full((3, 2), 301.0), "log_value moves"),
        ("factor", np.full((3, 2, 4), np.nan), "factor moves"),
        ("factor", np.zeros((3, 5, 4)), "path over the dates"),
        ("group", np.array([0, 1, 3]), "group must lie"),
        ("form", np.array([0, -1, 1]), "form must lie"),
        ("bar", np.zeros((3, 9)), "bar must have"),
        ("bar", np.full((3, 2), np.inf), "finite"),
        ("ends", np.tile([0.5, 0.5, 1.0, 1.0, -1.0, 1.0], (2, 1)), "0 < low < high < 1"),
        ("keys", np.zeros(2), "an entry"),
        ("tables", np.zeros((2, 1)), "two quantiles"),
        ("probabilities", (1.5,), "probabilities"),
        ("threads", 0, "threads"),
    ],
)
def test_bad_arguments_are_refused(name: str, value: Any, words: str) -> None:
    given = {**book(3, 2, 4), name: value}
    with pytest.raises(ValueError, match=words):
        values.value_paths(**given)


@pytest.mark.parametrize("scenarios", [0, 1, 7, 1_024, 1_025, 2_500])
def test_shocks_are_their_twins_on_any_threads(scenarios: int) -> None:
    given = book(70, 1, 1)
    names = ("seed", "stream", "keys", "form", "tables", "ends")
    asked = [given[name] for name in names]
    found = values.unit_shocks(*asked, scenarios)
    assert found.shape == (70, scenarios)
    assert_allclose(found, reference_values.unit_shocks(*asked, scenarios), rtol=1e-12, atol=1e-13)
    assert_array_equal(found, values.unit_shocks(*asked, scenarios, threads=3))


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("keys", np.arange(3, dtype=np.uint64), "an entry for each unit"),
        ("form", np.full(4, 2), r"form must lie in \[0, 2\)"),
        ("tables", np.full((2, 50), np.inf), "tables and ends must be finite"),
        ("n", -1, "n must be at least 0"),
        ("threads", 0, "threads at least 1"),
    ],
)
def test_shocks_tell_what_is_wrong(name: str, value: object, words: str) -> None:
    given = {
        each: book(4, 1, 1)[each] for each in ("seed", "stream", "keys", "form", "tables", "ends")
    }
    with pytest.raises(ValueError, match=words):
        values.unit_shocks(**given | {"n": 3} | {name: value})
