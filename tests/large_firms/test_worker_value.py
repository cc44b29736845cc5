"""The worker's value: the slide by loops, closed forms, accounts, careers."""

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_worker_value import Careers, PlainWorkers

from jobteams_lab.large_firms import exact
from jobteams_lab.large_firms.finite_learning import learning_matrix
from jobteams_lab.large_firms.firm_problem import FirmProblem
from jobteams_lab.large_firms.job_ladder import Ladder
from jobteams_lab.large_firms.stationary import flows
from jobteams_lab.large_firms.teams import enumerate_teams
from jobteams_lab.large_firms.wage_settlement import Offers, settled
from jobteams_lab.large_firms.worker_equation import WorkerEquation
from jobteams_lab.large_firms.worker_moves import learning_of_a_worker
from jobteams_lab.large_firms.worker_value import worker_value

TINY = {
    "human_capital": [0.5, 1.2],
    "newborn_shares": [0.6, 0.4],
    "learning_environment": [1.05, 0.97],
    "max_team_size": 2,
    # teams then differ enough that some workers are not wanted
    "ces_exponent": 2.5,
    "workers_per_firm": 1.5,
}
ABLE = TINY | {
    "ability": [0.9, 1.1],
    "newborn_shares": [0.3, 0.3, 0.2, 0.2],
    "ces_exponent": 0.9,
}


def solved(**parameters):
    equilibrium = exact.solve(exact.FiniteEconomy.example(**parameters))
    assert equilibrium.residuals.undecided == 0  # the slow routes know pure policies
    return equilibrium


@pytest.fixture(scope="module")
def example():
    return solved()


@pytest.fixture(scope="module")
def tiny():
    return solved(**TINY)


@pytest.fixture(scope="module")
def able():
    return solved(**ABLE)


@pytest.fixture(scope="module")
def worker(example):
    return worker_value(example)


@pytest.fixture(scope="module")
def tiny_worker(tiny):
    return worker_value(tiny)


def counts_of(equilibrium, team):
    return np.bincount(team, minlength=equilibrium.economy.worker_types)


def table_by_team(equilibrium, values):
    # (K, T, M1) as {(t, k, coworkers): W}
    plain = PlainWorkers(equilibrium)
    index = {team: m for m, team in enumerate(plain.teams)}
    return {
        (t, k, others): values[k, t, index[others]] for t, k, others in plain.rungs()
    }


# settlements


reals = st.floats(-5, 5)


@given(reals, st.floats(0, 5), reals, st.floats(0, 5), st.floats(0, 5))
def test_settling_is_monotone_and_stays_in_the_bargaining_set(x, o, delta, dx, do):
    value = settled(x, o, delta)
    assert 0 <= value <= max(delta, 0)
    assert settled(x + dx, o, delta) >= value
    assert settled(x, o + do, delta) >= value
    if 0 <= x <= delta and o <= x:
        assert value == x  # an offer that is not credible changes nothing


@pytest.mark.parametrize("which", ["tiny", "able"])
def test_settling_is_the_slides_cases(which, request):
    equilibrium = request.getfixturevalue(which)
    plain = PlainWorkers(equilibrium)
    cases = set()
    for t, k, others in plain.rungs():
        delta, U = plain.surplus(t, plain.add(others, k), k), plain.U[k]
        for gain in (-0.7, 0.0, 0.3, 0.8 * delta, delta + 0.4):
            change = plain.renegotiated(t, k, others, U + gain)
            assert gain + change == pytest.approx(settled(gain, 0.0, delta), abs=1e-12)
            for _, p, team in plain.poachers():
                offer = plain.offer(p, team, k)
                change = plain.visited(t, k, others, U + gain, offer)
                expected = settled(gain, max(offer, 0), delta)
                assert gain + change == pytest.approx(expected, abs=1e-12)
                cases.add((delta < 0, offer > delta, np.sign(round(change, 9))))
    assert len(cases) >= 5


def test_expected_settlements_are_sums_over_all_poachers(example):
    offers = Offers(example.problem, example.surplus, example.cross_section)
    plain = PlainWorkers(example)
    rng = np.random.default_rng(0)
    for k in plain.types:
        poachers = [
            (chance, max(plain.offer(p, team, k), 0))
            for chance, p, team in plain.poachers()
        ]
        made = [offer for _, offer in poachers if offer > 0]
        gain = np.concatenate([rng.uniform(-2, 12, 40), made[:5], [0.0]])
        surplus = np.concatenate([rng.uniform(-3, 12, 40), [4.0] * 5, [made[3]]])
        mean, slope = offers.expected(k, gain, surplus)
        for x, delta, found, rate in zip(gain, surplus, mean, slope, strict=True):
            slow = math.fsum(c * settled(x, offer, delta) for c, offer in poachers)
            assert found == pytest.approx(slow, abs=1e-12)
            inside = 0 < x < delta
            keeping = math.fsum(c for c, offer in poachers if offer <= x) * inside
            assert rate == pytest.approx(keeping, abs=1e-12)


# the team's moves


@pytest.mark.parametrize("q", [1.0, 0.93, 1.21])
@pytest.mark.parametrize("parameters", [{}, ABLE])
@pytest.mark.parametrize("rounding", ["stochastic", "nearest"])
def test_a_worker_and_his_coworkers_learn_as_their_team(q, parameters, rounding):
    finite = exact.FiniteEconomy.example(**parameters, rounding=rounding)
    teams = enumerate_teams(finite.worker_types, finite.max_team_size)
    alone = learning_of_a_worker(finite, teams, q).toarray()
    whole = learning_matrix(finite, teams, q).toarray()
    team_of = teams.upper.T.ravel()  # the team of rung (k, m)
    joined = np.zeros((len(alone), len(whole)))
    for after, team in enumerate(team_of):
        joined[:, team] += alone[:, after]
    np.testing.assert_allclose(joined, whole[team_of], atol=1e-14)
    # in a team of one type each worker is as likely as another to be who goes up
    twins = teams.index(2 * np.eye(finite.worker_types, dtype=int)[0])
    rung = teams.lower[twins, 0]
    chances = alone[rung].reshape(finite.worker_types, -1)
    own = chances.sum(axis=1)
    coworker = chances.sum(axis=0) @ teams.counts[: teams.growing]
    np.testing.assert_allclose(own, coworker, atol=1e-14)


@pytest.mark.parametrize("which", ["tiny", "able"])
def test_moves_of_the_team_are_the_plain_ones(which, request):
    equilibrium = request.getfixturevalue(which)
    plain, equation = PlainWorkers(equilibrium), WorkerEquation(equilibrium)
    rng = np.random.default_rng(0)
    shape = (equation.types, equation.growing)
    value = rng.normal(size=(equation.types, equilibrium.economy.firm_types, shape[1]))
    by_team = table_by_team(equilibrium, value)
    moved = np.empty_like(value)
    for t in range(equilibrium.economy.firm_types):
        here = value[:, t].reshape(-1, 1)
        change = equation.moves.inflow(t, here)
        change -= equation.moves.leaving[t][:, None] * here
        moved[:, t] = change.reshape(shape)
    for rung, found in table_by_team(equilibrium, moved).items():
        slow = sum(
            rate * (by_team[rung[0], after, others] - by_team[rung])
            for rate, after, others in plain.changes(*rung)
        )
        assert found == pytest.approx(slow, abs=1e-10)


# the value


@pytest.mark.parametrize("which", ["tiny", "able"])
def test_values_solve_the_slides_equation_by_loops(which, request):
    equilibrium = request.getfixturevalue(which)
    wages = np.array([-0.5, 0.2, 1.1])
    value = worker_value(equilibrium, wages).value
    plain = PlainWorkers(equilibrium)
    chosen = range(3) if which == "tiny" else [1]
    for g in chosen:
        slow = plain.value(wages[g])
        for rung, found in table_by_team(equilibrium, value[g]).items():
            assert found == pytest.approx(slow[rung], abs=1e-9)


@pytest.mark.parametrize("which", ["example", "tiny", "able"])
def test_newton_finds_what_value_iteration_finds(which, request):
    equation = WorkerEquation(request.getfixturevalue(which))
    wages = np.linspace(-3, 6, 40)
    start = np.repeat(equation.outside, len(wages), axis=1)
    for t in range(len(equation.surplus)):
        fast, _, error = equation.newton(t, wages, start)
        slow, _ = equation.iterate(t, wages, start)
        assert error.max() <= 2e-12
        np.testing.assert_allclose(fast, slow, rtol=0, atol=1e-9)


def test_without_settlements_a_wage_is_an_annuity():
    quiet = {"renegotiation_rate": 0.0, "contact_rate_employed": 0.0}
    equilibrium = exact.solve(exact.FiniteEconomy.example(**quiet))
    wages = np.array([-1.0, 0.0, 0.7, 3.0])
    value = worker_value(equilibrium, wages).value
    finite = equilibrium.economy
    lost = finite.match_break_rate + finite.firm_death_rate
    rate = finite.discount_rate + finite.retirement_rate + lost
    slopes = np.diff(value, axis=0) / np.diff(wages)[:, None, None, None]
    np.testing.assert_allclose(slopes, 1 / rate, rtol=1e-10)
    # the middle type learns nothing alone: his value is that of w, then U
    outside = equilibrium.problem.outside[:, None, None]
    still = exact.FiniteEconomy.example(**quiet | {"learning_event_rate": 0.0})
    value = worker_value(exact.solve(still), wages).value
    for g, wage in enumerate(wages):
        expected = (wage + lost * outside) / rate
        np.testing.assert_allclose(
            value[g], np.broadcast_to(expected, value[g].shape), rtol=1e-10
        )


def test_lone_workers_who_learn_nothing_have_the_wages_of_sequential_auctions():
    equilibrium = solved(
        **{
            "max_team_size": 1,
            "learning_event_rate": 0.0,
            "productivity": [0.5, 0.8, 1.25],
            "learning_environment": [1.0] * 3,
            "firm_shares": [0.3, 0.3, 0.4],
        }
    )
    worker, finite = worker_value(equilibrium), equilibrium.economy
    plain = PlainWorkers(equilibrium)
    checked = 0
    for t, k, _ in plain.rungs():
        delta, U = plain.surplus(t, (k,), k), plain.U[k]
        offers = [(c, max(plain.offer(p, s, k), 0)) for c, p, s in plain.poachers()]
        if delta <= 0:  # the one place is kept for a better worker
            continue
        for share in (0, 0.2, 0.5, 0.8, 1):
            x = share * delta
            # b h, and interest on the gain, less what offers will bring
            gained = math.fsum(c * (settled(x, o, delta) - x) for c, o in offers)
            lost = finite.match_break_rate + finite.firm_death_rate
            rate = finite.discount_rate + finite.retirement_rate + lost
            promise = finite.contact_rate_employed * gained
            expected = finite.nonemployment_income * plain.h[k] + rate * x - promise
            counts = counts_of(equilibrium, (k,))
            assert worker.wage(t, counts, k, U + x) == pytest.approx(expected, abs=1e-9)
            checked += 1
    assert checked >= 20


# accounts: the firm's own equation


def firm_accounts(equilibrium, wages):
    """Return {(t, team, wages): (ρJ, right side)} for J = V − ΣW, the firm's value."""
    plain, finite = PlainWorkers(equilibrium), equilibrium.economy
    value = worker_value(equilibrium, wages).value
    tables = [table_by_team(equilibrium, values) for values in value]
    numbers = range(len(wages))

    def W(t, team, i, g):
        others = tuple(sorted(team[:i] + team[i + 1 :]))
        return tables[g][t, team[i], others]

    def J(t, team, paid):  # the team as a tuple in any order, and who is paid what
        value = plain.V[t, tuple(sorted(team))]
        return value - sum(W(t, team, i, g) for i, g in enumerate(paid))

    def without(team, i):
        return team[:i] + team[i + 1 :]

    accounts = {}
    for t, team in plain.states:
        output = equilibrium.problem.output[t, plain.teams.index(team)]
        for paid in product(numbers, repeat=len(team)):
            now = J(t, team, paid)
            flow = output - sum(wages[g] for g in paid)
            flow -= finite.firm_death_rate * now
            for chance, after in plain.learnt(t, team):
                rate = finite.learning_event_rate * chance
                flow += rate * (J(t, tuple(after), paid) - now)
            for rate, x, left in plain.hires(t, team):
                # V is shared with incumbents at their wages; the new worker has U + Δ'
                joined = plain.V[t, plain.add(team, x)] - plain.U[x] - left
                joined -= sum(W(t, (*team, x), i, g) for i, g in enumerate(paid))
                flow += rate * (joined - now)
            for i, k in enumerate(team):
                others = tuple(sorted(without(team, i)))
                gone = J(t, without(team, i), without(paid, i)) - now
                flow += (finite.retirement_rate + finite.match_break_rate) * gone
                delta, worth = plain.surplus(t, team, k), W(t, team, i, paid[i])
                change = plain.renegotiated(t, k, others, worth)
                flow += finite.renegotiation_rate * (gone if delta < 0 else -change)
                for chance, p, poacher in plain.poachers():
                    offer = plain.offer(p, poacher, k)
                    change = -plain.visited(t, k, others, worth, offer)
                    leaves = delta < 0 or offer > delta
                    rate = finite.contact_rate_employed * chance
                    flow += rate * (gone if leaves else change)
            accounts[t, team, paid] = finite.discount_rate * now, flow
    return accounts


@pytest.mark.parametrize("which", ["single", "tiny", "able"])
def test_what_workers_do_not_get_solves_the_firms_own_equation(which, request):
    if which == "single":
        equilibrium = solved(**{"max_team_size": 1})
    else:
        equilibrium = request.getfixturevalue(which)
    wages = [-1.0, 0.15, 1.3] if which != "able" else [-0.8, 0.4]
    accounts = firm_accounts(equilibrium, wages)
    assert len(accounts) == {"single": 20, "tiny": 68, "able": 98}[which]
    for left, right in accounts.values():
        assert left == pytest.approx(right, abs=1e-8)
    # workers who would rather quit are in these accounts too
    assert which == "single" or (equilibrium.surplus < 0).any()


# wages


def test_wages_and_values_are_inverse(worker, example):
    teams = example.problem.teams
    rng = np.random.default_rng(1)
    for _ in range(25):
        team = int(rng.integers(1, len(teams.counts)))
        counts = teams.counts[team]
        k = int(rng.choice(np.flatnonzero(counts)))
        t = int(rng.integers(2))
        delta, U = example.surplus_of(t, counts, k), example.problem.outside[k]
        value = U + rng.uniform(-0.2, 1.2, 4) * abs(delta)
        wages = worker.wage(t, counts, k, value)
        np.testing.assert_allclose(worker.at(t, counts, k, wages), value, atol=1e-10)
        paid = rng.uniform(*worker.wage_grid[[0, -1]])
        again = worker.wage(t, counts, k, worker.at(t, counts, k, paid))
        assert again == pytest.approx(paid, abs=1e-10)


def test_interpolated_wages_are_as_good_as_promised(worker, example):
    rng = np.random.default_rng(2)
    rungs = np.argwhere(example.surplus > 0)
    chosen = rungs[rng.integers(len(rungs), size=120)]
    k, t, m = chosen.T
    outside = example.problem.outside[k]
    value = outside + rng.random(len(k)) * example.surplus[k, t, m]
    value[:60] = outside[:60]  # starting wages, at a bend of W
    team = example.problem.teams.counts[example.problem.teams.upper[m, k]]
    tabulated = worker.tabulated_wage(t, team, k, value)
    exactly = [
        worker.wage(*case)
        for case in zip(t.tolist(), team, k.tolist(), value.tolist(), strict=True)
    ]
    output = (example.problem.output * example.cross_section.firms).sum()
    output /= example.employed.sum()
    assert worker.interpolation_error < 1e-4 * output
    # between the grid's middles it may be a little worse than there
    assert np.abs(tabulated - exactly).max() < 3e-4 * output
    starts = worker.starting_wages[k, t, m][:60]
    np.testing.assert_allclose(starts, exactly[:60], atol=1e-9)


def test_values_increase_in_the_wage_and_are_linear_beyond_the_grid(worker, example):
    assert (np.diff(worker.value, axis=0) > 0).all()
    assert (np.diff(worker.flow_value, axis=0) > 0).all()
    outside = example.problem.outside[:, None, None]
    most = outside + np.maximum(example.surplus, 0)
    assert (worker.value[0] < outside).all() and (worker.value[-1] > most).all()
    finite = example.economy
    rate = finite.discount_rate + finite.separation_rate + finite.firm_death_rate
    rate += finite.renegotiation_rate + finite.contact_rate_employed
    low, high = worker.wage_grid[[0, -1]]
    for wages, end in (([low - 2, low], 0), ([high, high + 3], -1)):
        values = worker.at(1, [1, 1, 0], 1, wages)
        assert np.diff(values)[0] == pytest.approx(np.diff(wages)[0] / rate, rel=1e-9)
        on_grid = worker.value[end, 1, 1, example.problem.teams.index([1, 0, 0])]
        assert on_grid in (pytest.approx(values[0]), pytest.approx(values[1]))


@pytest.mark.parametrize("which", ["example", "tiny", "able"])
def test_values_far_beyond_the_table_have_wages_too(which, request):
    equilibrium = request.getfixturevalue(which)
    worker, finite = worker_value(equilibrium, most_wages=40), equilibrium.economy
    t, counts, k = 1, counts_of(equilibrium, [0, 1]), 1
    rate = finite.discount_rate + finite.separation_rate + finite.firm_death_rate
    rate += finite.renegotiation_rate + finite.contact_rate_employed
    far = np.array([1e4, 1e6, 1e9, 1e15, 1e90])
    # settled by the next meeting whatever he has, so that w is linear in W
    for values in (far, -far):
        paid = np.array([worker.wage(t, counts, k, value) for value in values])
        here = worker.wage(t, counts, k, float(np.sign(values[0])) * 1e3)
        slope = (paid - here) / (values - np.sign(values) * 1e3)
        np.testing.assert_allclose(slope, rate, rtol=1e-12)
        np.testing.assert_allclose(worker.at(t, counts, k, paid), values, rtol=1e-12)
        # near values are as right beside them as alone
        middle = 0.3 * float(equilibrium.problem.outside[k])
        both = worker.wage(t, counts, k, [middle, *values])
        np.testing.assert_allclose(both[1:], paid, rtol=1e-12)
        alone = worker.wage(t, counts, k, middle)
        assert both[0] == pytest.approx(alone, abs=1e-9)
    U = equilibrium.problem.outside[k]
    won = worker.poached_wage(t, counts, k, 1e9)
    assert won == pytest.approx(worker.wage(t, counts, k, U + 1e9), rel=1e-12)


def test_entry_wages_are_low_and_may_be_negative(worker, example):
    made = example.surplus > 0
    starts = worker.starting_wages
    # who comes from nonemployment buys the promise of auctions and of learning
    output = example.problem.output / np.maximum(example.problem.teams.sizes, 1)
    share = output[:, example.problem.teams.upper].transpose(2, 0, 1)
    assert (starts < share)[made].all()
    assert (starts < 0)[made].any()
    counts, k = [1, 1, 0], 1
    start = worker.starting_wage(1, counts, k)
    m = example.problem.teams.index([1, 0, 0])
    assert start == pytest.approx(starts[k, 1, m], abs=1e-9)
    delta = example.surplus_of(1, counts, k)
    won = worker.poached_wage(1, counts, k, np.array([-1.0, 0.0, 0.4, 0.9]) * delta)
    assert won[0] == won[1] == pytest.approx(start, abs=1e-9)
    assert (np.diff(won[1:]) > 0).all()
    assert worker.poached_wage(1, counts, k, 0.4 * delta) == pytest.approx(won[2])
    # all that he adds is his when W = U + Δ
    U = example.problem.outside[k]
    top = worker.wage(1, counts, k, U + delta)
    assert worker.markdown(1, counts, k, top) == pytest.approx(1, abs=1e-9)
    assert worker.markdown(1, counts, k, start) == pytest.approx(U / (U + delta))


@settings(max_examples=12, deadline=None)
@given(st.data())
def test_newton_converges_in_economies_drawn_at_random(data):
    rate = st.floats(0.0, 2.0)
    finite = exact.FiniteEconomy.example(
        **{
            "max_team_size": 3,
            "renegotiation_rate": data.draw(rate),
            "learning_event_rate": data.draw(rate),
            "contact_rate_employed": data.draw(rate),
            "ces_exponent": data.draw(st.floats(0.5, 3.0)),
            "learning_from_better": data.draw(st.floats(0, 0.5)),
            "productivity": [0.5, data.draw(st.floats(0.6, 2.0))],
        }
    )
    # at any cross-section: χ uniform, a fifth of the workers without a job
    equilibrium = unsettled(finite)
    worker = worker_value(equilibrium, most_wages=40)
    assert worker.residual <= 1e-10
    outside = equilibrium.problem.outside[:, None, None]
    k, t, m = np.indices(worker.starting_wages.shape)
    for i in range(0, k.size, 7):
        kind, firm, other = (int(part.flat[i]) for part in (k, t, m))
        counts = equilibrium.problem.teams.counts[
            equilibrium.problem.teams.upper[other, kind]
        ]
        start = float(worker.starting_wages[kind, firm, other])
        value = worker.at(firm, counts, kind, start)
        assert value == pytest.approx(outside[kind, 0, 0], abs=1e-8)


def unsettled(finite):
    """V and flows of a cross-section that is not stationary: W needs no more."""
    problem = FirmProblem(finite)
    firms = np.outer(finite.firm_shares, np.ones(problem.shape[1]) / problem.shape[1])
    here = exact.CrossSection(firms, np.full(finite.worker_types, 0.2))
    value, _ = exact.value_at(finite, here)
    scale = np.abs(value).max()
    surplus = problem.surpluses(value)
    ladder = Ladder(finite, problem.teams, surplus, 1e-10 * scale, 1e-6 * scale)
    rates = flows(problem, ladder, ladder.meetings(here))
    residuals = exact.Residuals(
        bellman=0.0,
        stationary=np.nan,
        workers=np.nan,
        fixed_point=0.0,
        indifference=1e-6,
        undecided=0.0,
    )
    return exact.Equilibrium(finite, problem, value, here, ladder, rates, residuals)


# careers


def careers(equilibrium, worker, seed):
    plain = PlainWorkers(equilibrium)

    def counts(k, others):
        return counts_of(equilibrium, (*others, k))

    return Careers(
        plain,
        lambda t, k, others, value: worker.wage(t, counts(k, others), k, value),
        lambda t, k, others, wage: worker.at(t, counts(k, others), k, wage),
        seed,
    )


@pytest.mark.parametrize(
    ("firm", "k", "others", "wage"),
    [(1, 0, (1,), -0.4), (0, 1, (), 0.9), (1, 1, (0,), 0.2), (None, 1, None, None)],
)
def test_mean_discounted_income_of_careers_is_the_value(
    tiny, tiny_worker, firm, k, others, wage
):
    simulated = careers(tiny, tiny_worker, seed=5)
    job = None if firm is None else (firm, others)
    incomes = [simulated.income(k, job, wage) for _ in range(5000)]
    if job is None:  # all jobs begin at W = U, whatever auctions bring later
        value = tiny.problem.outside[k]
    else:
        value = tiny_worker.at(firm, counts_of(tiny, (*others, k)), k, wage)
    error = np.std(incomes) / math.sqrt(len(incomes))
    assert abs(np.mean(incomes) - value) < 3.5 * error
    assert error < 0.05 * value


# the solver, and what is refused


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda w: w.at(2, [1, 0, 0], 0, 1.0), "firm_type = 2"),
        (lambda w: w.at(0, [1, 0, 0], 3, 1.0), "worker_type = 3"),
        (lambda w: w.at(0, [1, 0, 0], 1, 1.0), "no worker of type 1"),
        (lambda w: w.at(0, [4, 1, 0], 1, 1.0), "no team"),
        (lambda w: w.at(0, [1, 0, 0], 0, np.nan), "wage must be a finite number"),
        (lambda w: w.wage(0, [1, 0, 0], 0, np.inf), "value must be a finite number"),
        (lambda w: w.wage(0, [1, 0, 0], 0, -1e300), "value = -1e[+]300 is too large"),
        (lambda w: w.at(0, [[1, 0, 0]] * 2, 0, 1.0), "counts must be one team"),
        (lambda w: w.starting_wage(0, [[1, 0, 0]] * 2, 0), "counts must be one team"),
        (lambda w: w.starting_wage(0, [1, 0, 0], -1), "worker_type = -1"),
        (lambda w: w.tabulated_wage(0, [1, 0, 1], -1, 23.0), "worker_type = -1"),
        (lambda w: w.tabulated_wage(0, [1, 0, 1], 9, 23.0), "worker_type = 9"),
        (lambda w: w.tabulated_wage(-1, [1, 0, 1], 0, 23.0), "firm_type = -1"),
        (lambda w: w.tabulated_wage([0, 2], [1, 0, 1], 0, 23.0), "firm_type = 2"),
        (lambda w: w.tabulated_wage(0, [1, 0, 1], [0, 1], 23.0), "no worker of type 1"),
        (lambda w: w.tabulated_wage(0, [1, 0, 1], 0, np.nan), "value must be a finite"),
        (
            lambda w: w.tabulated_wage([0] * 3, [1, 0, 1], 0, [1.0] * 2),
            "arrays of one length are needed",
        ),
        (
            lambda w: w.tabulated_wage(0, [[1, 0, 1]] * 3, [0] * 2, 1.0),
            "arrays of one length are needed",
        ),
        (lambda w: w.wages_on(0, 0, -1, 1.0), "coworkers = -1"),
        (lambda w: w.markdown(0, [1, 0, 0], -1, 1.0), "worker_type = -1"),
        (lambda w: worker_value(w.equilibrium, [1.0]), "at least two"),
        (lambda w: worker_value(w.equilibrium, [1.0, 0.0]), "increase"),
        (lambda w: worker_value(w.equilibrium, tolerance=0), "tolerance"),
        (lambda w: worker_value(w.equilibrium, most_wages=1), "most_wages"),
    ],
)
def test_bad_values_are_named(worker, call, words):
    with pytest.raises(ValueError, match=words):
        call(worker)


def test_wrong_types_are_named(worker):
    with pytest.raises(TypeError, match="takes the Equilibrium"):
        worker_value(None)
    with pytest.raises(TypeError, match="wage must be numbers"):
        worker.at(0, [1, 0, 0], 0, "much")
    with pytest.raises(TypeError, match="firm_type must be whole numbers"):
        worker.tabulated_wage(0.5, [1, 0, 0], 0, 1.0)


def test_a_reader_sees_what_it_is(worker):
    assert repr(worker).startswith("WorkerValue(120 rungs at ")
