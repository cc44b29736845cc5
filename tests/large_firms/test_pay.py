"""Pay of workers with continuous types: closed forms, inverses, refusals."""

import dataclasses
import re
import warnings

import numpy as np
import pytest
from scipy.optimize import brentq
from worker_pay_examples import LONE, TEAMS, made, offers_to, settling

from jobteams_lab.large_firms.pay import worker_pay
from jobteams_lab.large_firms.population import Population

SMALL = {"rows": 60, "features": 30, "wages": 8, "types": 5, "nodes": 5}


@pytest.fixture(scope="module")
def pay():
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "W had not settled")
        return worker_pay(made(TEAMS), **SMALL)


@pytest.fixture(scope="module")
def people(pay):
    return pay.solution.population


@pytest.fixture(scope="module")
def worth(pay, people):
    """U and Δ⁺ of everybody, through the solution."""
    U = TEAMS.nonemployment_value(people.human_capital)
    return U, np.maximum(pay.solution.surplus(people), 0)


def test_value_increases_in_the_wage_by_no_more_than_it_lasts(pay, people):
    rng = np.random.default_rng(0)
    wages = np.sort(rng.uniform(-30, 60, (60, len(people.firm))), axis=0)
    value = np.stack([pay.value(people, row) for row in wages])
    step = np.diff(value, axis=0) / np.diff(wages, axis=0)
    assert (step > 0).all()
    assert step.max() <= (1 + 1e-9) / pay.maker.discount


def test_wages_are_the_inverse_of_values(pay, people, worth):
    U, most = worth
    value = U + np.random.default_rng(1).uniform(-2, 3, len(U)) * np.maximum(most, 1)
    again = pay.value(people, pay.wage(people, value))
    np.testing.assert_allclose(again, value, rtol=1e-11, atol=1e-11)


def test_what_hires_are_worth(pay, people, worth):
    U, most = worth
    start = pay.starting_wage(people)
    np.testing.assert_allclose(pay.value(people, start), U, rtol=1e-11)
    left = np.random.default_rng(2).uniform(-1, 1, len(U)) * most
    wages = pay.poached_wage(people, left)
    worth_it = U + np.maximum(left, 0)
    np.testing.assert_allclose(pay.value(people, wages), worth_it, rtol=1e-11)


def test_markdown_is_one_where_the_firm_gets_nothing(pay, people, worth):
    U, most = worth
    wages = pay.wage(people, U + most)
    wanted = pay.solution.surplus(people) > 0
    assert wanted.sum() > 50
    np.testing.assert_allclose(pay.markdown(people, wages)[wanted], 1, rtol=1e-10)
    start = pay.starting_wage(people)
    J = pay.solution.surplus(people) + U
    np.testing.assert_allclose(pay.markdown(people, start), U / J, rtol=1e-10)


def test_order_of_workers_does_not_matter(pay, people):
    other = np.random.default_rng(3).permutation(len(people.firm))
    mixed = dataclasses.replace(
        people,
        firm=people.firm[other],
        human_capital=people.human_capital[other],
        ability=people.ability[other],
        wage=people.wage[other],
    )
    first, second = pay.starting_wage(people), pay.starting_wage(mixed)
    np.testing.assert_allclose(second, first[other], rtol=1e-8, atol=1e-8)


def test_firms_without_workers(pay):
    nobody = Population.without_workers([1.0, 2.0], [1.0, 1.0])
    assert pay.starting_wage(nobody).shape == (0,)


def test_residuals_rise_when_values_are_disturbed(pay):
    report = pay.residuals(20)
    assert report.median < report.p99 <= report.largest
    assert report.mean**2 <= report.mean_square
    assert report.sizes.shape == (TEAMS.max_team_size,)
    other = dataclasses.replace(pay, coefficients=1.5 * pay.coefficients)
    assert other.residuals(20).median > 3 * report.median
    assert "median" in repr(report) and "8 wages" in repr(pay)


# a worker alone: his team changes by lessons only, and these take him down a known path


@pytest.fixture(scope="module")
def lone():
    size = {"rows": 150, "features": 40, "wages": 40, "types": 2, "nodes": 9}
    return worker_pay(made(LONE), **size)


def path_of_values(solution, log_z, log_q, x, wage, lessons):
    """Return W of a lone worker at a wage: his gain is a root at each level of h.

    The last level is where learning is said to end.
    """
    e, learn = solution.economy, solution.economy.learning_event_rate
    lost = e.firm_death_rate + e.match_break_rate
    discount = e.discount_rate + lost + e.retirement_rate
    levels = x + log_q * np.arange(lessons + 1)
    n, where = np.ones(len(levels), int), (np.full(len(levels), log_z),) * 2
    where = where[0], np.full(len(levels), log_q)
    alone, nobody = levels[:, None], np.zeros((len(levels), 1))
    whole = solution.value_at(*where, alone, nobody, n)
    less = solution.value_at(*where, nobody, nobody, 0 * n)
    U = e.nonemployment_value(np.exp(levels))
    surplus, value = whole - less - U, None
    rules = e.renegotiation_rate, e.contact_rate_employed
    for j in range(len(levels) - 1, -1, -1):
        offers = offers_to(solution, levels[j], 0.0)

        def excess(gain, j=j, offers=offers, after=value):
            W = U[j] + gain
            grows = 0 if after is None else learn * (after - W)
            flow = wage + lost * U[j] + grows - discount * W
            return flow + settling(gain, surplus[j], *offers, *rules)

        value = U[j] + brentq(excess, -500, 500, xtol=1e-10)
    return value, U[0] + max(surplus[0], 0)


@pytest.mark.parametrize("learning", [0.0, 1.0])
def test_a_worker_alone(lone, learning):
    # without lessons W is a root; W's equation holds at any V, so V need not be theirs
    pay = lone
    if not learning:
        economy = LONE.with_(learning_event_rate=0.0)
        still = dataclasses.replace(lone.solution, economy=economy)
        pay = worker_pay(still, rows=150, features=40, wages=40, types=2, nodes=9)
    rng, errors = np.random.default_rng(4), []
    solution = pay.solution
    log_q = LONE.mean_log_environment
    for node in (3, 4, 5):
        log_z = pay.maker.nodes[node]
        for x in rng.uniform(-0.3, 0.2, 3):
            team = Population(
                *([np.exp(log_z)], [np.exp(log_q)], [0]),
                *([np.exp(x)], [1.0], [np.nan]),
            )
            low = pay.starting_wage(team)[0]
            U = LONE.nonemployment_value(np.exp(x))
            high = pay.wage(team, U + max(pay.solution.surplus(team)[0], 0.1))[0]
            for wage in low + (high - low) * rng.uniform(-0.1, 1.1, 2):
                lessons = 25 if learning else 0
                exact, most = path_of_values(solution, log_z, log_q, x, wage, lessons)
                errors.append((pay.value(team, wage)[0] - exact) / most)
    assert np.median(np.abs(errors)) < 2e-3
    assert np.abs(errors).max() < 2e-2


def test_a_short_search_says_that_it_has_not_settled():
    with pytest.warns(UserWarning, match="W had not settled in 1 rounds at 5 of 5"):
        worker_pay(made(TEAMS), **SMALL | {"rounds": 1})


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"rows": 20}, "rows = 20 are fewer than features = 30"),
        ({"wages": 3}, "wages = 3 must be"),
        ({"nodes": 1}, "nodes = 1 must be"),
        ({"tolerance": 0}, "tolerance = 0 must be"),
        ({"progress": "yes"}, "progress = 'yes' is not known"),
        ({"seed": -1}, "seed = -1 must be"),
    ],
)
def test_arguments_that_make_no_sense(changes, sentence):
    with pytest.raises(ValueError, match=re.escape(sentence)):
        worker_pay(made(TEAMS), **SMALL | changes)


def test_other_things_than_solutions_and_teams(pay, people):
    with pytest.raises(TypeError, match="worker_pay takes a Solution"):
        worker_pay(TEAMS)
    with pytest.raises(TypeError, match="WorkerPay takes a Population"):
        pay.starting_wage([1.0])
    with pytest.raises(ValueError, match=r"wage has shape \(2,\): give one number, or"):
        pay.value(people, [1.0, 2.0])
    with pytest.raises(ValueError, match="value must be finite"):
        pay.wage(people, np.nan)
    with pytest.raises(TypeError, match="surplus_left must be numbers"):
        pay.poached_wage(people, "much")
    four = Population([1.0], [1.0], [0] * 4, [1.0] * 4, [1.0] * 4, [np.nan] * 4)
    with pytest.raises(ValueError, match="a firm has 4 workers, but teams"):
        pay.starting_wage(four)


def test_a_bar_over_the_values_of_z(capsys):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        worker_pay(made(TEAMS), **SMALL | {"rounds": 1}, progress=True)
    assert "5/5" in capsys.readouterr().err


def test_the_same_seed_gives_the_same_values(pay, people):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "W had not settled")
        again = worker_pay(pay.solution, **SMALL)
    # least squares amplify rounding, which depends on where arrays lie in memory
    first, second = (one.starting_wage(people) for one in (pay, again))
    np.testing.assert_allclose(second, first, rtol=1e-4, atol=1e-4)
