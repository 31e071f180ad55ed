"""What parts need: parts of their own group but the hulk, and no circle among them."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from auction.part_terms import HULK
from auction.workspace.names import nearest
from auction.workspace.rows import ROW, TableRead

_Members = dict[str, tuple[int, list[str]]]


def stop_bad_needs(parts: TableRead) -> None:
    """Note parts that need one that is not there, groups whose parts need each other, and twins.

    Parameters
    ----------
    parts : TableRead
        The table of parts, its own bad rows already dropped; the findings are noted in it.
    """
    groups: dict[str, _Members] = {}
    for row, group, part, text in parts.frame.select(ROW, "group", "part", "needs").rows():
        names = [name.strip() for name in (text or "").split(";") if name.strip()]
        groups.setdefault(group, {})[part] = (row, names)
    _stop_twin_groups(parts, groups)
    aside = _set_aside_parts(parts)
    for group, members in groups.items():
        _stop_unknown_parts(parts, group, members, aside)
        cycle = _cycle({part: names for part, (_, names) in members.items()})
        if cycle:
            rule = f"parts of group {group!r} need each other in a circle: {' > '.join(cycle)}"
            _stop(parts, members[cycle[0]][0], rule, "drop one of these needs")


def _stop_twin_groups(parts: TableRead, groups: Mapping[str, _Members]) -> None:
    """Note groups that differ in case alone: vehicles are matched without regard to it."""
    first: dict[str, str] = {}
    for group, members in groups.items():
        known = first.setdefault(group.lower(), group)
        if known != group:
            rule = f"differs from group {known!r} in upper and lower case alone"
            row = min(row for row, _ in members.values())
            parts.stop(pl.Series([row]), "group", rule, "write one group in one way")


def _stop_unknown_parts(
    parts: TableRead, group: str, members: _Members, aside: set[tuple[str, str]]
) -> None:
    for row, names in members.values():
        for name in names:
            if name == HULK:
                rule = "the hulk is what is left when parts are off, none can need it"
                _stop(parts, row, rule, "drop it")
                continue
            if name in members:
                continue
            if (group, name) in aside:
                _stop(parts, row, f"part {name!r} of group {group!r} was set aside", "mend its row")
                continue
            near = nearest(name, members)
            remedy = f"did you mean {near!r}?" if near else "mend the name or add the row"
            _stop(parts, row, f"there is no part {name!r} in group {group!r}", remedy)


def _stop(parts: TableRead, row: int, rule: str, remedy: str) -> None:
    parts.stop(pl.Series([row]), "needs", rule, remedy)


def _set_aside_parts(parts: TableRead) -> set[tuple[str, str]]:
    rows = parts.rejected["row"].unique()
    return set(zip(parts.texts(rows, "group"), parts.texts(rows, "part"), strict=True))


def _cycle(needs: Mapping[str, list[str]]) -> list[str]:
    """Return a circle of needs, its first part repeated at the end, or an empty list."""
    done: set[str] = set()
    for start in needs:
        trail: dict[str, None] = {}
        branches = [iter([start])]
        while branches:
            name = next(branches[-1], None)
            if name is None:
                branches.pop()
                if trail:
                    done.add(trail.popitem()[0])
            elif name in trail:
                names = list(trail)
                return [*names[names.index(name) :], name]
            elif name in needs and name not in done:
                trail[name] = None
                branches.append(iter(needs[name]))
    return []
