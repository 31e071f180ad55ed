"""Kernels: arrays in, arrays out.

Every kernel takes its number of threads as an argument and gives the same bits for any of
them; `_core.reference` holds a plain NumPy twin of each, with the same signature.
"""

from _core.build import build_info
from _core.paths import factor_paths
from _core.rng import normals, philox4x32, students, uniforms
from _core.sobol import sobol
from _core.streams import stream_key, unit_key, unit_keys
from _core.tail import cvar, row_quantiles
from _core.threads import resolve
from _core.vmath import exp, log, norm_cdf, norm_ppf

__all__ = [
    "build_info",
    "cvar",
    "exp",
    "factor_paths",
    "log",
    "norm_cdf",
    "norm_ppf",
    "normals",
    "philox4x32",
    "resolve",
    "row_quantiles",
    "sobol",
    "stream_key",
    "students",
    "uniforms",
    "unit_key",
    "unit_keys",
]
