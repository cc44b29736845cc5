"""Everyone drawn from one distribution: the closed route of section 3.

With n margins alike the arms need no solving: rank t pairs one low value at percentile
t/n with n − 1 high ones at percentile 1 − (n − 1) t/n. One number is unknown, the
percentile p at which mixing begins. This route uses nothing of `solve` but the
quantiles, and tests it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import integrate, optimize

from jobteams_lab import checks
from jobteams_lab.team_sorting.economy import LARGEST_TEAM, Economy
from jobteams_lab.team_sorting.skills import distribution

# where the end of the arms is looked for: log odds of n p
SCAN = np.append(-np.geomspace(690.0, 8.0, 20), np.linspace(-7.0, 7.0, 29))


@dataclass(frozen=True)
class Homogeneous:
    """The assignment of n members a team who are all drawn from one distribution.

    Attributes
    ----------
    size : int
        n = m + 1, workers and project.
    low_rank, high_rank : float
        p and p̄ = 1 − (n − 1) p, between which everyone mixes; (0, 1) if all mix.
    low_skill, high_skill : float
        I(p) and I(p̄).
    mixed_loss : float
        C = I(p) I(p̄)^(n−1), the loss of every mixed team.
    output_loss : float
        Aggregate loss.
    """

    size: int
    low_rank: float
    high_rank: float
    low_skill: float
    high_skill: float
    mixed_loss: float
    output_loss: float

    @property
    def countermonotonic_share(self) -> float:
        """q = n p, the mass of teams on the arms."""
        return self.size * self.low_rank


def homogeneous(skills, size: int) -> Homogeneous:
    """Solve the case in which workers and projects have one distribution.

    The mixed set is the largest one that can mix: p is the smallest percentile with

        log[I(p) I(p̄)^(n−1)] = n/(p̄ − p) · ∫_p^p̄ log I(r) dr,   p̄ = 1 − (n − 1) p,

    and p = 0 if even at p = 0 the left side is the larger. By parts, the equation reads
    λ (p̄ − p) = n ∫ (F(e^u) − p) du over log I(p) ≤ u ≤ log I(p̄), with λ the length of
    that interval. Then C = I(p) I(p̄)^(n−1), and the loss is

        n ∫_0^p I(r) I(1 − (n − 1) r)^(n−1) dr + (1 − n p) C.

    That the rest can be mixed is not checked here: see `Equilibrium.certificate`.

    Parameters
    ----------
    skills : distribution
        That of a worker's probability of failing and of a project's value, on [0, 1].
    size : int
        n ≥ 3, members of a team: m workers and the project.

    Returns
    -------
    Homogeneous
        To about 1e-13 where the quantile function is smooth; the quadrature is
        adaptive otherwise.

    Raises
    ------
    TypeError, ValueError
        If the distribution or the size is none, or if losses do not rise along the
        arms: there is then no such assignment.

    References
    ----------
    Boerma, Tsyvinski and Zimin (2023), section 3.
    """
    n = checks.whole("size", size, low=3, high=LARGEST_TEAM + 1)
    skills = distribution("skills", skills)
    margin = Economy(skills, skills, n - 1).groups[0].margin  # no atoms, no gaps

    def low(p):
        return float(margin.quantile(p))

    def high(p):
        return float(margin.upper_quantile((n - 1) * p))

    def arm_loss(p):
        return np.exp(low(p) + (n - 1) * high(p))

    def excess(s, tol=1.2e-14):
        # positive where those between the percentiles lose more than the arms' end
        p = 1.0 / (n * (1.0 + np.exp(-s)))
        a, b = low(p), high(p)
        lack = _quad(lambda u: float(margin.cdf(u)) - p, a, b, tol)
        return (b - a) * (1.0 - n * p) - n * lack

    if margin.low + (n - 1) * margin.high >= n * margin.mean:
        return _all_mix(margin, n)  # the smallest sum is no smaller than the mean
    end = next((k for k, s in enumerate(SCAN) if excess(s, 1e-6) <= 0.0), None)
    if end == 0:
        return _all_mix(margin, n)  # the arms hold too few to be told from no one
    if end is None:
        raise ValueError(
            f"With skills = {skills!r} the arms meet before anyone mixes: their"
            " quantile function is too steep somewhere, so smooth the distribution."
        )
    s = optimize.brentq(excess, SCAN[end - 1], SCAN[end], xtol=1e-15, rtol=1e-14)
    p = float(1.0 / (n * (1.0 + np.exp(-s))))
    _refuse_falling(arm_loss, p, skills)
    a, b = low(p), high(p)
    mixed = float(np.exp(a + (n - 1) * b))
    # r = p e^{-v}: the integrand then falls at least as fast as e^{-v}
    arms = _quad(lambda v: np.exp(-v) * arm_loss(p * np.exp(-v)), 0.0, 45.0)
    return Homogeneous(
        size=n,
        low_rank=p,
        high_rank=1.0 - (n - 1) * p,
        low_skill=float(np.exp(a)),
        high_skill=float(np.exp(b)),
        mixed_loss=mixed,
        output_loss=n * p * float(arms) + (1.0 - n * p) * mixed,
    )


def homogeneous_uniform(size: int) -> Homogeneous:
    """The same for uniform skills and projects on [0, 1], by the closed form.

    With a = p and b = 1 − (n − 1) a,

        (n − 1) log b + log a + n = n (b log b − a log a)/(b − a),   C = a b^(n−1),

    and the arms lose n/(n − 1)² [(1 − bⁿ)/n − (1 − bⁿ⁺¹)/(n + 1)].

    Parameters
    ----------
    size : int
        n ≥ 3, members of a team.

    References
    ----------
    Boerma, Tsyvinski and Zimin (2023), section 3, with F(x) = x.
    """
    n = checks.whole("size", size, low=3, high=LARGEST_TEAM + 1)

    def excess(log_a):
        a = np.exp(log_a)
        b = 1.0 - (n - 1) * a
        log_b = np.log1p(-(n - 1) * a)
        left = (n - 1) * log_b + log_a + n
        return left - n * (b * log_b - a * log_a) / (b - a)

    # for large n the arms are short: a is near n e^{-n}
    log_a = optimize.brentq(excess, -3.0 * n, -np.log(n) - 0.05, xtol=1e-15)
    a = float(np.exp(log_a))
    b = 1.0 - (n - 1) * a
    mixed = a * b ** (n - 1)
    # by quadrature: the closed form is a difference of nearly equal numbers
    arms, _ = integrate.quad(
        lambda x: x * (1.0 - (n - 1) * x) ** (n - 1), 0.0, a, epsabs=0, epsrel=1.2e-14
    )
    return Homogeneous(n, a, b, a, b, mixed, n * arms + (1.0 - n * a) * mixed)


def _quad(function, start, stop, tol=1.2e-14):
    # adaptive, and silent where rounding stops it: what it reaches is tested
    return integrate.quad(
        function, start, stop, epsabs=0.0, epsrel=tol, limit=200, full_output=1
    )[0]


def _all_mix(margin, n):
    loss = float(np.exp(n * margin.mean))
    low, high = (float(np.exp(end)) for end in (margin.low, margin.high))
    return Homogeneous(n, 0.0, 1.0, low, high, loss, loss)


def _refuse_falling(arm_loss, p, skills):
    ranks = p * np.exp(-np.linspace(0.0, 45.0, 200))
    losses = np.array([arm_loss(r) for r in ranks])
    falls = np.flatnonzero(np.diff(losses) > 1e-12 * losses[:-1])
    if falls.size:
        raise ValueError(
            f"With skills = {skills!r} losses fall along the arms at percentile"
            f" {ranks[falls[0]]:.3g}, so they are not an assignment: use"
            " linear_program, sinkhorn or rearrange."
        )
