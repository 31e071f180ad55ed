from numpy import float64
from numpy.typing import ArrayLike, NDArray

def value_paths(
    seed: int,
    stream: int,
    keys: ArrayLike,
    log_value: ArrayLike,
    scale: ArrayLike,
    form: ArrayLike,
    tables: ArrayLike,
    ends: ArrayLike,
    group: ArrayLike,
    factor: ArrayLike,
    bar: ArrayLike | None = None,
    probabilities: ArrayLike = (),
    threads: int = 1,
) -> tuple[
    NDArray[float64],
    NDArray[float64],
    NDArray[float64],
    NDArray[float64],
    NDArray[float64],
    NDArray[float64],
]:
    """Values of V units at D dates in n joint scenarios, reduced as they are made.

    V[v, d, s] = exp(log_value[v, d] + factor[group[v], d, s] + scale[v] q(u[v, s]))

    where u are the draws of `_core.rng.uniforms` at step 0 of the unit, one for its life, and q is
    the quantile function of the unit's form. No value is kept: beside what is returned and exp of
    the factors, memory is 256 D n bytes for the sums over units and 40 n bytes a thread.

    Parameters
    ----------
    seed, stream : int
        In [0, 2**64).
    keys : array_like of uint64, shape (V,)
        As of `_core.streams.unit_keys`.
    log_value : array_like, shape (V, D)
        ln of money.
    scale : array_like, shape (V,)
        Not negative.
    form : array_like of int, shape (V,)
        Row of the tables.
    tables : array_like, shape (K, m)
        Quantiles of each form at even steps of probability, between which q is linear.
    ends : array_like, shape (K, 6)
        Of each form: first and last of these probabilities; mean excess below the first and above
        the last quantile, tails being exponential; lowest and highest value.
    group : array_like of int, shape (V,)
        Row of the factors.
    factor : array_like, shape (G, D, n)
        ln deviations.
    bar : array_like, shape (V, D), optional
        Money that values are held against.
    probabilities : array_like, shape (k,)
        In [0, 1].
    threads : int
        At least 1; the result does not depend on it.

    Returns
    -------
    mean, sd : ndarray of float64, shape (V, D)
        Over scenarios, money; sd divides by n.
    below : ndarray of float64, shape (V, D)
        Share of scenarios below the bar; no rows without one.
    quantiles : ndarray of float64, shape (V, D, k)
        Exact, interpolated linearly between order statistics as numpy's default does.
    under, lost : ndarray of float64, shape (D, n)
        By scenario: units below their bars, and by how much they lie below them together, money;
        zeros without bars.

    Raises
    ------
    ValueError
        If shapes disagree, a code, probability or scale is out of its range, a number is not
        finite, or an exponent lies beyond 300.
    """

def unit_shocks(
    seed: int,
    stream: int,
    keys: ArrayLike,
    form: ArrayLike,
    tables: ArrayLike,
    ends: ArrayLike,
    n: int,
    threads: int = 1,
) -> NDArray[float64]:
    """Standardised shocks q(u[v, s]) of V units in n scenarios, with u and q as for `value_paths`.

    Beside the result memory is 8 KiB a thread.

    Parameters
    ----------
    seed, stream, keys, form, tables, ends, threads
        As for `value_paths`.
    n : int
        Scenarios, 0 or more.

    Returns
    -------
    ndarray of float64, shape (V, n)

    Raises
    ------
    ValueError
        If a shape or number is not as stated.
    """
