"""Which parts to take off a vehicle: a maximum-weight closure, solved exactly.

A part may only come off after the parts it needs. The set of parts with the largest profit
that holds every part's needs is the source side of a minimum cut (Picard, Management Science
22, 1976): profits flow from the source, losses to the sink, needs are arcs that no cut
may cross.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from auction.workspace.config import Dismantling

#: Money is counted in hundredths inside the flow, which is solved in integers.
_CENTS = 100
#: What each rule pack allows for a legal class; what it does not name may be sold.
RULE_PACKS: dict[str, dict[str, str]] = {
    "CN": {
        "five_assemblies": "licensed remanufacturer, else smelter",
        "traction_battery": "traced",
    },
    "EU": {"traction_battery": "traced"},
    "US": {},
}
HULK = "hulk"


@dataclass(frozen=True, slots=True)
class Part:
    """A part that can be taken off.

    Parameters
    ----------
    name : str
        Unique on the vehicle.
    price : float
        Money when sold.
    chance : float
        That it is recovered and sold.
    labour_hours : float
        To take it off.
    needs : tuple of str
        Parts that come off first.
    route : str
        Where it may go under the law.
    """

    name: str
    price: float
    chance: float
    labour_hours: float
    needs: tuple[str, ...]
    route: str

    def profit(self, labour_rate: float) -> float:
        """Return the expected money after labour."""
        return self.price * self.chance - self.labour_hours * labour_rate


@dataclass(frozen=True, slots=True)
class Teardown:
    """The best way to take a vehicle apart.

    Parameters
    ----------
    parts : tuple of Part
        Taken off, in the order of the list.
    value : float
        Expected money from the parts after labour.
    hulk : float
        Money for what remains, which moves with the scrap market.
    """

    parts: tuple[Part, ...]
    value: float
    hulk: float


def best_closure(profit: Sequence[float], needs: Sequence[tuple[int, int]]) -> list[int]:
    """Return the most profitable set that holds the needs of each of its members.

    Parameters
    ----------
    profit : sequence of float
        Money of each item; losses are negative.
    needs : sequence of (item, needed item)
        Taking the first requires the second.

    Returns
    -------
    list of int
        Items of a maximum-weight closure, ascending; empty where nothing pays.
    """
    from ortools.graph.python import max_flow

    cents = [round(money * _CENTS) for money in profit]
    unbounded = sum(abs(money) for money in cents) + 1
    source, sink = len(cents), len(cents) + 1
    flow = max_flow.SimpleMaxFlow()
    # The sink must be known to the solver even where nothing loses money.
    flow.add_arc_with_capacity(source, sink, 0)
    for item, money in enumerate(cents):
        if money > 0:
            flow.add_arc_with_capacity(source, item, money)
        elif money < 0:
            flow.add_arc_with_capacity(item, sink, -money)
    for item, needed in needs:
        flow.add_arc_with_capacity(item, needed, unbounded)
    status = flow.solve(source, sink)
    if status != flow.OPTIMAL:
        raise RuntimeError(f"the maximum flow of a teardown ended with status {status}")
    return sorted(item for item in flow.get_source_side_min_cut() if item < len(cents))


def tear_down(parts: pl.DataFrame, labour_rate: float, rules: Dismantling) -> Teardown:
    """Choose the parts to take off one model group.

    Parameters
    ----------
    parts : polars.DataFrame
        The group's rows: part, price, chance, labour_hours, needs, legal_class.
    labour_rate : float
        Money per hour.
    rules : Dismantling
        Law and the worth of what may only be smelted.

    Returns
    -------
    Teardown
    """
    listed = [_part(row, rules) for row in parts.iter_rows(named=True)]
    removable = [part for part in listed if part.name != HULK]
    row = {part.name: i for i, part in enumerate(removable)}
    needs = [(i, row[name]) for i, part in enumerate(removable) for name in part.needs]
    taken = best_closure([part.profit(labour_rate) for part in removable], needs)
    chosen = tuple(removable[i] for i in taken)
    return Teardown(
        parts=chosen,
        value=float(np.sum([part.profit(labour_rate) for part in chosen])),
        hulk=sum(part.price * part.chance for part in listed if part.name == HULK),
    )


def _part(row: dict[str, object], rules: Dismantling) -> Part:
    pack = RULE_PACKS[rules.jurisdiction] if rules.jurisdiction else {}
    legal_class = str(row["legal_class"])
    route = pack.get(legal_class, "open market")
    price = float(str(row["price"]))
    if legal_class == "five_assemblies" and route != "open market":
        route = "licensed remanufacturer" if rules.licensed_remanufacturer else "smelter"
        price *= 1.0 if rules.licensed_remanufacturer else rules.smelter_share
    needs = tuple(name.strip() for name in str(row["needs"] or "").split(";") if name.strip())
    return Part(
        name=str(row["part"]),
        price=price,
        chance=float(str(row["chance"])),
        labour_hours=float(str(row["labour_hours"])),
        needs=needs,
        route=route,
    )
