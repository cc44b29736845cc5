"""V in features of sets against the table, on an economy of 70 states."""

import numpy as np
import pytest
from plain_economy import PlainEconomy

from jobteams_lab.large_firms import FiniteEconomy, exact
from jobteams_lab.large_firms.bellman import bellman_residual
from jobteams_lab.large_firms.job_ladder import Ladder
from jobteams_lab.large_firms.linear_systems import orthonormal
from jobteams_lab.large_firms.networks import Basis, DeepSet
from jobteams_lab.large_firms.team_basis import Scale
from jobteams_lab.large_firms.value_accuracy import accuracy
from jobteams_lab.large_firms.value_on_teams import (
    EVERYWHERE,
    count_features,
    fit_value,
    most_at_a_size,
    set_features,
    teams_as_arrays,
)

SCALE = Scale((0.0, 0.4), (0.0, 0.0), (0.0, 0.0), 0.8, 0.3, 0.1)


@pytest.fixture(scope="module")
def solved():
    return exact.solve(FiniteEconomy.example())


@pytest.fixture(scope="module")
def problem(solved):
    return solved.problem


@pytest.fixture(scope="module")
def few(problem):
    return [count_features(problem, 2)[:, :4]] * 2


def test_workers_stand_in_places(problem):
    x, y, n = teams_as_arrays(problem)
    plain = PlainEconomy(problem.finite)
    lists = {team for _, team in plain.states}
    found = {
        tuple(np.searchsorted(np.log([0.6, 1.0, 1.6]) - 1e-9, row[:size]) - 1)
        for row, size in zip(x, n, strict=True)
    }
    assert found == lists and len(x) == len(lists)
    assert not y.any() and not x[:, ::-1][:, : 4 - int(n[3])][:3].any()
    for row, size, counts in zip(x, n, problem.teams.counts, strict=True):
        human_capital = counts @ problem.finite.human_capital
        assert np.exp(row[:size]).sum() == pytest.approx(human_capital)
        assert not row[size:].any()


def test_as_many_weights_as_teams_give_the_table(solved, problem):
    features = [count_features(problem, 4)] * 2
    found = fit_value(problem, solved.cross_section, features, 35)
    assert found.weights == found.value.size
    assert found.value == pytest.approx(solved.value, rel=1e-8)


def test_deep_sets_give_the_table_too(solved, problem):
    basis = Basis(SCALE, DeepSet.random(0, 8, 60))
    features = [set_features(problem, basis, 0.0)] * 2
    found = fit_value(problem, solved.cross_section, features, 35)
    assert found.weights == found.value.size
    assert found.value == pytest.approx(solved.value, rel=1e-7)


def test_few_weights_are_a_least_squares_solution(solved, problem, few):
    """No direction that the features have lowers the weighted squares of R/(ρV)."""
    found = fit_value(problem, solved.cross_section, few, 17)
    assert found.weights == 2 * (1 + 3 + 4 + 4 + 4)
    here = found.value
    size = np.maximum(np.abs(here), 0.1 * np.abs(here).max())
    firms = solved.cross_section.firms
    share = (1 - EVERYWHERE) * firms + EVERYWHERE / here.size

    def squares(value):
        surplus = problem.surpluses(value)
        ladder = Ladder(problem.finite, problem.teams, surplus, 0.0, 1.0)
        gains = ladder.gains(solved.cross_section)
        residual = bellman_residual(problem, value, ladder, gains)
        return (share * (residual / (0.05 * size)) ** 2).sum()

    least = squares(here)
    assert least > 1e-10
    sizes = problem.teams.sizes
    for firm in (0, 1):
        for n in range(5):
            for column in few[firm][sizes == n].T:
                moved = np.zeros_like(here)
                moved[firm, sizes == n] = 1e-4 * column
                up, down = squares(here + moved), squares(here - moved)
                if not column.any():
                    continue
                curved = up + down - 2 * least
                # the least of the parabola through the three is within 1e-5 of V = 50
                assert curved > 0 and abs(up - down) <= 0.2 * curved


def test_more_weights_come_nearer(solved, problem):
    features = [count_features(problem, 4)] * 2
    errors = []
    for weights in (9, 17, 27):
        found = fit_value(problem, solved.cross_section, features, weights)
        errors.append(np.abs(found.value / solved.value - 1).max())
    assert errors[0] > 3 * errors[1] > 9 * errors[2] > 0


def test_accuracy_counts_every_meeting(solved, problem):
    rng = np.random.default_rng(0)
    value = solved.value * (1 + 0.03 * rng.normal(size=solved.value.shape))
    found = accuracy(problem, solved.cross_section, solved.value, value)
    plain, economy = PlainEconomy(problem.finite), problem.finite
    at = [
        [t, int(problem.teams.index([team.count(k) for k in range(3)]))]
        for t, team in plain.states
    ]
    rows, columns = np.array(at).T
    tables = [v[rows, columns] for v in (solved.value, value)]
    chi, idle = solved.cross_section.firms[rows, columns], economy.contact_rate_employed
    idle = solved.cross_section.nonemployed
    counts = {"hires": [0, 0], "poachings": [0, 0], "quits": [0, 0]}

    def count(what, mass, one, other):
        counts[what][0] += mass * (one == other)
        counts[what][1] += mass

    for k in range(3):
        one, other = (plain.surplus(table, k) for table in tables)
        reach = (1 + plain.size[plain.hiring]) * chi[plain.hiring]
        held = plain.employed(chi, k)
        for i, able in enumerate(reach):
            mass = idle[k] * able * economy.contact_rate_nonemployed
            count("hires", mass, one[i] > 0, other[i] > 0)
            count("quits", held[i], one[i] < 0, other[i] < 0)
            for j, worker in enumerate(held):
                moves = [d[i] > max(d[j], 0) for d in (one, other)]
                count("poachings", able * worker, *moves)
    for name, (same, total) in counts.items():
        assert getattr(found, name) == pytest.approx(same / total, rel=1e-12)
    assert found.poachings < 0.999
    off = np.abs(value / solved.value - 1)
    assert found.value_largest == pytest.approx(off.max())
    assert found.value_mean == pytest.approx((off * solved.cross_section.firms).sum())
    exactly = accuracy(problem, solved.cross_section, solved.value, solved.value)
    assert exactly[:4] == (0, 0, 0, 0) and exactly[4:] == pytest.approx((1, 1, 1))


def test_columns_that_say_nothing_new_are_passed_over():
    columns = np.random.default_rng(0).normal(size=(4, 10))
    columns[:, 1] = columns[:, 2] = columns[:, 0]
    found, kept = orthonormal(columns, 10, 1e-8)
    assert kept == [0, 3, 4, 5]
    assert found.T @ found == pytest.approx(np.eye(4), abs=1e-12)
    assert np.linalg.matrix_rank(np.c_[found[:, :2], columns[:, [0, 3]]]) == 2


def test_weights_are_shared_out_over_sizes(problem):
    available = np.bincount(problem.teams.sizes)
    assert available.tolist() == [1, 3, 6, 10, 15]
    assert most_at_a_size(problem.teams, 17) == 4
    assert most_at_a_size(problem.teams, 16) == 4
    assert most_at_a_size(problem.teams, 10**6) == 15


def test_what_does_not_fit_is_refused(solved, problem, few):
    now = solved.cross_section
    with pytest.raises(ValueError, match="weights = 3 "):
        fit_value(problem, now, few, 3)
    with pytest.raises(ValueError, match="2 arrays with a row for each of the 35"):
        fit_value(problem, now, few[:1], 17)
    with pytest.raises(RuntimeError, match="had not settled after 1 round"):
        fit_value(problem, now, few, 17, max_rounds=1)
