from numpy import float64
from numpy.typing import ArrayLike, NDArray

def factor_paths(
    seed: int,
    stream: int,
    loadings: ArrayLike,
    volatility: ArrayLike,
    persistence: ArrayLike,
    dof: float,
    n: int,
    antithetic: bool = True,
    threads: int = 1,
    points: ArrayLike | None = None,
) -> NDArray[float64]:
    """Joint paths of F autoregressive factors over D dates in n scenarios, from level 0.

    level[f, d] = persistence[f] * level[f, d - 1] + volatility[f, d] * mix[d] * (L z[d])[f]

    where z are independent standard normals (unit f, step d of the stream, see
    `_core.rng.uniforms`) and mix[d] = sqrt((dof - 2) / chi2[d]) is common to all factors, so
    that increments are jointly Student t, scaled to the stated standard deviation: they fall
    together. chi2 is the sum of squares of dof further normals (units 2**32 + j, step d). A
    later date or a further factor changes no earlier draw.

    Parameters
    ----------
    seed, stream : int
        In [0, 2**64).
    loadings : array_like, shape (F, F)
        L, the lower Cholesky factor of the correlation of the factors.
    volatility : array_like, shape (F, D)
        Standard deviation of a factor's increment into each date.
    persistence : array_like, shape (F,)
        Share of the level that is kept from date to date; 1 is a random walk.
    dof : float
        Degrees of freedom: a whole number from 3 to 1000, or infinity for normal increments.
    n : int
        Number of scenarios.
    antithetic : bool
        Let scenario 2 k + 1 mirror scenario 2 k, with draws of scenario k and a common mix:
        sample means of the levels are then exactly 0 for an even n. Figures such as a variance
        or a two-sided tail rest on only n / 2 independent draws.
    threads : int
        At least 1; the result does not depend on it.
    points : array_like, shape (F, D, n), optional
        Uniforms in (0, 1) that stand for the draws of the factors, as those of `_core.sobol`;
        seed and stream then name the mixing draws alone, and antithetic must be False.

    Returns
    -------
    ndarray of float64, shape (F, D, n)
        Levels. NaN in an argument runs through the recursion.

    Raises
    ------
    ValueError
        If shapes disagree, points come with antithetic, loadings are not lower triangular, or a
        number is out of its range.
    """
