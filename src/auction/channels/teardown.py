"""What can be taken off a vehicle under the law, and the best way to take it apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from heapq import heappop, heappush
from typing import Final

import numpy as np
import polars as pl

from auction.channels.closure import best_closures
from auction.channels.contents import content_worth
from auction.part_terms import HULK, Parts
from auction.workspace.config import Dismantling
from residual.tables import with_optional_columns

OPEN_MARKET = "open market"
REMANUFACTURER = "licensed remanufacturer"
SMELTER = "smelter"
TRACED = "traced"
NOT_FOR_SALE = "not for sale"
#: Where each rule pack lets a legal class go, the best way first; what it does not name is free.
RULE_PACKS: dict[str, dict[str, tuple[str, ...]]] = {
    "CN": {"five_assemblies": (REMANUFACTURER, SMELTER), "traction_battery": (TRACED,)},
    "EU": {"traction_battery": (TRACED,)},
    "US": {},
}
#: Where the chance of a part stands by damage of the vehicle; the first that is stated counts.
_CHANCES: Final = {
    "none": ["chance"],
    "light": ["chance_light", "chance"],
    "heavy": ["chance_heavy", "chance_light", "chance"],
}


@dataclass(frozen=True, slots=True)
class Demand:
    """How the price of a part falls with the number that is sold in a planning.

    Parameters
    ----------
    group, part : str
        The part on the market: that of one row of the parts list, whoever takes it off.
    price : float
        Money for each of the first ``units``.
    units : float
        Parts that sell at the price; each further so many sell for ``fall`` less.
    fall : float
        Share of the price.
    """

    group: str
    part: str
    price: float
    units: float
    fall: float

    @property
    def steps(self) -> tuple[tuple[float, float], ...]:
        """Units after the first, and the money that each of them loses; at last all of it."""
        count = int(np.ceil(1.0 / self.fall - 1e-9))
        return tuple(
            (self.units, self.price * min(step * self.fall, 1.0)) for step in range(1, count + 1)
        )


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
        Where it may go under the law; at the smelter its price moves with the scrap market.
    demand : Demand or None
        How its price falls with the number sold; None where any number sells at it.
    days : float
        From delivery to the mean sale.
    """

    name: str
    price: float
    chance: float
    labour_hours: float
    needs: tuple[str, ...]
    route: str
    demand: Demand | None = None
    days: float = 0.0

    def profit(self, labour_rate: float) -> float:
        """Return the expected money after labour."""
        return self.price * self.chance - self.labour_hours * labour_rate


@dataclass(frozen=True, slots=True)
class Teardown:
    """The best way to take a vehicle apart.

    Parameters
    ----------
    parts : tuple of Part
        Taken off, in an order of removal: each after those it needs, else as listed.
    value : float
        Expected money from the parts that are sold as parts, less the labour for all.
    scrap : float
        Expected money for what remains and for parts that are smelted, which moves with the scrap
        market.
    labour_rate : float
        Money per hour that it was chosen at.
    days : float
        From delivery to the money, the mean of parts and hulk by what each is expected to bring.
    """

    parts: tuple[Part, ...]
    value: float
    scrap: float
    labour_rate: float
    days: float


def read_parts(
    table: pl.DataFrame, rules: Dismantling, damage: str = "none"
) -> dict[str, tuple[Part, ...]]:
    """Return the parts of every model group as damage leaves them and the law lets them go.

    Parameters
    ----------
    table : polars.DataFrame
        Rows of ``Parts``.
    rules : Dismantling
        Law and the worth of what may only be smelted.
    damage : str
        Of the vehicle: none, light or heavy. A part that did not survive it still has to come
        off before those that need it.

    Returns
    -------
    dict of str to tuple of Part
        Groups and parts in the order of the table.

    Raises
    ------
    InputError
        Where parts hold metal that no price is known for.
    """
    routes = _routes(rules)
    smelted = (pl.col("route") == SMELTER) & (pl.col("legal_class") != "scrap")
    told = (
        with_optional_columns(table, Parts)
        .with_columns(price=pl.col("price") + content_worth(table, rules))
        .with_columns(
            chance=pl.coalesce(_CHANCES[damage]),
            needs=pl.col("needs").fill_null(""),
            route=pl.col("legal_class").replace_strict(routes, default=OPEN_MARKET),
        )
        .with_columns(
            price=pl.col("price") * pl.when(smelted).then(rules.smelter_share).otherwise(1.0)
        )
        .select(
            "group",
            "part",
            "price",
            "chance",
            "labour_hours",
            "needs",
            "route",
            "market_units",
            "price_fall",
            pl.col("days_to_cash").fill_null(rules.days_to_cash),
        )
    )
    groups: dict[str, list[Part]] = {}
    for group, name, price, chance, hours, needs, route, units, fall, days in told.iter_rows():
        first = tuple(each for each in map(str.strip, needs.split(";")) if each)
        falls = units is not None and price > 0.0 and name != HULK and route != SMELTER
        demand = Demand(group, name, price, units, fall) if falls else None
        part = Part(name, price, chance, hours, first, route, demand, days)
        groups.setdefault(group, []).append(part)
    return {group: tuple(parts) for group, parts in groups.items()}


def _routes(rules: Dismantling) -> dict[str, str]:
    """Return where parts of the legal classes may go that are not free to go anywhere."""
    pack = RULE_PACKS[rules.jurisdiction] if rules.jurisdiction else {}
    ours = REMANUFACTURER if rules.licensed_remanufacturer else SMELTER
    gates = {
        each: ours if ways == (REMANUFACTURER, SMELTER) else ways[0] for each, ways in pack.items()
    }
    return {**gates, "scrap": SMELTER, "not_for_sale": NOT_FOR_SALE}


def tear_down(jobs: Sequence[tuple[Sequence[Part], float]]) -> list[Teardown]:
    """Choose the parts to take off vehicles, each by itself.

    Parameters
    ----------
    jobs : sequence of (parts, labour rate)
        What can be taken off a vehicle, the hulk among it, and money per hour.

    Returns
    -------
    list of Teardown
    """
    removable = [[part for part in parts if part.name != HULK] for parts, _ in jobs]
    needs = [_needs(parts) for parts in removable]
    rates = [rate for _, rate in jobs]
    profits = [
        [part.profit(rate) for part in parts] for parts, rate in zip(removable, rates, strict=True)
    ]
    found = []
    for i, taken in enumerate(best_closures(profits, needs)):
        hulk = sum(part.price * part.chance for part in jobs[i][0] if part.name == HULK)
        chosen = tuple(removable[i][k] for k in _removal_order(taken, needs[i]))
        smelted = sum(part.price * part.chance for part in chosen if part.route == SMELTER)
        value = float(np.sum([profits[i][k] for k in taken]))
        left = [part for part in jobs[i][0] if part.name == HULK]
        days = _mean_days([*chosen, *left])
        found.append(Teardown(chosen, value - smelted, hulk + smelted, rates[i], days))
    return found


def _mean_days(sold: Sequence[Part]) -> float:
    """Return the days to the money of parts, by what each is expected to bring; 0 of none."""
    if not sold:
        return 0.0
    money = np.array([part.price * part.chance for part in sold])
    days = np.array([part.days for part in sold])
    total = float(money.sum())
    # around the first, so that parts which all wait as long give exactly that
    return float(days[0] + (money @ (days - days[0])) / total) if total > 0.0 else float(days[0])


def _needs(parts: Sequence[Part]) -> list[tuple[int, int]]:
    """Return which part needs which, by their places in the list."""
    place = {part.name: i for i, part in enumerate(parts)}
    return [(i, place[name]) for i, part in enumerate(parts) for name in part.needs]


def _removal_order(taken: list[int], needs: list[tuple[int, int]]) -> list[int]:
    """Return the items so that each follows those it needs; else those listed first come first.

    Raises
    ------
    graphlib.CycleError
        If items need each other in a circle.
    """
    among = set(taken)
    sorter: TopologicalSorter[int] = TopologicalSorter(dict.fromkeys(taken, ()))
    for item, needed in needs:
        if item in among:
            sorter.add(item, needed)
    sorter.prepare()
    ready: list[int] = []
    order: list[int] = []
    while sorter.is_active():
        for item in sorter.get_ready():
            heappush(ready, item)
        order.append(heappop(ready))
        sorter.done(order[-1])
    return order
