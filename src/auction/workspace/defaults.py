"""The documented defaults of the settings: which a run relied on, and where they come from."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Final

from pydantic.fields import FieldInfo

from auction.workspace.config import Config
from auction.workspace.setting import ASSUMED
from auction.workspace.sources import Section
from residual import Priors

#: A section is relied on only where one of these tables feeds it.
FED_BY: Final[dict[str, str]] = {"dismantling": "parts", "appraisal": "appraisals"}


@dataclass(frozen=True, slots=True)
class DefaultUsed:
    """A setting that the owner left open.

    Parameters
    ----------
    setting : str
        Dotted name, such as ``costs.holding_per_day``.
    value : object
        The value that stood in for it.
    source : str
        Where the figure comes from; ``assumed`` if nowhere.
    """

    setting: str
    value: object
    source: str


def defaults_used(config: Config) -> list[DefaultUsed]:
    """Name the defaults that a run with these settings relies on.

    Parameters
    ----------
    config : Config
        Settings of a workspace.

    Returns
    -------
    list of DefaultUsed
        Settings with a documented default that the owner did not set, in the order of the file's
        sections. Sections of channels without rows are left out, as are settings whose absence
        switches something off.
    """
    used = [
        DefaultUsed(name, getattr(config, name), _extra(field)["source"])
        for name, field in Config.model_fields.items()
        if "source" in _extra(field) and name not in config.model_fields_set
    ]
    for section_name, section in sections_relied_on(config):
        for name, field in type(section).model_fields.items():
            if "source" in _extra(field) and name not in section.model_fields_set:
                source = _source(config, field)
                used.append(DefaultUsed(f"{section_name}.{name}", getattr(section, name), source))
    return used + [
        DefaultUsed(f"priors.{prior.name}", prior.default, ASSUMED)
        for prior in fields(Priors)
        if prior.name not in config.priors and isinstance(prior.default, float | int)
    ]


def _source(config: Config, field: FieldInfo) -> str:
    extra = _extra(field)
    rate = config.costs.currency_per_dollar
    if extra.get("dollars") and rate is not None:
        return f"{extra['source']}; times {rate:g} {config.currency} per US dollar"
    return str(extra["source"])


def json_schema() -> dict[str, Any]:
    """Return the JSON schema of ``disposal.toml``, with unit and source of each default."""
    return Config.model_json_schema()


def _extra(field: FieldInfo) -> dict[str, Any]:
    return field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}


def _relied_on(config: Config, name: str) -> bool:
    if name in ("inspection", "appraisal") and config.inspection.cost is not None:
        return True
    return name != "inspection" and (name not in FED_BY or FED_BY[name] in config.tables.given())


def sections_relied_on(config: Config) -> list[tuple[str, Section]]:
    """Return the sections that a run uses, by name: those of channels with rows."""
    named = ((name, getattr(config, name)) for name in Config.model_fields)
    return [
        (name, section)
        for name, section in named
        if isinstance(section, Section) and name != "tables" and _relied_on(config, name)
    ]


def dollar_defaults(section: Section) -> list[str]:
    """Return the settings of a section left at a default stated in US dollars."""
    return [
        name
        for name, field in type(section).model_fields.items()
        if _extra(field).get("dollars") and name not in section.model_fields_set
    ]
