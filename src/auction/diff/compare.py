"""The comparison of two runs as a whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from auction.diff.inputs import inputs_changed
from auction.diff.money import PARTS, decomposed, hedge_net
from auction.diff.moves import changes, comings
from auction.diff.pairs import PlanTables, paired
from auction.diff.scarcity import places_changed, prices_changed
from auction.errors import NotComparableError

Record = dict[str, Any]


def diff_runs(before: Path, after: Path) -> Record:
    """Compare two plans.

    Parameters
    ----------
    before, after : Path
        Run folders.

    Returns
    -------
    dict
        currency; same (whether the plans are alike); before and after (title, as_of, seed,
        vehicles, expected, cvar, fresh_expected, fresh_cvar); inputs (see
        :func:`auction.diff.inputs.inputs_changed`); money (expected_before, expected_after,
        change, parts: see :mod:`auction.diff.money`); counts; changes (vehicles that moved,
        were put off or got other terms, the most money first: see
        :func:`auction.diff.moves.changes`); entered, left, barred, freed; places (events and
        offers that are gone or new) and slot_prices. Dates are ISO texts. It does not depend
        on where the folders stand, so that equal runs give equal bytes.

    Raises
    ------
    RunFolderError
        Where one of them is no run.
    NotComparableError
        Where they count in different currencies.
    """
    old, new = PlanTables.read(before), PlanTables.read(after)
    if old.currency != new.currency:
        raise NotComparableError(
            f"{before} counts in {old.currency}, {after} in {new.currency}: plans are compared in "
            "one currency alone"
        )
    pairs = paired(old, new)
    parts = decomposed(pairs, old, new)
    told = changes(pairs, old, new)
    fleet = comings(pairs, old, new)
    money = {
        "expected_before": old.expected,
        "expected_after": new.expected,
        "change": new.expected - old.expected,
        "parts": {name: parts[name] for name in PARTS},
    }
    counts = {
        "before": old.placed.height,
        "after": new.placed.height,
        "common": pairs.height,
        **{
            kind: sum(row["kind"] == kind for row in told) for kind in ("moved", "put_off", "terms")
        },
        **{name: len(rows) for name, rows in fleet.items()},
    }
    same = old.assignments.equals(new.assignments) and old.hedges.equals(new.hedges)
    return {
        "currency": old.currency,
        "same": same,
        "before": _whole(old),
        "after": _whole(new),
        "inputs": inputs_changed(old.manifest, new.manifest),
        "money": money,
        "counts": counts,
        "changes": told,
        **fleet,
        "places": places_changed(old, new),
        "slot_prices": prices_changed(old, new),
        "hedges": {"before": hedge_net(old), "after": hedge_net(new)},
    }


def _whole(plan: PlanTables) -> Record:
    money = plan.risk["plan"]
    return {
        "title": plan.manifest["title"],
        "as_of": plan.as_of.isoformat(),
        "seed": plan.manifest["seed"],
        "vehicles": plan.assignments.height,
        "expected": money["expected"],
        "cvar": money["cvar"],
        "objective": money["objective"],
        "alpha": plan.risk["alpha"],
        "weight": plan.risk["weight"],
        "fresh_expected": money["fresh"]["expected"],
        "fresh_cvar": money["fresh"]["cvar"],
        "fresh_cvar_standard_error": money["fresh"]["cvar_standard_error"],
        "status": plan.manifest["solver"]["status"],
        "gap": plan.manifest["solver"]["gap"],
    }
