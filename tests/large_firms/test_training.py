"""Networks' Bellman equation against that of features, and training that trains."""

from functools import partial

import jax
import matplotlib.pyplot as plt
import numpy as np
import pytest

from jobteams_lab.large_firms import firm_grid
from jobteams_lab.large_firms.bellman_rows import residuals_at, rows_of
from jobteams_lab.large_firms.devices import Devices
from jobteams_lab.large_firms.economy import Economy
from jobteams_lab.large_firms.figures_networks import plot_races, races_of
from jobteams_lab.large_firms.lessons import (
    Roughly,
    draw,
    lessons_of,
    policy_iteration,
    task_of,
)
from jobteams_lab.large_firms.meeting_tables import Market, tables
from jobteams_lab.large_firms.networks import DeepSet
from jobteams_lab.large_firms.team_sample import TeamSample
from jobteams_lab.large_firms.training import METHODS, train
from jobteams_lab.large_firms.value_network import Network, equation, values
from jobteams_lab.large_firms.value_search import Problem
from jobteams_lab.precision import double

PLACES = 3
ECONOMY = Economy.paper(max_team_size=PLACES)
NODES = np.linspace(-0.6, 0.6, 4)


def some_firms(many=300):
    rng = np.random.default_rng(5)
    n = np.arange(many) % (PLACES + 1)
    taken = np.arange(PLACES) < n[:, None]
    x, y = 0.2 * rng.normal(size=(2, many, PLACES))
    return TeamSample(
        rng.uniform(-0.6, 0.6, many),
        -0.016 + 0.013 * rng.normal(size=many),
        np.where(taken, x, 0),
        np.where(taken, 0.04 * y, 0),
        n,
        0.2 * rng.normal(size=80),
        0.008 * rng.normal(size=80),
    )


@pytest.fixture(scope="module")
def case():
    """A task, and a few teams of each size at which it is looked at."""
    sample = some_firms()
    with double():
        market = Market.of(ECONOMY, sample, 3, 0.0)
        surplus = np.random.default_rng(6).uniform(0, 8, len(market.row))
        table = tables(market, surplus)
        task = task_of(ECONOMY, sample, market, table, NODES)
        teams = draw(sample, 256, np.random.default_rng(7))
        lessons = lessons_of(task, *teams)
    return sample, market, table, task, teams, lessons


@pytest.fixture(scope="module")
def network(case):
    """A network whose head is not zero."""
    start = Network.start(2, case[-1].side.shape[2], embedding=5, units=6)
    return start._replace(head=0.05 * np.random.default_rng(8).normal(size=6))


@partial(jax.jit, static_argnames="scale")
def read(deep, x, y, n, log_q, scale):
    units = deep.units_of(x, y, n, log_q, scale)
    return deep.embed(x, y, n, scale), Roughly(scale)(x, y, n, log_q), units


def plain_value(task, network, x, y, log_q, log_z):
    """V of one team by the formula, from its workers alone."""
    n, pad = len(x), PLACES - len(x)
    x, y = np.append(x, np.zeros(pad)), np.append(y, np.zeros(pad))
    deep, scale = network.deep, task.scale
    # moments, q, the worst and the size are what `DeepSet.units_of` puts behind the
    # embedding: read them there, with weights that pass one input on
    wide, side = deep.inner_bias.shape[0], deep.outer_weights.shape[0]
    known = side - wide - 1 - (PLACES + 1)
    probe = np.zeros((wide + known, known))
    probe[wide:] = 1e-4 * np.eye(known)
    reader = deep._replace(outer_weights=probe, outer_bias=np.zeros(known))
    with double():
        found = read(reader, x[None], y[None], np.array([n]), np.array([log_q]), scale)
    pooled, rough, behind = (np.asarray(part)[0] for part in found)
    behind = np.arctanh(behind) / 1e-4
    level = (log_z - task.centre[0]) / task.centre[1]
    inputs = [pooled / max(n, 1), behind, [level], np.eye(PLACES + 1)[n]]
    first = np.tanh(np.concatenate(inputs) @ deep.outer_weights + deep.outer_bias)
    second = np.tanh(first @ network.hidden_weights + network.hidden_bias)
    share = firm_grid.weights(task.nodes, np.array([log_z]))[0]
    return (share @ task.rough[:, n]) @ rough * (1 + second @ network.head)


def test_values_of_neighbours_are_those_of_teams_built_one_by_one(case, network):
    _, market, _, task, (x, y, n, log_q, log_z), lessons = case
    with double():
        found = np.asarray(values(network, lessons, task.meetings, task.scale))
    # units of teams of less than two are masked in `units_of`, so look at three or more
    for row in np.flatnonzero(n == PLACES)[:4]:
        at = log_q[row], log_z[row]
        expected = plain_value(task, network, x[row], y[row], *at)
        np.testing.assert_allclose(found[row, 0], expected, rtol=1e-7)
        later = np.asarray(lessons.learnt[row])
        expected = plain_value(task, network, later, y[row], *at)
        np.testing.assert_allclose(found[row, 1], expected, rtol=1e-7)
        for i in range(PLACES):
            less = np.delete(x[row], i), np.delete(y[row], i)
            expected = plain_value(task, network, *less, *at)
            np.testing.assert_allclose(found[row, 2 + i], expected, rtol=1e-7)
    for row in np.flatnonzero(n == PLACES - 1)[:4]:
        for m in range(len(market.x)):
            more = (
                np.append(x[row, :-1], market.x[m]),
                np.append(y[row, :-1], market.y[m]),
            )
            expected = plain_value(task, network, *more, log_q[row], log_z[row])
            column = 2 + PLACES + m
            np.testing.assert_allclose(found[row, column], expected, rtol=1e-7)


def test_the_equation_is_that_of_features(case):
    _, market, table, task, (x, y, n, log_q, log_z), lessons = case
    basis, numbers = Roughly(task.scale), task.meetings.numbers
    with double():
        residual, value, _ = equation(lessons.rough, lessons, task.meetings)
        for size in (1, PLACES):
            at = np.flatnonzero(n == size)[:32]
            problem = np.broadcast_to(np.eye(5), (PLACES + 1, 5, 5))
            devices = Devices(jax.local_devices()[:1])
            rows = rows_of(
                basis, problem, numbers, market, x[at], y[at], size, log_q[at], devices
            )
            near = np.clip([size - 1, size, size + 1], 0, PLACES)
            expected, level = residuals_at(
                rows,
                task.rough[:, near].swapaxes(0, 1),
                firm_grid.weights(NODES, log_z[at]),
                table,
                numbers.income * np.exp(market.x),
                numbers,
                np.exp(log_z[at]),
            )
            np.testing.assert_allclose(value[at], level, rtol=1e-12)
            np.testing.assert_allclose(residual[at], expected, atol=1e-9)


def test_policy_iteration_ends_where_a_step_changes_nothing(case):
    sample, market, table, task, *_ = case
    rng = np.random.default_rng(9)
    with double():
        basis = Roughly(task.scale)
        problem = Problem.of(ECONOMY, basis, NODES, market, sample, 128, 5, rng)
        own = problem.whitened(basis, task.rough)
        changes = [change for _, change in policy_iteration(problem, table, own, 8)]
    assert changes[-1] < 1e-10 < changes[0]


@pytest.fixture(scope="module")
def trained(case):
    task, _, lessons = case[3:]
    return {
        method: train(task, lessons, lessons, method, EPOCHS[method], units=6)
        for method in METHODS
    }


EPOCHS = {"adam": 60, "semi-gradient": 300, "gauss-newton": 8}


@pytest.mark.parametrize("method", METHODS)
def test_training_lowers_the_error(method, trained):
    found = trained[method]
    assert len(found.seconds) == len(found.rms) == EPOCHS[method] + 1
    assert (np.diff(found.seconds) > 0).all()
    assert found.rms[-1] < 0.8 * found.rms[0]


def test_all_begin_at_the_rough_value(case, trained):
    task, _, lessons = case[3:]
    with double():
        residual, value, _ = equation(lessons.rough, lessons, task.meetings)
        q = np.asarray(residual / (task.meetings.numbers.discount * value))
    for found in trained.values():
        np.testing.assert_allclose(found.rms[0], np.sqrt((q**2).mean()), rtol=1e-3)


def test_the_curve_is_that_of_the_network_returned(case, trained):
    task, _, lessons = case[3:]
    found = trained["gauss-newton"]
    with double():
        value = values(found.network, lessons, task.meetings, task.scale)
        residual, value, _ = equation(value, lessons, task.meetings)
        q = np.asarray(residual / (task.meetings.numbers.discount * value))
    np.testing.assert_allclose(found.rms[-1], np.sqrt((q**2).mean()), rtol=1e-9)
    assert np.isnan(found.error).all()  # no reference was given


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        ({"method": "sgd"}, ValueError, "method = 'sgd' is not known"),
        ({"epochs": 0}, ValueError, "epochs = 0 must be"),
        ({"rate": 0.0}, ValueError, "rate = 0 must be"),
        ({"task": None}, TypeError, "train takes a Task, not NoneType"),
    ],
)
def test_bad_arguments_are_refused(change, error, says, case):
    task, _, lessons = case[3:]
    given = {"task": task, "lessons": lessons, "held_out": lessons, **change}
    with pytest.raises(error, match=says):
        train(**given)


def test_too_few_lessons_are_refused(case):
    task, _, lessons = case[3:]
    few = jax.tree.map(lambda part: part[:10], lessons)
    with pytest.raises(ValueError, match="lessons hold 10 teams: draw at least 256"):
        train(task, few, few)


def test_a_network_starts_at_zero_with_the_weights_it_says():
    network = Network.start(0, 12, embedding=3, units=4)
    assert isinstance(network.deep, DeepSet)
    assert (network.head == 0).all()
    assert network.size == 3 * 3 + (3 + 12) * 4 + 4 + 16 + 4 + 4


def test_the_figure_draws_every_race_that_has_errors():
    measured = [
        {"method": "exact", "seconds": [3.0], "rms": [np.nan], "error": [1e-2]},
        {"method": "adam", "seconds": [0.0, 1, 2], "rms": [1, 0.5, 0.2], "error": []},
        {"method": "adam", "seconds": [1, 3], "rms": [0.6, 0.1], "error": []},
    ]
    races = races_of(measured)
    assert list(races) == ["adam"]
    assert [len(seconds) for seconds, _ in races["adam"]] == [2, 2]
    figure, ax = plt.subplots()
    try:
        assert plot_races(races, ax) is ax
        assert [line.get_ydata()[-1] for line in ax.lines] == [0.2, 0.1]
        assert len(ax.get_legend().get_texts()) == 1
        with pytest.raises(ValueError, match="measure = 'loss' is not known"):
            plot_races(races, ax, measure="loss")
    finally:
        plt.close(figure)
