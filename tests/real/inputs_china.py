"""The Chinese workspace's files, read anew for the checker: nothing is shared with the engine."""

from __future__ import annotations

import math
from datetime import date, timedelta
from functools import cached_property

import polars as pl

from real.inputs import Inputs, Row

#: Rates of the settings that the builder writes, and defaults.
LOCAL = (200.0, 1.0)


class ChinaInputs(Inputs):
    """What the checker knows of the workspace of ``build_china_store.py``."""

    @cached_property
    def fleet(self) -> dict[str, Row]:
        """Cars by id under the names that the checks use; no grade, no guide and no loan."""
        rows = pl.read_csv(self.folder / "fleet.csv", try_parse_dates=True)
        return {
            str(row["carid"]): {
                "state": str(row["车辆所在城市 id"]),
                "make": str(row["品牌 id"]),
                "model": str(row["车系 id"]),
                "registered": row["上牌日期"],
                "available": row["pushDate"],
                "odometer": row["里程"] * 10_000.0,
                "grade": None,
                "balance": None,
            }
            for row in rows.to_dicts()
        }

    @cached_property
    def venues(self) -> dict[str, Row]:
        """Venues by id."""
        names = {"venue_id": pl.String, "region": pl.String}
        rows = pl.read_csv(self.folder / "venues.csv", schema_overrides=names)
        return {row["venue_id"]: row for row in rows.to_dicts()}

    @cached_property
    def events(self) -> dict[str, Row]:
        """Events by id, with the names sale_day and slots."""
        rows = pl.read_csv(self.folder / "events.csv", try_parse_dates=True)
        named = rows.rename({"date": "sale_day", "capacity": "slots"})
        return {row["event_id"]: row for row in named.to_dicts()}

    @cached_property
    def offers(self) -> dict[str, Row]:
        """Offers by id."""
        rows = pl.read_csv(
            self.folder / "offers.csv",
            try_parse_dates=True,
            schema_overrides={"venue_id": pl.String},
        )
        return {row["offer_id"]: row for row in rows.to_dicts()}

    @cached_property
    def hedges(self) -> dict[str, Row]:
        """No hedge is on offer."""
        return {}

    @cached_property
    def lanes(self) -> dict[tuple[str, str], Row]:
        """Tariffs by region of departure and of arrival; no lane is limited."""
        names = {"from_region": pl.String, "to_region": pl.String}
        rows = pl.read_csv(self.folder / "tariffs.csv", schema_overrides=names).to_dicts()
        return {
            (row["from_region"], row["to_region"]): {**row, "weekly_units": math.inf}
            for row in rows
        }

    def ready(self, vehicle: str) -> date:
        """Day from which a car may move: listed by its owner, and free of legal bars."""
        until = self.holds.get(vehicle, date.min)
        freed = until + timedelta(days=1)
        return max(self.as_of, self.fleet[vehicle]["available"], freed)

    def damaged(self, vehicle: str) -> bool:
        """No car is known to be damaged."""
        return False

    def distance_km(self, vehicle: str, venue: str) -> float:
        """Not known: the file gives cities by number."""
        return math.nan

    def move(self, vehicle: str, venue: str) -> tuple[float, float]:
        """Cost and days of moving a car: within its city, or by the tariff."""
        start, end = self.fleet[vehicle]["state"], self.venues[venue]["region"]
        if start == end:
            return LOCAL
        lane = self.lanes[start, end]
        return lane["cost"], lane["days"]
