"""What each column of a run's tables is: its type, its unit and its meaning."""

from __future__ import annotations

from typing import Final

from auction.run.model_columns import OF_MODEL
from auction.run.output_column import OutputColumn
from auction.run.plan_columns import OF_PLAN
from auction.run.vehicle_columns import BY_VEHICLE

#: Every column of every table of a run, by the table's file name without its ending, in the
#: order in which they stand there.
OUTPUT_COLUMNS: Final[dict[str, dict[str, OutputColumn]]] = {**BY_VEHICLE, **OF_PLAN, **OF_MODEL}
