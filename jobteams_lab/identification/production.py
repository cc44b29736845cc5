"""The production function, by inverting the wage equation, and how close it comes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from jobteams_lab import checks
from jobteams_lab.identification.equilibrium import Equilibrium
from jobteams_lab.identification.labour_market import LabourMarket


@dataclass(frozen=True, eq=False)
class Production:
    """An estimated production function on bins of workers and firms.

    Attributes
    ----------
    production : (X, Y) array
        f̂; nan in cells without wages.
    match_density : (X, Y) array
        Shares of employment, which sum to one.
    wage : (X, Y) array
        Mean wage of workers hired out of unemployment; nan without any.
    wage_months : (X, Y) array
        The months behind it.
    vacancy_flow_value : (Y,) array
        (1 − β)V_v of each firm bin.
    """

    production: np.ndarray
    match_density: np.ndarray
    wage: np.ndarray
    wage_months: np.ndarray
    vacancy_flow_value: np.ndarray


@dataclass(frozen=True)
class Accuracy:
    """How close an estimate is to the truth, over cells that have both.

    Attributes
    ----------
    correlation : float
        Of f̂ and f, weighted by true matches.
    unweighted_correlation : float
        Of f̂ and f over cells.
    error : float
        The mean absolute difference of f̂ and f over the mean of f, by true matches.
    coverage : float
        Share of true matches in cells with an estimate.
    """

    correlation: float
    unweighted_correlation: float
    error: float
    coverage: float


def recover_production(
    market: LabourMarket,
    reservation,
    firm_bins,
    firm_types: int,
    vacancy_flow_value,
    *,
    bargaining_power: float = 0.5,
) -> Production:
    """Invert the wage equation on bins of workers and firms.

    In the benchmark w = αf + (1 − α) w_res − α(1 − β)V_v (A.2), and with search on the
    job a worker from unemployment has w = f − (1 − β)V_v (A.18), so that

        f̂(x, y) = (w(x, y) − (1 − α) w_res(x))/α + (1 − β)V_v(y),

    with α = 1 in the second case. Wages are averaged over the firms of a bin by months,
    values of vacancies by employment.

    Parameters
    ----------
    market : LabourMarket
    reservation : (X,) array
        w_res; not used where workers move from job to job.
    firm_bins : (J,) int array
        Each firm's bin, 0 to firm_types − 1; −1 for a firm without one.
    firm_types : int
        Y.
    vacancy_flow_value : (J,) array
        (1 − β)V_v of each firm.
    bargaining_power : float
        α.

    Returns
    -------
    Production

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed.

    References
    ----------
    Hagedorn, Law and Manovskii (2017), equations (A.2), (A.18) and (A.37).
    """
    firm_types = checks.whole("firm_types", firm_types, low=1)
    alpha = checks.number(
        "bargaining_power", bargaining_power, low=0, high=1, open_low=True
    )
    share = 1.0 if market.moves else alpha
    firm_bins = np.asarray(firm_bins)
    if firm_bins.shape != market.firms.shape:
        raise ValueError(
            f"firm_bins has shape {firm_bins.shape}, but there are"
            f" {len(market.firms):,} firms: give one bin a firm."
        )
    if firm_bins.min() < -1 or firm_bins.max() >= firm_types:
        raise ValueError(
            f"firm_bins run from {firm_bins.min()} to {firm_bins.max()}, but firm_types"
            f" = {firm_types}: give 0 to {firm_types - 1}, or -1 for no bin."
        )
    into = np.zeros((len(firm_bins), firm_types))
    ranked = np.flatnonzero(firm_bins >= 0)
    into[ranked, firm_bins[ranked]] = 1.0
    months = market.wage_months @ into
    paid = np.where(market.wage_months > 0, market.wage, 0.0) * market.wage_months
    size = market.employment * np.isfinite(vacancy_flow_value)
    worth = np.where(np.isfinite(vacancy_flow_value), vacancy_flow_value, 0.0)
    employed = market.employed @ into
    with np.errstate(invalid="ignore"):
        wage = (paid @ into) / months
        value = ((size * worth) @ into) / (size @ into)
        density = employed / employed.sum()
    kept = 0.0
    if share < 1:
        kept = (1 - share) * np.asarray(reservation, dtype=np.float64)[:, None]
    return Production(
        production=(wage - kept) / share + value,
        match_density=density,
        wage=wage,
        wage_months=months,
        vacancy_flow_value=value,
    )


def true_bins(equilibrium: Equilibrium, worker_bins: int, firm_bins: int, output=None):
    """Return the true f and matches on bins of equally many workers and firms.

    Bin k of K holds the types between the quantiles k/K and (k + 1)/K. Where it mixes
    types, f is their mean over the matches that there are, or over the types where
    there are none.

    Parameters
    ----------
    equilibrium : Equilibrium
    worker_bins, firm_bins : int
    output : array, optional
        What to take for f at the types, such as ``equilibrium.realised_output``.

    Returns
    -------
    (X, Y) array, (X, Y) array
        f, and the masses of matches.
    """
    economy = equilibrium.economy
    output = economy.output if output is None else output
    x = _overlap(economy.worker_types.share, worker_bins)
    y = _overlap(economy.firm_types.share, firm_bins)
    # of the workers of a type, the share that each bin holds
    in_x, in_y = x / x.sum(0), y / y.sum(0)
    density = in_x @ equilibrium.match_density @ in_y.T
    mean = in_x @ (equilibrium.match_density * output) @ in_y.T
    plain = (x / x.sum(1, keepdims=True)) @ output
    plain = plain @ (y / y.sum(1, keepdims=True)).T
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(density > 0, mean / density, plain), density


def accuracy(estimate, equilibrium: Equilibrium, output=None) -> Accuracy:
    """Compare an estimated production function with the true one.

    Parameters
    ----------
    estimate : (X, Y) array or Production
        f̂ on bins of equally many workers and firms; nan where unknown.
    equilibrium : Equilibrium
        Where the panel came from.
    output : array, optional
        What to compare with at the types, f by default; see `true_bins`.

    Returns
    -------
    Accuracy

    Raises
    ------
    ValueError
        If fewer than two cells have both an estimate and matches.

    References
    ----------
    Hagedorn, Law and Manovskii (2017), supplement, figure A-1.
    """
    if isinstance(estimate, Production):
        estimate = estimate.production
    estimate = np.asarray(estimate, dtype=np.float64)
    truth, density = true_bins(equilibrium, *estimate.shape, output)
    both = np.isfinite(estimate) & (density > 0)
    if both.sum() < 2:
        raise ValueError(
            f"{both.sum()} cells have both an estimate and matches: two or more are"
            " needed for a comparison."
        )
    found, true, weight = estimate[both], truth[both], density[both]
    return Accuracy(
        correlation=correlation(found, true, weight),
        unweighted_correlation=correlation(found, true, np.ones_like(weight)),
        error=float((np.abs(found - true) * weight).sum() / (true * weight).sum()),
        coverage=float(weight.sum() / density.sum()),
    )


def correlation(a, b, weight) -> float:
    """Return the weighted correlation of two arrays of one shape."""
    weight = weight / weight.sum()
    a, b = a - (weight * a).sum(), b - (weight * b).sum()
    spread = (weight * a**2).sum() * (weight * b**2).sum()
    return float((weight * a * b).sum() / np.sqrt(spread)) if spread > 0 else np.nan


def _overlap(share, bins: int) -> np.ndarray:
    """Return the mass that bins of equal mass and types have in common, (bins, n)."""
    edge = np.concatenate([[0.0], np.cumsum(share)])
    edge[-1] = 1.0
    cut = np.arange(bins + 1) / bins
    low = np.maximum(edge[None, :-1], cut[:-1, None])
    high = np.minimum(edge[None, 1:], cut[1:, None])
    inside = high - low
    # rounding must not give a type a sliver of the next bin
    return np.where(inside > 1e-12, inside, 0.0)
