"""Sums over contracts (q, p): expectations, distribution functions, variances of wages.

The functions take the equilibrium, whose methods of the same names call them.
"""

from __future__ import annotations

import numpy as np

from jobteams_lab.chebyshev import gauss_legendre
from jobteams_lab.inequality import VarianceDecomposition

CHUNK = 1_000_000  # contracts evaluated at a time


def expected(equilibrium, function, derivative, productivity) -> np.ndarray:
    """E[g(φ)|p]: see `Equilibrium.expected`."""
    p = np.asarray(productivity, float)
    offers = equilibrium.economy.offers
    points = len(offers.nodes) + 1
    rule = _sum_over_types if offers.is_discrete else _integral_by_parts
    flat = p.ravel()
    chunks = np.array_split(flat, max(1, int(np.ceil(flat.size * points / CHUNK))))
    parts = [rule(equilibrium, function, derivative, part) for part in chunks]
    return np.concatenate(parts).reshape(p.shape)


def _integral_by_parts(equilibrium, function, derivative, p):
    economy, offers = equilibrium.economy, equilibrium.economy.offers
    gamma, kappa = economy.risk_aversion, economy.discounted_contacts
    edges = np.append(economy.unemployment_income, offers.edges)
    q, weights = gauss_legendre(np.minimum(edges, p[:, None]))
    at = p[:, None]
    wage = equilibrium.mobility_wage(q, at)
    sf = offers.fast_sf(q)
    inside = ((1 + economy.contacts_per_job * offers.sf(at))
              / (1 + economy.contacts_per_job * sf)) ** 2  # fmt: skip
    slope = 1 + kappa * sf
    if gamma:
        slope = slope * (wage / q) ** gamma
    return function(p) - (weights * inside * slope * derivative(wage)).sum(axis=1)


def _sum_over_types(equilibrium, function, derivative, p):
    economy = equilibrium.economy
    types = np.append(economy.unemployment_income, economy.offers.nodes)
    at = p[:, None]
    mass = np.diff(equilibrium.outside_option_cdf(types, at), axis=1, prepend=0.0)
    below = types < at  # what is left of the mass is paid p itself
    value = function(equilibrium.mobility_wage(np.minimum(types, at), at))
    inside = np.where(below, mass * value, 0.0).sum(axis=1)
    return inside + (1.0 - np.where(below, mass, 0.0).sum(axis=1)) * function(p)


def outside_option(equilibrium, wage, productivity) -> np.ndarray:
    """The q at which p pays `wage`: see `Equilibrium.outside_option`."""
    economy = equilibrium.economy
    utility, worth = equilibrium._utility, equilibrium._worth
    wage, p = np.broadcast_arrays(
        np.asarray(wage, float), np.asarray(productivity, float)
    )
    if economy.risk_aversion:
        wage = np.maximum(wage, 0.0)  # which no wage falls below, nor U exists
    kappa, lowest = economy.discounted_contacts, economy.offers.low
    target = utility(wage) + kappa * worth(p)
    # Below the lowest firm F̄ = 1, so that the left side is (1 + κ) U there.
    floor = equilibrium._inverse_utility(
        (target + kappa * utility(lowest)) / (1 + kappa)
    )
    inside = floor > lowest
    low = np.where(inside, lowest, floor)
    high = np.where(inside, np.maximum(wage, p), floor)
    for _ in range(60):  # bisection: F̄ may have flats and jumps
        middle = 0.5 * (low + high)
        below = utility(middle) + kappa * worth(middle) < target
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    q = np.where(inside, 0.5 * (low + high), floor)
    b = economy.unemployment_income  # rounding must not lose the atom there
    return np.where(np.abs(q - b) <= 1e-13 * max(1.0, abs(b)), b, q)


def wage_cdf(equilibrium, wage, productivity=None) -> np.ndarray:
    """P(w ≤ wage): see `Equilibrium.wage_cdf`."""
    wage = np.asarray(wage, float)
    if productivity is not None:
        q = equilibrium.outside_option(wage, productivity)
        q = np.where(wage >= productivity, np.inf, q)
        return equilibrium.outside_option_cdf(q, productivity)
    offers = equilibrium.economy.offers
    if offers.is_discrete:
        within = wage_cdf(equilibrium, wage[..., None], offers.nodes)
        return (within * equilibrium.employment_weights).sum(axis=-1)
    options = np.append(equilibrium.economy.unemployment_income, offers.edges)
    kinks = _firms_paying(equilibrium, wage.reshape(-1, 1), options)
    each = zip(wage.ravel(), kinks, strict=True)
    return np.reshape(
        [_economy_wide_cdf(equilibrium, *one) for one in each], wage.shape
    )


def _economy_wide_cdf(equilibrium, wage, kinks):
    """∫ G(q(wage, p)|p) dL(p), cut where the integrand has kinks.

    L(wage) of the employed are at firms that never pay more. Above, q rises in p: it
    passes b where the starting wage falls to `wage`, p_lo where competition begins, and
    then every point at which F itself may have a kink.
    """
    economy, offers = equilibrium.economy, equilibrium.economy.offers
    start = max(wage, offers.low)
    edges = np.clip(np.sort(np.append(offers.edges, kinks)), start, offers.high)
    p, weights = gauss_legendre(edges)
    k1 = economy.contacts_per_job
    q = equilibrium.outside_option(np.full_like(p, wage), p)
    # G(q|p) dL(p) = (1 + κ1) dF(p)/(1 + κ1 F̄(q))², dF from the interpolant of F̄
    share = np.where(
        q < economy.unemployment_income,
        0.0,
        (1 + k1) / (1 + k1 * offers.fast_sf(q)) ** 2,
    )
    return float(
        equilibrium.employment_cdf(wage) + (weights * share * offers.fast_pdf(p)).sum()
    )


def _firms_paying(equilibrium, wage, q):
    """The p at which workers with outside options q are paid `wage` (φ falls in p)."""
    offers = equilibrium.economy.offers
    low = np.broadcast_to(np.maximum(q, offers.low), np.broadcast(wage, q).shape)
    high = np.full(low.shape, offers.high)
    for _ in range(100):
        middle = 0.5 * (low + high)
        more = equilibrium.mobility_wage(q, middle) > wage
        low, high = np.where(more, middle, low), np.where(more, high, middle)
    return 0.5 * (low + high)


def variance_decomposition(equilibrium, logs: bool) -> VarianceDecomposition:
    """Person, firm and friction: see `Equilibrium.variance_decomposition`."""
    economy = equilibrium.economy
    p, weights = economy.offers.nodes, equilibrium.employment_weights
    if logs:
        if not np.all(equilibrium.starting_wage(economy.offers.high) > 0):
            raise ValueError(
                "some wages are not positive, so their logs do not exist: decompose"
                " levels (logs=False), or let workers have log utility"
                " (risk_aversion=1)."
            )
        first = equilibrium.expected(np.log, lambda w: 1 / w, p)
        second = equilibrium.expected(
            lambda w: np.log(w) ** 2, lambda w: 2 * np.log(w) / w, p
        )
        scale = 1.0
        person = _variance_of_log_ability(economy)
    else:
        first = equilibrium.expected(lambda w: w, np.ones_like, p)
        second = equilibrium.expected(lambda w: w**2, lambda w: 2 * w, p)
        scale = economy.mean_of_ability() ** 2
        spread = economy.mean_of_ability(2) - scale
        person = spread * float(weights @ second)
    average = weights @ first
    return VarianceDecomposition(
        person=person,
        firm=float(scale * (weights @ (first - average) ** 2)),
        friction=float(scale * (weights @ (second - first**2))),
        logs=logs,
    )


def _variance_of_log_ability(economy):
    if economy.abilities is None:
        return 0.0
    value, weight = np.log(economy.abilities.nodes), economy.abilities.weights
    return float(weight @ (value - weight @ value) ** 2)
