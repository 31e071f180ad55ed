"""How much wider a forecast is where a make, a model or a variant was never sold before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from residual.curves import Floats
from residual.features import HIERARCHY, Units
from residual.scale import ScaleModel, fit_scale

#: Fewer later sales do not tell it: what is not known then counts as the equation says.
_FEWEST: Final = 200
_SHARE: Final = 0.9
_MOST: Final = 4.0
_STEPS: Final = 30
_ROUNDS: Final = 3
_MAKE: Final = HIERARCHY.index("make")
_MODEL: Final = HIERARCHY.index("model")


@dataclass(frozen=True, slots=True)
class Case:
    """Errors of later sales, with all that the scale takes.

    Attributes
    ----------
    error : float64[n]
        ln price less the location, errors common to a week taken out.
    columns : float64[n, k]
    ignorance : float64[n, 3]
    codes : dict of int64[n]
    """

    error: Floats
    columns: Floats
    ignorance: Floats
    codes: dict[str, NDArray[np.int64]]

    def size(self, scale: ScaleModel) -> Floats:
        """Scale of each error."""
        return scale.scale(self.columns, self.ignorance, self.codes)


def hidden(units: Units, kind: str) -> Units:
    """Units whose levels of a kind, and of all that is nested in it, were never seen."""
    below = (*HIERARCHY[HIERARCHY.index(kind) :], "model_year")
    gone = below if kind != HIERARCHY[-1] else (kind,)
    none = np.full(len(units), -1, dtype=np.int64)
    return replace(
        units, codes={name: none if name in gone else own for name, own in units.codes.items()}
    )


def scale_with_unknown(
    seen: Case, case_of: Callable[[str], Case], known: frozenset[str]
) -> ScaleModel:
    """Scale of later sales, and how much what is not known of a level counts in it.

    Parameters
    ----------
    seen : Case
        The sales as they are.
    case_of : callable
        The same sales, foretold as if their level of that kind had never been seen.
    known : set of str
        Kinds of which there are levels.

    Notes
    -----
    The weight of a kind is the one by which nine in ten errors of sales with that kind hidden lie
    within as many scales as nine in ten of those that are seen. The deepest kind comes first. The
    scale is fitted anew with these weights, and they by that scale, a few times over.

    Which units of new models stray further is another question than which of known ones do: they
    have a scale of their own, fitted to the errors of sales with their model hidden.
    """
    scale = fit_scale(seen.error, seen.columns, seen.ignorance, seen.codes)
    if len(seen.error) < _FEWEST:
        return scale
    cases = {place: case_of(kind) for place, kind in enumerate(HIERARCHY) if kind in known}
    for _ in range(_ROUNDS):
        for place in sorted(cases, reverse=True):
            weight = _weight(scale, place, seen, cases[place])
            scale = replace(scale, unknown=_with(scale.unknown, place, weight))
        scale = fit_scale(seen.error, seen.columns, seen.ignorance, seen.codes, scale.unknown)
    if _MODEL not in cases:
        return scale
    return replace(scale, new=_of_new(scale.unknown, cases))


def _of_new(unknown: Floats, cases: dict[int, Case]) -> ScaleModel:
    """Scale of units whose model was never sold, as those with theirs hidden strayed."""
    case = cases[_MODEL]
    # how far the models of a make stray would be told from too few models
    codes = {name: code for name, code in case.codes.items() if name not in HIERARCHY}
    scale = fit_scale(case.error, case.columns, case.ignorance, codes, unknown)
    if _MAKE not in cases:
        return scale
    return replace(scale, unknown=_with(unknown, _MAKE, _weight(scale, _MAKE, case, cases[_MAKE])))


def _weight(scale: ScaleModel, place: int, seen: Case, case: Case) -> float:
    """Weight of one kind, by halving."""
    asked = float(np.quantile(np.abs(seen.error) / seen.size(scale), _SHARE))

    def too_narrow(weight: float) -> bool:
        size = case.size(replace(scale, unknown=_with(scale.unknown, place, weight)))
        return float(np.quantile(np.abs(case.error) / size, _SHARE)) > asked

    low, high = 0.0, _MOST
    if too_narrow(high):
        return high
    for _ in range(_STEPS):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if too_narrow(middle) else (low, middle)
    return high


def _with(unknown: Floats, place: int, weight: float) -> Floats:
    out = unknown.copy()
    out[place] = weight
    return out
