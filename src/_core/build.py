"""How the kernels were built, for bug reports and run manifests."""

from __future__ import annotations

import numpy as np

from _core import _build


def build_info() -> dict[str, str | int | bool]:
    """Compiler, flags and machine of the kernels in use.

    Returns
    -------
    dict
        ``compiler`` with its version; ``flags`` it was given; ``openmp``, the release date of
        the OpenMP standard as yyyymm (0: built without); ``cython`` at build time; ``numpy`` at
        run time; ``instruction_set`` that the cloned loops run on ("x86-64-v4", "x86-64-v3" or
        "baseline"); ``clones``, whether there is more than one copy of them; ``debug``, whether
        indices are checked (set RESIDUAL_AUCTION_DEBUG=1 and build again).
    """
    return {
        "compiler": _build.compiler,
        "flags": _build.flags,
        "openmp": _build.openmp,
        "cython": _build.cython,
        "numpy": np.__version__,
        "instruction_set": _build.instruction_set,
        "clones": _build.clones,
        "debug": _build.debug,
    }
