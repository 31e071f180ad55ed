"""Faults of a table as a whole: its columns, constants and units."""

from __future__ import annotations

import json
import re
from datetime import date

import polars as pl

from auction.tables import SCHEMAS
from auction.workspace.mapping import FEATURE_TABLES, LOCATED, SLIP, admitted_words, type_words
from auction.workspace.names import nearest, suggestion
from auction.workspace.sources import SETTINGS_FILE, Constant, TableSource
from auction.workspace.units import find_unit
from residual.errors import Fault


def header_faults(
    name: str, source: TableSource, header: list[str], columns: dict[str, str], currency: str
) -> list[Fault]:
    """Hold a file's header against the settings and the schema.

    Parameters
    ----------
    name : str
        Our name of the table.
    source : TableSource
        Its settings.
    header : list of str
        Columns of the file.
    columns : dict
        Our name to the owner's name, for the columns that were found.
    currency : str
        Code of the workspace's currency.

    Returns
    -------
    list of Fault
        Names that are not ours or not in the file, required columns that are missing, columns
        that are ours but for the way they are written, constants of a wrong type, units that do
        not fit.
    """
    return [
        *_name_faults(name, source, header),
        *_missing_faults(name, source, columns, header),
        *_written_otherwise(name, source, columns, header),
        *_constant_faults(name, source),
        *_unit_faults(name, source, columns, currency),
        *_word_faults(name, source, columns),
    ]


def _section(name: str, part: str, key: str) -> str:
    return f"tables.{name}.{part}.{key}"


def _name_faults(name: str, source: TableSource, header: list[str]) -> list[Fault]:
    known = SCHEMAS[name].columns()
    faults = []
    for part, keys in (("columns", source.columns), ("constants", source.constants)):
        for ours in keys:
            slip = nearest(ours, known, cutoff=SLIP if name in FEATURE_TABLES else 0.0)
            if ours not in known and slip is not None and ours != "currency":
                faults.append(
                    Fault(
                        f"is not a column of {name}",
                        file=SETTINGS_FILE,
                        column=_section(name, part, ours),
                        remedy=suggestion(ours, known),
                    )
                )
    for ours, owner in source.columns.items():
        if owner not in header:
            faults.append(
                Fault(
                    f"{source.file} has no such column",
                    file=SETTINGS_FILE,
                    column=_section(name, "columns", ours),
                    value=owner,
                    remedy=suggestion(owner, header),
                )
            )
    return faults


def _missing_faults(
    name: str, source: TableSource, columns: dict[str, str], header: list[str]
) -> list[Fault]:
    faults = []
    for ours, column in SCHEMAS[name].columns().items():
        stated = ours in columns or ours in source.columns or ours in source.constants
        if column.nullable or stated or (ours == "region" and _located(name, source, columns)):
            continue
        like = nearest(ours, header)
        hint = f"; is it {like!r}?" if like else ""
        faults.append(
            Fault(
                "the column is required",
                file=source.file,
                column=ours,
                remedy=f"name it in [tables.{name}.columns] or give one value in "
                f"[tables.{name}.constants]{hint}",
            )
        )
    return faults


def _written_otherwise(
    name: str, source: TableSource, columns: dict[str, str], header: list[str]
) -> list[Fault]:
    """Ask about columns that nobody mapped and that are ours but for case, blanks and strokes.

    Left alone, the rule of such a column would be off without a word. A required column is
    missing in that case and told as such.
    """
    known = SCHEMAS[name].columns()
    taken = {*columns, *source.columns, *source.constants}
    region_follows = _located(name, source, columns)
    open_ones = {
        _folded(ours): ours
        for ours, column in known.items()
        if ours not in taken and (column.nullable or (ours == "region" and region_follows))
    }
    mapped = set(source.columns.values())
    faults = []
    for owner in header:
        ours = open_ones.get(_folded(owner))
        if ours is None or owner in mapped:
            continue
        remedy = (
            f"map it in [tables.{name}]: "
            f"columns = {{ {ours} = {json.dumps(owner, ensure_ascii=False)} }}, or rename it"
        )
        rule = f"is written differently from {ours}"
        faults.append(Fault(rule, file=source.file, column=owner, remedy=remedy))
    return faults


def _folded(name: str) -> str:
    return re.sub(r"[\s_-]", "", name).casefold()


def _located(name: str, source: TableSource, columns: dict[str, str]) -> bool:
    """Tell whether rows can be located by other columns than their region."""
    given = {*columns, *source.constants}
    return name in LOCATED and ("postcode" in given or {"lat", "lon"} <= given)


def _constant_faults(name: str, source: TableSource) -> list[Fault]:
    known = SCHEMAS[name].columns()
    faults = []
    for ours, value in source.constants.items():
        if ours in source.columns:
            rule, remedy = "is also given as a column", "keep one of the two"
        elif ours in known and not _fits(value, known[ours].dtype):
            rule, remedy = type_words(known[ours].dtype, "%Y-%m-%d")
        else:
            continue
        column = _section(name, "constants", ours)
        faults.append(
            Fault(rule, file=SETTINGS_FILE, column=column, value=str(value), remedy=remedy)
        )
    return faults


def _fits(value: Constant, dtype: pl.DataType) -> bool:
    if dtype == pl.Date:
        return isinstance(value, date)
    if dtype == pl.String:
        return isinstance(value, str)
    if isinstance(value, bool):
        return False
    return isinstance(value, int if dtype == pl.Int64 else (int, float))


def _unit_faults(
    name: str, source: TableSource, columns: dict[str, str], currency: str
) -> list[Fault]:
    faults = []
    for ours, unit in source.units.items():
        if ours not in SCHEMAS[name].columns():
            rule, remedy = f"is not a column of {name}", suggestion(ours, SCHEMAS[name].columns())
        elif ours not in columns:
            rule, remedy = f"{source.file} has no such column", "drop the unit or name the column"
        else:
            _, rule, remedy = find_unit(unit, ours, currency)
        if rule:
            column = _section(name, "units", ours)
            faults.append(Fault(rule, file=SETTINGS_FILE, column=column, value=unit, remedy=remedy))
    return faults


def _word_faults(name: str, source: TableSource, columns: dict[str, str]) -> list[Fault]:
    """Hold the words that stand for ours against the columns that admit them."""
    known = SCHEMAS[name].columns()
    wordy = {ours: admitted for ours in known if (admitted := admitted_words(known[ours]))}
    faults = []
    for ours, words in source.values.items():
        if ours not in wordy:
            rule = f"is no column of {name} that admits only some words"
            faults.append(_of_values(name, ours, rule, suggestion(ours, wordy)))
        elif ours not in columns:
            rule, remedy = f"{source.file} has no such column", "drop it or name the column"
            faults.append(_of_values(name, ours, rule, remedy))
        else:
            faults += [
                _of_values(
                    name, f"{ours}.{theirs}", f"must be one of {', '.join(wordy[ours])}",
                    suggestion(word, wordy[ours]), word,
                )
                for theirs, word in words.items()
                if word not in wordy[ours]
            ]  # fmt: skip
    return faults


def _of_values(name: str, key: str, rule: str, remedy: str, value: str | None = None) -> Fault:
    column = _section(name, "values", key)
    return Fault(rule, file=SETTINGS_FILE, column=column, value=value, remedy=remedy)
