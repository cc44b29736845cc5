"""V(q) and V0 against lives simulated with a clock for every contact."""

import math

import numpy as np
import pytest
from plain_simulator import discounted_utility
from scipy import stats

from jobteams_lab.sequential_auctions import Economy, solve

B, LOW, HIGH = 0.5, 0.6, 2.0
RATES = {
    "contact_rate_unemployed": 0.5,
    "contact_rate_employed": 0.3,
    "separation_rate": 0.05,
    "exit_rate": 0.03,
    "discount_rate": 0.1,
    "unemployment_income": B,
}
KAPPA = 0.3 / 0.18
LIVES = 6_000


def linear_wage(q, p):
    """q − κ ∫F̄ for F uniform on [LOW, HIGH], by hand."""
    inside = max(q, LOW)
    area = ((HIGH - inside) ** 2 - (HIGH - p) ** 2) / (2 * (HIGH - LOW)) + inside - q
    return q - KAPPA * area


def log_wage(q, p):
    """ln φ = ln q − κ ∫F̄/x."""
    inside = max(q, LOW)
    area = (HIGH * math.log(p / inside) - (p - inside)) / (HIGH - LOW)
    return math.exp(math.log(q) - KAPPA * (area + math.log(inside / q)))


def draw(rng):
    return None, rng.uniform(LOW, HIGH)


UTILITIES = {0.0: (lambda c: c, linear_wage), 1.0: (math.log, log_wage)}


@pytest.mark.parametrize("gamma", UTILITIES)
@pytest.mark.parametrize(
    "state", [None, (0.6, 0.5), (2.0, 0.5), (1.1, 1.1), (1.9, 1.1), (2.0, 1.8)]
)
def test_value_of_a_life(state, gamma):
    utility, wage = UTILITIES[gamma]
    economy = Economy(
        **RATES, productivity=stats.uniform(LOW, HIGH - LOW), risk_aversion=gamma
    )
    lives = np.array(
        discounted_utility(economy, draw, utility, wage, state, seed=7, lives=LIVES)
    )
    # the value depends on the best rival alone; unemployment is worth the rival b
    expected = solve(economy).worker_value(B if state is None else state[1])
    error = lives.std() / math.sqrt(LIVES)
    assert abs(lives.mean() - expected) < 4 * error
    assert error < 0.05 * abs(expected) + 0.05  # else the test could not fail
