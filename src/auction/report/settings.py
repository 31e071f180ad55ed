"""What the settings of a run mean, and where their values come from, in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from auction.report.language import _, mark, verbatim
from auction.report.retold import retold
from auction.workspace.config import Config

_PRIORS: Final = {
    "bidder_spread_share": mark("spread of bidders' values, as a share of that of ln hammer"),
    "reference_bidders": mark("mean number of bidders behind a past hammer price"),
    "monthly_market_volatility": mark("sd of a month's change of the ln market level"),
    "monthly_segment_volatility": mark("sd of a month's change of a segment against the market"),
    "monthly_scrap_volatility": mark("sd of a month's change of the ln scrap price"),
    "level_error": mark("sd of the error of today's market level beyond what sales show"),
    "scrap_market_correlation": mark("correlation of monthly changes of scrap and market"),
    "student_dof": mark("degrees of freedom of the robust likelihood and of the shocks"),
    "price_response": mark(
        "change of the ln chance of a sale a day per unit of the ln asking price"
    ),
    "minimum_group_rows": mark("segments with fewer past sales are pooled"),
    "unadjusted": mark("outside series that are not seasonally adjusted"),
    "market_series": mark("outside series that carries the market level"),
}

#: Settings that the table of the settings leaves to other sections.
_UNSHOWN: Final = (
    "as_of", "currency", "limits", "cash", "priors", "report", "stress", "tables", "title",
)  # fmt: skip

_SOURCES: Final = (mark("%(source)s; times %(rate)s %(currency)s per US dollar"),)


def meaning(setting: str) -> str:
    """Return what a setting means, with its unit; "" where nothing is said of it.

    Parameters
    ----------
    setting : str
        Its dotted name, such as ``costs.holding_per_day``.
    """
    section, _dot, name = setting.rpartition(".")
    if section == "priors":
        return _(_PRIORS[name]) if name in _PRIORS else ""
    field = _field(setting)
    if field is None or not field.description:
        return ""
    words, unit = verbatim(field.description), _extra(field).get("unit")
    return _("%(meaning)s (%(unit)s)", meaning=words, unit=verbatim(unit)) if unit else words


def origin(default: dict[str, Any] | None) -> str:
    """Say where the value of a setting comes from; None for one that the owner set."""
    if default is None:
        return _("set")
    source = str(default["source"])
    told = verbatim(source)
    return _("default: %(source)s", source=retold(source, _SOURCES) if told == source else told)


def texts() -> Iterator[str]:
    """Return every text of the settings that a report may show."""
    for field in _fields(Config):
        extra = _extra(field)
        for text in (field.description, extra.get("unit"), extra.get("source")):
            if text:
                yield str(text)


def _fields(model: type[BaseModel]) -> Iterator[FieldInfo]:
    for name, field in model.model_fields.items():
        if name in _UNSHOWN:
            continue
        inner = _sections(field.annotation)
        if inner:
            yield from (found for section in inner for found in _fields(section))
        else:
            yield field


def _sections(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [section for part in get_args(annotation) for section in _sections(part)]


def _field(setting: str) -> FieldInfo | None:
    """Return the field of a dotted name; None where there is none."""
    model: type[BaseModel] = Config
    *sections, name = setting.split(".")
    for section in sections:
        field = model.model_fields.get(section)
        inner = _sections(field.annotation) if field else []
        if not inner:
            return None
        model = inner[0]
    return model.model_fields.get(name)


def _extra(field: FieldInfo) -> dict[str, Any]:
    return field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
