"""What is told of the build."""

from __future__ import annotations

import os
import subprocess
import sys

from _core import build_info


def test_build_is_told_in_full() -> None:
    info = build_info()
    assert "-ffp-contract=off" in str(info["flags"])
    assert "fast-math" not in str(info["flags"])
    assert int(info["openmp"]) >= 201511
    assert str(info["cython"]) >= "3.1"
    assert str(info["compiler"]).split()[0] in ("gcc", "clang")
    assert info["instruction_set"] in ("baseline", "x86-64-v3", "x86-64-v4")
    assert isinstance(info["debug"], bool)


def test_kernels_load_without_the_heavy_libraries() -> None:
    code = "import sys, _core; print([m for m in ('scipy', 'polars') if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ
    )
    assert done.stdout.strip() == "[]"
