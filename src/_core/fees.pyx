# cython: language_level=3
"""Schedules of fees: tiers by the price of a sale, or by the reserve of a lot left unsold."""

import numpy as np

from libc.math cimport isinf


cdef Py_ssize_t count_tiers(const double* above, Py_ssize_t columns) noexcept nogil:
    """Tiers of a schedule that begin at all."""
    while columns > 1 and isinf(above[columns - 1]):
        columns -= 1
    return columns


def check_schedules(str name, above, fixed, rate):
    """Hold schedules to what the kernels take for granted; see the stub."""
    if above.ndim != 2 or above.shape[1] < 1:
        raise ValueError(f"{name}_above must have a row for each schedule and one tier or more")
    for other, column in (("fixed", fixed), ("rate", rate)):
        if column.shape != above.shape:
            raise ValueError(
                f"{name}_{other} must be {above.shape[0]} x {above.shape[1]}, as {name}_above"
            )
        if not np.isfinite(column).all():
            raise ValueError(f"{name}_{other} must be finite")
    if (above[:, 0] != 0.0).any():
        raise ValueError(f"{name}_above must begin at 0")
    held = np.isfinite(above)
    if np.isnan(above).any() or (held[:, 1:] > held[:, :-1]).any() or not (
        above[:, 1:] > np.where(held, above, -np.inf)[:, :-1]
    ).all():
        raise ValueError(f"{name}_above must ascend, and end in infinities if at all")
