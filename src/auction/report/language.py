"""The language of a report: its words come from a catalogue, its figures from a locale.

How to mark what a reader sees
------------------------------
English is the language of the sources; a catalogue ``catalogues/<code>.po`` holds the others.

* A sentence or a word: ``_("No plan can exceed %(bound)s.", bound=money(x))``. Values have
  names and are already written (by :mod:`auction.report.wording`); a per cent sign that is
  meant is doubled, ``"5 %% case"``. A whole sentence is one text: never join pieces of one.
* A count: ``ngettext("%(num)s vehicle", "%(num)s vehicles", count)``; ``num`` is written with
  thousands separators by itself.
* One English word with two meanings: ``pgettext("auction", "Run")``.
* A text from elsewhere in which a per cent sign stands single: ``verbatim(field.description)``;
  :mod:`auction.report.extraction` must be told where such texts stand.
* A constant: ``mark("Auction")`` where it is defined, ``_(NAME)`` where it is used. Nothing is
  translated while a module is imported.
* In a template: ``{% trans bound=proof.bound %}No plan can exceed {{ bound }}.{% endtrans %}``
  with ``{% pluralize %}`` for counts; ``{{ space }}`` between two sentences that stand apart;
  or ``{{ _("Gap") }}``. In a ``trans`` block a per cent sign stands single.
* In a chart: titles, legends and data labels as above; :func:`vega_locale` for the formats.

Then ``make words`` brings the catalogues up to date; a test fails until every text in them is
translated.
"""

from __future__ import annotations

import gettext as standard
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from babel import Locale


@dataclass(frozen=True, slots=True)
class Language:
    """A language that reports are written in.

    Parameters
    ----------
    code : str
        As in the settings, and the name of its catalogue.
    tag : str
        As in HTML.
    region : str
        The locale whose numbers, dates and lists are used.
    percent : str
        A number with its per cent sign.
    space : str
        What stands between two sentences.
    """

    code: str
    tag: str
    region: str
    percent: str
    space: str

    @property
    def locale(self) -> Locale:
        """The locale of numbers, dates and lists."""
        return _locale(self.region)

    @property
    def words(self) -> standard.NullTranslations:
        """The catalogue; that of English says every text as it stands in the sources."""
        return _catalogue(self.code)


#: The language of the sources.
ENGLISH: Final = Language("en", "en", "en_GB", "{}\u00a0%", " ")
#: Every language, by its code.
LANGUAGES: Final = {
    language.code: language
    for language in (ENGLISH, Language("zh_CN", "zh-CN", "zh_CN", "{}%", ""))
}

_current: ContextVar[Language] = ContextVar("report_language", default=ENGLISH)


def current() -> Language:
    """Return the language in use."""
    return _current.get()


@contextmanager
def speaking(code: str) -> Iterator[Language]:
    """Use a language within a block.

    Parameters
    ----------
    code : str
        One of :data:`LANGUAGES`.

    Raises
    ------
    KeyError
        Where there is no such language.
    """
    token = _current.set(LANGUAGES[code])
    try:
        yield LANGUAGES[code]
    finally:
        _current.reset(token)


def _(message: str, /, **values: object) -> str:
    """Return a text in the language in use, with its values set in."""
    return current().words.gettext(message) % values


def verbatim(message: str, /) -> str:
    """Return a text in which a per cent sign stands for itself, in the language in use."""
    return current().words.gettext(message)


def pgettext(context: str, message: str, /, **values: object) -> str:
    """Return a text that has this meaning, in the language in use."""
    return current().words.pgettext(context, message) % values


def ngettext(one: str, many: str, count: int, /, **values: object) -> str:
    """Return the form of a text that fits a count, which it may name as ``num``."""
    from babel.numbers import format_decimal

    said = current().words.ngettext(one, many, count)
    num = format_decimal(count, format="#,##0", locale=current().locale)
    return said % {"num": num, **values}


def mark(message: str) -> str:
    """Return a text as it is: it belongs to the catalogue and is translated where it is used."""
    return message


def vega_locale() -> dict[str, Any]:
    """Return the ``locale`` of a chart's configuration: how numbers and dates are written."""
    from babel.dates import get_day_names, get_month_names

    locale = current().locale
    symbols = locale.number_symbols["latn"]
    chinese = locale.language == "zh"
    months, days = get_month_names, get_day_names
    return {
        "number": {
            "decimal": symbols["decimal"],
            "thousands": symbols["group"],
            "grouping": [3],
            "currency": ["", ""],
            "minus": "\u2212",
        },
        "time": {
            "dateTime": "%Y年%-m月%-d日 %H:%M:%S" if chinese else "%-d %B %Y %H:%M:%S",
            "date": "%Y年%-m月%-d日" if chinese else "%-d %B %Y",
            "time": "%H:%M:%S",
            "periods": [locale.day_periods["format"]["abbreviated"][name] for name in ("am", "pm")],
            "days": _week(days("wide", locale=locale)),
            "shortDays": _week(days("abbreviated", locale=locale)),
            "months": list(months("wide", locale=locale).values()),
            "shortMonths": list(months("abbreviated", locale=locale).values()),
        },
    }


def _week(names: Any) -> list[str]:
    """Return the names of the days from Sunday on; babel counts from Monday."""
    return [names[(day - 1) % 7] for day in range(7)]


@cache
def _locale(region: str) -> Locale:
    from babel import Locale

    return Locale.parse(region)


@cache
def _catalogue(code: str) -> standard.NullTranslations:
    if code == ENGLISH.code:
        return standard.NullTranslations()
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    text = files("auction.report").joinpath("catalogues", f"{code}.po").read_bytes()
    compiled = BytesIO()
    write_mo(compiled, read_po(BytesIO(text), locale=code))
    compiled.seek(0)
    return standard.GNUTranslations(compiled)
