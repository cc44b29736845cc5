"""u, L, ℓ and G against a Markov chain, and against the flow equations as ODEs."""

import numpy as np
import pytest
from auction_examples import BETA, CONTINUOUS, MONTHLY, NOTES, SAMPLES
from markov_chain import Chain
from scipy.integrate import solve_ivp

from jobteams_lab.sequential_auctions import Economy, solve

SMOOTH = ["beta", "uniform", "lognormal", "truncated lognormal", "pareto"]


@pytest.fixture(params=SAMPLES)
def chain(request):
    sample = np.asarray(SAMPLES[request.param])
    economy = Economy(**NOTES, productivity=sample)
    productivity, counts = np.unique(sample, return_counts=True)
    share = counts / len(sample)
    return solve(economy), productivity, Chain(
        economy, productivity, share, own_rivals=True
    )  # fmt: skip


def test_unemployment_rate_of_the_chain(chain):
    equilibrium, _, slow = chain
    assert equilibrium.unemployment_rate == pytest.approx(slow.unemployment_rate)


def test_employment_of_the_chain(chain):
    equilibrium, productivity, slow = chain
    expected = slow.employed().sum(axis=1)
    assert equilibrium.employment_weights == pytest.approx(expected, abs=1e-13)
    cdf = equilibrium.employment_cdf(productivity)
    assert cdf == pytest.approx(expected.cumsum(), abs=1e-13)
    assert equilibrium.employment_cdf(productivity[0] - 0.01) == 0.0


def test_outside_options_of_the_chain(chain):
    equilibrium, productivity, slow = chain
    table = slow.employed()
    expected = table.cumsum(axis=1) / table.sum(axis=1, keepdims=True)
    options = np.append(0.5, productivity)
    found = equilibrium.outside_option_cdf(options, productivity[:, None])
    assert found == pytest.approx(expected, abs=1e-12)
    # between two types, and between b and the lowest, nothing is added
    between = equilibrium.outside_option_cdf(options + 1e-9, productivity[:, None])
    assert between == pytest.approx(found, abs=1e-12)
    assert np.all(equilibrium.outside_option_cdf(0.49, productivity) == 0.0)


@pytest.mark.parametrize("name", SMOOTH)
def test_employment_solves_its_flow_equation(name):
    distribution = CONTINUOUS[name]
    equilibrium = solve(Economy(**MONTHLY, productivity=distribution))
    loss, contacts = 0.027, 0.1

    def slope(p, below):
        hires = loss + contacts * below  # out of unemployment, and from below
        leave = loss + contacts * distribution.sf(p)
        return distribution.pdf(p) * hires / leave

    p = distribution.ppf([0.0, 0.05, 0.3, 0.6, 0.9, 0.99])
    path = solve_ivp(
        slope, (p[0], p[-1]), [0.0], t_eval=p, rtol=1e-10, atol=1e-13, method="DOP853"
    )
    assert equilibrium.employment_cdf(p) == pytest.approx(path.y[0], abs=1e-9)
    density = slope(p, path.y[0])
    assert equilibrium.employment_density(p) == pytest.approx(density, abs=1e-7)


@pytest.mark.parametrize("name", SMOOTH)
def test_outside_options_solve_their_flow_equation(name):
    distribution = CONTINUOUS[name]
    equilibrium = solve(Economy(**MONTHLY, productivity=distribution))
    loss, contacts, p = 0.027, 0.1, float(distribution.ppf(0.8))

    def slope(q, inside):
        # who leaves q for p, and who is at p and hears of q
        here = equilibrium.employment_density(p)
        poached = distribution.pdf(p) * equilibrium.employment_density(q) / here
        heard = distribution.pdf(q) * inside
        return contacts * (poached + heard) / (loss + contacts * distribution.sf(q))

    hires = loss * distribution.pdf(p) / equilibrium.employment_density(p)
    atom = float(hires / (loss + contacts))
    q = distribution.ppf([0.0, 0.1, 0.4, 0.7, 0.8])
    path = solve_ivp(
        slope, (q[0], p), [atom], t_eval=q, rtol=1e-10, atol=1e-13, method="DOP853"
    )
    assert equilibrium.outside_option_cdf(0.5, p) == pytest.approx(atom)
    assert equilibrium.outside_option_cdf(q, p) == pytest.approx(path.y[0], abs=1e-9)
    assert path.y[0][-1] == pytest.approx(1.0, abs=1e-9)


def test_distributions_stay_inside_their_bounds(monthly):
    assert monthly.employment_cdf([0.0, 0.6, 2.0, 9.0]).tolist() == [0, 0, 1, 1]
    assert monthly.outside_option_cdf([0.4, 1.0, 1.5], 1.0).tolist() == [0, 1, 1]


@pytest.mark.parametrize("place, rate", [(0.5, 2.0), (1.0, 1.0)])
def test_sample_of_quantiles_converges_to_the_distribution(place, rate):
    # cells of a step function: midpoints err by 1/n² of the integral, ends by 1/n
    whole = solve(Economy(**NOTES, productivity=CONTINUOUS["uniform"]))
    errors = []
    for n in (200, 400, 800, 1600):
        ranks = (np.arange(n) + place) / n
        sample = CONTINUOUS["uniform"].ppf(ranks)
        errors.append(solve(Economy(**NOTES, productivity=sample)).average_wage)
    errors = np.abs(np.array(errors) - whole.average_wage)
    order = np.log2(errors[:-1] / errors[1:])
    assert order == pytest.approx(rate, abs=0.05)


def test_cdf_of_a_sample_of_quantiles_converges_at_rate_one():
    whole, p, q = solve(Economy(**NOTES, productivity=BETA)), 1.5, 1.1
    gaps = []
    for n in (1_000, 10_000):
        sample = BETA.ppf((np.arange(n) + 0.5) / n)
        few = solve(Economy(**NOTES, productivity=sample))
        p_near, q_near = (sample[np.argmin(np.abs(sample - x))] for x in (p, q))
        found = [few.employment_cdf(p_near), few.outside_option_cdf(q_near, p_near)]
        truth = [
            whole.employment_cdf(p_near),
            whole.outside_option_cdf(q_near, p_near),
        ]
        gaps.append(np.abs(np.subtract(found, truth)) * n)
    # half a cell of F, times the slopes of L and G in F: of order one, whatever n
    assert np.all(np.concatenate(gaps) < 10)
    assert gaps[0] == pytest.approx(gaps[1], rel=0.05)
