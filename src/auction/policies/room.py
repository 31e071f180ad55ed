"""What is left of all caps while columns are taken one by one."""

from __future__ import annotations

from auction.allocation.problem import Problem


class Room:
    """Room that shrinks, and losses to volume that grow, with each column taken.

    Parameters
    ----------
    problem : Problem
        Its caps, losses and offers; nothing is taken yet.
    """

    def __init__(self, problem: Problem) -> None:
        self._start = problem.use.indptr.tolist()
        self._row = problem.use.indices.tolist()
        self._units = problem.use.data.tolist()
        self._room = problem.room.tolist()
        self._used = [0.0] * problem.limit.size
        self._offer = problem.offer.tolist()
        self._offered = problem.most.tolist()
        self._limit = problem.limit.tolist()
        steps = problem.steps
        self._pieces: dict[int, list[tuple[float, float, float]]] = {}
        for row, *piece in zip(
            steps.row.tolist(),
            steps.begin.tolist(),
            steps.width.tolist(),
            steps.cost.tolist(),
            strict=True,
        ):
            self._pieces.setdefault(row, []).append((piece[0], piece[1], piece[2]))

    def fits(self, column: int) -> bool:
        """Whether a column can be taken beside those that are."""
        offer = self._offer[column]
        if offer >= 0 and self._offered[offer] < 1.0:
            return False
        part = range(self._start[column], self._start[column + 1])
        room, row, used, units = self._room, self._row, self._used, self._units
        return all(used[row[i]] + units[i] <= room[row[i]] for i in part)

    def lost(self, column: int) -> float:
        """Return the money that volume takes off the plan if a column is taken now."""
        total = 0.0
        for i in range(self._start[column], self._start[column + 1]):
            row = self._row[i]
            if row in self._pieces:
                beyond = self._used[row] - self._limit[row]
                total += self._loss(row, beyond + self._units[i]) - self._loss(row, beyond)
        return total

    def take(self, column: int) -> None:
        """Take a column."""
        for i in range(self._start[column], self._start[column + 1]):
            self._used[self._row[i]] += self._units[i]
        if self._offer[column] >= 0:
            self._offered[self._offer[column]] -= 1.0

    def _loss(self, row: int, beyond: float) -> float:
        return sum(
            cost * min(max(beyond - begin, 0.0), width) for begin, width, cost in self._pieces[row]
        )
