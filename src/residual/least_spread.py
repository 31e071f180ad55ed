"""The spread below which so few sales cannot prove prices to lie."""

from __future__ import annotations

from typing import Final

import numpy as np

#: Sd of ln hammer around a value of which hardly anything is known, and how many sales that
#: counts for. Assumed.
PRIOR_SPREAD: Final = 0.5
PRIOR_SALES: Final = 2.0


def least_spread(sales: float) -> float:
    """Return the least sd of ln prices around their values that so many sales can show.

    Parameters
    ----------
    sales : float
        How many there are, or how many are left when what was fitted is taken off.

    Notes
    -----
    What the mean square of errors would be, had all of them been nought, beside prior errors of
    0.5 in as many sales as the prior counts for. Sales of equal prices, or as few as the
    effects that they tell, agree by chance or by design, not because prices can be foretold.
    """
    return PRIOR_SPREAD * float(np.sqrt(PRIOR_SALES / (PRIOR_SALES + sales)))
