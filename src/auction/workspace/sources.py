"""The settings of a workspace that name its tables: files, columns, units, constants."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

SETTINGS_FILE: Final = "disposal.toml"

Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Constant = bool | int | float | date | str


class Section(BaseModel):
    """A section of the file: nothing unknown, nothing changed afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


Encoding = Literal[
    "detect", "utf-8", "utf-16", "utf-16-le", "utf-16-be", "gb18030", "big5", "shift_jis",
    "euc_kr", "cp1250", "cp1251", "cp1252", "iso-8859-1", "iso-8859-15", "mac_roman",
]  # fmt: skip


class TableSource(Section):
    """Where a table stands and how the owner's columns become ours.

    What is left at ``detect`` is read off the data. Where the data does not prove it, the run
    stops and asks for the setting; it never guesses.
    """

    file: Text = Field(
        description="CSV (.csv, .tsv, .txt), Parquet or Excel (.xlsx, .xlsm) file, relative to "
        "the workspace; file or query must be given"
    )
    query: Text | None = Field(
        default=None,
        description="one SELECT against PostgreSQL in place of a file; every table of a workspace "
        "is read from one read-only snapshot",
    )
    url_env: Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")] = Field(
        default="DISPOSAL_DATABASE_URL",
        description="environment variable that holds the database's address, "
        "postgresql://user:password@host/database; the address itself never stands in a file",
    )
    sheet: Text | None = Field(
        default=None, description="sheet of an Excel file; needed where it has several"
    )
    header_row: int = Field(
        default=1,
        ge=1,
        le=1000,
        description="row of the file that holds the column names, the first being 1; rows above "
        "it are passed over",
    )
    columns: dict[str, Text] = Field(default={}, description="our name = the owner's name")
    units: dict[str, Text] = Field(default={}, description="our name = unit in the file")
    constants: dict[str, Constant] = Field(
        default={}, description="our name = one value for every row"
    )
    date_format: Text = Field(
        default="detect",
        description="how dates are written, strftime codes such as %d/%m/%Y; detect: as each "
        "column proves",
    )
    decimal: Literal["detect", ".", ","] = Field(
        default="detect", description="decimal mark of numbers; detect: as each column proves"
    )
    thousands: Literal["detect", "none", ",", ".", " ", "'"] = Field(
        default="detect",
        description="what parts the thousands of a number (a blank stands for every kind of "
        "blank); detect: as each column proves",
    )
    delimiter: Annotated[str, StringConstraints(pattern=r"^(detect|[^\"\r\n])$")] = Field(
        default="detect",
        description="character between the values of a CSV file; detect: comma, semicolon, tab "
        "or bar, as the first rows prove",
    )
    encoding: Encoding = Field(
        default="detect",
        description="encoding of a CSV file; detect: by its byte order mark, UTF-8, or gb18030 or "
        "cp1252 where the bytes leave no doubt",
    )
    values: dict[str, dict[str, Text]] = Field(
        default={},
        description="our name = { the owner's word = ours }, for columns that admit few words, "
        "such as outcome",
    )
    null_values: tuple[str, ...] = Field(default=(), description="texts that mean 'not known'")

    @model_validator(mode="after")
    def _marks_differ(self) -> TableSource:
        if self.decimal == self.thousands != "detect":
            raise ValueError("decimal and thousands must differ")
        return self


class Reading(Section):
    """How much is read before a table is refused."""

    max_megabytes: int = Field(
        default=512, ge=1, description="largest input file, or content of an Excel file unpacked"
    )
    max_columns: int = Field(default=1000, ge=1, le=16_384, description="most columns of a table")
    max_cells: int = Field(
        default=50_000_000, ge=1, description="most values of a table, rows times columns"
    )
    query_seconds: int = Field(
        default=300, ge=1, le=86_400, description="longest that a query may run, in seconds"
    )


class Tables(Section):
    """The input tables; a channel without rows is off."""

    vehicles: TableSource = Field(description="units to dispose of")
    sales: TableSource = Field(description="past offerings")
    price_changes: TableSource | None = Field(
        default=None, description="dated asking prices of listed units"
    )
    index: TableSource | None = Field(default=None, description="market series")
    places: TableSource | None = Field(
        default=None, description="regions and coordinates of postcodes"
    )
    venues: TableSource | None = Field(
        default=None, description="auction sites, dealers, dismantlers"
    )
    fees: TableSource | None = Field(default=None, description="fees of venues in tiers")
    events: TableSource | None = Field(default=None, description="dated slots at auction sites")
    offers: TableSource | None = Field(default=None, description="standing bids of dealers")
    reconditioning: TableSource | None = Field(
        default=None, description="work that can be done on vehicles before they are sold"
    )
    parts: TableSource | None = Field(default=None, description="parts of a model group")
    tariffs: TableSource | None = Field(default=None, description="transport between regions")
    hedges: TableSource | None = Field(default=None, description="instruments on offer")
    holds: TableSource | None = Field(default=None, description="legal bars on vehicles")
    overrides: TableSource | None = Field(default=None, description="pins and bans of the desk")
    commitments: TableSource | None = Field(
        default=None, description="what is already bought, promised or dispatched"
    )
    appraisals: TableSource | None = Field(
        default=None, description="appraisals of vehicles, at a desk or on site"
    )

    @model_validator(mode="before")
    @classmethod
    def _name_queries(cls, tables: Any) -> Any:
        """Call the result of a query by its table, as files are called by their name."""
        if not isinstance(tables, dict):
            return tables
        for name, source in tables.items():
            if isinstance(source, dict) and "query" in source and "file" in source:
                raise ValueError(f"{name}: give file or query, not both")
        return {
            name: {"file": f"{name} (query)", **source}
            if isinstance(source, dict) and "query" in source
            else source
            for name, source in tables.items()
        }

    def given(self) -> dict[str, TableSource]:
        """Return the tables that the owner named, in the order of this class."""
        named = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: source for name, source in named.items() if source is not None}
