from numpy import float64, int64
from numpy.typing import NDArray

def link_moves(
    vehicle: NDArray[int64],
    gain: NDArray[float64],
    pointer: NDArray[int64],
    row: NDArray[int64],
    change: NDArray[float64],
    weight: NDArray[float64],
    room: NDArray[float64],
    begin: NDArray[int64],
    least: float,
    depth: int,
    breadth: int,
    visits: int,
    budget: int,
) -> tuple[NDArray[int64], NDArray[int64]]:
    """Moves that fit together and bring more than ``least``, chain after chain.

    A chain begins with a gainful move; while a row lacks room, a move that frees some of it
    follows, the first named first. No vehicle moves twice. Of the chains that begin with a move,
    or with moves of one vehicle named in a row, the most gainful one found is made (an ejection
    chain, Glover 1996).

    Parameters
    ----------
    vehicle : int64[m]
        Vehicle of each move, the moves that make room most cheaply first.
    gain : float64[m]
        What each move brings, money.
    pointer, row, change : int64[m + 1], int64[e], float64[e]
        What each move uses more of the rows, a row at most once a move.
    weight : float64[rows]
        Money a unit of each row; the row that lacks most is freed first.
    room : float64[rows]
        Units left of each row.
    begin : int64[...]
        Moves with which chains begin.
    least : float
        A chain must bring more, money; so must each of its beginnings.
    depth : int
        Moves in a chain at most, 1 to 8.
    breadth : int
        Moves tried to free a row.
    visits, budget : int
        Moves tried for a vehicle that begins, and for all of them together.

    Returns
    -------
    (int64[...], int64[...])
        The moves made, chain by chain; how many were made at the end of each chain.

    Raises
    ------
    ValueError
        When the depth is out of range.
    """
