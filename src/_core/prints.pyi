from typing import Any

from numpy.typing import NDArray

def content_print(array: NDArray[Any]) -> tuple[object, ...]:
    """Print of an array: equal for equal type, shape and bytes, else as good as never.

    Eight lanes of 64 bits take in every eighth word each, by steps that can be undone in lane and
    in word: a single changed word always changes the print, and other changes go unseen about once
    in 2**64. It is no defence against arrays made to agree. One pass over memory, one thread.

    Parameters
    ----------
    array : any type without objects, [...]
        One that is not contiguous is copied.

    Returns
    -------
    tuple
        Type, shape and the lanes; to be compared within a machine, as it depends on the order of
        bytes.

    Raises
    ------
    TypeError
        When the array holds objects.
    """
