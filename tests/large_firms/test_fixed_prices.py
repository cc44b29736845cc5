"""The Bellman equation at given prices, and where V looks, against plain loops."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from plain_economy import PlainEconomy

from jobteams_lab.large_firms import FiniteEconomy
from jobteams_lab.large_firms.bellman import bellman_residual
from jobteams_lab.large_firms.firm_problem import FirmProblem
from jobteams_lab.large_firms.fixed_prices import equation_at_prices, occupancy
from jobteams_lab.large_firms.job_ladder import CrossSection, Ladder
from jobteams_lab.precision import double


@pytest.fixture(scope="module")
def case():
    """Two kinds of firms that teach differently, a rough V and any cross-section."""
    finite = replace(
        FiniteEconomy.example(), max_team_size=3, learning_environment=[0.9, 1.1]
    )
    problem = FirmProblem(finite)
    rng = np.random.default_rng(4)
    firms = rng.random(problem.shape)
    there = CrossSection(firms / firms.sum(), 0.3 * rng.random(3))
    value = 3 * problem.output + rng.normal(0, 4, problem.shape)
    assert 0.1 < (problem.surpluses(value) < 0).mean() < 0.9
    return problem, there, value


@pytest.fixture(scope="module")
def plain(case):
    """The same in plain lists: the economy, χ, and a table as a list."""
    problem, there, _ = case
    economy = PlainEconomy(problem.finite)
    order = economy.order(problem.teams)

    def listed(table):
        return table[:, order].ravel()

    return economy, listed(there.firms), listed


def test_prices_that_stay(case, plain):
    problem, there, value = case
    economy, chi, listed = plain
    finite, mass = problem.finite, economy.meeting_mass(chi)
    # so far off that some are worth more than the highest price
    other = value + np.random.default_rng(0).normal(0, 9, value.shape)
    tables = listed(value), listed(other)
    expected = economy.bellman_residual(tables[1], chi, there.nonemployed)
    highest = []
    for k in range(3):
        asked, delta = (economy.surplus(table, k) for table in tables)
        rate = finite.contact_rate_employed * economy.employed(chi, k) / mass
        for i, state in enumerate(economy.hiring):
            for j, weight in enumerate(rate):
                stays = max(delta[i] - max(asked[j], 0), 0)
                moves = max(delta[i] - max(delta[j], 0), 0)
                size = economy.size[state]
                expected[state] += (1 + size) * weight * (stays - moves)
        highest.append(delta.max() - asked.max())
    assert max(highest) > 0
    equation = equation_at_prices(problem, there, value)
    np.testing.assert_allclose(listed(equation(other, np)), expected, atol=1e-10)
    with double():
        by_jax = jax.jit(equation)(jnp.asarray(other))
        np.testing.assert_allclose(by_jax, equation(other, np), atol=1e-10)


def test_its_own_prices_give_the_bellman_residual(case):
    problem, there, value = case
    ladder = Ladder(problem.finite, problem.teams, problem.surpluses(value), 0.0, 1.0)
    known = bellman_residual(problem, value, ladder, ladder.gains(there))
    found = equation_at_prices(problem, there, value)(value, np)
    np.testing.assert_allclose(found, known, atol=1e-10)


def test_where_time_is_spent(case, plain):
    problem, there, value = case
    economy, chi, listed = plain
    finite, mass = problem.finite, economy.meeting_mass(chi)
    moves = finite.learning_event_rate * economy.learning
    for k, idle in enumerate(there.nonemployed):
        delta = economy.surplus(listed(value), k)
        workers = economy.employed(chi, k)
        for i, state in enumerate(economy.hiring):
            worse = delta[i] > np.maximum(delta, 0)
            met = finite.contact_rate_nonemployed * idle * (delta[i] > 0)
            met += finite.contact_rate_employed * workers[worse].sum()
            above = economy.after[k][i]
            moves[state, above] += (1 + economy.size[state]) * met / mass
            quits = finite.renegotiation_rate + finite.contact_rate_employed
            ends = finite.retirement_rate + finite.match_break_rate
            ends += quits * (delta[i] < 0)
            moves[above, state] += economy.held[k][i] * ends
    lost = finite.discount_rate + finite.firm_death_rate
    step = 0.5 / (moves.sum(1).max() + lost)
    stay = np.eye(len(chi)) + step * (moves - np.diag(moves.sum(1)))
    here, expected = lost * step * chi, np.zeros(len(chi))
    while here.sum() > 1e-16:  # a little time, and then what is left of the firms
        expected += here
        here = here @ stay - lost * step * here
    found = occupancy(problem, there, value)
    np.testing.assert_allclose(listed(found), expected, atol=1e-12)
    assert found.sum() == pytest.approx(1)


def test_a_residual_is_weighed_by_where_v_looks(case):
    problem, there, value = case
    finite = problem.finite
    equation = equation_at_prices(problem, there, value)
    # every surplus falls: on its own price V has a kink
    near = np.outer([1e-6, 2e-6], -(problem.teams.sizes**1.5))
    moved = equation(value + near, np) - equation(value, np)
    seen = (occupancy(problem, there, value) * moved).sum()
    seen /= finite.discount_rate + finite.firm_death_rate
    assert seen == pytest.approx(-(there.firms * near).sum(), rel=1e-6)
