"""F, the distribution of the productivity of the firm met: continuous or a sample."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from scipy.special import boxcox
from scipy.stats import rv_continuous, rv_histogram

from jobteams_lab.chebyshev import PiecewiseChebyshev, gauss_legendre

TAIL = 1e-30  # where an unbounded support is cut: F̄ there
LEVELS = (1e-12, 1e-6, 1e-3, 0.05, 0.3, 0.7, 0.95)  # first pieces end at these ranks
TAILS = (1e-25, 1e-20, 1e-15, 1e-9)  # and here: no piece may dwarf the others' mass


def sampling_distribution(name: str, productivity) -> Continuous | Discrete:
    """Read a frozen continuous SciPy distribution, or a sample of values, as F.

    Raises
    ------
    TypeError, ValueError
        A sentence, if it is neither, has no finite lower bound or mean, or a tail
        that carries a visible part of the mean beyond F̄ = 1e-30.
    """
    frozen = isinstance(getattr(productivity, "dist", None), rv_continuous)
    if frozen or isinstance(productivity, rv_histogram):
        return Continuous(name, productivity)
    try:
        sample = np.asarray(productivity, dtype=float)
    except (TypeError, ValueError):
        sample = np.empty((0, 0))
    if sample.ndim != 1:
        raise TypeError(
            f"{name} = {productivity!r} must be a frozen continuous SciPy distribution,"
            " such as scipy.stats.beta(2, 3), or a one-dimensional sample of numbers."
        )
    return Discrete(name, sample)


class Continuous:
    """F given by a frozen continuous SciPy distribution.

    Attributes
    ----------
    low, high : float
        Ends of the support; an unbounded one is cut where F̄ = 1e-30.
    mean : float
    edges : ndarray
        Ends of the pieces on which F̄ is resolved to machine precision.
    nodes, weights : ndarray
        Quadrature for ∫ m(p) dF(p).
    """

    is_discrete = False

    def __init__(self, name: str, distribution):
        self.low, self.high = (float(end) for end in distribution.support())
        self.mean = float(distribution.mean())
        if not np.isfinite(self.low) or not np.isfinite(self.mean):
            raise ValueError(
                f"{name} has support from {self.low:g} and mean {self.mean:g}:"
                " both must be finite, so truncate it or choose another distribution."
            )
        self._distribution = distribution
        with np.errstate(all="ignore"):  # SciPy's own, so far out
            tails = distribution.isf([*TAILS, *LEVELS])
        inner = np.concatenate([distribution.ppf(LEVELS), tails])
        if not np.isfinite(self.high):
            tops = distribution.isf([TAIL, 1e-15])
            self.high = float(tops[np.isfinite(tops)][0])
        inner = inner[(inner > self.low) & (inner < self.high)]
        self._sf = PiecewiseChebyshev.fit(
            distribution.sf, [self.low, *inner, self.high]
        )
        reached = self.low + float(self._sf.integral()(self.high))
        if abs(reached - self.mean) > 1e-5 * max(abs(self.mean), self.mean - self.low):
            raise ValueError(
                f"{name} has mean {self.mean:g}, but its values up to {self.high:g}"
                f" give {reached:g}: its tail is too heavy to be integrated, so"
                " truncate it or choose another distribution."
            )
        self.edges = self._sf.breakpoints
        self.nodes, width = gauss_legendre(self.edges)
        # dF as the derivative of what resolves F̄, so that no density need be known
        # to be bounded, scaled so that every piece has exactly its probability.
        density = np.maximum(self.fast_pdf(self.nodes), 1e-300)
        weights = (width * density).reshape(len(self.edges) - 1, -1)
        mass = -np.diff(distribution.sf(self.edges))
        self.weights = (weights * (mass / weights.sum(axis=1))[:, None]).ravel()

    def cdf(self, x) -> np.ndarray:
        """F(x) = P(p ≤ x)."""
        return self._distribution.cdf(x)

    def sf(self, x) -> np.ndarray:
        """F̄(x) = P(p > x)."""
        return self._distribution.sf(x)

    sf_left = sf

    def pdf(self, x) -> np.ndarray:
        """f(x)."""
        return self._distribution.pdf(x)

    def fast_sf(self, x) -> np.ndarray:
        """F̄(x) from the interpolant: for quadrature over many points."""
        return np.where(np.asarray(x) < self.low, 1.0, self._sf(x))

    def fast_pdf(self, x) -> np.ndarray:
        """f(x) as the derivative of that interpolant."""
        return -self._density(x)

    def quantile(self, rank) -> np.ndarray:
        """F⁻¹(rank); over 10,000 ranks are interpolated, to a relative 1e-6."""
        rank = np.asarray(rank, float)
        if rank.size <= 10_000:
            return self._distribution.ppf(rank)
        ranks, values = self._quantile_table
        return np.interp(rank, ranks, values)

    @cached_property
    def _density(self):
        return self._sf.derivative()

    @cached_property
    def _quantile_table(self):
        left, width = self.edges[:-1, None], np.diff(self.edges)[:, None]
        x = (left + width * np.arange(2048) / 2048).ravel()
        x = np.append(x, self.high)
        ranks, first = np.unique(self._distribution.cdf(x), return_index=True)
        return ranks, x[first]

    def primitive(self, weight, risk_aversion: float = 0.0):
        """x ↦ ∫_low^x weight(F̄(y)) y^(−γ) dy, for x up to the end of the support."""

        def integrand(y):
            power = y**-risk_aversion if risk_aversion else 1.0
            return weight(self._distribution.sf(y)) * power

        return self._sf.refit(integrand).integral()


class Discrete:
    """F of a sample: steps at the distinct values, in proportion to their number.

    Each value is a *type* of firm; equal firms exist and bid against each other.
    Attributes are those of `Continuous`, with `nodes` the distinct values.
    """

    is_discrete = True

    def __init__(self, name: str, sample: np.ndarray):
        if sample.size == 0 or not np.isfinite(sample).all():
            raise ValueError(
                f"{name} is a sample of {sample.size} values,"
                f" {np.sum(~np.isfinite(sample))} of them not finite:"
                " give at least one value, all finite."
            )
        self.nodes, counts = np.unique(sample, return_counts=True)
        self.weights = counts / sample.size
        self.low, self.high = float(self.nodes[0]), float(self.nodes[-1])
        self.mean = float(sample.mean())
        above = counts[::-1].cumsum()[::-1]
        self._sf = np.append(above, 0) / sample.size  # P(p ≥ node k), then 0

    def sf_left(self, x) -> np.ndarray:
        """P(p ≥ x)."""
        return self._sf[np.searchsorted(self.nodes, x, "left")]

    def sf(self, x) -> np.ndarray:
        """F̄(x) = P(p > x)."""
        return self._sf[np.searchsorted(self.nodes, x, "right")]

    fast_sf = sf

    def cdf(self, x) -> np.ndarray:
        """F(x) = P(p ≤ x)."""
        return 1.0 - self.sf(x)

    def quantile(self, rank) -> np.ndarray:
        """The smallest value at which F reaches `rank`."""
        ranks = 1.0 - self._sf[1:]
        index = np.searchsorted(ranks, np.asarray(rank) - 1e-15, "left")
        return self.nodes[np.minimum(index, len(self.nodes) - 1)]

    def primitive(self, weight, risk_aversion: float = 0.0):
        """x ↦ ∫_low^x weight(F̄(y)) y^(−γ) dy, summed step by step."""
        value = primitive_of_marginal_utility(self.nodes, risk_aversion)
        height = weight(self._sf[1:])
        total = np.append(0.0, np.cumsum(height[:-1] * np.diff(value)))

        def integral(x):
            x = np.maximum(x, self.low)
            step = np.searchsorted(self.nodes, x, "right") - 1
            rest = primitive_of_marginal_utility(x, risk_aversion) - value[step]
            return total[step] + height[step] * rest

        return integral


def primitive_of_marginal_utility(consumption, risk_aversion: float):
    """∫ x^(−γ) dx up to a constant: CRRA utility, c itself when γ = 0."""
    if risk_aversion == 0.0:
        return np.asarray(consumption, float)
    return boxcox(consumption, 1.0 - risk_aversion)
