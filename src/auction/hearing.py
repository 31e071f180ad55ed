"""The appraisals of a workspace: how well they tell, and what they leave of the fleet's values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

import residual
from auction.workspace import Workspace
from residual import AppraisalPriors, Appraised, Appraisers, ResidualModel, ValueBook


@dataclass(frozen=True, slots=True)
class Heard:
    """What appraisers said of a fleet.

    Parameters
    ----------
    appraisals : polars.DataFrame
        The table.
    appraisers : Appraisers
        How well they tell.
    appraised : Appraised
        What that leaves of the vehicles that are planned.
    """

    appraisals: pl.DataFrame
    appraisers: Appraisers
    appraised: Appraised

    @property
    def words(self) -> list[str]:
        """How well each stage that spoke is taken to tell, a sentence each."""
        return self.appraisers.words(self.appraisals["stage"].unique().sort().to_list())

    def over(self, book: ValueBook) -> ValueBook:
        """Return a book of the planned vehicles as their appraisals leave it."""
        if not self.appraised.statements.unit.size:
            return book
        return residual.appraised_book(book, self.appraised)

    def effects(
        self, model: ResidualModel, vehicles: pl.DataFrame, workspace: Workspace
    ) -> pl.DataFrame:
        """Return what appraisals do to the median hammer of today.

        Returns
        -------
        polars.DataFrame
            vehicle_id, effect ("appraisal"), level (stages, and the day of the last), factor, low
            and high (null), for each vehicle that was appraised.
        """
        said = (
            self.appraisals.join(vehicles.select("vehicle_id"), on="vehicle_id", how="semi")
            .group_by("vehicle_id")
            .agg(
                pl.col("stage").unique().sort().str.join(" and "),
                pl.col("appraised_on").max().dt.to_string("%Y-%m-%d"),
            )
        )
        units = vehicles.drop("venue_id", strict=False).join(said, on="vehicle_id", how="inner")
        units = units.sort("vehicle_id")
        level = pl.format("{}, {}", "stage", "appraised_on")
        asked = units.drop("stage", "appraised_on")
        as_of = workspace.config.as_of
        before = model.predict(asked, as_of, (0.5,))["q50"].to_numpy()
        after = residual.predict_appraised(
            model, asked, as_of, self.appraisals, self.appraisers, (0.5,)
        )["q50"].to_numpy()
        none = pl.lit(None, dtype=pl.Float64)
        return units.select(
            "vehicle_id",
            effect=pl.lit("appraisal"),
            level=level,
            factor=pl.Series(np.asarray(after / before)),
            low=none,
            high=none,
        )


def hear(workspace: Workspace, model: ResidualModel, planned: pl.DataFrame) -> Heard | None:
    """Read the appraisals of a workspace.

    Parameters
    ----------
    workspace : Workspace
    model : ResidualModel
    planned : polars.DataFrame
        The vehicles that are planned.

    Returns
    -------
    Heard or None
        None where there are no appraisals, and no inspections are thought of.
    """
    appraisals, config = workspace.tables["appraisals"], workspace.config
    if appraisals.is_empty() and config.inspection.cost is None:
        return None
    priors = AppraisalPriors(**config.appraisal.model_dump())
    appraisers = residual.learn_appraisers(model, workspace.tables["sales"], appraisals, priors)
    appraised = residual.appraise(model, planned, appraisals, appraisers, config.as_of)
    return Heard(appraisals, appraisers, appraised)
