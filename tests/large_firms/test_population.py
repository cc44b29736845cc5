import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobteams_lab.large_firms.economy import Economy
from jobteams_lab.large_firms.population import Population

RATES = Economy.paper()


def gaps_by_double_loop(logs):
    better, worse = [], []
    for own in logs:
        above = math.fsum(other - own for other in logs if other > own)
        below = math.fsum(other - own for other in logs if other < own)
        others = max(len(logs) - 1, 1)
        better.append(above / others)
        worse.append(below / others)
    return np.array(better), np.array(worse)


def terms_by_double_loop(population, rates):
    terms = np.zeros((len(population.firm), 4))
    for f, q in enumerate(population.learning_environment):
        team = np.flatnonzero(population.firm == f)
        better, worse = gaps_by_double_loop(np.log(population.human_capital[team]))
        terms[team, 0] = np.log(population.ability[team])
        terms[team, 1] = math.log(q)
        terms[team, 2] = rates.learning_from_better * better
        terms[team, 3] = rates.learning_from_worse * worse
    return terms


@st.composite
def populations(draw):
    # few firms and few levels of h, so that ties, lone workers and empty firms occur
    firms = draw(st.integers(1, 5))
    workers = draw(st.integers(0, 60))
    levels = st.sampled_from([0.2, 0.7, 1.0, 1.0000001, 3.5]) | st.floats(0.1, 10)
    lists = [st.integers(0, firms - 1), levels, st.floats(0.9, 1.1), st.floats(-9, 9)]
    firm, h, a, wage = (
        draw(st.lists(kind, min_size=workers, max_size=workers)) for kind in lists
    )
    z, q = (
        draw(st.lists(st.floats(0.5, 2), min_size=firms, max_size=firms))
        for _ in range(2)
    )
    return Population(z, q, np.array(firm, dtype=int), h, a, wage)


@settings(deadline=None)  # the first call compiles
@given(populations())
def test_learning_equals_the_double_loop(population):
    expected = terms_by_double_loop(population, RATES)
    np.testing.assert_allclose(
        population.learning_terms(RATES), expected, rtol=1e-14, atol=1e-14
    )
    np.testing.assert_allclose(
        population.learn(RATES).human_capital,
        population.human_capital * np.exp(expected.sum(axis=1)),
        rtol=1e-14,
    )


def test_learning_in_a_team_of_fifty_thousand():
    rng = np.random.default_rng(3)
    h = np.exp(0.157 * rng.standard_normal(50_000))
    h[::7] = h[0]
    team = Population([1.0], [1.0], np.zeros(len(h), int), h, np.ones(len(h)), h)
    terms = team.learning_terms(RATES)
    logs = np.log(h)
    for i in [0, 7, int(h.argmin()), int(h.argmax()), *range(1, 50_000, 997)]:
        gap = logs - logs[i]
        better = math.fsum(gap[gap > 0]) / (len(h) - 1)
        worse = math.fsum(gap[gap < 0]) / (len(h) - 1)
        assert terms[i, 2] == pytest.approx(0.165 * better, rel=1e-14, abs=0)
        assert terms[i, 3] == pytest.approx(0.034 * worse, rel=1e-14, abs=0)


@settings(deadline=None)  # the first call compiles
@given(populations(), st.randoms(use_true_random=False))
def test_learning_does_not_depend_on_the_order_of_workers(population, random):
    order = list(range(len(population.firm)))
    random.shuffle(order)
    other = Population(
        population.productivity,
        population.learning_environment,
        population.firm[order],
        population.human_capital[order],
        population.ability[order],
        population.wage[order],
    )
    terms, others = population.learning_terms(RATES)[order], other.learning_terms(RATES)
    np.testing.assert_array_equal(others[:, 2:], terms[:, 2:])
    np.testing.assert_allclose(others[:, :2], terms[:, :2], atol=1e-15)
    np.testing.assert_allclose(other.output(0.9), population.output(0.9), rtol=1e-13)


def test_workers_alone_and_workers_alike_learn_from_nobody():
    population = Population(
        [1, 1, 1], [1, 1, 1], [0, 2, 2, 2], [0.3, 1.7, 1.7, 1.7], np.ones(4), np.ones(4)
    )
    np.testing.assert_array_equal(
        population.learn(RATES).human_capital, population.human_capital
    )


def test_all_learn_at_once_and_only_where_asked():
    population = Population(
        [1, 1], [1, 1], [0, 0, 1, 1], [1.0, math.e, 1.0, math.e], np.ones(4), np.ones(4)
    )
    logs = np.log(population.learn(RATES).human_capital)
    np.testing.assert_allclose(logs, [0.165, 1 - 0.034] * 2, rtol=1e-14)
    logs = np.log(population.learn(RATES, firms=[1]).human_capital)
    np.testing.assert_allclose(logs, [0, 1, 0.165, 1 - 0.034], rtol=1e-14)
    np.testing.assert_array_equal(
        population.learn(RATES, firms=[]).human_capital, population.human_capital
    )


@settings(deadline=None)  # the first call compiles
@given(populations(), st.sampled_from([0.5, 0.939, 1.0, 2.0]))
def test_output_is_the_slides_equation(population, exponent):
    output = population.output(exponent)
    for f, z in enumerate(population.productivity):
        team = population.human_capital[population.firm == f]
        expected = z * sum(h**exponent for h in team) ** (1 / exponent)
        assert output[f] == pytest.approx(expected, rel=1e-12)


@given(populations(), st.integers(0, 10))
@settings(max_examples=50, deadline=None)
def test_who_is_hired_and_leaves_again_leaves_no_trace(population, number):
    last = len(population.productivity) - 1
    grown = population.add(np.full(number, last), 2.0, 1.0)
    assert grown.sizes.sum() == len(population.firm) + number
    assert grown.sizes[last] == population.sizes[last] + number
    assert np.isnan(grown.wage[len(population.firm) :]).all()
    back = grown.remove(np.arange(len(population.firm), len(grown.firm)))
    for name in ("firm", "human_capital", "ability", "wage"):
        np.testing.assert_array_equal(getattr(back, name), getattr(population, name))


def test_nobody_is_hired():
    population = Population([1.0], [1.0], [0, 0], [1, 2], [1, 1], [1, 1])
    for same in (population.add([], [], []), population.remove([])):
        np.testing.assert_array_equal(same.firm, [0, 0])
        assert same.firm.dtype == np.int64


def test_remove_keeps_the_others_in_their_order():
    population = Population.without_workers([1, 2], [1, 1]).add(
        [0, 1, 1, 0], [0.5, 1, 2, 4], 1.0, [10, 20, 30, 40]
    )
    left = population.remove([3, 1])
    np.testing.assert_array_equal(left.wage, [10, 30])
    np.testing.assert_array_equal(left.firm, [0, 1])
    assert repr(left) == "Population: 2 workers in 2 of 2 firms, the largest team 1"


def test_pools():
    population = Population.without_workers([1, 1, 1], [1, 1, 1]).add(
        [2, 0, 2], [1.0, 2.0, 4.0], 1.0
    )
    values = np.array([[1.0, 10.0], [2.0, 20.0], [4.0, 50.0]])
    np.testing.assert_array_equal(population.pool(values), [[2, 20], [0, 0], [5, 60]])
    np.testing.assert_array_equal(
        population.pool(values, "mean"), [[2, 20], [math.nan] * 2, [2.5, 30]]
    )
    np.testing.assert_array_equal(population.pool(values[:, 0]), [2, 0, 5])
    nobody = Population.without_workers([1, 1], [1, 1])
    assert nobody.pool(np.empty((0, 3))).shape == (2, 3)
    np.testing.assert_array_equal(nobody.output(0.9), [0, 0])
    assert len(nobody.learn(RATES).firm) == 0


def test_a_population_does_not_change():
    h = np.ones(2)
    population = Population([1.0], [1.0], [0, 0], h, [1, 1], [1, 1])
    h[0] = 5
    assert population.human_capital[0] == 1
    with pytest.raises(ValueError, match="read-only"):
        population.human_capital[0] = 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"firm": [0, 2]}, "firm runs from 0 to 2: with 2 firms it must be between"),
        ({"firm": [-1, 0]}, "firm runs from -1 to 0"),
        ({"firm": [0.5, 1.0]}, "firm must be a list of whole numbers"),
        (
            {"human_capital": [1.0]},
            r"human_capital has shape \(1,\): give 2, one",
        ),
        ({"ability": [1.0, 0.0]}, "ability must be positive and finite for every work"),
        ({"productivity": [1.0, math.inf]}, "productivity must be positive and finite"),
        ({"learning_environment": [1.0]}, "learning_environment has shape"),
        ({"wage": [1.0, -math.inf]}, "wage must be finite, or NaN where it is not"),
        ({"ability": ["a", "b"]}, r"ability must be numbers, not \['a', 'b'\]"),
    ],
)
def test_what_is_no_population(change, words):
    fine = {
        "productivity": [1.0, 1.0],
        "learning_environment": [1.0, 1.0],
        "firm": [0, 1],
        "human_capital": [1.0, 1.0],
        "ability": [1.0, 1.0],
        "wage": [1.0, 1.0],
    }
    Population(**fine)
    with pytest.raises((TypeError, ValueError), match=words):
        Population(**fine | change)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda p: p.remove([0, 0]), "workers names a worker twice"),
        (lambda p: p.remove([2]), "workers runs from 2 to 2: there are 2"),
        (lambda p: p.remove([0.5]), "workers must be a list of positions"),
        (lambda p: p.learn(RATES, firms=[1]), "firms runs from 1 to 1: there are 1"),
        (lambda p: p.add(1, 1.0, 1.0), "firm runs from 1 to 1: there are 1"),
        (lambda p: p.pool(np.ones(3)), r"values has shape \(3,\): give one row a"),
        (lambda p: p.pool(np.ones(2), "max"), "how = 'max' is not known"),
        (lambda p: p.output(0.0), "ces_exponent = 0 must be"),
        (lambda p: p.add(0, 1.0, 1.0, np.inf), "wage must be finite, or NaN"),
        (lambda p: p.add(0, [1.0] * 2, [1.0] * 3), r"\(2,\), ability \(3,\)"),
        (lambda p: p.add([[0]], 1.0, 1.0), "firm must be a list of positions"),
        (lambda p: p.add(0, [[1.0, 1.0]], 1.0), r"human_capital has shape \(1, 2\)"),
        (lambda p: p.add(0, "a", 1.0), "human_capital must be numbers, not 'a'"),
        (lambda p: p.pool(["a", "b"]), r"values must be numbers, not \['a', 'b'\]"),
        (lambda p: p.remove(p.wage > 1), r"positions: use np\.flatnonzero\(mask\)"),
        (lambda p: p.learn(RATES, firms=[True]), r"use np\.flatnonzero\(mask\)"),
        (lambda p: p.learn(3), "learn takes Rates, not int: an Economy is one"),
        (lambda p: p.learning_terms(3), "learning_terms takes Rates, not int"),
    ],
)
def test_refused_calls(call, words):
    population = Population([1.0], [1.0], [0, 0], [1, 2], [1, 1], [1, 1])
    with pytest.raises((TypeError, ValueError), match=words):
        call(population)


@settings(deadline=None)  # the first call compiles
@given(populations())
def test_equals_learn_the_same_from_others(population):
    terms = population.learning_terms(RATES)[:, 2:]
    kinds = np.stack([population.firm, population.human_capital], axis=1)
    _, first, kind = np.unique(kinds, axis=0, return_index=True, return_inverse=True)
    np.testing.assert_array_equal(terms, terms[first][kind.ravel()])
