"""What a car yields in parts is worth what recyclers pay for salvage cars."""

import numpy as np
import polars as pl
from scipy.optimize import Bounds, LinearConstraint, milp

LABOUR_RATE = 38.0


def _needs(rows: pl.DataFrame) -> list[tuple[str, str]]:
    told = rows.drop_nulls("needs").select("part", "needs").iter_rows()
    return [(part, first) for part, needs in told for first in needs.split(";")]


def _best_closure(rows: pl.DataFrame) -> float:
    worth = (rows["price"] * rows["chance"] - LABOUR_RATE * rows["labour_hours"]).to_numpy()
    place = {part: i for i, part in enumerate(rows["part"])}
    order = np.zeros((len(_needs(rows)), rows.height))
    for line, (part, first) in enumerate(_needs(rows)):
        order[line, place[part]], order[line, place[first]] = 1.0, -1.0
    found = milp(
        -worth,
        integrality=np.ones(rows.height),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(order, -np.inf, 0.0),
    )
    return -float(found.fun)


def test_groups_hold_twelve_to_twenty_five_parts_and_a_hulk(parts):
    for (group,), rows in parts.group_by("group", maintain_order=True):
        assert 12 <= rows.height <= 25, group
        assert rows["part"].n_unique() == rows.height
        hulk = rows.filter(pl.col("part") == "hulk")
        assert hulk["legal_class"].to_list() == ["scrap"]


def test_what_is_needed_first_exists_and_never_goes_in_a_circle(parts):
    for (group,), rows in parts.group_by("group", maintain_order=True):
        first = {part: set() for part in rows["part"]}
        for part, needed in _needs(rows):
            assert needed in first, group
            first[part].add(needed)
        removed: set[str] = set()
        while ready := {p for p, needs in first.items() if p not in removed and needs <= removed}:
            removed |= ready
        assert removed == set(first), group


def test_common_cars_are_worth_600_to_2500_in_parts(parts):
    worth = {
        group: _best_closure(rows)
        for (group,), rows in parts.group_by("group", maintain_order=True)
    }
    assert all(600 < value < 3_000 for value in worth.values()), worth
    assert 900 < worth["*"] < worth["suv"] < worth["pickup"] < 2_500


def test_electric_groups_have_a_traced_battery_and_no_engine(parts, sales):
    electric = sales.filter(pl.col("powertrain") == "electric").select("make", "model").unique()
    groups = set(parts["group"])
    for make, model in electric.iter_rows():
        group = f"{make} {model}" if f"{make} {model}" in groups else make
        rows = parts.filter(pl.col("group") == group)
        assert "traction_battery" in set(rows["legal_class"]), group
        assert "engine" not in set(rows["part"]), group
