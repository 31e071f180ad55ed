"""Read a workspace as a whole: every fault at once, or frames that can be relied on."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final

import polars as pl

from auction.tables import SCHEMAS
from auction.workspace.config import FIRST_DAY, LAST_DAY, Config
from auction.workspace.contents import CheckReport, TableCounts, Workspace
from auction.workspace.defaults import defaults_used
from auction.workspace.files import Databases, read_source
from auction.workspace.judging import judge
from auction.workspace.lines import lines_of, told_faults
from auction.workspace.mapping import feature_frames
from auction.workspace.rows import ROW, TableRead, type_table
from auction.workspace.settings import parse_config
from auction.workspace.sources import SETTINGS_FILE
from residual.errors import Fault, InputError

#: Bytes that a file of settings may hold.
MOST_SETTINGS: Final = 1_000_000


@dataclass(slots=True)
class _Reading:
    config: Config | None = None
    tables: dict[str, TableRead] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    hashes: dict[str, str] = field(default_factory=dict)


def load_workspace(
    path: str | Path, *, as_of: date | str | None = None, seed: int | None = None
) -> Workspace:
    """Read and check a workspace.

    Parameters
    ----------
    path : str or Path
        Folder that holds ``disposal.toml``.
    as_of : date or str, optional
        Planning date in place of the one in the settings, ISO if text.
    seed : int, optional
        Seed in place of the one in the settings.

    Returns
    -------
    Workspace
        Typed frames. Rows at fault are set aside in ``rejected``; nothing is written.

    Raises
    ------
    InputError
        With every fault that stops a run, over all files.
    """
    report, workspace = read_workspace(path, as_of=as_of, seed=seed)
    if workspace is None:
        raise InputError(report.faults)
    return workspace


def read_workspace(
    path: str | Path, *, as_of: date | str | None = None, seed: int | None = None
) -> tuple[CheckReport, Workspace | None]:
    """Read and check a workspace, faults or not.

    Parameters
    ----------
    path, as_of, seed
        As for ``load_workspace``.

    Returns
    -------
    report : CheckReport
        What was found.
    workspace : Workspace or None
        The workspace; None where a run cannot start.
    """
    root = Path(path)
    reading = _read(root, as_of, seed)
    report = _report(reading)
    if reading.config is None or not report.ok:
        return report, None
    return report, _workspace(root, reading, reading.config, report)


def _workspace(root: Path, reading: _Reading, config: Config, report: CheckReport) -> Workspace:
    frames = {
        name: reading.tables[name].frame if name in reading.tables else schema.create_empty()
        for name, schema in SCHEMAS.items()
    }
    feature_frames(frames, SCHEMAS)
    return Workspace(
        path=root,
        config=config,
        tables={name: frame.drop(ROW, strict=False) for name, frame in frames.items()},
        rejected=report.rejected,
        originals=report.originals,
        input_hashes=reading.hashes,
        counts=report.counts,
        warnings=report.warnings,
    )


def check_workspace(path: str | Path, *, as_of: date | str | None = None) -> CheckReport:
    """Check a workspace and change nothing.

    Parameters
    ----------
    path : str or Path
        Folder that holds ``disposal.toml``.
    as_of : date or str, optional
        Planning date in place of the one in the settings.

    Returns
    -------
    CheckReport
        Faults, counts, rows set aside and defaults; it never raises for faults of the input.
    """
    return read_workspace(path, as_of=as_of)[0]


def _report(reading: _Reading) -> CheckReport:
    lines = lines_of(reading.faults, reading.tables)
    rejected = _rejected(reading)
    return CheckReport(
        faults=told_faults(lines),
        lines=lines,
        counts=_counts(reading),
        rejected=rejected,
        originals={
            name: reading.tables[name].original(told["row"]) for name, told in rejected.items()
        },
        defaults=() if reading.config is None else tuple(defaults_used(reading.config)),
    )


def _read(root: Path, as_of: date | str | None, seed: int | None) -> _Reading:
    reading = _Reading()
    if not root.is_dir():
        remedy = "name the folder that holds disposal.toml"
        reading.faults.append(Fault("is not a folder", file=str(root), remedy=remedy))
        return reading
    try:
        config = _settings(root, reading, as_of, seed)
    except InputError as error:
        reading.faults += error.faults
        return reading
    reading.config = config
    databases = Databases(config.reading)
    try:
        for name in config.tables.given():
            try:
                _read_table(name, root, config, reading, databases)
            except InputError as error:
                reading.faults += [fault for fault in error.faults if fault not in reading.faults]
    finally:
        databases.close()
    reading.faults += judge(reading.tables, config)
    return reading


def _bytes(path: Path, name: str) -> bytes:
    remedy = "see to its name and rights"
    try:
        if path.exists() and not path.is_file():
            # A pipe would be waited at for ever, a device read without end.
            raise InputError([Fault("is not a file", file=name, remedy=remedy)])
        if path.stat().st_size > MOST_SETTINGS:
            rule = f"holds more than {MOST_SETTINGS:,} bytes"
            raise InputError([Fault(rule, file=name, remedy="shorten it")])
        return path.read_bytes()
    except OSError as error:
        rule = f"cannot be read: {error.strerror or error}"
        raise InputError([Fault(rule, file=name, remedy=remedy)]) from None


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _settings(root: Path, reading: _Reading, as_of: date | str | None, seed: int | None) -> Config:
    content = _bytes(root / SETTINGS_FILE, SETTINGS_FILE)
    reading.hashes[SETTINGS_FILE] = _hash(content)
    config = parse_config(content)
    changed: dict[str, object] = {}
    if as_of is not None:
        changed["as_of"] = _day(as_of)
    if seed is not None:
        if not 0 <= seed < 2**63:
            rule = "must be from 0 to 2**63 - 1"
            raise InputError([Fault(rule, column="seed", value=str(seed), remedy="mend it")])
        changed["seed"] = seed
    return config.model_copy(update=changed)


def _day(as_of: date | str) -> date:
    try:
        day = as_of if isinstance(as_of, date) else date.fromisoformat(as_of)
    except ValueError:
        rule = "must be a date written as YYYY-MM-DD"
    else:
        if FIRST_DAY <= day <= LAST_DAY:
            return day
        rule = f"must lie from {FIRST_DAY} to {LAST_DAY}"
    raise InputError([Fault(rule, column="as_of", value=str(as_of), remedy="mend it")])


def _read_table(
    name: str, root: Path, config: Config, reading: _Reading, databases: Databases
) -> None:
    source = config.tables.given()[name]
    raw = read_source(root, source, f"tables.{name}", config.reading, databases)
    reading.hashes[source.file] = raw.digest
    table, faults = type_table(name, source, raw, config)
    reading.faults += faults
    if not faults:
        reading.tables[name] = table


def _rejected(reading: _Reading) -> dict[str, pl.DataFrame]:
    return {
        name: table.bad_lines for name, table in reading.tables.items() if table.bad_lines.height
    }


def _counts(reading: _Reading) -> dict[str, TableCounts]:
    return {
        name: TableCounts(
            read=table.read,
            kept=table.frame.height,
            rejected=table.rejected_rows,
            excluded=dict(table.excluded),
            unused_columns=tuple(
                column for column in table.raw.columns if column not in table.columns.values()
            ),
            read_as=table.read_as,
        )
        for name, table in reading.tables.items()
    }
