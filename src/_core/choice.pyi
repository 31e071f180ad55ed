from numpy import bool_, float64, int64
from numpy.typing import ArrayLike, NDArray

def parts(vehicles: int) -> NDArray[int64]:
    """First vehicle of each part by which sums over a fleet are taken; the last entry is V.

    Sums are added up within the parts and then over them in their order, so that their bits
    depend on the fleet alone: not on threads, nor on which machine holds which parts.
    """

class Choices:
    """The columns of a fleet: what each vehicle may do, held so that a pass copies nothing.

    A column is an option that may be taken. At prices its worth is its coefficients times the
    moments of its group, less what it uses times the prices, less the toll of its offer.

    Parameters
    ----------
    start : int64[V + 1]
        First column of each vehicle; the last entry is c.
    option : int64[c]
        Option of each column, a row of `coefficient` and `group`.
    coefficient : float64[m, R]
        Worth of each option on its basis, money.
    group : int64[m]
        Group of each option.
    pointer, row, amount : int32[c + 1], int32[e], float64[e]
        What each column uses, in compressed columns.
    offer : int64[c]
        Offer that a column counts toward, -1 for none.
    groups, rows : int
        Groups of basis functions; rows that columns use.
    part : int64[P + 1], optional
        First vehicle of each part by which sums are taken, as :func:`parts` has them by default.
    """

    def __init__(
        self,
        start: NDArray[int64],
        option: NDArray[int64],
        coefficient: NDArray[float64],
        group: NDArray[int64],
        pointer: ArrayLike,
        row: ArrayLike,
        amount: ArrayLike,
        offer: NDArray[int64],
        groups: int,
        rows: int,
        part: NDArray[int64] | None = None,
    ) -> None: ...
    def best(
        self,
        moments: NDArray[float64],
        price: NDArray[float64],
        toll: NDArray[float64],
        threads: int = 1,
        vehicle: NDArray[int64] | None = None,
    ) -> tuple[NDArray[int64], NDArray[float64], NDArray[float64]]:
        """Best column of each vehicle, the first of equals, its worth, and the second best worth.

        Parameters
        ----------
        moments : float64[groups, R]
            Weighted sums of the basis functions over scenarios.
        price : float64[rows]
            Money a unit of each row.
        toll : float64[Q]
            Money that a column of each offer pays.
        threads : int
            At least 1; the results do not depend on it.
        vehicle : int64[...], optional
            Vehicles asked for; all by default.

        Returns
        -------
        (int64[V], float64[V], float64[V])
            Minus infinity where there is no second column.
        """

    def worths(
        self,
        column: NDArray[int64],
        moments: NDArray[float64],
        price: NDArray[float64],
        toll: NDArray[float64],
        threads: int = 1,
    ) -> NDArray[float64]:
        """Worth of some columns at prices, money."""

    def above(
        self,
        vehicle: NDArray[int64],
        floor: NDArray[float64],
        moments: NDArray[float64],
        price: NDArray[float64],
        toll: NDArray[float64],
        threads: int = 1,
    ) -> tuple[NDArray[int64], NDArray[int64]]:
        """Columns of some vehicles that are worth at least the vehicle's floor.

        Returns
        -------
        (int64[len(vehicle) + 1], int64[...])
            First place of each vehicle among the columns found; the columns.
        """

    def nearest(
        self,
        width: float,
        moments: NDArray[float64],
        price: NDArray[float64],
        toll: NDArray[float64],
        threads: int = 1,
        vehicle: NDArray[int64] | None = None,
    ) -> tuple[NDArray[int64], NDArray[bool_], NDArray[int64], NDArray[int64]]:
        """Best columns, and for vehicles with a choice the columns near it; one pass for both.

        What `best` tells of vehicles, all if not given, and what `above` tells of those whose
        second best lies within the width of the best, at that floor.

        Returns
        -------
        (int64[v], bool[v], int64[f + 1], int64[d])
            Best column of each vehicle, the first of equals; whether it has a choice; first
            place of each vehicle that has one among the columns found; the columns.
        """

    def sums(
        self, column: NDArray[int64], share: NDArray[float64], threads: int = 1
    ) -> tuple[NDArray[float64], NDArray[float64]]:
        """Use of every row, float64[rows], and coefficients by group, float64[groups, R].

        Of columns taken in shares; parts of the sums are added in a fixed order.

        Raises
        ------
        ValueError
            When the columns do not ascend.
        """

    def partial_sums(
        self, column: NDArray[int64], share: NDArray[float64], threads: int = 1
    ) -> tuple[NDArray[float64], NDArray[float64]]:
        """The same before the parts are added: float64[P, rows], float64[P, groups, R]."""

    def used(self, column: NDArray[int64], threads: int = 1) -> NDArray[float64]:
        """Use of every row by columns taken whole, float64[rows]: the first of `sums`."""

    def dearest(
        self, begin: int, end: int, price: NDArray[float64], threads: int = 1
    ) -> tuple[NDArray[int64], NDArray[float64], NDArray[float64], NDArray[float64]]:
        """What columns pay for what they use, and where the largest part of it goes.

        Parameters
        ----------
        begin, end : int
            Columns from one to before the other.
        price : float64[rows]
            Money a unit of each row.
        threads : int
            At least 1.

        Returns
        -------
        (int64[c], float64[c], float64[c], float64[c])
            Row that takes most, the first told of equals, -1 where nothing is paid; all that is
            paid; the part that goes to that row; the units used of it.
        """

    def take(
        self,
        order: NDArray[int64],
        vehicle: NDArray[int64],
        room: NDArray[float64],
        offered: NDArray[float64],
    ) -> NDArray[int64]:
        """Columns taken one after the other wherever they fit; -1 for a vehicle without.

        Parameters
        ----------
        order, vehicle : int64[...]
            Columns and their vehicles, the first to be taken first.
        room : float64[rows]
            Units of each row at most.
        offered : float64[Q]
            Units of each offer at most.
        """

    def serve(
        self,
        chosen: NDArray[int64],
        order: NDArray[int64],
        room: NDArray[float64],
        offered: NDArray[float64],
        moments: NDArray[float64],
        price: NDArray[float64],
        toll: NDArray[float64],
    ) -> NDArray[int64]:
        """Columns of all vehicles, those named served in turn with the best that still fits.

        Parameters
        ----------
        chosen : int64[V]
            Columns so far; kept for vehicles that are not named.
        order : int64[...]
            Vehicles to serve; -1 is written where nothing fits.
        room, offered : float64[rows], float64[Q]
            What is left.
        """
