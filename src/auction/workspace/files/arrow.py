"""Names and types of a result's columns, read from the C structure that Arrow passes on."""

from __future__ import annotations

import ctypes
import json
import struct
from typing import Any, Final

#: Types that come over as they are, by Arrow's code.
FIELD_TYPES: Final[dict[str, str]] = {
    "b": "bool",
    "s": "int2",
    "i": "int4",
    "l": "int8",
    "f": "float4",
    "g": "float8",
    "u": "text",
    "tdD": "date",
}


class _Schema(ctypes.Structure):
    """``ArrowSchema`` of the Arrow C data interface."""


_Schema._fields_ = [
    ("format", ctypes.c_char_p),
    ("name", ctypes.c_char_p),
    ("metadata", ctypes.c_void_p),
    ("flags", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("children", ctypes.POINTER(ctypes.POINTER(_Schema))),
    ("dictionary", ctypes.POINTER(_Schema)),
    ("release", ctypes.c_void_p),
    ("private_data", ctypes.c_void_p),
]


def fields_of(handle: Any) -> list[tuple[str, str]]:
    """Return the name and type of each column of a result.

    Parameters
    ----------
    handle : ArrowSchemaHandle
        As a driver returns it; it stays the owner of the memory.

    Returns
    -------
    list of (str, str)
        The type is one of ``FIELD_TYPES``, ``timestamp``, ``timestamptz``, ``numeric`` or
        ``other``.
    """
    schema = _Schema.from_address(handle.address)
    fields = []
    for number in range(schema.n_children):
        field = schema.children[number].contents
        code = field.format.decode()
        name = (field.name or b"").decode()
        fields.append((name, _kind(code, _metadata(field.metadata))))
    return fields


def _kind(code: str, metadata: dict[str, str]) -> str:
    if "ARROW:extension:name" in metadata:
        told = json.loads(metadata.get("ARROW:extension:metadata", "") or "{}")
        return "numeric" if told.get("type_name") == "numeric" else "other"
    if code.startswith("ts"):
        return "timestamptz" if code.partition(":")[2] else "timestamp"
    return FIELD_TYPES.get(code, "other")


def _metadata(address: int | None) -> dict[str, str]:
    """Return the pairs of a field's metadata: counts and lengths are 32-bit integers."""
    if not address:
        return {}
    at = address

    def number() -> int:
        nonlocal at
        (value,) = struct.unpack("=i", ctypes.string_at(at, 4))
        at += 4
        return int(value)

    def text() -> str:
        nonlocal at
        length = number()
        raw = ctypes.string_at(at, length)
        at += length
        return raw.decode()

    return {text(): text() for _ in range(number())}
