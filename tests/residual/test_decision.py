"""The value of least expected cost, where over-valuing costs more than under-valuing."""

from __future__ import annotations

import datetime as dt
from types import ModuleType

import numpy as np
import pytest

import residual
from residual.decision import expectile

DAY = dt.date(2023, 6, 1)
CHANCES = tuple(((np.arange(400) + 0.5) / 400).tolist())


def prices(model: residual.ResidualModel, market: ModuleType) -> np.ndarray:
    told = model.predict(market.one_vehicle(), DAY, CHANCES)
    return told.drop("vehicle_id", "mean", "sd", "support").to_numpy()[0]


@pytest.mark.parametrize("loss", ["linear", "square"])
def test_no_other_value_costs_less(
    plain_model: residual.ResidualModel, market: ModuleType, loss: str
) -> None:
    likely = prices(plain_model, market)

    def cost(value: float) -> float:
        power = 1 if loss == "linear" else 2
        above, below = np.maximum(value - likely, 0.0), np.maximum(likely - value, 0.0)
        return float(np.mean(3.0 * above**power + below**power))

    value = plain_model.point_value(market.one_vehicle(), DAY, 3.0, 1.0, loss)["value"][0]
    around = value * np.linspace(0.7, 1.3, 121)
    assert cost(value) <= min(map(cost, around)) * (1.0 + 1e-3)


def test_equal_costs_give_median_and_mean(
    plain_model: residual.ResidualModel, market: ModuleType
) -> None:
    told = plain_model.predict(market.one_vehicle(), DAY, (0.5,))
    value = plain_model.point_value(market.one_vehicle(), DAY, 1.0, 1.0)
    assert value["value"][0] == pytest.approx(told["q50"][0])
    assert value["support"].equals(told["support"])
    mean = plain_model.point_value(market.one_vehicle(), DAY, 1.0, 1.0, "square")
    assert mean["value"][0] == pytest.approx(told["mean"][0], rel=0.01)


def test_dearer_mistakes_upwards_mean_lower_values(
    plain_model: residual.ResidualModel, market: ModuleType
) -> None:
    told = [
        plain_model.point_value(market.one_vehicle(), DAY, over)["value"][0]
        for over in (0.5, 1.0, 2.0, 10.0)
    ]
    assert told == sorted(told, reverse=True)
    assert len(set(told)) == 4


def test_an_expectile_balances_what_lies_above_and_below() -> None:
    values = np.array([[1.0, 2.0, 4.0, 9.0], [3.0, 3.0, 3.0, 3.0]])
    found = expectile(values, 0.25)
    above = np.maximum(values - found[:, None], 0.0).sum(axis=1)
    below = np.maximum(found[:, None] - values, 0.0).sum(axis=1)
    assert 0.25 * above == pytest.approx(0.75 * below)
    assert expectile(values, 0.5) == pytest.approx(values.mean(axis=1))


@pytest.mark.parametrize("cost", [0.0, -1.0, float("nan"), float("inf")])
def test_costs_without_sense_are_refused(
    plain_model: residual.ResidualModel, market: ModuleType, cost: float
) -> None:
    with pytest.raises(ValueError, match="over must be finite and above zero"):
        plain_model.point_value(market.one_vehicle(), DAY, cost)
    with pytest.raises(ValueError, match="loss must be"):
        plain_model.point_value(market.one_vehicle(), DAY, loss="cubic")
