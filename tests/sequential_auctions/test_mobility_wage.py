"""φ(ε, q, p) against quadrature of its printed formula."""

import numpy as np
import pytest
from auction_examples import BETA, CALM, EVERY, NOTES, quantile
from slow_routes import Slow, utility

from jobteams_lab.sequential_auctions import Economy, solve

RANKS = [(0.1, 0.5), (0.3, 0.999), (0.45, 0.46), (0.9, 1 - 1e-7)]


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 2.0])
@pytest.mark.parametrize("name", EVERY)
def test_wage_is_the_printed_formula(name, gamma):
    economy = Economy(**CALM, productivity=EVERY[name], risk_aversion=gamma)
    equilibrium, slow = solve(economy), Slow(economy)
    for low, high in RANKS:
        p = float(quantile(EVERY[name], high))
        options = (0.5, 0.57, economy.offers.low, float(quantile(EVERY[name], low)))
        for q in options:
            wage = equilibrium.mobility_wage(q, p)
            assert wage == pytest.approx(slow.wage(q, p), abs=1e-11, rel=1e-11)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 2.0])
@pytest.mark.parametrize("ability", [0.3, 1.0, 2.5])
def test_ability_multiplies_the_wage_of_the_printed_formula(gamma, ability):
    economy = Economy(**CALM, productivity=BETA, risk_aversion=gamma)
    slow = Slow(economy)
    wage = solve(economy).mobility_wage(0.7, 1.6, ability)
    assert wage == pytest.approx(slow.wage(0.7, 1.6, ability), rel=1e-11)


def test_poacher_leaves_the_worker_indifferent():
    # the best that q can do is to pay q for ever after: φ(q, q) = q
    equilibrium = solve(Economy(**NOTES, productivity=BETA, risk_aversion=1.0))
    p = np.linspace(0.6, 2.0, 50)
    assert np.array_equal(equilibrium.mobility_wage(p, p), p)


@pytest.mark.parametrize("gamma", [0.0, 1.0, 2.0])
@pytest.mark.parametrize("name", ["beta", "ties", "heavy pareto", "mixture"])
def test_outside_option_inverts_the_wage(name, gamma):
    economy = Economy(**NOTES, productivity=EVERY[name], risk_aversion=gamma)
    equilibrium = solve(economy)
    p = quantile(EVERY[name], np.array([0.3, 0.6, 0.95]))[:, None]
    q = np.minimum([0.5, 0.55, 0.6, 0.65, 0.9, 1.3], p)
    found = equilibrium.outside_option(equilibrium.mobility_wage(q, p), p)
    assert found == pytest.approx(q, rel=1e-11)


def test_outside_option_of_wages_never_paid():
    equilibrium = solve(Economy(**NOTES, productivity=BETA, risk_aversion=1.0))
    lowest = equilibrium.starting_wage(1.2)
    below = equilibrium.outside_option([-1.0, 0.0, 0.5 * lowest], 1.2)
    assert np.all(below < 0.5)
    assert equilibrium.outside_option(1.3, 1.2) > 1.2


def test_utility_of_the_wage_solves_the_indifference_condition():
    # the same by Bellman: U(φ) + κ ∫ F̄ U' = U(q), each side by its own route
    economy = Economy(**NOTES, productivity=BETA, risk_aversion=2.0)
    slow = Slow(economy)
    wage = float(solve(economy).mobility_wage(0.5, 2.0))
    assert utility(wage, 2.0) + slow.utility_loss(0.5, 2.0) == pytest.approx(-2.0)
