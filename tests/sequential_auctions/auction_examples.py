"""Economies that the tests of this room, and its benchmarks, look at."""

import numpy as np
from scipy import stats

MONTHLY = {
    "contact_rate_unemployed": 0.3,
    "contact_rate_employed": 0.1,
    "separation_rate": 0.025,
    "exit_rate": 0.002,
    "discount_rate": 0.004,
    "unemployment_income": 0.5,
}
NOTES = {
    "contact_rate_unemployed": 0.3,
    "contact_rate_employed": 0.25,
    "separation_rate": 0.03,
    "exit_rate": 0.01,
    "discount_rate": 0.05,
    "unemployment_income": 0.5,
}
# few contacts, so that a real wage exists for every risk aversion
CALM = {**NOTES, "contact_rate_employed": 0.04}
BETA = stats.beta(2, 3, 0.6, 1.4)


class _TruncatedLogNormal(stats.rv_continuous):
    """A log-normal, known to lie between 0.6 and 3."""

    whole = stats.lognorm(0.5)
    below, above = whole.cdf(0.6), whole.sf(3.0)
    mass = 1.0 - below - above

    def _cdf(self, x):
        return (self.whole.cdf(x) - self.below) / self.mass

    def _sf(self, x):
        return (self.whole.sf(x) - self.above) / self.mass

    def _pdf(self, x):
        return self.whole.pdf(x) / self.mass

    def _ppf(self, rank):
        return self.whole.ppf(self.below + self.mass * rank)

    def _isf(self, rank):
        return self.whole.isf(self.above + self.mass * rank)


CONTINUOUS = {
    "beta": BETA,
    "uniform": stats.uniform(0.6, 1.4),
    "arcsine": stats.beta(0.5, 0.5, 0.6, 1.4),
    "lognormal": stats.lognorm(0.5, loc=0.6),
    "truncated lognormal": _TruncatedLogNormal(a=0.6, b=3.0)(),
    "pareto": stats.pareto(2.5, scale=0.6),
    "heavy pareto": stats.pareto(1.5, scale=0.6),
    "mixture": stats.rv_histogram(
        (np.array([1.0, 3.0, 0.0, 2.0]), np.array([0.6, 0.9, 1.2, 1.5, 2.0])),
        density=True,
    ),
}
SAMPLES = {
    "one type": [1.0],
    "two types": [0.7, 1.4],
    "ties": [0.6, 0.8, 0.8, 0.8, 1.1, 1.1, 1.9],
    "thirty": BETA.ppf((np.arange(30) + 0.5) / 30),
}
EVERY = {**CONTINUOUS, **SAMPLES}
BREAKS = (1e-9, 1e-6, 1e-3, 0.05, 0.3, 0.7, 0.95)  # ranks at which quadrature is cut


def survival(productivity):
    """x ↦ P(p > x), a number at a time, by SciPy or by counting."""
    if hasattr(productivity, "sf"):
        return lambda x: float(productivity.sf(x))
    sample = np.asarray(productivity)
    return lambda x: float(np.mean(sample > x))


def quantile(productivity, rank):
    """The productivity of rank `rank`."""
    if hasattr(productivity, "ppf"):
        return productivity.ppf(rank)
    return np.quantile(productivity, rank, method="inverted_cdf")


def breakpoints(productivity):
    """Where integrals over productivity are cut: values of a sample, bins, ranks."""
    if not hasattr(productivity, "ppf"):
        return np.unique(productivity)
    cuts = [*productivity.ppf(BREAKS), *productivity.isf(BREAKS)]
    if hasattr(productivity, "_hbins"):
        cuts += [*productivity._hbins]
    return np.unique([cut for cut in cuts if np.isfinite(cut)])
