"""What an equilibrium over all teams says of sizes, sorting, learning and moves."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pandas as pd

from jobteams_lab import checks
from jobteams_lab.large_firms.arguments import nobody_works, require_equilibrium
from jobteams_lab.large_firms.finite_equilibrium import Equilibrium
from jobteams_lab.large_firms.refusals import refusals
from jobteams_lab.large_firms.survey import (
    RETIREMENT,
    SampledTransitions,
    sampled_transitions,
)

__all__ = [
    "RETIREMENT",
    "SampledTransitions",
    "Sorting",
    "TeamSizes",
    "concentration",
    "learning_decomposition",
    "learning_terms",
    "refusals",
    "sampled_transitions",
    "sizes_by_firm_type",
    "sorting",
    "team_sizes",
    "workers_by_firm_type",
]

TERMS = ("log a", "log q", "better coworkers", "worse coworkers")


class TeamSizes(NamedTuple):
    """Numbers of workers of firms that have any.

    Attributes
    ----------
    mean : float
    P50, P90 : int
        The median and the ninetieth percentile; see `team_sizes`. All three are NaN
        where nobody works.
    """

    mean: float
    P50: int
    P90: int


class Sorting(NamedTuple):
    """Who works where and with whom, over employed workers; logs throughout.

    Attributes
    ----------
    firm : float
        Correlation of a worker's log h with his firm's log z.
    coworkers : float
        Correlation with the mean log h of his coworkers, if he has any.
    mean, sd : float
        Mean and standard deviation of log h.
    mean_by_firm : (T,) array
        Mean log h of the workers of each type of firm.
    """

    firm: float
    coworkers: float
    mean: float
    sd: float
    mean_by_firm: np.ndarray


def team_sizes(equilibrium: Equilibrium) -> TeamSizes:
    """Return mean, median and ninetieth percentile of size among firms with workers.

    A percentile is the smallest size that at least this share of firms do not exceed.
    All are NaN where nobody works.
    """
    if _idle("team_sizes", equilibrium):
        return TeamSizes(math.nan, math.nan, math.nan)
    shares = equilibrium.size_distribution[1:]
    shares = shares / shares.sum()
    sizes = np.arange(1, len(shares) + 1)
    # a share that rounding errors put just below the percentile reaches it
    reached = np.cumsum(shares) + 1e-12
    p50, p90 = (int(sizes[np.searchsorted(reached, p)]) for p in (0.5, 0.9))
    return TeamSizes(float(sizes @ shares), p50, p90)


def sizes_by_firm_type(equilibrium: Equilibrium) -> np.ndarray:
    """Return the shares of the firms of each type with 0, 1, ... workers, (T, N + 1).

    Rows sum to one; that of a type of which there are no firms is NaN.
    """
    require_equilibrium("sizes_by_firm_type", equilibrium)
    firms, sizes = equilibrium.cross_section.firms, equilibrium.problem.teams.sizes
    counted = np.stack([np.bincount(sizes, weights=row) for row in firms])
    number = counted.sum(axis=1, keepdims=True)
    return counted / np.where(number > 0, number, math.nan)


def workers_by_firm_type(equilibrium: Equilibrium) -> np.ndarray:
    """Return the shares of employed workers at each type of firm, (T,).

    They are NaN where nobody works.
    """
    if _idle("workers_by_firm_type", equilibrium):
        return np.full(equilibrium.economy.firm_types, math.nan)
    held = equilibrium.employed.sum(axis=(0, 2))
    return held / held.sum()


def concentration(equilibrium: Equilibrium, top: float = 0.01) -> float:
    """Return the share of employed workers in the largest `top` of all firms.

    It is NaN where nobody works.

    Parameters
    ----------
    equilibrium : Equilibrium
    top : float
        A share of all firms, those without workers included; of the firms of the
        marginal size as many as are needed are counted.
    """
    idle = _idle("concentration", equilibrium)
    top = checks.number("top", top, low=0, high=1, open_low=True)
    if idle:
        return math.nan
    shares = equilibrium.size_distribution[::-1]
    sizes = np.arange(len(shares))[::-1]
    above = np.cumsum(shares) - shares
    counted = np.clip(top - above, 0, shares)
    return float(counted @ sizes / (shares @ sizes))


def sorting(equilibrium: Equilibrium) -> Sorting:
    """Return how human capital sorts over firms and over coworkers.

    Correlations over employed workers, a worker counting once; that with the mean
    log h of coworkers over those who have any. A correlation with what does not vary
    is NaN, and so is everything of workers of whom there are none.
    """
    require_equilibrium("sorting", equilibrium)
    economy, teams = equilibrium.economy, equilibrium.problem.teams
    held = equilibrium.employed
    log_h = np.log(economy.worker_human_capital)
    own = np.broadcast_to(log_h[:, None, None], held.shape)
    log_z = np.broadcast_to(np.log(economy.productivity)[:, None], held.shape)
    sizes = teams.sizes[: teams.growing]
    beside = teams.counts[: teams.growing] @ log_h / np.maximum(sizes, 1)
    total = economy.workers_per_firm
    mean, covariance = _moments(total, held, own, log_z)
    accompanied = held * (sizes > 0)
    beside = np.broadcast_to(beside, held.shape)
    _, with_coworkers = _moments(total, accompanied, own, beside)
    workers = [_present(mass, total) for mass in held.sum(axis=(0, 2))]
    by_firm = np.einsum("ktm,k->t", held, log_h) / workers
    return Sorting(
        _correlation(covariance),
        _correlation(with_coworkers),
        float(mean[0]),
        float(np.sqrt(covariance[0, 0])),
        by_firm,
    )


def learning_decomposition(equilibrium: Equilibrium) -> pd.DataFrame:
    """Return the parts of the variance of log(h'/h) over employed workers.

    The four terms of equation (2), before what is learnt is rounded to the grid::

        log a,   log q,   (θ⁺/(n − 1)) Σ of the gaps to better coworkers,
        (θ⁻/(n − 1)) Σ of the gaps to worse coworkers

    Returns
    -------
    DataFrame
        Rows and columns are the terms. On the diagonal their variances, above it twice
        their covariances, all as shares of the variance of the sum: they add up to
        one. Below the diagonal NaN, and everywhere if nobody works.

    Raises
    ------
    ValueError
        If everybody learns the same.

    References
    ----------
    Adenbaum, Babalievsky and Jungerman (2025), equation (3), "Statistical
    Decomposition of Learning".
    """
    require_equilibrium("learning_decomposition", equilibrium)
    held, workers = equilibrium.employed, equilibrium.economy.workers_per_firm
    _, covariance = _moments(workers, held, *learning_terms(equilibrium))
    total = covariance.sum()
    if total <= 1e-24:
        raise ValueError(
            "All employed workers learn the same, so there is no variance to decompose:"
            " give the economy several levels of human capital, ability or q."
        )
    parts = (np.triu(covariance) + np.triu(covariance, 1)) / total
    parts[np.tril_indices(4, -1)] = np.nan
    return pd.DataFrame(parts, index=TERMS, columns=TERMS)


def learning_terms(equilibrium: Equilibrium) -> tuple[np.ndarray, ...]:
    """Return the four terms of a worker's learning on every rung, (K, T, M1) each."""
    require_equilibrium("learning_terms", equilibrium)
    economy, teams = equilibrium.economy, equilibrium.problem.teams
    shape = equilibrium.surplus.shape
    log_h = np.log(economy.worker_human_capital)
    gaps = log_h[None, :] - log_h[:, None]  # from the worker (rows) to his coworkers
    coworkers = teams.counts[: teams.growing].T
    number = np.maximum(teams.sizes[: teams.growing], 1)
    better = economy.learning_from_better * (np.maximum(gaps, 0) @ coworkers) / number
    worse = economy.learning_from_worse * (np.minimum(gaps, 0) @ coworkers) / number
    ability = np.log(economy.worker_ability)[:, None, None]
    environment = np.log(economy.learning_environment)[:, None]
    return tuple(
        np.broadcast_to(term, shape)
        for term in (ability, environment, better[:, None], worse[:, None])
    )


def _idle(function: str, equilibrium) -> bool:
    require_equilibrium(function, equilibrium)
    workers = equilibrium.economy.workers_per_firm
    return nobody_works(equilibrium.employed.sum(), workers)


def _present(mass: float, workers: float) -> float:
    return math.nan if nobody_works(mass, workers) else float(mass)


def _moments(workers, weights, *variables):
    # means and covariance matrix under weights, all of one shape; NaN where the weights
    # are nothing beside all workers
    values = np.stack([variable.ravel() for variable in variables])
    weights = weights.ravel() / _present(weights.sum(), workers)
    mean = values @ weights
    values = values - mean[:, None]
    return mean, (values * weights) @ values.T


def _correlation(covariance) -> float:
    spread = np.sqrt(covariance[0, 0] * covariance[1, 1])
    return float(covariance[0, 1] / spread) if spread > 1e-20 else float("nan")
