from numpy import float64, uint32
from numpy.typing import ArrayLike, NDArray

def philox4x32(counter: ArrayLike, key: ArrayLike) -> NDArray[uint32]:
    """Ten rounds of Philox4x32 (Salmon, Moraes, Dror and Shaw 2011) at each counter.

    Parameters
    ----------
    counter : array_like of uint32, shape (n, 4)
        Word 0 first.
    key : array_like of uint32, shape (2,) or (n, 2)
        One key for all counters, or one each.

    Returns
    -------
    ndarray of uint32, shape (n, 4)

    Raises
    ------
    ValueError
        If a shape is not as stated.
    """

def uniforms(
    seed: int, stream: int, units: ArrayLike, steps: int, n: int, threads: int = 1
) -> NDArray[float64]:
    """Uniform draws in the open interval (0, 1).

    Element (i, t, s) depends on (seed, stream, units[i], t, s) alone. The Philox key is
    `_core.streams.stream_key(seed, stream)`, low word first. The 128-bit counter is, from word
    0 on: s // 2, t, the low and the high half of the unit. Different (unit, step, pair of
    scenarios) therefore never meet under one key. Of the four words that come out, the first
    two make the even scenario's draw and the last two the odd one's: their upper 52 bits k
    give (2 k + 1) / 2**53, so that 0 and 1 are never drawn.

    Parameters
    ----------
    seed, stream : int
        In [0, 2**64).
    units : array_like of uint64, shape (u,)
        Key of each unit, see `_core.streams.unit_keys`.
    steps, n : int
        Numbers of steps and of scenarios, below 2**32 and 2**33.
    threads : int
        At least 1; the result does not depend on it.

    Returns
    -------
    ndarray of float64, shape (u, steps, n)

    Raises
    ------
    ValueError
        If a number is out of its range.
    """

def normals(
    seed: int, stream: int, units: ArrayLike, steps: int, n: int, threads: int = 1
) -> NDArray[float64]:
    """Standard normal draws: `norm_ppf` of what `uniforms` gives, with the same arguments.

    They lie within 8.21 standard deviations, since no uniform is nearer to 0 than 2**-53.

    Returns
    -------
    ndarray of float64, shape (u, steps, n)

    Raises
    ------
    ValueError
        As `uniforms`.
    """

def students(
    seed: int,
    stream: int,
    units: ArrayLike,
    steps: int,
    n: int,
    dof: float,
    threads: int = 1,
) -> NDArray[float64]:
    """Student draws by inversion: the Student quantile of what `uniforms` gives.

    They rise with the normals of the same names, and are within 1e-12 of the exact quantile,
    relatively; within 2e-13 from 1.5 degrees of freedom on. Their variance is dof / (dof - 2).

    Parameters
    ----------
    seed, stream, units, steps, n, threads
        As for `uniforms`.
    dof : float
        Degrees of freedom, not necessarily whole: at least 1 and finite.

    Returns
    -------
    ndarray of float64, shape (u, steps, n)

    Raises
    ------
    ValueError
        As `uniforms`, or if dof is not as stated.
    """
