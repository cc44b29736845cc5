"""Which types of firms would grow without end if nothing bounded their teams."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from jobteams_lab.large_firms.arguments import require_equilibrium
from jobteams_lab.large_firms.finite_equilibrium import Equilibrium


@dataclass(frozen=True, eq=False, repr=False)
class Growth:
    """How firms grow at the bound on teams, and how one would without it.

    Attributes
    ----------
    table : DataFrame
        One row a type of firm: ``productivity``, ``learning_environment``; ``size``,
        the largest team that can hire, and there, a year, ``hires`` a unit of 1 + n,
        ``separations`` a worker, ``poached``, the part of them who move to another
        firm, and ``growth``, hires less separations; ``takes_off_at``, the size from
        which a firm freed of the bound grows so fast that its value is infinite (inf
        if none); ``infinite_value``, whether it is.
    market_growth : float
        ω − δ_r − δ_m, at which a firm grows that hires all whom it meets and of whom
        nobody poaches.
    bound : float
        min(η, 1)(ρ + δ_f), the growth that value does not bear.
    critical_productivity : float
        Marginal product a unit of human capital from which values are infinite.
    sentence : str
        What this says, for a reader.
    """

    table: pd.DataFrame
    market_growth: float
    bound: float
    critical_productivity: float
    sentence: str

    def __repr__(self) -> str:
        return f"Growth({self.sentence})"


def growth(equilibrium: Equilibrium) -> Growth:
    """Return which firms would grow without end in this economy's market.

    Rates at the largest team that can hire, n = N − 1 with N = `max_team_size`, are
    averages over the teams of that size as χ weighs them, evenly where there are none::

        hires = Σ_k hires_k,   separations = δ_r + δ_m + quits + poached

    (separations at n = 1 if N = 1). They do not tell what the bound holds back: a full
    team meets nobody, so the last worker is worth little and is often poached. One firm
    that is freed of the bound, among the others as they are, meets workers at the rate
    ω for each of its 1 + n. In a large team a worker of type k makes y h_k a year, y
    rising like z n^(1/η − 1)/η, and his value J_k, if nobody leaves it by choice and h
    stays, solves::

        (ρ + δ_f + δ_r + δ_m) J_k = y h_k + Φ + (δ_f + δ_m) U_k
        Φ = Σ_k μ_N max(J_k − U_k, 0) + Σ μ_E max(J_k − U_k − max(Δ_p, 0), 0)

    with the meeting rates and the incumbents' surpluses Δ_p of the equilibrium. Φ is
    the fixed point of a convex map. Its slope far out is ω/(ρ + δ_f + δ_r + δ_m), so
    that there is none for high y if::

        ω − δ_r − δ_m  >  ρ + δ_f

    The critical y is where the last fixed point goes. With η < 1 every type comes to
    it at some size, ``takes_off_at``; with η = 1 the productive ones do at any size;
    with η > 1 none does for good. With η < 1 output, n^(1/η), grows faster than teams,
    and already ω − δ_r − δ_m > η (ρ + δ_f) makes values infinite; between the two the
    size is not known, and ``takes_off_at`` is NaN.

    It assumes that coworkers, and learning, change nothing of this (learning upwards
    brings values nearer to infinity), and that one firm more leaves the market as it
    is: it says that the bound matters, not what the unbounded economy is. A team that
    may take off is worth more already before, so ``takes_off_at`` is late rather than
    early.

    Parameters
    ----------
    equilibrium : Equilibrium

    Returns
    -------
    Growth

    Raises
    ------
    TypeError
        If it is no `Equilibrium`.

    References
    ----------
    Adenbaum, Babalievsky and Jungerman (2025), "Joint Value" and "Meetings and
    Matches" (meetings in proportion to size, for Gibrat's law).
    """
    require_equilibrium("growth", equilibrium)
    economy = equilibrium.economy
    table = _at_the_bound(equilibrium)
    market = equilibrium.match_rate - economy.separation_rate
    eta = economy.ces_exponent
    bound = min(eta, 1.0) * (economy.discount_rate + economy.firm_death_rate)
    critical = critical_productivity(equilibrium)
    sizes = np.full(economy.firm_types, np.inf)
    if eta < 1 and math.isfinite(critical):
        power = np.log(eta * critical / economy.productivity) * eta / (1 - eta)
        sizes = np.where(power < 700, np.exp(np.minimum(power, 700)), np.inf)
        sizes = np.maximum(np.ceil(sizes), 1)
    elif eta < 1 and market > bound:
        sizes[:] = np.nan
    elif eta == 1:
        sizes[economy.productivity >= critical] = 1
    table["takes_off_at"] = sizes
    table["infinite_value"] = ~np.isposinf(sizes)
    sentence = _sentence(table, market, bound, economy.max_team_size)
    return Growth(table, market, bound, critical, sentence)


def critical_productivity(equilibrium: Equilibrium) -> float:
    """Return the least y for which Φ in `growth` has no fixed point, or inf."""
    require_equilibrium("critical_productivity", equilibrium)
    economy, teams = equilibrium.economy, equilibrium.problem.teams
    ending = economy.discount_rate + economy.firm_death_rate + economy.separation_rate
    if equilibrium.match_rate <= ending:
        return math.inf
    mass = equilibrium.cross_section.meeting_mass(teams)
    offers = economy.contact_rate_nonemployed * equilibrium.cross_section.nonemployed
    # what each type asks for beyond U, sorted, with the rates of meeting those who do
    asked = np.maximum(equilibrium.surplus, 0).reshape(economy.worker_types, -1)
    asked = np.concatenate([np.zeros((len(asked), 1)), asked], axis=1)
    rates = economy.contact_rate_employed * equilibrium.employed.reshape(len(asked), -1)
    rates = np.concatenate([offers[:, None], rates], axis=1) / mass
    outside = equilibrium.problem.outside
    kept = (economy.firm_death_rate + economy.match_break_rate) * outside

    def excess(phi, y):
        value = (y * economy.worker_human_capital + phi + kept) / ending
        gain = np.maximum((value - outside)[:, None] - asked, 0)
        slope = (rates * (gain > 0)).sum() / ending - 1
        return float((rates * gain).sum() - phi), float(slope)

    def least_excess(y):
        # convex in phi: its least is where the slope changes sign
        low, high = 0.0, 1.0
        while excess(high, y)[1] < 0:
            high *= 2
        for _ in range(80):
            middle = (low + high) / 2
            low, high = (middle, high) if excess(middle, y)[1] < 0 else (low, middle)
        return min(excess(low, y)[0], excess(high, y)[0])

    top = 1.0
    while least_excess(top) <= 0:
        top *= 2
    return float(brentq(least_excess, 0.0, top, xtol=1e-12, rtol=1e-12))


def _at_the_bound(equilibrium):
    economy, problem = equilibrium.economy, equilibrium.problem
    size, rates = economy.max_team_size - 1, equilibrium.flows
    heads = np.maximum(problem.teams.sizes, 1)
    hires = _at_size(equilibrium, rates.hires.sum(axis=0), size)
    quits = _at_size(equilibrium, problem.per_team(rates.quits) / heads, max(size, 1))
    poached = problem.per_team(rates.poached) / heads
    poached = _at_size(equilibrium, poached, max(size, 1))
    separations = economy.separation_rate + quits + poached
    return pd.DataFrame(
        {
            "productivity": economy.productivity,
            "learning_environment": economy.learning_environment,
            "size": size,
            "hires": hires,
            "separations": separations,
            "poached": poached,
            "growth": hires - separations,
        }
    ).rename_axis("firm_type")


def _at_size(equilibrium, per_team, size):
    # the mean over teams of one size, as χ weighs them, (T,)
    sizes = equilibrium.problem.teams.sizes[: per_team.shape[1]]
    weights = equilibrium.cross_section.firms[:, : per_team.shape[1]][:, sizes == size]
    weights = np.where(weights.sum(axis=1, keepdims=True) > 0, weights, 1.0)
    values = per_team[:, sizes == size]
    return (weights * values).sum(axis=1) / weights.sum(axis=1)


def _sentence(table, market, bound, most):
    if not table["infinite_value"].any():
        why = (
            f"would grow by {market:.3f} a year, no more than {bound:.3f}"
            if market <= bound
            else f"could grow by {market:.3f} a year, but would not gain by that"
        )
        return (
            "No firm's value would be infinite without a bound on teams: one that hired"
            f" all whom it meets and lost nobody to others {why}."
        )
    order = table.sort_values(["takes_off_at", "productivity"], ascending=[True, False])
    row, size = order.iloc[0], order["takes_off_at"].iloc[0]
    others = int(table["infinite_value"].sum()) - 1
    which = "all" if others == len(table) - 1 else f"{others} of the {len(table) - 1}"
    too = f" (so would {which} other types)" if others else ""
    heads = "1 worker" if size == 1 else f"{size:.3g} workers"
    since = "once it is large" if np.isnan(size) else f"from {heads} on"
    return (
        f"Without a bound on teams a firm of type {order.index[0]}"
        f" (z = {row['productivity']:.3g}, q = {row['learning_environment']:.3g}) would"
        f" grow without end and be worth infinitely much{too}: {since} it gains by"
        f" hiring all whom it meets, and grows by {market:.3f} a year, more than the"
        f" {bound:.3f} that a finite value bears, so max_team_size = {most} decides the"
        " result."
    )
