"""Propose what foreign files are: the table, the mapping of its columns, what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from auction.intake.country import Country, country_of
from auction.intake.evidence import Evidence, gather
from auction.intake.fitting import fit
from auction.intake.proposal import ColumnProposal, Proposal, TableProposal
from auction.intake.reviewing import missing_files, review_of
from auction.intake.scales import scale_of
from auction.intake.synonyms import meanings, plain, table_words
from auction.tables import SCHEMAS
from auction.workspace.files import EXCEL_SUFFIXES, read_content, read_raw
from auction.workspace.sources import Reading, TableSource

#: Share of the required columns that a file must show to be taken for a table.
_ENOUGH: Final = 0.5
#: A table that requires no more columns than this must show them all.
_FEW: Final = 3
#: A header that speaks more faintly of a column than this is passed over.
_FAINT: Final = 0.45
#: What the name of the file adds to the score of a table.
_NAMED: Final = 1.5

Columns = Mapping[str, Evidence]
_Likeness = tuple[float, list[ColumnProposal]]


def propose(
    files: Sequence[Path],
    as_of: date | None = None,
    *,
    sheet: str | None = None,
    header_row: int = 1,
) -> Proposal:
    """Propose a workspace for foreign files.

    Parameters
    ----------
    files : sequence of Path
        CSV, Parquet or Excel.
    as_of : date, optional
        Planning date; by default the day after the last one that any past offering tells.
    sheet : str, optional
        Sheet of the Excel files; needed where one has several.
    header_row : int
        Row of the files that holds the column names, the first being 1.

    Returns
    -------
    Proposal

    Raises
    ------
    InputError
        Where a file cannot be read.
    """
    read = [_read(path, sheet, header_row) for path in files]
    countries = [country_of(file.columns) for file in read]
    country = next((found for found in countries if found.code), Country())
    owns = [own if own.code else country for own in countries]
    likenesses = [_likenesses(file, own) for file, own in zip(read, owns, strict=True)]
    chosen = _choose(likenesses)
    tables = [
        _table(file, likeness, name)
        for file, likeness, name in zip(read, likenesses, chosen, strict=True)
    ]
    day, why = (as_of, "as asked for") if as_of else _planning_date(tables, read)
    return Proposal(
        tables=tuple(tables),
        as_of=day,
        as_of_why=why,
        currency=country.currency,
        currency_why=country.why,
        review=missing_files(tables, countries, day),
    )


@dataclass(frozen=True, slots=True)
class _File:
    """A file that was read: evidence by header, and how it is written."""

    path: Path
    columns: Columns
    sheet: str | None
    header_row: int
    read_as: tuple[str, ...]
    rows: int
    marks: tuple[str, ...]


def _read(path: Path, sheet: str | None, header_row: int) -> _File:
    limits = Reading()
    content = read_content(path, path.name, limits.max_megabytes)
    own = sheet if path.suffix.lower() in EXCEL_SUFFIXES else None
    source = TableSource(file=path.name, sheet=own, header_row=header_row)
    raw = read_raw(content.data, source, limits)
    columns, style = gather(raw.frame)
    marks = () if style is None else (style.decimal, style.thousands)
    return _File(path, columns, own, header_row, raw.read_as, raw.frame.height, marks)


def _likenesses(file: _File, country: Country) -> dict[str, _Likeness]:
    """Return how much a file is like each of our tables that it could be."""
    named = table_words(file.path.stem)
    found = {}
    for name in SCHEMAS:
        mapped = _columns(name, file.columns, country)
        if _enough(name, mapped):
            found[name] = (_score(name, mapped) + (_NAMED if name in named else 0.0), mapped)
    return found


def _choose(likenesses: Sequence[Mapping[str, _Likeness]]) -> list[str | None]:
    """Give each file a table of its own, the best likeness first, whatever their order."""
    chosen: list[str | None] = [None] * len(likenesses)
    pairs = [
        (-score, number, name)
        for number, likeness in enumerate(likenesses)
        for name, (score, _) in likeness.items()
    ]
    for _, number, name in sorted(pairs):
        if chosen[number] is None and name not in chosen:
            chosen[number] = name
    return chosen


def _table(file: _File, likeness: Mapping[str, _Likeness], name: str | None) -> TableProposal:
    columns = file.columns
    best = max(likeness, key=lambda table: likeness[table][0], default=None)
    if name is None:
        why = "its columns are like those of none of our tables"
        if best is not None:
            why = f"it is like {best}, for which another file was taken: put the two into one"
        return TableProposal(
            file.path, None, why, left=tuple(columns), read_as=file.read_as, rows=file.rows
        )
    mapped = likeness[name][1]
    used = {column.owner for column in mapped}
    named = ", and its name says so" if name in table_words(file.path.stem) else ""
    doubt = f"it is more like {best}, for which another file was taken: is it {name}?"
    return TableProposal(
        source=file.path,
        table=name,
        why=f"{sum(column.taken for column in mapped)} of its {len(columns)} columns fit{named}",
        columns=tuple(mapped),
        left=tuple(header for header in columns if header not in used),
        review=((doubt,) if best != name else ()) + review_of(name, mapped, columns),
        read_as=file.read_as,
        rows=file.rows,
        marks=file.marks,
        sheet=file.sheet,
        header_row=file.header_row,
    )


def _enough(name: str, mapped: Iterable[ColumnProposal]) -> bool:
    required = {ours for ours, column in SCHEMAS[name].columns().items() if not column.nullable}
    if len(required) <= _FEW:
        return required <= {column.ours for column in mapped}
    return len(required & {column.ours for column in mapped if column.taken}) >= _ENOUGH * len(
        required
    )


def _score(name: str, mapped: Iterable[ColumnProposal]) -> float:
    """Return how much speaks for a table: columns that fit count, required ones missing cost."""
    known = SCHEMAS[name].columns()
    found = {column.ours: column.confidence for column in mapped}
    score = sum(found.values())
    for ours, column in known.items():
        if not column.nullable:
            score += found.get(ours, 0.0) if ours in found else -1.0
    return score


def _columns(name: str, columns: Columns, country: Country) -> list[ColumnProposal]:
    """Give each of our columns the header that suits it best, each header once."""
    schema = SCHEMAS[name].columns()
    candidates = []
    for place, (header, evidence) in enumerate(columns.items()):
        for ours, weight in meanings(header).items():
            if ours not in schema or weight < _FAINT:
                continue
            suits, why = fit(name, ours, schema[ours], evidence)
            unit, certain, unit_why = scale_of(ours, evidence, country, name)
            confidence = weight * suits * certain
            if suits > 0.0:
                told = "; ".join(part for part in (_named(header, ours), unit_why or why) if part)
                candidates.append(
                    (-confidence, list(schema).index(ours), place, header, told, unit)
                )
    found: dict[str, ColumnProposal] = {}
    used: set[str] = set()
    for confidence, number, _, header, told, unit in sorted(candidates, key=lambda c: c[:3]):
        ours = list(schema)[number]
        if ours not in found and header not in used:
            found[ours] = ColumnProposal(ours, header, round(-confidence, 2), told, unit)
            used.add(header)
    return [found[ours] for ours in schema if ours in found]


def _named(header: str, ours: str) -> str:
    return "same name" if plain(header) == plain(ours) else "name"


def _planning_date(
    tables: Sequence[TableProposal], read: Sequence[_File]
) -> tuple[date | None, str]:
    last: date | None = None
    for table, file in zip(tables, read, strict=True):
        for ours in ("offered_on", "closed_on") if table.table == "sales" else ():
            day = file.columns[table.mapped[ours]].last_date if ours in table.mapped else None
            last = max(filter(None, (last, day)), default=None)
    if last is None:
        return None, "no past offering tells a date"
    return last + timedelta(days=1), "the day after the last date of past offerings"
