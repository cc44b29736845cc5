"""What the theory orders, at twenty random economies."""

import numpy as np
import pytest
from scipy import stats

from jobteams_lab.sequential_auctions import Economy, solve


def random_equilibrium(seed):
    rng = np.random.default_rng(seed)
    low = rng.uniform(0.2, 2.0)
    shapes = rng.uniform(0.5, 4.0, size=2)
    width = rng.uniform(0.1, 3.0)
    distributions = [
        stats.beta(*shapes, low, width),
        stats.lognorm(shapes[0] / 2, low, width),
        stats.pareto(1 + shapes[1], scale=low),
        low + width * rng.random(rng.integers(1, 40)).round(1),
    ]
    return solve(
        Economy(
            contact_rate_unemployed=rng.lognormal(-1, 1),
            contact_rate_employed=rng.lognormal(-2, 1),
            separation_rate=rng.lognormal(-3, 1),
            exit_rate=rng.lognormal(-5, 1),
            discount_rate=rng.lognormal(-3, 1),
            unemployment_income=low * rng.uniform(0.2, 0.99),
            productivity=distributions[seed % 4],
            risk_aversion=[0.0, 1.0, 2.0][seed % 3],
        )
    )


@pytest.mark.parametrize("seed", range(20))
def test_orderings(seed):
    equilibrium = random_equilibrium(seed)
    economy, offers = equilibrium.economy, equilibrium.economy.offers
    grid = np.unique(offers.quantile(np.linspace(0.001, 0.999, 41)))
    q, p = np.append(economy.unemployment_income, grid), grid[:, None]
    below = q <= p
    rounding = 1e-12 * grid[-1]

    wage = equilibrium.mobility_wage(np.minimum(q, p), p)
    assert np.all((wage <= np.minimum(q, p) + rounding)[below])
    assert np.array_equal(equilibrium.mobility_wage(grid, grid), grid)
    rise = np.diff(wage, axis=1)[below[:, 1:]]  # in q, up to q = p
    assert np.all(rise > 0)
    fall = np.diff(wage, axis=0)[below[:-1]]  # in p, at a given q
    assert np.all(fall <= rounding)

    employment, sampling = equilibrium.employment_cdf(grid), offers.cdf(grid)
    assert np.all(employment <= sampling + 1e-15)
    assert np.all(np.diff(employment) >= 0)

    inside = equilibrium.outside_option_cdf(q, p)
    assert np.all((inside >= 0) & (inside <= 1))
    assert np.all(np.diff(inside, axis=1) >= 0)  # in q
    better = np.diff(inside, axis=0)[below[:-1]]  # better firms: better rivals less
    assert np.all(better <= 1e-12)

    mean = equilibrium.mean_wage(grid)
    assert np.all(mean <= grid + rounding)
    assert np.all(mean >= equilibrium.starting_wage(grid) - rounding)
    assert 0 < equilibrium.unemployment_rate < 1
    assert max(equilibrium.residuals.values()) < 1e-12
    wages = np.linspace(float(wage.min()), grid[-1], 25)
    cdf = equilibrium.wage_cdf(wages)
    assert np.all(np.diff(cdf) >= -1e-9)
    assert np.all((cdf >= -1e-12) & (cdf <= 1 + 1e-12))
