from numpy import float64, int64
from numpy.typing import NDArray

def soft_choices(
    start: NDArray[int64],
    size: NDArray[float64],
    base: NDArray[float64],
    pointer: NDArray[int64],
    row: NDArray[int64],
    amount: NDArray[float64],
    price: NDArray[float64],
    temperature: float,
    slopes: bool = True,
    threads: int = 1,
) -> tuple[float, NDArray[float64], NDArray[float64], NDArray[float64]]:
    """Smoothed worth of all choosers, their shares, what they use, and its slope in prices.

    A chooser of options with worths w is worth ``T log sum exp(w / T)``, w being the base less
    use times prices; the shares are its derivatives.

    Parameters
    ----------
    start : int64[A + 1]
        First option of each chooser, who has at least one.
    size : float64[A]
        How many of the same kind each stands for.
    base : float64[a]
        Worth of each option before prices.
    pointer, row, amount : int64[a + 1], int64[e], float64[e]
        What each option uses of the rows; a row at most once an option, rows ascending.
    price : float64[rows]
        Price of a unit of each row.
    temperature : float
        T > 0.
    slopes : bool
        Whether use and its slope are asked for; empty arrays if not.
    threads : int
        At least 1; the results do not depend on it.

    Returns
    -------
    (float, float64[a], float64[rows], float64[rows, rows])
        The last is minus the derivative of use in prices, positive semidefinite; options with
        a share below 1e-5 are left out of it.
    """

def solve_positive(matrix: NDArray[float64], right: NDArray[float64]) -> NDArray[float64]:
    """Solution of a positive semidefinite system; directions without curvature get nothing.

    By Cholesky's factors on one thread, so that the bits do not depend on a library's threads.

    Parameters
    ----------
    matrix : float64[n, n]
        Symmetric; its lower half is read.
    right : float64[n]
        Right-hand side.
    """
