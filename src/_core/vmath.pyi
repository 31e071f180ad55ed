from numpy import float64
from numpy.typing import ArrayLike, NDArray

def exp(x: ArrayLike, threads: int = 1, out: NDArray[float64] | None = None) -> NDArray[float64]:
    """Exponential of every element.

    At most 1.2 units in the last place off, see docs/models/kernels.md for how that is measured.
    The bits are the same on every machine: where a processor has no fused multiply-add (before
    x86-64-v3), the C library stands in for it, slowly.

    Parameters
    ----------
    x : array_like
        Of any shape; copied if it is not a contiguous float64 array. NaN gives NaN, minus
        infinity 0, and what lies above 709.78 infinity.
    threads : int
        At least 1; the result does not depend on it. Few values are left to one thread.
    out : ndarray of float64, optional
        Where to put the result: writeable, contiguous, of x's shape. It may be x itself.

    Returns
    -------
    ndarray of float64
        `out`, or a new array of x's shape.

    Raises
    ------
    ValueError
        If threads is below 1, or `out` is not as stated.
    """

def log(x: ArrayLike, threads: int = 1, out: NDArray[float64] | None = None) -> NDArray[float64]:
    """Natural logarithm of every element.

    At most 1.2 units in the last place off, subnormal arguments included.

    Parameters
    ----------
    x : array_like
        Of any shape; copied if it is not a contiguous float64 array. 0 and -0 give minus
        infinity, infinity itself; NaN and anything negative give NaN.
    threads : int
    out : ndarray of float64, optional
        As for `exp`.

    Returns
    -------
    ndarray of float64
        `out`, or a new array of x's shape.

    Raises
    ------
    ValueError
        As `exp`.
    """

def norm_cdf(
    x: ArrayLike, threads: int = 1, out: NDArray[float64] | None = None
) -> NDArray[float64]:
    """Standard normal distribution function of every element.

    At most 0.8 units in the last place off down to the smallest result (x near -38.5): the
    rational approximation of the tail over its density is evaluated with what rounding leaves
    (Graillat, Langlois and Louvet 2005). The bits are the same on every machine.

    Parameters
    ----------
    x : array_like
        Of any shape; copied if it is not a contiguous float64 array. NaN gives NaN.
    threads : int
    out : ndarray of float64, optional
        As for `exp`.

    Returns
    -------
    ndarray of float64
        `out`, or a new array of x's shape.

    Raises
    ------
    ValueError
        As `exp`.
    """

def norm_ppf(
    p: ArrayLike, threads: int = 1, out: NDArray[float64] | None = None
) -> NDArray[float64]:
    """Standard normal quantile of every element.

    At most 3.5 units in the last place off. A rational approximation over -ln(4 p (1 - p)) holds
    for p from 0.00103 to 0.99897, algorithm AS 241 (Wichura 1988) beyond. The bits are the same
    on every machine.

    Parameters
    ----------
    p : array_like
        Probabilities, of any shape; copied if not a contiguous float64 array. 0 gives minus
        infinity and 1 infinity; NaN and anything outside [0, 1] give NaN.
    threads : int
    out : ndarray of float64, optional
        As for `exp`.

    Returns
    -------
    ndarray of float64
        `out`, or a new array of p's shape.

    Raises
    ------
    ValueError
        As `exp`.
    """
