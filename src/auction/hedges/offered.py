"""What may be hedged in a plan, and which layers may be taken together."""

from __future__ import annotations

from collections.abc import Mapping
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
        Layers and quota shares on offer.
    menu : tuple of Entry
        What may be taken of the layers: one entry at most. None is always an entry too. A layer
        that no entry names is not on the menu.

    Raises
    ------
    ValueError
        When an entry names a layer that is not on offer or none, or names are given twice.
    """

    floors: Mapping[str, float] = field(default_factory=dict)
    positions: tuple[Position, ...] = ()
    layers: tuple[Layer, ...] = ()
    menu: tuple[Entry, ...] = ()

    def __post_init__(self) -> None:
        known = [layer.hedge_id for layer in self.layers]
        for kind, names in (("layer", known), ("entry", [entry.name for entry in self.menu])):
            if len(set(names)) < len(names):
                raise ValueError(f"each {kind} on offer needs a name of its own")
        for entry in self.menu:
            unknown = [name for name in entry.layers if name not in known]
            if unknown or not entry.layers:
                named = ", ".join(unknown) or "no layer"
                raise ValueError(f"entry {entry.name} of the menu names {named}")

    def of(self, entry: Entry) -> tuple[Layer, ...]:
        """Return the layers of an entry."""
        by_name = {layer.hedge_id: layer for layer in self.layers}
        return tuple(by_name[name] for name in entry.layers)

    @property
    def linear(self) -> Hedges:
        """The same without layers: what one solve can take in."""
        return Hedges(self.floors, self.positions)

    def only(self, entry: Entry | None) -> Hedges:
        """Return the same with a menu of one entry, or of none."""
        return replace(self, menu=() if entry is None else (entry,))

    def without(self, hedge_id: str) -> Hedges:
        """Return the same without one instrument, and without every entry that needs it."""
        return replace(
            self,
            floors={name: units for name, units in self.floors.items() if name != hedge_id},
            positions=tuple(each for each in self.positions if each.hedge_id != hedge_id),
            layers=tuple(each for each in self.layers if each.hedge_id != hedge_id),
            menu=tuple(entry for entry in self.menu if hedge_id not in entry.layers),
        )
