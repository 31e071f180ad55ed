"""Read ``disposal.toml``: checked settings, or every fault at once."""

from __future__ import annotations

import re
import tomllib
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError

from auction.workspace.config import Config
from auction.workspace.defaults import dollar_defaults, sections_relied_on
from auction.workspace.names import nearest, suggestion
from auction.workspace.priors import prior_faults
from auction.workspace.sources import SETTINGS_FILE, Section
from residual.errors import Fault, InputError

#: The remedy where the rule itself tells what is allowed.
MEND: Final = "mend the value"


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
    faults = [*_dollar_faults(config), *_law_faults(config), *prior_faults(config)]
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
        rule = (message[:1].lower() + message[1:]).replace("input should", "must", 1)
        given = problem["input"]
        value = str(given) if isinstance(given, (str, int, float)) else None
        remedy = _choice(value, problem) if problem["type"] == "literal_error" else MEND
        if problem["type"] == "string_pattern_mismatch" and name == "currency":
            rule, remedy = "must be a code of ISO 4217", "give three capitals, such as USD or CNY"
    return Fault(rule, file=SETTINGS_FILE, column=name, value=value, remedy=remedy)


def _choice(value: str | None, problem: Any) -> str:
    """Return the choice that is most like a value that is none; without one the rule tells all."""
    near = nearest(value or "", re.findall(r"'([^']*)'", str(problem["ctx"]["expected"])), 0.55)
    return f"did you mean {near!r}?" if near else MEND


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
        for name, section in sections_relied_on(config)
        for setting in dollar_defaults(section)
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


def _in_currency(config: Config) -> Config:
    rate = config.costs.currency_per_dollar
    if rate is None:
        return config
    scaled: dict[str, Section] = {}
    for name in ("costs", "dismantling"):
        section: Section = getattr(config, name)
        values = {field: getattr(section, field) for field in type(section).model_fields}
        values |= {field: values[field] * rate for field in dollar_defaults(section)}
        scaled[name] = section.model_construct(_fields_set=section.model_fields_set, **values)
    return config.model_copy(update=scaled)
