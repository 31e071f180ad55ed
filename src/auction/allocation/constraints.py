"""The rules a plan must keep, as the desk states them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_FLOOR, Decimal

KEYS = {
    "channel": "channel",
    "venue": "venue_id",
    "event": "event_id",
    "week": "week",
    "segment": "segment",
    "make": "make",
    "model": "model",
    "offer": "offer_id",
    "hedge": "hedge_id",
    "counterparty": "counterparty",
}

Group = str | int | Sequence[str | int]


@dataclass(frozen=True, slots=True)
class Limit:
    """A cap on the units that share a property.

    Parameters
    ----------
    by : str
        One of channel, venue, event, week, segment, make, model, offer, hedge, counterparty,
        or several joined by ``_``, such as ``segment_week``.
    group : str, int or a sequence of them, optional
        The value (for joined properties one value each) that is capped; None caps each
        value. Holding back counts only where ``group`` names the channel ``hold``; an option
        without a value of the property is never counted.
    max_share : float, optional
        Share in [0, 1] of the vehicles that can be planned, rounded down to whole units but to
        no less than one, unless the share is 0.
    max_units : int, optional
        Units at most. Where both are given the lower one holds.
    max_exposure : float, optional
        Money at most that a counterparty can come to owe, where ``by`` is counterparty: what the
        options taken are guaranteed by it (``exposure`` among their columns), and what
        :attr:`auction.hedges.Hedges.kept` says of its puts and layers. It holds beside the others.

    Raises
    ------
    ValueError
        For an unknown property, a share outside [0, 1], negative units or money, money by another
        property than the counterparty, or no cap at all.
    """

    by: str
    group: Group | None = None
    max_share: float | None = None
    max_units: int | None = None
    max_exposure: float | None = None

    def __post_init__(self) -> None:
        if isinstance(self.group, list):
            object.__setattr__(self, "group", tuple(self.group))
        unknown = [part for part in self.by.split("_") if part not in KEYS]
        if unknown:
            raise ValueError(f"limit by {self.by!r}: {unknown[0]!r} is none of {', '.join(KEYS)}")
        if self.max_exposure is not None:
            if self.by != "counterparty":
                raise ValueError(f"limit by {self.by}: max_exposure is by counterparty alone")
            if not 0.0 <= self.max_exposure < math.inf:
                raise ValueError(f"limit by {self.by}: max_exposure must be money >= 0")
        elif not self.counts:
            raise ValueError(f"limit by {self.by}: give max_share, max_units or max_exposure")
        if self.max_share is not None and not 0.0 <= self.max_share <= 1.0:
            raise ValueError(f"limit by {self.by}: max_share must lie in [0, 1]")
        if self.max_units is not None and self.max_units < 0:
            raise ValueError(f"limit by {self.by}: max_units must not be negative")
        if self.group is not None and len(self.values) != len(self.columns):
            raise ValueError(f"limit by {self.by}: group {self.group!r} needs one value a property")

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the options that the limit looks at."""
        return tuple(KEYS[part] for part in self.by.split("_"))

    @property
    def values(self) -> tuple[str, ...]:
        """Values of ``group``, one a column, as text; empty where every value is capped."""
        if self.group is None:
            return ()
        parts = self.group if isinstance(self.group, tuple) else (self.group,)
        return tuple(str(part) for part in parts)

    @property
    def counts(self) -> bool:
        """Whether units are limited."""
        return self.max_share is not None or self.max_units is not None

    def meant(self, value: str) -> bool:
        """Whether a value of the one property is capped."""
        return self.group is None or value in self.values

    def units(self, vehicles: int) -> int:
        """Return the cap in whole units when so many vehicles can be planned."""
        caps = [] if self.max_units is None else [self.max_units]
        if self.max_share is not None:
            least = 1 if self.max_share > 0.0 else 0
            caps.append(max(whole_units(self.max_share, vehicles), least))
        return min(caps)


def whole_units(share: float, vehicles: int) -> int:
    """Return a share of the vehicles rounded down, the share read as it is written.

    Binary floating point makes 0.29 * 100 fall below 29; decimals do not.

    Parameters
    ----------
    share : float
        Share in [0, 1].
    vehicles : int
        Vehicles it is taken of.
    """
    exact = Decimal(repr(float(share))) * vehicles
    return int(exact.to_integral_value(rounding=ROUND_FLOOR))


@dataclass(frozen=True, slots=True)
class CashTarget:
    """Money that a plan must be expected to have brought in by a day.

    Parameters
    ----------
    by : date
        The last day that counts.
    amount : float
        Expected cash at least, money, as :func:`auction.cash.cash_by` counts it: not discounted,
        what sales paid by the day bring after fees, tax and returns.

    Raises
    ------
    ValueError
        When the amount is negative, infinite or NaN.
    """

    by: date
    amount: float

    def __post_init__(self) -> None:
        if not 0.0 <= self.amount < math.inf:
            raise ValueError(f"{self.label}: amount must be money >= 0, not {self.amount}")

    @property
    def label(self) -> str:
        """The target as the desk calls it."""
        return f"cash by {self.by}"


@dataclass(frozen=True, slots=True)
class Constraints:
    """Rules over and above the capacities that come with the options.

    Parameters
    ----------
    limits : sequence of Limit
        Concentration limits.
    sacrifice_rate, sacrifice_amount : float, optional
        An option whose expected net falls short of the vehicle's best own option by more
        than ``max(sacrifice_rate * best, sacrifice_amount)`` is not allowed. None for both:
        no such rule; None for one: zero.
    hold_exempt : bool
        Holding back escapes the sacrifice rule: the vehicle is not sold, so no sale can be
        unreasonable. Pinned vehicles escape it always, the desk's word stands.
    max_hold_share : float, optional
        Share of all vehicles that may be held back, rounded down.
    cash : sequence of CashTarget
        Cash expected by given days.

    Raises
    ------
    ValueError
        When a parameter lies outside its range or is NaN.
    """

    limits: tuple[Limit, ...] = ()
    sacrifice_rate: float | None = None
    sacrifice_amount: float | None = None
    hold_exempt: bool = True
    max_hold_share: float | None = None
    cash: tuple[CashTarget, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "limits", tuple(self.limits))
        object.__setattr__(self, "cash", tuple(self.cash))
        for name in ("sacrifice_rate", "sacrifice_amount"):
            value = getattr(self, name)
            if value is not None and not value >= 0.0:
                raise ValueError(f"{name} must not be negative, not {value}")
        if self.max_hold_share is not None and not 0.0 <= self.max_hold_share <= 1.0:
            raise ValueError(f"max_hold_share must lie in [0, 1], not {self.max_hold_share}")

    @property
    def bounds_sacrifice(self) -> bool:
        """Whether the largest sacrifice per vehicle is limited."""
        return self.sacrifice_rate is not None or self.sacrifice_amount is not None


@dataclass(frozen=True, slots=True)
class Stop:
    """When the search ends.

    Parameters
    ----------
    gap : float
        Proven relative distance between the bound and the plan at which it ends.
    seconds : float
        Time limit; the best plan so far is returned with its bound and gap.
    work : float
        Work of the exact solver at which no further core is begun: one a column it may
        choose, ten a node of its search tree. A thousand take some seconds. Unlike the time
        limit it ends the search at the same plan on every machine; more work never gives a
        worse plan.

    Raises
    ------
    ValueError
        When a parameter is negative or NaN.
    """

    gap: float = 1e-6
    seconds: float = 60.0
    work: float = 2_000.0

    def __post_init__(self) -> None:
        if not self.gap >= 0.0:
            raise ValueError(f"gap must not be negative, not {self.gap}")
        if not self.seconds >= 0.0:
            raise ValueError(f"seconds must not be negative, not {self.seconds}")
        if not self.work >= 0.0:
            raise ValueError(f"work must not be negative, not {self.work}")
