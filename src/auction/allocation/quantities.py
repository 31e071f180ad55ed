"""How many units dealers take: at most so many, and of some none or at least so many."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from auction.allocation.caps import Cap
from auction.allocation.problem import Minimum, Rule
from auction.errors import InfeasibleError


def quantities(
    frame: pl.DataFrame, offers: pl.DataFrame | None
) -> tuple[NDArray[np.int64], tuple[Minimum, ...], list[Cap]]:
    """Return which minimum each column counts toward, the minimums, and the caps of offers.

    An offer of a package has its own cap and counts toward the package's minimum.

    Parameters
    ----------
    frame : polars.DataFrame, c rows
        The options that may be taken; column offer_id.
    offers : polars.DataFrame or None
        offer_id, min_units, max_units; package and package_min_units where there are packages;
        promised_units where some have to be sold under an offer.

    Raises
    ------
    InfeasibleError
        When no vehicle can be sold under an offer that units are promised to.
    ValueError
        When options rest on offers that the table lacks, or units are promised to an offer of a
        package.
    """
    rows = [] if offers is None else offers.sort("offer_id").to_dicts()
    unknown = set(frame["offer_id"].drop_nulls().unique()) - {row["offer_id"] for row in rows}
    if unknown:
        raise ValueError(f"options rest on offers without quantities: {', '.join(sorted(unknown))}")
    place = np.full(frame.height, -1, dtype=np.int64)
    minimums: list[Minimum] = []
    caps: list[Cap] = []
    unkept: list[str] = []
    packages: dict[str, list[tuple[dict[str, Any], NDArray[np.bool_]]]] = {}
    for row in rows:
        name, promised = row["offer_id"], float(row.get("promised_units") or 0)
        least, most = max(float(row["min_units"] or 0), promised), float(row["max_units"])
        mask = (frame["offer_id"] == name).fill_null(value=False).to_numpy()
        if not mask.any():
            if promised:
                unkept.append(
                    f"offer {name} is promised {promised:g} units: no vehicle can go there"
                )
            continue
        if row.get("package") is not None:
            if promised:
                raise ValueError(f"offer {name} is of a package: no units can be promised to it")
            packages.setdefault(row["package"], []).append((row, mask))
        if (least > 1.0 or promised) and row.get("package") is None:
            place[mask] = len(minimums)
            minimums.append(Minimum(f"offer {name}", least, most, promised > 0.0))
        elif row.get("vehicle_id") is None:  # one unit cannot exceed its own offer
            caps.append(Cap.of(Rule("offer", f"offer {name}"), most, mask))
    if unkept:
        raise InfeasibleError(unkept)
    for name, members in sorted(packages.items()):
        least = float(members[0][0]["package_min_units"])
        if least > 1.0:
            for _, mask in members:
                place[mask] = len(minimums)
            most = sum(float(row["max_units"]) for row, _ in members)
            minimums.append(Minimum(f"package {name}", least, max(least, most)))
    return place, tuple(minimums), caps
