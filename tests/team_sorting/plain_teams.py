"""The arms of two groups by bisection at every rank: slow, plain, and without slopes.

Everything is asked of SciPy's quantiles. With shares s and 1 − s of the rank t held by
the low values of the two groups, the windows have lengths

    λ_i = Q_i(1 − t + t_i) − Q_i(t_i),   m_1 t_1 = s t,   m_2 t_2 = (1 − s) t,

and λ_1 − λ_2 falls in s: s is its root, or 0 or 1 where a bounded group is still shut.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import integrate, optimize, special


@dataclass
class Side:
    """One group: quantiles of u from below and from above, and its members a team.

    `kinks` are ranks at which the quantiles are not smooth.
    """

    low: callable
    high: callable
    count: int
    kinks: tuple = ()

    @classmethod
    def log(cls, skill, count, shift=0.0, kinks=()):
        """u = log(x + shift)."""
        return cls(
            lambda p: np.log(skill.ppf(p) + shift),
            lambda p: np.log(skill.isf(p) + shift),
            count,
            kinks,
        )

    @classmethod
    def scaled(cls, skill, count, loading):
        """u = −loading · x."""
        return cls(
            lambda p: -loading * skill.isf(p), lambda p: -loading * skill.ppf(p), count
        )

    def mean(self):
        """E[u], over both halves of the ranks, from their ends inwards."""
        below = [p for p in self.kinks if p < 0.5]
        above = [1.0 - p for p in self.kinks if p > 0.5]
        total = 0.0
        for half, kinks in ((self.low, below), (self.high, above)):
            cuts = sorted([-200.0, -30.0, -10.0, -3.0, np.log(0.5), *np.log(kinks)])
            for pair in pairwise(cuts):
                total += integrate.quad(
                    lambda s, half=half: half(np.exp(s)) * np.exp(s), *pair, limit=200
                )[0]
        return total


class PlainTeams:
    """Two groups whose log values are asked of SciPy; `loss` is φ."""

    def __init__(self, first, second, loss=np.exp):
        self.sides, self.loss_of = (first, second), loss

    def shares(self, t):
        """s at ranks t."""
        t = np.asarray(t, float)

        def excess(y):  # log odds of s
            gaps = []
            for side, s in zip(self.sides, (y, -y), strict=True):
                low = t * special.expit(s) / side.count
                rest = t * special.expit(-s) + (side.count - 1) * low
                gaps.append(side.high(rest) - side.low(low))
            return gaps[0] - gaps[1]

        low, high = np.full(t.shape, -745.0), np.full(t.shape, 745.0)
        for _ in range(54):  # to 1e-13
            middle = 0.5 * (low + high)
            with np.errstate(divide="ignore", invalid="ignore"):
                up = excess(middle) > 0
            low, high = np.where(up, middle, low), np.where(up, high, middle)
        return special.expit(0.5 * (low + high)), special.expit(-0.5 * (low + high))

    def total(self, t):
        """l(t): the sum of the team whose low value is in the arm with more mass."""
        shares = self.shares(t)
        first, second = self.sides
        t1, t2 = t * shares[0] / first.count, t * shares[1] / second.count
        b1 = first.high((first.count - 1) * t1 + second.count * t2)
        b2 = second.high(first.count * t1 + (second.count - 1) * t2)
        high = first.count * b1 + second.count * b2
        with np.errstate(invalid="ignore", divide="ignore"):
            gaps = b1 - first.low(t1), b2 - second.low(t2)
        return high - np.where(shares[0] > shares[1], *gaps)

    def opening(self):
        """Log ranks at which an arm that was shut opens."""
        grid = -np.append(np.linspace(40, 0.02, 200), np.geomspace(0.019, 1e-6, 60))
        first, second = self.shares(np.exp(grid))
        shut = np.array([first < 1e-300, second < 1e-300])
        found = []
        for row, one in enumerate(shut):
            for k in np.flatnonzero(one[:-1] != one[1:]):
                a, b = grid[k], grid[k + 1]
                for _ in range(36):
                    middle = 0.5 * (a + b)
                    inside = self.shares(np.exp(middle))[row] < 1e-300
                    a, b = (middle, b) if inside == one[k] else (a, middle)
                found.append(0.5 * (a + b))
        return found

    def solve(self, deepest=-45.0, pieces=20):
        """q, C's logarithm and the loss; exact up to rounding where all is smooth."""
        mean = sum(side.count * side.mean() for side in self.sides)
        cuts = [cut for cut in self.opening() if cut > deepest]
        point, weight = np.polynomial.legendre.leggauss(16)

        def integrals(end, pieces=pieces):  # ∫ l dt and ∫ φ(l) dt up to rank e^end
            edges = [deepest, *(cut for cut in cuts if cut < end), end]
            parts = []
            for left, right in pairwise(edges):
                step = max(2, round(pieces * (right - left) / (end - deepest)))
                # finer towards the right end, where the mass is
                grid = right - (right - left) * np.linspace(1, 0, step + 1) ** 2
                half = 0.5 * np.diff(grid)[:, None]
                s = 0.5 * (grid[:-1] + grid[1:])[:, None] + half * point
                total = self.total(np.exp(s))
                parts.append(
                    [
                        np.sum(half * weight * np.exp(s) * total),
                        np.sum(half * weight * np.exp(s) * self.loss_of(total)),
                    ]
                )
            return np.sum(parts, axis=0)

        def beyond(end, **roughly):
            total = float(self.total(np.exp(np.array(end))))
            return -np.expm1(end) * total + integrals(end, **roughly)[0] - mean

        # l may fall further on, so that the first crossing is the one
        end, grid = -1e-12, -np.geomspace(35, 1e-6, 60)
        for before, after in pairwise(grid):
            if beyond(after, pieces=6) > 0:
                end = optimize.brentq(beyond, before, after, xtol=1e-13)
                break
        total = float(self.total(np.exp(np.array(end))))
        loss = integrals(end)[1] - np.expm1(end) * self.loss_of(total)
        return np.exp(end), total, float(loss)
