"""What may be hedged in a plan, and which layers may be taken together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from auction.hedges.layers import Layer
from auction.hedges.positions import Position


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the menu: layers that are taken together, all or none.

    Parameters
    ----------
    name : str
        How the desk calls it.
    layers : tuple of str
        The ``hedge_id`` of each.
    """

    name: str
    layers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hedges:
    """What may be hedged in a plan.

    Parameters
    ----------
    floors : mapping of str to float
        Units at most of each cover of single units: floors and residual-value insurance. The
        covers themselves are variants of options that name the ``hedge_id``.
    positions : sequence of Position
        Index puts on offer.
    layers : tuple of Layer
        Layers and quota shares on offer, and those in force.
    menu : tuple of Entry
        What may be taken of the layers: one entry at most. None is always an entry too. A layer
        that no entry names is not on the menu.
    settled : mapping of str to float
        Money that counterparties can come to owe for what is settled: layers taken, and lots that
        were on offer.

    Raises
    ------
    ValueError
        When an entry names a layer that is not on offer, is in force already, or none, or names are
        given twice.
    """

    floors: Mapping[str, float] = field(default_factory=dict)
    positions: tuple[Position, ...] = ()
    layers: tuple[Layer, ...] = ()
    menu: tuple[Entry, ...] = ()
    settled: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        known = [layer.hedge_id for layer in self.layers]
        for kind, names in (("layer", known), ("entry", [entry.name for entry in self.menu])):
            if len(set(names)) < len(names):
                raise ValueError(f"each {kind} on offer needs a name of its own")
        for entry in self.menu:
            offered = [layer.hedge_id for layer in self.layers if not layer.bought]
            unknown = [name for name in entry.layers if name not in offered]
            if unknown or not entry.layers:
                named = ", ".join(unknown) or "no layer"
                raise ValueError(f"entry {entry.name} of the menu names {named}")

    def of(self, entry: Entry) -> tuple[Layer, ...]:
        """Return the layers of an entry."""
        by_name = {layer.hedge_id: layer for layer in self.layers}
        return tuple(by_name[name] for name in entry.layers)

    @property
    def in_force(self) -> tuple[Layer, ...]:
        """Layers that are bought already: every plan has them, whichever entry it takes."""
        return tuple(layer for layer in self.layers if layer.bought)

    @property
    def linear(self) -> Hedges:
        """The same without layers: what one solve can take in."""
        force = [(layer.counterparty, layer.owed) for layer in self.in_force]
        settled = _summed([*self.settled.items(), *force])
        return Hedges(self.floors, self.positions, settled=settled)

    @property
    def kept(self) -> dict[str, float]:
        """Money that each counterparty can come to owe whatever is done with single vehicles.

        What is settled, layers in force, and all lots of puts that may be bought: they are kept
        first, whether a plan buys them or not.
        """
        force = ((layer.counterparty, layer.owed) for layer in self.in_force)
        lots = ((each.counterparty, each.lots * each.owed) for each in self.positions)
        return _summed([*self.settled.items(), *force, *lots])

    def owed_with(self, entry: Entry) -> dict[str, float]:
        """Return what an entry of the menu adds to that, money by counterparty."""
        return _summed((layer.counterparty, layer.owed) for layer in self.of(entry))

    def taking(self, entry: Entry) -> Hedges:
        """Return the same with an entry of the menu settled as far as limits go."""
        added = [*self.settled.items(), *self.owed_with(entry).items()]
        return replace(self, settled=_summed(added))

    def only(self, entry: Entry | None) -> Hedges:
        """Return the same with a menu of one entry, or of none."""
        return replace(self, menu=() if entry is None else (entry,))

    def without(self, hedge_id: str) -> Hedges:
        """Return the same without one instrument, and without every entry that needs it.

        What a put has been kept of its counterparty's limit stays kept.
        """
        lots = [
            (each.counterparty, each.lots * each.owed)
            for each in self.positions
            if each.hedge_id == hedge_id
        ]
        return replace(
            self,
            settled=_summed([*self.settled.items(), *lots]),
            floors={name: units for name, units in self.floors.items() if name != hedge_id},
            positions=tuple(each for each in self.positions if each.hedge_id != hedge_id),
            layers=tuple(each for each in self.layers if each.hedge_id != hedge_id),
            menu=tuple(entry for entry in self.menu if hedge_id not in entry.layers),
        )


def _summed(owed: Iterable[tuple[str, float]]) -> dict[str, float]:
    """Return money added up by counterparty; those that owe nothing are left out."""
    found: dict[str, float] = {}
    for name, money in owed:
        found[name] = found.get(name, 0.0) + money
    return {name: money for name, money in found.items() if money}
