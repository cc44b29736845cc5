"""Mean wages, distribution functions and variances against slow double integrals."""

import numpy as np
import pytest
from auction_examples import BETA, CALM, CONTINUOUS, NOTES, SAMPLES, quantile
from markov_chain import Chain
from numpy.polynomial.legendre import leggauss
from scipy import stats
from slow_routes import Slow

from jobteams_lab.sequential_auctions import Economy, solve

THICK = [name for name in CONTINUOUS if name != "heavy pareto"]


def same(x):
    return x


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 2.0])
@pytest.mark.parametrize("name", THICK)
def test_mean_wage_is_the_integral_over_outside_options(name, gamma):
    economy = Economy(**CALM, productivity=CONTINUOUS[name], risk_aversion=gamma)
    slow = Slow(economy)
    p = quantile(CONTINUOUS[name], np.array([1e-3, 0.3, 0.97]))
    expected = [slow.expected(same, x) for x in p]
    assert slow.solved.mean_wage(p) == pytest.approx(expected, abs=1e-9)
    second_route = slow.solved.expected(same, np.ones_like, p)
    assert second_route == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("gamma", [0.0, 1.0])
@pytest.mark.parametrize("name", ["beta", "arcsine", "lognormal", "mixture"])
def test_average_wage_is_the_integral_over_firms(name, gamma):
    economy = Economy(**NOTES, productivity=CONTINUOUS[name], risk_aversion=gamma)
    slow = Slow(economy)
    expected = slow.over_firms(lambda p: float(slow.solved.mean_wage(p)))
    assert slow.solved.average_wage == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize("discount_rate", [0.0, 0.05])
@pytest.mark.parametrize("name", CONTINUOUS)
def test_two_routes_to_the_average_wage(name, discount_rate):
    rates = {**NOTES, "discount_rate": discount_rate}
    equilibrium = solve(Economy(**rates, productivity=CONTINUOUS[name]))
    nodes = equilibrium.economy.offers.nodes
    over_firms = equilibrium.employment_weights @ equilibrium.mean_wage(nodes)
    # the arcsine's density is infinite at p_lo, where doubles resolve F to 1e-8 only
    assert equilibrium.average_wage == pytest.approx(over_firms, abs=1e-9)


@pytest.mark.parametrize("gamma", [0.0, 1.0, 2.0])
@pytest.mark.parametrize("name", SAMPLES)
def test_sample_by_a_double_sum(name, gamma):
    sample = np.asarray(SAMPLES[name])
    ability = [0.5, 1.5]
    economy = Economy(
        **NOTES, productivity=sample, ability=ability, risk_aversion=gamma
    )
    equilibrium = solve(economy)
    productivity, counts = np.unique(sample, return_counts=True)
    chain = Chain(economy, productivity, counts / len(sample), own_rivals=True)
    share = chain.employed()
    options = np.append(0.5, productivity)
    wages = np.full(share.shape, np.nan)
    for k, p in enumerate(productivity):
        wages[k, : k + 2] = equilibrium.mobility_wage(options[: k + 2], p)

    firm, total = share.sum(axis=1), np.nansum(share * wages)
    means = np.nansum(share * wages, axis=1) / firm
    assert equilibrium.mean_wage(productivity) == pytest.approx(means, abs=1e-12)
    assert equilibrium.average_wage == pytest.approx(total, abs=1e-12)

    paid, mass = wages[share > 0], share[share > 0]
    for wage in np.append(np.linspace(-1, 2, 13), [paid[0], paid[-1]]):
        slack = 1e-12  # rounding of a wage must not decide
        below = mass[paid <= wage + slack].sum()
        assert equilibrium.wage_cdf(wage + slack) == pytest.approx(below, abs=1e-12)
        k = len(firm) // 2
        below = share[k][wages[k] <= wage + slack].sum() / firm[k]
        found = equilibrium.wage_cdf(wage + slack, productivity[k])
        assert found == pytest.approx(below, abs=1e-12)

    squares = np.nansum(share * wages**2, axis=1) / firm
    parts = equilibrium.variance_decomposition()
    assert parts.person == pytest.approx(0.25 * firm @ squares)
    assert parts.firm == pytest.approx(firm @ (means - total) ** 2)
    assert parts.friction == pytest.approx(firm @ (squares - means**2))


@pytest.mark.parametrize("gamma", [0.0, 1.0])
@pytest.mark.parametrize("name", ["beta", "arcsine", "lognormal", "pareto", "mixture"])
def test_wage_cdf_by_quadrature_and_root_finding(name, gamma):
    economy = Economy(**NOTES, productivity=CONTINUOUS[name], risk_aversion=gamma)
    slow = Slow(economy)
    for wage in (-0.3, 0.2, 0.55, 0.9, 1.6) if gamma == 0 else (0.1, 0.55, 0.9, 1.6):
        expected = slow.wage_cdf(wage)
        assert slow.solved.wage_cdf(wage) == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize("gamma", [0.0, 1.0])
def test_wage_cdf_integrates_to_the_mean_wage(gamma):
    equilibrium = solve(Economy(**NOTES, productivity=BETA, risk_aversion=gamma))
    lowest = float(equilibrium.starting_wage(2.0))
    # kinks: the lowest firm's starting wage, b and p_lo at the best firm, p_lo itself
    kinks = [lowest, *equilibrium.mobility_wage([0.5, 0.6, 0.6], [0.6, 2.0, 0.6]), 2.0]
    nodes, weights = leggauss(40)
    mean = 2.0
    for a, b in zip(np.unique(kinks), np.unique(kinks)[1:], strict=False):
        wage = a + (b - a) * (nodes + 1) / 2
        mean -= (b - a) / 2 * weights @ equilibrium.wage_cdf(wage)
    assert mean == pytest.approx(equilibrium.average_wage, abs=1e-6)


@pytest.mark.parametrize("gamma", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("productivity", [BETA, [0.7, 1.0, 1.0, 1.8]])
def test_no_risk_averse_worker_is_paid_less_than_nothing(gamma, productivity):
    economy = Economy(**CALM, productivity=productivity, risk_aversion=gamma)
    equilibrium = solve(economy)
    assert np.all(equilibrium.wage_cdf([-2.0, -1e-9, 0.0]) == 0.0)
    assert np.all(equilibrium.wage_cdf([-2.0, -1e-9, 0.0], 1.0) == 0.0)


def test_wage_cdf_of_a_firm_jumps_at_the_starting_wage_only(notes):
    start = notes.starting_wage(1.2)
    atom = notes.outside_option_cdf(0.5, 1.2)
    assert notes.wage_cdf(start - 1e-9, 1.2) == 0.0
    assert notes.wage_cdf(start, 1.2) == pytest.approx(atom)
    assert notes.wage_cdf(1.2 - 1e-12, 1.2) == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize("gamma", [0.0, 1.0])
def test_variance_parts_by_double_integrals(gamma):
    economy = Economy(
        **NOTES, productivity=BETA, ability=stats.lognorm(0.3), risk_aversion=gamma
    )
    equilibrium, logs = solve(economy), gamma == 1.0
    measure = np.log if logs else same
    k1 = economy.contacts_per_job
    # by ranks of p and of q below it, where every density is smooth
    nodes, weights = leggauss(60)
    rank, weights = (nodes + 1) / 2, weights / 2
    p, below = BETA.ppf(rank), rank[:, None] * rank
    at, inside = 1 + k1 * (1 - rank), 1 + k1 * (1 - below)
    density = 2 * k1 * at[:, None] ** 2 / inside**3 * rank[:, None] * weights
    paid = measure(equilibrium.mobility_wage(BETA.ppf(below), p[:, None]))
    start = measure(equilibrium.mobility_wage(0.5, p))
    atom = (at / (1 + k1)) ** 2
    means = atom * start + (density * paid).sum(axis=1)
    squares = atom * start**2 + (density * paid**2).sum(axis=1)
    weights = weights * (1 + k1) / at**2
    average = weights @ means
    scale = 1.0 if logs else np.exp(0.09)
    person = 0.09 if logs else (np.exp(0.18) - np.exp(0.09)) * (weights @ squares)
    parts = equilibrium.variance_decomposition(logs)
    assert parts.person == pytest.approx(person, rel=1e-6)
    assert parts.firm == pytest.approx(
        scale * weights @ (means - average) ** 2, rel=1e-6
    )
    assert parts.friction == pytest.approx(
        scale * weights @ (squares - means**2), rel=1e-6
    )
    assert parts.total == pytest.approx(parts.person + parts.firm + parts.friction)
    assert sum(parts.shares.values()) == pytest.approx(1.0)


def test_expected_keeps_shapes_and_works_in_chunks(monkeypatch, notes):
    from jobteams_lab.sequential_auctions import wage_distribution

    p = np.linspace(0.6, 2.0, 60).reshape(3, 20)
    whole = notes.expected(same, np.ones_like, p)
    monkeypatch.setattr(wage_distribution, "CHUNK", 1000)
    assert np.array_equal(notes.expected(same, np.ones_like, p), whole)
    assert whole.shape == (3, 20)
    assert notes.expected(same, np.ones_like, 1.0).shape == ()
    assert notes.wage_cdf(np.zeros((2, 2))).shape == (2, 2)
