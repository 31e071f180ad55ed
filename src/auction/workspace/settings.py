"""Read ``disposal.toml``: every fault at once, and the defaults that were relied on."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from auction.workspace.config import Config, Section, TableSource
from auction.workspace.mapping import suggestion
from residual.errors import Fault, InputError

SETTINGS_FILE: Final = "disposal.toml"

#: A section is relied on only where one of these tables feeds it.
FED_BY: Final[dict[str, str]] = {"auction": "events", "dismantling": "parts"}


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


def parse_config(content: bytes) -> Config:
    """Read the settings.

    Parameters
    ----------
    content : bytes
        The file, UTF-8, with or without a byte order mark.

    Returns
    -------
    Config
        Checked and frozen; defaults stated in dollars are in the workspace's currency.

    Raises
    ------
    InputError
        With every fault of the file.
    """
    raw = _parse_toml(content)
    try:
        config = Config.model_validate(raw)
    except ValidationError as error:
        raise InputError([_fault(problem) for problem in error.errors()]) from None
    faults = [*_dollar_faults(config), *_law_faults(config), *_prior_faults(config)]
    if faults:
        raise InputError(faults)
    return _in_currency(config)


def _parse_toml(content: bytes) -> dict[str, Any]:
    try:
        text = content.decode("utf-8-sig")
        return tomllib.loads(text)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        rule = f"line {line} is not UTF-8"
        raise InputError(
            [Fault(rule, file=SETTINGS_FILE, remedy="save the file as UTF-8")]
        ) from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(
            [Fault(f"is not TOML: {error}", file=SETTINGS_FILE, remedy="mend the line")]
        ) from None


def _setting_name(location: tuple[int | str, ...]) -> str:
    name = ""
    for part in location:
        name += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if name else str(part)
    return name


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models_in(part)]


def _names_at(location: tuple[int | str, ...]) -> list[str]:
    """Return the settings that exist beside the last part of a location."""
    model: type[BaseModel] = Config
    for part in location[:-1]:
        field = model.model_fields.get(str(part))
        inner = _models_in(field.annotation) if field else []
        model = inner[0] if inner else model
    return sorted(model.model_fields)


def _fault(problem: Any) -> Fault:
    location = tuple(problem["loc"])
    name = _setting_name(location)
    if problem["type"] == "extra_forbidden":
        rule, value = "is not a setting", None
        remedy = suggestion(str(location[-1]), _names_at(location))
    elif problem["type"] == "missing":
        rule, value, remedy = "is required", None, "set it"
    else:
        message = str(problem["msg"]).removeprefix("Value error, ")
        rule = message[:1].lower() + message[1:]
        given = problem["input"]
        value = str(given) if isinstance(given, (str, int, float)) else None
        remedy = None
    return Fault(rule, file=SETTINGS_FILE, column=name, value=value, remedy=remedy)


def _extra(field: FieldInfo) -> dict[str, Any]:
    return field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}


def _relied_on(config: Config, name: str) -> bool:
    return name not in FED_BY or FED_BY[name] in config.tables.given()


def _sections(config: Config) -> list[tuple[str, Section]]:
    named = ((name, getattr(config, name)) for name in Config.model_fields)
    return [
        (name, section)
        for name, section in named
        if isinstance(section, Section) and name != "tables" and _relied_on(config, name)
    ]


def _dollar_defaults(section: Section) -> list[str]:
    return [
        name
        for name, field in type(section).model_fields.items()
        if _extra(field).get("dollars") and name not in section.model_fields_set
    ]


def _dollar_faults(config: Config) -> list[Fault]:
    """Refuse dollar defaults taken for another currency's money."""
    if config.currency == "USD" or config.costs.currency_per_dollar is not None:
        return []
    return [
        Fault(
            f"has a default in US dollars, but the currency is {config.currency}",
            file=SETTINGS_FILE,
            column=f"{name}.{setting}",
            remedy="set it, or set costs.currency_per_dollar",
        )
        for name, section in _sections(config)
        for setting in _dollar_defaults(section)
    ]


def _law_faults(config: Config) -> list[Fault]:
    if config.tables.parts is None or config.dismantling.jurisdiction is not None:
        return []
    return [
        Fault(
            "is required where a parts table is given",
            file=SETTINGS_FILE,
            column="dismantling.jurisdiction",
            remedy="set it to 'CN', 'EU' or 'US'",
        )
    ]


def _prior_faults(config: Config) -> list[Fault]:
    if not config.priors:
        return []
    from residual import Priors

    known = sorted(field.name for field in dataclasses.fields(Priors))
    unknown = [name for name in config.priors if name not in known]
    return [
        Fault(
            "is not a setting",
            file=SETTINGS_FILE,
            column=f"priors.{name}",
            remedy=suggestion(name, known),
        )
        for name in unknown
    ]


def _in_currency(config: Config) -> Config:
    rate = config.costs.currency_per_dollar
    if rate is None:
        return config
    scaled: dict[str, Section] = {}
    for name in ("costs", "dismantling"):
        section: Section = getattr(config, name)
        values = {field: getattr(section, field) for field in type(section).model_fields}
        values |= {field: values[field] * rate for field in _dollar_defaults(section)}
        scaled[name] = section.model_construct(_fields_set=section.model_fields_set, **values)
    return config.model_copy(update=scaled)


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
    for section_name, section in _sections(config):
        for name, field in type(section).model_fields.items():
            if "source" in _extra(field) and name not in section.model_fields_set:
                source = _source(config, field)
                used.append(DefaultUsed(f"{section_name}.{name}", getattr(section, name), source))
    return used


def _source(config: Config, field: FieldInfo) -> str:
    extra = _extra(field)
    rate = config.costs.currency_per_dollar
    if extra.get("dollars") and rate is not None:
        return f"{extra['source']}; times {rate:g} {config.currency} per US dollar"
    return str(extra["source"])


def json_schema() -> dict[str, Any]:
    """Return the JSON schema of ``disposal.toml``, with unit and source of each default."""
    return Config.model_json_schema()


def locate(root: Path, source: TableSource, setting: str) -> tuple[Path | None, Fault | None]:
    """Find the file of a table inside the workspace.

    Parameters
    ----------
    root : Path
        The workspace.
    source : TableSource
        The table's settings.
    setting : str
        Dotted name of the table's section, for the fault.

    Returns
    -------
    path : Path or None
        The file, resolved.
    fault : Fault or None
        Why there is none: outside of the workspace, absent, or not a file.
    """
    name = source.file
    outside = Path(name).is_absolute() or ".." in re.split(r"[/\\]", name) or "\0" in name
    path = root if outside else (root / name).resolve()
    if outside or not path.is_relative_to(root.resolve()):
        return None, Fault(
            "must stand inside the workspace",
            file=SETTINGS_FILE,
            column=f"{setting}.file",
            value=name,
            remedy="copy the file into the workspace and name it relative to it",
        )
    if not path.is_file():
        return None, Fault(
            "there is no such file",
            file=SETTINGS_FILE,
            column=f"{setting}.file",
            value=name,
            remedy="mend the name or put the file there",
        )
    return path, None
