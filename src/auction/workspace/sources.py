"""The settings of a workspace that name its tables: files, columns, units, constants."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

SETTINGS_FILE: Final = "disposal.toml"

Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Constant = bool | int | float | date | str


class Section(BaseModel):
    """A section of the file: nothing unknown, nothing changed afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class TableSource(Section):
    """Where a table stands and how the owner's columns become ours."""

    file: Text = Field(description="CSV or Parquet file, relative to the workspace")
    columns: dict[str, Text] = Field(default={}, description="our name = the owner's name")
    units: dict[str, Text] = Field(default={}, description="our name = unit in the file")
    constants: dict[str, Constant] = Field(
        default={}, description="our name = one value for every row"
    )
    date_format: Text = Field(
        default="%Y-%m-%d", description="how dates are written, strftime codes"
    )
    delimiter: Annotated[str, StringConstraints(min_length=1, max_length=1)] = Field(
        default=",", description="character between the values of a CSV file"
    )
    encoding: Literal["utf-8", "utf-16", "gb18030", "cp1252"] = Field(
        default="utf-8", description="encoding of a CSV file"
    )
    null_values: tuple[str, ...] = Field(default=(), description="texts that mean 'not known'")


class Tables(Section):
    """The input tables; a channel without rows is off."""

    vehicles: TableSource = Field(description="units to dispose of")
    sales: TableSource = Field(description="past offerings")
    price_changes: TableSource | None = Field(
        default=None, description="dated asking prices of listed units"
    )
    index: TableSource | None = Field(default=None, description="market series")
    venues: TableSource | None = Field(
        default=None, description="auction sites, dealers, dismantlers"
    )
    events: TableSource | None = Field(default=None, description="dated slots at auction sites")
    offers: TableSource | None = Field(default=None, description="standing bids of dealers")
    parts: TableSource | None = Field(default=None, description="parts of a model group")
    tariffs: TableSource | None = Field(default=None, description="transport between regions")
    hedges: TableSource | None = Field(default=None, description="instruments on offer")
    holds: TableSource | None = Field(default=None, description="legal bars on vehicles")
    overrides: TableSource | None = Field(default=None, description="pins and bans of the desk")

    def given(self) -> dict[str, TableSource]:
        """Return the tables that the owner named, in the order of this class."""
        named = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: source for name, source in named.items() if source is not None}
