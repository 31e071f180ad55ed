"""What the README shows is run as it stands."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from auction.sample import write_sample
from auction.workspace import parse_config


def block(project_root: Path, language: str) -> str:
    text = (project_root / "README.md").read_text(encoding="utf-8")
    found = re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)
    assert len(found) == 1
    return str(found[0])


@pytest.mark.slow
def test_python_example_runs(
    project_root: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    write_sample(tmp_path / "my-lender")
    names: dict[str, Any] = {}
    exec(compile(block(project_root, "python"), "README.md", "exec"), names)
    told = capsys.readouterr().out
    plan, values = names["plan"], names["values"]
    assert values.columns == ["vehicle_id", "mean", "sd", "q05", "q50", "q95", "support"]
    assert (values["q05"] < values["q50"]).all()
    assert plan.assignments["vehicle_id"].to_list() == list(plan.options.vehicle_ids)
    assert plan.bound >= plan.risk["objective"]
    assert plan.summary() in told
    assert "R0042: " in told
    assert "Options considered" in told


def test_settings_example_is_valid(project_root: Path) -> None:
    shown = block(project_root, "toml")
    assert tomllib.loads(shown)["as_of"] == date(2026, 6, 1)
    config = parse_config((shown + '\n[tables.sales]\nfile = "sales.csv"\n').encode())
    assert config.tables.vehicles.units == {"odometer": "miles", "condition_grade": "ten_fold"}


def test_commands_that_are_shown_exist(project_root: Path) -> None:
    from auction.cli import app

    text = (project_root / "README.md").read_text(encoding="utf-8")
    shown = set(re.findall(r"\.venv/bin/disposal (\w+)", text))
    known = {command.callback.__name__ for command in app.registered_commands if command.callback}
    assert shown
    assert shown <= known
    assert "make demo" in text
    assert "make test" in text


def test_public_names_do_not_depend_on_what_was_imported_before() -> None:
    import auction
    import auction.planning

    for name in auction.__all__:
        assert not isinstance(getattr(auction, name), ModuleType), name
