"""Ranking firms by whom they poach: Ω in the model with search on the job.

A vacancy filled with an unemployed worker is worth nothing to the firm, since he takes
the whole surplus. It is worth what the firm gains by poaching: the surplus above that
of the worker's old firm, and so a difference of wages out of unemployment,

    S(x, y) − S(x, y') = (w(x, y) − w(x, y')) / (1 − β(1 − δ))            (A.26)
    (1 − β)V_v(y) = β Ω(y) / (1 − β(1 − δ))                               (A.7, A.27)
"""

from __future__ import annotations

import numpy as np

from jobteams_lab import checks
from jobteams_lab.identification.contacts import (
    accepted_types,
    contacts,
    firm_vacancies,
    observed_months,
    require_moves,
)
from jobteams_lab.identification.firm_ranking import FirmRanking, ranks
from jobteams_lab.identification.job_moves import JobMoves, poachable
from jobteams_lab.identification.labour_market import LabourMarket
from jobteams_lab.identification.starting_wages import starting_wages

METHODS = ("combined", "movers", "paper")


def poaching_omega(
    market: LabourMarket,
    moves: JobMoves,
    *,
    discount_factor: float = 0.996,
    method: str = "combined",
    vacancies=None,
    accepted=None,
    smoothing: bool = True,
) -> FirmRanking:
    """Rank firms by Ω(j), the expected wage premium of a worker whom j poaches.

    Three estimators of ::

        Ω(j) = (1 − δ) M_v C_e Σ_x Σ_j' e(x, j')/E max(w(x, j) − w(x, j'), 0)   (A.27)

    over the types x that j hires.

    "paper" takes the sum over the employed as it stands, with the mean wage of each
    cell, and M_v C_e from (A.36). The sum uses all workers and so varies little, but
    its positive parts add up errors in wages, and M_v C_e is biased (see `contacts`).

    "movers" averages over the moves that did happen, and needs no M_v C_e::

        Ω(j) = He(j)/V(j) · mean of w(x, j) − w(x, j') over moves to j.

    Errors in wages cancel in the mean, but a firm poaches few workers, and chance in
    their number and origin blurs the ranking.

    "combined", the default, ranks firms by the sum in (A.27) at smoothed wages, and
    takes the level from the moves: a straight line is fitted to the movers' Ω, weights
    V(j), and its values are the estimates.

    Parameters
    ----------
    market : LabourMarket
    moves : JobMoves
        From `job_moves`, with the same bins.
    discount_factor : float
        β.
    method : {"combined", "movers", "paper"}
    vacancies, accepted
        As for `firm_vacancies`.
    smoothing : bool
        Whether "combined" and "movers" smooth wages across bins within each firm (see
        `smooth_wages`); otherwise moves between cells without a wage do not count.

    Returns
    -------
    FirmRanking
        Its `filling_rate` is qe(j), the chance that a vacancy poaches a worker.

    Raises
    ------
    ValueError
        If nobody moves between firms or no hire from unemployment is seen, or an
        argument is out of range.

    References
    ----------
    Hagedorn, Law and Manovskii (2017), supplement, appendix D.2.3.
    """
    checks.one_of("method", method, METHODS)
    beta = checks.number("discount_factor", discount_factor, low=0, high=1)
    require_moves(market, moves)
    accepted = accepted_types(market, accepted)
    posted = firm_vacancies(market, vacancies, accepted)
    found = contacts(
        market,
        moves,
        method="paper" if method == "paper" else "gains",
        vacancies=vacancies,
        accepted=accepted,
        smoothing=smoothing,
    )
    if method == "paper":
        people, rise = poachable(market.wage, market.employed, accepted)
        stay, employed = 1 - market.separation_rate, market.employed.sum()
        filling = stay * found.with_employed * people / employed
        premium = _ratio(rise, people)
        omega = order = np.where(people > 0, filling * premium, 0.0)
        omega = order = np.where(accepted.any(0), omega, np.nan)
    else:
        wage = starting_wages(market, smoothing)
        filling = _ratio(market.moves_in / observed_months(market), posted)
        premium = mean_gain(moves, wage, len(market.firms))
        omega = order = np.where(filling == 0, 0.0, filling * premium)
        if method == "combined":
            _, rise = poachable(wage, market.employed, accepted)
            order = np.where(accepted.any(0), rise, np.nan)
            omega = _line(order, omega, posted)
            premium = _ratio(omega, filling)
    return FirmRanking(
        rank=ranks(order),
        omega=omega,
        premium=premium,
        filling_rate=filling,
        vacancy_flow_value=beta * omega / (1 - beta * (1 - market.separation_rate)),
        firms=market.firms,
        meeting_rate=found.vacancy,
        vacancies=float(posted.sum()),
        assumed_vacancies=vacancies is None,
        source="poaching",
    )


def mean_gain(moves: JobMoves, wage, firms: int) -> np.ndarray:
    """Return the mean of w(x, j) − w(x, j') over moves to each firm, (J,), nan if none.

    Parameters
    ----------
    moves : JobMoves
    wage : (X, J) array
        Wages out of unemployment; moves where one of them is nan do not count.
    firms : int
        J.
    """
    gain = moves.gains(wage)
    seen = np.isfinite(gain)
    joined, count = moves.joined[seen], moves.count[seen]
    total = np.bincount(joined, count * gain[seen], minlength=firms)
    return _ratio(total, np.bincount(joined, count, minlength=firms))


def vacancies_from_labour_share(
    market: LabourMarket,
    moves: JobMoves,
    labour_share: float,
    wage_bill: float,
    *,
    discount_factor: float = 0.996,
    method: str = "combined",
    accepted=None,
) -> float:
    """Return the number of vacancies at which wages are a given share of output.

    Output of a match is w_u + (1 − β)V_v (A.37), and (1 − β)V_v is inversely
    proportional to the number of vacancies V in all; so with Q₁ its value at V = 1

        V = Σ_j e(j) Q₁(j) / [wage bill / share − Σ e(x, j) w_u(x, j)].

    Parameters
    ----------
    market : LabourMarket
    moves : JobMoves
    labour_share : float
        Wages as a share of output, in (0, 1].
    wage_bill : float
        Mean wages a month of all workers at all firms, in wage units.
    discount_factor, method, accepted
        As for `poaching_omega`.

    Raises
    ------
    ValueError
        If the share is so high that output would not exceed wages out of unemployment.

    References
    ----------
    Hagedorn, Law and Manovskii (2017), supplement, appendix D.2.3.
    """
    share = checks.number("labour_share", labour_share, low=0, high=1, open_low=True)
    bill = checks.number("wage_bill", wage_bill, low=0, open_low=True)
    one = poaching_omega(
        market,
        moves,
        discount_factor=discount_factor,
        method=method,
        vacancies=1.0,
        accepted=accepted,
    )
    wage = starting_wages(market)
    # unranked workers count with the mean wage of the ranked
    starting = market.employment.sum() * np.average(wage, weights=market.employed)
    rents = float(np.nansum(market.employment * one.vacancy_flow_value))
    if bill / share <= starting:
        raise ValueError(
            f"labour_share = {share:g} with a wage_bill of {bill:g} makes output"
            f" {bill / share:g}, no more than the {starting:g} that the same workers"
            " would be paid out of unemployment: the share must be lower."
        )
    return rents / (bill / share - starting)


def _ratio(above, below) -> np.ndarray:
    below = np.asarray(below, dtype=np.float64)
    out = np.full(below.shape, np.nan)
    return np.divide(above, below, out=out, where=below > 0)


def _line(order, omega, weight) -> np.ndarray:
    """Return the line in `order` that fits Ω best, not below zero."""
    seen = np.isfinite(order) & np.isfinite(omega) & (weight > 0)
    x, y, w = order[seen], omega[seen], weight[seen]
    centre = np.average(x, weights=w)
    spread = np.average((x - centre) ** 2, weights=w)
    slope = -1.0
    if spread > 0 and len(x) > 2:
        slope = np.average((x - centre) * y, weights=w) / spread
    if slope <= 0:  # too few firms for a line: in proportion
        return order * (w @ y) / (w @ x)
    return np.maximum(np.average(y, weights=w) + slope * (order - centre), 0.0)
