"""The footer of a Parquet file, read by ourselves: it may lie, and a reader that trusts it dies.

The footer is a Thrift struct in the compact protocol: a field is a byte of type and distance of its
number from the one before, integers are zigzag varints, and structs end in a zero byte.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any, Final

MAGIC: Final = b"PAR1"

#: Fields of FileMetaData, SchemaElement, RowGroup, ColumnChunk and ColumnMetaData that are used.
_SCHEMA, _ROWS, _GROUPS = 2, 3, 4
_CHILDREN = 5
_CHUNKS, _GROUP_ROWS = 1, 3
_CHUNK_META = 3
_VALUES, _UNPACKED, _PACKED = 5, 6, 7

#: Values and structs of a footer at most; a real one has some hundreds a column.
_MOST_VALUES: Final = 20_000_000

_DEEPEST_STRUCT: Final = 32


class FooterError(Exception):
    """The file has no footer that could be read."""


@dataclass(frozen=True, slots=True)
class Footer:
    """What a Parquet file promises.

    Parameters
    ----------
    rows, columns : int
        Size of the table; a nested column counts once for each of its leaves.
    depth : int
        Deepest nesting; 1 if every column is flat.
    packed, unpacked : int
        Bytes of all column chunks in the file and when unpacked.
    damaged : bool
        Whether figures contradict each other.
    """

    rows: int
    columns: int
    depth: int
    packed: int
    unpacked: int
    damaged: bool


def read_footer(content: bytes) -> Footer:
    """Read the footer of a Parquet file.

    Parameters
    ----------
    content : bytes
        The whole file.

    Returns
    -------
    Footer
        What it promises.

    Raises
    ------
    FooterError
        If there is none, or it is no Thrift.
    """
    if len(content) < 12 or content[:4] != MAGIC or content[-4:] != MAGIC:
        raise FooterError
    (length,) = struct.unpack("<I", content[-8:-4])
    if length > len(content) - 12:
        raise FooterError
    try:
        meta = _Thrift(content[len(content) - 8 - length : -8]).struct(0)
        return _footer(meta)
    except (IndexError, KeyError, TypeError, ValueError, struct.error, AttributeError):
        raise FooterError from None


def _footer(meta: dict[int, Any]) -> Footer:
    schema, groups, rows = meta[_SCHEMA], meta[_GROUPS], meta[_ROWS]
    leaves, depth = _shape(schema)
    chunks = [chunk[_CHUNK_META] for group in groups for chunk in group[_CHUNKS]]
    sizes = [(chunk[_VALUES], chunk[_UNPACKED], chunk[_PACKED]) for chunk in chunks]
    negative = rows < 0 or any(min(size) < 0 for size in sizes)
    told = sum(group[_GROUP_ROWS] for group in groups)
    widths = {len(group[_CHUNKS]) for group in groups}
    return Footer(
        rows=max(rows, told, *(values for values, _, _ in sizes), 0),
        columns=leaves,
        depth=depth,
        packed=sum(packed for _, _, packed in sizes),
        unpacked=sum(unpacked for _, unpacked, _ in sizes),
        damaged=negative or told != rows or not widths <= {leaves},
    )


def _shape(schema: list[dict[int, Any]]) -> tuple[int, int]:
    """Return the number of leaves of a schema, written parents first, and its depth."""
    open_children = [schema[0].get(_CHILDREN, 0)]
    leaves = depth = 0
    for element in schema[1:]:
        while open_children and open_children[-1] == 0:
            open_children.pop()
        open_children[-1] -= 1
        depth = max(depth, len(open_children))
        if element.get(_CHILDREN):
            open_children.append(element[_CHILDREN])
        else:
            leaves += 1
    return leaves, depth


class _Thrift:
    """A reader of the compact protocol."""

    __slots__ = ("at", "content", "left")

    def __init__(self, content: bytes) -> None:
        self.content, self.at, self.left = content, 0, _MOST_VALUES

    def struct(self, depth: int) -> dict[int, Any]:
        if depth > _DEEPEST_STRUCT:
            raise ValueError
        fields: dict[int, Any] = {}
        number = 0
        while head := self._byte():
            number = number + (head >> 4) if head >> 4 else self._integer()
            fields[number] = self._value(head & 15, depth)
        return fields

    def _byte(self) -> int:
        self.at += 1
        return self.content[self.at - 1]

    def _varint(self) -> int:
        value = shift = 0
        while True:
            byte = self._byte()
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            shift += 7
            if shift > 70:
                raise ValueError

    def _integer(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)

    def _value(self, kind: int, depth: int) -> Any:
        self.left -= 1
        if self.left < 0:
            raise ValueError
        if kind in (1, 2):
            return kind == 1
        if kind == 3:
            return self._byte()
        if kind in (4, 5, 6):
            return self._integer()
        if kind == 7:
            self.at += 8
            return None
        if kind == 8:
            return self._skip_binary()
        if kind in (9, 10):
            return self._list(depth)
        if kind == 12:
            return self.struct(depth + 1)
        raise ValueError

    def _skip_binary(self) -> None:
        length = self._varint()
        self.at += length
        if self.at > len(self.content):
            raise ValueError

    def _list(self, depth: int) -> list[Any]:
        head = self._byte()
        count = head >> 4 if head >> 4 < 15 else self._varint()
        kind = head & 15
        if count > len(self.content) - self.at:
            raise ValueError
        if kind in (1, 2):
            return [self._byte() == 1 for _ in range(count)]
        return [self._value(kind, depth + 1) for _ in range(count)]
