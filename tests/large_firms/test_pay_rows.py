"""Neighbours of a team and their rates, against loops over coworkers and types."""

import numpy as np
import pytest
from worker_pay_examples import TEAMS, made, offers_to

from jobteams_lab.large_firms import firm_grid
from jobteams_lab.large_firms.meeting_tables import GRID
from jobteams_lab.large_firms.pay import row_maker
from jobteams_lab.large_firms.population import Population
from jobteams_lab.precision import double


@pytest.fixture(scope="module")
def maker():
    with double():
        return row_maker(made(TEAMS), 4, 5)


def team_of(maker, kinds):
    """Return padded arrays of one team, of types that offers are tabulated for."""
    x, y = np.zeros((2, 1, TEAMS.max_team_size))
    for place, (level, ability) in enumerate(kinds):
        x[0, place], y[0, place] = maker.offers.x[level], maker.offers.y[ability]
    return x, y, np.array([-0.01])


def value(maker, log_z, log_q, x, y):
    """V of one team, through the public route."""
    teams = Population(
        np.exp([log_z]),
        np.exp(log_q),
        np.zeros(len(x), int),
        np.exp(x),
        np.exp(y),
        np.full(len(x), np.nan),
    )
    return maker.solution.joint_value(teams)[0]


def around(maker, n, *team):
    with double():
        return maker.around(n, *team)


@pytest.mark.parametrize(
    "kinds", [[(6, 2)], [(6, 2), (9, 1)], [(4, 3), (9, 1), (7, 2)]]
)
def test_rates_and_surpluses_of_one_team(maker, incumbents, kinds):
    n, places, e = len(kinds), TEAMS.max_team_size, TEAMS
    x, y, log_q = team_of(maker, kinds)
    found = around(maker, n, x, y, log_q)
    U = e.nonemployment_value
    levels, abilities = x[0, :n], y[0, :n]
    here = Population(
        *([1.0], np.exp(log_q), np.zeros(n, int)),
        *(np.exp(levels), np.exp(abilities), np.full(n, np.nan)),
    )
    after = np.log(here.learn(e).human_capital)
    number = 2 + (n - 1) + (4 if n < places else 0)
    assert len(found.teams) == number == len(found.rates)
    assert (found.rates[0] == 0).all()
    np.testing.assert_allclose(found.outside[:, 0], U(np.exp([levels[0], after[0]])))
    for k, log_z in enumerate(maker.nodes):

        def V(x, y, log_z=log_z):
            return value(maker, log_z, log_q, x, y)

        whole = V(levels, abilities)
        assert found.rates[1, 0, k] == e.learning_event_rate
        own = V(after, abilities) - V(after[1:], abilities[1:]) - U(np.exp(after[0]))
        assert found.surplus[1, 0, k] == pytest.approx(own, abs=1e-8)
        for j in range(1, n):
            rest = np.delete(levels, j), np.delete(abilities, j)
            U_j = U(np.exp(levels[j]))
            held = whole - V(*rest) - U_j
            rate = e.match_break_rate + e.retirement_rate
            if held < 0:
                low = high = rate + e.renegotiation_rate + e.contact_rate_employed
            else:
                paid, chance = offers_to(maker.solution, levels[j], abilities[j])
                # T is tabulated: the rate is a mean over one cell
                cell = 3 * maker.offers.top / len(maker.offers.expected[0])
                meet = e.contact_rate_employed
                low = rate + meet * chance[paid > held + cell].sum()
                high = rate + meet * chance[paid > held - cell].sum()
            assert low - 1e-12 <= found.rates[1 + j, 0, k] <= high + 1e-12
            own = V(*rest) - V(rest[0][1:], rest[1][1:]) - U(np.exp(levels[0]))
            assert found.surplus[1 + j, 0, k] == pytest.approx(own, abs=1e-8)
        if n < places:
            check_hires(maker, incumbents, found, k, whole, levels, abilities, V)


def check_hires(maker, incumbents, found, k, whole, levels, abilities, V):
    n, market = len(levels), maker.market
    U = TEAMS.nonemployment_value
    for m, (level, ability) in enumerate(zip(market.x, market.y, strict=True)):
        more = np.append(levels, level), np.append(abilities, ability)
        offered = V(*more) - whole - U(np.exp(level))
        held, rate = (
            incumbents[market.node == m],
            market.employed_rate[market.node == m],
        )
        cell = 3 * float(maker.table.top) / GRID
        bounds = [
            (1 + n)
            * ((d > 0) * market.nonemployed_rate[m] + (d > 0) * rate[held < d].sum())
            for d in (offered - cell, offered + cell)
        ]
        assert bounds[0] - 1e-12 <= found.rates[1 + n + m, 0, k] <= bounds[1] + 1e-12
        own = V(*more) - V(more[0][1:], more[1][1:]) - U(np.exp(levels[0]))
        assert found.surplus[1 + n + m, 0, k] == pytest.approx(own, abs=1e-8)


@pytest.fixture(scope="module")
def incumbents(maker):
    """max(Δ_p, 0) of the employed, each as if he were of his node's type."""
    market = maker.market
    teams, V = market.teams, maker.solution.value_at
    places = np.arange(TEAMS.max_team_size)
    with_x, with_y = teams.x[market.row], teams.y[market.row]
    less_x, less_y = np.zeros_like(with_x), np.zeros_like(with_y)
    n = teams.n[market.row]
    for a, place in enumerate(market.place):
        with_x[a, place] = market.x[market.node[a]]
        with_y[a, place] = market.y[market.node[a]]
        rest = places[(places < n[a]) & (places != place)]
        less_x[a, : n[a] - 1], less_y[a, : n[a] - 1] = with_x[a, rest], with_y[a, rest]
    where = teams.log_z[market.row], teams.log_q[market.row]
    held = V(*where, with_x, with_y, n) - V(*where, less_x, less_y, n - 1)
    held = held - TEAMS.nonemployment_value(np.exp(market.x[market.node]))
    return np.maximum(held, 0)


def test_a_firm_between_nodes_has_its_own_value(maker):
    x, y, log_q = team_of(maker, [(6, 2), (9, 1)])
    log_z = np.array([0.123])
    share = firm_grid.weights(maker.solution.nodes, log_z)
    found = around(maker, 2, x, y, log_q, share)
    V = [value(maker, 0.123, log_q, x[0, a:2], y[0, a:2]) for a in (0, 1)]
    own = V[0] - V[1] - TEAMS.nonemployment_value(np.exp(x[0, 0]))
    assert found.surplus.shape[2] == 1
    assert found.surplus[0, 0, 0] == pytest.approx(own, abs=1e-8)
    at_node = firm_grid.weights(maker.solution.nodes, maker.nodes[[2]])
    one, all_nodes = (around(maker, 2, x, y, log_q, s) for s in (at_node, None))
    np.testing.assert_allclose(one.rates[..., 0], all_nodes.rates[..., 2], atol=1e-9)


def test_workers_of_teams_are_any_of_theirs(maker):
    people = maker.solution.sample.workers[0]
    with double():
        x, _, _ = maker.teams(3, 1000, np.random.default_rng(0))
    assert np.isin(x[:, 1:], people).all()
    rare = ~np.isin(x[:, 0], people)
    assert abs(rare.mean() - 0.2) < 4 * np.sqrt(0.16 / 1000)
    # three in a row, the first the best of them one time in three
    first = (x[:, 0] == x.max(1))[~rare]
    assert abs(first.mean() - 1 / 3) < 4 * np.sqrt(2 / 9 / first.size)
    low, high = maker.offers.x[[0, -1]]
    level = (x[rare, 0] - low) / (high - low)
    assert abs(level.mean() - 0.5) < 4 * np.sqrt(1 / 12 / rare.sum())
