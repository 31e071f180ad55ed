"""Priors of the value model that the owner of a workspace changes."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from auction.workspace.config import Config
from auction.workspace.names import suggestion
from auction.workspace.sources import SETTINGS_FILE
from residual import Priors
from residual.errors import Fault


def value_priors(config: Config) -> Priors:
    """Return the priors of the value model with the owner's changes.

    Parameters
    ----------
    config : Config
        Settings of a workspace.

    Returns
    -------
    residual.Priors
        The model's own priors where the owner set none.
    """
    whole = {field.name for field in fields(Priors) if isinstance(field.default, int)}
    values: dict[str, Any] = {
        name: int(value) if name in whole and isinstance(value, float) else value
        for name, value in config.priors.items()
    }
    return Priors(**values)


def prior_faults(config: Config) -> list[Fault]:
    """Return a fault for each prior that the value model does not know or bear."""
    known = {field.name: field.default for field in fields(Priors)}
    faults = []
    value: Any
    for name, value in config.priors.items():
        rule, remedy = "", "mend the value"
        if name not in known:
            rule, remedy = "is not a setting", suggestion(name, known)
        elif isinstance(known[name], (int, float)) != isinstance(value, (int, float)):
            rule = f"must be of the kind of its default {known[name]!r}"
        elif isinstance(known[name], int) and value != round(value):
            rule = "must be a whole number"
        else:
            rule = _prior_refusal(name, value)
        if rule:
            faults.append(
                Fault(
                    rule,
                    file=SETTINGS_FILE,
                    column=f"priors.{name}",
                    value=str(value) if name in known else None,
                    remedy=remedy,
                )
            )
    return faults


def _prior_refusal(name: str, value: Any) -> str:
    try:
        Priors(**{name: value})
    except ValueError as error:
        return str(error)
    return ""
