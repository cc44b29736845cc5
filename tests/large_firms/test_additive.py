import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobteams_lab.large_firms import additive
from jobteams_lab.large_firms.additive_flows import Policies, stationary
from jobteams_lab.large_firms.additive_gains import equilibrium_gains
from jobteams_lab.large_firms.economy import Economy
from jobteams_lab.large_firms.finite_economy import FiniteEconomy
from jobteams_lab.large_firms.population import Population
from jobteams_lab.large_firms.rates import Rates

RATES = {
    "firm_death_rate": 0.02,
    "match_break_rate": 0.127,
    "contact_rate_employed": 0.3,
    "contact_rate_nonemployed": 0.5,
    "ces_exponent": 1.0,
    "nonemployment_income": 0.5,
    "learning_from_better": 0.0,
    "learning_from_worse": 0.0,
    "workers_per_firm": 3.0,
    "max_team_size": 4,
}
LOSS = 0.05 + 0.05 + 0.02 + 0.127  # ρ + δ_r + δ_f + δ_m
NOBODY = additive.Meetings(((), (), ()))


def finite(**changes):
    types = {
        "human_capital": [0.6, 1.0, 1.6],
        "ability": [1.0],
        "newborn_shares": [0.3, 0.4, 0.3],
        "productivity": [0.8, 1.25],
        "learning_environment": [1.0, 1.0],
        "firm_shares": [0.5, 0.5],
    }
    return FiniteEconomy(**(RATES | types | changes))


def surplus_by_recursion(rates, phi, z, q, h, a, steps=2000):
    """J − U backwards along the path h, haq, …, from a value of nothing far out."""
    gamma = rates.learning_event_rate
    value = 0.0
    for k in range(steps, -1, -1):
        at = h * (a * q) ** k
        outside = rates.nonemployment_value(at)
        flow = z * at + phi + (rates.firm_death_rate + rates.match_break_rate) * outside
        flow += gamma * value
        exits = rates.renegotiation_rate + rates.contact_rate_employed
        stay = flow / (LOSS + gamma)
        leave = (flow + exits * outside) / (LOSS + gamma + exits)
        value = stay if stay >= outside else leave
    return value - rates.nonemployment_value(h)


def value_given(rates, phi):
    """Values where a unit of 1 + n brings `phi` a year, whoever is met."""

    class Given(additive.AdditiveValue):
        def meeting_value(self, productivity, learning_environment):
            return phi

    return Given(rates, NOBODY, np.empty(0), 0.0, 0.0)


@settings(deadline=None)  # the first call compiles
@given(
    *[st.floats(0.2, 2), st.floats(0.3, 3), st.floats(0.7, 1.2)],
    st.sampled_from([0.0, 1e-9, 0.003, 0.05, 0.2, 0.5]),
    st.sampled_from([0.0, 0.3, 1.0]),
)
def test_the_closed_form_along_the_path_of_learning(z, h, q, phi, gamma):
    rates = Rates(**RATES, learning_event_rate=gamma)
    if gamma * (q - 1) >= 0.8 * LOSS:
        return
    value = value_given(rates, phi)
    found = value.surplus(z, q, h, 1.0)
    expected = surplus_by_recursion(rates, phi, z, q, h, 1.0)
    assert found == pytest.approx(expected, rel=1e-10, abs=1e-10)
    outside = rates.nonemployment_value(h)
    assert value.worker_value(z, q, h, 1.0) == pytest.approx(found + outside)


def test_every_regime_of_the_path_occurs():
    # with b = 0.5: always stays, leaves until he has forgotten, stays until he knows
    rates = Rates(**RATES)
    value = value_given(rates, 0.1)
    h = np.geomspace(0.01, 100, 60)
    falling = value.surplus(0.3, 0.9, h, 1.0)
    assert falling[0] > 0 > falling[-1]
    for z, q in ((0.3, 0.9), (0.1, 1.05), (0.4, 1.0), (1.0, 0.95)):
        expected = [surplus_by_recursion(rates, 0.1, z, q, own, 1.0) for own in h]
        np.testing.assert_allclose(value.surplus(z, q, h, 1.0), expected, rtol=1e-10)


def draws(seed, n, m, rate=0.15, spread_q=0.02):
    rng = np.random.default_rng(seed)
    economy = Economy.paper().with_(
        **{name: RATES[name] for name in RATES if name != "workers_per_firm"},
        sd_log_environment=spread_q,
    )
    h, a = economy.sample_workers(n + m, rng)
    z, q = economy.sample_firms(3, rng)
    firm = rng.integers(0, 3, m)
    unemployed = rate * rng.dirichlet(np.ones(n)) * 0.4
    employed = rate * rng.dirichlet(np.ones(m)) * 0.6
    meetings = additive.Meetings(
        (h[:n], a[:n], unemployed), (h[n:], a[n:], z[firm], q[firm], employed)
    )
    return economy, meetings, (z, q, firm)


def gains_by_value_iteration(rates, meetings, z, q, firm, rounds=400):
    """Φ of three firms by value iteration on all from Φ = 0, with slow surpluses."""
    h_n, a_n, rate_n = meetings.nonemployed
    h_e, a_e, _, _, rate_e = meetings.employed
    phi = np.zeros(len(z))
    for _ in range(rounds):
        both = [
            [surplus_by_recursion(rates, *args, h, a, 200) for h, a in atoms]
            for args in zip(phi, z, q, strict=True)
            for atoms in (zip(h_n, a_n, strict=True), zip(h_e, a_e, strict=True))
        ]
        free, held = np.array(both[::2]), np.array(both[1::2])
        price = np.maximum(held[firm, np.arange(len(firm))], 0)
        new = np.maximum(free, 0) @ rate_n + np.maximum(held - price, 0) @ rate_e
        if np.abs(new - phi).max() < 1e-13:
            break
        phi = new
    return new


@pytest.mark.parametrize("seed", [1, 2])
def test_gains_from_meetings_are_those_of_value_iteration(seed):
    economy, meetings, (z, q, firm) = draws(seed, 4, 6)
    value = additive.solve(economy, meetings)
    assert value.residual < 1e-13
    assert value.width < 1e-13
    expected = gains_by_value_iteration(economy, meetings, z, q, firm)
    np.testing.assert_allclose(value.meeting_value(z, q), expected, rtol=1e-10)
    np.testing.assert_allclose(
        value.firm_value(z, q) * (0.05 + 0.02), expected, rtol=1e-10
    )


@pytest.mark.parametrize("spread_q", [0.0, 0.03])
def test_the_bellman_equations_hold_at_new_firms_and_workers(spread_q):
    # evaluated by the public values themselves, at types that are no atoms
    economy, meetings, _ = draws(5, 300, 300, spread_q=spread_q)
    value = additive.solve(economy, meetings)
    rng = np.random.default_rng(6)
    h, a = economy.sample_workers(40, rng)
    z, q = economy.sample_firms(40, rng)
    z[:20] *= 0.4  # where some would rather leave
    phi, j = value.meeting_value(z, q), value.worker_value(z, q, h, a)
    u = economy.nonemployment_value(h)
    assert (j < u).any()
    right = z * h + phi + (0.02 + 0.127) * u + 1.3 * np.maximum(u - j, 0)
    right += value.worker_value(z, q, h * a * q, a)
    np.testing.assert_allclose((LOSS + 1) * j, right, rtol=1e-13)
    # and Φ by its definition
    h_n, a_n, rate_n = meetings.nonemployed
    h_e, a_e, z_e, q_e, rate_e = meetings.employed
    free = value.surplus(z[:, None], q[:, None], h_n, a_n)
    held = value.surplus(z[:, None], q[:, None], h_e, a_e)
    price = np.maximum(value.surplus(z_e, q_e, h_e, a_e), 0)
    np.testing.assert_allclose(
        np.maximum(free, 0) @ rate_n + np.maximum(held - price, 0) @ rate_e,
        phi,
        rtol=1e-12,
    )
    np.testing.assert_allclose(price, np.maximum(value.incumbent_surplus, 0))


def test_the_joint_value_adds_up():
    economy, meetings, _ = draws(7, 20, 20)
    value = additive.solve(economy, meetings)
    rng = np.random.default_rng(8)
    h, a = economy.sample_workers(9, rng)
    z, q = economy.sample_firms(4, rng)
    team = Population.without_workers(z, q).add(rng.integers(0, 3, 9), h, a)
    total = value.joint_value(z, q, team.firm, h, a)
    for f in range(4):
        own = [
            value.worker_value(z[f], q[f], h[i], a[i])
            for i in np.flatnonzero(team.firm == f)
        ]
        expected = value.firm_value(z[f], q[f]) + sum(own)
        assert total[f] == pytest.approx(expected, rel=1e-13)
    assert "20 nonemployed and 20 employed atoms" in repr(value)


def test_values_stay_finite_beyond_the_sufficient_condition():
    # poaching costs almost what it brings, so many meetings need not be infinite value
    rates = Rates(**RATES)
    atom = [[1.0], [1.0], [1.0], [1.0]]
    meetings = additive.Meetings(([1.0], [1.0], [0.1]), (*atom, [5.0]))
    assert meetings.rate > LOSS
    value = additive.solve(rates, meetings)
    # at the incumbent's type: (s − 0.1) D = z − b
    expected = (1 - 0.5) / (LOSS - 0.1)
    assert value.surplus(1.0, 1.0, 1.0, 1.0) == pytest.approx(expected, rel=1e-13)
    with pytest.raises(
        ValueError, match=r"productivity 1\.1 and learning environment 1"
    ):
        value.firm_value(1.1, 1.0)


@pytest.mark.parametrize("seed", range(10))
def test_a_firm_of_an_atoms_own_type_is_worth_what_solve_found(seed):
    # were the best firm worth any more it would poach from its own type, and grow
    # without end: rounding, another in each draw, must not be taken for that
    economy, _, _ = draws(0, 1, 1)
    rng = np.random.default_rng(seed)
    h, a = economy.sample_workers(200, rng)
    types = np.sort(economy.sample_firms(5, rng)[0])
    firm = np.arange(100) % 5
    rate_n, rate_e = np.full(100, 0.0015), np.where(firm == 4, 0.15, 0.0005)
    employed = (h[100:], a[100:], types[firm], 0.98, rate_e)
    value = additive.solve(
        economy, additive.Meetings((h[:100], a[:100], rate_n), employed)
    )
    phi = value.meeting_value(types, 0.98)
    held = value.surplus(types[:, None], 0.98, h[100:], a[100:])
    own = value.incumbent_surplus
    np.testing.assert_allclose(held[firm, np.arange(100)], own, rtol=1e-12)
    free = value.surplus(types[:, None], 0.98, h[:100], a[:100])
    expected = np.maximum(free, 0) @ rate_n
    expected += np.maximum(held - np.maximum(own, 0), 0) @ rate_e
    np.testing.assert_allclose(phi, expected, rtol=1e-12)
    with pytest.raises(ValueError, match="are infinite"):
        value.meeting_value(types[-1] * (1 + 1e-10), 0.98)


def test_infinite_values_are_refused_with_their_reason():
    rates = Rates(**RATES)
    good, bad = LOSS * (1 - 1e-9), LOSS * (1 + 1e-9)
    one = additive.Meetings(([1.0], [1.0], [good]))
    assert additive.solve(rates, one).firm_value(1.0, 1.0) > 1e8
    one = additive.Meetings(([1.0], [1.0], [bad]))
    with pytest.raises(ValueError, match="those who are hired bring meetings in turn"):
        additive.solve(rates, one).firm_value(1.0, 1.0)
    employed = ([1.0], [1.0], [1.0], [1.0], [0.1])
    with pytest.raises(ValueError, match=r"are infinite: each worker brings 0\.347"):
        additive.solve(rates, additive.Meetings(([1.0], [1.0], [bad]), employed))
    # a firm that nobody wants to join gains nothing from any number of meetings
    poor = additive.Meetings(([1.0], [1.0], [100.0]))
    assert additive.solve(rates, poor).firm_value(0.4, 1.0) == 0
    value = additive.solve(rates, NOBODY)
    with pytest.raises(
        ValueError, match=r"factor aq = 1\.25 at each learning event is"
    ):
        value.worker_value(1.0, 1.25, 1.0, 1.0)
    with pytest.raises(ValueError, match="infinitely much"):
        additive.solve(rates, one).firm_value(1.0, 1.25)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"ces_exponent": 0.9}, "ces_exponent = 0.9 must be 1"),
        ({"learning_from_better": 0.1}, "learning_from_better = 0.1 must be 0"),
        ({"learning_from_worse": 0.1}, "learning_from_worse = 0.1 must be 0"),
    ],
)
def test_what_does_not_add_up(change, words):
    with pytest.raises(ValueError, match=words):
        additive.solve(Rates(**(RATES | change)), NOBODY)
    with pytest.raises(ValueError, match=words):
        additive.equilibrium(finite(**change))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            lambda: additive.equilibrium(Economy.paper()),
            "takes a FiniteEconomy, not Ec",
        ),
        (
            lambda: additive.solve(Rates(**RATES), None),
            "solve takes Meetings, not None",
        ),
        (lambda: additive.solve(None, NOBODY), "solve takes Rates, not NoneType"),
        (
            lambda: additive.Meetings(3),
            "nonemployed must be the 3 arrays human_capital",
        ),
        (
            lambda: additive.Meetings((["a"], [1.0], [1.0])),
            r"human_capital of nonemployed atoms must be numbers, not \['a'\]",
        ),
    ],
)
def test_what_is_of_another_kind(call, words):
    with pytest.raises(TypeError, match=words):
        call()


def test_a_single_number_stands_for_all_atoms():
    meetings = additive.Meetings(([1.0, 2.0], 1.0, [0.1]))
    np.testing.assert_array_equal(meetings.nonemployed[1], [1, 1])
    assert meetings.rate == pytest.approx(0.2)


@pytest.mark.parametrize("bad", [-1.0, 0.0, np.nan, np.inf])
@pytest.mark.parametrize("place", range(4))
def test_values_of_what_is_not_positive_are_refused(bad, place):
    value = additive.solve(Rates(**RATES), NOBODY)
    names = ("productivity", "learning_environment", "human_capital", "ability")
    given = [1.0, 1.0, 1.0, 1.0]
    given[place] = np.array([1.0, bad])
    words = f"{names[place]} = {bad:g} must be positive and finite"
    with pytest.raises(ValueError, match=words):
        value.worker_value(*given)
    with pytest.raises(ValueError, match=words):
        value.joint_value(*given[:2], [0], *given[2:])
    if place < 2:
        with pytest.raises(ValueError, match=words):
            value.firm_value(*given[:2])


@pytest.mark.parametrize(
    ("firm", "h", "words"),
    [
        ([5], 1.0, "firm runs from 5 to 5: there are 2, so it must be between 0 and 1"),
        ([-1], 1.0, "firm runs from -1 to -1"),
        ([0.5], 1.0, "firm must be a list of positions"),
        ([0, 1], [1.0] * 3, r"firm \(2,\), human_capital \(3,\)"),
        ([0, 1], [[1.0] * 2], r"human_capital has shape \(1, 2\): give a list"),
        ([0], "a", "human_capital must be numbers, not 'a'"),
    ],
)
def test_teams_that_are_none(firm, h, words):
    value = additive.solve(Rates(**RATES), NOBODY)
    with pytest.raises((TypeError, ValueError), match=words):
        value.joint_value([1.0, 2.0], 1.0, firm, h, 1.0)
    np.testing.assert_array_equal(value.joint_value([1.0, 2.0], 1.0, [], [], []), 0)


@pytest.mark.parametrize(
    ("atoms", "words"),
    [
        ((((1,), (1,)),), "nonemployed has 2 parts: give the 3 arrays"),
        ((((1, 2), (1, 1, 1), (1,)),), r"ability of nonemployed atoms \(3,\)"),
        ((((1,), (1,), (-1,)),), "rate of nonemployed atoms must be"),
        ((((0,), (1,), (1,)),), "human_capital of nonemployed atoms must be"),
        (
            (((), (), ()), ((1,), (1,), (1,), (0,), (1,))),
            "learning_environment of empl",
        ),
    ],
)
def test_what_are_no_meetings(atoms, words):
    with pytest.raises(ValueError, match=words):
        additive.Meetings(*atoms)


def test_bounds_that_stay_apart_are_solved_between():
    # two firms, each twice as good with the other's workers: answers overshoot
    def total(gain, threshold):
        own = np.array([[1.0, 2.0], [2.0, 1.0]]) * (1 + gain[:, None])
        over = own - threshold
        slope = np.array([[1.0, 2.0], [2.0, 1.0]]) * 0.35
        return (
            0.1 + 0.35 * np.maximum(over, 0).sum(axis=1),
            (slope * (over > 0)).sum(axis=1),
            np.full(2, 1e-15),
        )

    def surpluses(gain):
        return 1 + gain

    gain, width = equilibrium_gains(total, surpluses, 2)
    assert width > 1e-3
    np.testing.assert_allclose(gain, 0.1 + 0.35 * (1 + gain), rtol=1e-12)


# the stationary equilibrium


def economies(seed):
    rng = np.random.default_rng(seed)
    t, k, a = rng.integers(1, 7), rng.integers(1, 7), rng.integers(1, 3)
    return finite(
        human_capital=np.exp(np.linspace(-0.5, 0.5, k)),
        ability=np.exp(np.linspace(-0.02, 0.02, a)),
        newborn_shares=rng.dirichlet(np.ones(k * a)),
        productivity=np.exp(0.3 * rng.standard_normal(t)),
        learning_environment=np.exp(-0.01 + 0.03 * rng.standard_normal(t)),
        firm_shares=rng.dirichlet(np.ones(t)),
        rounding=("nearest", "stochastic")[seed % 2],
    )


@pytest.mark.parametrize("seed", range(8))
def test_an_equilibrium_satisfies_its_equations(seed):
    economy = economies(seed)
    found = additive.equilibrium(economy)
    assert max(found.residuals.values()) < 1e-13
    assert (found.growth_rates < economy.firm_death_rate).all()
    rates = found.transition_rates
    employed = found.mean_team_size
    idle = economy.workers_per_firm - employed
    assert found.employment_rate == pytest.approx(employed / 3)
    # into and out of employment, retirements included
    assert rates["NE"] * idle == pytest.approx((rates["EN"] + 0.05) * employed)
    meetings = 0.5 * idle + 0.3 * employed
    assert found.match_rate * (1 + employed) == pytest.approx(meetings)


@pytest.mark.parametrize("seed", range(8))
def test_given_its_meetings_an_equilibrium_is_the_continuous_solution(seed):
    # without learning the grid rounds nothing, and `solve` shares only the search for
    # the fixed point
    economy = dataclasses.replace(economies(seed), learning_event_rate=0.0)
    found = additive.equilibrium(economy)
    mass = economy.firm_shares[:, None] * found.workers
    received = 1 + mass.sum()
    t, k = (index.ravel() for index in np.indices(mass.shape))
    h, a = economy.worker_human_capital, economy.worker_ability
    z, q = economy.productivity, economy.learning_environment
    value = additive.solve(
        economy,
        additive.Meetings(
            (h, a, 0.5 * found.nonemployed / received),
            (h[k], a[k], z[t], q[t], 0.3 * mass.ravel() / received),
        ),
    )
    np.testing.assert_allclose(
        value.worker_value(z[:, None], q[:, None], h, a), found.worker_value, rtol=1e-12
    )
    np.testing.assert_allclose(value.firm_value(z, q), found.firm_value, rtol=1e-11)


def test_one_type_of_worker_against_the_chain_of_team_sizes():
    # the obvious way: a linear system over n = 0, …, 1500 for V and for the law of n
    economy = finite(
        human_capital=[1.0], newborn_shares=[1.0], contact_rate_employed=0.4
    )
    found = additive.equilibrium(economy)
    size = 1500
    n = np.arange(size + 1)
    received = 1 + found.mean_team_size
    reach = economy.firm_shares * (1 + found.workers[:, 0]) / received
    mass = economy.firm_shares * found.workers[:, 0]
    idle = found.nonemployed[0]
    assert found.surplus[1, 0] > found.surplus[0, 0] > 0
    for t in range(2):
        poached = mass[0] if t == 1 else 0.0
        offers = (0.5 * idle + 0.4 * poached) / received
        leaves = 0.05 + 0.127 + (0.4 * reach[1] if t == 0 else 0.0)
        chain = np.zeros((size + 1, size + 1))
        chain[n[:-1], n[1:]] = offers * (1 + n[:-1])
        chain[n[1:], n[:-1]] = leaves * n[1:]
        chain[n, 0] += 0.02
        chain -= np.diag(chain.sum(axis=1))
        chain[:, -1] = 1.0
        law = np.linalg.solve(chain.T, np.append(np.zeros(size), 1.0))
        assert law @ n == pytest.approx(found.workers[t, 0], rel=1e-9)

        u, d = economy.outside_values[0], found.surplus[:, 0]
        price = 0.4 * mass[0] * d[0] / received if t == 1 else 0.0
        values = np.diag(0.05 + 0.02 + 0.177 * n + offers * (1 + n))
        values[n[1:], n[:-1]] -= 0.177 * n[1:]
        values[n[:-1], n[1:]] -= offers * (1 + n[:-1])
        flow = economy.productivity[t] * n + (0.02 + 0.127) * n * u
        flow = flow - (1 + n) * (offers * u + price)
        v = found.joint_value(t, n[:, None])
        # the largest team's next value, as the system has to end somewhere
        flow[-1] += offers * (1 + size) * (v[-1] + d[t] + u)
        np.testing.assert_allclose(np.linalg.solve(values, flow), v, rtol=1e-9)


def test_moves_of_workers_against_a_simulated_life():
    # one worker's chain, event by event, at the equilibrium's meeting rates
    economy = finite(
        human_capital=[0.8, 1.0, 1.3],
        learning_environment=[0.97, 1.02],
        contact_rate_employed=0.6,
        contact_rate_nonemployed=0.9,
    )
    found = additive.equilibrium(economy)
    rng = np.random.default_rng(2)
    reach = economy.firm_shares * (1 + found.workers.sum(axis=1))
    reach /= reach.sum()
    grid = np.log(economy.human_capital)
    surplus = found.surplus
    spent = np.zeros((3, 3))  # firm type (the last: none), worker type
    firm, k = 2, rng.choice(3, p=economy.newborn_shares)
    for _ in range(120_000):
        contact = 0.9 if firm == 2 else 0.6
        rates = np.array([0.05, contact, *(np.array([0.147, 1, 1]) * (firm < 2))])
        spent[firm, k] += 1 / rates.sum()
        event = rng.choice(5, p=rates / rates.sum())
        if event == 0:
            firm, k = 2, rng.choice(3, p=economy.newborn_shares)
        elif event == 1:
            poacher = rng.choice(2, p=reach)
            held = 0.0 if firm == 2 else max(surplus[firm, k], 0.0)
            if surplus[poacher, k] > held:
                firm = poacher
            elif firm < 2 and surplus[firm, k] < 0:
                firm = 2
        elif event == 2 or (event == 3 and surplus[firm, k] < 0):
            firm = 2
        elif event == 4:
            target = grid[k] + np.log(economy.learning_environment[firm])
            low = int(np.clip(np.searchsorted(grid, target) - 1, 0, 1))
            up = (target - grid[low]) / (grid[low + 1] - grid[low])
            k = low + (rng.random() < up)
    share = spent / spent.sum()
    mass = economy.firm_shares[:, None] * found.workers
    np.testing.assert_allclose(share[:2], mass / 3, atol=0.012)
    np.testing.assert_allclose(share[2], found.nonemployed / 3, atol=0.012)


def test_firms_that_grow_without_end_while_they_live():
    slow = {"match_break_rate": 0.01, "contact_rate_employed": 0.2}
    found = additive.equilibrium(
        finite(**slow, firm_death_rate=0.02, discount_rate=0.3, retirement_rate=0.03)
    )
    assert found.growth_rates[0] < 0 < found.growth_rates[1] < 0.02
    assert max(found.residuals.values()) < 1e-13


def test_who_quits_without_a_poacher_is_not_counted_twice():
    # surpluses given: type 0 of workers is unwelcome at firm 0, welcome at firm 1
    surplus = np.array([[-1.0, 1.0], [1.0, 2.0]])
    policies = Policies.of(surplus, 0.0)
    economy = finite(
        human_capital=[1.0, 1.2],
        newborn_shares=[0.5, 0.5],
        learning_environment=[0.9, 0.95],
    )
    learning = np.array([[[1.0, 0.0], [0.5, 0.5]]] * 2)
    mass, idle = stationary(economy, policies, learning)
    flows = policies.flows(economy, mass, idle)
    reach = (0.5 + mass.sum(axis=1)) / (1 + mass.sum())
    assert mass[0, 0] > 0
    # he leaves at λ + ψ^E = 1.3, for firm 1 if it is the poacher
    assert flows.poached[0, 0] == pytest.approx(0.3 * reach[1] * mass[0, 0])
    expected = (0.147 + 1 + 0.3 * reach[0]) * mass[0, 0]
    assert flows.lost[0, 0] == pytest.approx(expected)
    assert mass.sum() + idle.sum() == pytest.approx(3)


def test_what_an_equilibrium_refuses():
    with pytest.raises(ValueError, match="retirement_rate = 0 must be positive here"):
        additive.equilibrium(finite(retirement_rate=0))


def test_an_equilibrium_says_what_it_is():
    text = repr(additive.equilibrium(finite()))
    assert text.startswith(
        "AdditiveEquilibrium: employment 0.7174, mean team size 2.15"
    )


@pytest.mark.parametrize(
    ("firm", "counts", "words"),
    [
        (0, [-1, 0, 0], r"counts = \[-1, 0, 0\] must be 3 whole numbers of at least 0"),
        (0, [0.5, 0, 0], "must be 3 whole numbers"),
        (0, [1, 0], "must be 3 whole numbers"),
        (-1, [1, 0, 0], "firm_type = -1 must be at least 0 and at most 1"),
        (9, [1, 0, 0], "firm_type = 9 must be"),
        (0.5, [1, 0, 0], "firm_type must be a whole number, not 0.5"),
        ([0, 1], [[1, 0, 0]] * 3, r"firm_type \(2,\), teams \(3,\)"),
    ],
)
def test_joint_values_of_no_teams_are_refused(firm, counts, words):
    found = additive.equilibrium(finite())
    with pytest.raises((TypeError, ValueError), match=words):
        found.joint_value(firm, counts)


def test_joint_values_of_many_teams():
    found = additive.equilibrium(finite())
    teams = np.array([[0, 0, 0], [2, 0, 1]])
    values = found.joint_value([[0], [1]], teams)
    for t in (0, 1):
        for m, (a, _, c) in enumerate(teams):
            worth = found.firm_value[t] + a * found.worker_value[t, 0]
            worth += c * found.worker_value[t, 2]
            assert values[t, m] == pytest.approx(worth, rel=1e-14)
            assert found.joint_value(t, teams[m]) == values[t, m]


def test_where_nobody_works_there_are_no_rates_of_leaving():
    found = additive.equilibrium(finite(nonemployment_income=50))
    assert found.employment_rate == 0
    rates = found.transition_rates
    assert np.isnan([rates.EN, rates.EE]).all()
    assert rates.NE == 0


def test_an_equilibriums_meetings_give_its_values_again():
    economy = FiniteEconomy.example(
        ces_exponent=1.0,
        learning_from_better=0.0,
        learning_from_worse=0.0,
        learning_event_rate=0.0,
        contact_rate_employed=0.2,
        contact_rate_nonemployed=0.3,
    )
    found = additive.equilibrium(economy)
    again = additive.solve(economy, found.meetings)
    np.testing.assert_allclose(
        again.incumbent_surplus.reshape(found.surplus.shape), found.surplus, rtol=1e-9
    )
