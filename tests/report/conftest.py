"""A run folder made by hand: six vehicles, one for every way a vehicle can go."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from auction.reasons import Reason
from auction.report.source import Source, read_source

BRIDGE = (
    "gross", "fees", "tax", "reconditioning", "transport", "holding", "finance", "rerun", "returns",
    "own_volume", "hedge_premium", "hedge_payoff",
)  # fmt: skip

PLACE = {
    "channel": pl.String, "venue_id": pl.String, "event_id": pl.String, "event_date": pl.Date,
    "week": pl.Int64, "offer_id": pl.String, "hedge_id": pl.String,
    "reconditioning_id": pl.String, "terms": pl.String,
    "reserve": pl.Float64, "sale_probability": pl.Float64,
}  # fmt: skip
MONEY = dict.fromkeys((*BRIDGE, "expected_net"), pl.Float64)
ASSIGNMENTS = {
    "vehicle_id": pl.String, "make": pl.String, "model": pl.String, "status": pl.String,
    "reason": pl.String, "reason_code": pl.String, "reason_values": pl.String,
    "given_up": pl.Float64, **PLACE, **MONEY,
    "distance_km": pl.Float64, "net_mean": pl.Float64,
    "net_p05": pl.Float64, "net_p50": pl.Float64, "net_p95": pl.Float64,
    "loan_balance": pl.Float64, "recovery": pl.Float64, "deficiency": pl.Float64,
    "surplus": pl.Float64, "margin_to_runner_up": pl.Float64, "runner_up_channel": pl.String,
    "runner_up_venue": pl.String, "runner_up_date": pl.Date,
}  # fmt: skip
ALTERNATIVES = {
    "vehicle_id": pl.String, "rank": pl.Int64, "taken": pl.Boolean, "allowed": pl.Boolean,
    **PLACE, **MONEY,
}  # fmt: skip
POLICY = {
    "vehicle_id": pl.String, "step": pl.Int64, "venue_id": pl.String, "event_id": pl.String,
    "date": pl.Date, "reserve": pl.Float64, "sale_chance": pl.Float64,
    "reach_chance": pl.Float64, "if_unsold": pl.String,
}  # fmt: skip
PARTS = {
    "vehicle_id": pl.String, "venue_id": pl.String, "part": pl.String, "price": pl.Float64,
    "chance": pl.Float64, "labour_hours": pl.Float64, "route": pl.String,
    "expected_price": pl.Float64,
}  # fmt: skip
HEDGES = {
    "hedge_id": pl.String, "kind": pl.String, "counterparty": pl.String, "quantity": pl.Float64,
    "limit": pl.Float64, "premium": pl.Float64, "expected_payoff": pl.Float64,
}  # fmt: skip
PRICES = {
    "kind": pl.String, "label": pl.String, "limit": pl.Float64, "used": pl.Float64,
    "price": pl.Float64,
}  # fmt: skip
CAPACITY = {
    "venue_id": pl.String, "week": pl.Int64, "slots": pl.Int64, "first_runs": pl.Int64,
    "offered_mean": pl.Float64, "offered_q95": pl.Float64,
}  # fmt: skip


def calibration() -> pl.DataFrame:
    """One hundred sales foretold, ninety of them inside the 90 % interval, in two grades."""

    def row(dimension: str, group: str, sales: int) -> dict[str, Any]:
        shares = {
            f"inside_{level}{end}": value
            for level in (50, 80, 90)
            for end, value in (("", level / 100), ("_error", 0.03))
        }
        return {
            "dimension": dimension, "group": group, "joined": False, "sales": sales,
            "first": date(2026, 1, 5), "last": date(2026, 5, 29), "price_low": 900.0,
            "price_high": 30000.0, "median_error": -0.012, "median_absolute_error": 0.081, **shares,
            "parts": [sales // 20] * 20, "part_error": 0.03, "later": True, "apart": True,
        }  # fmt: skip

    return pl.DataFrame(
        [row("all", "all", 100), row("grade", "2", 40), row("grade", "3", 60)],
        schema_overrides={"parts": pl.List(pl.Int64)},
    )


def market() -> pl.DataFrame:
    """Two months seen and a year foretold, the fan a percentage point wider each month."""
    past = pl.DataFrame(
        {"date": [date(2026, 4, 1), date(2026, 5, 1)], "kind": "past", "level": [99.0, 101.0]}
    )
    months = list(range(13))
    fan = pl.DataFrame(
        {
            "date": [date(2026, 6, 1) + timedelta(round(30.44 * month)) for month in months],
            "kind": "forecast",
            "level": [100.0 - 0.5 * month for month in months],
            **{
                name: [100.0 + sign * (2.0 + month) for month in months]
                for name, sign in (("q05", -1.0), ("q25", -0.4), ("q75", 0.4), ("q95", 1.0))
            },
        }
    )
    return pl.concat([past, fan], how="diagonal")


def card() -> dict[str, pl.DataFrame]:
    """A value that falls by a tenth a year, three effects, and weeks of which the last is off."""
    ages = [float(age) for age in range(1, 11)]

    def curve(name: str, dimension: str, group: str, yearly: float) -> pl.DataFrame:
        left = [yearly ** (age - 1.0) for age in ages]
        return pl.DataFrame(
            {
                "curve": name, "dimension": dimension, "group": group, "sales": 400, "at": ages,
                "value": [20000.0 * part for part in left], "relative": left,
                "low": [0.8 * part for part in left], "high": [1.25 * part for part in left],
            }
        )  # fmt: skip

    grade = curve("grade", "all", "all", 1.0).head(5).with_columns(relative=pl.col("at") / 3.0)
    odometer = curve("odometer", "all", "all", 0.95).with_columns(at=pl.col("at") * 20_000.0)
    kinds = [
        curve("age", "all", "all", 0.9), curve("standing", "all", "all", 0.95),
        curve("age", "make", "Kia", 0.9), curve("age", "make", "Opel", 0.8),
        odometer, grade,
    ]  # fmt: skip
    weeks = [
        _week("all", "all", week, state, spread)
        for week, state, spread in (
            (1, "steady", "kept"), (2, "steady", "kept"), (5, "moved", "kept"),
        )
    ]  # fmt: skip
    weeks += [_week("grade", "2", 5, "drifted", "narrow"), _week("make", "Kia", 5, "moved", "wide")]
    return {
        "card_curves": pl.concat(kinds),
        "card_kinds": pl.DataFrame(
            {"effect": ["age", "make", "hail_damage"], "spread": [0.4, 0.2, 0.1],
             "low": [0.4, 0.8, 0.9], "high": [1.3, 1.2, 1.0]}
        ),
        "card_effects": pl.DataFrame(
            {"effect": ["make", "make", "venue_id"], "level": ["Kia", "Opel", "DAL"],
             "sales": [300, 100, 60], "factor": [1.1, 0.9, 1.02],
             "low": [1.05, 0.8, 0.99], "high": [1.15, 1.0, None]}
        ),
        "card_drift": pl.DataFrame(weeks),
    }  # fmt: skip


def _week(dimension: str, group: str, week: int, state: str, spread: str) -> dict[str, Any]:
    off = {"steady": 0.004, "moved": -0.03, "drifted": -0.12}[state]
    return {
        "dimension": dimension, "group": group, "week": week,
        "first": date(2026, 1, 5) + timedelta(7 * (week - 1)), "sales": 20, "price_error": 2 * off,
        "standardised": 20 * off, "smoothed": 10 * off, "smoothed_price_error": off,
        "limit": 0.2, "fan_limit": 1.0, "price_limit": 0.02, "price_fan_limit": 0.1,
        "inside_90": 0.8, "inside_90_error": 0.03, "state": state, "spread": spread,
        "statement": "",
    }  # fmt: skip


def bridge(gross: float, **costs: float) -> dict[str, float]:
    """Terms of a bridge and the net they leave."""
    terms = {name: costs.get(name, 0.0) for name in BRIDGE} | {"gross": gross}
    paid = sum(terms[name] for name in BRIDGE[1:-1])
    return terms | {"expected_net": gross - paid + terms["hedge_payoff"]}


def said(code: str, **values: str | float) -> dict[str, str]:
    """A reason as a row of the assignments holds it."""
    made = Reason(code, values)
    return {"reason": made.words, "reason_code": code, "reason_values": made.record}


def fleet() -> list[dict[str, Any]]:
    """One vehicle at auction, one at a dealer, one dismantled, one held, two left out."""
    return [
        {
            "vehicle_id": "A1", "make": "Ford", "model": "Focus", "status": "planned",
            **said("gives_up", given_up=500.0), "given_up": 500.0,
            "channel": "auction", "venue_id": "DAL", "event_id": "DAL-1",
            "event_date": date(2026, 6, 10), "week": 2, "terms": "reserve 100%",
            "reserve": 9000.0, "sale_probability": 0.9,
            **bridge(10000.0, fees=300.0, transport=150.0, holding=50.0),
            "net_mean": 9400.0, "net_p05": 7000.0, "net_p50": 9500.0, "net_p95": 12000.0,
            "loan_balance": 12000.0, "recovery": 9400.0, "deficiency": 2600.0, "surplus": 0.0,
            "margin_to_runner_up": 120.0, "runner_up_channel": "auction",
            "runner_up_venue": "ATL", "runner_up_date": date(2026, 6, 16),
        },
        {
            "vehicle_id": "B2", "make": "Kia", "model": "Rio", "status": "planned",
            **said("best", count=3), "channel": "dealer", "venue_id": "D-1",
            "event_date": date(2026, 6, 3), "week": 1, "offer_id": "O1",
            "terms": "standing offer", "sale_probability": 1.0,
            **bridge(5000.0, transport=100.0), "net_mean": 4900.0, "net_p05": 4900.0,
            "net_p50": 4900.0, "net_p95": 4900.0, "loan_balance": 4000.0, "recovery": 4000.0,
            "deficiency": 0.0, "surplus": 900.0, "margin_to_runner_up": -40.0,
            "runner_up_channel": "hold",
        },
        {
            "vehicle_id": "C3", "make": "Opel", "model": "Corsa", "status": "planned",
            **said("best", count=2), "channel": "dismantling", "venue_id": "X-1",
            "event_date": date(2026, 6, 2), "week": 1, "terms": "parts and hulk",
            "sale_probability": 1.0, **bridge(700.0, transport=60.0, finance=40.0),
            "net_mean": 600.0, "net_p05": 550.0, "net_p50": 600.0, "net_p95": 650.0,
        },
        {
            "vehicle_id": "D4", "make": "BMW", "model": "X5", "status": "held",
            **said("only"), "channel": "hold",
            "terms": "later planning", **bridge(20000.0, holding=1000.0), "net_mean": 19000.0,
            "net_p05": 15000.0, "net_p50": 19000.0, "net_p95": 23000.0,
            "loan_balance": 18000.0, "recovery": 17500.0, "deficiency": 500.0,
            "surplus": 1500.0,
        },
        {
            "vehicle_id": "E5", "make": "Audi", "model": "A4", "status": "barred",
            **said("legal_hold", kind="police", until="2026-09-01"), "loan_balance": 7000.0,
        },
        {
            "vehicle_id": "F6", "make": "Fiat", "model": "500", "status": "unsaleable",
            **said("title_missing"),
        },
    ]  # fmt: skip


def tables() -> dict[str, pl.DataFrame]:
    """Every table of the run; the plan earns 33,990 in the optimiser's eyes."""
    vehicles = fleet()
    taken = [
        {"rank": 1, "taken": True, **{name: row.get(name) for name in ALTERNATIVES if name in row}}
        for row in vehicles
        if "channel" in row
    ]
    better = {"vehicle_id": "A1", "rank": 2, "taken": False, "channel": "auction",
              "venue_id": "HOU", **bridge(10000.0)}  # fmt: skip
    steps = [(1, 1.0, 0.6), (2, 0.4, 0.3)]
    return {
        "assignments": pl.DataFrame(vehicles, schema=ASSIGNMENTS),
        "alternatives": pl.DataFrame([*taken, better], schema=ALTERNATIVES),
        "policy": pl.DataFrame(
            [
                {
                    "vehicle_id": "A1",
                    "step": step,
                    "venue_id": "DAL",
                    "reserve": 9000.0,
                    "sale_chance": sold,
                    "reach_chance": reach,
                    "if_unsold": "run again",
                }
                for step, reach, sold in steps
            ],
            schema=POLICY,
        ),
        "parts_plan": pl.DataFrame(
            [
                ("C3", "X-1", "engine", 500.0, 0.8, 4.0, "open market", 400.0),
                ("C3", "X-1", "gearbox", 200.0, 0.5, 2.0, "smelter", 100.0),
            ],
            schema=PARTS,
            orient="row",
        ),
        "hedges": pl.DataFrame(
            [
                ("P1", "index_put", "Bank", 10.0, 20.0, 100.0, 90.0),
                ("U1", "unit_floor", "Insurer", 0.0, 5.0, 0.0, 0.0),
            ],
            schema=HEDGES,
            orient="row",
        ),
        "shadow_prices": pl.DataFrame(
            [
                ("event", "ATL on 2026-06-16", 5.0, 3.0, 0.0),
                ("event", "DAL on 2026-06-10", 1.0, 1.0, 2013.4),
                ("lane", "lane TX to GA, week 1", 4.0, 4.0, 90.0),
                ("limit", "at most 2 units of channel hold", 2.0, 1.0, 0.2),
            ],
            schema=PRICES,
            orient="row",
        ),
        "capacity": pl.DataFrame(
            [
                ("ATL", 3, 5, 0, 0.0, 0.0),
                ("DAL", 2, 1, 1, 1.0, 1.0),
                ("DAL", 4, 1, 1, 1.4, 2.0),
            ],
            schema=CAPACITY,
            orient="row",
        ),
        "frontier": pl.DataFrame(
            {
                "weight": [0.0, 0.3],
                "taken": [False, True],
                "fresh_expected": [34100.0, 33900.0],
                "fresh_cvar": [29700.0, 30000.0],
            }
        ),
        "calibration": calibration(),
        "market": market(),
        **card(),
        "outcomes": pl.DataFrame(
            {
                "scenario": range(20),
                "plan": [30000.0 + 400.0 * step for step in range(20)],
                "nearest_auction": [29000.0 + 400.0 * step for step in range(20)],
                "greedy": [30100.0 + 400.0 * step - 200.0 * (step % 2) for step in range(20)],
            }
        ),
    }


def fresh(expected: float, cvar: float) -> dict[str, float]:
    return {
        "expected": expected, "expected_standard_error": 500.0, "standard_deviation": 2366.4,
        "cvar": cvar, "cvar_standard_error": 700.0, "p05": 30400.0, "p50": 33800.0,
        "p95": 37200.0,
    }  # fmt: skip


def risk() -> dict[str, Any]:
    def habit(expected: float, cvar: float, unmet: list[str]) -> dict[str, Any]:
        return {
            "objective": 0.7 * expected + 0.3 * cvar, "expected": expected, "cvar": cvar,
            "plan_gains_objective": 0.0, "plan_gains_expected": 0.0, "unmet": unmet,
            "fresh": fresh(expected, cvar),
        }  # fmt: skip

    parts = [("auction", 1, 9400.0, 7000.0), ("hold", 1, 19000.0, 15000.0), ("hedges", 0, 0.0, 0.0)]
    return {
        "alpha": 0.95,
        "weight": 0.3,
        "currency": "EUR",
        "plan": {
            "objective": 33000.0, "expected": 33990.0, "cvar": 31000.0,
            "fresh": fresh(33800.0, 30000.0),
        },
        "baselines": {
            "nearest_auction": habit(32800.0, 29000.0, []),
            "greedy": habit(33800.0, 30100.0, ["at most 2 units of venue DAL"]),
        },
        "contributions": [
            dict(zip(("channel", "units", "expected", "cvar"), part, strict=True)) for part in parts
        ],
    }  # fmt: skip


def manifest() -> dict[str, Any]:
    rows = {"read": 6, "kept": 6, "rejected": 0, "excluded": {}}
    return {
        "title": "Hand-made lender",
        "as_of": "2026-06-01",
        "currency": "EUR",
        "seed": 11,
        "threads": 1,
        "inputs": {"vehicles.csv": {"sha256": "0123456789abcdef" * 4}},
        "rows": {
            "vehicles": rows,
            "index": {"read": 9, "kept": 7, "rejected": 0,
                      "excluded": {"released after as_of": 2}},
        },
        "settings": {
            "as_of": "2026-06-01",
            "currency": "EUR",
            "title": "Hand-made lender",
            "seed": 11,
            "tables": {"vehicles": {"file": "vehicles.csv"}},
            "horizon": {"weeks": 4},
            "costs": {"holding_per_day": 11.0, "local_days": 1.0, "currency_per_dollar": None},
            "constraints": {"max_sacrifice_rate": 0.25, "max_sacrifice_amount": None,
                            "hold_exempt": True, "max_hold_share": None},
            "limits": [{"by": "venue", "group": None, "max_share": 0.25, "max_units": None}],
            "solver": {"gap": 1e-6, "seconds": 60.0, "threads": None},
            "priors": {},
        },
        "defaults_used": [
            {"setting": "costs.local_days", "value": 1.0, "source": "assumed"},
            {"setting": "priors.student_dof", "value": 5.0, "source": "read in a paper"},
        ],
        "solver": {
            "status": "gap", "reason": "the gap asked for was reached", "objective": 33000.0,
            "bound": 33000.33, "gap": 1e-5, "options": 40, "vehicles": 4,
        },
        "notes": [
            "title_status unknown for 3 of the vehicles planned: their titles are taken as clear"
        ],
        "model": ["residual model as of 2026-06-01", "sales used: 4992"],
        "versions": {"residual-auction": "0.1.0", "polars": "1.0"},
        "build": {"compiler": "cc"},
        "timings": {"fit": 1.25},
    }  # fmt: skip


MakeRun = Callable[..., Path]


def write_run(
    run: Path, rejected: dict[str, pl.DataFrame] | None = None, **changes: Callable[[Any], Any]
) -> Path:
    """Write the hand-made run to a folder, with tables and records changed first."""
    run.mkdir()
    for table, frame in tables().items():
        changed = changes[table](frame) if table in changes else frame
        changed.write_parquet(run / f"{table}.parquet")
    for record, content in (("risk", risk()), ("manifest", manifest())):
        changed = changes[record](content) if record in changes else content
        (run / f"{record}.json").write_text(json.dumps(changed), encoding="utf-8")
    for table, lines in (rejected or {}).items():
        (run / "rejected").mkdir(exist_ok=True)
        lines.write_csv(run / "rejected" / f"{table}.csv")
    return run


@pytest.fixture
def make_run(tmp_path: Path) -> MakeRun:
    """Write the hand-made run; named tables, ``risk`` and ``manifest`` may be changed first."""

    def make(
        name: str = "run",
        rejected: dict[str, pl.DataFrame] | None = None,
        **changes: Callable[[Any], Any],
    ) -> Path:
        return write_run(tmp_path / name, rejected, **changes)

    return make


@pytest.fixture(scope="session")
def many_vehicles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The hand-made run with twenty further vehicles at auction, in two weeks."""

    def more(frame: pl.DataFrame) -> pl.DataFrame:
        first = frame.filter(pl.col("vehicle_id") == "A1")
        others = [
            first.with_columns(
                vehicle_id=pl.lit(f"G{extra:02}"),
                expected_net=pl.lit(1000.0 * (extra + 1)),
                week=pl.lit(2 + extra % 2, dtype=pl.Int64),
                model=pl.lit("Fiesta" if extra % 4 else "Mondeo"),
            )
            for extra in range(20)
        ]
        return pl.concat([frame, *others]).sort("vehicle_id")

    return write_run(tmp_path_factory.mktemp("many") / "run", assignments=more)


@pytest.fixture
def source(make_run: MakeRun) -> Source:
    """The hand-made run as the report reads it."""
    return read_source(make_run())
