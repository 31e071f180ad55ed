"""What is taken of appraisers before their past appraisals tell."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

#: Stages of an appraisal: from papers and photographs, and of the unit itself.
STAGES = ("desk", "site")


@dataclass(frozen=True, slots=True)
class AppraisalPriors:
    """Everything that is assumed of appraisers rather than measured.

    Parameters
    ----------
    desk_error, site_error : float
        Sd of ln of a stated value around the unit's own, at a desk and on site; the median of
        what is expected before sales show it. Assumed.
    stage_bias, own_bias : float
        Sd of the bias of a stage, and of one appraiser's against it, ln. Assumed.
    together : float
        Correlation of the errors of two appraisals of one unit: whoever comes later has seen the
        earlier papers. In [0, 1). Assumed.
    grade_error : float
        Sd of a stated grade around the condition, in grades. Assumed.
    file_grade_error, ungraded_spread : float
        Sd of the condition around the grade in the unit's file, and where the file has none, in
        grades. Assumed.
    """

    desk_error: float = 0.15
    site_error: float = 0.08
    stage_bias: float = 0.05
    own_bias: float = 0.03
    together: float = 0.5
    grade_error: float = 0.4
    file_grade_error: float = 0.5
    ungraded_spread: float = 1.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            least = 0.0 if field.name in ("own_bias", "stage_bias", "together") else 1e-3
            if not (math.isfinite(value) and value >= least):
                raise ValueError(f"{field.name} must be at least {least:g}, not {value}")
        if self.together >= 1.0:
            raise ValueError("together must be below 1, or a second appraisal could tell nothing")

    def error(self, stage: str) -> float:
        """Prior sd of ln of a stated value: on site that of a site, anywhere else that of a desk.

        Parameters
        ----------
        stage : str
        """
        return self.site_error if stage == STAGES[1] else self.desk_error
