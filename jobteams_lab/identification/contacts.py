"""How often firms meet workers with and without a job, from whom they hire."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from jobteams_lab import checks
from jobteams_lab.identification.firm_ranking import vacancies_of
from jobteams_lab.identification.job_moves import JobMoves, poachable
from jobteams_lab.identification.labour_market import LabourMarket
from jobteams_lab.identification.starting_wages import starting_wages

METHODS = ("paper", "hires", "gains")


@dataclass(frozen=True)
class Contacts:
    """Chances a month that a vacancy meets a worker, by the worker's state.

    Attributes
    ----------
    with_unemployed, with_employed : float
        M_v C_u and M_v C_e.
    unemployed, employed : float
        U and E, mean numbers of workers.
    """

    with_unemployed: float
    with_employed: float
    unemployed: float
    employed: float

    @property
    def vacancy(self) -> float:
        """M_v = M_v C_u + M_v C_e, the chance that a vacancy meets a worker."""
        return self.with_unemployed + self.with_employed

    @property
    def share_unemployed(self) -> float:
        """C_u, the chance that the worker met is unemployed."""
        return self.with_unemployed / self.vacancy

    @property
    def share_employed(self) -> float:
        """C_e = 1 − C_u."""
        return self.with_employed / self.vacancy

    @property
    def search_intensity_employed(self) -> float:
        """φ = (C_e / C_u)(U / E)."""
        ratio = self.with_employed / self.with_unemployed
        return ratio * self.unemployed / self.employed


def contacts(
    market: LabourMarket,
    moves: JobMoves,
    *,
    method: str = "gains",
    vacancies=None,
    accepted=None,
    smoothing: bool = True,
) -> Contacts:
    """Estimate M_v C_u, M_v C_e and with them φ, M_v, C_u and C_e.

    With q̃u(j) the share of the unemployed whom firm j would hire, q̃e(j) the share of
    the employed whom it could poach, H hires a month and V vacancies, "paper" is ::

        M_v C_u = Σ_j Hu(j)/q̃u(j) / [(1 − δ) Σ_j V(j)]                (A.34)
        M_v C_e = Σ_j He(j)/q̃e(j) / [(1 − δ) Σ_j V(j)]                (A.36)

    A firm that could poach nobody, q̃e = 0, drops out of the numerator of (A.36) and
    stays in its denominator. "hires" divides sums instead,
    M_v C_e = Σ He / [(1 − δ) Σ V q̃e], so that such a firm adds nothing to either. Both
    count a worker as ready to move for the smallest gain, and noise in wages makes
    small gains out of none: q̃e is too large and M_v C_e too small. "gains" weighs each
    move by what it brings, which leaves doubtful moves without weight: with T and G of
    `poachable`,

        M_v C_e = Σ_moves (w(x, j) − w(x, j')) / [(1 − δ) Σ_j V(j) G(j)/E].

    Parameters
    ----------
    market : LabourMarket
    moves : JobMoves
    method : {"gains", "hires", "paper"}
    vacancies, accepted
        As for `firm_vacancies`; by firm they are used by "hires" and "gains" only.
    smoothing : bool
        Whether "hires" and "gains" use wages that `smooth_wages` has smoothed.

    Returns
    -------
    Contacts

    References
    ----------
    Hagedorn, Law and Manovskii (2017), supplement, (A.31)–(A.36).
    """
    checks.one_of("method", method, METHODS)
    require_moves(market, moves)
    accepted = accepted_types(market, accepted)
    posted = firm_vacancies(market, vacancies, accepted)
    total, stay = posted.sum(), 1 - market.separation_rate
    pool = _pool(market, accepted)
    months = observed_months(market)
    hires, poached = market.hires / months, market.moves_in / months
    with_unemployed = _mean_ratio(hires, pool) / (stay * total)

    wage = starting_wages(market, smoothing and method != "paper")
    people, rise = poachable(wage, market.employed, accepted)
    scale = market.employed.sum()
    if method == "paper":
        with_employed = _mean_ratio(poached, people / scale) / (stay * total)
    else:
        weight, sum_ = people, poached.sum()
        if method == "gains":
            gain = moves.gains(wage)
            seen = np.isfinite(gain)
            mean = np.average(gain[seen], weights=moves.count[seen])
            weight, sum_ = rise, mean * poached.sum()
        with_employed = sum_ * scale / (stay * (posted @ weight))
    return Contacts(
        with_unemployed=float(with_unemployed),
        with_employed=float(with_employed),
        unemployed=market.mean_unemployed,
        employed=float(market.employment.sum()),
    )


def firm_vacancies(market: LabourMarket, vacancies=None, accepted=None) -> np.ndarray:
    """Return each firm's mean vacancies, (J,), estimated where only a total is known.

    All types whom a firm accepts are hired in proportion to their number among the
    unemployed, Hu(x, j) = (1 − δ)(m/(sV)) u(x) V(j), m/(sV) being meetings a pair. So
    hires a searcher tell V(j) up to a factor. Their mean is taken over hires, which
    gives little weight to types that the firm does not hire and that are there by
    mistakes in the ranking of workers alone ::

        V(j) ∝ Σ_x Hu (Hu − 1)/u / Σ_x Hu,

    without bias if hires are Poisson. A firm with less than two hires in every bin
    gets V(j) ∝ Σ_x Hu / Σ_x B u instead.

    Parameters
    ----------
    market : LabourMarket
    vacancies : number, (J,) array or mapping from firm id to number, optional
        The mean number of open jobs in a month, in all or of every firm. By default as
        many in all as there are unemployed workers.
    accepted : (X, J) bool array, optional
        B, which types a firm hires; by default those whom it hired from unemployment.

    Raises
    ------
    TypeError, ValueError
        A sentence, if vacancies are negative or not one for each firm.
    """
    if vacancies is None:
        vacancies = market.mean_unemployed
    given = vacancies_of(vacancies, market.firms)
    if np.ndim(given) > 0:
        return given
    share = _hires_per_searcher(market, accepted_types(market, accepted))
    return given * share / share.sum()


def observed_months(market: LabourMarket) -> float:
    """Return the months whose hires are seen: all but the window's first."""
    return max(market.months - 1.0, 1.0)


def accepted_types(market: LabourMarket, accepted) -> np.ndarray:
    """Return which types each firm hires; see `firm_vacancies`."""
    if accepted is None:
        return market.hires_from_unemployment > 0
    accepted = np.asarray(accepted)
    shape = market.hires_from_unemployment.shape
    if accepted.shape != shape or accepted.dtype != bool:
        raise ValueError(
            f"accepted must be an array of booleans of shape {shape}, not of"
            f" {accepted.dtype} with shape {accepted.shape}."
        )
    return accepted


def require_moves(market: LabourMarket, moves: JobMoves) -> None:
    """Raise a ValueError if nothing can be learnt from moves between jobs."""
    if len(moves) == 0:
        raise ValueError(
            "No worker moves from one firm to another, so that poaching cannot rank"
            " firms: derive origins by Panel.with_origins, or identify with"
            " model='benchmark'."
        )
    if market.hires.sum() == 0:
        raise ValueError(
            "No hire out of unemployment is observed, so that there is no wage to"
            " compare firms by: derive origins by Panel.with_origins."
        )


def _pool(market, accepted) -> np.ndarray:
    """Return q̃u(j), the share of the ranked unemployed whom firm j would hire."""
    return market.unemployed @ accepted / market.unemployed.sum()


def _mean_ratio(hires, share) -> float:
    some = share > 0
    return float((hires[some] / share[some]).sum())


def _hires_per_searcher(market, accepted) -> np.ndarray:
    hires, idle = market.hires_from_unemployment, market.unemployed[:, None]
    idle = np.broadcast_to(idle, hires.shape)
    ratio = np.divide(
        hires * np.maximum(hires - 1, 0.0),
        idle,
        out=np.zeros(hires.shape),
        where=idle > 0,
    )
    count, pool = hires.sum(0), (accepted * idle).sum(0)
    plain = np.divide(count, pool, out=np.zeros(len(count)), where=pool > 0)
    each = np.divide(ratio.sum(0), count, out=np.zeros(len(count)), where=count > 0)
    # the ranked part of a firm's hires stands for all of them
    part = np.divide(market.hires, count, out=np.ones(len(count)), where=count > 0)
    return part * np.where(each > 0, each, plain)
