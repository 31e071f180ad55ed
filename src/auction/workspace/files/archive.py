"""What an .xlsx file unpacks to, found out bit by bit before anything believes its directory."""

from __future__ import annotations

import codecs
import html
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

STEP: Final = 1 << 20

#: Parts of a workbook; a real one has some dozens.
MOST_PARTS: Final = 5_000

_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#: A cell's tag, the column and the row of a cell's or a row's address.
_CELL: Final = re.compile(rb"<(?:\w+:)?c[\s/>]")
_COLUMN: Final = re.compile(rb'\sr="([A-Z]{1,7})[0-9]')
_ROW: Final = re.compile(rb'\sr="[A-Z]{0,7}([0-9]{1,12})"')

#: A cell in error, with what it says; its address.
_ERROR: Final = re.compile(
    rb'<(?:\w+:)?c(?>(\s[^>]*?\st="e"[^>]*+))>'  # atomic: no tag can make it go back and forth
    rb"(?:<(?:\w+:)?f(?>[^>]*+)>(?:[^<]*+</(?:\w+:)?f>)?)?<(?:\w+:)?v>([^<]{1,40})<"
)
_ADDRESS: Final = re.compile(rb'\sr="([A-Z]{1,3})([0-9]{1,7})"')

_SHEET: Final = re.compile(r"<(?:\w+:)?sheet\s([^>]*)>")
_RELATION: Final = re.compile(r"<(?:\w+:)?Relationship\s([^>]*)>")
_ATTRIBUTE: Final = re.compile(r'(?:\w+:)?(\w+)="([^"]*)"')

#: Cells in error that are kept in mind.
MOST_ERRORS: Final = 100_000

#: How many texts a part says it holds: a reader makes room for them before it looks.
_TEXTS: Final = re.compile(rb"""uniqueCount\s*=\s*["']([0-9]{1,20})""")

#: Bytes of the shortest text, ``<si/>``.
_SHORTEST: Final = 5


class ArchiveError(Exception):
    """A workbook cannot be opened safely; the message says why."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a workbook that is a sheet.

    Parameters
    ----------
    name : str
        Its place in the archive.
    rows, columns : int
        Last row and column that it names: a reader lays it out in full up to there.
    errors : tuple of (int, int, str)
        Row, column and text of cells in error, such as #DIV/0!; a reader passes them over.
    """

    name: str
    rows: int
    columns: int
    errors: tuple[tuple[int, int, str], ...] = ()


def hold_archive(content: bytes, most_bytes: int) -> list[Part]:
    """Unpack a workbook piece by piece, keeping nothing.

    Parameters
    ----------
    content : bytes
        The whole file.
    most_bytes : int
        What it may unpack to.

    Returns
    -------
    list of Part
        Its sheets.

    Raises
    ------
    ArchiveError
        If it is no archive, is encrypted, has too many or overlapping parts, lies about their
        sizes, or unpacks to too much.
    """
    if content.startswith(_OLE):
        raise ArchiveError("is an old .xls file or protected by a password")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, RuntimeError):
        # The last is what the library says of a version of the format that it cannot read.
        raise ArchiveError("is not an Excel workbook") from None
    _hold_directory(parts, len(content), most_bytes)
    left = most_bytes
    sheets = []
    for part in parts:
        inside = _Reading()
        for piece in _unpacked(content, part):
            left -= len(piece)
            if left < 0:
                raise ArchiveError(f"unpacks to more than {most_bytes // 1_000_000} MB")
            inside.feed(piece)
        if inside.is_sheet():
            errors = tuple(inside.errors)
            sheets.append(Part(part.filename, inside.rows, inside.columns, errors))
    return sheets


class _Reading:
    """What a part of a workbook promises: cells, if it is a sheet, or texts."""

    def __init__(self) -> None:
        self.sheet = False
        self.errors: list[tuple[int, int, str]] = []
        self.size = self.texts = 0
        self.cells = self.addressed = self.rows = self.columns = 0
        self.rest = b""

    def feed(self, piece: bytes) -> None:
        """Take in the next piece, up to its last whole tag."""
        if not self.size and piece.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise ArchiveError("is damaged")
        self.size += len(piece)
        text = self.rest + piece
        end = text.rfind(b">") + 1
        self.rest = text[end:][-STEP:]
        text = text[:end]
        self.sheet = self.sheet or b"sheetData" in text
        if b"<" not in text:
            return
        self.texts = max(self.texts, *map(int, _TEXTS.findall(text)), 0)
        self._note_errors(text)
        columns = _COLUMN.findall(text)
        self.cells += len(_CELL.findall(text))
        self.addressed += len(columns)
        self.columns = max(self.columns, *map(_number, set(columns)), 0)
        self.rows = max(self.rows, *map(int, set(_ROW.findall(text))), 0)

    def is_sheet(self) -> bool:
        """Tell whether the part is a sheet; refuse absent texts and cells without an address."""
        if self.texts * _SHORTEST > self.size:
            raise ArchiveError("promises more texts than it holds")
        if self.sheet and self.cells > self.addressed:
            raise ArchiveError("has cells that do not tell their place")
        return self.sheet

    def _note_errors(self, text: bytes) -> None:
        for found in _ERROR.finditer(text) if b't="e"' in text else ():
            place = _ADDRESS.search(found[1])
            if place and len(self.errors) < MOST_ERRORS:
                told = found[2].decode("ascii", "replace")
                self.errors.append((int(place[2]), _number(place[1]), told))


def _hold_directory(parts: list[zipfile.ZipInfo], size: int, most_bytes: int) -> None:
    if any(part.flag_bits & 1 for part in parts):
        raise ArchiveError("is protected by a password")
    if not any(part.filename == "xl/workbook.xml" for part in parts):
        raise ArchiveError("is not an Excel workbook")
    if len(parts) > MOST_PARTS:
        raise ArchiveError(f"has {len(parts):,} parts, as no workbook has")
    if sum(part.file_size for part in parts) > most_bytes:
        raise ArchiveError(f"unpacks to more than {most_bytes // 1_000_000} MB")
    end = 0
    for part in sorted(parts, key=lambda part: part.header_offset):
        if part.header_offset < end or part.header_offset + part.compress_size > size:
            raise ArchiveError("has parts that overlap")
        end = part.header_offset + 30 + part.compress_size


def _unpacked(content: bytes, part: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield the bytes of a part as the stream itself holds them, whatever the directory says."""
    start = part.header_offset
    name, extra = content[start + 26 : start + 28], content[start + 28 : start + 30]
    start += 30 + int.from_bytes(name, "little") + int.from_bytes(extra, "little")
    packed = content[start : start + part.compress_size]
    if part.compress_type == zipfile.ZIP_STORED:
        yield packed
        return
    if part.compress_type != zipfile.ZIP_DEFLATED:
        raise ArchiveError("is packed in a way that Excel does not use")
    engine = zlib.decompressobj(-15)
    try:
        for at in range(0, len(packed), STEP // 16):
            waiting = packed[at : at + STEP // 16]
            while waiting and not engine.eof:
                yield engine.decompress(waiting, STEP)
                waiting = engine.unconsumed_tail
    except zlib.error:
        raise ArchiveError("is damaged") from None
    if not engine.eof:
        raise ArchiveError("is damaged")


def _number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def sheet_places(content: bytes) -> dict[str, str]:
    """Return in which part of a workbook each sheet stands.

    Parameters
    ----------
    content : bytes
        The whole file, held by ``hold_archive`` before.

    Returns
    -------
    dict
        Name of the sheet to name of the part.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        book = archive.read("xl/workbook.xml").decode("utf-8", "replace")
        links = archive.read("xl/_rels/workbook.xml.rels").decode("utf-8", "replace")
    targets = {
        told["Id"]: told["Target"]
        for told in map(_attributes, _RELATION.findall(links))
        if {"Id", "Target"} <= set(told)
    }
    places = {}
    for told in map(_attributes, _SHEET.findall(book)):
        target = targets.get(told.get("id", ""), "")
        places[told.get("name", "")] = f"xl/{target.removeprefix('/').removeprefix('xl/')}"
    return places


def _attributes(tag: str) -> dict[str, str]:
    return {name: html.unescape(value) for name, value in _ATTRIBUTE.findall(tag)}
