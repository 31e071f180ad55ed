"""From the bytes of a text file to UTF-8: which encoding they prove, and what refuses them."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

from auction.workspace.sources import TableSource
from residual.errors import Fault, InputError

#: Bytes decoded at a time.
STEP: Final = 1 << 20

#: Runs of bytes beyond ASCII that are looked at to tell encodings apart.
SAMPLE: Final = 20_000

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

#: A run of high bytes with the byte after it.
_RUN: Final = re.compile(rb"([\x80-\xff]+)([\x00-\x7f]?)")

#: Signs of cp1252 that real text holds beside letters.
_SIGNS: Final = "€£¥§°²³½¼¾®™©«»·•…–—‘’“”\u00a0"


def to_utf8(content: bytes, source: TableSource) -> tuple[bytes, str]:
    """Turn the bytes of a text file into UTF-8.

    Parameters
    ----------
    content : bytes
        The file.
    source : TableSource
        Names the file and, unless it says ``detect``, its encoding.

    Returns
    -------
    content : bytes
        The text in UTF-8 without byte order mark.
    encoding : str
        The encoding it had.

    Raises
    ------
    InputError
        If the bytes are not of the encoding stated, do not prove one, or hold NUL.
    """
    marked = next((mark for mark in _MARKS if content.startswith(mark[0])), None)
    encoding: str = source.encoding
    if encoding == "detect":
        encoding = marked[1] if marked else _detected(content, source)
    elif encoding == "utf-16":
        encoding = marked[1] if marked else "utf-16-le"
    if marked and marked[1] == encoding:
        content = content[len(marked[0]) :]
    text = _checked(content, source, encoding)
    nul = text.find(b"\0")
    if nul >= 0:
        line = text.count(b"\n", 0, nul) + 1
        rule = f"holds NUL characters, the first in line {line}: it is no text"
        remedy = "save it as CSV in UTF-8; if it is UTF-16 without a mark, set encoding"
        raise _refusal(source, rule, remedy)
    return text, encoding


def _checked(content: bytes, source: TableSource, encoding: str) -> bytes:
    if encoding == "utf-8" and content.isascii():
        return content
    parts: list[bytes] = []
    try:
        if encoding == "utf-8":
            _walk(content, encoding)
        else:
            parts.extend(text.encode() for text in _decoded(content, encoding))
    except _UndecodableError as error:
        remedy = "save it as UTF-8 or set encoding"
        raise _refusal(
            source, f"is not {encoding}: line {error} holds other bytes", remedy
        ) from None
    return content if encoding == "utf-8" else b"".join(parts)


class _UndecodableError(Exception):
    """The line at which bytes are not of an encoding."""


def _decoded(content: bytes, encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)()
    lines = 1
    for start in range(0, len(content), STEP):
        step = content[start : start + STEP]
        try:
            text = decoder.decode(step, final=start + STEP >= len(content))
        except UnicodeDecodeError as error:
            # What the decoder kept back of the step before stands first in the error's bytes.
            raise _UndecodableError(lines + error.object.count(b"\n", 0, error.start)) from None
        lines += text.count("\n")
        yield text


def _reads_as(content: bytes, encoding: str) -> bool:
    try:
        _walk(content, encoding)
    except _UndecodableError:
        return False
    return True


def _walk(content: bytes, encoding: str) -> None:
    """Decode and forget."""
    for _ in _decoded(content, encoding):
        pass


def _detected(content: bytes, source: TableSource) -> str:
    """Return the one encoding that the bytes prove."""
    if content.isascii() or b"\0" in content or _reads_as(content, "utf-8"):
        return "utf-8"
    runs = [found.groups() for found in islice(_RUN.finditer(content), SAMPLE)]
    western = sum(_is_western(run, after) for run, after in runs) / len(runs)
    chinese = _is_chinese(content, [run for run, _ in runs])
    if chinese and (western < 0.5 or any(len(run) > 3 for run, _ in runs)):
        return "gb18030"
    if western >= 0.9 and not chinese and _reads_as(content, "cp1252"):
        return "cp1252"
    line = content.count(b"\n", 0, len(content) - len(content.lstrip(_ASCII))) + 1
    rule = f"is not UTF-8, and its bytes do not prove another encoding: see line {line}"
    raise _refusal(source, rule, "save it as UTF-8 or set encoding, such as gb18030 or cp1252")


_ASCII: Final = bytes(range(128))


def _is_western(run: bytes, after: bytes) -> bool:
    """Tell whether a run of high bytes looks like cp1252: a few letters, or a sign by itself."""
    try:
        text = run.decode("cp1252")
    except UnicodeDecodeError:
        return False
    letters = text.replace("’", "")
    if not letters or (letters.isalpha() and not {"ª", "º"} & set(letters)):
        return len(text) <= 3
    return len(text) == 1 and text in _SIGNS and not after.isalpha()


def _is_chinese(content: bytes, runs: list[bytes]) -> bool:
    """Tell whether runs are whole characters of GB 2312, spread over it as Chinese is.

    Korean and Japanese fill the same bytes, but Korean only the first rows of the ideographs, and
    Japanese rows 4 and 5 with its kana.
    """
    even = [run for run in runs if len(run) % 2 == 0 and min(run) >= 0xA1]
    leads = b"".join(run[::2] for run in even)
    late = sum(lead >= 0xC9 for lead in leads)
    kana = sum(lead in (0xA4, 0xA5) for lead in leads)
    whole = len(even) >= 0.9 * len(runs)
    spread = late >= 0.1 * len(leads) and kana <= 0.05 * len(leads)
    return whole and spread and _reads_as(content, "gb18030")


def _refusal(source: TableSource, rule: str, remedy: str) -> InputError:
    return InputError([Fault(rule, file=source.file, remedy=remedy)])
