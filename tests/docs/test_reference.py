"""The reference pages name every table, column, setting, output, command and exit code."""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from auction.cli import exits
from auction.run.columns import OUTPUT_COLUMNS
from auction.tables import SCHEMAS
from auction.workspace import Config

EXTENSION = Path(__file__).resolve().parents[2] / "docs" / "_ext"


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The modules that make the reference pages."""
    monkeypatch.syspath_prepend(str(EXTENSION))
    names = [path.stem for path in EXTENSION.glob("*.py") if path.stem != "generated"]
    loaded: dict[str, ModuleType] = {name: importlib.import_module(name) for name in names}
    yield loaded
    for name in names:
        sys.modules.pop(name)


def rows(section: str) -> dict[str, list[str]]:
    """Cells of every line of the tables of a section, by the code in the first cell."""
    found = {}
    for line in section.splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if cells and cells[0].startswith("`"):
            found[cells[0].strip("`")] = cells
    return found


def sections(text: str) -> dict[str, str]:
    """Text of every section by its heading."""
    parts = re.split(r"^## (.*)$", text, flags=re.MULTILINE)
    return {head.strip("`"): body for head, body in zip(parts[1::2], parts[2::2], strict=True)}


def test_every_column_of_every_table_has_a_meaning(made: Any) -> None:
    told = sections(made["input_tables"].all_tables())
    assert list(told) == list(SCHEMAS)
    for name, schema in SCHEMAS.items():
        lines = rows(told[name])
        assert list(lines) == list(schema.columns())
        for column, cells in lines.items():
            words = re.sub(r"Example: .*", "", cells[-1])
            assert len(words.split()) >= 2, f"{name}.{column} has no meaning"
            assert bool(cells[3]) != schema.columns()[column].nullable


def test_bounds_and_words_of_columns_are_told(made: Any) -> None:
    told = sections(made["input_tables"].all_tables())
    grade = rows(told["vehicles"])["condition_grade"]
    assert "At least 1 and at most 5." in grade[-1]
    assert "One of `auction`, `dealer`, `dismantling`." in rows(told["venues"])["channel"][-1]
    assert "must not be before valid_from" in told["offers"]
    assert "10k_km" in made["input_tables"].units()


def models(annotation: Any, found: list[Any]) -> list[Any]:
    """Every model of the settings, the top one first."""
    from pydantic import BaseModel

    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if annotation not in found:
            found.append(annotation)
            for field in annotation.model_fields.values():
                models(field.annotation, found)
    else:
        for part in getattr(annotation, "__args__", ()):
            models(part, found)
    return found


def test_every_setting_has_a_meaning(made: Any) -> None:
    text = made["settings"].all_settings()
    told = rows(text)
    assert len(models(Config, [])) > 10
    for model in models(Config, []):
        for name, field in model.model_fields.items():
            if models(field.annotation, []):
                continue
            if model.__name__ == "Config" and name == "priors":
                continue
            assert name in told, f"{model.__name__}.{name} is not in the reference"
            assert len(told[name][-1].split()) >= 2, f"{model.__name__}.{name} has no meaning"


def test_settings_tell_default_bounds_unit_and_source(made: Any) -> None:
    told = sections(made["settings"].all_settings())
    holding = rows(told["[costs]"])["holding_per_day"]
    assert holding[1] == "number, ≥\u00a00, ≤\u00a01e+12"
    assert holding[2] == "`10.0`"
    assert "money per vehicle and day" in holding[3]
    assert "$8-12 a day" in holding[3]
    assert rows(told["Top of the file"])["as_of"][2] == "required"
    assert rows(told["[solver]"])["threads"][1] == "whole number, ≥\u00a01"
    from dataclasses import fields

    from residual import Priors

    priors = rows(told["[priors]"])
    assert list(priors) == [field.name for field in fields(Priors)]
    assert all(cells[-1] for cells in priors.values())


def test_every_column_of_every_output_has_a_meaning(made: Any) -> None:
    module = made["output_files"]
    told = sections(module.all_outputs())
    for name, columns in OUTPUT_COLUMNS.items():
        lines = rows(told[f"{name}.parquet"])
        assert list(lines) == list(columns)
        assert all(cells[-1] for cells in lines.values())
    assert set(rows(module.all_outputs())) >= set(module.FILES)


def test_every_command_option_and_exit_code_is_told(made: Any) -> None:
    module = made["commands"]
    text = module.all_commands()
    for name, command in module.commands().items():
        section = sections(text)[f"disposal {name}"]
        for param in command.params:
            shown = param.opts if param.param_type_name == "option" else [str(param.name).upper()]
            assert all(opt in section for opt in shown), f"{name}: {shown}"
            assert getattr(param, "help", None), f"{name}: {shown} has no help"
    codes = {
        value
        for name, value in vars(exits).items()
        if name.isupper() and not name.startswith("_") and isinstance(value, int)
    }
    assert codes | {0} == {number for number, _ in module.EXITS.values()}
    assert len(codes) >= 5


def test_public_names_are_all_documented(made: Any) -> None:
    import auction
    import residual

    module = made["names"]
    for package in (auction, residual):
        text = module.documented(package.__name__)
        assert all(f":: {package.__name__}.{name}\n" in text + "\n" for name in package.__all__)
    for name, listed in module.FURTHER.items():
        assert listed
        text = module.documented(name)
        assert all(f":: {name}.{thing}\n" in text + "\n" for thing in listed)


def test_inherited_methods_are_documented(made: Any) -> None:
    import residual

    module = made["names"]
    entry = next(
        part
        for part in module.documented("residual").split("\n.. ")
        if part.startswith("autoclass:: residual.ResidualModel\n")
    )
    assert "venue_value_factor" not in vars(residual.ResidualModel)
    assert ":inherited-members:" in entry
    assert not module.inherits(residual.Fault)
    assert not module.inherits(residual.InputError)


def test_environment_variables_that_are_read_are_told(project_root: Path) -> None:
    page = (project_root / "docs" / "reference" / "environment.md").read_text(encoding="utf-8")
    read = set()
    for folder, pattern in (("src", "*.py"), ("tests", "*.py"), (".", "setup.py")):
        for path in (project_root / folder).rglob(pattern) if folder != "." else [
            project_root / pattern
        ]:  # fmt: skip
            text = path.read_text(encoding="utf-8")
            read |= set(re.findall(r"environ(?:\.get\(|\[)\"([A-Z_]+)\"", text))
    assert "RESIDUAL_AUCTION_DEBUG" in read
    assert {name for name in read if f"`{name}`" not in page} <= {"PATH"}
