"""Distributions over finitely many types, and shocks to the quality of a match."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from scipy import stats

from jobteams_lab import checks


@dataclass(frozen=True, eq=False)
class Types:
    """A distribution over finitely many types, on one side of the market.

    Attributes
    ----------
    productivity : (n,) array
        The types, increasing.
    share : (n,) array
        Their masses, positive, which sum to 1.
    """

    productivity: np.ndarray
    share: np.ndarray

    def __post_init__(self):
        productivity = np.atleast_1d(np.asarray(self.productivity, dtype=np.float64))
        share = np.atleast_1d(np.asarray(self.share, dtype=np.float64))
        if productivity.ndim != 1 or productivity.shape != share.shape:
            raise ValueError(
                f"productivity has shape {productivity.shape} and share {share.shape}:"
                " give one share for each type."
            )
        if not (np.isfinite(productivity).all() and np.all(np.diff(productivity) > 0)):
            raise ValueError(
                "productivity must be finite and increasing: sort the types and join"
                " those that are equal."
            )
        if not (np.isfinite(share).all() and (share > 0).all()):
            raise ValueError(
                f"share has the value {share.min():g}: every type needs a positive"
                " mass, so leave out the types that nobody has."
            )
        if abs(share.sum() - 1) > 1e-9:
            raise ValueError(
                f"share sums to {share.sum():.10g}: divide it by its sum, so that the"
                " masses are those of a distribution."
            )
        object.__setattr__(self, "productivity", productivity)
        object.__setattr__(self, "share", share / share.sum())

    def __len__(self) -> int:
        return len(self.productivity)

    @classmethod
    def of(cls, density: Callable, count: int = 50) -> Types:
        """Return `count` evenly spaced types on [0, 1] with shares as `density` there.

        Parameters
        ----------
        density : callable
            From an array of types to an array of positive numbers.
        count : int
        """
        grid = np.linspace(0, 1, checks.whole("count", count, low=2))
        mass = np.broadcast_to(np.asarray(density(grid), dtype=np.float64), grid.shape)
        return cls(grid, mass / mass.sum())

    @classmethod
    def uniform(cls, count: int = 50) -> Types:
        """Return `count` evenly spaced types on [0, 1], all as frequent."""
        return cls.of(np.ones_like, count)

    @classmethod
    def normal(cls, count: int = 50) -> Types:
        """Return types whose shares follow a normal density, mean 0.5 and sd 0.5."""
        return cls.of(stats.norm(0.5, 0.5).pdf, count)

    @classmethod
    def bimodal(cls, count: int = 50) -> Types:
        """Return types with two humps, the mean of normals at 0.25 and 0.75, sd 0.15.

        The supplement names a bimodal distribution without its parameters.
        """
        low, high = stats.norm(0.25, 0.15), stats.norm(0.75, 0.15)
        return cls.of(lambda x: low.pdf(x) + high.pdf(x), count)


@dataclass(frozen=True, eq=False)
class MatchQuality:
    """Shocks ζ to the output of a match, drawn when worker and firm meet.

    Attributes
    ----------
    shock : (k,) array
        ζ, in units of output.
    probability : (k,) array
    """

    shock: np.ndarray = field(default_factory=lambda: np.zeros(1))
    probability: np.ndarray = field(default_factory=lambda: np.ones(1))

    def __post_init__(self):
        drawn = Types(self.shock, self.probability)  # the same demands
        object.__setattr__(self, "shock", drawn.productivity)
        object.__setattr__(self, "probability", drawn.share)

    @classmethod
    def normal(cls, sd: float = 0.105, cut: float = 2.0, count: int = 21):
        """Return a normal distribution cut at ±`cut` sd, at `count` even points."""
        sd = checks.number("sd", sd, low=0, open_low=True)
        cut = checks.number("cut", cut, low=0, open_low=True)
        points = np.linspace(-cut, cut, checks.whole("count", count, low=2))
        mass = stats.norm.pdf(points)
        return cls(sd * points, mass / mass.sum())

    def scaled(self, factor: float) -> MatchQuality:
        """Return the shocks in another unit of output."""
        return MatchQuality(factor * self.shock, self.probability)
