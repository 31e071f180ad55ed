"""The settings of appraisals and of the inspector."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from auction.workspace.setting import setting
from auction.workspace.sources import Section
from residual import AppraisalPriors

_PRIOR = AppraisalPriors()


class Appraisal(Section):
    """How well appraisals tell, before past ones that were followed by a sale show it."""

    desk_error: float = setting(
        _PRIOR.desk_error,
        "error of a value that is stated at a desk",
        unit="sd of ln value",
        ge=0.001,
        le=2,
    )
    site_error: float = setting(
        _PRIOR.site_error,
        "error of a value that is stated on site",
        unit="sd of ln value",
        ge=0.001,
        le=2,
    )
    stage_bias: float = setting(
        _PRIOR.stage_bias,
        "how far a stage may err one way on the whole",
        unit="sd of ln value",
        ge=0,
        le=1,
    )
    own_bias: float = setting(
        _PRIOR.own_bias,
        "how far an appraiser may err one way against the stage",
        unit="sd of ln value",
        ge=0,
        le=1,
    )
    together: float = setting(
        _PRIOR.together,
        "correlation of the errors of two appraisals of a vehicle: the later one has seen the "
        "papers of the earlier",
        ge=0,
        lt=1,
    )
    grade_error: float = setting(
        _PRIOR.grade_error, "error of a stated grade", unit="sd of the grade", ge=0.001, le=4
    )
    file_grade_error: float = setting(
        _PRIOR.file_grade_error,
        "error of the grade in a vehicle's file",
        unit="sd of the grade",
        ge=0.001,
        le=4,
    )
    ungraded_spread: float = setting(
        _PRIOR.ungraded_spread,
        "spread of the condition where the file has no grade",
        unit="sd of the grade",
        ge=0.001,
        le=4,
    )


class Inspecting(Section):
    """Sending an inspector before deciding; on where its cost is given."""

    cost: float | None = Field(
        default=None,
        ge=0,
        description="cost of an inspection, money; absent: its worth is not reckoned",
    )
    days: int = setting(
        2,
        "days from the planning date until an inspected vehicle may move",
        unit="days",
        ge=0,
        le=90,
    )
    stage: Literal["desk", "site"] = setting("site", "whose error an inspection has")
    units: int = setting(10, "vehicles that the inspector can look at", unit="vehicles", ge=1)
    candidates: int = setting(
        200,
        "vehicles, of most worth by a coarse look, whose worth is reckoned finely",
        unit="vehicles",
        ge=1,
    )
