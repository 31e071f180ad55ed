"""What a check found, as text for a terminal or a log and as one object for a machine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import polars as pl
    from rich.console import Console

    from auction.workspace import CheckReport

#: Findings of one kind shown one by one.
SHOWN: Final = 50

#: Characters of a value shown on a terminal.
CUT: Final = 40

_TITLES: Final = {
    "fault": "Faults: a run cannot start",
    "set aside": "Rows set aside: a run goes on without them",
    "warning": "Warnings: a run goes on",
}


def show(report: CheckReport, console: Console | None = None) -> None:
    """Print what a check found: tables on a terminal, a line each where the output is piped.

    Parameters
    ----------
    report : CheckReport
        What was found.
    console : rich.console.Console, optional
        Where; standard output by default.
    """
    from rich.console import Console

    console = console or Console()
    if console.is_terminal:
        _show_on_terminal(report, console)
    else:
        for line in _log_lines(report):
            print(line, file=console.file)


def verdict(report: CheckReport) -> str:
    """Return whether a run can start, in one line."""
    count = dict(_severities(report.lines))
    others = ", ".join(
        words
        for number, words in (
            (count.get("set aside", 0), _many(count.get("set aside", 0), "fault", "set aside")),
            (count.get("warning", 0), _many(count.get("warning", 0), "warning")),
        )
        if number
    )
    if report.ok:
        return "No fault: a run can start." + (f" ({others})" if others else "")
    told = _many(count["fault"], "fault")
    return f"{told}: a run would refuse to start." + (f" ({others})" if others else "")


def as_json(report: CheckReport) -> dict[str, Any]:
    """Return what a check found as one object, with every finding."""
    columns = ["file", "row", "column", "value", "rule", "remedy"]
    found = {
        severity: report.lines.filter(report.lines["severity"] == severity)
        .select(columns)
        .to_dicts()
        for severity in _TITLES
    }
    return {
        "ok": report.ok,
        "faults": found["fault"],
        "set_aside": found["set aside"],
        "warnings": found["warning"],
        "by_rule": _by_rule(report.lines).to_dicts(),
        "tables": {
            name: {
                "read": counts.read,
                "kept": counts.kept,
                "rejected": counts.rejected,
                "excluded": counts.excluded,
                "read_as": list(counts.read_as),
                "unused_columns": list(counts.unused_columns),
            }
            for name, counts in report.counts.items()
        },
        "defaults_used": [
            {"setting": used.setting, "value": used.value, "source": used.source}
            for used in report.defaults
        ],
    }


def _many(number: int, word: str, more: str = "") -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}{f' {more}' if more else ''}"


def _severities(lines: pl.DataFrame) -> Iterable[tuple[str, int]]:
    return lines["severity"].value_counts().sort("severity").iter_rows()


def _by_rule(lines: pl.DataFrame) -> pl.DataFrame:
    """Count the findings by kind, in the order in which each kind comes first."""
    kind = ["severity", "file", "column", "rule"]
    return lines.group_by(kind, maintain_order=True).len("count")


def _first_of_each(lines: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    kind = ["file", "column", "rule"]
    return lines.filter(pl.int_range(pl.len()).over(kind) < SHOWN)


def _show_on_terminal(report: CheckReport, console: Console) -> None:
    from rich.table import Table

    rows = Table("table", "read", "kept", "set aside", "left out", title="Rows")
    for name, counts in report.counts.items():
        left_out = ", ".join(f"{count:,} {why}" for why, count in counts.excluded.items())
        rows.add_row(name, f"{counts.read:,}", f"{counts.kept:,}", f"{counts.rejected:,}", left_out)
    if report.counts:
        console.print(rows)
        for line in _read_as(report):
            console.print(_safe(line), markup=False, highlight=False)
    for severity, title in _TITLES.items():
        lines = report.lines.filter(report.lines["severity"] == severity)
        if lines.height:
            _show_lines(lines, title, console)
    if report.lines.height > SHOWN:
        _show_counts(report.lines, console)
    console.print(verdict(report), markup=False, highlight=False)


def _show_lines(lines: pl.DataFrame, title: str, console: Console) -> None:
    """Print the findings of one severity file by file, so that 80 columns are enough."""
    from rich.table import Table
    from rich.text import Text

    shown = _first_of_each(lines)
    console.rule(Text(title), align="left")
    for (file,), group in shown.group_by("file", maintain_order=True):
        table = Table(title=Text(_safe(str(file or ""))), title_justify="left", show_lines=False)
        table.add_column("row", justify="right", no_wrap=True)
        table.add_column("column", overflow="fold", max_width=18)
        table.add_column("value", overflow="fold", max_width=18)
        table.add_column("rule", overflow="fold", ratio=1)
        table.add_column("how to mend it", overflow="fold", ratio=1)
        for line in group.iter_rows(named=True):
            table.add_row(
                "" if line["row"] is None else f"{line['row']}",
                *(
                    Text(_cut(line[name], CUT))
                    for name in ("column", "value")
                ),
                *(Text(_safe(line[name] or "")) for name in ("rule", "remedy")),
            )  # fmt: skip
        console.print(table)


def _show_counts(lines: pl.DataFrame, console: Console) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(title="Findings by rule", title_justify="left")
    table.add_column("count", justify="right", no_wrap=True)
    for name in ("", "file", "column", "rule"):
        table.add_column(name, overflow="fold", ratio=2 if name == "rule" else None)
    for severity, file, column, rule, count in _by_rule(lines).iter_rows():
        table.add_row(
            f"{count:,}", severity, *(Text(_safe(text or "")) for text in (file, column, rule))
        )
    console.print(table)
    if _first_of_each(lines).height < lines.height:
        console.print(_where_all_are(), markup=False, highlight=False)


def _read_as(report: CheckReport) -> Iterator[str]:
    """Yield how each table was read, as set or as the data proved it, and what was passed over."""
    for name, counts in report.counts.items():
        if counts.read_as:
            yield f"{name}: read as {', '.join(counts.read_as)}"
        if counts.unused_columns:
            yield f"{name}: not used: {', '.join(counts.unused_columns)}"


def _where_all_are() -> str:
    return f"Of each kind {SHOWN} are shown; --json and --rejected FOLDER hold all."


def _log_lines(report: CheckReport) -> Iterator[str]:
    """Yield one line for each table and finding; nothing is wrapped."""
    from residual.errors import Fault

    for name, counts in report.counts.items():
        left_out = "".join(f", {count:,} {why}" for why, count in counts.excluded.items())
        yield (
            f"{name}: {counts.read:,} read, {counts.kept:,} kept, "
            f"{counts.rejected:,} set aside{left_out}"
        )
    yield from map(_safe, _read_as(report))
    shown = _first_of_each(report.lines)
    for line in shown.iter_rows(named=True):
        fault = Fault(
            line["rule"], line["file"], line["row"], line["column"], line["value"], line["remedy"]
        )  # fmt: skip
        yield _safe(f"{line['severity']}: {fault}")
    if report.lines.height > SHOWN:
        for severity, file, column, rule, count in _by_rule(report.lines).iter_rows():
            place = ", ".join(text for text in (file, column) if text)
            yield _safe(f"count: {count:,} {severity}: {place}: {rule}")
    if shown.height < report.lines.height:
        yield _where_all_are()
    yield verdict(report)


def _cut(value: str | None, most: int) -> str:
    return "" if value is None else _safe(_shortened(value, most))


def _shortened(value: str, most: int) -> str:
    if len(value) <= most:
        return value
    return f"{value[: most - 1]}\u2026 ({len(value):,} characters)"


def _safe(text: str) -> str:
    """Write characters that would steer a terminal by their codes."""
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in text)
