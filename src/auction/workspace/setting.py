"""Settings that say what they mean, their unit and where their default comes from."""

from __future__ import annotations

from typing import Any, Final

from pydantic import Field

ASSUMED: Final = "assumed"
#: More money than anything costs, in any currency.
_MOST: Final = 1e12


def setting(
    default: Any, description: str, *, unit: str = "", source: str = ASSUMED, **bounds: Any
) -> Any:
    """Return a field that says what it means, its unit and where its default comes from."""
    return Field(
        default=default,
        description=description,
        json_schema_extra={"unit": unit, "source": source},
        **bounds,
    )


def dollars(default: float, description: str, *, unit: str, source: str = ASSUMED) -> Any:
    """Return a money setting whose default is in US dollars."""
    return Field(
        default=default,
        description=description,
        ge=0,
        le=_MOST,
        json_schema_extra={"unit": unit, "source": source, "dollars": True},
    )
