"""What a workshop makes of a vehicle, at which cost: the table of reconditioning."""

from __future__ import annotations

import dataframely as dy
import polars as pl

from auction.table_columns import choice
from residual.tables import DAMAGE_LEVELS, told


class Reconditioning(dy.Schema):
    """Work that can be done on vehicles of a kind before they are sold."""

    reconditioning_id = dy.String(min_length=1, **told("short name of the work", "PAINT"))
    make = dy.String(nullable=True, **told("only this make; any where not given", "Nissan"))
    model = dy.String(nullable=True, **told("only this model; any where not given", "Altima"))
    body = dy.String(nullable=True, **told("only this body; any where not given", "sedan"))
    region = dy.String(
        nullable=True, **told("only vehicles that stand there; any where not given", "TX")
    )
    damage = choice(
        *DAMAGE_LEVELS,
        nullable=True,
        description="only vehicles with this damage; any where not given",
        example="light",
    )
    min_grade = dy.Float64(
        nullable=True, min=1.0, max=5.0, **told("poorest condition taken on", "2.0", "grade 1-5")
    )
    max_grade = dy.Float64(
        nullable=True, min=1.0, max=5.0, **told("best condition taken on", "3.5", "grade 1-5")
    )
    max_age_years = dy.Float64(nullable=True, min=0.0, **told("oldest unit taken on", "8", "years"))
    max_odometer = dy.Float64(
        nullable=True, min=0.0, **told("highest reading taken on", "170000", "km")
    )
    cost = dy.Float64(min=0.0, **told("what the work costs, paid when it begins", "650", "money"))
    days = dy.Float64(min=0.0, max=366.0, **told("how long it takes", "6", "days"))
    to_grade = dy.Float64(
        nullable=True, min=1.0, max=5.0, **told("condition afterwards", "4.0", "grade 1-5")
    )
    to_damage = choice(
        *DAMAGE_LEVELS[:-1],
        nullable=True,
        description="damage that is left afterwards",
        example="none",
    )
    max_units = dy.Int64(
        nullable=True,
        min=1,
        **told("most units in this planning; no limit where not given", "40", "units"),
    )

    @dy.rule()
    def reconditioning_result(cls) -> pl.Expr:
        """Say what the work makes of a vehicle."""
        return pl.col("to_grade").is_not_null() | pl.col("to_damage").is_not_null()

    @dy.rule()
    def grades_in_order(cls) -> pl.Expr:
        """Put the poorest grade below the best."""
        return (pl.col("min_grade") <= pl.col("max_grade")).fill_null(value=True)

    @dy.rule()
    def grade_improves(cls) -> pl.Expr:
        """Leave a vehicle in a better grade than the poorest that is taken on."""
        return (pl.col("to_grade") > pl.col("min_grade")).fill_null(value=True)

    @dy.rule()
    def damage_improves(cls) -> pl.Expr:
        """Leave a vehicle less damaged than those that are taken on."""
        level = {name: place for place, name in enumerate(DAMAGE_LEVELS)}
        before, after = (
            pl.col(name).replace_strict(level, default=None, return_dtype=pl.Int64)
            for name in ("damage", "to_damage")
        )
        return (after < before).fill_null(value=True)
