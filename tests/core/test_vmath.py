"""Normal distribution function and quantile: exact values, accuracy, edges."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from _core import norm_cdf, norm_ppf

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


@pytest.mark.parametrize(("x", "expected"), CDF.items())
def test_cdf_is_accurate_far_into_the_tail(x: float, expected: float) -> None:
    tolerance = 4 * np.finfo(float).eps if expected > 1e-307 else 1e-8
    assert_allclose(norm_cdf([x])[0], expected, rtol=tolerance)


@pytest.mark.parametrize(("p", "expected"), PPF.items())
def test_quantile_is_accurate_in_every_region(p: float, expected: float) -> None:
    assert_allclose(norm_ppf([p])[0], expected, rtol=4 * np.finfo(float).eps)


def test_edges_of_the_domain() -> None:
    assert_array_equal(norm_cdf([-np.inf, -60.0, 60.0, np.inf]), [0.0, 0.0, 1.0, 1.0])
    assert_array_equal(norm_ppf([0.0, 1.0]), [-np.inf, np.inf])
    assert np.isnan(norm_ppf([-1e-9, 1.0 + 1e-9, np.inf, -np.inf, np.nan])).all()
    assert np.isnan(norm_cdf([np.nan])).all()


def test_quantile_of_a_subnormal_probability() -> None:
    assert_allclose(norm_ppf([5e-324])[0], -38.467405617144346, rtol=1e-14)


@given(st.floats(min_value=-8.0, max_value=8.0))
def test_cdf_and_its_mirror_image_sum_to_one(x: float) -> None:
    lower, upper = norm_cdf([x, -x])
    assert_allclose(lower + upper, 1.0, rtol=2 * np.finfo(float).eps)


@given(st.floats(min_value=1e-300, max_value=0.5))
def test_quantile_inverts_the_cdf(p: float) -> None:
    # A relative step in the quantile moves the tail probability by x**2 times as much.
    x = norm_ppf([p])[0]
    assert_allclose(norm_cdf([x])[0], p, rtol=8 * np.finfo(float).eps * (1.0 + x * x))


def test_cdf_never_falls() -> None:
    # Steps far wider than rounding, across the seams between the approximations.
    for seam in (-5.656854249492380, -0.67448975, 0.67448975, 5.656854249492380):
        x = seam + np.linspace(-1e-3, 1e-3, 2001)
        assert (np.diff(norm_cdf(x)) >= 0.0).all()


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
    for function, values in ((norm_cdf, x), (norm_ppf, rng.permutation(p))):
        together = function(values)
        assert_array_equal(together, [function([value])[0] for value in values])
        assert_array_equal(together[::-1], function(values[::-1]))
