"""The scenario basis: Chebyshev polynomials of a market's deviation at a date.

What an option earns depends on the systematic factors through one number only, the log
deviation y of its market from the forecast at the date of the sale. Interpolated at
Chebyshev nodes over the range that the scenarios span, the smooth pay-off h(y) becomes a
short row of coefficients (Trefethen, Approximation Theory and Approximation Practice, ch. 8).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from residual import ValueBook

#: Basis functions of each group; the error this leaves is held by a test.
TERMS = 14
#: Group of what does not depend on any market.
CONSTANT = 0
#: Half-width of a market that does not move in any scenario.
_STILL = 1e-9


def nodes() -> NDArray[np.float64]:
    """Return the Chebyshev nodes on [-1, 1], float64[R]."""
    return np.cos(np.pi * (np.arange(TERMS) + 0.5) / TERMS)


def interpolation() -> NDArray[np.float64]:
    """Return float64[R, R], which turns values at the nodes into coefficients."""
    order = np.arange(TERMS)
    matrix = np.cos(np.pi * order[:, None] * (order[None, :] + 0.5) / TERMS) * (2.0 / TERMS)
    matrix[0] /= 2.0
    return matrix


@dataclass(frozen=True)
class ScenarioBasis:
    """Basis values by group and scenario.

    Group 0 is the constant; then follow the market segments and last the scrap market, each
    at every date of the book.

    Parameters
    ----------
    values : float64[G, R, n]
        Chebyshev polynomials of y / half_width.
    half_width : float64[G]
        Largest deviation of each group over the scenarios, in logs.
    dates : int
        Number of dates of the book.
    markets : int
        Number of market segments of the book.
    """

    values: NDArray[np.float64]
    half_width: NDArray[np.float64]
    dates: int
    markets: int

    @classmethod
    def of(cls, book: ValueBook) -> ScenarioBasis:
        """Build the basis of a book's markets and of scrap."""
        markets, dates, n = book.factor.shape
        deviation = np.concatenate(
            [np.zeros((1, n)), book.factor.reshape(markets * dates, n), book.scrap]
        )
        half_width = np.maximum(np.abs(deviation).max(axis=1), _STILL)
        x = deviation / half_width[:, None]
        values = np.empty((deviation.shape[0], TERMS, n))
        values[:, 0] = 1.0
        values[:, 1] = x
        for order in range(2, TERMS):
            values[:, order] = 2.0 * x * values[:, order - 1] - values[:, order - 2]
        return cls(values, half_width, dates, markets)

    def market(self, segment: NDArray[np.int64], date: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the groups of market segments at positions of the book's dates."""
        return 1 + segment * self.dates + date

    def scrap(self, date: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the groups of the scrap market at positions of the book's dates."""
        return 1 + self.markets * self.dates + date

    @cached_property
    def mean(self) -> NDArray[np.float64]:
        """Mean over scenarios of each basis function, float64[G, R]."""
        return np.asarray(self.values.mean(axis=2))

    def expected(
        self, coefficient: NDArray[np.float64], group: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """Return the mean over scenarios of pay-offs given by their coefficients, float64[m]."""
        return np.asarray(np.einsum("mr,mr->m", coefficient, self.mean[group]))

    def node_weights(self) -> NDArray[np.float64]:
        """Return float64[G, R]: the mean over scenarios of h is ``weights[g] @ h(nodes)``."""
        return np.asarray(np.einsum("gr,rk->gk", self.mean, interpolation()))

    def moves(self, count: int) -> NDArray[np.float64]:
        """Return float64[G, count]: equally likely deviations that stand for the scenarios."""
        if count not in self._moves:
            deviation = self.values[:, 1] * self.half_width[:, None]
            share = (np.arange(count) + 0.5) / count
            found = np.quantile(deviation, share, axis=1, method="hazen").T
            self._moves[count] = np.ascontiguousarray(found)
        return self._moves[count]

    @cached_property
    def _moves(self) -> dict[int, NDArray[np.float64]]:
        """Moves by their count: every block of a fleet asks for the same."""
        return {}

    def coefficients_of_exponential(
        self, group: NDArray[np.int64], level: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return float64[m, R]: the coefficients of ``level * exp(y)``."""
        at_nodes = np.exp(self.half_width[group][:, None] * nodes()[None, :])
        coefficient: NDArray[np.float64] = np.einsum("rk,mk->mr", interpolation(), at_nodes)
        return coefficient * level[:, None]
