"""Margins: the terms whose sum an assignment should spread as little as it can.

Losses multiply, so their logarithms add up: log loss = Σ_i u_i with u_i = log x_i. All
of the theory is about sums of variables with given distributions, the *margins*; a
technology says which function of a skill is added up (see `technologies`).
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from jobteams_lab.chebyshev import PiecewiseChebyshev, gauss_legendre

DEEPEST = -700.0  # log of the smallest value told from zero
LEVELS = (1e-300, 1e-100, 1e-30, 1e-12, 1e-6, 1e-3, 0.05, 0.3, 0.5)


class Margin:
    """The distribution of u, given that of a skill x.

    Attributes
    ----------
    low, high : float
        Ends of the support of u; `low` may be −∞.
    mean : float
        E[u].
    """

    def __init__(self, skill, low: float, high: float):
        self.skill, self.low, self.high = skill, low, high

    def cdf(self, u) -> np.ndarray:
        """P(U ≤ u), precise where it is small."""
        return np.clip(self._inside(u, self._cdf, below=0.0, above=1.0), 0.0, 1.0)

    def sf(self, u) -> np.ndarray:
        """P(U > u), precise where it is small."""
        return np.clip(self._inside(u, self._sf, below=1.0, above=0.0), 0.0, 1.0)

    def pdf(self, u) -> np.ndarray:
        """The density of U."""
        return self._inside(u, self._pdf, below=0.0, above=0.0)

    def quantile(self, rank) -> np.ndarray:
        """u with P(U ≤ u) = rank: from a table, polished by Newton's method."""
        rank = np.asarray(rank, float)
        return self.from_log_odds(_log_odds(rank, 1.0 - rank), rank, 1.0 - rank)

    def upper_quantile(self, rank) -> np.ndarray:
        """u with P(U > u) = rank, precise where rank is small."""
        rank = np.asarray(rank, float)
        return self.from_log_odds(_log_odds(1.0 - rank, rank), 1.0 - rank, rank)

    def from_log_odds(self, log_odds, below=None, above=None) -> np.ndarray:
        """u at log P(U ≤ u)/P(U > u), from the table alone unless ranks are given."""
        odds, grid, slope = self.table
        u = _hermite(np.asarray(log_odds, float), odds, grid, slope)
        if below is None:
            return u
        for _ in range(4):
            miss = np.where(below <= 0.5, self.cdf(u) - below, above - self.sf(u))
            with np.errstate(all="ignore"):
                step = miss / self.pdf(u)
            near = np.abs(step) < 0.5 * (self.high - max(self.low, DEEPEST))
            u = np.clip(np.where(near, u - step, u), grid[0], grid[-1])
        return u

    @property
    def exact(self) -> bool:
        """Whether F is known to relative precision at the low end."""
        return self.skill.exact and not np.isfinite(self.low)

    @cached_property
    def table(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Log odds of the ranks of a grid of u, the grid, and du/d(log odds)."""
        floor = max(self.low, DEEPEST)
        width = self.high - floor
        steps = np.geomspace(1e-17, 1.0, 300)[:-1] * width
        grid = np.concatenate([[floor, self.high], self.high - steps, floor + steps])
        grid = np.unique(grid[(grid >= floor) & (grid <= self.high)])
        for _ in range(40):
            odds = self.log_odds(grid)
            cut = (np.diff(odds) > 0.1) & (np.diff(grid) > 1e-15 * np.abs(grid[1:]))
            if not cut.any():
                break
            grid = np.sort(np.append(grid, 0.5 * (grid[:-1] + grid[1:])[cut]))
        odds = self.log_odds(grid)
        # only where the cdf moves, so that the table can be read both ways
        keep = np.append(True, np.diff(np.maximum.accumulate(odds)) > 0)
        odds, grid = odds[keep], grid[keep]
        with np.errstate(divide="ignore", invalid="ignore"):
            slope = self.cdf(grid) * self.sf(grid) / self.pdf(grid)
        return odds, grid, slope

    def log_odds(self, u) -> np.ndarray:
        """log P(U ≤ u) − log P(U > u), clipped to ±700."""
        return _log_odds(self.cdf(u), self.sf(u))

    def quadrature(self, cuts=()) -> tuple[np.ndarray, np.ndarray]:
        """Nodes u and weights of ∫ m(u) dF(u), exact in the mass of each piece.

        `cuts` are points at which m is not smooth.
        """
        edges = self._primitive.breakpoints
        inside = [cut for cut in cuts if edges[0] < cut < edges[-1]]
        edges = np.unique(np.append(edges, inside))
        u, width = gauss_legendre(edges)
        shape = (len(edges) - 1, -1)
        weights = (width * self.pdf(u)).reshape(shape)
        total = weights.sum(axis=1)  # infinite beside a density without bound
        odd = ~np.isfinite(total) | (total <= 0)
        weights[odd] = width.reshape(shape)[odd]
        lower = edges[1:] < self.quantile(0.5)
        mass = np.where(lower, np.diff(self.cdf(edges)), -np.diff(self.sf(edges)))
        return u, (weights * (mass / weights.sum(axis=1))[:, None]).ravel()

    @cached_property
    def _primitive(self) -> PiecewiseChebyshev:
        odds = np.log(LEVELS) - np.log1p(-np.array(LEVELS))
        inner = self.from_log_odds(np.append(odds, -odds))
        floor = self.table[1][0]
        # a level within rounding of an end tells nothing
        apart = 1e-10 * np.abs(inner)
        inner = inner[(inner > floor + apart) & (inner < self.high - apart)]
        return PiecewiseChebyshev.fit(self.cdf, [floor, *inner, self.high])

    @cached_property
    def mean(self) -> float:
        return self.high - float(self._primitive.integral()(self.high))

    def _inside(self, u, function, below, above):
        u = np.asarray(u, float)
        inside = np.clip(u, max(self.low, DEEPEST - 45.0), self.high)
        value = function(inside)
        value = np.where(u < self.low, below, np.where(u > self.high, above, value))
        return value


class LogSkill(Margin):
    """u = log(x + shift)."""

    def __init__(self, skill, shift: float = 0.0):
        self.shift = shift
        start, end = skill.low + shift, skill.high + shift
        low = float(np.log(start)) if start > 0 else -np.inf
        super().__init__(skill, low, float(np.log(end)))

    def of(self, x) -> np.ndarray:
        """u of a skill x."""
        with np.errstate(divide="ignore"):
            return np.log(np.asarray(x, float) + self.shift)

    def skill_at(self, u) -> np.ndarray:
        """The skill x at u."""
        x = self._pair(np.asarray(u, float))[0]
        return np.clip(x, self.skill.low, self.skill.high)

    def derivative(self, u) -> np.ndarray:
        """du/dx at u."""
        return np.exp(-np.asarray(u, float))

    def _pair(self, u):
        # x and 1 − x, neither by a difference of nearly equal numbers
        gap = -(1.0 + self.shift) * np.expm1(u - np.log1p(self.shift))
        if self.shift == 0.0:
            x = np.exp(u)
        else:
            x = self.shift * np.expm1(u - np.log(self.shift))
        return np.clip(x, 0.0, 1.0), np.clip(gap, 0.0, 1.0)

    def _cdf(self, u):
        return self.skill.cdf(*self._pair(u))

    def _sf(self, u):
        return self.skill.sf(*self._pair(u))

    def _pdf(self, u):
        with np.errstate(divide="ignore", over="ignore"):
            return self.skill.pdf(*self._pair(u)) * np.exp(u)


class ScaledSkill(Margin):
    """u = −loading · x."""

    def __init__(self, skill, loading: float):
        self.loading = loading
        super().__init__(skill, -loading * skill.high, -loading * skill.low)

    def of(self, x) -> np.ndarray:
        """u of a skill x."""
        return -self.loading * np.asarray(x, float)

    def skill_at(self, u) -> np.ndarray:
        """The skill x at u."""
        x = np.asarray(u, float) / -self.loading
        return np.clip(x, self.skill.low, self.skill.high)

    def derivative(self, u) -> np.ndarray:
        """du/dx at u."""
        return np.full(np.shape(u), -self.loading)

    def _pair(self, u):
        x = np.clip(u / -self.loading, 0.0, 1.0)
        return x, np.clip(1.0 + u / self.loading, 0.0, 1.0)

    def _cdf(self, u):
        return self.skill.sf(*self._pair(u))

    def _sf(self, u):
        return self.skill.cdf(*self._pair(u))

    def _pdf(self, u):
        with np.errstate(divide="ignore", over="ignore"):
            return self.skill.pdf(*self._pair(u)) / self.loading


def _hermite(x, knots, values, slopes):
    # cubic where knots are near and slopes are those of a rising function
    k = np.clip(np.searchsorted(knots, x, "right") - 1, 0, len(knots) - 2)
    h = knots[k + 1] - knots[k]
    s = np.clip((x - knots[k]) / h, 0.0, 1.0)
    rise = values[k + 1] - values[k]
    left, right = slopes[k] * h, slopes[k + 1] * h
    bend = s * (1.0 - s) * ((left - rise) * (1.0 - s) + (rise - right) * s)
    tame = (h < 0.3) & (left <= 3 * rise) & (right <= 3 * rise)
    return values[k] + s * rise + np.where(tame, bend, 0.0)


def _log_odds(below, above):
    with np.errstate(divide="ignore"):
        odds = np.log(below) - np.log(above)
    return np.clip(odds, DEEPEST, -DEEPEST)
