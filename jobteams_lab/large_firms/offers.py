"""What a worker is offered when he meets a firm: the law of max(Δ_p, 0) by his type.

A firm p is met in proportion to 1 + n. With Δ_p the surplus that it would have with the
worker, 0 if it is full, his offers are summed up by

    T(d) = E min(max(Δ_p, 0), d),    dT/dd = P(Δ_p > d),

tabulated on a grid of d for some types; types between them are interpolated.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import BarycentricInterpolator, CubicSpline

from jobteams_lab.large_firms.solution import Solution
from jobteams_lab.large_firms.team_sample import TeamSample

LEVELS, ABILITIES = 15, 5  # of log h and of log a
SURPLUSES = 400


@dataclass(frozen=True, eq=False)
class Offers:
    """T of types on a grid, and how to read it between them.

    Attributes
    ----------
    x, y : (X,), (Y,) arrays
        log h and log a of the tabulated types.
    top : float
        The largest d; the grid is top (j/(D − 1))².
    expected : (X Y, D) array
        T at the grid, piecewise linear between its points.
    """

    x: np.ndarray
    y: np.ndarray
    top: float
    expected: np.ndarray

    @classmethod
    def of(cls, solution: Solution, firms: TeamSample) -> Offers:
        """Return the offers that firms of a sample make.

        Parameters
        ----------
        solution : Solution
        firms : TeamSample
            Of one date or several; who is met is drawn in proportion to 1 + n, and a
            full team offers nothing.

        References
        ----------
        Adenbaum, Babalievsky and Jungerman (2025), "Worker Value": Π(S_p).
        """
        x, y = (_levels(part) for part in _range(solution.sample))
        room = firms.n < firms.places
        base = firms.log_z, firms.log_q, firms.x, firms.y, firms.n
        base = [part[room] for part in base]
        value = solution.value_at(*base)
        log_z, log_q, team_x, team_y, n = base
        at = np.arange(len(n))
        held = []
        for level in x:
            for ability in y:
                with_x, with_y = team_x.copy(), team_y.copy()
                with_x[at, n], with_y[at, n] = level, ability
                gain = solution.value_at(log_z, log_q, with_x, with_y, n + 1) - value
                outside = solution.economy.nonemployment_value(np.exp(level))
                held.append(np.maximum(gain - outside, 0))
        held, reach = np.array(held), 1.0 + n
        total = (1 + firms.n).sum()
        top = 1.02 * max(held.max(initial=0.0), 1e-6)
        grid = surplus_grid(top)
        expected = np.empty((len(held), len(grid)))
        for row, paid in enumerate(held):
            order = np.argsort(paid)
            paid, weight = paid[order], reach[order]
            below = np.searchsorted(paid, grid, "right")
            count = np.append(0.0, np.cumsum(weight))
            cost = np.append(0.0, np.cumsum(weight * paid))
            expected[row] = cost[below] + (count[-1] - count[below]) * grid
        return cls(x, y, top, expected / total)

    def weights(self, x, y) -> np.ndarray:
        """Return what tabulated types count for workers of any type, (W, X Y)."""
        x = np.clip(x, self.x[0], self.x[-1])
        y = np.clip(y, self.y[0], self.y[-1])
        at_x = CubicSpline(self.x, np.eye(len(self.x)))(x)
        at_y = np.ones((len(y), 1))
        if len(self.y) > 1:
            at_y = BarycentricInterpolator(self.y, np.eye(len(self.y)))(y)
        return (at_x[:, :, None] * at_y[:, None]).reshape(len(x), len(self.expected))

    def rows(self, x, y) -> np.ndarray:
        """Return T on the grid for workers of types (x, y), (W, D)."""
        return self.weights(x, y) @ self.expected


def surplus_grid(top: float) -> np.ndarray:
    """Return the grid of d, (D,): denser near zero."""
    return top * np.linspace(0, 1, SURPLUSES) ** 2


def _range(sample: TeamSample):
    x, y = sample.workers
    reach = np.quantile(x, [0.0005, 0.9995]), np.quantile(y, [0.0005, 0.9995])
    return (reach[0], LEVELS), (reach[1], ABILITIES)


def _levels(part) -> np.ndarray:
    (low, high), number = part
    if high - low < 1e-12:
        return np.array([low])
    if number == LEVELS:
        return np.linspace(low, high, number)
    middle, half = (low + high) / 2, (high - low) / 2
    return middle - half * np.cos(np.pi * np.arange(number) / (number - 1))
