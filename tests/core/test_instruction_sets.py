"""The same bits from every copy of a loop that this machine can run."""

from __future__ import annotations

from pathlib import Path

import pytest

import _core
from core.instruction_sets import build, digests, levels

INSTALLED = Path(_core.__file__).parent


@pytest.mark.slow
@pytest.mark.parametrize("level", ["x86-64", "x86-64-v3"])
def test_bits_are_those_of_every_instruction_set(level: str, tmp_path: Path) -> None:
    # What is installed is the highest of them, with what is written out by hand for it.
    if level not in levels()[:-1]:
        pytest.skip(f"{level} cannot run here, or there is one copy of every loop only")
    build(INSTALLED, tmp_path, level)
    installed, alone = digests(None), digests(tmp_path)
    assert len(installed) == 8
    assert alone == installed
