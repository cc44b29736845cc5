"""The stationary cross-section of firms and workers when policies are given."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from jobteams_lab.large_firms.firm_problem import FirmProblem
from jobteams_lab.large_firms.job_ladder import CrossSection, Ladder, Meetings
from jobteams_lab.large_firms.linear_systems import solve_linear

RESTART, CYCLES, INNER_TOLERANCE = 100, 3, 0.05
FIRST_PACE = 5.0  # years that the first step goes forward


class Flows(NamedTuple):
    """Rates of moving, by rung.

    Attributes
    ----------
    hires : (K, T, M1) array
        A year and a unit of 1 + n.
    poached, quits : (K, T, M1) array
        A year and an employed worker.
    to_nonemployment : (K, T, M1) array
        With quits, breaks of matches and deaths of firms.
    accepted : (K,) array
        Chance that a nonemployed worker's meeting is a hire.
    """

    hires: np.ndarray
    poached: np.ndarray
    quits: np.ndarray
    to_nonemployment: np.ndarray
    accepted: np.ndarray


def flows(problem: FirmProblem, ladder: Ladder, meetings: Meetings) -> Flows:
    """Return all rates at which workers move, from the meetings' outcomes.

    Who has a negative surplus quits at renegotiation and at each meeting, unless he
    is poached there.
    """
    finite = problem.finite
    events = finite.renegotiation_rate + finite.contact_rate_employed
    quits = ladder.quitting * (events - meetings.poached)
    lost = finite.match_break_rate + finite.firm_death_rate
    hires = meetings.hires_nonemployed + meetings.hires_employed
    return Flows(hires, meetings.poached, quits, lost + quits, meetings.accepted)


def net_flows(problem: FirmProblem, cross_section: CrossSection, rates: Flows):
    """Return the yearly changes of χ, (T, M), and u, (K,): zero in a steady state."""
    finite, teams = problem.finite, problem.teams
    firms, nonemployed = cross_section.firms, cross_section.nonemployed
    employed = cross_section.employed(teams)
    leaving = finite.separation_rate + rates.poached + rates.quits
    moves = rates.hires * cross_section.receivers(teams) - leaving * employed
    firm_change = -finite.firm_death_rate * firms + _along_rungs(problem, moves)
    firm_change += finite.learning_event_rate * (problem.learning_flow(firms) - firms)
    firm_change[:, 0] += finite.firm_death_rate * finite.firm_shares
    newborn = finite.retirement_rate * finite.workers_per_firm * finite.newborn_shares
    leaving_u = _leaving_nonemployment(finite, rates)
    lost = (employed * rates.to_nonemployment).sum(axis=(1, 2))
    return firm_change, newborn + lost - leaving_u * nonemployed


def _leaving_nonemployment(finite, rates):
    return finite.retirement_rate + finite.contact_rate_nonemployed * rates.accepted


def _along_rungs(problem, moves):
    change = np.zeros(problem.shape)
    change[:, : problem.teams.growing] -= moves.sum(axis=0)
    for k, upper in enumerate(problem.teams.upper.T):
        change[:, upper] += moves[k]
    return change


def stationary(
    problem: FirmProblem,
    ladder: Ladder,
    start: CrossSection,
    tolerance: float,
    max_iterations: int = 60,
) -> tuple[CrossSection, Flows, float]:
    """Return the cross-section that policies keep, its flows and its residual.

    Implicit steps forward in time, longer as the flows calm down, until they are
    Newton's. Both χ and u are unknown, since meeting rates depend on both. The residual
    is the sum of all |net flows|, a year, over the mass of workers.
    """
    now, pace = start, FIRST_PACE
    rates, changes, error = _changes(problem, ladder, now)
    for _ in range(max_iterations):
        if error <= tolerance:
            break
        step = _newton_step(problem, ladder, now, rates, changes, pace)
        tried = _feasible(problem, now, step)
        found = None if tried is None else _changes(problem, ladder, tried)
        if found is None or not found[-1] <= 2 * error:
            pace /= 8
            continue
        pace *= np.clip(error / found[-1], 0.5, 20)
        now, (rates, changes, error) = tried, found
    return now, rates, error


def _changes(problem, ladder, now):
    rates = flows(problem, ladder, ladder.meetings(now))
    changes = net_flows(problem, now, rates)
    moving = sum(np.abs(change).sum() for change in changes)
    return rates, changes, float(moving / problem.finite.workers_per_firm)


def _feasible(problem, now, step):
    # What a step made negative becomes zero, and each type of firm keeps its share;
    # a step that loses most of a type went too far.
    firms = np.maximum(now.firms + step.firms, 0)
    kept, shares = firms.sum(axis=1), problem.finite.firm_shares
    if not (np.isfinite(kept) & (kept >= 0.5 * shares) & (kept <= 2 * shares)).all():
        return None
    firms *= np.divide(shares, kept, out=np.zeros_like(kept), where=kept > 0)[:, None]
    least = 0.1 * now.nonemployed
    return CrossSection(firms, np.maximum(now.nonemployed + step.nonemployed, least))


def _newton_step(problem, ladder, now, rates, changes, pace):
    finite, teams = problem.finite, problem.teams
    shape, size = problem.shape, problem.output.size
    mass = now.meeting_mass(teams)
    employed, receivers = now.employed(teams), now.receivers(teams)
    leaving = finite.separation_rate + rates.poached + rates.quits
    diagonal = (
        finite.firm_death_rate
        + finite.learning_event_rate * (1 - problem.staying)
        + problem.per_meeting(rates.hires)
        + problem.per_team(leaving)
    )
    leaving_u = _leaving_nonemployment(finite, rates)
    # net flows of nothing are the births, which do not move
    nothing = CrossSection(np.zeros(shape), np.zeros(len(leaving_u)))
    births = _flat(net_flows(problem, nothing, rates))
    scale = np.concatenate([diagonal.ravel(), leaving_u]) + 1 / pace

    def derivative(flat):
        flat = flat / scale
        change = CrossSection(flat[:size].reshape(shape), flat[size:])
        moved = _flat(net_flows(problem, change, rates)) - births
        # and the rates move: linear in the masses, and inversely with M
        shift = change.meeting_mass(teams) / mass
        new = ladder.meetings(change, mass)
        hires = new.hires_nonemployed + new.hires_employed - rates.hires * shift
        poached = new.poached - rates.poached * shift
        quits = -ladder.quitting * poached
        accepted = new.accepted - rates.accepted * shift
        moves = hires * receivers - (poached + quits) * employed
        moved[:size] += _along_rungs(problem, moves).ravel()
        moved[size:] += (employed * quits).sum(axis=(1, 2))
        moved[size:] -= finite.contact_rate_nonemployed * accepted * now.nonemployed
        return flat / pace - moved

    step = solve_linear(derivative, _flat(changes), INNER_TOLERANCE, RESTART, CYCLES)
    step /= scale
    return CrossSection(step[:size].reshape(shape), step[size:])


def _flat(changes):
    return np.concatenate([change.ravel() for change in changes])
