"""What an equilibrium over all teams says of sizes, sorting, learning and moves."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from jobteams_lab import checks
from jobteams_lab.large_firms.finite_equilibrium import Equilibrium

RETIREMENT = ("replaced", "left out")
TERMS = ("log a", "log q", "better coworkers", "worse coworkers")


class TeamSizes(NamedTuple):
    """Numbers of workers of firms that have any."""

    mean: float
    P50: int
    P90: int


class Sorting(NamedTuple):
    """Who works where and with whom, over employed workers; logs throughout."""

    firm: float  # correlation of a worker's log h with his firm's log z
    coworkers: float  # with the mean log h of his coworkers, if he has any
    mean: float  # mean of log h
    sd: float  # standard deviation of log h
    mean_by_firm: np.ndarray  # (T,), mean log h of the workers of each type of firm


class SampledTransitions(NamedTuple):
    """Shares of workers whom two interviews find in different places."""

    EN: float  # of those with a job at the first
    NE: float  # of those without
    EE: float  # of those with a job at the first, who have another one at the second


def team_sizes(equilibrium: Equilibrium) -> TeamSizes:
    """Return mean, median and ninetieth percentile of size among firms with workers.

    A percentile is the smallest size that at least this share of firms do not exceed.
    """
    shares = equilibrium.size_distribution[1:]
    shares = shares / shares.sum()
    sizes = np.arange(1, len(shares) + 1)
    # a share that rounding errors put just below the percentile reaches it
    reached = np.cumsum(shares) + 1e-12
    p50, p90 = (int(sizes[np.searchsorted(reached, p)]) for p in (0.5, 0.9))
    return TeamSizes(float(sizes @ shares), p50, p90)


def sizes_by_firm_type(equilibrium: Equilibrium) -> np.ndarray:
    """Return the shares of the firms of each type with 0, 1, ... workers, (T, N + 1).

    Rows sum to one.
    """
    firms, sizes = equilibrium.cross_section.firms, equilibrium.problem.teams.sizes
    counted = np.stack([np.bincount(sizes, weights=row) for row in firms])
    return counted / counted.sum(axis=1, keepdims=True)


def workers_by_firm_type(equilibrium: Equilibrium) -> np.ndarray:
    """Return the shares of employed workers at each type of firm, (T,)."""
    held = equilibrium.employed.sum(axis=(0, 2))
    return held / held.sum()


def concentration(equilibrium: Equilibrium, top: float = 0.01) -> float:
    """Return the share of employed workers in the largest `top` of all firms.

    Parameters
    ----------
    equilibrium : Equilibrium
    top : float
        A share of all firms, those without workers included; of the firms of the
        marginal size as many as are needed are counted.
    """
    top = checks.number("top", top, low=0, high=1, open_low=True)
    shares = equilibrium.size_distribution[::-1]
    sizes = np.arange(len(shares))[::-1]
    above = np.cumsum(shares) - shares
    counted = np.clip(top - above, 0, shares)
    return float(counted @ sizes / (shares @ sizes))


def sorting(equilibrium: Equilibrium) -> Sorting:
    """Return how human capital sorts over firms and over coworkers.

    Correlations over employed workers, a worker counting once; that with the mean
    log h of coworkers over those who have any. A correlation with what does not vary
    is NaN.
    """
    economy, teams = equilibrium.economy, equilibrium.problem.teams
    held = equilibrium.employed
    log_h = np.log(economy.worker_human_capital)
    own = np.broadcast_to(log_h[:, None, None], held.shape)
    log_z = np.broadcast_to(np.log(economy.productivity)[:, None], held.shape)
    sizes = teams.sizes[: teams.growing]
    beside = teams.counts[: teams.growing] @ log_h / np.maximum(sizes, 1)
    mean, covariance = _moments(held, own, log_z)
    accompanied = held * (sizes > 0)
    _, with_coworkers = _moments(accompanied, own, np.broadcast_to(beside, held.shape))
    workers = held.sum(axis=(0, 2))
    by_firm = np.einsum("ktm,k->t", held, log_h) / np.where(
        workers > 0, workers, np.nan
    )
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
        one. Below the diagonal NaN.

    Raises
    ------
    ValueError
        If everybody learns the same.

    References
    ----------
    Adenbaum, Babalievsky and Jungerman (2025), equation (3), "Statistical
    Decomposition of Learning".
    """
    held = equilibrium.employed
    _, covariance = _moments(held, *learning_terms(equilibrium))
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


def sampled_transitions(
    equilibrium: Equilibrium, interval: float, *, retirement: str = "left out"
) -> SampledTransitions:
    """Return what a survey sees that asks where workers are every `interval` years.

    Between interviews a worker may lose a job and find another. With the yearly rates
    EN, NE, EE and x = EN + NE, over an interval τ::

        EN(τ) = (EN/x)(1 − exp(−xτ)),   NE(τ) = (NE/x)(1 − exp(−xτ))
        EE(τ) = 1 − EN(τ) − exp(−(EN + EE)τ)

    EE(τ) is to have a job at both interviews, but not the same: nobody comes back to a
    firm, of which there is a continuum. It takes the rates to be the same for all
    workers in a state, whatever their type, firm and team: exact for EN(τ) and NE(τ)
    where all offers are accepted and nobody quits; for EE(τ) it overstates the moves,
    since those who are likely to move do so early.

    Parameters
    ----------
    equilibrium : Equilibrium
    interval : float
        τ > 0, years between interviews.
    retirement : "left out" or "replaced"
        Whether only workers who are there at both interviews count, or a newcomer
        answers in the place of each worker who has retired, and is without a job: then
        δ_r is added to EN.

    References
    ----------
    The slides (Adenbaum, Babalievsky and Jungerman, 2025, "Calibration Results") give
    the EN and NE rates without saying how they are sampled.
    """
    interval = checks.number("interval", interval, low=0, open_low=True)
    checks.one_of("retirement", retirement, RETIREMENT)
    rates = equilibrium.transition_rates
    lost = rates.EN
    if retirement == "replaced":
        lost += equilibrium.economy.retirement_rate
    total = lost + rates.NE
    gone = -np.expm1(-total * interval)
    left = lost / total * gone
    moved = -np.expm1(-(lost + rates.EE) * interval) - left
    return SampledTransitions(float(left), float(rates.NE / total * gone), float(moved))


def refusals(equilibrium: Equilibrium) -> pd.DataFrame:
    """Return where a worker's surplus is negative: he is not hired, or he quits.

    Returns
    -------
    DataFrame
        One row a type of firm, a team and a type of worker with Δ < 0 beside it,
        those met most often first: ``firm_type``, ``team`` (numbers of workers by
        type, without him), ``worker_type``; ``surplus``; ``best`` and ``worst``,
        whether his human capital is above or below that of all in the team (both false
        beside an empty team); ``refused``, how often a year, over a unit of firms, such
        a team meets such a nonemployed worker; ``employed``, the mass of those who work
        there all the same, since human capital has changed, until they quit.
    """
    economy, teams = equilibrium.economy, equilibrium.problem.teams
    cross_section = equilibrium.cross_section
    tie = equilibrium.ladder.tie
    worker, firm, team = np.nonzero(equilibrium.surplus < -tie)
    reach = cross_section.receivers(teams) / cross_section.meeting_mass(teams)
    offers = economy.contact_rate_nonemployed * cross_section.nonemployed
    human_capital = economy.worker_human_capital
    present = teams.counts[team] > 0
    least = np.where(present, human_capital, np.inf).min(axis=1)
    most = np.where(present, human_capital, -np.inf).max(axis=1)
    company = teams.sizes[team] > 0
    table = pd.DataFrame(
        {
            "firm_type": firm,
            "team": [tuple(row) for row in teams.counts[team].tolist()],
            "worker_type": worker,
            "surplus": equilibrium.surplus[worker, firm, team],
            "best": company & (human_capital[worker] > most),
            "worst": company & (human_capital[worker] < least),
            "refused": offers[worker] * reach[firm, team],
            "employed": equilibrium.employed[worker, firm, team],
        }
    )
    return table.sort_values(
        "refused", ascending=False, ignore_index=True, kind="stable"
    )


def _moments(weights, *variables):
    # means and covariance matrix under weights, all of one shape
    values = np.stack([variable.ravel() for variable in variables])
    weights = weights.ravel() / max(weights.sum(), np.finfo(float).tiny)
    mean = values @ weights
    values = values - mean[:, None]
    return mean, (values * weights) @ values.T


def _correlation(covariance) -> float:
    spread = np.sqrt(covariance[0, 0] * covariance[1, 1])
    return float(covariance[0, 1] / spread) if spread > 1e-20 else float("nan")
