"""Tables that stand in PostgreSQL: one SELECT each, in one read-only snapshot."""

from __future__ import annotations

import hashlib
import os
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import polars as pl

from auction.errors import MissingExtraError
from auction.workspace.files.address import Address, is_clean
from auction.workspace.files.arrow import FIELD_TYPES, fields_of
from auction.workspace.files.raw import RawTable, hold_cells
from auction.workspace.sources import SETTINGS_FILE, Reading, TableSource
from residual.errors import Fault, InputError

if TYPE_CHECKING:
    from adbc_driver_manager.dbapi import Connection, Cursor

#: First words of a statement that only reads; the server enforces it.
_READING: Final = ("select", "with", "values", "table", "(")

#: How a driver that lost its server words it.
_LOST: Final = re.compile(r"terminating|server closed|no connection|connection .*(lost|closed)|EOF")

#: Where the server's own words end in a driver's message.
_AFTER: Final = re.compile(r"\bLINE \d+:|\bQuery was:|\bSQLSTATE:|\bDETAIL:|\bCONTEXT:|\bHINT:")

_STATE: Final = re.compile(r"SQLSTATE: (\w{5})")


class Databases:
    """The connections of one reading of a workspace, one a variable, each with its snapshot.

    Parameters
    ----------
    limits : Reading
        How much is read and how long a query may run.
    """

    def __init__(self, limits: Reading) -> None:
        self._limits = limits
        self._open: dict[str, tuple[Address, Connection]] = {}
        self._lost: dict[str, InputError] = {}

    def close(self) -> None:
        """End every snapshot and connection."""
        for _, connection in self._open.values():
            with suppress(Exception):
                connection.close()
        self._open.clear()

    def read(self, source: TableSource, setting: str) -> RawTable:
        """Read the result of a query.

        Parameters
        ----------
        source : TableSource
            Gives the query and the variable that holds the address.
        setting : str
            Dotted name of the table's section, for faults.

        Returns
        -------
        RawTable
            Rows sorted by all columns, so that the same data gives the same table in whatever
            order the server sends it; the digest is that of these rows.

        Raises
        ------
        InputError
            If the variable is not set, the server cannot be reached or ends the query, or the
            query is not one SELECT. No message holds the address or its password. Once a server
            is lost, the same error meets every further query.
        """
        query = _one_select(source.query or "", setting)
        if source.url_env in self._lost:
            raise self._lost[source.url_env]
        address, connection = self._connected(source, setting)
        try:
            frame = self._fetched(connection, query, source)
        except _driver_errors() as error:
            told = self._told(error, address, source, setting)
            if source.url_env not in self._lost:
                self._begin_anew(connection)
            raise told from None
        frame = _sorted(frame)
        return RawTable(frame, ("PostgreSQL",), _digest(frame))

    def _told(
        self, error: Exception, address: Address, source: TableSource, setting: str
    ) -> InputError:
        """Return what to say of a driver's error; remember a lost server."""
        words = address.scrubbed(_message(error))
        state = _state(error)
        lost = state[:2] == "08" or state[:3] == "57P" or _LOST.search(words) is not None
        if state == "57014" or "statement timeout" in words:
            seconds = self._limits.query_seconds
            remedy = f"reading.query_seconds = {seconds}: raise it or ask for less"
        elif lost:
            remedy = "the connection is lost: run again when the server is there"
        else:
            remedy = "mend the query"
        told = _fault(setting, "query", f"the database answers: {words}", remedy)
        if lost:
            self._lost[source.url_env] = told
        return told

    def _begin_anew(self, connection: Connection) -> None:
        """Leave a failed transaction: the next query is only looked at for its faults."""
        with suppress(*_driver_errors()):
            connection.rollback()
            with connection.cursor() as cursor:
                _begin(cursor, self._limits)

    def _connected(self, source: TableSource, setting: str) -> tuple[Address, Connection]:
        name = source.url_env
        if name not in self._open:
            address = Address(_from_environment(name, setting))
            try:
                self._open[name] = address, _connect(address, name, setting, self._limits)
            except InputError as error:
                self._lost[name] = error
                raise
        return self._open[name]

    def _fetched(self, connection: Connection, query: str, source: TableSource) -> pl.DataFrame:
        with connection.cursor() as cursor:
            given = f"(\n{query}\n) AS given"
            cursor.adbc_statement.set_sql_query(f"SELECT * FROM {given}")  # noqa: S608
            fields = fields_of(cursor.adbc_statement.execute_schema())
            names = [name for name, _ in fields]
            _hold_names(names, source)
            hold_cells(source.file, 0, len(fields), self._limits)
            most = self._limits.max_cells // max(len(fields), 1)
            chosen = ", ".join(
                _cast(number, kind) for number, (_, kind) in enumerate(fields, start=1)
            )
            places = ", ".join(f"c{number}" for number in range(1, len(fields) + 1))
            limit = f"LIMIT {most + 1}"
            cursor.execute(f"SELECT {chosen} FROM {given} ({places}) {limit}")  # noqa: S608
            frame = pl.DataFrame(cursor.fetch_arrow())
        hold_cells(source.file, frame.height, frame.width, self._limits)
        frame.columns = names
        return frame.with_columns(
            _number(frame[name]) for name, kind in fields if kind == "numeric"
        )


def _cast(number: int, kind: str) -> str:
    """Return a column in a type that comes over as it is."""
    place = f"c{number}"
    if kind == "timestamp":
        return f"{place}::date AS {place}"
    if kind == "timestamptz":
        return f"({place} AT TIME ZONE 'UTC')::date AS {place}"
    return place if kind in FIELD_TYPES.values() else f"{place}::text AS {place}"


def _number(values: pl.Series) -> pl.Series:
    """Return numeric values, which come as text, as whole numbers if all are, else as fractions."""
    whole = values.cast(pl.Int64, strict=False)
    exact = whole.null_count() == values.null_count()
    return whole if exact else values.cast(pl.Float64, strict=False)


def _sorted(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.sort(frame.columns, nulls_last=True) if frame.width else frame


def _digest(frame: pl.DataFrame) -> str:
    digest = hashlib.sha256(repr(list(frame.schema.items())).encode())
    for part in frame.iter_slices(100_000):
        for values in part.iter_columns():
            texts = values.to_physical().cast(pl.String)
            lengths = texts.str.len_bytes().cast(pl.Int64).fill_null(-1)
            digest.update(lengths.to_numpy().tobytes())
            digest.update(texts.str.join("").item().encode())
    return digest.hexdigest()


def _one_select(query: str, setting: str) -> str:
    bare = query.strip().rstrip(";").rstrip()
    words = _without_comments(bare).split(None, 1)
    if not words or not words[0].lower().startswith(_READING):
        remedy = "write one SELECT, or WITH … SELECT"
        raise _fault(setting, "query", "must be one SELECT", remedy)
    return bare


def _without_comments(query: str) -> str:
    text = query.lstrip()
    while text.startswith(("--", "/*")):
        end = "\n" if text.startswith("--") else "*/"
        text = text.partition(end)[2].lstrip()
    return text


def _from_environment(name: str, setting: str) -> str:
    url = os.environ.get(name, "").strip()
    remedy = f"set {name} to postgresql://user:password@host/database"
    if not url:
        rule = f"the environment variable {name} is not set"
        raise _fault(setting, "url_env", rule, remedy)
    if not url.startswith(("postgresql://", "postgres://")):
        rule = f"the environment variable {name} does not hold an address of PostgreSQL"
        raise _fault(setting, "url_env", rule, remedy)
    if not is_clean(url):
        rule = f"the environment variable {name} holds an address that can be read in two ways"
        remedy = "write /, @, :, ?, % and blanks of the password by their codes, such as %2F for /"
        raise _fault(setting, "url_env", rule, remedy)
    return url


def _driver_errors() -> tuple[type[Exception], ...]:
    from adbc_driver_manager import Error

    return (Error, pl.exceptions.PolarsError, OSError)


def _connect(address: Address, name: str, setting: str, limits: Reading) -> Connection:
    try:
        from adbc_driver_postgresql import dbapi
    except ImportError:
        raise MissingExtraError("postgres", f"reading {setting}") from None
    try:
        connection: Connection = dbapi.connect(address.with_patience())
        with connection.cursor() as cursor:
            _begin(cursor, limits)
    except _driver_errors() as error:
        rule = f"the database of {name} cannot be reached: {address.scrubbed(_message(error))}"
        remedy = "see to the server, the address and the password"
        raise _fault(setting, "url_env", rule, remedy) from None
    return connection


def _begin(cursor: Cursor, limits: Reading) -> None:
    """Open the snapshot: nothing can be written, all tables are of one moment."""
    for statement in (
        "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY",
        f"SET LOCAL statement_timeout = '{limits.query_seconds}s'",
        "SET LOCAL TimeZone = 'UTC'",
        "SET LOCAL DateStyle = 'ISO'",
    ):
        cursor.execute(statement)


def _message(error: BaseException) -> str:
    """Return the server's own words out of a driver's message, in one line."""
    text = str(error)
    for mark in ("ERROR:", "FATAL:", "failed:", "Failed to connect:", "[libpq]"):
        _, found, after = text.partition(mark)
        if found:
            text = after
            break
    return " ".join(_AFTER.split(text, maxsplit=1)[0].split()).strip(" .")


def _state(error: Exception) -> str:
    """Return the server's five letters for an error; empty if it sent none."""
    told = getattr(error, "sqlstate", None) or _STATE.search(str(error))
    return told if isinstance(told, str) else told[1] if told else ""


def _hold_names(names: list[str], source: TableSource) -> None:
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        rule = f"the query names {twice!r} twice"
        raise InputError([Fault(rule, file=source.file, remedy="name each column apart with AS")])


def _fault(setting: str, part: str, rule: str, remedy: str) -> InputError:
    column = f"{setting}.{part}"
    return InputError([Fault(rule, file=SETTINGS_FILE, column=column, remedy=remedy)])
