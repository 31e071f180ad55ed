"""The settings of stresses: a market, a demand or a list of sites gone wrong, by name."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field, StringConstraints

from auction.workspace.sources import Section

#: A level falls by less than all of it, and rises by no more than ninefold.
Change = Annotated[float, Field(gt=-1, le=9)]


class Stress(Section):
    """A stress of the desk's own, in which the plan is carried out as it stands."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=80)] = Field(
        description="what it is called; no two alike"
    )
    market: Change = Field(
        default=0.0,
        description="change of the market level against its scenarios, such as -0.2",
        json_schema_extra={"unit": "share"},
    )
    segments: dict[str, Change] = Field(
        default={},
        description="change of the level of single segments in place of the market's",
        json_schema_extra={"unit": "share"},
    )
    scrap: Change = Field(
        default=0.0,
        description="change of the price of scrap",
        json_schema_extra={"unit": "share"},
    )
    days: float = Field(
        default=0.0,
        ge=0,
        le=3660,
        description="days over which these changes come, evenly in logs; 0: all at once",
        json_schema_extra={"unit": "days"},
    )
    bidders: float = Field(
        default=1.0,
        gt=0,
        le=10,
        description="factor on the mean number of bidders a lot, their values being as they were",
    )
    closed: tuple[str, ...] = Field(
        default=(),
        description="venues that take nothing: what was to go there is kept back until the horizon "
        "ends and goes to the trade",
    )
    source: str = Field(default="", description="where its figures come from")


#: What markets have done before; the days are told where the source tells them.
KNOWN: Final = (
    Stress(
        name="Residual losses, November 2008",
        market=-0.20,
        source="securitised residual losses above 20 % in November 2008; taken as a fall at once",
    ),
    Stress(
        name="Europe, 2008",
        market=-0.30,
        source="falls of up to 30 % in Europe in 2008; the worst of them, taken as a fall at once",
    ),
    Stress(
        name="United States, a year to February 2024",
        market=-0.13,
        days=365.0,
        source="a US wholesale index 13 % lower than a year before in February 2024",
    ),
    Stress(
        name="United States, nine months of 2009",
        market=0.21,
        days=274.0,
        source="a US wholesale index 21 % up nine months after its low of December 2008",
    ),
)
