from numpy import float64
from numpy.typing import NDArray

def check_positive(name: str, values: NDArray[float64]) -> None:
    """Raise ValueError where a value is not finite and positive; name and row are told."""

def sale(
    log_ratio: NDArray[float64],
    arrival: NDArray[float64],
    spread: NDArray[float64],
    threads: int = 1,
) -> tuple[NDArray[float64], NDArray[float64]]:
    """Chance of a sale and expected price of lots offered at a reserve.

    Bidders arrive Poisson; their values are V exp(spread * eps) with eps standard normal. A
    lot is sold when the highest value reaches the reserve r, at the larger of r and the
    second-highest value: P = 1 - exp(-u(r)), revenue = r P + int_r^inf P2(b) db with
    P2 = 1 - exp(-u)(1 + u) and u(b) the expected number of bidders above b.

    Parameters
    ----------
    log_ratio : ndarray of float64, shape (n,), contiguous
        ln(reserve / V).
    arrival : ndarray of float64, shape (n,)
        Mean number of bidders, positive.
    spread : ndarray of float64, shape (n,)
        Standard deviation of the bidders' log values, positive.
    threads : int
        At least 1; the result does not depend on it.

    Returns
    -------
    chance, revenue : ndarray of float64, shape (n,)
        Revenue in units of V, zero money where unsold; absolute error below 5e-6 for up to 25
        bidders.

    Raises
    ------
    ValueError
        If lengths differ, or a number of bidders or a spread is not finite and positive.
    """
