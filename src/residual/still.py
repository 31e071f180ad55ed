"""What of a unit stands still while it waits or is driven: the columns that trees may look at."""

from __future__ import annotations

from typing import Final

import numpy as np

from residual.curves import Floats
from residual.features import Units
from residual.hedonic import Hedonic

#: A price is asked for at the reference venue and moved to another by its factor; what a model
#: year or a variant is worth is the equation's alone.
_ASIDE: Final = ("venue_id", "variant", "model_year")
#: Parts of a value that move as a unit waits, is driven or is of another model year; the venue; and
#: the one that is money.
_MOVING: Final = ("age", "odometer", "wear together", "market", "model_year", "venue_id", "base")
_DIGITS: Final = 9
#: Name of the last of the columns.
STILL_VALUE: Final = "still_value"


def still_names(hedonic: Hedonic, units: Units) -> list[str]:
    """Names of the columns of `still_columns`."""
    kinds = len(_used(hedonic, units))
    names = ["grade", "damage", "odometer_missing"]
    names += [f"effect_{place}" for place in range(kinds)]
    names += [f"code_{place}" for place in range(kinds)]
    names += [f"number_{place}" for place in range(units.numbers.shape[1])]
    return [*names, STILL_VALUE]


def still_columns(hedonic: Hedonic, units: Units) -> Floats:
    """Columns of which nothing moves while a unit waits, [n, k].

    The last is what the equation makes of all that stands still, as the log of a factor.
    """
    used = _used(hedonic, units)
    columns = [
        np.where(units.grade_missing, np.nan, units.grade),
        units.damage.astype(np.float64),
        units.odometer_missing.astype(np.float64),
        *(
            np.where(units.codes[name] >= 0, hedonic.effects[name][units.codes[name]], 0.0)
            for name in used
        ),
        *(np.where(units.codes[name] >= 0, units.codes[name], np.nan) for name in used),
        *units.numbers.T,
        # units of the same traits have the same value, to the last bit
        np.round(hedonic.value(units, without=_MOVING), _DIGITS),
    ]
    return np.column_stack(columns).astype(np.float64)


def _used(hedonic: Hedonic, units: Units) -> list[str]:
    return [name for name in units.codes if name in hedonic.effects and name not in _ASIDE]
