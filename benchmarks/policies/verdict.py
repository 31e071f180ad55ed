"""What must be reached, beside what was."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

PLAN: Final = "plan"
NEUTRAL: Final = "plan_neutral"
CELL: Final = ("room", "kept", "bidders", "spread")
#: Columns of the table of judgements by measure: what it brings, and how far ours is ahead.
MEASURES: Final = {
    "mean": ("mean", "ahead"),
    "CVaR": ("cvar", "cvar_ahead"),
    "blend": ("measure", "measure_ahead"),
}

#: Whose measure is told, and whether it must be reached.
_TOLD: Final = (
    (PLAN, "mean", True),
    (PLAN, "CVaR", True),
    (PLAN, "blend", False),
    (NEUTRAL, "mean", False),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One thing to be reached.

    Attributes
    ----------
    ours, measure, peer : str
        The plan or its neutral twin, mean, CVaR or their blend, and the best other policy there.
    cell : dict of str to float or str
        Which cell.
    binds, asked : bool
        Whether capacity binds, and whether this must be reached.
    value : float
        How far ours is ahead of the peer, money.
    low, high : float
        95 % interval of that.
    share : float
        The value as a share of what the peer brings.
    reached : bool
    """

    ours: str
    measure: str
    peer: str
    cell: dict[str, float | str]
    binds: bool
    asked: bool
    value: float
    low: float
    high: float
    share: float
    reached: bool

    @property
    def behind(self) -> bool:
        """Whether ours is behind beyond noise."""
        return self.high < 0.0


def verdict(judged: pl.DataFrame) -> list[Row]:
    """Hold the plan against the best other policy of each cell that keeps every rule.

    Asked for are mean and CVaR of the plan. Told beside them are the blend that the desk asked for,
    and the mean of the plan that gives the tail no say.

    Parameters
    ----------
    judged : polars.DataFrame
        As of :func:`auction.policies.judge_in`.
    """
    rows: list[Row] = []
    for _, group in judged.group_by(*CELL, maintain_order=True):
        rows += _cell(group)
    return rows


def _cell(group: pl.DataFrame) -> Iterator[Row]:
    others = group.filter(
        ~pl.col("policy").is_in([PLAN, NEUTRAL]), pl.col("rules_broken").list.len() == 0
    )
    for ours, measure, asked in _TOLD:
        against = others.filter(pl.col("ours") == ours)
        brings, ahead = MEASURES[measure]
        best = against.sort(brings, "policy", descending=[True, False]).row(0, named=True)
        yield _row(best, ours, measure, brings, ahead, asked=asked)


def _row(
    best: dict[str, Any], ours: str, measure: str, brings: str, ahead: str, *, asked: bool
) -> Row:
    value, low, high = (float(best[f"{ahead}{end}"]) for end in ("", "_low", "_high"))
    return Row(
        ours=ours,
        measure=measure,
        peer=best["policy"],
        cell={side: best[side] for side in CELL},
        binds=best["binds"],
        asked=asked,
        value=value,
        low=low,
        high=high,
        share=value / abs(best[brings]),
        reached=low > 0.0 if best["binds"] else high >= 0.0,
    )
