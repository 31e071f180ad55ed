"""How many threads a run may use."""

from __future__ import annotations

import os
from pathlib import Path

_GROUPS = Path("/sys/fs/cgroup")


def resolve(threads: int | None = None) -> int:
    """Number of threads for a request.

    Parameters
    ----------
    threads : int, optional
        The number wished for, taken as it stands. None asks for as many as the process may
        keep busy: the processors it is bound to, but no more than its container's quota.

    Returns
    -------
    int
        At least 1.

    Raises
    ------
    ValueError
        If the number is zero or negative.
    TypeError
        If it is not a whole number.
    """
    if threads is None:
        return max(1, min(_bound_processors(), _quota(_GROUPS) or _bound_processors()))
    if isinstance(threads, bool) or not isinstance(threads, int):
        raise TypeError(f"threads must be a whole number or None, got {threads!r}")
    if threads < 1:
        raise ValueError(f"threads must be at least 1, got {threads}")
    return threads


def _bound_processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _quota(groups: Path) -> int | None:
    """Whole processors that a control group's quota pays for; None without a quota."""
    for quota, period in (_version_2(groups), _version_1(groups)):
        if quota > 0 and period > 0:
            return max(1, quota // period)
    return None


def _version_2(groups: Path) -> tuple[int, int]:
    words = _words(groups / "cpu.max")
    if len(words) != 2 or words[0] == "max":
        return 0, 0
    return int(words[0]), int(words[1])


def _version_1(groups: Path) -> tuple[int, int]:
    quota = _words(groups / "cpu" / "cpu.cfs_quota_us")
    period = _words(groups / "cpu" / "cpu.cfs_period_us")
    if len(quota) != 1 or len(period) != 1:
        return 0, 0
    return int(quota[0]), int(period[0])


def _words(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="ascii").split()
    except OSError:
        return []
