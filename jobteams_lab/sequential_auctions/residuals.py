"""How well an equilibrium solves the model: equations that its formulas never used."""

from __future__ import annotations

import numpy as np

from jobteams_lab.sequential_auctions.sampling import primitive_of_marginal_utility


def residuals(equilibrium) -> dict[str, float]:
    """Largest residuals of the model's own equations, each relative to its terms.

    "flows": (δ + μ + λ1 F̄(p)) L(p)(1 − u) − λ0 u F(p), workers up to p leave as often
    as they enter. "bellman": the asset equation of a worker at wage φ(q, p),

        (ρ + δ + μ + λ1 F̄(q)) V(q)
            = U(φ(q, p)) + λ1 [∫_q^p V(x) dF(x) + F̄(p) V(p)] + δ V0,

    with the integral taken over F itself, where φ was built from ∫ F̄. Zero for both
    is an exact solution. "bellman" is nan when ρ + μ = 0, where values are infinite.
    """
    e, offers = equilibrium.economy, equilibrium.economy.offers

    def utility(consumption):
        return primitive_of_marginal_utility(consumption, e.risk_aversion)

    grid = offers.nodes if offers.is_discrete else offers.edges
    u = equilibrium.unemployment_rate
    sf = offers.sf(grid)
    leave = (e.job_loss_rate + e.contact_rate_employed * sf) * (1 - u)
    enter = e.contact_rate_unemployed * u * offers.cdf(grid)
    flows = np.abs(leave * equilibrium.employment_cdf(grid) - enter).max()
    result = {
        "flows": float(flows / (e.contact_rate_unemployed * u)),
        "bellman": np.nan,
    }
    if e.discount_rate + e.exit_rate == 0:
        return result

    value = equilibrium.worker_value
    mass = offers.weights * value(offers.nodes)
    if offers.is_discrete:
        gained = np.cumsum(mass)
    else:  # ∫ V dF up to each end of a piece
        gained = np.append(0.0, mass.reshape(len(grid) - 1, -1).sum(axis=1).cumsum())
    q, p = (index.ravel() for index in np.triu_indices(len(grid)))
    unemployed = (value(e.unemployment_income) * (e.discount_rate + e.job_loss_rate)
                  - utility(e.unemployment_income))  # fmt: skip
    stays = e.discount_rate + e.job_loss_rate + e.contact_rate_employed * sf[q]
    terms = np.array([
        stays * value(grid[q]),
        -utility(equilibrium.mobility_wage(grid[q], grid[p])),
        -e.contact_rate_employed * (gained[p] - gained[q] + sf[p] * value(grid[p])),
        np.full(len(q), -unemployed),
    ])  # fmt: skip
    # term by term: with a long tail the largest firm's would hide all others' errors
    result["bellman"] = float(np.max(np.abs(terms.sum(0)) / np.abs(terms).sum(0)))
    return result
