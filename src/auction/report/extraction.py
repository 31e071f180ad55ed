"""Which texts the catalogues must hold: gathered from the sources of the report.

``python -m auction.report.extraction`` writes new texts into every catalogue and drops those
that are gone; what is to be translated then stands there with an empty translation.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Final

from auction.report.language import ENGLISH, LANGUAGES

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

_METHODS: Final = [
    ("report/templates/**.html", "jinja2.ext:babel_extract"),
    ("report/**.py", "python"),
]
_OPTIONS: Final = {
    "report/templates/**.html": {"trimmed": "true", "newstyle_gettext": "true", "silent": "false"}
}
_KEYWORDS: Final[dict[str, tuple[int | tuple[int, str], ...] | None]] = {
    "_": None, "gettext": None, "mark": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2),
}  # fmt: skip

_HEAD: Final = """\
# Words of the report. Keep the named values, such as %(num)s, as they are.
msgid ""
msgstr ""
"Language: {code}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plural}\\n"

"""


def texts() -> Catalog:
    """Return a catalogue of every text that the report may show, without translations."""
    from babel.messages.catalog import Catalog
    from babel.messages.extract import extract_from_dir

    found = Catalog(charset="utf-8")
    with as_file(files("auction")) as package:
        places = extract_from_dir(
            package, _METHODS, _OPTIONS, keywords=_KEYWORDS, comment_tags=("Translators:",),
            strip_comment_tags=True,
        )  # fmt: skip
        for file, _line, message, comments, context in sorted(places, key=_place):
            found.add(message, locations=[(file, 0)], auto_comments=comments, context=context)
    for place, message, context in _elsewhere():
        found.add(message, locations=[(place, 0)], context=context)
    return found


def _elsewhere() -> Iterator[tuple[str, str, str | None]]:
    """Return place, text and context of what stands outside the report and is told in it."""
    from auction.reasons import REASONS
    from auction.report.settings import texts as settings
    from auction.rule_words import RULE_WORDS
    from auction.tables import SCHEMAS
    from auction.workspace.rules import BEYOND
    from auction.workspace.stressing import KNOWN

    yield from (("reasons.py", message, None) for message in REASONS.values())
    yield from (("tables.py", name, "table") for name in SCHEMAS)
    for words in RULE_WORDS.values():
        told = (message for message in (words.rule, words.remedy) if message)
        yield from (("tables.py", message, None) for message in told)
    for beyond in BEYOND.values():
        yield from (("workspace/rules.py", why, None) for why, _test in beyond)
    yield from (("workspace/config.py", message, None) for message in settings())
    told = (words for stress in KNOWN for words in (stress.name, stress.source))
    yield from (("workspace/stressing.py", words, None) for words in told)


def _place(found: tuple[str, int, object, list[str], str | None]) -> tuple[str, int]:
    return found[0], found[1]


def updated(code: str, folder: Path) -> bytes:
    """Return the catalogue of a language with the texts of today.

    Parameters
    ----------
    code : str
        Of :data:`auction.report.language.LANGUAGES`.
    folder : Path
        Where ``<code>.po`` stands; a catalogue that is missing begins empty.
    """
    from io import BytesIO

    from babel.messages.catalog import Catalog
    from babel.messages.pofile import read_po, write_po

    path = folder / f"{code}.po"
    known = Catalog(locale=code)
    if path.exists():
        known = read_po(BytesIO(path.read_bytes()), locale=code)
    fresh = Catalog(locale=code, charset="utf-8")
    for message in texts():
        if message.id:
            old = known.get(message.id, message.context)
            fresh.add(
                message.id, old.string if old else None, message.locations, (),
                message.auto_comments, context=message.context,
            )  # fmt: skip
    written = BytesIO()
    write_po(written, fresh, width=100, omit_header=True, include_lineno=False)
    return _HEAD.format(code=code, plural=fresh.plural_forms).encode() + written.getvalue()


def catalogues() -> Iterator[tuple[str, Path]]:
    """Return code and file of every catalogue in the sources."""
    folder = Path(__file__).parent / "catalogues"
    return ((code, folder / f"{code}.po") for code in LANGUAGES if code != ENGLISH.code)


if __name__ == "__main__":
    for code, path in catalogues():
        path.write_bytes(updated(code, path.parent))
