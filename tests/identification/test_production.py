"""f from population moments, and the bins on which it is compared with the truth."""

import numpy as np
import pytest
from population_market import population_market, small_economy

from jobteams_lab.identification import NAM, NEITHER, PAM, Economy, Types, solve
from jobteams_lab.identification.production import (
    accuracy,
    recover_production,
    true_bins,
)
from jobteams_lab.identification.rank_firms import omega_from_unemployment
from jobteams_lab.identification.reservation_wages import reservation_wages


@pytest.mark.parametrize("production", [PAM, NAM, NEITHER])
@pytest.mark.parametrize("share", [0.3, 0.7])
def test_the_loop_closes_in_the_benchmark(production, share):
    q = small_economy(production, pure=True, bargaining_power=share)
    market = population_market(q)
    wages = reservation_wages(market, firm_types=5)
    firms = omega_from_unemployment(
        market, wages, q.acceptance > 0, bargaining_power=share
    )
    found = recover_production(
        market,
        wages,
        firms.bins(5),
        5,
        firms.vacancy_flow_value,
        bargaining_power=share,
    )
    met = q.acceptance > 0
    np.testing.assert_array_equal(np.isfinite(found.production), met)
    np.testing.assert_allclose(found.production[met], q.economy.output[met], rtol=1e-9)
    np.testing.assert_allclose(
        found.match_density, q.match_density / q.match_density.sum()
    )


@pytest.mark.parametrize("production", [PAM, NAM, NEITHER])
def test_the_loop_closes_with_search_on_the_job(production):
    q = small_economy(production, search_intensity_employed=0.3)
    market = population_market(q)
    # the bargaining power and reservation wages must play no role
    found = recover_production(
        market,
        np.full(6, np.nan),
        np.arange(5),
        5,
        q.vacancy_flow_value,
        bargaining_power=0.1,
    )
    met = np.isfinite(market.wage)
    np.testing.assert_allclose(found.production[met], q.economy.output[met], rtol=1e-9)


def test_wages_are_pooled_by_months_and_values_by_employment():
    q = small_economy(PAM)
    market = population_market(q)
    bins = np.array([0, 0, 1, -1, 1])
    value = np.array([1.0, 2.0, 3.0, 4.0, np.nan])
    found = recover_production(market, q.unemployed_flow_value, bins, 2, value)
    e, m, w = market.employment, market.wage_months, market.wage
    assert found.vacancy_flow_value[0] == pytest.approx(
        (e[0] + 2 * e[1]) / (e[0] + e[1])
    )
    assert found.vacancy_flow_value[1] == pytest.approx(3.0)
    for x in range(6):
        pairs = [(w[x, j], m[x, j]) for j in (0, 1) if m[x, j] > 0]
        if pairs:
            mean = sum(a * b for a, b in pairs) / sum(b for _, b in pairs)
            assert found.wage[x, 0] == pytest.approx(mean)
        else:
            assert np.isnan(found.production[x, 0])
    kept = market.employed[:, [0, 1, 2, 4]]
    assert found.match_density.sum() == pytest.approx(1)
    np.testing.assert_allclose(
        found.match_density[:, 0], kept[:, :2].sum(1) / kept.sum()
    )


def test_bins_hold_the_types_between_their_quantiles():
    workers = Types(np.array([0.1, 0.4, 0.9]), np.array([3, 2, 7]) / 12)
    firms = Types(np.array([0.2, 0.6, 0.7, 1.0]), np.array([1, 3, 1, 1]) / 6)
    q = solve(Economy(NEITHER, worker_types=workers, firm_types=firms))
    found, density = true_bins(q, 4, 3)
    # twelve workers, three a bin, and six firms, two a bin, one by one
    x = np.repeat([0, 1, 2], [3, 2, 7]).reshape(4, 3)
    y = np.repeat([0, 1, 2, 3], [1, 3, 1, 1]).reshape(3, 2)
    share = q.match_density / np.outer([3, 2, 7], [1, 3, 1, 1])
    for a in range(4):
        for b in range(3):
            weight = [share[i, j] for i in x[a] for j in y[b]]
            output = [q.economy.output[i, j] for i in x[a] for j in y[b]]
            assert density[a, b] == pytest.approx(sum(weight))
            if sum(weight) == 0:
                weight = None
            assert found[a, b] == pytest.approx(np.average(output, weights=weight))


def test_as_many_even_bins_as_types_are_the_types():
    q = solve(Economy(NAM, worker_types=Types.uniform(7), firm_types=Types.uniform(9)))
    found, density = true_bins(q, 7, 9)
    np.testing.assert_allclose(found, q.economy.output)
    np.testing.assert_allclose(density, q.match_density)


def test_accuracy_of_the_truth_and_of_what_is_off():
    q = solve(Economy(PAM, worker_types=Types.uniform(7), firm_types=Types.uniform(9)))
    f, met = q.economy.output, q.match_density > 0
    best = accuracy(f, q)
    assert best.correlation == pytest.approx(1)
    assert best.unweighted_correlation == pytest.approx(1)
    assert best.error == pytest.approx(0, abs=1e-12)
    assert best.coverage == pytest.approx(1)
    scaled = accuracy(1.1 * f, q)
    assert scaled.correlation == pytest.approx(1)
    assert scaled.error == pytest.approx(0.1)
    rng = np.random.default_rng(0)
    noisy = np.where(met, f + rng.normal(0, 0.3, f.shape), np.nan)
    noisy[:, 0] = np.nan
    found, seen = accuracy(noisy, q), np.isfinite(noisy)
    assert found.unweighted_correlation == pytest.approx(
        np.corrcoef(noisy[seen], f[seen])[0, 1]
    )
    cov = np.cov(noisy[seen], f[seen], aweights=q.match_density[seen])
    assert found.correlation == pytest.approx(
        cov[0, 1] / np.sqrt(cov[0, 0] * cov[1, 1])
    )
    covered = q.match_density[:, 1:].sum() / q.match_density.sum()
    assert found.coverage == pytest.approx(covered)


def test_refuses():
    q = small_economy(PAM)
    market, value = population_market(q), q.vacancy_flow_value
    wages = q.unemployed_flow_value
    with pytest.raises(ValueError, match="give one bin a firm"):
        recover_production(market, wages, np.zeros(4, int), 5, value)
    with pytest.raises(ValueError, match="run from 0 to 4, but firm_types = 3"):
        recover_production(market, wages, np.arange(5), 3, value)
    with pytest.raises(ValueError, match="bargaining_power = 0 must be"):
        recover_production(market, wages, np.arange(5), 5, value, bargaining_power=0)
    with pytest.raises(ValueError, match="0 cells have both"):
        accuracy(np.full((6, 5), np.nan), q)
