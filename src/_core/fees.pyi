from numpy import float64
from numpy.typing import NDArray

def check_schedules(
    name: str, above: NDArray[float64], fixed: NDArray[float64], rate: NDArray[float64]
) -> None:
    """Hold schedules of fees to what the kernels take for granted.

    Parameters
    ----------
    name : str
        For the error.
    above, fixed, rate : ndarray of float64, shape (N, J)
        Tiers of N schedules: of a price p with above[j] < p <= above[j + 1] the fee is
        fixed[j] + rate[j] p. The first tier begins at 0, tiers ascend, and what is left over
        at the end begins at infinity.

    Raises
    ------
    ValueError
        If a shape or number is not as stated.
    """
