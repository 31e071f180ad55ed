"""Elementary functions: accuracy over their whole range, edges, seams, bits."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from _core import exp, log, norm_cdf, norm_ppf
from benchmarks.accuracy import FUNCTIONS, Function, Span, errors

# To 17 digits, from 50-digit arithmetic.
CDF = {
    -38.0: 2.8854283600687843e-316,
    -37.0: 5.7255712225245768e-300,
    -20.0: 2.7536241186062337e-89,
    -8.0: 6.2209605742717841e-16,
    -5.7: 5.9903714010635282e-09,
    -3.0: 0.0013498980316300945,
    -1.0: 0.15865525393145705,
    -0.5: 0.3085375387259869,
    0.0: 0.5,
    0.25: 0.59870632568292372,
    0.67: 0.7485711049046899,
    1.96: 0.97500210485177956,
    5.0: 0.99999971334842812,
}
PPF = {
    1e-300: -37.047096299361199,
    1e-20: -9.2623400897984076,
    1e-11: -6.7060231554951363,
    1e-5: -4.2648907939228246,
    0.025: -1.9599639845400542,
    0.075: -1.4395314709384559,
    0.25: -0.67448975019608174,
    0.5: 0.0,
    0.6: 0.25334710313579974,
    0.9: 1.2815515655446006,
    0.999: 3.0902323061678133,
}
PERMITTED = {"exp": 1.5, "log": 1.5, "norm_cdf": 1.5, "norm_ppf": 4.0}
SPANS = [(function, span) for function in FUNCTIONS for span in function.spans]


@pytest.mark.parametrize(("function", "span"), SPANS, ids=[f"{f.name}-{s.name}" for f, s in SPANS])
def test_errors_in_units_of_the_last_place(function: Function, span: Span) -> None:
    found = errors(function, span, 300, seed=11)
    assert len(found) == 300
    assert found.max() <= PERMITTED[function.name]
    assert found.max() > 0.0, "some result must have been rounded"


@pytest.mark.parametrize(("x", "expected"), CDF.items())
def test_cdf_far_into_the_tail(x: float, expected: float) -> None:
    assert abs(norm_cdf([x])[0] - expected) <= 2 * np.spacing(expected)


@pytest.mark.parametrize(("p", "expected"), PPF.items())
def test_quantile_in_every_region(p: float, expected: float) -> None:
    assert_allclose(norm_ppf([p])[0], expected, rtol=4 * np.finfo(float).eps)


def test_edges_of_the_domain() -> None:
    inf, nan, least = np.inf, np.nan, 5e-324
    assert_array_equal(exp([-inf, inf, nan, 0.0, -0.0]), [0.0, inf, nan, 1.0, 1.0])
    assert_array_equal(np.isfinite(exp([709.782712893384, 709.7827128933841])), [True, False])
    assert_array_equal(exp([-745.1332191019411, -745.1332191019412]), [least, 0.0])
    assert_array_equal(log([1.7976931348623157e308] * 9), 709.782712893384)
    assert_array_equal(log([0.0, -0.0, inf, nan, 1.0]), [-inf, -inf, inf, nan, 0.0])
    assert np.isnan(log([-least, -1.0, -inf])).all()
    assert_array_equal(norm_cdf([-inf, -60.0, 60.0, inf, -0.0]), [0.0, 0.0, 1.0, 1.0, 0.5])
    assert_array_equal(norm_ppf([0.0, -0.0, 1.0, 0.5]), [-inf, -inf, inf, 0.0])
    assert np.isnan(norm_ppf([-least, -1e-9, 1.0 + 1e-9, inf, -inf, nan])).all()
    assert np.isnan(norm_cdf([nan])).all()


def test_edges_are_met_at_every_place_of_a_vector() -> None:
    for function, edge, result, plain in (
        (exp, 1e9, np.inf, 1.0),
        (log, 0.0, -np.inf, 2.0),
        (norm_ppf, 1.0, np.inf, 0.25),
        (norm_cdf, -40.0, 0.0, 1.0),
    ):
        for size in (*range(1, 18), 31, 32, 33, 67):
            for place in range(size):
                values = np.full(size, plain)
                values[place] = edge
                expected = np.full(size, function([plain])[0])
                expected[place] = result
                assert_array_equal(function(values), expected)


@pytest.mark.parametrize(
    ("function", "edges"),
    [
        (exp, [-745.1, -709.0, 709.5, 1e9, np.nan]),
        (log, [-1.0, 0.0, 5e-324, 1e-310, np.inf]),
        (norm_cdf, [-38.5, -6.0, 6.0, np.inf, np.nan]),
        (norm_ppf, [-1.0, 0.0, 5e-324, 1e-9, 1.0 - 1e-9]),
    ],
)
@pytest.mark.parametrize("share", [0.01, 0.5, 1.0])
def test_any_number_of_edges_in_one_call(
    function: Callable[..., np.ndarray], edges: list[float], share: float
) -> None:
    rng = np.random.default_rng(3)
    plain = 0.2 + 0.6 * rng.random(140_003)
    values = np.where(rng.random(plain.size) < share, rng.choice(edges, plain.size), plain)
    alone = {edge: function([edge])[0] for edge in edges}
    expected = function(plain)
    for edge, result in alone.items():
        expected[np.isnan(values) if np.isnan(edge) else values == edge] = result
    for threads in (1, 2):
        assert_array_equal(function(values, threads), expected)
        moved = np.append(values, 0.5)
        assert_array_equal(function(moved[:-1], threads, moved[1:]), expected)


def test_quantile_of_a_subnormal_probability() -> None:
    assert_allclose(norm_ppf([5e-324])[0], -38.467405617144346, rtol=4 * np.finfo(float).eps)


@given(st.floats(min_value=-8.0, max_value=8.0))
def test_cdf_and_its_mirror_image_sum_to_one(x: float) -> None:
    lower, upper = norm_cdf([x, -x])
    assert_allclose(lower + upper, 1.0, rtol=2 * np.finfo(float).eps)


@given(st.floats(min_value=1e-300, max_value=0.5))
def test_quantile_inverts_the_cdf(p: float) -> None:
    # A relative step in the quantile moves the tail probability by x**2 times as much.
    x = norm_ppf([p])[0]
    assert_allclose(norm_cdf([x])[0], p, rtol=4 * np.finfo(float).eps * (1.0 + x * x))


@given(st.floats(min_value=-700.0, max_value=700.0))
def test_logarithm_inverts_the_exponential(x: float) -> None:
    # A relative error of the exponential is an absolute one of x.
    assert abs(log(exp([x]))[0] - x) <= 2 * np.finfo(float).eps * (1.0 + abs(x))


@pytest.mark.parametrize(
    ("function", "seams"),
    [
        (norm_cdf, (-5.656854249492380, 0.0, 5.656854249492380)),
        (norm_ppf, (0.00102274, 0.99897726, 1.3887943864964021e-11)),
        (exp, (-708.0, 708.0, 0.021660849392498290)),
        (log, (45 / 64, 63 / 64, 33 / 32, 45 / 32, 2.2250738585072014e-308)),
    ],
)
def test_nothing_falls_across_a_seam(
    function: Callable[..., np.ndarray], seams: tuple[float, ...]
) -> None:
    # Steps far wider than rounding, across the seams between the approximations.
    for seam in seams:
        x = seam + abs(seam or 1.0) * np.linspace(-1e-3, 1e-3, 2001)
        assert (np.diff(function(x)) >= 0.0).all()


def test_quantile_is_odd_to_the_bit() -> None:
    # Odd multiples of 2**-53, as the generator draws them: p and 1 - p are both exact.
    p = (2.0 * np.arange(1, 2**20, 1021) + 1.0) * 2.0**-21
    assert_array_equal(norm_ppf(p), -norm_ppf(1.0 - p))


def test_bits_do_not_depend_on_the_place_in_the_array() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(scale=6.0, size=1500)
    p = np.concatenate([rng.random(500), rng.random(500) ** 30, 1.0 - rng.random(500) ** 9])
    # Around the seams, where neighbours must still take the same branch.
    p = np.concatenate([p, 1.3887943864964021e-11 * (1.0 + 1e-6 * rng.normal(size=100))])
    p = np.concatenate([p, 0.00102274 * (1.0 + 1e-4 * rng.normal(size=100))])
    x = np.concatenate([x, 710.0 * (2.0 * rng.random(500) - 1.0)])
    for function, values in (
        (exp, x),
        (log, np.abs(x)),
        (norm_cdf, x),
        (norm_ppf, rng.permutation(p)),
    ):
        together = function(values)
        assert_array_equal(together, [function([value])[0] for value in values])
        assert_array_equal(together[::-1], function(values[::-1]))


@pytest.mark.parametrize("function", [exp, log, norm_cdf, norm_ppf])
def test_results_go_where_they_are_wanted(function: Callable[..., np.ndarray]) -> None:
    values = np.linspace(0.1, 0.9, 12).reshape(3, 4)
    expected, out = function(values), np.empty((3, 4))
    assert function(values, out=out) is out
    assert_array_equal(out, expected)
    function(values, out=values)
    assert_array_equal(values, expected)
    frozen = np.empty((3, 4))
    frozen.flags.writeable = False
    for wrong in (np.empty(12), np.empty((3, 4), np.float32), np.empty((4, 3)).T, frozen):
        with pytest.raises(ValueError, match="out must be"):
            function(values, out=wrong)
