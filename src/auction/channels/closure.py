"""The most profitable sets that hold all that their members need, solved exactly in batches.

A set that holds everything its members need is a closure. The one with the largest profit is
the source side of a minimum cut (Picard, Management Science 22, 1976): profits flow from the
source, losses to the sink, needs are arcs that no cut may cross. Problems that share no item do
not touch each other, so one flow solves a block of them and each gets its own answer.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

#: Money is counted in hundredths inside the flow, which is solved in integers.
_CENTS = 100.0
#: Problems in one flow: few enough for the cache, many enough to pay for the call.
_BLOCK = 64
#: Most that a problem's money may add up to, counted, so that a block's fits into 64 bits; a
#: problem with more is counted more coarsely.
_MOST = 2.0**62 / _BLOCK


def best_closures(
    profits: Sequence[Sequence[float]], needs: Sequence[Sequence[tuple[int, int]]]
) -> list[list[int]]:
    """Return of each problem the most profitable set that holds the needs of its members.

    Parameters
    ----------
    profits : sequence of sequence of float
        By problem, the money of each item; losses are negative. Counted in hundredths.
    needs : sequence of sequence of (item, needed item)
        By problem: taking the first requires the second.

    Returns
    -------
    list of list of int
        Items of each problem's maximum-weight closure, ascending; empty where nothing pays. Of
        several with the same profit it is the one that lies in all others.

    Raises
    ------
    ValueError
        If the two are not of one length, a profit is not finite or a need names no item.
    """
    if len(profits) != len(needs):
        raise ValueError(f"{len(profits)} lists of profits, {len(needs)} lists of needs")
    taken: list[list[int]] = []
    for start in range(0, len(profits), _BLOCK):
        block = slice(start, start + _BLOCK)
        taken += _solve_block(profits[block], needs[block])
    return taken


def _solve_block(
    profits: Sequence[Sequence[float]], needs: Sequence[Sequence[tuple[int, int]]]
) -> list[list[int]]:
    """Solve problems side by side in one flow."""
    sizes = np.array([len(each) for each in profits], dtype=np.int64)
    ends = np.cumsum(sizes)
    money = np.fromiter((gain for each in profits for gain in each), np.float64, int(sizes.sum()))
    if not np.isfinite(money).all():
        raise ValueError("a profit is not a finite number")
    arcs = np.array([arc for each in needs for arc in each], dtype=np.int64).reshape(-1, 2)
    problem = np.repeat(np.arange(sizes.size), [len(each) for each in needs])
    if ((arcs < 0) | (arcs >= sizes[problem][:, None])).any():
        raise ValueError("a need names an item that is not there")
    begins = ends - sizes
    counted = _counted(money, np.repeat(np.arange(sizes.size), sizes))
    chosen = _source_side(counted, arcs + begins[problem][:, None])
    cuts = np.searchsorted(chosen, ends)
    return [
        (part - begin).tolist()
        for part, begin in zip(np.split(chosen, cuts[:-1]), begins, strict=True)
    ]


def _counted(money: NDArray[np.float64], problem: NDArray[np.int64]) -> NDArray[np.int64]:
    """Count money in hundredths, or as finely as 64 bits allow the problem it belongs to."""
    total = np.bincount(problem, weights=np.abs(money) / _MOST) * _CENTS
    counted = np.rint(money / np.maximum(total, 1.0)[problem] * _CENTS)
    return np.asarray(counted, dtype=np.int64)


def _source_side(money: NDArray[np.int64], needs: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the items on the source's side of the minimum cut, ascending."""
    from ortools.graph.python import max_flow

    source, sink = money.size, money.size + 1
    gains, losses = np.flatnonzero(money > 0), np.flatnonzero(money < 0)
    unbounded = int(np.abs(money).sum()) + 1
    # The sink must be known to the solver even where nothing loses money.
    tail = np.concatenate([[source], np.full(gains.size, source), losses, needs[:, 0]])
    head = np.concatenate([[sink], gains, np.full(losses.size, sink), needs[:, 1]])
    capacity = np.concatenate(
        [[0], money[gains], -money[losses], np.full(needs.shape[0], unbounded)]
    )
    flow = max_flow.SimpleMaxFlow()
    flow.add_arcs_with_capacity(tail.astype(np.int32), head.astype(np.int32), capacity)
    status = flow.solve(source, sink)
    if status != flow.OPTIMAL:
        raise RuntimeError(f"the maximum flow of a teardown ended with status {status}")
    side = np.sort(np.array(flow.get_source_side_min_cut(), dtype=np.int64))
    return side[side < source]
