"""Which run this is and when it began: known to logs and to the manifest alone."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Final

#: What a scheduler may name a run: safe in a file name, a shell and a line of a log.
RUN_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def _now() -> datetime:
    return datetime.now(UTC)


def new_run_id(now: datetime) -> str:
    """Return an id that no other run has: the moment, and 32 bits of chance.

    Parameters
    ----------
    now : datetime
        With its time zone.
    """
    return f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"


@dataclass(frozen=True, slots=True)
class RunStamp:
    """A run's id and its beginning by the clock of the machine.

    Parameters
    ----------
    run_id : str, optional
        Letters, digits, dot, dash and underscore, at most 64, the first a letter or digit; made
        up by default.
    started : datetime, optional
        Now by default.

    Raises
    ------
    ValueError
        Where the id has another form.
    """

    run_id: str = ""
    started: datetime = field(default_factory=_now)

    def __post_init__(self) -> None:
        if not self.run_id:
            object.__setattr__(self, "run_id", new_run_id(self.started))
        if RUN_ID.fullmatch(self.run_id) is None:
            raise ValueError(
                "a run id has up to 64 letters, digits, dots, dashes and underscores and begins "
                "with a letter or digit"
            )

    def doubts(self, as_of: date) -> list[str]:
        """Return what is doubtful about a planning date by the clock, a sentence each.

        A plan made ahead is allowed, so this is no fault; nor may it enter the tables or the
        report, which are the same whenever they are made.

        Parameters
        ----------
        as_of : date
            The planning date.
        """
        today = self.started.astimezone().date()
        doubt = (
            f"the planning date {as_of} lies after today, {today} by this machine's clock: "
            "a plan made ahead, or a clock that was set back"
        )
        return [doubt] if as_of > today else []
