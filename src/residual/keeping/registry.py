"""Which classes may stand in the file of a model, and the types of their fields."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import Field, fields
from functools import cache
from types import NoneType, UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

import numpy as np

from residual.bidding import Bidding
from residual.calibration import Calibration
from residual.cohorts import Cohorts
from residual.distribution import HammerShape, UnitShock
from residual.features import Recipe
from residual.guide import GuideModel
from residual.guided import GuidedTrees
from residual.hedonic import Hedonic
from residual.index import LevelForecast
from residual.lift import Lift
from residual.listings import Markdown
from residual.model import ResidualModel
from residual.newcomers import Newcomers
from residual.posterior import Posterior
from residual.priors import Priors
from residual.remainder import Remainder
from residual.scale import ScaleModel
from residual.segment_index import SegmentIndices
from residual.skew import Skew
from residual.spread_trees import SpreadTrees
from residual.time_to_sale import TimeToSale
from residual.trees import Trees
from residual.typical import Typical

#: Frozen dataclasses that a file may hold. A class that a model comes to hold is added here; a
#: test walks the fields of all models and names what is missing.
KEPT: Final[tuple[type[Any], ...]] = (
    Bidding, Calibration, Cohorts, GuidedTrees, GuideModel, HammerShape, Hedonic, LevelForecast,
    Lift, Markdown, Newcomers, Posterior, Priors, Recipe, Remainder, ResidualModel, ScaleModel,
    SegmentIndices, Skew, SpreadTrees, TimeToSale, Trees, Typical, UnitShock,
)  # fmt: skip
#: Types of fields that are written as they are.
PLAIN: Final = (NoneType, bool, int, float, str, bytes, dt.date, slice)


def name_of(cls: type[Any]) -> str:
    """Name under which a class stands in files."""
    return f"{cls.__module__}.{cls.__qualname__}"


@cache
def classes() -> dict[str, type[Any]]:
    """Return the classes that may be kept by their names."""
    return {name_of(cls): cls for cls in KEPT}


def kept_fields(cls: type[Any]) -> list[Field[Any]]:
    """Fields that are written: all but the private ones, which hold what is found anew."""
    return [field for field in fields(cls) if field.init and not field.name.startswith("_")]


@cache
def field_types() -> dict[str, dict[str, Any]]:
    """Return the types of the fields of each class, those named for type checkers alone too."""
    from scipy.sparse import csc_array, csr_array

    known: dict[str, Any] = {"csc_array": csc_array, "csr_array": csr_array}
    known.update((cls.__name__, cls) for cls in KEPT)
    return {name: get_type_hints(cls, localns=known) for name, cls in classes().items()}


def conforms(value: object, kind: Any) -> bool:
    """Tell whether a value is of the type that a field is declared with.

    Raises
    ------
    TypeError
        Where fields of that type cannot be kept.
    """
    origin, args = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return any(conforms(value, one) for one in args)
    if origin is Literal:
        return value in args
    if origin is np.ndarray:
        return isinstance(value, np.ndarray) and value.dtype == np.dtype(get_args(args[1])[0])
    if origin is tuple:
        return isinstance(value, tuple) and _elements(value, args)
    if origin in (list, Sequence):
        return isinstance(value, list | tuple) and all(conforms(one, args[0]) for one in value)
    if origin in (dict, Mapping):
        return isinstance(value, dict) and all(
            conforms(key, args[0]) and conforms(one, args[1]) for key, one in value.items()
        )
    return _is_plain(value, kind)


def _elements(value: tuple[object, ...], args: tuple[Any, ...]) -> bool:
    if len(args) == 2 and args[1] is Ellipsis:
        return all(conforms(one, args[0]) for one in value)
    pairs = zip(value, args, strict=False)
    return len(value) == len(args) and all(conforms(one, kind) for one, kind in pairs)


def _is_plain(value: object, kind: Any) -> bool:
    if kind is None:
        return value is None
    if not isinstance(kind, type):
        raise TypeError(f"fields of type {kind!r} cannot be kept in a file")
    if isinstance(value, bool | np.bool_):
        return kind is bool
    if kind is float:
        return isinstance(value, float | int | np.integer)
    if kind is int:
        return isinstance(value, int | np.integer)
    return isinstance(value, kind)
