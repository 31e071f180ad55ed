"""Imports go one way: _core <- residual <- auction, the last through public names only."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import residual

SOURCES = Path(__file__).resolve().parents[2] / "src"
LAYERS = ["_core", "residual", "auction"]
PUBLIC_MODULES = {"residual.errors", "residual.tables"}


def sources() -> list[Path]:
    return sorted(path for path in SOURCES.rglob("*.py") if "egg-info" not in str(path))


def imports(tree: ast.AST) -> Iterator[tuple[str, str | None, int]]:
    """Module, name taken from it if any, and relative level of every import."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, None, 0) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.module or "", alias.name, node.level) for alias in node.names)


def upward(package: str, code: str) -> list[str]:
    above = LAYERS[LAYERS.index(package) + 1 :]
    return [module for module, _, _ in imports(ast.parse(code)) if module.split(".")[0] in above]


def private(code: str, public: set[str]) -> list[str]:
    """What is imported from residual, or used as residual.x, without being public."""
    tree = ast.parse(code)
    taken = list(imports(tree))
    found = [
        f"{module}.{name}" if name else module
        for module, name, _ in taken
        if module.split(".")[0] == "residual" and not _is_public(module, name, public)
    ]
    if any(module.split(".")[0] == "residual" and name is None for module, name, _ in taken):
        found += [name for name in _attributes(tree) if not _is_public("residual", name, public)]
    return found


def _is_public(module: str, name: str | None, public: set[str]) -> bool:
    if module != "residual":
        return module in PUBLIC_MODULES
    return name is None or name in public or f"residual.{name}" in PUBLIC_MODULES


def _attributes(tree: ast.AST) -> list[str]:
    return [
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "residual"
    ]


def test_there_are_sources_in_every_layer() -> None:
    assert {path.relative_to(SOURCES).parts[0] for path in sources()} == set(LAYERS)
    assert not (SOURCES / "__init__.py").exists()


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(SOURCES)))
def test_no_import_goes_upward(path: Path) -> None:
    assert upward(path.relative_to(SOURCES).parts[0], path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(SOURCES)))
def test_imports_are_absolute(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert [module for module, _, level in imports(tree) if level] == []


@pytest.mark.parametrize(
    "path", sorted((SOURCES / "auction").rglob("*.py")), ids=lambda p: str(p.relative_to(SOURCES))
)
def test_auction_uses_public_names_of_residual(path: Path) -> None:
    public = set(getattr(residual, "__all__", ()))
    assert private(path.read_text(encoding="utf-8"), public) == []


@pytest.mark.parametrize("path", sorted((SOURCES / "_core").glob("*.p[yx]*")), ids=lambda p: p.name)
def test_kernels_import_no_layer_above(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for package in ("residual", "auction"):
        assert f"import {package}" not in text
        assert f"from {package}" not in text


def test_the_rules_catch_what_they_forbid() -> None:
    assert upward("_core", "import residual.model") == ["residual.model"]
    assert upward("residual", "def f():\n    from auction.plan import Plan") == ["auction.plan"]
    assert upward("auction", "import residual, _core") == []
    public = {"fit"}
    assert private("from residual import fit, errors", public) == []
    assert private("from residual.errors import InputError", public) == []
    assert private("from residual import model", public) == ["residual.model"]
    assert private("from residual.model import fit", public) == ["residual.model.fit"]
    assert private("import residual\nresidual.fit()", public) == []
    assert private("import residual\nresidual.hedonic", public) == ["hedonic"]
