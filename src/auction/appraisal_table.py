"""The table of appraisals: what was said of a vehicle before it was sold."""

from __future__ import annotations

from typing import Final

import dataframely as dy
import polars as pl

from residual.tables import told

STAGES: Final = ("desk", "site")


class Appraisals(dy.Schema):
    """What an appraiser said of a vehicle of the fleet, or of one that was sold since."""

    vehicle_id = dy.String(min_length=1, **told("vehicle of the fleet, or of a past sale", "R0042"))
    stage = dy.String(
        check={"one_of": lambda column: column.is_in(list(STAGES))},
        **told(
            "desk: from papers and photographs; site: of the vehicle itself", "site", one_of=STAGES
        ),
    )
    appraised_on = dy.Date(**told("day of the appraisal", "2026-05-28", "date"))
    value = dy.Float64(
        nullable=True,
        min_exclusive=0.0,
        **told(
            "hammer price that it would bring at the usual venue that day; this or grade",
            "7900",
            "money per unit",
        ),
    )
    grade = dy.Float64(
        nullable=True,
        min=1.0,
        max=5.0,
        **told("condition that was found, 5 best; this or value", "3.5", "grade 1-5"),
    )
    appraiser = dy.String(
        nullable=True, **told("who said it; biases of one's own are told apart", "ann")
    )

    @dy.rule()
    def value_xor_grade(cls) -> pl.Expr:
        """Give a value or a grade, not both."""
        return pl.col("value").is_null() != pl.col("grade").is_null()
