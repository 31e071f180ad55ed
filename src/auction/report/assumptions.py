"""What the plan rests on: data, settings and their sources, rules, model, versions."""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from auction.report.grid import Column, Grid, grid
from auction.report.source import Source
from auction.report.wording import percent, plain, units

#: Rejected rows shown of each table.
REJECTS: Final = 5
#: Figures of a hash.
HASH: Final = 12

#: Settings told elsewhere, or that change no figure of the plan.
_ELSEWHERE: Final = ("tables", "title", "as_of", "currency", "seed", "limits", "solver")


def assumptions(source: Source) -> dict[str, Any]:
    """Return the tables and lines of what the plan rests on."""
    manifest = source.manifest
    return {
        "data": _data(source),
        "rejected": _rejected(source),
        "settings": _settings(source),
        "limits": limits(source),
        "notes": list(manifest["notes"]),
        "model": list(manifest["model"]),
        "versions": grid(
            "versions", "Versions", [Column("Package"), Column("Version")],
            sorted(manifest["versions"].items()),
        ),
        "inputs": grid(
            "inputs", "Input files", [Column("File"), Column(f"SHA-256, first {HASH} figures")],
            [(name, entry["sha256"][:HASH]) for name, entry in sorted(manifest["inputs"].items())],
        ),
    }  # fmt: skip


def _data(source: Source) -> Grid:
    return grid(
        "data",
        "Rows read, kept and set aside",
        [
            Column("Table"),
            Column("Read", "count"),
            Column("Kept", "count"),
            Column("Rejected", "count"),
            Column("Left out"),
        ],
        [
            (name, counts["read"], counts["kept"], counts["rejected"],
             "; ".join(f"{count:,} {why}" for why, count in counts["excluded"].items()) or None)
            for name, counts in source.manifest["rows"].items()
        ],
    )  # fmt: skip


def _rejected(source: Source) -> list[dict[str, Any]]:
    shown: list[dict[str, Any]] = []
    for name, lines in source.rejected.items():
        faults = lines.group_by("rule", maintain_order=True).agg(pl.len().alias("count"))
        columns = ("row", "column", "value", "rule", "remedy")
        shown.append(
            {
                "table": name,
                "rows": units(lines.select("file", "row").n_unique(), "row"),
                "rules": [
                    f"{rule or 'no rule named'}: {count:,}"
                    for rule, count in faults.sort(
                        "count", "rule", descending=[True, False], nulls_last=True
                    ).iter_rows()
                ],
                "first": grid(
                    f"rejected-{len(shown) + 1}",
                    f"First faults of {name}",
                    [Column(column.capitalize()) for column in columns],
                    lines.head(REJECTS).select(columns).iter_rows(),
                    note=f"All are in rejected/{name}.csv." if lines.height > REJECTS else "",
                ),
            }
        )
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
        "Settings, and where their values come from",
        [Column("Setting"), Column("Value"), Column("Where from")],
        [
            (name, plain(known[name]), _origin(used.get(name)))
            for name in sorted(known, key=lambda name: (name.split(".")[0], name))
        ],
    )


def _origin(default: dict[str, Any] | None) -> str:
    return "set" if default is None else f"default: {default['source']}"


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
    lines = [_limit(limit) for limit in settings.get("limits", [])]
    rules = settings.get("constraints", {})
    rate, amount = rules.get("max_sacrifice_rate"), rules.get("max_sacrifice_amount")
    parts = [f"{percent(rate, 0)} of its own best option"] if rate is not None else []
    parts += [plain(amount)] if amount is not None else []
    if parts:
        spared = ", unless it is held back or pinned" if rules.get("hold_exempt") else ""
        lines.append(f"No vehicle gives up more than {' or '.join(parts)}{spared}.")
    if rules.get("max_hold_share") is not None:
        lines.append(f"At most {percent(rules['max_hold_share'], 0)} of the fleet is held back.")
    return lines


def _limit(limit: dict[str, Any]) -> str:
    what = str(limit["by"]).replace("_", " and ")
    group = limit["group"]
    where = f"any one {what}" if group is None else f"{what} {plain(group)}"
    caps = []
    if limit["max_share"] is not None:
        caps.append(f"{percent(limit['max_share'], 0)} of the vehicles planned")
    if limit["max_units"] is not None:
        caps.append(units(limit["max_units"], "vehicle"))
    return f"At most {' and at most '.join(caps)} for {where}."
