"""In which country's habits a file is written: miles or kilometres, which currency."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from auction.intake.evidence import Evidence
from auction.intake.synonyms import plain

#: Words of headers that tell a country, after case and signs were taken away.
_HEADER_WORDS: Final[dict[str, tuple[str, ...]]] = {
    "US": ("mmr", "zip", "vnzip", "vnst", "blackbook", "msrp"),
    "GB": ("capclean", "dvla", "mot", "gbp", "mpg"),
    "NZ": ("nzd",),
    "AU": ("aud",),
    "DE": ("erstzulassung", "kilometerstand", "fahrzeug", "verkaufspreis", "schwacke"),
    "FR": ("kilometrage", "marque", "prixdevente", "miseencirculation"),
    "ES": ("kilometraje", "matriculacion", "precio"),
}
CURRENCIES: Final[dict[str, str]] = {
    "US": "USD", "GB": "GBP", "NZ": "NZD", "AU": "AUD", "CN": "CNY", "DE": "EUR", "FR": "EUR",
    "ES": "EUR",
}  # fmt: skip
#: Countries whose odometers count miles.
MILES: Final = ("US", "GB")


@dataclass(frozen=True, slots=True)
class Country:
    """A country and what speaks for it; its code is empty where nothing does."""

    code: str = ""
    why: str = ""

    @property
    def currency(self) -> str | None:
        """The country's currency."""
        return CURRENCIES.get(self.code)


def country_of(columns: Mapping[str, Evidence]) -> Country:
    """Return the country whose habits the headers and values of a file follow.

    Parameters
    ----------
    columns : mapping
        Evidence by header.
    """
    headers = {plain(name): name for name in columns}
    if any("\u4e00" <= sign <= "\u9fff" for name in columns for sign in name):
        return Country("CN", "the headers are Chinese")
    for name, evidence in columns.items():
        if evidence.states:
            return Country("US", f"{name!r} holds states of the USA")
    for code, words in _HEADER_WORDS.items():
        for header, name in headers.items():
            if any(_in(word, header) for word in words):
                return Country(code, f"the column {name!r}")
    return Country()


def _in(word: str, header: str) -> bool:
    """Tell whether a header is a word, or holds one that is long enough to be no accident."""
    return word == header or (len(word) > 3 and word in header) or (
        len(word) == 3 and (header.startswith(word) or header.endswith(word))
    )  # fmt: skip
