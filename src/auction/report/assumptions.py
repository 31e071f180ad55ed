"""What the plan rests on: data, settings and their sources, rules, model, versions."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import polars as pl

from auction.report.faults import fault_words, note
from auction.report.grid import Column, Grid, grid
from auction.report.language import _, mark, ngettext, pgettext
from auction.report.retold import group_words, model_line, property_words
from auction.report.settings import meaning, origin
from auction.report.source import Source
from auction.report.wording import day, listed, money, percent, plain

#: Rejected rows shown of each table.
REJECTS: Final = 5
#: Figures of a hash.
HASH: Final = 12

#: Settings told elsewhere, or that change no figure of the plan.
_ELSEWHERE: Final = (
    "tables", "title", "as_of", "currency", "seed", "limits", "cash", "reading", "report", "solver",
    "stress",
)  # fmt: skip

_FAULT_COLUMNS: Final = {
    "row": mark("Row"),
    "column": mark("Column"),
    "value": mark("Value"),
    "rule": mark("Rule"),
    "remedy": mark("Remedy"),
}


def assumptions(source: Source) -> dict[str, Any]:
    """Return the tables and lines of what the plan rests on."""
    manifest = source.manifest
    return {
        "data": _data(source),
        "rejected": _rejected(source),
        "settings": _settings(source),
        "limits": limits(source),
        "notes": [note(text) for text in manifest["notes"]],
        "model": [
            model_line(text) for text in manifest["model"] if text not in manifest["notes"]
        ],
        "versions": grid(
            "versions", _("Versions"), [Column(_("Package")), Column(_("Version"))],
            sorted(manifest["versions"].items()),
        ),
        "inputs": grid(
            "inputs", _("Input files"),
            [Column(_("File")), Column(_("SHA-256, first %(count)s figures", count=HASH))],
            [(name, entry["sha256"][:HASH]) for name, entry in sorted(manifest["inputs"].items())],
        ),
    }  # fmt: skip


def _data(source: Source) -> Grid:
    return grid(
        "data",
        _("Rows read, kept and set aside"),
        [
            Column(_("Table")),
            Column(_("Read"), "count"),
            Column(_("Kept"), "count"),
            Column(_("Rejected"), "count"),
            Column(_("Left out")),
        ],
        [
            (_table(name), counts["read"], counts["kept"], counts["rejected"],
             _excluded(counts["excluded"]) or None)
            for name, counts in source.manifest["rows"].items()
        ],
    )  # fmt: skip


def _table(name: str) -> str:
    """Return a table of the workspace as it is called."""
    return pgettext("table", name)


def _excluded(counts: dict[str, int]) -> str:
    return _("; ").join(
        _("%(count)s %(why)s", count=money(count), why=fault_words(why))
        for why, count in counts.items()
    )


def _rejected(source: Source) -> list[dict[str, Any]]:
    shown: list[dict[str, Any]] = []
    for name, lines in source.rejected.items():
        faults = lines.group_by("rule", maintain_order=True).agg(pl.len().alias("count"))
        shown.append(
            {
                "table": _table(name),
                "rows": ngettext(
                    "%(num)s row set aside.",
                    "%(num)s rows set aside.",
                    lines.select("file", "row").n_unique(),
                ),
                "rules": _("; ").join(
                    _("%(why)s: %(count)s",
                      why=fault_words(rule) if rule else _("no rule named"), count=money(count))
                    for rule, count in faults.sort(
                        "count", "rule", descending=[True, False], nulls_last=True
                    ).iter_rows()
                ),
                "first": grid(
                    f"rejected-{len(shown) + 1}",
                    _("First faults of %(table)s", table=_table(name)),
                    [Column(_(title)) for title in _FAULT_COLUMNS.values()],
                    (
                        (*found, rule and fault_words(rule), remedy and fault_words(remedy))
                        for *found, rule, remedy in lines.head(REJECTS)
                        .select(*_FAULT_COLUMNS)
                        .iter_rows()
                    ),
                    note=_("All are in rejected/%(table)s.csv.", table=name)
                    if lines.height > REJECTS
                    else "",
                ),
            }
        )  # fmt: skip
    return shown


def _settings(source: Source) -> Grid:
    used = {line["setting"]: line for line in source.manifest["defaults_used"]}
    values = flat(
        {
            name: value
            for name, value in source.manifest["settings"].items()
            if name not in _ELSEWHERE
        }
    )
    known = {**values, **{name: line["value"] for name, line in used.items()}}
    return grid(
        "settings",
        _("Settings, and where their values come from"),
        [Column(_("Setting")), Column(_("Meaning")), Column(_("Value")), Column(_("Where from"))],
        [
            (name, meaning(name) or None, plain(known[name]), origin(used.get(name)))
            for name in sorted(known, key=lambda name: (name.split(".")[0], name))
        ],
    )


def flat(settings: dict[str, Any], above: str = "") -> dict[str, Any]:
    """Return nested settings by their path: {"a": {"b": 1}} as {"a.b": 1}; none left out."""
    found: dict[str, Any] = {}
    for name, value in settings.items():
        if isinstance(value, dict):
            found.update(flat(value, f"{above}{name}."))
        elif value is not None:
            found[f"{above}{name}"] = value
    return found


def limits(source: Source) -> list[str]:
    """Return the desk's limits and the rule of the largest sacrifice, in words."""
    settings = source.manifest["settings"]
    lines = [line for limit in settings.get("limits", []) for line in _limit(limit)]
    rules = settings.get("constraints", {})
    lines += _sacrifice(rules)
    if rules.get("max_hold_share") is not None:
        share = percent(rules["max_hold_share"], 0)
        lines.append(_("At most %(share)s of the fleet is held back.", share=share))
    lines += [
        _("At least %(amount)s of cash is expected by %(day)s.",
          amount=money(target["amount"]), day=day(date.fromisoformat(str(target["by"]))))
        for target in settings.get("cash", [])
    ]  # fmt: skip
    floor = settings.get("risk", {}).get("floor")
    if floor is not None:
        lines.append(_("The CVaR is at least %(amount)s.", amount=money(floor)))
    return lines


def _sacrifice(rules: dict[str, Any]) -> list[str]:
    rate, amount = rules.get("max_sacrifice_rate"), rules.get("max_sacrifice_amount")
    parts = []
    if rate is not None:
        parts.append(_("%(share)s of its own best option", share=percent(rate, 0)))
    if amount is not None:
        parts.append(plain(amount))
    if not parts:
        return []
    most = parts[0] if len(parts) == 1 else _("%(one)s or %(other)s", one=parts[0], other=parts[1])
    if rules.get("hold_exempt"):
        return [
            _("No vehicle gives up more than %(most)s, unless it is held back or pinned.",
              most=most)
        ]  # fmt: skip
    return [_("No vehicle gives up more than %(most)s.", most=most)]


def _limit(limit: dict[str, Any]) -> list[str]:
    by, group, units = str(limit["by"]), limit["group"], limit["max_units"]
    named = listed([str(part) for part in group]) if isinstance(group, list) else plain(group)
    where = (
        _("any one %(property)s", property=property_words(by))
        if group is None
        else group_words(by, named)
    )
    if limit.get("max_exposure") is not None:
        owed = _("At most %(amount)s may come to be owed by %(where)s.",
                 amount=money(limit["max_exposure"]), where=where)  # fmt: skip
        counted = units is not None or limit["max_share"] is not None
        return [*_limit({**limit, "max_exposure": None}), owed] if counted else [owed]
    return [_counted(limit, units, where)]


def _counted(limit: dict[str, Any], units: int | None, where: str) -> str:
    share = None if limit["max_share"] is None else percent(limit["max_share"], 0)
    if units is None:
        return _("At most %(share)s of the vehicles planned for %(where)s.",
                 share=share, where=where)  # fmt: skip
    if share is None:
        return ngettext("At most %(num)s vehicle for %(where)s.",
                        "At most %(num)s vehicles for %(where)s.", units, where=where)  # fmt: skip
    return ngettext(
        "At most %(share)s of the vehicles planned and at most %(num)s vehicle for %(where)s.",
        "At most %(share)s of the vehicles planned and at most %(num)s vehicles for %(where)s.",
        units,
        share=share,
        where=where,
    )
