"""How proceeds stray from what the optimiser expects of them in a scenario of the market."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from auction.evaluate import Evaluation, standard_error
from auction.few import few, first_scenarios
from auction.hedged import with_hedges
from auction.plan import Plan
from auction.situation import Situation

_Array = NDArray[np.float64]

#: Vehicles whose means are worked out at once; bounds the memory.
_BLOCK: Final = 512


@dataclass(frozen=True, slots=True)
class Luck:
    """How carried out proceeds stray from their means by scenario.

    Parameters
    ----------
    shift, slope : float
        Mean of what they stray by, money, and its change with the mean proceeds, share.
    own, own_slope : float
        Variance of what strikes units apart, money squared, and its change with the mean.
    third : float
        Third moment of what strikes units apart, money cubed: that of a sum over units.
    common : float
        Variance of what strikes units together, money squared.
    centre : float
        Mean proceeds at which the above holds, money.
    error : float
        Standard error of the shift, money.
    scenarios : int
        On how many the plan was carried out.
    """

    shift: float
    slope: float
    own: float
    own_slope: float
    third: float
    common: float
    centre: float
    error: float
    scenarios: int

    @classmethod
    def of(cls, means: _Array, carried_out: _Array, own: _Array, third: _Array) -> Luck:
        """Measure it.

        Parameters
        ----------
        means : float64[k]
            What the optimiser expects in some scenarios, money.
        carried_out : float64[k]
            What came in there.
        own : float64[k]
            Squares of what each unit strayed by, summed over units.
        third : float64[k]
            Third powers of it, summed over units.
        """
        centre = float(means.mean())
        level, strayed = means - centre, carried_out - means
        shift, slope = _line(level, strayed)
        variance, own_slope = _line(level, own)
        left = strayed - shift - slope * level
        common = max(float((left * left - own).mean()), 0.0)
        return cls(
            shift, slope, variance, own_slope, float(third.mean()), common, centre,
            standard_error(left), means.size,
        )  # fmt: skip

    def means(self, means: _Array) -> _Array:
        """Return what really is expected where the optimiser expects so much, money."""
        return means + self.shift + self.slope * (means - self.centre)

    def spreads(self, means: _Array) -> _Array:
        """Return the standard deviation of the proceeds around that, money."""
        own = np.maximum(self.own + self.own_slope * (means - self.centre), 0.0)
        return np.asarray(np.sqrt(own + self.common))

    def skews(self, means: _Array) -> _Array:
        """Return the skewness of the proceeds around their mean."""
        spread = self.spreads(means)
        return np.divide(self.third, spread**3, out=np.zeros_like(spread), where=spread > 0.0)


def luck_of(situation: Situation, plan: Plan, rate: float) -> Luck:
    """Carry a plan out on the first of the optimiser's scenarios, and tell how far it strays.

    Parameters
    ----------
    situation : Situation
        The fleet with the scenarios that the plan was made with.
    plan : Plan
        The plan.
    rate : float
        Continuously compounded yearly rate at which later money is discounted.

    Returns
    -------
    Luck
        The same for any number of threads.
    """
    count = few(len(plan.options.vehicle_ids), plan.options.scenarios)
    done = with_hedges(first_scenarios(situation, count), rate, plan)
    return Luck.of(plan.allocation.scenario_total[:count], done.total, *_powers(plan, done))


def _powers(plan: Plan, done: Evaluation) -> tuple[_Array, _Array]:
    """Return second and third powers of what vehicles stray by, summed over them, float64[k]."""
    options, count = plan.options, done.net.shape[1]
    second, third = np.zeros(count), np.zeros(count)
    for vehicles, net in done.parts():
        for start in range(0, net.shape[0], _BLOCK):
            few = slice(start, start + _BLOCK)
            part = slice(vehicles.start, vehicles.stop)
            rows = plan.allocation.chosen[part][few]
            basis = options.basis[options.group[rows], :, :count]
            mean = np.einsum("vr,vrs->vs", options.coefficient[rows], basis)
            strayed = net[few] - mean + plan.allocation.volume_loss[part][few, None]
            second += np.einsum("vs,vs->s", strayed, strayed)
            third += np.einsum("vs,vs,vs->s", strayed, strayed, strayed)
    return second, third


def _line(level: _Array, value: _Array) -> tuple[float, float]:
    """Return mean and slope of a least-squares line over centred levels."""
    square = float(level @ level)
    return float(value.mean()), float(level @ value) / square if square > 0.0 else 0.0
