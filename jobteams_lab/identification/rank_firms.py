"""Rank firms by what a vacancy is worth to them, read from the wages they pay."""

from __future__ import annotations

import numpy as np

from jobteams_lab import checks
from jobteams_lab.identification.firm_ranking import FirmRanking, ranks, vacancies_of
from jobteams_lab.identification.job_moves import job_moves
from jobteams_lab.identification.labour_market import LabourMarket, labour_market
from jobteams_lab.identification.matching_sets import CHI, matching_sets
from jobteams_lab.identification.poaching import METHODS as POACHING
from jobteams_lab.identification.poaching import poaching_omega
from jobteams_lab.identification.rank_workers import WorkerRanking
from jobteams_lab.identification.reservation_wages import reservation_wages
from jobteams_lab.identification.whole_firms import (
    among_all,
    at_firms,
    firms_seen_whole,
    free_of_selection,
    moves_between,
    vacancies_at,
)
from jobteams_lab.panel import Panel

WEIGHTS = ("sets", "hires")


def rank_firms(
    panel: Panel,
    ranking,
    *,
    types: int = 50,
    firm_types: int = 50,
    discount_factor: float = 0.996,
    bargaining_power: float = 0.5,
    home_production: float = 0.0,
    vacancies=None,
    reservation: str = "bellman",
    weights: str = "sets",
    poaching: str = "combined",
    chi: float = CHI,
    whole_firms=None,
    min_firm_size: float = 0.0,
) -> FirmRanking:
    """Rank firms by Ω, the expected wage premium of a vacancy.

    Does in turn what `matching_sets`, `labour_market`, `reservation_wages` and
    `omega_from_unemployment` do; with moves from job to job Ω rests on poaching.

    Parameters
    ----------
    panel : Panel
    ranking : WorkerRanking or (workers,) int array
        A ranking, cut into `types` bins here, or the bins themselves.
    types, firm_types : int
        Numbers of worker bins, and of firm bins for the pooled reservation wages.
    discount_factor, bargaining_power, home_production : float
        β, α and b. With moves from job to job α plays no role.
    vacancies : number, (J,) array, mapping or None
        See `omega_from_unemployment`.
    reservation : {"bellman", "pooled"}
    weights : {"sets", "hires"}
        See `omega_from_unemployment`.
    poaching : {"combined", "movers", "paper"}
        See `poaching_omega`.
    chi : float
        Of `matching_sets`; 0 takes every bin hired as accepted.
    whole_firms, min_firm_size
        See `firms_seen_whole`; the other firms are not ranked.

    Returns
    -------
    FirmRanking

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed or nobody is hired out of unemployment.

    References
    ----------
    Hagedorn, Law and Manovskii (2017), results 3 and 4; supplement, appendices B and D.
    """
    whole = firms_seen_whole(panel, whole_firms, min_firm_size)
    bins = ranking.bins(types) if isinstance(ranking, WorkerRanking) else ranking
    sets = matching_sets(panel, bins, types, chi=chi)
    market = labour_market(panel, bins, types, exclude=sets.misranked)
    market = free_of_selection(market, panel, np.asarray(bins), whole)
    # the firms that pay least are looked for among those seen whole
    seen = at_firms(market, whole) if reservation == "pooled" else market
    wages = reservation_wages(
        seen,
        reservation,
        discount_factor=discount_factor,
        home_production=home_production,
        firm_types=min(firm_types, len(seen.firms)),
    )
    return firm_statistic(
        panel,
        bins,
        market,
        wages,
        sets.accepted,
        discount_factor=discount_factor,
        bargaining_power=bargaining_power,
        vacancies=vacancies,
        weights=weights,
        poaching=poaching,
        whole=whole,
    )


def firm_statistic(
    panel: Panel,
    bins,
    market: LabourMarket,
    reservation,
    accepted,
    *,
    whole=None,
    discount_factor: float = 0.996,
    bargaining_power: float = 0.5,
    vacancies=None,
    weights: str = "sets",
    poaching: str = "combined",
) -> FirmRanking:
    """Rank firms by hires from unemployment, or by poaching where workers move.

    `poaching_omega` takes `panel`, `bins` and `poaching`; `omega_from_unemployment` the
    rest; see there for the arguments. Only firms in `whole`, a (J,) bool array, are
    ranked, by their own hires and by moves between them; `vacancies` are then theirs.
    """
    checks.one_of("poaching", poaching, POACHING)
    checks.one_of("weights", weights, WEIGHTS)
    keep = np.ones(len(market.firms), bool) if whole is None else np.asarray(whole)
    seen, accepted = at_firms(market, keep), accepted[:, keep]
    common = {
        "discount_factor": discount_factor,
        "vacancies": vacancies_at(vacancies, market.firms, keep),
    }
    if market.moves:
        found = poaching_omega(
            seen,
            moves_between(job_moves(panel, bins), keep),
            method=poaching,
            # comparing wages takes bins that have some
            accepted=accepted & (seen.wage_cells > 0),
            **common,
        )
    else:
        found = omega_from_unemployment(
            seen,
            reservation,
            accepted,
            bargaining_power=bargaining_power,
            weights=weights,
            **common,
        )
    return among_all(found, keep, market.firms)


def omega_from_unemployment(
    market: LabourMarket,
    reservation,
    accepted,
    *,
    discount_factor: float = 0.996,
    bargaining_power: float = 0.5,
    vacancies=None,
    weights: str = "sets",
) -> FirmRanking:
    """Estimate Ω(j) = q(j) Ω^e(j) in the benchmark, firm by firm.

    Over the bins that a firm accepts, with u the unemployed,

        Ω^e(j) = Σ_B̂ u(x) (w(x, j) − w_res(x)) / Σ_B̂ u(x)
        q(j) = (1 − δ) M_v q̃(j),   q̃(j) = Σ_B̂ u(x) / U
        (1 − β)V_v = β (1 − α)/α · Ω(j) / (1 − β(1 − δ)).

    With H_j hires a month of bins in B̂(j), M_v solves (1 − δ) M_v V = Σ_j H_j / q̃(j)
    where only total vacancies V are known, and (1 − δ) M_v Σ_j q̃(j) V_j = Σ_j H_j where
    each firm's are. As printed (A.34) H_j counts all hires; then M_v comes out too
    high wherever a bin was taken out of a set.

    Parameters
    ----------
    market : LabourMarket
    reservation : (X,) array
        w_res, from `reservation_wages`.
    accepted : (X, J) bool array
        B̂, from `matching_sets`.
    discount_factor, bargaining_power : float
        β of a month and α.
    vacancies : number, (J,) array, mapping from firm id to number, or None
        Mean number of open jobs in a month, in all or of every firm. None assumes as
        many as there are unemployed workers in the panel; Ω and f̂ need their level,
        the ranking does not.
    weights : {"sets", "hires"}
        "hires" weights wages by the firm's own hires instead of u(x), and with
        vacancies of every firm takes q(j) = H_j/V_j, which needs no matching set but
        carries the luck of hiring; see the benchmark for both.

    Returns
    -------
    FirmRanking

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed, or there are no hires to learn from.

    References
    ----------
    Hagedorn, Law and Manovskii (2017), result 4; (A.31) to (A.34) for the rates.
    """
    beta = checks.number("discount_factor", discount_factor, low=0, high=1)
    # at α = 0 wages would have no premium to learn from
    alpha = checks.number(
        "bargaining_power", bargaining_power, low=0, high=1, open_low=True
    )
    checks.one_of("weights", weights, WEIGHTS)
    assumed = vacancies is None
    open_jobs = (
        market.mean_unemployed if assumed else vacancies_of(vacancies, market.firms)
    )
    hires = market.hires / _months(market)
    if not hires.any() or np.sum(open_jobs) <= 0:
        raise ValueError(
            "No hire out of unemployment is seen in the window, or nobody is out of"
            " work, so that vacancy-filling rates are not identified: give a longer"
            " panel with known origins."
        )
    unemployed = market.unemployed
    known = accepted & np.isfinite(market.wage) & np.isfinite(reservation)[:, None]
    own = weights == "hires"
    weight = market.hires_from_unemployment if own else unemployed[:, None]
    weight = np.where(known, weight, 0.0)
    above = np.where(known, market.wage - np.asarray(reservation)[:, None], 0.0)
    with np.errstate(invalid="ignore"):
        premium = (weight * above).sum(0) / weight.sum(0)

    fits = np.where(accepted, unemployed[:, None], 0.0).sum(0) / unemployed.sum()
    entry = _entry_rate(hires * _fitting(market, accepted), fits, open_jobs)
    rate = np.where(fits > 0, entry * fits, np.nan)
    if own and np.ndim(open_jobs) > 0:
        with np.errstate(invalid="ignore", divide="ignore"):
            rate = np.where(open_jobs > 0, hires / open_jobs, np.nan)
    found = rate * premium
    patience = beta * (1 - market.separation_rate)
    return FirmRanking(
        rank=ranks(found),
        omega=found,
        premium=premium,
        filling_rate=rate,
        vacancy_flow_value=beta * (1 - alpha) / alpha * found / (1 - patience),
        firms=market.firms,
        meeting_rate=entry / (1 - market.separation_rate),
        vacancies=float(np.sum(open_jobs)),
        assumed_vacancies=assumed,
        source="unemployment",
    )


def _months(market: LabourMarket) -> float:
    # nobody is seen to be hired in the window's first instant
    return max(market.months - 1.0, 1.0)


def _fitting(market: LabourMarket, accepted) -> np.ndarray:
    """Return the share of each firm's hires that are of bins in its matching set."""
    ranked = market.hires_from_unemployment
    total = ranked.sum(0)
    inside = np.where(accepted, ranked, 0.0).sum(0)
    return np.divide(inside, total, out=np.zeros(len(total)), where=total > 0)


def _entry_rate(hires, fits, open_jobs) -> float:
    """Return (1 − δ) M_v, the rate at which an open job meets anybody."""
    if np.ndim(open_jobs) == 0:
        reached = fits > 0
        return float((hires[reached] / fits[reached]).sum() / open_jobs)
    return float(hires.sum() / (fits * open_jobs).sum())
