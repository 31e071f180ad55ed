"""Kernels built for one instruction set alone, to hold what they give against each other."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from _core import build_info

#: Modules that are built, each with what it takes from another.
MODULES = ("vmath", "rng", "paths")
_SOURCES = ("*.h", "*.pxd", "streams.py", "student.py")

# What is worked out: every function over bit patterns of all kinds, draws, and paths.
DIGEST = """
import hashlib, sys
import numpy as np
from _core.paths import factor_paths
from _core.rng import normals, students, uniforms
from _core.vmath import exp, log, norm_cdf, norm_ppf
rng = np.random.default_rng(5)
wild = rng.integers(0, 2**64, 40_003, dtype=np.uint64).view(np.float64)
near = np.concatenate([rng.normal(scale=s, size=20_001) for s in (0.01, 1.0, 9.0, 300.0)])
chance = np.concatenate([rng.random(30_001), rng.random(9_001) ** 40, 1 - rng.random(999) ** 9])
units = np.array([0, 1, 1 << 63, 0x0123456789ABCDEF], dtype=np.uint64)
loadings = np.linalg.cholesky(np.full((3, 3), 0.3) + 0.7 * np.eye(3))
told = {
    "exp": exp(np.concatenate([wild, near])),
    "log": log(np.concatenate([wild, near, chance])),
    "norm_cdf": norm_cdf(np.concatenate([wild, near])),
    "norm_ppf": norm_ppf(np.concatenate([wild, near, chance])),
    "uniforms": uniforms(3, 1, units, 3, 1_037),
    "normals": normals(3, 1, units, 3, 1_037),
    "students": students(3, 1, units, 3, 1_037, 4.5),
    "factor_paths": factor_paths(
        3, 1, loadings, np.full((3, 5), 0.1), np.full(3, 0.9), 5, 1_037
    ),
}
for name, values in told.items():
    # One pattern for every NaN: its sign and its bits mean nothing.
    values = np.where(np.isnan(values), np.nan, values)
    print(name, hashlib.sha256(values.tobytes()).hexdigest())
"""


def levels() -> list[str]:
    """Architectures whose code this machine can run, the least first."""
    built = build_info()
    if not built["clones"]:
        return []
    known = ["x86-64", "x86-64-v3", "x86-64-v4"]
    top = str(built["instruction_set"])
    return known[: known.index(top) + 1] if top in known else known[:1]


def translate(source: Path, target: Path) -> None:
    """Make C of the modules, in a package of their own."""
    package = target / "_core"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("", encoding="utf-8")
    for pattern in (*_SOURCES, *(f"{name}.pyx" for name in MODULES)):
        for path in source.glob(pattern):
            shutil.copy(path, package)
    sources = [f"_core/{name}.pyx" for name in MODULES]
    directives = "boundscheck=False,wraparound=False,cdivision=True,initializedcheck=False"
    run([sys.executable, "-m", "cython", "-3", "-X", directives, *sources], target)


def build(target: Path, macro: str) -> None:
    """Compile what was made of them under a macro of clones.h or wide.h, with the flags in use."""
    compiler = shlex.split(sysconfig.get_config_var("CC"))
    include = sysconfig.get_path("include")
    for name in MODULES:
        library = target / "_core" / f"{name}{sysconfig.get_config_var('EXT_SUFFIX')}"
        flags = shlex.split(str(build_info()["flags"]))
        paths = [f"_core/{name}.c", "-o", str(library)]
        run(
            [compiler[0], "-shared", "-fPIC", "-w", *flags, f"-D{macro}", f"-I{include}", *paths],
            target,
        )


def digests(folder: Path | None) -> dict[str, str]:
    """Digest of every result by name, of the modules in a folder or of those installed."""
    env = dict(os.environ)
    if folder is not None:
        env["PYTHONPATH"] = str(folder)
    told = run([sys.executable, "-c", DIGEST], folder or Path.cwd(), env)
    return dict(line.split() for line in told.splitlines())


def run(command: list[str], folder: Path, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
