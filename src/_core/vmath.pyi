from numpy import float64
from numpy.typing import ArrayLike, NDArray

def norm_cdf(x: ArrayLike, threads: int = 1) -> NDArray[float64]:
    """Standard normal distribution function of every element.

    Rational approximations of Cody (1969), with relative accuracy of a few units in the last
    place down to the smallest result (x near -38.5). The bits are the same on every machine.

    Parameters
    ----------
    x : array_like
        Of any shape; copied if it is not a contiguous float64 array. NaN gives NaN.
    threads : int
        At least 1; the result does not depend on it.

    Returns
    -------
    ndarray of float64
        A new array of x's shape.

    Raises
    ------
    ValueError
        If threads is below 1.
    """

def norm_ppf(p: ArrayLike, threads: int = 1) -> NDArray[float64]:
    """Standard normal quantile of every element.

    Algorithm AS 241 (Wichura 1988), with relative accuracy of a few units in the last place.
    The bits are the same on every machine.

    Parameters
    ----------
    p : array_like
        Probabilities, of any shape; copied if not a contiguous float64 array. 0 gives minus
        infinity and 1 infinity; NaN and anything outside [0, 1] give NaN.
    threads : int
        At least 1; the result does not depend on it.

    Returns
    -------
    ndarray of float64
        A new array of p's shape.

    Raises
    ------
    ValueError
        If threads is below 1.
    """
