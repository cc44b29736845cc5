"""What a team is to a value: the same in any order, and equal to the slow routes."""

from math import comb

import jax
import numpy as np
import pytest

from jobteams_lab.large_firms import team_basis
from jobteams_lab.large_firms.economy import Economy
from jobteams_lab.large_firms.networks import Basis, DeepSet
from jobteams_lab.large_firms.population import Population
from jobteams_lab.precision import double

PLACES = 6


@pytest.fixture(scope="module")
def economy():
    return Economy.paper(max_team_size=PLACES)


@pytest.fixture(scope="module")
def scale(economy):
    return team_basis.scale_of(economy)


@pytest.fixture(scope="module")
def evaluate(scale):
    basis = Basis(scale, DeepSet.random(3, 4, 5))
    return jax.jit(basis.__call__)


@pytest.fixture(scope="module")
def teams():
    """Teams of each size, some with workers who are alike in h, or in h and a."""
    rng = np.random.default_rng(1)
    n = np.arange(400) % (PLACES + 1)
    x = rng.normal(0, 0.3, (400, PLACES))
    y = rng.normal(0, 0.02, (400, PLACES))
    x[100:, 1], x[200:, 3] = x[100:, 0], x[200:, 0]
    y[300:, 3] = y[300:, 0]
    return x, y, n, rng.normal(-0.016, 0.013, 400)


def flat(x, y, n, log_q):
    """The same teams as a Population with z = 1."""
    firm, place = np.nonzero(np.arange(PLACES) < n[:, None])
    h, a = np.exp(x[firm, place]), np.exp(y[firm, place])
    return Population(np.ones(len(n)), np.exp(log_q), firm, h, a, h), place


def test_the_order_of_workers_does_not_matter(evaluate, teams):
    x, y, n, log_q = teams
    rng = np.random.default_rng(2)
    keys = np.where(np.arange(PLACES) < n[:, None], rng.random(x.shape), 2)
    order = keys.argsort(1)
    with double():
        before = np.asarray(evaluate(*teams))
        shuffled = (np.take_along_axis(part, order, 1) for part in (x, y))
        after = np.asarray(evaluate(*shuffled, n, log_q))
    assert (order != np.arange(PLACES)).any(1).sum() > 200
    np.testing.assert_allclose(after, before, rtol=1e-11, atol=1e-11)


def test_empty_places_are_not_read(evaluate, teams):
    x, y, n, log_q = teams
    empty = np.arange(PLACES) >= n[:, None]
    with double():
        before = np.asarray(evaluate(*teams))
        for nonsense in (np.nan, np.inf, -1e300):
            wrong = (np.where(empty, nonsense, part) for part in (x, y))
            after = np.asarray(evaluate(*wrong, n, log_q))
            np.testing.assert_array_equal(after, before)


def test_features_tell_workers_apart(evaluate, teams):
    x, y, n, log_q = teams
    with double():
        before = np.asarray(evaluate(*teams))
        for part in (x, y):
            moved = part.copy()
            moved[:, 0] += 0.01
            new = (moved, y) if part is x else (x, moved)
            after = np.asarray(evaluate(*new, n, log_q))
            changed = np.abs(after - before).max(1)
            assert (changed[n > 0] > 1e-3).all()
            assert (changed[n == 0] == 0).all()


def test_nobody_leaves_only_the_firm(evaluate, scale, teams):
    x, y, n, log_q = teams
    with double():
        values = np.asarray(evaluate(x, y, 0 * n, log_q))
    u = (log_q - scale.q[0]) / scale.q[1]
    np.testing.assert_allclose(values[:, :3], np.stack([u**0, u, u**2], 1))
    known = [0, 1, 2, 3 + len(team_basis.LESSONS) + 2]  # and u³
    np.testing.assert_allclose(values[:, known[-1]], u**3)
    rest = np.delete(values, known, axis=1)
    assert (rest == 0).all()


def test_learning_is_the_populations(economy, scale, teams):
    n = teams[2]
    people, place = flat(*teams)
    with double():
        found = np.asarray(team_basis.learn(*teams, scale))
    learnt = np.log(people.learn(economy).human_capital)
    np.testing.assert_allclose(found[people.firm, place], learnt, atol=1e-14)
    assert (found[np.arange(PLACES) >= n[:, None]] == 0).all()


def test_output_is_the_populations(economy, scale, teams):
    x, n = teams[0], teams[2]
    people, _ = flat(*teams)
    with double():
        found = np.asarray(team_basis.output(x, n, scale))
    np.testing.assert_allclose(found, people.output(economy.ces_exponent), rtol=1e-13)


def test_next_lessons_are_in_the_features(evaluate, economy, scale, teams):
    people, _ = flat(*teams)
    n = teams[2]
    learnt = np.log(people.learn(economy).human_capital / people.human_capital)
    with double():
        values = np.asarray(evaluate(*teams))
    for column, times in enumerate(team_basis.LESSONS):
        h = people.human_capital * np.exp(times * learnt)
        later = Population(
            *(people.productivity, people.learning_environment, people.firm),
            *(h, people.ability, h),
        )
        a_worker = later.output(economy.ces_exponent) / np.maximum(n, 1)
        np.testing.assert_allclose(values[:, 3 + column], a_worker, rtol=1e-12)


def test_l_moments_of_expected_order_statistics():
    # λ_k from expected order statistics of draws from the team, with replacement
    rng = np.random.default_rng(4)
    for n in (1, 2, 3, 6):
        u = np.sort(rng.normal(size=n))[::-1]
        padded = np.append(u, np.zeros(PLACES - n))
        with double():
            found = np.asarray(team_basis.l_moments(padded, np.array(n)))
        middle = (np.arange(n) + 0.5) / n  # F at each worker, from the best
        share = 1 - middle
        b = [np.mean(u * share**k) for k in range(4)]
        by_hand = [
            sum(
                (-1) ** (r - k) * comb(r, k) * comb(r + k, k) * b[k]
                for k in range(r + 1)
            )
            for r in range(4)
        ]
        np.testing.assert_allclose(found, by_hand, atol=1e-13)


def test_single_precision(scale, teams):
    basis = jax.jit(Basis(scale).__call__)
    with double():
        exact = np.asarray(basis(*teams))
        x, y, log_q = (teams[k].astype(np.float32) for k in (0, 1, 3))
        rough = np.asarray(basis(x, y, teams[2], log_q))
    assert rough.dtype == np.float32
    # products of four moments of size up to 3 each
    np.testing.assert_allclose(rough, exact, rtol=2e-4, atol=2e-4)


def test_types_that_do_not_vary(teams):
    economy = Economy.paper(max_team_size=PLACES).with_(
        sd_log_ability=0, worker_covariance=0, sd_log_environment=0
    )
    scale = team_basis.scale_of(economy)
    x, _, n, _ = teams
    with double():
        same = np.asarray(Basis(scale)(x, 0 * x, n, 0 * x[:, 0] + scale.q[0]))
        # an environment that no firm has makes no difference but to what is learnt
        other = np.asarray(Basis(scale)(x, 0 * x, n, 0 * x[:, 0] + 1))
    assert np.isfinite(same).all()
    lessons = slice(4, 3 + len(team_basis.LESSONS))
    moved = np.ones(same.shape[1], bool)
    moved[lessons] = False
    np.testing.assert_array_equal(same[:, moved], other[:, moved])
    assert (other[n > 0, lessons] > same[n > 0, lessons]).all()
