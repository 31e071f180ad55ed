"""The settings of ``disposal.toml`` in Markdown, as their models tell them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import MISSING, fields
from datetime import date
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from markdown import cell, code, sentence, table
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from auction.workspace import Config
from residual import Priors

_PLAIN = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
    date: "date",
}
_BOUNDS = (("ge", "≥"), ("gt", ">"), ("le", "≤"), ("lt", "<"))


def sections() -> dict[str, tuple[str, type[BaseModel]]]:
    """Return every section of the file by its heading: how it is opened, and its model."""
    found: dict[str, tuple[str, type[BaseModel]]] = {"top of the file": ("", Config)}
    for name, field in Config.model_fields.items():
        if name == "tables":
            continue
        for model in models_in(field.annotation):
            many = get_origin(field.annotation) is tuple
            found[name] = (f"[[{name}]]" if many else f"[{name}]", model)
    tables = Config.model_fields["tables"].annotation
    for model in models_in(tables):
        for source in models_in(model.model_fields["vehicles"].annotation):
            found["tables"] = ("[tables.NAME]", source)
    return found


def models_in(annotation: Any) -> list[type[BaseModel]]:
    """Return the models that an annotation names."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in models_in(part)]


def settings_of(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """Return the settings of a section that are no sections themselves."""
    return {
        name: field
        for name, field in model.model_fields.items()
        if not models_in(field.annotation) and not (model is Config and name == "priors")
    }


def all_settings() -> str:
    """Return a section for every section of the file."""
    return "\n".join(part for name in sections() for part in _section(name)) + _priors()


def _section(name: str) -> Iterator[str]:
    opened, model = sections()[name]
    heading = code(opened) if opened else "Top of the file"
    yield f"(settings-{name.replace(' ', '-')})=\n## {heading}\n"
    yield sentence(inspect.getdoc(model) or "") + "\n"
    yield table(
        ("setting", "type", "default", "meaning"),
        (_row(setting, field) for setting, field in settings_of(model).items()),
    )


def _row(name: str, field: FieldInfo) -> tuple[str, ...]:
    extra: dict[str, Any] = (
        field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    )
    words = cell(sentence(field.description or ""))
    if extra.get("unit"):
        words += f" Unit: {cell(extra['unit'])}."
    if extra.get("source"):
        words += f" Source: {cell(extra['source'])}."
    if extra.get("dollars"):
        words += " The default is in US dollars; `costs.currency_per_dollar` scales it."
    return (
        code(name),
        cell(_type(field.annotation) + _limits(field.metadata)),
        _default(field),
        words,
    )


def _type(annotation: Any) -> str:
    """Return a type in words."""
    if annotation in _PLAIN:
        return _PLAIN[annotation]
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _type(parts[0]) + _limits(parts[1:])
    if origin is Literal:
        return "one of " + ", ".join(str(part) for part in parts)
    if origin in (Union, UnionType):
        return " or ".join(dict.fromkeys(_type(part) for part in parts if part is not NoneType))
    if origin is tuple:
        return f"list of {_type(parts[0])}"
    if origin is dict:
        return f"table of name = {_type(parts[1])}"
    return str(annotation)


def _limits(metadata: Any) -> str:
    """Return the bounds that annotations put on a value."""
    found = []
    for item in metadata:
        for name, sign in _BOUNDS:
            bound = getattr(item, name, None)
            if bound is not None:
                found.append(f"{sign}\u00a0{_number(bound)}")
        if getattr(item, "metadata", None):
            found.append(_limits(item.metadata).strip(" ,"))
    found = [text for text in found if text]
    return ", " + ", ".join(found) if found else ""


def _number(bound: Any) -> str:
    if isinstance(bound, date):
        return bound.isoformat()
    return "2^63" if bound == 2**63 else f"{bound:g}"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if value is None or value in ((), {}, ""):
        return ""
    if isinstance(value, bool):
        return code(str(value).lower())
    return code(list(value) if isinstance(value, tuple) else value)


def prior_meanings() -> dict[str, str]:
    """Return what each prior means, as its docstring tells."""
    text = inspect.cleandoc(Priors.__doc__ or "").split("Parameters\n----------\n", 1)[1]
    found = re.findall(r"^(\w+) : .*\n((?:    .*\n?)+)", text, re.MULTILINE)
    return {name: " ".join(words.split()) for name, words in found}


def _priors() -> str:
    meanings = prior_meanings()
    rows = [
        (
            code(prior.name),
            "" if prior.default in (None, (), MISSING) else code(prior.default),
            cell(meanings[prior.name]),
        )
        for prior in fields(Priors)
    ]
    return (
        "\n(settings-priors)=\n## `[priors]`\n\n"
        "What the value model assumes where the data cannot tell.\n\n"
        + table(("prior", "default", "meaning"), rows)
    )
