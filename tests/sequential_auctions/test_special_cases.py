"""Limits of the model, and the rates at which theory says they are reached."""

import numpy as np
import pytest
from auction_examples import BETA, CALM, NOTES

from jobteams_lab.sequential_auctions import Economy, solve

Q = np.array([0.5, 0.55, 0.7, 1.0])
P = np.array([0.6, 1.2, 1.5, 2.0])


def wages(gamma=0.0, **changes):
    economy = Economy(
        **{**CALM, **changes}, productivity=BETA, risk_aversion=gamma
    )  # fmt: skip
    return solve(economy).mobility_wage(Q, P)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 2.0])
def test_without_outside_contacts_workers_get_their_income(gamma):
    economy = Economy(
        **{**NOTES, "contact_rate_employed": 0.0},
        productivity=BETA,
        risk_aversion=gamma,
        ability=[0.5, 1.5, 4.0],
    )
    equilibrium = solve(economy)
    # Diamond: exactly, not nearly
    assert np.array_equal(equilibrium.starting_wage(P, 3.0), np.full(4, 3 * 0.5))
    assert np.all(equilibrium.outside_option_cdf(0.5, P) == 1.0)
    assert np.array_equal(equilibrium.employment_cdf(P), BETA.cdf(P))
    assert equilibrium.mean_wage(P) == pytest.approx(0.5 * 2.0, abs=1e-12)
    assert equilibrium.average_wage == pytest.approx(0.5 * 2.0, abs=1e-12)
    assert equilibrium.wage_cdf([0.4999, 0.5]) == pytest.approx([0.0, 1.0], abs=1e-12)
    parts = equilibrium.variance_decomposition()
    assert [parts.firm, parts.friction] == pytest.approx([0.0, 0.0], abs=1e-12)


@pytest.mark.parametrize("gamma", [0.0, 1.0])
def test_impatience_takes_the_wage_to_the_outside_option_like_one_over_rho(gamma):
    rho = np.array([1e2, 1e3, 1e4])
    gap = np.array([Q - wages(gamma, discount_rate=r) for r in rho])
    order = np.log10(gap[:-1] / gap[1:])
    assert order == pytest.approx(1.0, abs=1e-3)
    if gamma == 0:  # exactly κ ∫F̄
        scaled = gap * (rho + 0.04)[:, None]
        assert scaled == pytest.approx(np.tile(scaled[0], (3, 1)), rel=1e-9)


def test_little_risk_aversion_is_linear_at_rate_gamma():
    gap = [np.abs(wages(gamma) - wages(0.0)) for gamma in (1e-2, 1e-3, 1e-4)]
    order = np.log10(np.divide(gap[:-1], gap[1:]))
    assert order == pytest.approx(1.0, abs=0.02)


def test_log_utility_is_the_limit_from_both_sides():
    log = wages(1.0)
    for side in (-1, 1):
        gap = [np.abs(wages(1 + side * step) - log) for step in (1e-3, 1e-5)]
        assert np.log10(gap[0] / gap[1]) == pytest.approx(2.0, abs=0.01)
    assert wages(1 + 1e-9) == pytest.approx(log, rel=1e-7)


@pytest.mark.parametrize("gamma", [0.2, 0.5, 0.8])
def test_no_real_wage_refuses_and_names_the_firm(gamma):
    economy = Economy(
        **{**NOTES, "contact_rate_employed": 5.0},
        productivity=BETA,
        risk_aversion=gamma,
    )
    with pytest.raises(
        ValueError,
        match=rf"risk_aversion = {gamma} no real wage .* q = 0\.5 .* p = 2: .* fewer",
    ):
        solve(economy)


def test_no_real_wage_is_refused_exactly_where_utility_runs_out():
    # γ = 1/2: √φ = √q − κ/2 ∫F̄/√x must not be negative
    rates = {**NOTES, "contact_rate_employed": 0.2}
    kappa = 0.2 / 0.09
    economy = Economy(**rates, productivity=[0.6, 2.0], risk_aversion=0.5)
    root = np.sqrt(0.5) - kappa * (
        np.sqrt(0.6) - np.sqrt(0.5) + 0.5 * (np.sqrt(2.0) - np.sqrt(0.6))
    )
    assert root < 0
    with pytest.raises(ValueError, match="no real wage"):
        solve(economy)
    fewer = {**NOTES, "contact_rate_employed": 0.1}
    root = np.sqrt(0.5) - 0.5 * kappa * (
        np.sqrt(0.6) - np.sqrt(0.5) + 0.5 * (np.sqrt(2.0) - np.sqrt(0.6))
    )
    assert root > 0
    lowest = solve(Economy(**fewer, productivity=[0.6, 2.0], risk_aversion=0.5))
    assert lowest.starting_wage(2.0) == pytest.approx(root**2, rel=1e-12)


def test_endless_patience_pays_the_unemployment_income_on_average():
    # at ρ = 0 and δ alone, a worker's wages add up to what he forgoes: firms bid for
    # the whole cycle, and what he is paid over it is worth b a unit of time
    rates = {**NOTES, "discount_rate": 0.0}
    for productivity in (BETA, [0.6, 0.9, 0.9, 2.0]):
        equilibrium = solve(Economy(**rates, productivity=productivity))
        assert equilibrium.average_wage == pytest.approx(0.5, abs=1e-12)


def test_one_firm_type_is_bertrand():
    # after one contact both equal firms bid up to p
    equilibrium = solve(Economy(**NOTES, productivity=[1.0]))
    kappa, k1 = 0.25 / 0.09, 0.25 / 0.04
    assert equilibrium.starting_wage(1.0) == pytest.approx(0.5 - kappa * 0.5)
    assert equilibrium.outside_option_cdf(0.5, 1.0) == pytest.approx(1 / (1 + k1))
    mean = (equilibrium.starting_wage(1.0) + k1) / (1 + k1)
    assert equilibrium.mean_wage(1.0) == pytest.approx(mean)
    assert equilibrium.average_wage == pytest.approx(mean)
