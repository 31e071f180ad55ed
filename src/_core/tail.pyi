from numpy import float64
from numpy.typing import ArrayLike, NDArray

def cvar(values: ArrayLike, alpha: float, lower: bool = True) -> tuple[float, NDArray[float64]]:
    """Mean of the worst 1 - alpha of n equally likely values, and the weights that attain it.

    The tail holds m = (1 - alpha) * n values; a value on its edge counts in part (Rockafellar
    and Uryasev 2002). m is exact for the decimal number that alpha prints as, since the
    product of floats would take one value too many for alpha = 0.95 and n = 1000.

    Parameters
    ----------
    values : array_like, shape (n,)
        Finite, at least one.
    alpha : float
        In [0, 1); 0 gives the mean of all values.
    lower : bool
        Whether low values are the bad ones.

    Returns
    -------
    mean : float
        Weights times values, summed in order.
    weights : ndarray of float64, shape (n,)
        They sum to 1, none above 1 / m. Of equal values on the edge the first come first. They
        are a subgradient of the mean with respect to the values.

    Raises
    ------
    ValueError
        If values are empty, not finite or not one-dimensional, or alpha is out of its range.
    """

def row_quantiles(values: ArrayLike, q: ArrayLike, threads: int = 1) -> NDArray[float64]:
    """Quantiles of every row, interpolated linearly between order statistics.

    The same definition as numpy's default: the quantile at q stands at place q * (n - 1).

    Parameters
    ----------
    values : array_like, shape (rows, n)
        n at least 1. A row with NaN has NaN quantiles.
    q : array_like, shape (k,)
        In [0, 1], in any order.
    threads : int
        At least 1; the result does not depend on it.

    Returns
    -------
    ndarray of float64, shape (rows, k)

    Raises
    ------
    ValueError
        If a shape or number is not as stated.
    """
