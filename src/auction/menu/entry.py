"""One entry of a menu: the best plan with its layers, and a bound on every such plan.

The pay-off of a stop-loss is not concave where it attaches, so the plan with it is no linear
problem. Straight lines above the pay-off over all that a good plan can reach make it one, whose
bound holds for the entry; the plan that solves it is valued with the true pay-off. Where the
bound comes near the plan fewer options can still be in a better one, the reach shrinks, the lines
come down, and the bound with them. What is left is closed, where few scenarios straddle the
attachment, by looking at both sides of it one scenario after the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from auction.allocation import Allocation, Warm
from auction.allocation.prices import Priced
from auction.allocation.result import relative_gap
from auction.errors import InfeasibleError
from auction.hedges import Entry
from auction.menu.asked import Asked
from auction.menu.bent import Cover, bend
from auction.menu.lines import Lines, lines_above, lines_at, slack
from auction.menu.reach import Reach, reach
from auction.options import Options

_Floats = NDArray[np.float64]

#: Times that prices are laid on ever lower lines before a plan is searched for.
_SCREENS: Final = 3
#: Plans searched for with lines above.
_ROUNDS: Final = 2
#: The same where plans lie on both sides of a limit, so that tangents have to be blended.
_BLENDS: Final = 6
#: Share of the distance to the best plan by which lines or bound have to come down for another.
_WORTHWHILE: Final = 0.1
#: Scenarios on both sides of an attachment up to which the sides are looked at one by one.
_FEW: Final = 24
#: Options times scenarios up to which that is quick enough, and tangents are blended.
_SMALL: Final = 100_000
#: Sides looked at.
_SIDES: Final = 120
_EXACT: Final = 1e-12


@dataclass(slots=True)
class Best:
    """The best plan of all entries so far.

    Parameters
    ----------
    plan : Allocation
        As some solve gave it.
    lots : float64[J]
        Lots of each position.
    objective : float
        Its true worth, money.
    entry : Entry or None
        The entry that it takes.
    covers : tuple of Cover
        The layers in force and those of that entry.
    """

    plan: Allocation
    lots: _Floats
    objective: float
    entry: Entry | None = None
    covers: tuple[Cover, ...] = ()


@dataclass(slots=True)
class EntrySearch:
    """The search for the best plan with one entry.

    Parameters
    ----------
    asked : Asked
        The request.
    entry : Entry or None
        The entry; None for no more than what is in force.
    covers : tuple of Cover
        The layers in force and its own.
    best : Best
        The best plan of all entries, which better ones replace.
    warm : Warm
        What the next solve starts from.
    near : list of lists of float64[n]
        Shortfall of each layer in the plans that solves gave, where tangents are taken.
    top : list of float64[n]
        The same in the best of them.
    objective : float
        Worth of that one, money.
    bound : float
        No plan with the entry that beats the best one is worth more, money.
    solves : int
        Plans searched for.
    """

    asked: Asked
    entry: Entry | None
    covers: tuple[Cover, ...]
    best: Best
    warm: Warm
    near: list[list[_Floats]] = field(default_factory=list)
    top: list[_Floats] = field(default_factory=list)
    objective: float = -np.inf
    bound: float = np.inf
    solves: int = 0
    _reach: tuple[Reach, ...] = ()

    @property
    def name(self) -> str:
        """Name of the entry; ``none`` for no more than what is in force."""
        return "none" if self.entry is None else self.entry.name

    def screen(self, plan: Allocation, widest: dict[tuple[str | None, str | None], Reach]) -> None:
        """Value a plan with the entry, and bound the entry by the prices of that plan.

        Parameters
        ----------
        plan : Allocation
            The plan.
        widest : dict of (str or None, str or None) to Reach
            Ranges of the shortfall of a cover that agrees nothing, by what it covers; those
            missing are added.
        """
        self._offer(plan)
        self._reach = tuple(self._widest(cover, widest) for cover in self.covers)
        self._price()

    def _widest(self, cover: Cover, known: dict[tuple[str | None, str | None], Reach]) -> Reach:
        """Return the range of a shortfall in all plans."""
        options, layer = self.asked.options, cover.layer
        everything = np.ones(options.vehicle.size, dtype=np.bool_)
        loss = np.zeros(options.vehicle.size)
        if layer.by == "channel":
            return reach(options, cover, everything, loss, np.inf)
        # the same vehicles are covered in every plan, for the same sum
        bare = replace(cover, agreed=np.zeros(options.vehicle.size))
        if (layer.by, layer.value) not in known:
            known[layer.by, layer.value] = reach(options, bare, everything, loss, np.inf)
        first = np.flatnonzero(np.diff(options.vehicle, prepend=-1))
        own, agreed = known[layer.by, layer.value], float(cover.agreed[first].sum())
        return Reach(own.low + agreed, own.high + agreed)

    def _price(self) -> Priced:
        priced = self.asked.price(self._bent(self._above(self._reach, self.near)), self.warm)
        self.bound = min(self.bound, priced.bound)
        return priced

    def _narrow(self) -> None:
        """Let prices narrow the ranges before a plan is searched for."""
        for _ in range(_SCREENS):
            before = self._slack(self._reach)
            if self.beaten() or before <= _EXACT * abs(self.bound):
                return
            self._reach = self._shrunk(self._price(), self._reach)
            self._price()
            if self._slack(self._reach) > (1.0 - _WORTHWHILE) * before:
                return

    def beaten(self) -> bool:
        """Whether no plan with the entry is better than the best one by more than the gap."""
        return relative_gap(self.bound, self.best.objective) <= self.asked.stop.gap

    def run(self) -> None:
        """Search for the best plan with the entry; none where it cannot keep the floor."""
        self._narrow()
        try:
            self._rounds(self._reach)
        except InfeasibleError:
            # the lines lie above what is paid: what misses the floor with them misses it
            self.bound = self.objective

    def _rounds(self, ranges: tuple[Reach, ...]) -> None:
        options = self.asked.options
        small = options.vehicle.size * options.scenarios <= _SMALL
        for number in range(_BLENDS if small else _ROUNDS):
            if self.beaten() or self.asked.clock.over:
                return
            before, bound = self._slack(ranges), self.bound
            found, ranges = self._round(ranges, self.near)
            self.bound = min(self.bound, found.bound)
            if found.status == "interrupted":
                return
            if number == 0 and not self.beaten() and before > 0.0:
                self._solve(self._pieces())
            left = bound - self.best.objective
            lower = bound - self.bound > _WORTHWHILE * left
            shrunk = self._slack(ranges) < (1.0 - _WORTHWHILE) * before
            if number + 1 >= _ROUNDS and not self._limited(ranges):
                break
            if not (lower or shrunk or self._limited(ranges)):
                break
        if small and not self.beaten() and self._straddling(ranges) <= _FEW:
            self._sides(ranges)

    def _round(
        self, ranges: tuple[Reach, ...], near: list[list[_Floats]]
    ) -> tuple[Allocation, tuple[Reach, ...]]:
        """Solve with lines above some ranges; return the plan, and ranges that remain."""
        lines = self._above(ranges, near)
        found = self._solve(lines)
        priced = self.asked.price(self._bent(lines), found.warm)
        return found, self._shrunk(priced, ranges)

    def _sides(self, ranges: tuple[Reach, ...]) -> None:
        """Look at both sides of the attachment in one scenario after the other, best first."""
        nodes = [(self.bound, ranges)]
        looked = 0
        while nodes and looked < _SIDES and not self.asked.clock.over:
            nodes.sort(key=lambda node: node[0])
            if relative_gap(nodes[-1][0], self.best.objective) <= self.asked.stop.gap:
                break
            bound, own = nodes.pop()
            halves = self._halved(own)
            if not halves:
                nodes.append((bound, own))
                break
            for half in halves:
                looked += 1
                try:
                    found, left = self._round(half, [self.top])
                except InfeasibleError:
                    continue
                nodes.append((min(bound, found.bound), left))
        known = max((bound for bound, _ in nodes), default=-np.inf)
        self.bound = min(self.bound, max(known, self.best.objective))

    def _halved(self, ranges: tuple[Reach, ...]) -> list[tuple[Reach, ...]]:
        """Split the ranges at nought in the scenario where the lines lie highest above."""
        above = [self._slack_of(cover, own) for cover, own in zip(self.covers, ranges, strict=True)]
        place = int(np.argmax([each.max() for each in above]))
        scenario = int(np.argmax(above[place]))
        if above[place][scenario] <= 0.0:
            return []
        return [
            tuple(
                own.clipped(scenario, above=side) if number == place else own
                for number, own in enumerate(ranges)
            )
            for side in (True, False)
        ]

    def _solve(self, lines: Sequence[Lines]) -> Allocation:
        found = self.asked.solve(self._bent(lines), self.warm)
        self.solves += 1
        self.warm = found.warm
        self._offer(found)
        return found

    def _offer(self, plan: Allocation) -> None:
        """Value a plan with the entry, its lots moved one by one, and keep it where it is best."""
        lots, worth = climb(self.asked, plan, self.covers)
        if not self.asked.keeps_limits(plan):
            worth = -np.inf
        if worth > self.objective:
            self.objective = worth
        shorts = [cover.shortfall(self.asked.options, plan.chosen) for cover in self.covers]
        self.near.append(shorts)
        if worth >= self.objective:
            self.top = shorts
        if worth > self.best.objective:
            best = self.best
            best.plan, best.lots, best.objective = plan, lots, worth
            best.entry, best.covers = self.entry, self.covers

    def _bent(self, lines: Sequence[Lines]) -> Options:
        return bend(self.asked.options, self.covers, lines, self.asked.charge)

    def _pieces(self) -> list[Lines]:
        """Return the pieces of the pay-offs on which the last plan lies."""
        return [
            lines_at(short, cover.layer.limit, quota=cover.layer.quota)
            for cover, short in zip(self.covers, self.near[-1], strict=True)
        ]

    def _above(self, ranges: Sequence[Reach], near: list[list[_Floats]]) -> list[Lines]:
        """Return lines above the pay-offs, the tangents at some plans blended.

        Where plans lie on both sides of a limit no single tangent gives the lowest bound; the
        mean of those at the plans that answer each other does so in the long run (fictitious
        play, Robinson 1951).
        """
        lines = []
        for place, (cover, own) in enumerate(zip(self.covers, ranges, strict=True)):
            layer = cover.layer
            each = [
                lines_above(own.low, own.high, layer.limit, shorts[place], quota=layer.quota)
                for shorts in near
            ]
            lines.append(
                Lines(
                    np.mean([line.slope for line in each], axis=0),
                    np.mean([line.height for line in each], axis=0),
                )
            )
        return lines

    def _limited(self, ranges: Sequence[Reach]) -> bool:
        """Whether some range holds a limit, or the lines depend on where tangents are taken."""
        return any(
            bool(((own.low < cover.layer.limit) & (own.high > cover.layer.limit)).any())
            for cover, own in zip(self.covers, ranges, strict=True)
        )

    def _slack_of(self, cover: Cover, own: Reach) -> _Floats:
        layer = cover.layer
        return layer.share * slack(own.low, own.high, layer.limit, quota=layer.quota)

    def _slack(self, ranges: Sequence[Reach]) -> float:
        """Return by how much the lines exceed the pay-off at most, over all scenarios, money."""
        return sum(
            float(self._slack_of(cover, own).mean())
            for cover, own in zip(self.covers, ranges, strict=True)
        )

    def _straddling(self, ranges: Sequence[Reach]) -> int:
        return sum(
            int((self._slack_of(cover, own) > 0.0).sum())
            for cover, own in zip(self.covers, ranges, strict=True)
        )

    def _shrunk(self, priced: Priced, ranges: Sequence[Reach]) -> tuple[Reach, ...]:
        """Return what plans can reach that are worth more than the best one."""
        options = self.asked.options
        open_to = np.zeros(options.vehicle.size, dtype=np.bool_)
        open_to[priced.problem.column] = True
        loss = np.zeros(options.vehicle.size)
        loss[priced.problem.column] = np.maximum(-priced.reduced, 0.0)
        distance = max(priced.bound - self.best.objective, 0.0)
        return tuple(
            reach(options, cover, open_to, loss, distance, own)
            for cover, own in zip(self.covers, ranges, strict=True)
        )


def climb(asked: Asked, plan: Allocation, covers: Sequence[Cover]) -> tuple[_Floats, float]:
    """Return lots that no single halved step improves beside layers, and what they are worth.

    Parameters
    ----------
    asked : Asked
        The request.
    plan : Allocation
        A plan, from whose lots it sets out.
    covers : sequence of Cover
        Layers taken.
    """
    lots = plan.positions.copy()
    worth, outcomes = asked.worth(plan, covers)
    cost = asked.cost(plan)
    for place, position in enumerate(asked.hedges.positions):
        step = max(1.0, np.floor(position.lots / 2.0))
        while position.lots > position.bought:
            tried = np.clip(lots[place] + np.array([step, -step]), position.bought, position.lots)
            moved = [outcomes + (count - lots[place]) * position.payoff for count in tried]
            gains = [asked.rated(each, cost) for each in moved]
            leading = int(np.argmax(gains))
            if gains[leading] > worth:
                worth, outcomes, lots[place] = gains[leading], moved[leading], tried[leading]
            elif step > 1.0:
                step = np.floor(step / 2.0)
            else:
                break
    return lots, worth
