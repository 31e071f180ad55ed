"""The settings of a workspace: every section of ``disposal.toml``."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Final, Literal

from pydantic import (
    AfterValidator,
    Field,
    StringConstraints,
    model_validator,
)

from auction.workspace.appraising import Appraisal, Inspecting
from auction.workspace.setting import dollars, setting
from auction.workspace.sources import Reading, Section, Tables
from auction.workspace.stressing import Stress

#: Planning dates lie between these, so that no horizon leaves the calendar.
FIRST_DAY: Final = date(1950, 1, 1)
LAST_DAY: Final = date(2199, 12, 31)

#: What a limit can count apart.
LIMITED: Final = (
    "channel",
    "venue",
    "event",
    "week",
    "segment",
    "make",
    "model",
    "offer",
    "hedge",
    "counterparty",
)


class Horizon(Section):
    """How far ahead vehicles are placed."""

    weeks: int = setting(
        8, "events and sales up to this long after as_of", unit="weeks", ge=1, le=260
    )


class Simulation(Section):
    """How many futures are looked at."""

    scenarios: int = setting(
        1024, "scenarios that the optimiser sees", unit="scenarios", ge=16, le=1_000_000
    )
    evaluation_scenarios: int = setting(
        1024,
        "fresh scenarios on which the plan is judged",
        unit="scenarios",
        ge=16,
        le=1_000_000,
    )


class Costs(Section):
    """What it costs to keep, move and mend a vehicle."""

    currency_per_dollar: float | None = Field(
        default=None,
        gt=0,
        description="units of the currency per US dollar: scales the defaults stated in dollars",
    )
    holding_per_day: float = dollars(
        10.0,
        "keeping a vehicle: yard, insurance, paperwork",
        unit="money per vehicle and day",
        source="seller's carrying cost of $8-12 a day (2001), middle taken",
    )
    discount_rate: float = setting(
        0.08, "continuously compounded rate that brings money to as_of", unit="per year", ge=0, le=2
    )
    transport_rate: float = dollars(
        7.17,
        "factor of the distance curve transport_rate * miles ** transport_exponent",
        unit="money per mile ** transport_exponent",
        source="fit to $152/345/540/700 at 100/300/600/1,000 miles, within 5 %",
    )
    transport_exponent: float = setting(
        0.67,
        "exponent of the distance curve",
        source="fit to $152/345/540/700 at 100/300/600/1,000 miles, within 5 %",
        gt=0,
        le=1,
    )
    local_transport: float = dollars(
        60.0, "moving a unit within its region where no tariff says", unit="money per vehicle"
    )
    local_days: float = setting(
        1.0, "days on the way within a region where no tariff says", unit="days", ge=0
    )
    days_per_100_km: float = setting(
        0.25, "days on the way per 100 km where no tariff says", unit="days per 100 km", ge=0
    )


class AuctionRules(Section):
    """How vehicles are run through auctions."""

    runs: int = setting(3, "offerings at most before the fallback", unit="runs", ge=1, le=8)
    reoffer_discount: float = setting(
        0.007,
        "loss of value at each further run",
        unit="share of value",
        source="each re-offer costs about 0.7 % by the second, 1.5 % by the fifth run",
        ge=0,
        lt=1,
    )
    rerun_gap_days: float = setting(14.0, "days from a run to the next", unit="days", gt=0, le=366)
    bidders: float = setting(6.0, "prior mean number of bidders a lot", unit="bidders", gt=0)
    fallback_discount: float = setting(
        0.15,
        "below its value that a unit brings after the last unsold run, or when it is kept back",
        unit="share of value",
        ge=0,
        lt=1,
    )
    reserve_levels: tuple[Annotated[float, Field(gt=0, le=2)], ...] = setting(
        (1.0, 0.9), "reserves quoted at an event", unit="share of the best reserve", min_length=1
    )
    rerun_spread: int = setting(
        3,
        "events in a row at a site over which expected re-runs share the slots",
        unit="events",
        ge=1,
    )
    hedged_events: int = setting(
        6, "best events of a vehicle at which each unit floor is quoted", unit="events", ge=1
    )
    max_venues: int = setting(12, "nearest venues looked at for a vehicle", unit="venues", ge=1)
    volume_elasticity: Literal["estimate"] | Annotated[float, Field(gt=-1, le=0)] | None = Field(
        default=None,
        description="by how much prices fall with the number of own lots of a model at an event: "
        "price times number ** elasticity; estimate learns it from past offerings, with a prior of "
        "0 to -0.1; absent: they do not fall",
    )
    damaged_grade: float = setting(
        2.0, "at or below this grade a unit counts as damaged", unit="grade 1-5", ge=1, le=5
    )
    damaged_distance_km: float = setting(
        500.0,
        "habit of the nearest auction: farthest damage auction that a damaged unit goes to",
        unit="km",
        gt=0,
    )


def _metal(name: str) -> Any:
    """Return the setting of a precious metal's price."""
    return Field(
        default=None,
        gt=0,
        description=f"{name} today; absent: the newest value of the series {name} of the table "
        "index, in the same unit",
        json_schema_extra={"unit": "money per troy ounce"},
    )


class Dismantling(Section):
    """How vehicles are taken apart, and under which law."""

    jurisdiction: Literal["CN", "EU", "US"] | None = Field(
        default=None, description="rule pack of the law; required where a parts table is given"
    )
    labour_rate: float = dollars(30.0, "labour where the venue does not say", unit="money per hour")
    days_to_cash: float = setting(
        45.0, "days from delivery to the mean sale of its parts", unit="days", ge=0
    )
    licensed_remanufacturer: bool = setting(
        False, "whether the five assemblies may go to a licensed remanufacturer (CN)"
    )
    scrap_price: float | None = Field(
        default=None,
        gt=0,
        description="scrap metal today, money per tonne; required where parts state a weight_kg",
        json_schema_extra={"unit": "money per tonne"},
    )
    platinum_price: float | None = _metal("platinum")
    palladium_price: float | None = _metal("palladium")
    rhodium_price: float | None = _metal("rhodium")
    metal_recovery: float | None = Field(
        default=None,
        gt=0,
        le=1,
        description="share of the precious metal in a part that is paid for; required where parts "
        "state any",
        json_schema_extra={"unit": "share"},
    )
    smelter_share: float = setting(
        0.1, "worth of a part that may only be smelted", unit="share of its price", ge=0, le=1
    )


class Risk(Section):
    """How much the worst outcomes count."""

    alpha: float = setting(0.95, "confidence level of the CVaR", unit="share", gt=0, lt=1)
    weight: float = setting(0.3, "weight of the CVaR against the mean", unit="share", ge=0, le=1)
    floor: float | None = Field(
        default=None,
        description="money that the plan's CVaR may not fall below; absent: no floor",
        json_schema_extra={"unit": "money"},
        allow_inf_nan=False,
    )
    frontier: tuple[Annotated[float, Field(ge=0, le=1)], ...] = setting(
        (0.0, 1.0), "further weights at which the fleet is planned for comparison", unit="share"
    )
    known_stresses: bool = setting(
        True, "whether falls and rises of past markets are told beside the desk's own stresses"
    )


class Constraints(Section):
    """What a plan may not do."""

    max_sacrifice_rate: float | None = setting(
        0.25,
        "loss allowed to a vehicle against its own best option",
        unit="share of the best option's expected net",
        ge=0,
        le=1,
    )
    max_sacrifice_amount: float | None = Field(
        default=None,
        ge=0,
        description="loss allowed to a vehicle against its own best option, money; the larger of "
        "rate and amount counts",
    )
    hold_exempt: bool = setting(
        True, "whether waiting escapes that rule: a vehicle not sold is not sold unreasonably"
    )
    max_hold_share: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="share of the vehicles that may wait for a later planning; absent: all",
    )
    wait_for_redemption: bool | None = Field(
        default=None,
        description="whether a vehicle may be sold only after redeemable_until, where the law "
        "grants the borrower that time; absent or false: a sale ends the right to redeem, as in "
        "the US",
    )


def _limited_by(by: str) -> str:
    """Return the properties of a limit without the suffix of the tables' columns."""
    plain = by.replace("_id", "")
    unknown = [part for part in plain.split("_") if part not in LIMITED]
    if unknown:
        raise ValueError(f"{unknown[0]!r} is none of {', '.join(LIMITED)}")
    return plain


class Limit(Section):
    """A cap on how much may go one way."""

    by: Annotated[str, AfterValidator(_limited_by)] = Field(
        description="what is counted apart, such as model, venue or segment_week: one of "
        f"{', '.join(LIMITED)}, or several joined by _"
    )
    group: str | int | tuple[str | int, ...] | None = Field(
        default=None, description="the one group meant, a value a property; absent: each group"
    )
    max_share: float | None = Field(
        default=None, ge=0, le=1, description="share of the vehicles that can be planned"
    )
    max_units: int | None = Field(default=None, ge=0, description="units at most")
    max_exposure: float | None = Field(
        default=None,
        ge=0,
        allow_inf_nan=False,
        description="by counterparty alone: money at most that one can come to owe, with what it "
        "guarantees of the units planned, the most that its puts on offer can pay, and that of its "
        "layers taken",
        json_schema_extra={"unit": "money"},
    )

    @model_validator(mode="after")
    def _something_is_limited(self) -> Limit:
        if self.max_share is None and self.max_units is None and self.max_exposure is None:
            raise ValueError("one of max_share, max_units and max_exposure must be given")
        if self.max_exposure is not None and self.by != "counterparty":
            raise ValueError("max_exposure is by counterparty alone")
        values = self.group if isinstance(self.group, tuple) else (self.group,)
        if self.group is not None and len(values) != self.by.count("_") + 1:
            raise ValueError(f"group must hold one value for each of {self.by}")
        return self


class Cash(Section):
    """Money that the plan is expected to have brought in by a day."""

    by: date = Field(ge=FIRST_DAY, le=LAST_DAY, description="the last day that counts; after as_of")
    amount: float = Field(
        ge=0,
        allow_inf_nan=False,
        description="expected cash at least, money: prices less fees, tax and returns of what is "
        "expected to be sold and paid by then, not discounted",
        json_schema_extra={"unit": "money"},
    )


class Solver(Section):
    """When the search for a plan stops."""

    gap: float = setting(5e-4, "proven relative distance to the best plan", unit="share", ge=0)
    seconds: float = setting(60.0, "time limit", unit="seconds", gt=0)
    work: float = setting(
        2000.0,
        "work of the exact search after which the best plan so far is taken, the same on every "
        "machine",
        unit="free options + 10 per node of the search",
        gt=0,
    )
    threads: int | None = Field(
        default=None, ge=1, description="threads; absent: all that the machine grants"
    )
    churn: float | None = Field(
        default=None,
        ge=0,
        le=1e12,
        description="what it costs to move a vehicle from the place of the run that a plan starts "
        "from (disposal plan --from) to another; taken off the objective and its bound, not off "
        "the proceeds; absent: moves are free",
        json_schema_extra={"unit": "money per vehicle moved"},
    )


class Rejects(Section):
    """How many bad rows are borne."""

    max_share: float = setting(
        0.05, "above this share of rows set aside a table is refused", unit="share", ge=0, le=1
    )
    bad_vins: bool = setting(
        False, "whether a vehicle whose VIN cannot be right is set aside; else it is a warning"
    )


class Report(Section):
    """How the report is written."""

    language: Literal["en", "zh_CN"] = Field(
        default="en", description="language of the report: en (English), zh_CN (Simplified Chinese)"
    )


class RunLists(Section):
    """What is mailed out to auctions, dealers and dismantlers."""

    start_share: float = setting(
        0.8, "where bidding on a lot starts", unit="share of the reserve", ge=0, le=1
    )
    further_reserves: bool = setting(
        False, "whether a list tells its venue the reserves of later runs too"
    )


class Config(Section):
    """The whole of ``disposal.toml``."""

    as_of: date = Field(
        ge=FIRST_DAY, le=LAST_DAY, description="planning date; nothing later is ever read"
    )
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] = Field(
        description="ISO 4217 code of the one currency"
    )
    title: str = Field(default="", description="what the workspace is called in the report")
    seed: int = setting(7, "seed of every draw", ge=0, lt=2**63)
    tables: Tables = Field(description="the input tables")
    horizon: Horizon = Horizon()
    simulation: Simulation = Simulation()
    costs: Costs = Costs()
    auction: AuctionRules = AuctionRules()
    dismantling: Dismantling = Dismantling()
    risk: Risk = Risk()
    constraints: Constraints = Constraints()
    limits: tuple[Limit, ...] = ()
    cash: tuple[Cash, ...] = ()
    stress: tuple[Stress, ...] = ()
    appraisal: Appraisal = Appraisal()
    inspection: Inspecting = Inspecting()
    solver: Solver = Solver()
    reading: Reading = Reading()
    rejects: Rejects = Rejects()
    report: Report = Report()
    run_lists: RunLists = RunLists()
    priors: dict[str, float | str | tuple[str, ...]] = Field(
        default={}, description="priors of the value model that differ from its own"
    )
