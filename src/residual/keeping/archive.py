"""The archive that a model is kept in: written whole, read without believing anything it says."""

from __future__ import annotations

import hashlib
import io
import json
import math
import os
import secrets
import struct
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, NoReturn

import numpy as np
from numpy.typing import NDArray

#: Bytes of a file and of its header, and parts: far beyond any model.
MOST_BYTES: Final = 2_000_000_000
MOST_HEADER: Final = 64_000_000
MOST_PARTS: Final = 20_000

_HEADER: Final = "header.json"
_DTYPES: Final = ("<f8", "<f4", "<i8", "<i4", "|b1", "|u1")
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
#: Of the zip format: a local header without a name.
_LOCAL: Final = 30
_DAMAGE: Final = (
    zipfile.BadZipFile, zipfile.LargeZipFile, ValueError, OSError, RuntimeError, EOFError,
    OverflowError, struct.error,
)  # fmt: skip
_Array = NDArray[Any]


class RefusedError(Exception):
    """A file that is not read, and why.

    Attributes
    ----------
    rule : str
        What it breaks.
    place : str or None
        Where.
    remedy : str or None
    """

    def __init__(self, rule: str, place: str | None = None, remedy: str | None = None) -> None:
        self.rule, self.place, self.remedy = rule, place or None, remedy
        super().__init__(rule)


def write_archive(path: Path, header: dict[str, Any], arrays: Sequence[_Array]) -> None:
    """Write a header and arrays to one file, whole or not at all.

    Raises
    ------
    OSError
        Where it cannot be written.
    """
    members = [_npy(array) for array in arrays]
    told = [
        {
            "dtype": array.dtype.str,
            "shape": list(array.shape),
            "order": "C" if array.flags.c_contiguous else "F",
            "sha256": hashlib.sha256(member).hexdigest(),
        }
        for array, member in zip(arrays, members, strict=True)
    ]
    text = json.dumps({**header, "arrays": told}, ensure_ascii=False, allow_nan=False)
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_STORED) as archive:
        for name, content in zip(_names(len(arrays)), [text.encode(), *members], strict=True):
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), content)
    _replace(path, whole.getbuffer())


def _names(arrays: int) -> list[str]:
    return [_HEADER, *(f"arrays/{place:05}.npy" for place in range(arrays))]


def _npy(array: _Array) -> bytes:
    if array.dtype.str not in _DTYPES:
        raise TypeError(f"an array of type {array.dtype} cannot be kept in a file")
    content = io.BytesIO()
    np.lib.format.write_array(content, array, version=(1, 0), allow_pickle=False)
    return content.getvalue()


def _replace(path: Path, content: memoryview) -> None:
    """Write aside, through to the disk, then rename."""
    aside = path.with_name(f".{path.name[:100]}.{os.getpid()}-{secrets.token_hex(4)}")
    try:
        handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def read_archive(
    path: Path, check: Callable[[dict[str, Any]], None]
) -> tuple[dict[str, Any], list[_Array]]:
    """Read a header and its arrays.

    Parameters
    ----------
    path : Path
    check : callable
        Raises RefusedError for a header of another format or version; called before the rest is
        read.

    Raises
    ------
    RefusedError
        Where the file is not as `write_archive` leaves it. As parts are not compressed, nothing
        can unpack to more than the file holds.
    """
    content = _content(path)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            _check_parts(parts, archive)
            header = _header(archive.read(_HEADER))
            check(header)
            told = header.get("arrays")
            if not isinstance(told, list):
                _refuse("its list of arrays is missing", "arrays")
            _check_names([part.filename for part in parts], _names(len(told)))
            members = (archive.read(name) for name in _names(len(told))[1:])
            return header, [_array(one, member) for one, member in zip(told, members, strict=True)]
    except _DAMAGE as error:
        words = "is no saved model" if not zipfile.is_zipfile(io.BytesIO(content)) else "is damaged"
        raise RefusedError(f"{words}: {str(error)[:100] or type(error).__name__}") from None


def _content(path: Path) -> bytes:
    if not path.is_file():
        _refuse("is no file" if path.exists() else "there is no such file", None, "name a file")
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            _refuse(f"has {size:,} bytes; no model has more than {MOST_BYTES:,}")
        return path.read_bytes()
    except OSError as error:
        words = error.strerror or str(error)
        raise RefusedError(f"cannot be read: {words}", None, "see to the file") from error


def _check_parts(parts: list[zipfile.ZipInfo], archive: zipfile.ZipFile) -> None:
    """Refuse what `write_archive` never makes: packed, hidden, overlapping or alien parts."""
    if len(parts) > MOST_PARTS:
        _refuse(f"has {len(parts):,} parts; no model has more than {MOST_PARTS:,}")
    if not parts or parts[0].filename != _HEADER:
        _refuse(f"is no saved model: {_HEADER} does not stand first")
    if archive.comment:
        _refuse("is damaged: it carries a comment")
    end = 0
    for part in parts:
        if part.compress_type != zipfile.ZIP_STORED or part.file_size != part.compress_size:
            _refuse("a part is compressed, as no part of a saved model is", part.filename[:80])
        if part.flag_bits & ~0x800 or part.extra or part.header_offset != end:
            _refuse("a part does not stand where it should", part.filename[:80])
        end += _LOCAL + len(part.filename.encode()) + part.file_size
    if end != archive.start_dir:
        _refuse("is damaged: something stands between its parts and their list")


def _check_names(found: list[str], expected: list[str]) -> None:
    for name in expected:
        if name not in found:
            _refuse("a part is missing", name)
    for name, right in zip(found, expected, strict=False):
        if name != right:
            _refuse("holds a part of another name than a saved model has", name[:80])
    if len(found) != len(expected):
        _refuse("holds a part that no saved model has", found[len(expected)][:80])


def _header(content: bytes) -> dict[str, Any]:
    if len(content) > MOST_HEADER:
        _refuse(f"has {len(content):,} bytes; no header has more than {MOST_HEADER:,}", _HEADER)
    try:
        header = json.loads(content.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise RefusedError("is no JSON of a saved model", _HEADER) from None
    if not isinstance(header, dict):
        _refuse("is no JSON object", _HEADER)
    return header


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


def _array(told: Any, member: bytes) -> _Array:
    """Return an array that is what the header says of it, in every bit."""
    if not isinstance(told, dict) or hashlib.sha256(member).hexdigest() != told.get("sha256"):
        _refuse("an array is not the one that was saved: its SHA-256 differs", "arrays")
    stream = io.BytesIO(member)
    try:
        plain = np.lib.format.read_magic(stream) == (1, 0)
        shape, by_columns, dtype = np.lib.format.read_array_header_1_0(stream)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        raise RefusedError("an array is not in NumPy's format", "arrays") from None
    order = "F" if by_columns else "C"
    if dtype.str not in _DTYPES or not plain:
        _refuse(f"an array has the type {dtype.str!s:.40}, which no model has", "arrays")
    if (dtype.str, list(shape), order) != (told.get("dtype"), told.get("shape"), told.get("order")):
        _refuse("an array has another type or shape than the header says", "arrays")
    data = member[stream.tell() :]
    if any(size < 0 for size in shape) or len(data) != dtype.itemsize * math.prod(shape):
        _refuse("an array has another size than its shape says", "arrays")
    flat: _Array = np.frombuffer(data, dtype=dtype).copy()
    return flat.reshape(shape, order="F" if by_columns else "C")


def _refuse(rule: str, place: str | None = None, remedy: str | None = None) -> NoReturn:
    raise RefusedError(rule, place, remedy)
