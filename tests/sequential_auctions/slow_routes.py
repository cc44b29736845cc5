"""The model's formulas as printed, by adaptive quadrature, an integral at a time."""

from itertools import pairwise

import numpy as np
from auction_examples import breakpoints, quantile, survival
from scipy import integrate, optimize

from jobteams_lab.sequential_auctions import solve


def integral(function, low, high, cuts=()):
    """∫ function, cut where it has kinks."""
    inner = sorted({float(cut) for cut in cuts if low < cut < high})
    ends = [low, *inner, high]
    return sum(
        integrate.quad(function, a, b, epsabs=1e-14, epsrel=1e-12, limit=200)[0]
        for a, b in pairwise(ends)
    )


def utility(consumption, gamma):
    """U(c), not normalised."""
    if gamma == 1:
        return np.log(consumption)
    return consumption ** (1 - gamma) / (1 - gamma)


def inverse_utility(value, gamma):
    """c with U(c) = value."""
    if gamma == 1:
        return np.exp(value)
    return (value * (1 - gamma)) ** (1 / (1 - gamma))


class Slow:
    """An economy by quadrature of the printed formulas; workers of ability 1."""

    def __init__(self, economy):
        self.economy = economy
        self.productivity = economy.productivity
        self.sf = survival(economy.productivity)
        self.gamma = economy.risk_aversion
        loss = economy.separation_rate + economy.exit_rate
        self.k = economy.contact_rate_employed / (economy.discount_rate + loss)
        self.k1 = economy.contact_rate_employed / loss
        self.b = economy.unemployment_income
        self.cuts = [*breakpoints(economy.productivity), economy.offers.low]

    def utility_loss(self, q, p, ability=1.0):
        """κ ∫_q^p F̄(x) ε U'(εx) dx."""
        return self.k * integral(
            lambda x: self.sf(x) * ability * (ability * x) ** -self.gamma,
            q, p, self.cuts,
        )  # fmt: skip

    def wage(self, q, p, ability=1.0):
        """φ(ε, q, p)."""
        value = utility(ability * q, self.gamma) - self.utility_loss(q, p, ability)
        return inverse_utility(value, self.gamma)

    def rank_cuts(self):
        """Ranks of the breakpoints, for integrals over z = F(p)."""
        return [1 - self.sf(cut) for cut in self.cuts]

    def expected(self, function, p):
        """E[g(φ(q, p))|p] = G(b|p) g(φ(b, p)) + ∫ g(φ(q, p)) dG(q|p), by rank of q."""
        a = 1 + self.k1 * self.sf(p)

        def integrand(z):
            q = float(quantile(self.productivity, z))
            density = 2 * self.k1 * a**2 / (1 + self.k1 * (1 - z)) ** 3
            return density * function(self._fast_wage(q, p))

        top = 1 - self.sf(p)
        atom = (a / (1 + self.k1)) ** 2
        inside = integral(integrand, 0.0, top, self.rank_cuts())
        return atom * function(self._fast_wage(self.b, p)) + inside

    def over_firms(self, function):
        """∫ m(p) dL(p), by rank of p."""

        def integrand(z):
            p = float(quantile(self.productivity, z))
            return function(p) * (1 + self.k1) / (1 + self.k1 * (1 - z)) ** 2

        return integral(integrand, 0.0, 1.0, self.rank_cuts())

    def wage_cdf(self, wage):
        """P(φ ≤ wage) = ∫ G(q(wage, p)|p) dL(p), by rank of p and root finding."""
        low = self.economy.offers.low
        top = self.economy.offers.high

        def option(p):
            return optimize.brentq(
                lambda q: self._fast_wage(q, p) - wage, self.b, p, xtol=1e-15
            )

        def integrand(z):
            p = float(quantile(self.productivity, z))
            if wage >= p:
                return (1 + self.k1) / (1 + self.k1 * (1 - z)) ** 2
            if self._fast_wage(self.b, p) > wage:
                return 0.0
            return (1 + self.k1) / (1 + self.k1 * self.sf(option(p))) ** 2

        cuts = [wage, *self.cuts]
        for q in (self.b, *self.cuts):  # p at which a worker with q is paid `wage`
            near = max(q, low)
            if self._fast_wage(q, near) > wage > self._fast_wage(q, top):
                gap = lambda p, q=q: self._fast_wage(q, p) - wage  # noqa: E731
                cuts.append(optimize.brentq(gap, near, top, xtol=1e-15))
        return integral(integrand, 0.0, 1.0, [1 - self.sf(cut) for cut in cuts])

    # φ inside another integral: the package's own, which has its own test
    def _fast_wage(self, q, p):
        return float(self.solved.mobility_wage(q, p))

    @property
    def solved(self):
        """The package's equilibrium of this economy."""
        if not hasattr(self, "_solved"):
            self._solved = solve(self.economy)
        return self._solved
