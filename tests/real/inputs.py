"""The workspace's files, read anew for the checker: nothing is shared with the engine.

Only what ``build_us_wholesale.py`` writes is understood: its column names and units are spelt out
here a second time, so that a slip in the engine's mapping cannot hide.
"""

from __future__ import annotations

import math
import tomllib
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import polars as pl

KM_PER_MILE: Final = 1.609344
EARTH_KM: Final = 6371.0
DAYS_PER_YEAR: Final = 365.25

Row = dict[str, Any]


@dataclass(frozen=True)
class Inputs:
    """What the checker knows of a workspace.

    Parameters
    ----------
    folder : Path
        The workspace.
    """

    folder: Path

    @cached_property
    def settings(self) -> Row:
        """The settings file."""
        return tomllib.loads((self.folder / "disposal.toml").read_text(encoding="utf-8"))

    @property
    def as_of(self) -> date:
        """Planning date."""
        return self.settings["as_of"]

    @property
    def end(self) -> date:
        """Last day of the horizon."""
        return self.as_of + timedelta(weeks=self.settings["horizon"]["weeks"])

    @cached_property
    def fleet(self) -> dict[str, Row]:
        """Vehicles by id, odometer in km and grades from 1 to 5."""
        rows = pl.read_csv(self.folder / "fleet.csv", schema_overrides={"lot_id": pl.String})
        grade = pl.col("condition")
        return _by(
            rows.with_columns(
                odometer=pl.col("odometer") * KM_PER_MILE,
                grade=pl.when(grade > 5).then(grade / 10).otherwise(grade),
            ),
            "lot_id",
        )

    @cached_property
    def venues(self) -> dict[str, Row]:
        """Venues by id."""
        return _by(pl.read_csv(self.folder / "venues.csv"), "venue_id")

    @cached_property
    def events(self) -> dict[str, Row]:
        """Events by id, with the owner's names sale_day and slots."""
        return _by(pl.read_parquet(self.folder / "events.parquet"), "event_id")

    @cached_property
    def offers(self) -> dict[str, Row]:
        """Offers by id, odometer in km and rate as a share."""
        rows = pl.read_csv(self.folder / "offers.csv", try_parse_dates=True)
        return _by(
            rows.with_columns(pl.col("max_odometer") * KM_PER_MILE, pl.col("guide_rate") / 100),
            "offer_id",
        )

    @cached_property
    def hedges(self) -> dict[str, Row]:
        """Hedges by id."""
        return _by(pl.read_csv(self.folder / "hedges.csv", try_parse_dates=True), "hedge_id")

    @cached_property
    def lanes(self) -> dict[tuple[str, str], Row]:
        """Tariffs by region of departure and of arrival."""
        rows = pl.read_csv(self.folder / "tariffs.csv").to_dicts()
        return {(row["from_region"], row["to_region"]): row for row in rows}

    @cached_property
    def parts(self) -> dict[str, dict[str, Row]]:
        """Parts by group and name, what a part needs as a set."""
        groups: dict[str, dict[str, Row]] = defaultdict(dict)
        for row in pl.read_csv(self.folder / "parts.csv").to_dicts():
            needs = {each.strip() for each in (row["needs"] or "").split(";")} - {""}
            groups[row["group"]][row["part"]] = {**row, "needs": needs}
        return dict(groups)

    @cached_property
    def holds(self) -> dict[str, date]:
        """Last day of the longest legal bar on each vehicle that has one."""
        rows = pl.read_csv(
            self.folder / "holds.csv",
            try_parse_dates=True,
            schema_overrides={"vehicle_id": pl.String},
        )
        latest = rows.group_by("vehicle_id").agg(pl.col("until").max())
        return dict(latest.iter_rows())

    @cached_property
    def overrides(self) -> list[Row]:
        """The desk's pins and bans."""
        said = ("vehicle_id", "venue_id", "channel", "event_id")
        return pl.read_csv(
            self.folder / "overrides.csv",
            schema_overrides=dict.fromkeys(said, pl.String),
        ).to_dicts()

    def ready(self, vehicle: str) -> date:
        """Day from which a vehicle may move."""
        until = self.holds.get(vehicle)
        return self.as_of if until is None else max(self.as_of, until + timedelta(days=1))

    def damaged(self, vehicle: str) -> bool:
        """Whether a vehicle counts as damaged: grade 2 or below, the default of the settings."""
        grade = self.fleet[vehicle]["grade"]
        return grade is not None and grade <= 2.0

    def distance_km(self, vehicle: str, venue: str) -> float:
        """Great-circle distance from a vehicle's yard to a venue, by the cosine law."""
        unit, site = self.fleet[vehicle], self.venues[venue]
        phi, to_phi = math.radians(unit["yard_lat"]), math.radians(site["lat"])
        turn = math.radians(site["lon"] - unit["yard_lon"])
        cosine = math.sin(phi) * math.sin(to_phi) + math.cos(phi) * math.cos(to_phi) * math.cos(
            turn
        )
        return EARTH_KM * math.acos(min(1.0, cosine))

    def move(self, vehicle: str, venue: str) -> tuple[float, float]:
        """Cost and days of moving a vehicle: tariff, else local, else by distance."""
        start, end = self.fleet[vehicle]["state"], self.venues[venue]["region"]
        lane = self.lanes.get((start, end))
        if lane is not None:
            return lane["cost"], lane["days"]
        if start == end:
            return 60.0, self.settings["costs"]["local_days"]
        km = self.distance_km(vehicle, venue)
        return 7.17 * (km / KM_PER_MILE) ** 0.67, 0.25 * km / 100

    def discount(self, days: float) -> float:
        """Worth today of one unit of money after some days, at the default 8 % a year."""
        return math.exp(-0.08 * days / DAYS_PER_YEAR)

    def holding(self, days: float) -> float:
        """Worth today of keeping a vehicle for some days."""
        rate = 0.08 / DAYS_PER_YEAR
        return self.settings["costs"]["holding_per_day"] * (1 - math.exp(-rate * days)) / rate


def _by(rows: pl.DataFrame, key: str) -> dict[str, Row]:
    return {row[key]: row for row in rows.to_dicts()}
