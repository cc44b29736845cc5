"""Reservation wages from population moments, and Algorithm 2 by hand."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from population_market import population_market, small_economy

from jobteams_lab.identification import NAM, NEITHER, PAM
from jobteams_lab.identification.reservation_wages import reservation_wages


@pytest.mark.parametrize("production", [PAM, NAM, NEITHER])
@pytest.mark.parametrize("intensity", [0.0, 0.2])
@pytest.mark.parametrize("income", [0.0, 0.3])
def test_bellman_gives_the_value_of_unemployment(production, intensity, income):
    equilibrium = small_economy(
        production,
        bargaining_power=0.3,
        search_intensity_employed=intensity,
        home_production=income,
    )
    found = reservation_wages(
        population_market(equilibrium),
        home_production=income,
        firm_types=5,
    )
    np.testing.assert_allclose(found, equilibrium.unemployed_flow_value, rtol=1e-9)


def test_pooled_is_the_lowest_mean_of_any_firms_pooled():
    rng = np.random.default_rng(3)
    wage = np.cumsum(rng.uniform(0, 1, (4, 9)), axis=0)
    wage[rng.uniform(size=wage.shape) < 0.3] = np.nan
    market = replace(
        population_market(small_economy(PAM)), wage=wage, firms=np.arange(9)
    )
    found = reservation_wages(market, "pooled", firm_types=3)
    lowest = [
        min(np.mean(pool) for pool in combinations(row[np.isfinite(row)], 3))
        for row in wage
    ]
    expected = [max(lowest[: x + 1]) for x in range(4)]
    np.testing.assert_allclose(found, expected)


def test_pooled_takes_what_firms_there_are_and_knows_nothing_of_none():
    wage = np.array([[np.nan] * 4, [2.0, np.nan, np.nan, np.nan], [1.0, 1.0, 1.5, 9.0]])
    market = replace(
        population_market(small_economy(PAM)), wage=wage, firms=np.arange(4)
    )
    found = reservation_wages(market, "pooled", firm_types=2)
    # the last bin's own mean is 1, and reservation wages do not fall
    np.testing.assert_array_equal(found, [np.nan, 2.0, 2.0])


def test_noise_pulls_the_pooled_wage_of_the_lowest_bin_down():
    # all firms pay one, so that the lowest of a few noisy means lies below it
    rng = np.random.default_rng(1)
    market = replace(population_market(small_economy(PAM)), firms=np.arange(10))
    found = [
        reservation_wages(
            replace(market, wage=rng.normal(1, 0.2, (6, 10))), "pooled", firm_types=5
        )[0]
        for _ in range(200)
    ]
    assert np.mean(found) < 1 - 4 * np.std(found) / np.sqrt(len(found))


def test_refuses():
    market = population_market(small_economy(PAM))
    with pytest.raises(ValueError, match="method = 'lowest' is not known"):
        reservation_wages(market, "lowest")
    with pytest.raises(ValueError, match="firm_types = 6 must be"):
        reservation_wages(market, firm_types=6)
    with pytest.raises(ValueError, match="discount_factor = 2 must be"):
        reservation_wages(market, firm_types=5, discount_factor=2)
