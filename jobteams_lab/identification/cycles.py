"""Aggregate productivity over the business cycle, as a Markov chain."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from jobteams_lab import checks


@dataclass(frozen=True, eq=False)
class Cycles:
    """Aggregate productivity, a Markov chain.

    Attributes
    ----------
    productivity : (n,) array
        The values of z, positive.
    transition : (n, n) array
        Probabilities of next month's z (columns) given this month's (rows).
    """

    productivity: np.ndarray
    transition: np.ndarray

    def __post_init__(self):
        z = np.atleast_1d(np.asarray(self.productivity, dtype=np.float64))
        p = np.atleast_2d(np.asarray(self.transition, dtype=np.float64))
        if z.ndim != 1 or not (np.isfinite(z).all() and (z > 0).all()):
            raise ValueError("productivity must be a list of positive, finite numbers.")
        if p.shape != (len(z), len(z)):
            raise ValueError(
                f"transition has shape {p.shape}, but there are {len(z)} values of"
                f" productivity: it must be {(len(z), len(z))}."
            )
        if not ((p >= 0).all() and np.allclose(p.sum(1), 1.0, atol=1e-9)):
            raise ValueError(
                "The rows of transition must be probabilities that sum to 1."
            )
        object.__setattr__(self, "productivity", z)
        object.__setattr__(self, "transition", p / p.sum(1, keepdims=True))

    @classmethod
    def mean_reverting(cls, sd: float, persistence: float, count: int = 5) -> Cycles:
        """Return Rouwenhorst's chain with mean one, standard deviation and persistence.

        Parameters
        ----------
        sd : float
            Standard deviation of z, less than 1/√(count − 1).
        persistence : float
            The correlation of z with next month's, in [0, 1).
        count : int
            Number of values, at least 2.
        """
        count = checks.whole("count", count, low=2)
        sd = checks.number("sd", sd, low=0, high=0.999 / np.sqrt(count - 1))
        rho = checks.number("persistence", persistence, low=0, high=1)
        p = (1 + rho) / 2
        two = np.array([[p, 1 - p], [1 - p, p]])
        chain = two
        for n in range(3, count + 1):
            wider = np.zeros((n, n))
            wider[:-1, :-1] += p * chain
            wider[:-1, 1:] += (1 - p) * chain
            wider[1:, :-1] += (1 - p) * chain
            wider[1:, 1:] += p * chain
            wider[1:-1] /= 2
            chain = wider
        span = sd * np.sqrt(count - 1)
        return cls(1 + np.linspace(-span, span, count), chain)

    def path(self, months: int, seed: int) -> np.ndarray:
        """Draw the states of so many months, (months,) of int."""
        rng = np.random.default_rng(checks.whole("seed", seed))
        states, state = np.empty(months, dtype=np.int64), len(self.productivity) // 2
        steps = np.cumsum(self.transition, axis=1)
        for t, draw in enumerate(rng.random(months)):
            states[t] = state
            state = min(
                np.searchsorted(steps[state], draw, side="right"), len(steps) - 1
            )
        return states
