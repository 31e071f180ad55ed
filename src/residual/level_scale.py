"""How much wider or narrower the levels of categories are than their units' other traits say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from residual.curves import Floats

Codes = Mapping[str, NDArray[np.int64]]
#: A price is asked for at the reference venue and moved to another by its factor; of a model year
#: or a variant the ignorance tells.
_ASIDE: Final = ("venue_id", "variant", "model_year")
_SWEEPS: Final = 3
_WINSOR: Final = 5.0
#: A level's mean size rests on so many ordinary rows beside its own before its logarithm is taken.
_ORDINARY: Final = 1.0


def level_factors(ratio: Floats, codes: Codes) -> dict[str, Floats]:
    """Log factor of each level on the scale, shrunk to nought category by category.

    Parameters
    ----------
    ratio : float64[n]
        |residual| over the scale without levels, of any common size.
    codes : mapping of int64[n]
        Level of each row by category, -1 for none.

    Returns
    -------
    dict of float64
        By category, in the order of codes; categories whose levels do not differ are left out.

    Notes
    -----
    Category after category, three times over. A level's log mean ratio has variance (variance of
    a ratio / rows); how far levels truly lie apart is told by the moments of DerSimonian and
    Laird (1986), and each level is shrunk by that.
    """
    found: dict[str, Floats] = {}
    left = np.minimum(ratio / max(float(np.mean(ratio)), 1e-12), _WINSOR)
    for _ in range(_SWEEPS):
        for name, code in codes.items():
            if name in _ASIDE:
                continue
            bare = left * np.exp(lookup(found.get(name, np.zeros(0)), code))
            own = _shrunk(bare, code)
            left = bare * np.exp(-lookup(own, code))
            found[name] = own
    return {name: own for name, own in found.items() if own.any()}


def lookup(factors: Floats, code: NDArray[np.int64]) -> Floats:
    """Factor of each row's level; 0 for none and for those beyond the table."""
    table = np.append(factors, 0.0)
    return table[np.where((code >= 0) & (code < len(factors)), code, len(factors))]


def moved(
    factors: Mapping[str, Floats], old: Mapping[str, list[str]], new: Mapping[str, list[str]]
) -> dict[str, Floats]:
    """Put factors in the order of other lists of levels.

    Parameters
    ----------
    factors : mapping of float64
        By category, in the order of `old`.
    old, new : mapping of list of str
        Levels of each category.
    """
    out = {}
    for name, own in factors.items():
        known = dict(zip(old[name], own.tolist(), strict=False))
        out[name] = np.array([known.get(level, 0.0) for level in new.get(name, [])])
    return out


def _shrunk(ratio: Floats, code: NDArray[np.int64]) -> Floats:
    """Log factors of the levels of one category."""
    known = code >= 0
    rows = np.bincount(code[known]).astype(np.float64)
    told = rows > 0
    if np.count_nonzero(told) < 2:
        return np.zeros(0)
    ordinary = max(float(np.mean(ratio[known])), 1e-12)
    total = np.bincount(code[known], weights=ratio[known] / ordinary)
    mean = np.log((total + _ORDINARY) / (rows + _ORDINARY))
    noise = max(float(np.var(ratio[known] / ordinary)), 1e-12) / np.maximum(rows, 1.0)
    weight = np.where(told, 1.0 / noise, 0.0)
    mass = float(weight.sum())
    centre = float(np.sum(weight * mean)) / mass
    excess = float(np.sum(weight * (mean - centre) ** 2)) - (np.count_nonzero(told) - 1.0)
    apart = max(excess, 0.0) / max(mass - float(np.sum(weight**2)) / mass, 1e-12)
    return np.where(told, (mean - centre) * apart / (apart + noise), 0.0)
