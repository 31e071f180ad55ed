"""Why a vehicle goes where it goes, as figures: value, options, what would change the choice."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

import polars as pl

from auction.channels.quotes import BRIDGE

#: What leads from the value today, at the reference venue, to the price on the day of the sale.
LATER: Final = (
    "earlier runs", "reconditioning", "venue", "ageing until then", "market until then",
    "middle until then",
)  # fmt: skip
#: Options told side by side, the taken one among them.
IN_FULL: Final = 4
#: Differences in money below this are not worth a word.
SMALL: Final = 1.0
_SPREAD: Final = ("net_mean", "net_p05", "net_p50", "net_p95")
_REDEMPTION: Final = ("redeemed_first", "redemption_amount")
_LOAN: Final = ("loan_balance", "recovery", "deficiency", "surplus")

Record = dict[str, Any]


def explain(
    row: Mapping[str, Any],
    options: pl.DataFrame,
    policy: pl.DataFrame,
    effects: pl.DataFrame,
    currency: str,
    *,
    parts: pl.DataFrame | None = None,
    inspection: Mapping[str, Any] | None = None,
    cover: str | None = None,
) -> Record:
    """Put together all that a run knows of one decision.

    Parameters
    ----------
    row : mapping
        The vehicle's row of ``assignments``; what it lacks is left out.
    options, policy, effects : polars.DataFrame
        Its rows of ``alternatives``, ``policy`` and ``effects``; any may be empty.
    currency : str
        What money is told in.
    parts : polars.DataFrame, optional
        Its rows of ``parts_plan``.
    inspection : mapping, optional
        Its row of ``inspections``, where the run has them.
    cover : str, optional
        On which conditions the floor or insurance that it goes under pays.

    Returns
    -------
    dict
        vehicle_id, make, model, status, reason, reason_code, currency; value (see
        :func:`value_of`); and for a vehicle that is planned: choice, options (see
        :func:`options_of`), would_change (see :func:`would_change`), parts, policy, spread and
        loan.
        For one that is not: freed_by. Dates are ISO texts.
    """
    record: Record = {
        name: row.get(name)
        for name in ("vehicle_id", "make", "model", "status", "reason", "reason_code")
    }
    record |= {"currency": currency, "value": value_of(effects)}
    if row.get("channel") is None:
        return _plain({**record, "freed_by": freed_by(row)})
    told = options_of(options)
    names = (*BRIDGE, "expected_net")
    choice = {name: row.get(name) for name in names} if not told else dict(told[0])
    if row.get("own_volume"):  # options are told as they stand before the volume of the plan
        choice |= {name: row[name] for name in ("own_volume", "expected_net")}
    asked = {} if inspection is None else {"inspection": dict(inspection)}
    return _plain(
        record
        | asked
        | ({} if cover is None else {"cover": cover})
        | {
            "choice": {**choice, "distance_km": row.get("distance_km")},
            "options": told,
            "runner_up": _runner_up(row),
            "would_change": would_change(row, told),
            "parts": parts.sort("removal").to_dicts() if parts is not None else [],
            "policy": policy.sort("step").to_dicts() if policy.height else [],
            "spread": _some(row, _SPREAD),
            "loan": _some(row, _LOAN),
            "redemption": _some(row, _REDEMPTION),
        }
    )


def value_of(effects: pl.DataFrame) -> Record | None:
    """Return a value as a product: today at the reference venue, and on the day of the sale.

    Returns
    -------
    dict or None
        today and effects, whose factors multiply to it; later, the factors that lead from there
        to at_sale; None without effects, and at_sale None where nothing leads on.
    """
    if effects.is_empty():
        return None
    rows = [
        {name: found[name] for name in ("effect", "level", "factor", "low", "high")}
        for found in effects.iter_rows(named=True)
    ]
    now = [found for found in rows if found["effect"] not in LATER]
    later = [found for found in rows if found["effect"] in LATER]
    today = _product(1.0, now)
    return {
        "today": today,
        "effects": now,
        "later": later,
        "at_sale": _product(today, later) if later else None,
    }


def _product(start: float, rows: Sequence[Mapping[str, Any]]) -> float:
    for row in rows:
        start *= row["factor"]
    return start


def options_of(options: pl.DataFrame) -> list[Record]:
    """Return the options considered, the taken one first, each with why it lost.

    Returns
    -------
    list of dict
        The columns of ``alternatives`` and: worth (expected_net plus risk less slot_price, None
        where barred), behind (worth of the choice less its own) and, against the choice,
        less_net, less_risk and more_slot_price, which add up to behind.
    """
    rows = options.sort("rank").to_dicts() if options.height else []
    for row in rows:
        barred = row["barred_by"] is not None or row["slot_price"] is None
        row["worth"] = None if barred else row["expected_net"] + row["risk"] - row["slot_price"]
    for row in rows:
        choice = rows[0]
        row["less_net"] = choice["expected_net"] - row["expected_net"]
        row["less_risk"] = choice["risk"] - row["risk"]
        known = row["worth"] is not None and choice["worth"] is not None
        row["more_slot_price"] = row["slot_price"] - choice["slot_price"] if known else None
        row["behind"] = choice["worth"] - row["worth"] if known else None
    return rows


def would_change(row: Mapping[str, Any], options: Sequence[Mapping[str, Any]]) -> list[Record]:
    """Return what would have to move for the choice to change, all else standing still.

    The prices of scarce things are those of the plan: a move that changes them changes more.

    Returns
    -------
    list of dict
        what: choice_falls (its net would have to fall by amount, or that of the runner-up to
        rise; share is the amount relative to the expected price), slots_cheaper (the price of
        a unit of the thing named in scarcest, now scarcest_price, would have to fall by amount
        for the option to win, which uses scarcest_more units more of it than the choice does),
        or bar_lifted (without the bar an option would earn amount more, slots not counted).
    """
    margin = row.get("margin_to_runner_up")
    found: list[Record] = []
    if margin is not None and margin >= 0.0:
        gross = row.get("gross") or None
        share = margin / gross if gross else None
        found.append({"what": "choice_falls", "amount": margin, "share": share})
    for option in options[1:]:
        behind = option["behind"]
        if option["barred_by"] is not None:
            if option["less_net"] < -SMALL:
                found.append(_move("bar_lifted", option, -option["less_net"]))
        elif behind is not None and _held_off_by_slots(option):
            found.append(_move("slots_cheaper", option, behind / option["scarcest_more"]))
    return [move for what in _TOLD for move in _first(found, what)]


def _held_off_by_slots(option: Mapping[str, Any]) -> bool:
    """Whether an option would win if the dearest of what it uses cost nothing.

    The choice may use it too, so what is used beyond the choice counts; a run of an earlier
    version does not tell it.
    """
    more, behind = option.get("scarcest_more"), option["behind"]
    if more is None or more <= 0.0:
        return False
    return bool(0.0 <= behind <= more * option["scarcest_price"])


#: The kinds of moves in the order in which they are told, how many of each, and whether the
#: largest come first.
_TOLD: Final = {"choice_falls": (1, False), "slots_cheaper": (2, False), "bar_lifted": (1, True)}


def _first(moves: Sequence[Record], what: str) -> list[Record]:
    count, largest = _TOLD[what]
    own = [move for move in moves if move["what"] == what]
    told: list[Record] = []
    for move in sorted(own, key=lambda move: move["amount"], reverse=largest):
        # of those that wait for the same thing the first would go ahead of the rest
        if what != "slots_cheaper" or move["scarcest"] not in [one["scarcest"] for one in told]:
            told.append(move)
    return told[:count]


def _move(what: str, option: Mapping[str, Any], amount: float) -> Record:
    place = {
        name: option[name] for name in ("channel", "venue_id", "event_date", "terms", "offer_id")
    }
    barred = {"barred_by": option["barred_by"]}
    scarce = {name: option[name] for name in ("scarcest", "scarcest_price", "scarcest_more")}
    return {"what": what, "amount": amount, **place, **(barred if what == "bar_lifted" else scarce)}


def _runner_up(row: Mapping[str, Any]) -> Record | None:
    if row.get("margin_to_runner_up") is None or row.get("runner_up_channel") is None:
        return None
    return {
        "channel": row["runner_up_channel"],
        "venue_id": row["runner_up_venue"],
        "event_date": row["runner_up_date"],
        "margin": row["margin_to_runner_up"],
    }


def freed_by(row: Mapping[str, Any]) -> str | None:
    """Say what would let a vehicle be planned that cannot be now."""
    figures = json.loads(row.get("reason_values") or "{}")
    code = row.get("reason_code")
    if code == "legal_hold":
        return (
            f"The end of the hold on {figures['until']}, or its lifting: drop or shorten its row "
            "in the table of holds."
        )
    if code == "title_missing":
        return "The title: change its title_status in the table of vehicles from missing."
    if code == "available_from":
        return (
            f"Time: it is available from {figures['day']}, past the horizon. A later planning "
            "date, a longer horizon.weeks or an earlier available_from brings it in."
        )
    return None


def _some(row: Mapping[str, Any], names: Sequence[str]) -> Record | None:
    if row.get(names[0]) is None:
        return None
    return {name: row[name] for name in names}


def _plain(record: Record) -> Record:
    """Return a record with dates as ISO texts."""
    return {name: _written(value) for name, value in record.items()}


def _written(value: Any) -> Any:
    if isinstance(value, dict):
        return _plain(value)
    if isinstance(value, list):
        return [_written(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value
