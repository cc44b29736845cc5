"""Equilibria of the matching economy: values, decisions, densities and wages."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from jobteams_lab.identification import continuation
from jobteams_lab.identification.economy import Economy
from jobteams_lab.identification.on_the_job_search import OnTheJobSearch
from jobteams_lab.identification.shimer_smith import ShimerSmith

# Widths ε, in units of the surplus, from which the smoothed equilibrium is followed
STARTS = (20.0, 5.0, 100.0, 500.0)


class MeetingRates(NamedTuple):
    """Probabilities a month of meeting somebody on the other side of the market."""

    unemployed: float  # M_u
    employed: float  # M_e
    vacancy: float  # M_v
    share_unemployed: float  # C_u, that a firm's contact is unemployed
    share_employed: float  # C_e


class Residuals(NamedTuple):
    """The largest errors with which the unsmoothed conditions hold."""

    equations: float  # of the value equations, in mean output, and of the flows
    optimality: float  # largest |p − clip(p + margin, 0, 1)| over the decisions
    mixed: int  # how many decisions are strictly mixed

    @property
    def largest(self) -> float:
        """The larger of the two residuals."""
        return max(self.equations, self.optimality)


@dataclass(frozen=True, eq=False)
class Equilibrium:
    """A steady-state search equilibrium.

    Attributes
    ----------
    economy : Economy
    unemployed_flow_value, vacancy_flow_value : (X,), (Y,) arrays
        (1 − β)V_u(x) and (1 − β)V_v(y), in units of output a month.
    acceptance : (X, Y) array
        Probability that x and y match when they meet and x is unemployed: the mean
        over ζ where there is match quality.
    mobility : (X, Y, Y) array or None
        With search on the job, the probability that x moves from y to y' on meeting y'.
    match_density : (X, Y) array
        d_m, masses of matches; they sum to employment.
    unemployed, vacancies : (X,), (Y,) arrays
        d_u and d_v, masses.
    meeting_rates : MeetingRates
    residuals : Residuals
    """

    economy: Economy
    unemployed_flow_value: np.ndarray
    vacancy_flow_value: np.ndarray
    acceptance: np.ndarray
    mobility: np.ndarray | None
    match_density: np.ndarray
    unemployed: np.ndarray
    vacancies: np.ndarray
    meeting_rates: MeetingRates
    quality_acceptance: np.ndarray  # (X, Y, qualities)
    residuals: Residuals

    @property
    def converged(self) -> bool:
        """Whether no residual is above 1e-8."""
        return self.residuals.largest <= 1e-8

    @property
    def unemployment_rate(self) -> float:
        """The mass of unemployed workers, of a mass of workers of one."""
        return float(self.unemployed.sum())

    @property
    def unemployed_value(self) -> np.ndarray:
        """The value of unemployment V_u(x), (X,)."""
        return self.unemployed_flow_value / (1 - self.economy.discount_factor)

    @property
    def vacancy_value(self) -> np.ndarray:
        """The value of a vacancy V_v(y), (Y,)."""
        return self.vacancy_flow_value / (1 - self.economy.discount_factor)

    @cached_property
    def surplus(self) -> np.ndarray:
        """The surplus S(x, y) at ζ = 0, (X, Y), in units of output (A.1, A.13)."""
        flow = self.economy.output - self.vacancy_flow_value
        flow = flow - self.unemployed_flow_value[:, None]
        return flow / (1 - self.economy.patience)

    @cached_property
    def wage(self) -> np.ndarray:
        """Wages of workers hired from unemployment at ζ = 0, (X, Y).

        The benchmark pays α f − α(1 − β)V_v + (1 − α)(1 − β)V_u (A.2), and αζ more;
        with search on the job f − (1 − β)V_v (A.18). Where a match is not acceptable
        the number is what the formula says and nobody is paid it.
        """
        e, share = self.economy, 1.0
        if e.search_intensity_employed == 0:
            share = e.bargaining_power
        return (
            share * (e.output - self.vacancy_flow_value)
            + (1 - share) * self.unemployed_flow_value[:, None]
        )

    @cached_property
    def poached_wage(self) -> np.ndarray:
        """Wages of workers at y whom it poached from y', (X, Y, Y) over (x, y, y').

        With S° = S(x, y') and B̄ the chance that a vacancy met is at a firm that the
        worker prefers to y (A.16, with the complement's bar put back),

            w = S° + (1 − β)V_u − β(1 − δ)[(1 − M_e B̄) S° + M_e B̄ S(x, y)].

        Raises a ValueError in the benchmark, where no firm poaches.
        """
        if self.mobility is None:
            raise ValueError(
                "poached_wage needs search on the job: solve an Economy with"
                " search_intensity_employed above 0."
            )
        leave = self.meeting_rates.employed * self.mobility @ self.vacancies
        leave = leave[..., None] / self.vacancies.sum()
        outside = np.maximum(self.surplus, 0.0)[:, None, :]
        later = (1 - leave) * outside + leave * self.surplus[..., None]
        value = self.unemployed_flow_value[:, None, None]
        return outside + value - self.economy.patience * later

    @cached_property
    def sorting(self) -> float:
        """The correlation of the ranks of worker and firm types over matches.

        It is nan where one side has one type only.
        """
        x = np.cumsum(self.economy.worker_types.share)
        y = np.cumsum(self.economy.firm_types.share)
        weight = self.match_density / self.match_density.sum()
        x, y = x - weight.sum(1) @ x, y - weight.sum(0) @ y
        spread = (weight.sum(1) @ x**2) * (weight.sum(0) @ y**2)
        return float(x @ weight @ y / np.sqrt(spread)) if spread > 0 else float("nan")

    @property
    def realised_output(self) -> np.ndarray:
        """Mean output of the matches that are accepted, f + E[ζ given that], (X, Y).

        Without match quality, and where no match forms, it is f.
        """
        quality = self.economy.match_quality
        accepted = self.quality_acceptance * quality.probability
        total = accepted.sum(2)
        shock = np.divide(
            accepted @ quality.shock, total, out=np.zeros_like(total), where=total > 0
        )
        return self.economy.output + shock

    @property
    def mean_output(self) -> float:
        """Output of the mean match at ζ = 0."""
        weight = self.match_density
        return float((weight * self.economy.output).sum() / weight.sum())


def solve(economy: Economy, *, throw: bool = True) -> Equilibrium:
    """Solve for the steady-state search equilibrium, mixed strategies included.

    The decisions to match and to move are smoothed, the zero of the equations is
    followed by Newton's method as the smoothing goes away, and the unsmoothed equations
    are then solved with the mixed decisions as unknowns; see
    `jobteams_lab.identification.continuation`.

    Parameters
    ----------
    economy : Economy
    throw : bool
        Whether to raise when the unsmoothed residual stays above 1e-8; otherwise the
        best point found is returned and its `converged` is False.

    Raises
    ------
    TypeError
        If `economy` is something else.
    RuntimeError
        A sentence with the residual, if no equilibrium was found.

    References
    ----------
    Hagedorn, Law and Manovskii (2017), section 2; supplement, appendices B and D.1.
    """
    if not isinstance(economy, Economy):
        raise TypeError(
            f"solve takes an Economy, not {type(economy).__name__}: make one first."
        )
    employed_search = economy.search_intensity_employed > 0
    # in units of mean output, on which the starting point and the tolerances rest
    scale = float(np.abs(economy.output).mean())
    model = (OnTheJobSearch if employed_search else ShimerSmith)(
        replace(
            economy,
            production=economy.output / scale,
            home_production=economy.home_production / scale,
            match_quality=economy.match_quality.scaled(1 / scale),
        )
    )
    equilibrium = None
    for start in STARTS:
        try:
            z, width = continuation.follow(model, model.guess(), start=start)
        except continuation.Stuck:
            continue
        found = continuation.sharpen(model, z, width)
        equilibrium = _equilibrium(economy, model, found, scale)
        if equilibrium.converged:
            return equilibrium
    if equilibrium is None:
        raise RuntimeError(
            "Newton's method found no smoothed equilibrium to start from: check that"
            " enough matches make more than home_production."
        )
    if throw:
        raise RuntimeError(
            f"The equilibrium's residual is {equilibrium.residuals.largest:.1e}, above"
            " 1e-8: solve(economy, throw=False) returns the point reached."
        )
    return equilibrium


def _equilibrium(economy, model, found, scale) -> Equilibrium:
    z, phi = found.unknowns, economy.search_intensity_employed
    v = z[model.v]
    if phi > 0:
        acceptance, mobility = model.decisions(found.decisions)
        density, _ = model.matches(z, acceptance, mobility)
        density[acceptance == 0] = 0.0  # rounding in the linear solve
        u = economy.worker_types.share - density.sum(1)
        quality = acceptance[..., None]
    else:
        quality = found.decisions.reshape(model.shape)
        acceptance, mobility, u = quality @ model.chance, None, z[model.u]
        mu = model.meeting_rate(u, v)[0]
        density = model.entry * mu * u[:, None] * v * acceptance
    searchers = u.sum() + phi * (1 - u.sum())
    meetings = economy.meetings(searchers, v.sum())
    rates = MeetingRates(
        unemployed=float(meetings / searchers),
        employed=float(phi * meetings / searchers),
        vacancy=float(meetings / v.sum()),
        share_unemployed=float(u.sum() / searchers),
        share_employed=float(phi * (1 - u.sum()) / searchers),
    )
    return Equilibrium(
        economy=economy,
        unemployed_flow_value=scale * z[model.R],
        vacancy_flow_value=scale * z[model.Q],
        acceptance=acceptance,
        mobility=mobility,
        match_density=density,
        unemployed=u,
        vacancies=v,
        meeting_rates=rates,
        quality_acceptance=quality,
        residuals=Residuals(found.equations, found.optimality, len(found.mixed)),
    )
