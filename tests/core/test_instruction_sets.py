"""The same bits from every copy of a loop that this machine can run."""

from __future__ import annotations

from pathlib import Path

import pytest

import _core
from core.instruction_sets import build, digests, levels

INSTALLED = Path(_core.__file__).parent


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
def test_bits_are_those_of_every_instruction_set(level: str, macro: str, tmp_path: Path) -> None:
    # What is installed is the highest of them, with what is written out by hand for it.
    if level not in levels() or ("LEVEL" in macro and level == levels()[-1]):
        pytest.skip(f"{level} cannot run here, or there is one copy of every loop only")
    build(INSTALLED, tmp_path, macro)
    installed, alone = digests(None), digests(tmp_path)
    assert len(installed) == 8
    assert alone == installed
