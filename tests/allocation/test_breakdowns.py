"""A solver that breaks down inside costs its answer, not the plan."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest
from ortools.math_opt.python import mathopt

from auction.allocation import Stop, allocate
from auction.options import Options
from auction.risk import CVaR

HARD = {"vehicles": 120, "events": 8, "terms": 3, "scenarios": 64, "reruns": True}


@pytest.mark.parametrize(
    "failure",
    [
        RuntimeError("HighsStatus: kError [INTERNAL]"),
        AttributeError("'StatusNotOk' object has no attribute 'canonical_code'"),
    ],
    ids=["told", "mistold"],
)
def test_the_search_goes_on_without_its_exact_solver(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    make_options: Callable[..., Options],
    failure: Exception,
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise failure

    monkeypatch.setattr(mathopt, "solve", broken)
    with caplog.at_level(logging.WARNING):
        found = allocate(make_options(4, **HARD), risk=CVaR(0.9, 0.4), stop=Stop(1e-9, 60.0, 900))
    assert found.status == "work_limit"
    assert found.bound >= found.objective > 0.0
    assert "the exact solver broke down" in caplog.text
