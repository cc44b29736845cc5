"""The stationary equilibrium: mobility wages, the job ladder, mean wages.

All is closed form up to integrals of F̄ (see `sampling`). A contract is a pair (q, p):
the worker is at p, and q is the best rival he has met since he was last unemployed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import inv_boxcox

from jobteams_lab.inequality import VarianceDecomposition
from jobteams_lab.sequential_auctions import wage_distribution
from jobteams_lab.sequential_auctions.economy import Economy
from jobteams_lab.sequential_auctions.residuals import residuals
from jobteams_lab.sequential_auctions.sampling import primitive_of_marginal_utility


def solve(economy: Economy) -> Equilibrium:
    """Return the stationary equilibrium of the economy (closed form, nothing iterates).

    Raises
    ------
    ValueError
        If workers are risk averse with 0 < γ < 1 and some hire out of unemployment
        has no real wage: the sentence names the firm.
    """
    if not isinstance(economy, Economy):
        raise TypeError(f"solve takes an Economy, not {type(economy).__name__}.")
    equilibrium = Equilibrium(economy)
    equilibrium.starting_wage(economy.offers.high)  # the lowest wage must exist
    return equilibrium


@dataclass(frozen=True, eq=False)
class Equilibrium:
    """Wages and the distribution of workers, as functions of q and p.

    Arguments are numbers or arrays and broadcast. Wages are a unit of time.

    References
    ----------
    Postel-Vinay and Robin (2002), sections 2 and 3.
    """

    economy: Economy

    def mobility_wage(self, outside_option, productivity, ability=1.0) -> np.ndarray:
        """φ(ε, q, p), the wage won at p when the best rival was q ≤ p.

        U(φ) = U(εq) − κ ∫_q^p F̄(x) ε U'(εx) dx, and with linear utility
        φ = ε [q − κ ∫_q^p F̄(x) dx].

        Raises
        ------
        ValueError
            If q > p, q < b, or no real wage exists (0 < γ < 1), naming q and p.
        """
        q, p = np.broadcast_arrays(
            np.asarray(outside_option, float), np.asarray(productivity, float)
        )
        _refuse(~(q <= p), "outside_option = {0:g} must not exceed productivity = "
                "{1:g}: the better firm wins the worker.", q, p)  # fmt: skip
        self._refuse_below_income(q)
        _refuse(
            ~(np.asarray(ability) > 0), "ability = {0:g} must be positive.", ability
        )
        return ability * self._wage(q, p)

    def starting_wage(self, productivity, ability=1.0) -> np.ndarray:
        """φ0(ε, p) = φ(ε, b, p), paid to a worker hired out of unemployment."""
        return self.mobility_wage(
            self.economy.unemployment_income, productivity, ability
        )

    def outside_option(self, wage, productivity) -> np.ndarray:
        """The q at which p pays `wage` to a worker of ability 1: φ(1, q, p) = wage.

        It solves U(q) + κΦ(q) = U(wage) + κΦ(p), Φ(x) = ∫ F̄(y) U'(y) dy up to x. Where
        the wage is below φ0 the result is below b; where it is above p, above p.
        """
        return wage_distribution.outside_option(self, wage, productivity)

    def worker_value(self, outside_option) -> np.ndarray:
        """V(q) = [U(q) + δ V0]/(ρ + δ + μ), V0 = U(b)/(ρ + μ), at ability 1.

        What a worker is worth depends on the best rival alone, not on his employer:
        the poacher leaves him indifferent to all that q could have paid. U is
        normalised to U(1) = 0 when γ > 0, and is c itself when γ = 0.
        """
        e = self.economy
        if e.discount_rate + e.exit_rate == 0:
            raise ValueError(
                "discount_rate and exit_rate are both 0: values are infinite,"
                " so make one of them positive."
            )
        for_good = e.discount_rate + e.exit_rate
        unemployed = self._utility(e.unemployment_income) / for_good
        q = np.asarray(outside_option, float)
        self._refuse_below_income(q)
        flow = self._utility(q) + e.separation_rate * unemployed
        return flow / (e.discount_rate + e.job_loss_rate)

    @property
    def unemployment_rate(self) -> float:
        """u = (δ + μ)/(δ + μ + λ0)."""
        e = self.economy
        return e.job_loss_rate / (e.job_loss_rate + e.contact_rate_unemployed)

    def employment_cdf(self, productivity) -> np.ndarray:
        """L(p) = F(p)/(1 + κ1 F̄(p)), the share of the employed at firms up to p."""
        offers = self.economy.offers
        return offers.cdf(productivity) / self._contacts(offers.sf(productivity))

    def employment_density(self, productivity) -> np.ndarray:
        """ℓ(p) = (1 + κ1) f(p)/(1 + κ1 F̄(p))², for a continuous F.

        Raises
        ------
        ValueError
            If F is a sample, which has no density.
        """
        offers = self.economy.offers
        if offers.is_discrete:
            raise ValueError(
                "productivity is a sample and has no density: use employment_cdf."
            )
        more = 1.0 + self.economy.contacts_per_job
        return (
            more * offers.pdf(productivity)
            / self._contacts(offers.sf(productivity)) ** 2
        )  # fmt: skip

    def outside_option_cdf(self, outside_option, productivity) -> np.ndarray:
        """G(q|p), the distribution of the best rival inside firms of type p.

        G(q|p) = [(1 + κ1 F̄(p))/(1 + κ1 F̄(q))]² on {b} ∪ [p_lo, p], with an atom at b.
        Where F has an atom at p, one of the two numerators is 1 + κ1 P(p' ≥ p), and
        the rest of the mass sits at q = p: equal firms that bid up to p.
        """
        e = self.economy
        q, p = np.broadcast_arrays(
            np.asarray(outside_option, float), np.asarray(productivity, float)
        )
        inside = (
            self._contacts(e.offers.sf(p)) * self._contacts(e.offers.sf_left(p))
            / self._contacts(e.offers.sf(q)) ** 2
        )  # fmt: skip
        return np.where(q >= p, 1.0, np.where(q < e.unemployment_income, 0.0, inside))

    def mean_wage(self, productivity) -> np.ndarray:
        """E[w|p], the mean wage in firms of type p, over abilities and contracts.

        Linear utility: E[ε] (p − ∫_b^p G(q|p) (1 + κF̄(q)) dq); otherwise by quadrature.
        It need not rise in p.
        """
        e = self.economy
        p = np.asarray(productivity, float)
        _refuse(~(p >= e.offers.low), "productivity = {0:g} is below the least"
                f" productive firm, {e.offers.low:g}.", p)  # fmt: skip
        if e.risk_aversion:
            return e.mean_of_ability() * self.expected(_same, np.ones_like, p)
        k, k1 = e.discounted_contacts, e.contacts_per_job
        below = (e.offers.low - e.unemployment_income) * (1 + k) / (1 + k1) ** 2
        numerator = self._contacts(e.offers.sf(p)) * self._contacts(e.offers.sf_left(p))
        return e.mean_of_ability() * (p - numerator * (below + self._rents(p)))

    @cached_property
    def average_wage(self) -> float:
        """The mean wage of the employed.

        Linear utility, per unit of E[ε]: p_lo + ∫ (1 + κ1) F̄/(1 + κ1F̄) dx
        − (1 + κ1) ∫_b F̄ (1 + κF̄)/(1 + κ1F̄)² dx; otherwise E[w|p] summed over L.
        """
        e = self.economy
        if e.risk_aversion:
            return float(self.employment_weights @ self.mean_wage(e.offers.nodes))
        k, k1 = e.discounted_contacts, e.contacts_per_job

        # apart, since at ρ = 0 they are equal and their difference is rounding alone
        output = e.offers.primitive(lambda sf: (1 + k1) * sf / (1 + k1 * sf))
        hopes = e.offers.primitive(
            lambda sf: (1 + k1) * sf * (1 + k * sf) / (1 + k1 * sf) ** 2
        )
        inside = output(e.offers.high) - hopes(e.offers.high)
        below = (e.offers.low - e.unemployment_income) * (1 + k) / (1 + k1)
        return float(e.mean_of_ability() * (e.offers.low + inside - below))

    @cached_property
    def employment_weights(self) -> np.ndarray:
        """Quadrature weights for ∫ m(p) dL(p) at the nodes of F."""
        offers = self.economy.offers
        at, above = offers.sf_left(offers.nodes), offers.sf(offers.nodes)
        weights = offers.weights / (self._contacts(at) * self._contacts(above))
        return weights * (1.0 + self.economy.contacts_per_job)

    def expected(self, function, derivative, productivity) -> np.ndarray:
        """E[g(φ(q, p))|p] over the contracts q inside firms of type p, for ability 1.

        = g(p) − ∫_b^p G(q|p) g'(φ) ∂φ/∂q dq, ∂φ/∂q = (φ/q)^γ (1 + κF̄(q)): the second
        route to `mean_wage`, and the only one under risk aversion. For a sample it is
        the sum over types.

        Parameters
        ----------
        function, derivative : callable
            g and g', on arrays of wages.
        productivity : float or array
        """
        return wage_distribution.expected(self, function, derivative, productivity)

    def wage_cdf(self, wage, productivity=None) -> np.ndarray:
        """P(φ ≤ wage) for a worker of ability 1, in firms of type p or in the economy.

        G(q(wage, p)|p), with q the outside option at which p pays `wage`; without
        `productivity` its integral over L.
        """
        return wage_distribution.wage_cdf(self, wage, productivity)

    def variance_decomposition(self, logs: bool = False) -> VarianceDecomposition:
        """V(w) = person + firm + friction among the employed.

        Logs: V(ln ε) + V(E[ln φ|p]) + E V(ln φ|p), exact since ability and firm are
        independent. Levels: V(ε)E[φ²] + E[ε]² V(E[φ|p]) + E[ε]² E V(φ|p).

        Raises
        ------
        ValueError
            If logs are asked for and some wage is not positive.
        """
        return wage_distribution.variance_decomposition(self, logs)

    @cached_property
    def residuals(self) -> dict[str, float]:
        """Largest relative residuals of the flow and Bellman equations."""
        return residuals(self)

    def _refuse_below_income(self, q):
        b = self.economy.unemployment_income
        _refuse(~(q >= b), "outside_option = {0:g} must not be below the income of the"
                f" unemployed, {b:g}.", q)  # fmt: skip

    def _contacts(self, sf):
        return 1.0 + self.economy.contacts_per_job * sf

    def _utility(self, consumption):
        return primitive_of_marginal_utility(consumption, self.economy.risk_aversion)

    def _inverse_utility(self, utility):
        gamma = self.economy.risk_aversion
        return inv_boxcox(utility, 1.0 - gamma) if gamma else utility

    def _worth(self, x):
        """Φ(x) = ∫_low^x F̄(y) y^(−γ) dy, for x below the lowest firm as well."""
        x = np.asarray(x, float)
        low = self.economy.offers.low
        gap = self._utility(np.minimum(x, low)) - self._utility(low)
        return np.where(x < low, gap, self._worth_inside(np.maximum(x, low)))

    def _wage(self, q, p):
        fall = self.economy.discounted_contacts * (self._worth(p) - self._worth(q))
        utility = self._utility(q) - fall
        gamma = self.economy.risk_aversion
        if 0 < gamma < 1:
            _refuse(
                1.0 + (1.0 - gamma) * utility < 0.0,
                f"with risk_aversion = {gamma:g} no real wage makes the worker with"
                " outside option q = {0:g} indifferent at p = {1:g}: U is bounded below"
                " there, so use risk_aversion 0 or at least 1, or fewer contacts.",
                q, p,
            )  # fmt: skip
        return np.where(fall == 0.0, q, self._inverse_utility(utility))

    @cached_property
    def _worth_inside(self):
        return self.economy.offers.primitive(_same, self.economy.risk_aversion)

    @cached_property
    def _rents(self):
        k, k1 = self.economy.discounted_contacts, self.economy.contacts_per_job
        return self.economy.offers.primitive(
            lambda sf: (1 + k * sf) / (1 + k1 * sf) ** 2
        )


def _same(x):
    return x


def _refuse(bad, sentence: str, *values) -> None:
    """Raise the sentence, filled with the first bad values."""
    bad = np.asarray(bad)
    if bad.any():
        first = np.unravel_index(np.argmax(bad), bad.shape)
        shown = (float(np.broadcast_to(v, bad.shape)[first]) for v in values)
        raise ValueError(sentence.format(*shown))
