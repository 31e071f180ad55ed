"""The same bits from every copy of a loop that this machine can run."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import _core
from core.instruction_sets import build, digests, levels, translate

INSTALLED = Path(_core.__file__).parent


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the modules are compiled from; not to be compiled in."""
    folder = tmp_path_factory.mktemp("sources") / "modules"
    translate(INSTALLED, folder)
    return folder


@pytest.fixture(scope="module")
def installed() -> dict[str, str]:
    return digests(None)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("level", "macro"),
    [
        ("x86-64", 'RESIDUAL_AUCTION_LEVEL="x86-64"'),
        ("x86-64-v3", 'RESIDUAL_AUCTION_LEVEL="x86-64-v3"'),
        # What is written out by hand for AVX2, which this machine may pass over.
        ("x86-64-v3", "RESIDUAL_AUCTION_LANES=4"),
    ],
    ids=["x86-64", "x86-64-v3", "four lanes"],
)
def test_bits_are_those_of_every_instruction_set(
    level: str, macro: str, sources: Path, installed: dict[str, str], tmp_path: Path
) -> None:
    # What is installed is the highest of them, with what is written out by hand for it.
    if level not in levels() or ("LEVEL" in macro and level == levels()[-1]):
        pytest.skip(f"{level} cannot run here, or there is one copy of every loop only")
    alone = shutil.copytree(sources, tmp_path / "alone")
    build(alone, macro)
    assert len(installed) == 8
    assert digests(alone) == installed
