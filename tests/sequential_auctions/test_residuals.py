"""Residuals are small where the model is solved, and only there."""

import numpy as np
import pytest
from auction_examples import BETA, CALM, EVERY, NOTES

from jobteams_lab.sequential_auctions import Economy, Equilibrium, solve


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 2.0])
@pytest.mark.parametrize("name", EVERY)
def test_solved_economies_have_none(name, gamma):
    economy = Economy(**CALM, productivity=EVERY[name], risk_aversion=gamma)
    found = solve(economy).residuals
    assert found["flows"] < 1e-12
    assert found["bellman"] < 1e-12


def scaled(name, factor):
    original = getattr(Equilibrium, name)
    return lambda self, *values: factor * original(self, *values)


def steeper(self, q, p, original=Equilibrium._wage):
    return original(self, q, p) + 1e-6 * (np.asarray(p) - q)


MUTATIONS = {
    "employment_cdf": ("flows", scaled("employment_cdf", 1 + 1e-6)),
    "_wage": ("bellman", steeper),
    "mobility_wage": ("bellman", scaled("mobility_wage", 1 + 1e-6)),
    "worker_value": ("bellman", scaled("worker_value", 1 + 1e-6)),
    "_worth": ("bellman", scaled("_worth", 1 + 1e-6)),
}


@pytest.mark.parametrize("gamma", [0.0, 1.0])
@pytest.mark.parametrize("productivity", ["beta", "pareto", "ties"])
@pytest.mark.parametrize("name", MUTATIONS)
def test_a_formula_changed_by_a_millionth_shows(name, productivity, gamma, monkeypatch):
    which, changed = MUTATIONS[name]
    monkeypatch.setattr(Equilibrium, name, changed)
    economy = Economy(**NOTES, productivity=EVERY[productivity], risk_aversion=gamma)
    assert solve(economy).residuals[which] > 1e-8


@pytest.mark.parametrize(
    "rate, which", [("discounted_contacts", "bellman"), ("contacts_per_job", "flows")]
)
def test_a_wrong_rate_shows(rate, which, monkeypatch):
    right = getattr(Economy, rate).fget
    monkeypatch.setattr(Economy, rate, property(lambda e: right(e) * 1.001))
    equilibrium = solve(Economy(**NOTES, productivity=BETA))
    assert equilibrium.residuals[which] > 1e-6


def test_endless_lives_have_no_value_to_check():
    forever = {**NOTES, "exit_rate": 0.0, "discount_rate": 0.0}
    equilibrium = solve(Economy(**forever, productivity=BETA))
    assert equilibrium.residuals["flows"] < 1e-12
    assert np.isnan(equilibrium.residuals["bellman"])
    with pytest.raises(ValueError, match="discount_rate and exit_rate are both 0"):
        equilibrium.worker_value(1.0)
