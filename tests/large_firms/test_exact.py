"""The exact solver against plain Python, value iteration and printed numbers."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_economy import PlainEconomy

from jobteams_lab.large_firms import equilibrium_search
from jobteams_lab.large_firms.bellman import bellman_residual, value_by_newton
from jobteams_lab.large_firms.economy import Economy
from jobteams_lab.large_firms.exact import CrossSection, FiniteEconomy, solve, value_at
from jobteams_lab.large_firms.finite_learning import learning_matrix
from jobteams_lab.large_firms.firm_problem import FirmProblem
from jobteams_lab.large_firms.job_ladder import Ladder
from jobteams_lab.large_firms.stationary import flows, net_flows, stationary

TWO_ABILITIES = {
    "human_capital": [0.7, 1.1],
    "ability": [0.93, 1.04],
    "newborn_shares": [0.35, 0.25, 0.15, 0.25],
    "learning_environment": [0.98, 1.05],
    "firm_shares": [0.6, 0.4],
    "max_team_size": 3,
}
VARIANTS = {
    "example A": {},
    "to the nearest": {"rounding": "nearest"},
    "two abilities": TWO_ABILITIES,
    "one human capital": {"human_capital": [1.3], "newborn_shares": [1.0]},
    "teams of one": {"max_team_size": 1},
    "substitutes": {"ces_exponent": 1.7, "nonemployment_income": 0.7},
}


def example(**changes):
    return FiniteEconomy.example(**changes)


@pytest.fixture(scope="module")
def found():
    return solve(example())


@pytest.fixture(scope="module", params=VARIANTS)
def variant(request):
    return solve(example(**VARIANTS[request.param]))


def random_state(economy, seed):
    """V whose surpluses have both signs, χ with the right shares and u, all random."""
    rng = np.random.default_rng(seed)
    shape = economy.firm_types, economy.teams
    firms = rng.exponential(size=shape)
    firms *= (economy.firm_shares / firms.sum(axis=1))[:, None]
    nonemployed = rng.exponential(size=economy.worker_types)
    value = 20 * rng.standard_normal(shape)
    return value, CrossSection(firms, nonemployed)


# Against plain Python


def test_prints_ground_truth_a(found):
    rates = found.transition_rates
    printed = {
        found.employment_rate: "0.77605",
        found.mean_team_size: "2.3282",
        rates.EN: "0.14742",
        rates.NE: "0.68412",
        rates.EE: "0.13833",
        found.match_rate: "0.60140",
        found.joint_value(0, [0, 0, 0]): "30.11675",
        found.joint_value(1, [0, 0, 0]): "60.93222",
        found.joint_value(0, [1, 1, 1]): "51.02942",
        found.joint_value(1, [1, 1, 1]): "87.83015",
    }
    for number, text in printed.items():
        assert f"{number:.{len(text.split('.')[1])}f}" == text
    assert found.residuals.bellman < 1e-12
    assert found.residuals.stationary < 1e-10
    assert found.residuals.undecided == 0


def test_plain_equilibrium_is_the_same(found):
    plain = PlainEconomy(found.economy)
    value, chi, u, (lost, hired, moved) = plain.equilibrium(1e-9, years=0.1)
    order = plain.order(found.problem.teams)
    assert found.value[:, order].ravel() == pytest.approx(value, abs=5e-8)
    firms = found.cross_section.firms[:, order].ravel()
    assert firms == pytest.approx(chi, abs=1e-9)
    assert found.cross_section.nonemployed == pytest.approx(u, abs=5e-8)
    held = chi @ plain.size
    rates = lost / held, hired / u.sum(), moved / held
    assert tuple(found.transition_rates) == pytest.approx(rates, abs=1e-7)


@pytest.mark.parametrize("name", VARIANTS)
def test_equations_are_those_of_plain_python(name):
    economy = example(**VARIANTS[name])
    problem, plain = FirmProblem(economy), PlainEconomy(economy)
    order = plain.order(problem.teams)
    assert np.array_equal(np.sort(order), np.arange(len(order)))
    assert problem.output[:, order].ravel() == pytest.approx(plain.output, rel=1e-13)
    for firm, q in enumerate(economy.learning_environment):
        matrix = learning_matrix(economy, problem.teams, q).toarray()
        here = slice(firm * len(order), (firm + 1) * len(order))
        difference = matrix[np.ix_(order, order)] - plain.learning[here, here]
        assert np.abs(difference).max() < 1e-13
    for seed in range(5):
        value, now = random_state(economy, seed)
        chi, u = now.firms[:, order].ravel(), now.nonemployed
        ladder = Ladder(economy, problem.teams, problem.surpluses(value), 1e-9, 1e-12)
        residual = bellman_residual(problem, value, ladder, ladder.gains(now))
        slow = plain.bellman_residual(value[:, order].ravel(), chi, u)
        assert residual[:, order].ravel() == pytest.approx(slow, rel=1e-12, abs=1e-11)
        rates = flows(problem, ladder, ladder.meetings(now))
        change, change_u = net_flows(problem, now, rates)
        slow, slow_u, moves = plain.net_flows(value[:, order].ravel(), chi, u, 1e-9)
        assert np.abs(change[:, order].ravel() - slow).max() < 1e-12
        assert np.abs(change_u - slow_u).max() < 1e-12
        held = now.employed(problem.teams)
        offered = economy.contact_rate_nonemployed * rates.accepted @ u
        summed = (held * rates.to_nonemployment).sum(), (held * rates.poached).sum()
        assert (summed[0], offered, summed[1]) == pytest.approx(moves, rel=1e-11)


def test_solutions_solve_the_plain_equations(variant):
    plain = PlainEconomy(variant.economy)
    order = plain.order(variant.problem.teams)
    value = variant.value[:, order].ravel()
    chi = variant.cross_section.firms[:, order].ravel()
    u, tie = variant.cross_section.nonemployed, variant.ladder.tie
    assert np.abs(plain.bellman_residual(value, chi, u)).max() < 1e-10
    change, change_u, _ = plain.net_flows(value, chi, u, tie)
    assert variant.residuals.undecided == 0
    assert np.abs(change).max() < 1e-9 and np.abs(change_u).max() < 1e-9


# The two routes to V


@pytest.mark.parametrize("name", ["example A", "two abilities", "substitutes"])
def test_newton_is_value_iteration(name):
    economy = example(**VARIANTS[name])
    _, now = random_state(economy, 7)
    fast, residual = value_at(economy, now)
    slow, other = value_at(economy, now, method="iteration", tolerance=1e-13)
    assert residual < 1e-12 and other <= 1e-13
    assert np.abs(fast - slow).max() < 1e-10 * np.abs(fast).max()
    if name == "two abilities":
        plain = PlainEconomy(economy)
        order = plain.order(FirmProblem(economy).teams)
        chi = now.firms[:, order].ravel()
        plainly = plain.value_iteration(chi, now.nonemployed, 1e-9, years=0.1)
        assert fast[:, order].ravel() == pytest.approx(plainly, abs=2e-8)


def test_newton_forgets_where_it_began():
    economy = example()
    start, now = random_state(economy, 3)
    value, _ = value_at(economy, now)
    other, _ = value_at(economy, now, start=start)
    assert np.abs(value - other).max() < 1e-11 * np.abs(value).max()


# Properties


def test_order_of_types_does_not_matter():
    economy = example(**TWO_ABILITIES)
    one = solve(economy)
    turned = dataclasses.replace(
        economy,
        productivity=economy.productivity[::-1],
        learning_environment=economy.learning_environment[::-1],
        firm_shares=economy.firm_shares[::-1],
        ability=economy.ability[::-1],
        newborn_shares=economy.newborn_shares[[1, 0, 3, 2]],
    )
    other = solve(turned)
    counts = one.problem.teams.counts
    same = other.problem.teams.index(counts[:, [1, 0, 3, 2]])
    assert other.value[::-1, same] == pytest.approx(one.value, rel=1e-8)
    firms = other.cross_section.firms[::-1, same]
    assert firms == pytest.approx(one.cross_section.firms, abs=1e-9)


@given(st.permutations([0, 0, 1, 2]), st.integers(0, 1))
def test_surpluses_add_up_in_any_order(found, team, firm):
    counts, total = np.zeros(3, int), found.joint_value(firm, [0, 0, 0])
    for k in team:
        counts[k] += 1
        total += found.surplus_of(firm, counts, k) + found.economy.outside_values[k]
    assert total == pytest.approx(found.joint_value(firm, counts), rel=1e-13)


def test_removing_then_adding_leads_back(found):
    teams = found.problem.teams
    for k, lower in enumerate(teams.lower.T):
        has = np.flatnonzero(teams.counts[:, k])
        assert (lower[teams.counts[:, k] == 0] == -1).all()
        assert np.array_equal(teams.upper[lower[has], k], has)
    assert np.array_equal(teams.index(teams.counts), np.arange(len(teams.counts)))


def test_workers_and_firms_are_kept_and_markets_clear(variant):
    economy, here = variant.economy, variant.cross_section
    assert here.firms.sum(axis=1) == pytest.approx(economy.firm_shares, abs=1e-12)
    workers = here.nonemployed.sum() + variant.employed.sum()
    assert workers == pytest.approx(economy.workers_per_firm, abs=1e-8)
    rates, held = variant.transition_rates, variant.employed
    joined = (variant.flows.hires * here.receivers(variant.problem.teams)).sum()
    hired, moved = rates.NE * here.nonemployed.sum(), rates.EE * held.sum()
    assert joined == pytest.approx(hired + moved, rel=1e-10)
    left = (rates.EN + economy.retirement_rate) * held.sum()
    assert left == pytest.approx(hired, abs=1e-8)
    assert 0 < variant.employment_rate < 1
    sizes = variant.size_distribution @ np.arange(economy.max_team_size + 1)
    assert sizes == pytest.approx(held.sum(), rel=1e-12)


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 10**6), st.floats(0.5, 1.5), st.floats(0.01, 1.0))
def test_value_rises_with_productivity(seed, eta, more):
    economy = example(productivity=[0.9, 0.9 + more], ces_exponent=eta)
    _, now = random_state(economy, seed)
    value, _ = value_at(economy, now)
    assert (value[1] > value[0]).all()


def test_teams_of_one_are_a_job_ladder():
    economy = example(
        max_team_size=1, human_capital=[1.0], newborn_shares=[1.0], ces_exponent=1.0
    )
    found = solve(economy)
    here = found.cross_section
    free, filled = here.firms.T
    mass = float(free.sum() + 2 * filled.sum())
    lost = 0.05 + 0.127 + 0.02
    # everybody takes any job, and leaves the worse firms for the better ones
    upwards = 0.6 * free[1] / mass
    hires = 0.9 * here.nonemployed[0] / mass * free
    assert hires[0] == pytest.approx((lost + upwards) * filled[0], rel=1e-8)
    assert hires[1] + upwards * filled[0] == pytest.approx(lost * filled[1], rel=1e-8)
    assert found.transition_rates.EE == pytest.approx(
        upwards * filled[0] / filled.sum(), rel=1e-8
    )


# Policies that tie


@pytest.fixture(scope="module")
def alike():
    return Economy.paper(contact_rate_nonemployed=0.9).discretise(1, 1, 5, 1)


def test_pure_policies_may_alternate_where_mixed_ones_settle(alike):
    problem, found = FirmProblem(alike), solve(alike)
    assert 0 < found.residuals.undecided < 0.01
    assert found.residuals.fixed_point < 1e-8
    assert found.residuals.bellman < 1e-11 and found.residuals.stationary < 1e-10
    # mixing is worth at most the width to those who mix
    assert found.residuals.indifference <= 1e-6
    value, now, seen = found.value, found.cross_section, []
    scale = np.abs(value).max()
    for _ in range(24):
        surplus = problem.surpluses(value)
        ladder = Ladder(alike, problem.teams, surplus, 1e-10 * scale, 1e-14 * scale)
        now, _, _ = stationary(problem, ladder, now, 1e-11)
        value, _ = value_by_newton(problem, value, now, 1e-12)
        seen.append(value)
    assert np.abs(seen[-1] - seen[-3]).max() < 1e-10 * scale
    assert np.abs(seen[-1] - seen[-2]).max() > 1e-4 * scale
    # what alternates is worth little: where workers are hardly depends on it
    held = now.employed(problem.teams).sum()
    assert held == pytest.approx(found.employed.sum(), rel=1e-3)


def test_a_width_that_is_not_reached_is_said(alike, monkeypatch):
    monkeypatch.setattr(equilibrium_search, "ROUNDS", 9)
    with pytest.warns(RuntimeWarning, match="Policies tie: they settle only if"):
        found = solve(alike, indifference=1e-9)
    assert found.residuals.indifference > 1e-9


def test_what_is_no_solution_is_not_returned(found, monkeypatch):
    lost = found.economy.with_(retirement_rate=1e-7)
    monkeypatch.setattr(equilibrium_search, "ROUNDS", 6)
    with pytest.raises(RuntimeError, match="No equilibrium was found"):
        solve(lost)


def test_where_nobody_works_there_are_no_rates():
    idle = solve(example(nonemployment_income=50.0))
    rates = idle.transition_rates
    assert idle.employment_rate < 1e-12
    assert np.isnan([rates.EN, rates["EE"]]).all() and rates.NE < 1e-12


# Starts and checkpoints


def test_another_start_leads_to_the_same(found):
    other = solve(example(productivity=[0.9, 1.1]))
    again = solve(found.economy, start=other)
    assert again.value == pytest.approx(found.value, rel=1e-8)
    with pytest.raises(ValueError, match=r"start has \(2, 5\) firm types and teams"):
        solve(found.economy, start=solve(example(**VARIANTS["one human capital"])))


def test_a_killed_search_goes_on(found, tmp_path, monkeypatch):
    path, rounds = tmp_path / "state.npz", []

    def killed(*arguments):
        rounds.append(1)
        if len(rounds) > 2:
            raise KeyboardInterrupt
        return stationary(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(equilibrium_search, "stationary", killed)
        with pytest.raises(KeyboardInterrupt):
            solve(found.economy, checkpoint=path)
    stored = path.read_bytes()
    again = solve(found.economy, checkpoint=path)
    assert again.value == pytest.approx(found.value, rel=1e-8)
    assert again.employment_rate == pytest.approx(found.employment_rate, abs=1e-9)
    assert path.read_bytes() != stored
    assert [file.name for file in tmp_path.iterdir()] == ["state.npz"]

    with pytest.raises(ValueError, match="is the checkpoint of another economy"):
        solve(example(firm_death_rate=0.03), checkpoint=path)
    for damaged in (stored[:-200], stored[: len(stored) // 2], b"no checkpoint", b""):
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match="is not a checkpoint: name another"):
            solve(found.economy, checkpoint=path)
    with pytest.raises(FileNotFoundError, match=r"There is no folder .*: make it"):
        solve(found.economy, checkpoint=tmp_path / "none" / "state.npz")


# Refusals


REFUSED = [
    ({"firm_death_rate": 0.0}, "firm_death_rate = 0 must be finite and greater than 0"),
    ({"match_break_rate": -1.0}, "match_break_rate = -1 must be finite and at least 0"),
    ({"ces_exponent": 0}, "ces_exponent = 0 must be finite and greater than 0"),
    ({"max_team_size": 0}, "max_team_size = 0 must be finite and at least 1"),
    ({"rounding": "down"}, "rounding = 'down' is not known: choose one of"),
    ({"human_capital": [0.6, -1.0, 1.6]}, "human_capital = -1 must be positive"),
    ({"human_capital": [0.6, 1.6, 1.0]}, "human_capital must increase: sort it"),
    ({"ability": [0.0]}, "ability = 0 must be positive for every type"),
    ({"ability": [np.nan]}, "ability must be a list of finite numbers"),
    ({"productivity": []}, "productivity must be a list of finite numbers"),
    ({"productivity": [1.0]}, "productivity has 1 values and learning_environment 2"),
    ({"newborn_shares": [0.5, 0.5]}, "newborn_shares has 2 values: give 3, one a"),
    ({"newborn_shares": [0.5, 0.6, -0.1]}, "newborn_shares must be probabilities"),
    ({"firm_shares": [0.5, 0.6]}, r"with sum 1 \(not 1.1\)"),
    ({"firm_shares": [1.0]}, "firm_shares has 1 values: give 2, one a type of firm"),
]


@pytest.mark.parametrize(("changes", "sentence"), REFUSED)
def test_economies_are_refused_in_a_sentence(changes, sentence):
    with pytest.raises(ValueError, match=sentence):
        example(**changes)


def test_what_is_no_number_is_refused():
    with pytest.raises(TypeError, match="workers_per_firm must be a number, not '3'"):
        example(workers_per_firm="3")
    with pytest.raises(TypeError, match="productivity must be a list of numbers"):
        example(productivity=["a", "b"])
    with pytest.raises(TypeError, match="max_team_size must be a whole number"):
        example(max_team_size=4.0)


def test_arguments_are_refused_in_a_sentence(found):
    economy, here = found.economy, found.cross_section
    with pytest.raises(ValueError, match="tolerance = 0 must be at least 1e-13"):
        solve(economy, tolerance=0)
    with pytest.raises(ValueError, match=r"indifference = 0\.1 must .* 0\.02"):
        solve(economy, indifference=0.1)
    with pytest.raises(
        ValueError, match=r"firms must be finite numbers of shape \(2, 20\)"
    ):
        value_at(example(max_team_size=3), here)
    with pytest.raises(ValueError, match=r"with sum 1 \(not 2\)"):
        value_at(economy, CrossSection(2 * here.firms, here.nonemployed))
    with pytest.raises(ValueError, match="start must be finite numbers of shape"):
        value_at(economy, here, start=found.value[:, :3])
    with pytest.raises(TypeError, match="cross_section must be a CrossSection"):
        value_at(economy, here.firms)
    with pytest.raises(TypeError, match=r"call economy\.discretise\(\) first"):
        solve(Economy.paper())
    with pytest.raises(TypeError, match="start must be an Equilibrium, not 3"):
        solve(economy, start=3)
    with pytest.raises(ValueError, match="retirement_rate = 0 must be positive"):
        solve(economy.with_(retirement_rate=0))
    with pytest.raises(ValueError, match="no worker of type 1: count the worker"):
        found.surplus_of(0, [1, 0, 1], 1)
    with pytest.raises(KeyError, match="XX"):
        found.transition_rates["XX"]
    with pytest.raises(ValueError, match="method = 'guess' is not known"):
        value_at(economy, here, method="guess")
    with pytest.raises(ValueError, match="counts must be 3 whole numbers"):
        found.joint_value(0, [1, 1])
    with pytest.raises(ValueError, match=r"counts = \[2, 2, 2\] is no team"):
        found.joint_value(0, [2, 2, 2])
    with pytest.raises(ValueError, match="firm_type = 2 must be at least 0 and at"):
        found.joint_value(2, [1, 1, 1])
    with pytest.raises(ValueError, match="worker_type = 3 must be at least 0"):
        found.surplus_of(0, [1, 1, 1], 3)
    with pytest.raises(ValueError, match="has no worker of type 0"):
        found.surplus_of(0, [0, 1, 1], 0)


def test_economies_and_equilibria_say_what_they_are(found):
    assert repr(found.economy) == (
        "FiniteEconomy(3 types of workers, 2 of firms, teams of at most 4: 70 states)"
    )
    assert repr(found) == (
        "Equilibrium(70 states: employment 0.776, mean team 2.33, EN 0.147, NE 0.684,"
        " EE 0.138)"
    )


@pytest.mark.slow
def test_a_hundred_thousand_states():
    economy = Economy.paper().discretise(human_capital=6, productivity=13)
    assert economy.states == 104_104
    found = solve(economy)
    assert found.residuals.bellman < 1e-12
    assert found.residuals.stationary < 1e-10
    assert found.residuals.fixed_point < 1e-8
    value, error = value_at(economy, found.cross_section, tolerance=1e-12)
    assert error <= 1e-12
    assert np.abs(value / found.value - 1).max() < 1e-10
    held = found.employed.sum() + found.cross_section.nonemployed.sum()
    assert held == pytest.approx(economy.workers_per_firm, rel=1e-9)
