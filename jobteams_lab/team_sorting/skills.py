"""Distributions of skills and projects: SciPy's, mixtures, quantiles of data.

A skill near 1 is told by its gap 1 − x, which survives where x itself rounds to 1; so
each distribution is asked at a pair (x, 1 − x). It also says whether its tails are
`exact`, to relative rounding error, and to what `resolution` its cdf is smooth.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import special, stats
from scipy.interpolate import PchipInterpolator

from jobteams_lab import checks

ROUNDING = 1e-12  # by which loc and scale may miss an end of [0, 1]
STEPS = 1e-10  # to which densities with kinks are resolved


def distribution(name: str, given):
    """Read a frozen continuous SciPy distribution, or one made here.

    Raises
    ------
    TypeError, ValueError
        A sentence naming the distribution: not a distribution, parameters that are
        not finite, support outside [0, 1].
    """
    if isinstance(given, (Beta, Frozen, Mixture, Quantiles)):
        return given
    frozen = isinstance(getattr(given, "dist", None), stats.rv_continuous)
    if not frozen and not isinstance(given, stats.rv_histogram):
        raise TypeError(
            f"{name} = {given!r} must be a frozen continuous SciPy distribution, such"
            " as scipy.stats.beta(2, 3), or a mixture or quantiles of data made by"
            " this package."
        )
    with np.errstate(all="ignore"):
        low, high, mean = (np.asarray(v) for v in (*given.support(), given.mean()))
    if low.ndim or high.ndim or mean.ndim:
        raise ValueError(
            f"{name} is a table of distributions of shape {mean.shape}: give one number"
            " for each of its parameters."
        )
    low, high, mean = float(low), float(high), float(mean)
    if np.isnan([low, high]).any() or not low < high:
        raise ValueError(
            f"{name} has support [{low:g}, {high:g}] and mean {mean:g}: its"
            " parameters do not make a distribution, so check them."
        )
    if low < -ROUNDING or high > 1 + ROUNDING:
        raise ValueError(
            f"{name} has support [{low:g}, {high:g}], which leaves [0, 1]: a skill is"
            " the probability of failing, so rescale or truncate it."
        )
    if not np.isfinite(mean):
        raise ValueError(
            f"{name} has support [{low:g}, {high:g}] and mean {mean:g}: its"
            " parameters do not make a distribution, so check them."
        )
    if frozen and given.dist.name in ("beta", "uniform") and (low, high) == (0, 1):
        uniform = given.dist.name == "uniform"
        shape, *_ = given.dist._parse_args(*given.args, **given.kwds)
        return Beta(1.0, 1.0) if uniform else Beta(*map(float, shape))
    return Frozen(given)


class Beta:
    """Beta(alpha, beta) on [0, 1], to full precision in both tails."""

    low, high = 0.0, 1.0
    exact, resolution = True, 4e-15

    def __init__(self, alpha: float, beta: float):
        self.alpha = checks.number("alpha", alpha, low=0, open_low=True)
        self.beta = checks.number("beta", beta, low=0, open_low=True)
        self._log_norm = special.betaln(alpha, beta)
        self.mean = alpha / (alpha + beta)

    def __repr__(self):
        return f"Beta({self.alpha:g}, {self.beta:g})"

    def cdf(self, x, gap):
        return special.betainc(self.alpha, self.beta, x)

    def sf(self, x, gap):
        return special.betainc(self.beta, self.alpha, gap)

    def pdf(self, x, gap):
        return np.exp(
            special.xlogy(self.alpha - 1.0, x)
            + special.xlogy(self.beta - 1.0, gap)
            - self._log_norm
        )


class Frozen:
    """A frozen continuous SciPy distribution with support in [0, 1]."""

    exact = False  # SciPy's tails may be differences of nearly equal numbers

    def __init__(self, frozen):
        steps = isinstance(frozen, stats.rv_histogram)
        self.resolution = STEPS if steps else 1e-13
        self._frozen = frozen
        low, high = (float(end) for end in frozen.support())
        self.low, self.high = max(low, 0.0), min(high, 1.0)
        self.mean = float(frozen.mean())

    def __repr__(self):
        if isinstance(self._frozen, stats.rv_histogram):
            return "rv_histogram"
        values = [*self._frozen.args, *self._frozen.kwds.values()]
        return f"{self._frozen.dist.name}({', '.join(f'{v:g}' for v in values)})"

    def cdf(self, x, gap):
        return self._frozen.cdf(x)

    def sf(self, x, gap):
        return self._frozen.sf(x)

    def pdf(self, x, gap):
        return self._frozen.pdf(x)


class Mixture:
    """A mixture of distributions: F = Σ_k weight_k F_k.

    Parameters
    ----------
    components : sequence of distributions
        Frozen continuous SciPy distributions with support in [0, 1].
    weights : sequence of float
        Positive, with sum one.
    """

    def __init__(self, components: Sequence, weights: Sequence[float]):
        if len(components) == 0 or len(components) != len(weights):
            raise ValueError(
                f"A mixture of {len(components)} distributions has {len(weights)}"
                " weights: give one weight a distribution."
            )
        self.components = [
            distribution(f"component {k}", one) for k, one in enumerate(components)
        ]
        self.weights = np.array(
            [checks.number("weight", w, low=0, open_low=True) for w in weights]
        )
        if abs(self.weights.sum() - 1.0) > 1e-9:
            raise ValueError(
                f"The weights of a mixture sum to {self.weights.sum():g}: divide them"
                " by their sum."
            )
        self.low = min(one.low for one in self.components)
        self.high = max(one.high for one in self.components)
        self.mean = float(self.weights @ [one.mean for one in self.components])
        self.exact = all(one.exact for one in self.components)
        self.resolution = max(one.resolution for one in self.components)

    def __repr__(self):
        terms = zip(self.weights, self.components, strict=True)
        return " + ".join(f"{weight:g} {one!r}" for weight, one in terms)

    def cdf(self, x, gap):
        return self._sum("cdf", x, gap)

    def sf(self, x, gap):
        return self._sum("sf", x, gap)

    def pdf(self, x, gap):
        return self._sum("pdf", x, gap)

    def _sum(self, name, x, gap):
        terms = zip(self.weights, self.components, strict=True)
        return sum(weight * getattr(one, name)(x, gap) for weight, one in terms)


class Quantiles:
    """A distribution through given quantiles: its cdf is a monotone cubic (PCHIP).

    Parameters
    ----------
    values : array_like, shape (N,)
        Strictly increasing values in [0, 1].
    ranks : array_like, shape (N,)
        Their ranks, strictly increasing from 0 to 1.
    """

    exact, resolution = False, STEPS

    def __init__(self, values, ranks):
        values, ranks = np.asarray(values, float), np.asarray(ranks, float)
        if values.ndim != 1 or values.shape != ranks.shape or len(values) < 2:
            raise ValueError(
                f"values has shape {values.shape} and ranks {ranks.shape}: give two"
                " lists of equal length, at least 2."
            )
        if not np.isfinite([values, ranks]).all():
            raise ValueError("values or ranks hold a number that is not finite.")
        if values.min() < 0 or values.max() > 1:
            raise ValueError(
                f"values go from {values.min():g} to {values.max():g}: a skill is a"
                " probability, so normalise them to [0, 1]."
            )
        if (np.diff(values) <= 0).any():
            k = int(np.argmax(np.diff(values) <= 0))
            raise ValueError(
                f"values do not increase from {values[k]:g} to {values[k + 1]:g}: a"
                " repeated value would be an atom, so sort them and spread ties."
            )
        if (np.diff(ranks) <= 0).any() or ranks[0] != 0 or ranks[-1] != 1:
            raise ValueError(
                f"ranks go from {ranks[0]:g} to {ranks[-1]:g} and must increase"
                " strictly from 0 to 1."
            )
        self.low, self.high = float(values[0]), float(values[-1])
        self._cdf = PchipInterpolator(values, ranks)
        self._sf = PchipInterpolator(values, 1.0 - ranks)
        self._pdf = self._cdf.derivative()
        self.mean = self.high - float(self._cdf.integrate(self.low, self.high))

    @classmethod
    def of_sample(cls, sample, knots: int | None = None) -> Quantiles:
        """A smooth distribution through equally spaced quantiles of a sample.

        `knots` of them, 2 N^(1/3) by default: more follow the noise of the sample, and
        a density that wiggles can leave the model without a solution.
        """
        sample = np.asarray(sample, float)
        if sample.ndim != 1 or sample.size < 2 or not np.isfinite(sample).all():
            raise ValueError(
                f"The sample has shape {sample.shape} and"
                f" {np.sum(~np.isfinite(sample))} values that are not finite: give at"
                " least two finite numbers."
            )
        if knots is None:
            knots = max(2, round(2 * sample.size ** (1 / 3)))
        ranks = np.linspace(0.0, 1.0, checks.whole("knots", knots, low=2))
        return cls(np.quantile(sample, ranks), ranks)

    def __repr__(self):
        return f"Quantiles of {len(self._cdf.x)} knots"

    def cdf(self, x, gap):
        return self._inside(self._cdf, x)

    def sf(self, x, gap):
        return self._inside(self._sf, x)

    def pdf(self, x, gap):
        inside = (x >= self.low) & (x <= self.high)
        return np.where(inside, self._pdf(np.clip(x, self.low, self.high)), 0.0)

    def _inside(self, function, x):
        return np.clip(function(np.clip(x, self.low, self.high)), 0.0, 1.0)
