"""The joint value of a firm and its workers at a given cross-section: two routes."""

from __future__ import annotations

import numpy as np

from jobteams_lab.large_firms.firm_problem import FirmProblem
from jobteams_lab.large_firms.job_ladder import CrossSection, Gains, Ladder, surpluses
from jobteams_lab.large_firms.linear_systems import solve_linear

RESTART, CYCLES = 80, 10


def bellman_residual(problem: FirmProblem, value, ladder: Ladder, gains: Gains):
    """Return the right side of the Bellman equation of V minus ρV, (T, M)."""
    finite = problem.finite
    # V(S ⊖ x) = V(S) − Δ − U: retirement costs Δ + U, a break Δ, and a firm's death
    # V − ΣU
    separation = finite.separation_rate * ladder.surplus
    retired = finite.retirement_rate * problem.outside[:, None, None]
    dead = finite.firm_death_rate * problem.outside[:, None, None]
    quits = quit_events(problem) * np.maximum(-ladder.surplus, 0)
    return (
        problem.output
        + finite.learning_event_rate * (problem.learnt(value) - value)
        + problem.per_meeting(gains.value)
        + problem.per_team(dead + quits - separation - retired)
        - (finite.discount_rate + finite.firm_death_rate) * value
    )


def quit_events(problem: FirmProblem) -> float:
    """Return λ + ψ^E, the rate at which a worker may quit."""
    return problem.finite.renegotiation_rate + problem.finite.contact_rate_employed


def value_by_newton(
    problem: FirmProblem,
    value: np.ndarray,
    cross_section: CrossSection,
    tolerance: float,
    max_iterations: int = 60,
) -> tuple[np.ndarray, float]:
    """Return V and its residual at a given cross-section, by semi-smooth Newton.

    The equation is piecewise linear in V: policies fix the piece, GMRES solves it,
    and the new V gives new policies. Surpluses of the incumbents from whom a firm
    poaches are V's own, which couples all firms; the coupling is a prefix sum.

    The residual is the largest R/(ρ max|V|), which bounds V's relative error when
    policies are right.
    """
    teams = problem.teams
    best, least = value, np.inf
    for _ in range(max_iterations):
        ladder = Ladder(problem.finite, teams, problem.surpluses(value), 0.0, 1.0)
        gains = ladder.gains(cross_section)
        residual = bellman_residual(problem, value, ladder, gains)
        error = relative(problem, residual, value)
        if error < least:
            best, least = value, error
        if error <= tolerance:
            break
        step = _newton_step(problem, residual, ladder, gains, min(1e-3, 0.1 * error))
        value = value + step
    return best, least


def relative(problem: FirmProblem, residual, value) -> float:
    """Return the largest |R| over ρ max|V|."""
    scale = problem.finite.discount_rate * np.abs(value).max()
    return float(np.abs(residual).max() / scale)


def leaving(problem: FirmProblem, ladder: Ladder) -> np.ndarray:
    """Return the rate at which each worker on a rung leaves V, (K, T, M1).

    The match ends, or he retires, or would rather quit; a poached worker is paid for.
    """
    quits = quit_events(problem) * (ladder.surplus < 0)
    return problem.finite.separation_rate + quits


def unlearnt_derivative(problem: FirmProblem, ladder: Ladder, gains: Gains):
    """Return what a change of V, (T, M), takes from the residual but for V(H(S)).

    A function; policies are fixed, and the incumbents' surpluses move with V.
    """
    finite, nowhere = problem.finite, np.zeros_like(problem.outside)
    still = finite.discount_rate + finite.firm_death_rate + finite.learning_event_rate
    losing = leaving(problem, ladder)

    def derivative(change):
        delta = surpluses(change, problem.teams, nowhere)
        return (
            still * change
            - problem.per_meeting(ladder.gain_derivative(gains, delta))
            + problem.per_team(losing * delta)
        )

    return derivative


def _newton_step(problem, residual, ladder, gains, tolerance):
    finite, shape = problem.finite, problem.shape
    learning = finite.learning_event_rate
    unlearnt = unlearnt_derivative(problem, ladder, gains)
    diagonal = (
        finite.discount_rate
        + finite.firm_death_rate
        + learning * (1 - problem.staying)
        + problem.per_meeting(gains.slope)
        + problem.per_team(leaving(problem, ladder))
    )

    def derivative(flat):
        change = flat.reshape(shape)
        moved = unlearnt(change) - learning * problem.learnt(change)
        return (moved / diagonal).ravel()

    accuracy = max(tolerance, 1e-13)
    target = (residual / diagonal).ravel()
    step = solve_linear(derivative, target, accuracy, RESTART, CYCLES)
    return step.reshape(shape)


def value_by_iteration(
    problem: FirmProblem,
    value: np.ndarray,
    cross_section: CrossSection,
    tolerance: float,
    max_iterations: int = 100_000,
) -> tuple[np.ndarray, float]:
    """Return V and its residual by value iteration, the slow and obvious route.

    Time is cut by a clock that no state's events outrun; V is what the next ring
    gives, over and over. The error falls by (ρ + δ_f) over the clock's rate a round.
    """
    finite, teams = problem.finite, problem.teams
    clock = (
        finite.discount_rate
        + finite.firm_death_rate
        + finite.learning_event_rate
        + finite.max_team_size * (finite.separation_rate + quit_events(problem))
        + finite.max_team_size * _meeting_rate(problem, cross_section)
    )
    for _ in range(max_iterations):
        ladder = Ladder(finite, teams, problem.surpluses(value), 0.0, 1.0)
        gains = ladder.gains(cross_section)
        residual = bellman_residual(problem, value, ladder, gains)
        error = relative(problem, residual, value)
        if error <= tolerance:
            break
        value = value + residual / clock
    return value, error


def _meeting_rate(problem, cross_section):
    finite = problem.finite
    employed = cross_section.firms.sum(axis=0) @ problem.teams.sizes
    made = finite.contact_rate_nonemployed * cross_section.nonemployed.sum()
    made += finite.contact_rate_employed * employed
    return made / cross_section.meeting_mass(problem.teams)
