"""What a source distribution and the wheel built from it hold, and that the wheel works."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from importlib.resources import files
from pathlib import Path

import pytest

PRODUCTS = shutil.ignore_patterns("*.so", "*.c", "*.cpp", "*.egg-info", "__pycache__", "build")


def build(folder: Path, target: Path, kind: str) -> Path:
    """Build in a folder with the tools at hand, and return what was made."""
    # Every other test runs kernels compiled in full, from the same sources.
    quick = {**os.environ, "RESIDUAL_AUCTION_CHECK": "quick"}
    code = f"import sys; from setuptools import build_meta as b; print(b.build_{kind}(sys.argv[1]))"
    done = subprocess.run(
        [sys.executable, "-c", code, str(target)],
        cwd=folder,
        env=quick,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return target / done.stdout.splitlines()[-1]


@pytest.fixture(scope="module")
def wheel(project_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel, built from the source distribution of a copy of the sources."""
    folder = tmp_path_factory.mktemp("packaging")
    tree = folder / "tree"
    tree.mkdir()
    for name in ("src", "data", "docs"):
        if (project_root / name).is_dir():
            shutil.copytree(project_root / name, tree / name, symlinks=True, ignore=PRODUCTS)
    for path in project_root.iterdir():
        if path.is_file() and not path.name.startswith("."):
            shutil.copy(path, tree)
    archive = build(tree, folder, "sdist")
    with tarfile.open(archive) as packed:
        packed.extractall(folder / "unpacked", filter="data")
    (unpacked,) = (folder / "unpacked").iterdir()
    return build(unpacked, folder, "wheel")


@pytest.mark.slow
def test_wheel_holds_types_declarations_and_the_sample(wheel: Path, project_root: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    core = project_root / "src" / "_core"
    stubs = [path.name for path in core.glob("*.p[yx][id]")]
    assert {f"_core/{name}" for name in stubs if name.endswith(("i", "d"))} <= names
    assert {f"{package}/py.typed" for package in ("_core", "residual", "auction")} <= names
    kernels = {path.stem for path in core.glob("*.pyx")} | {"_cyutility"}
    built = {Path(name).name.split(".")[0] for name in names if name.endswith(".so")}
    assert built == kernels
    sample = project_root / "data" / "sample"
    tables = {path.name for path in sample.iterdir() if path.suffix in (".csv", ".toml")}
    assert tables
    assert {f"auction/sample_data/{name}" for name in tables} <= names
    report = project_root / "src" / "auction" / "report"
    shown = [*report.glob("catalogues/*.po"), *report.glob("templates/*")]
    assert len(shown) > 10
    assert {f"auction/report/{path.parent.name}/{path.name}" for path in shown} <= names
    assert not [name for name in names if name.endswith((".c", ".cpp", ".pyx", ".so.debug"))]
    assert not [name for name in names if name.split("/")[0] in ("tests", "benchmarks", "data")]


@pytest.mark.slow
def test_wheel_works_where_it_is_unpacked(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(tmp_path)
    code = (
        "import _core, auction, residual\n"
        "from importlib.resources import files\n"
        "print(_core.__file__, _core.norm_ppf([0.5])[0])\n"
        "print((files('auction.sample_data') / 'disposal.toml').is_file())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [str(tmp_path / "_core" / "__init__.py"), "0.0", "True"]


def test_sample_is_found_in_this_installation() -> None:
    assert (files("auction.sample_data") / "disposal.toml").is_file()
