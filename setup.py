"""Compile every kernel of ``_core``; all other settings stand in ``pyproject.toml``."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from Cython.Build import cythonize
from setuptools import Extension, find_packages, setup
from setuptools.command.build_ext import build_ext

DEBUG = os.environ.get("RESIDUAL_AUCTION_DEBUG") == "1"
SAME_BITS = ["-fopenmp", "-fno-math-errno", "-fno-trapping-math", "-ffp-contract=off"]
# Threads may lose counts of one another, but none that is above zero becomes zero; atomic
# counts take several times as long.
COUNTING = ["--coverage", "-fprofile-update=single"]
# What a build for a check is compiled with beside these.
CHECKS = {
    "": ["-O3"],
    # Compiled in a third of the time, for a test of what is packaged and not of how fast it is.
    "quick": ["-O0"],
    "sanitize": [
        "-O1",
        "-g1",
        "-fno-omit-frame-pointer",
        "-fsanitize=address,undefined",
        "-fno-sanitize-recover=undefined",
        *COUNTING,
    ],
    "coverage": ["-O0", *COUNTING],
}
CHECK = os.environ.get("RESIDUAL_AUCTION_CHECK", "")
if CHECK not in CHECKS:
    raise SystemExit(f"RESIDUAL_AUCTION_CHECK is one of {sorted(CHECKS)}, not {CHECK!r}")
FLAGS = [CHECKS[CHECK][0], *SAME_BITS, *CHECKS[CHECK][1:]]
SHARED = "_core._cyutility"


class BuildKernels(build_ext):
    """Compile afresh, in parallel: time stamps do not tell a debug build from a release."""

    def finalize_options(self) -> None:
        super().finalize_options()
        self.force = True
        self.parallel = self.parallel or min(4, os.cpu_count() or 1)


def extension(name: str, source: str) -> Extension:
    """One extension module, told how it is built so that ``build_info`` can repeat it."""
    return Extension(
        name,
        [source],
        include_dirs=[np.get_include()],
        define_macros=[
            ("NPY_NO_DEPRECATED_API", "NPY_1_7_API_VERSION"),
            ("RESIDUAL_AUCTION_DEBUG", str(int(DEBUG))),
            ("RESIDUAL_AUCTION_FLAGS", '"' + " ".join(FLAGS) + '"'),
            # Nothing written out by hand for wide vectors takes the place of these lines.
            *([("RESIDUAL_AUCTION_LEVEL", '"x86-64"')] if CHECK == "coverage" else []),
        ],
        extra_compile_args=FLAGS,
        extra_link_args=["-fopenmp", *CHECKS[CHECK][1:]],
    )


def kernels() -> list[Extension]:
    """Every ``src/_core/*.pyx``, and the module that holds their common utility code."""
    sources = sorted(Path("src/_core").glob("*.pyx"))
    found = [extension(f"_core.{path.stem}", path.as_posix()) for path in sources]
    return [extension(SHARED, "src/_core/_cyutility.c"), *found]


def other_kind() -> bool:
    """Whether the C sources at hand may have been made with, or without, checked indices."""
    marker = Path("build/debug-kernels")
    differs = marker.exists() != DEBUG
    if DEBUG:
        marker.parent.mkdir(exist_ok=True)
        marker.touch()
    else:
        marker.unlink(missing_ok=True)
    return differs


setup(
    # The bundled workspace lies in data/sample; a link in src makes a package of it.
    packages=[*find_packages("src"), "auction.sample_data"],
    package_dir={"": "src"},
    ext_modules=cythonize(
        kernels(),
        include_path=["src"],
        language_level=3,
        compiler_directives={
            "boundscheck": DEBUG,
            "wraparound": False,
            "cdivision": True,
            "initializedcheck": DEBUG,
        },
        shared_utility_qualified_name=SHARED,
        # C sources of such a build stand apart, those of the release as they were.
        build_dir=f"build/{CHECK}/c" if CHECK else None,
        force=bool(CHECK) or other_kind(),
    ),
    cmdclass={"build_ext": BuildKernels},
)
