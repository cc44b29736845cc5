"""Economies that the tests of the simulation share, and what they ask of a state."""

import dataclasses

import numpy as np

from jobteams_lab.large_firms.exact import FiniteEconomy, solve
from jobteams_lab.large_firms.job_ladder import Ladder
from jobteams_lab.large_firms.simulate_rules import clocks, columns, first_state, who

CHANGES = {
    "example": {},
    "abilities": {
        "human_capital": [0.7, 1.3],
        "ability": [0.9, 1.2],
        "newborn_shares": [0.4, 0.2, 0.3, 0.1],
        "learning_environment": [0.95, 1.1],
        "contact_rate_nonemployed": 3.0,  # more than all that a job brings
    },
    "nearest": {"rounding": "nearest", "retirement_rate": 0.3, "max_team_size": 12},
    "one by one": {
        "human_capital": [1.0],
        "newborn_shares": [1.0],
        "max_team_size": 1,
        "workers_per_firm": 1.5,
    },
}
SMALL = {"nearest": 4}  # its teams are many: solved for fewer


def scrambled(equilibrium, width=2.0):
    """Policies of random values and a wide ramp: many quit, and most choices mix."""
    problem = equilibrium.problem
    noise = np.random.default_rng(0).normal(0, 2, problem.shape)
    value = equilibrium.value + noise
    surplus = problem.surpluses(value)
    ladder = Ladder(equilibrium.economy, problem.teams, surplus, 1e-8, width)
    return dataclasses.replace(equilibrium, value=value, ladder=ladder)


def all_solved():
    """The equilibrium of each economy, and one whose policies are random."""
    found = {}
    for name, changes in CHANGES.items():
        changes = changes | ({"max_team_size": SMALL[name]} if name in SMALL else {})
        found[name] = solve(FiniteEconomy.example(**changes))
    found["mixed"] = scrambled(found["example"])
    return found


def stream(equilibrium, firms, number, seed):
    rng = np.random.default_rng(seed)
    uniforms = rng.random((number, columns(equilibrium)))
    return who(uniforms[:, 0], clocks(equilibrium, firms)), uniforms


def begin(equilibrium, firms, start="stationary"):
    return first_state(equilibrium, firms, start, np.random.default_rng(2))


def assert_consistent(equilibrium, state):
    """Everybody's firm lists him, and every team is the number of its workers."""
    teams = equilibrium.problem.teams
    counts = np.zeros((len(state.team), teams.counts.shape[1]), int)
    at_work = np.flatnonzero(state.worker_firm >= 0)
    np.add.at(counts, (state.worker_firm[at_work], state.worker_type[at_work]), 1)
    np.testing.assert_array_equal(teams.index(counts), state.team)
    listed = np.argwhere(state.members >= 0)
    assert len(listed) == len(at_work)
    np.testing.assert_array_equal(
        state.worker_firm[state.members[tuple(listed.T)]], listed[:, 0]
    )
    # slots are filled from the first
    np.testing.assert_array_equal(
        (state.members >= 0).sum(axis=1), teams.sizes[state.team]
    )
    assert (listed[:, 1] < teams.sizes[state.team[listed[:, 0]]]).all()
