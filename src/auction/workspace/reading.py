"""Read a workspace as a whole: every fault at once, or frames that can be relied on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final

import polars as pl

from auction.tables import SCHEMAS
from auction.workspace.check import cross_faults
from auction.workspace.config import Config
from auction.workspace.contents import CheckReport, TableCounts, Workspace
from auction.workspace.defaults import defaults_used
from auction.workspace.files import locate, read_raw
from auction.workspace.mapping import feature_frames
from auction.workspace.rows import ROW, TableRead, type_table
from auction.workspace.rules import apply_rules, duplicate_faults, leave_out_beyond
from auction.workspace.settings import parse_config
from auction.workspace.sources import SETTINGS_FILE
from residual.errors import Fault, InputError

#: Row faults told one by one when a table is refused; all of them stand in ``rejected``.
ROWS_TOLD: Final = 100


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
    root = Path(path)
    reading = _read(root, as_of, seed)
    if reading.faults or reading.config is None:
        raise InputError(reading.faults)
    frames = {
        name: reading.tables[name].frame if name in reading.tables else schema.create_empty()
        for name, schema in SCHEMAS.items()
    }
    feature_frames(frames, SCHEMAS)
    return Workspace(
        path=root,
        config=reading.config,
        tables={name: frame.drop(ROW, strict=False) for name, frame in frames.items()},
        rejected=_rejected(reading),
        input_hashes=reading.hashes,
        counts=_counts(reading),
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
    reading = _read(Path(path), as_of, None)
    return CheckReport(
        faults=tuple(reading.faults),
        counts=_counts(reading),
        rejected=_rejected(reading),
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
    for name in config.tables.given():
        try:
            _read_table(name, root, config, reading)
        except InputError as error:
            reading.faults += error.faults
    for table in reading.tables.values():
        _check_rows(table, config.as_of, reading)
    reading.faults += cross_faults(reading.tables, config)
    for table in reading.tables.values():
        reading.faults += _share_faults(table, config.rejects.max_share)
    reading.faults += _empty_faults(reading)
    return reading


def _bytes(path: Path, name: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        rule = f"cannot be read: {error.strerror or error}"
        raise InputError([Fault(rule, file=name, remedy="see to its name and rights")]) from None


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
            raise InputError([Fault("must be from 0 to 2**63 - 1", column="seed", value=str(seed))])
        changed["seed"] = seed
    return config.model_copy(update=changed)


def _day(as_of: date | str) -> date:
    if isinstance(as_of, date):
        return as_of
    try:
        return date.fromisoformat(as_of)
    except ValueError:
        fault = Fault(
            "must be a date written as YYYY-MM-DD", column="as_of", value=as_of, remedy="mend it"
        )
        raise InputError([fault]) from None


def _read_table(name: str, root: Path, config: Config, reading: _Reading) -> None:
    source = config.tables.given()[name]
    path, fault = locate(root, source, f"tables.{name}")
    if path is None:
        reading.faults += [fault] if fault else []
        return
    content = _bytes(path, source.file)
    reading.hashes[source.file] = _hash(content)
    table, faults = type_table(name, source, read_raw(content, source), config)
    reading.faults += faults
    if not faults:
        reading.tables[name] = table


def _check_rows(table: TableRead, as_of: date, reading: _Reading) -> None:
    leave_out_beyond(table, as_of)
    apply_rules(table, as_of)
    reading.faults += duplicate_faults(table)
    table.drop_rejected()


def _share_faults(table: TableRead, limit: float) -> list[Fault]:
    bad, considered = table.rejected_rows, table.rejected_rows + table.frame.height
    if bad <= limit * considered:
        return []
    rule = (
        f"{bad} of {considered} rows are at fault, more than rejects.max_share = {limit:g} allows"
    )
    told = table.row_faults(ROWS_TOLD)
    more = table.rejected.height - len(told)
    remedy = "mend the rows told next" + (f" and {more} further faults" if more else "")
    return [Fault(rule, file=table.file, remedy=remedy), *told]


def _empty_faults(reading: _Reading) -> list[Fault]:
    wanted = (("vehicles", "holds no vehicle to plan for"), ("sales", "holds no past offering"))
    return [
        Fault(
            f"{rule} after {_losses(reading.tables[name])}",
            file=reading.tables[name].file,
            remedy="add rows or mend as_of",
        )
        for name, rule in wanted
        if name in reading.tables and reading.tables[name].frame.is_empty()
    ]


def _losses(table: TableRead) -> str:
    parts: Iterable[str] = (f"{count} {reason}" for reason, count in table.excluded.items())
    return ", ".join([f"{table.read} read", *parts, f"{table.rejected_rows} set aside"])


def _rejected(reading: _Reading) -> dict[str, pl.DataFrame]:
    return {
        name: table.rejected
        for name, table in reading.tables.items()
        if not table.rejected.is_empty()
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
        )
        for name, table in reading.tables.items()
    }
