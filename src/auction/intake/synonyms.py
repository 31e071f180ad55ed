"""What a header may mean among our columns."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from itertools import pairwise

from auction.intake.words import FILE_WORDS, SYNONYMS

#: Weights of a header before the first mark, after it, and after the second.
_WEIGHTS = (1.0, 0.7, 0.5)

#: Words that stand in headers of every meaning.
_EMPTY = frozenset(
    (
        "id", "type", "date", "day", "time", "name", "number", "no", "price", "value", "status",
        "code", "rate", "units", "total", "min", "max",
    )
)  # fmt: skip


def plain(text: str) -> str:
    """Return a header without case, accents, blanks and signs."""
    bare = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in bare if sign.isalnum())


@cache
def _by_header() -> dict[str, dict[str, float]]:
    """Return how surely each known header means each of our columns."""
    known: dict[str, dict[str, float]] = {}
    for ours, line in SYNONYMS.items():
        marks = 0
        for name in (ours, *(part.strip() for part in line.split(","))):
            if name == "*":
                marks += 1
                continue
            found = known.setdefault(plain(name), {})
            found[ours] = max(_WEIGHTS[marks], found.get(ours, 0.0))
    return known


@cache
def meanings(header: str) -> dict[str, float]:
    """Return how surely a header means each of our columns, from 0 to 1.

    Parameters
    ----------
    header : str
        As it stands in a file.

    Returns
    -------
    dict
        Our columns that it may mean; a header that only contains a known one weighs less.
    """
    known, bare = _by_header(), plain(header)
    found = dict(known.get(bare, {}))
    for part in _parts(header):
        for ours, weight in known.get(part, {}).items():
            share = len(part) / max(len(bare), 1)
            found[ours] = max(found.get(ours, 0.0), weight * min(0.8, 0.35 + 0.5 * share))
    return found


def _parts(header: str) -> set[str]:
    """Return the words of a header and pairs of neighbours, without case and signs."""
    words = [
        plain(word)
        for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-zà-ÿ]+|[\u4e00-\u9fff]+", header)
    ]
    pairs = [first + second for first, second in pairwise(words)]
    long = {word for word in (*words, *pairs) if len(word) > 2 or not word.isascii()}
    return long - _EMPTY


def table_words(stem: str) -> set[str]:
    """Return the tables that the name of a file speaks of."""
    words = _parts(stem) | {plain(stem)}
    return {
        table
        for table, line in FILE_WORDS.items()
        if any(
            plain(word) in words or (not word.isascii() and word in stem) for word in line.split()
        )
    }


def _speaks(word: str, words: set[str], stem: str) -> bool:
    return plain(word) in words or (not word.isascii() and word in stem)
