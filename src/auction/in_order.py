"""Work on one part after the other, some of them at once; what comes of it in their order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

_Part = TypeVar("_Part")
_Result = TypeVar("_Result")


def in_order(
    work: Callable[[_Part], _Result], parts: Iterable[_Part], together: int, name: str
) -> Iterator[_Result]:
    """Yield what the work makes of each part, in their order.

    Parameters
    ----------
    work : callable
        Called with a part, in a thread beside where several are worked on at once.
    parts : iterable
        Taken from as the work goes on, by the thread that asks for the results.
    together : int
        Parts that are worked on at once, at least 1. The next ones are worked on while a result
        is looked at.
    name : str
        What the threads are called.
    """
    if together == 1:
        yield from map(work, parts)
        return
    left = iter(parts)
    pool = ThreadPoolExecutor(together, thread_name_prefix=name)
    try:
        begun = deque(pool.submit(work, part) for part in islice(left, together))
        while begun:
            result = begun.popleft().result()
            begun.extend(pool.submit(work, part) for part in islice(left, 1))
            yield result
    finally:
        pool.shutdown(cancel_futures=True)
