"""F, continuous or a sample: its distribution, quantiles and integrals."""

import numpy as np
import pytest
from auction_examples import CONTINUOUS, SAMPLES, breakpoints, quantile, survival
from scipy import stats
from slow_routes import integral

from jobteams_lab.sequential_auctions.sampling import sampling_distribution

RANKS = np.random.default_rng(3).random(20_000)


@pytest.mark.parametrize("name", CONTINUOUS)
def test_interpolated_quantiles(name):
    offers = sampling_distribution("p", CONTINUOUS[name])
    many = offers.quantile(RANKS)
    assert many == pytest.approx(CONTINUOUS[name].ppf(RANKS), rel=1e-6)
    few = offers.quantile(RANKS[:100])
    assert np.array_equal(few, CONTINUOUS[name].ppf(RANKS[:100]))


@pytest.mark.parametrize("name", CONTINUOUS)
def test_pieces_cover_the_support_and_all_its_mass(name):
    offers, whole = sampling_distribution("p", CONTINUOUS[name]), CONTINUOUS[name]
    assert offers.edges[0] == offers.low == whole.support()[0]
    assert offers.edges[-1] == offers.high
    assert offers.weights.sum() == pytest.approx(1.0, abs=1e-14)
    assert offers.weights @ offers.nodes == pytest.approx(whole.mean(), rel=1e-8)
    bounded = offers.weights @ np.exp(-offers.nodes)
    expected = integral(
        lambda z: np.exp(-whole.ppf(z)), 0.0, 1.0, whole.cdf(breakpoints(whole))
    )
    assert bounded == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("name", [*CONTINUOUS, *SAMPLES])
def test_primitives(name, gamma):
    given = {**CONTINUOUS, **SAMPLES}[name]
    offers, sf = sampling_distribution("p", given), survival(given)
    found = offers.primitive(lambda tail: (1 + tail) ** -2, gamma)
    for x in quantile(given, np.array([0.2, 0.5, 0.99])):
        expected = integral(
            lambda y: (1 + sf(y)) ** -2 * y**-gamma, offers.low, x, breakpoints(given)
        )
        assert found(x) == pytest.approx(expected, rel=1e-11, abs=1e-12)


def test_steps_of_a_sample():
    offers = sampling_distribution("p", [2.0, 1.0, 2.0, 5.0])
    assert offers.nodes.tolist() == [1.0, 2.0, 5.0]
    assert offers.weights.tolist() == [0.25, 0.5, 0.25]
    x = [0.5, 1.0, 1.5, 2.0, 5.0, 6.0]
    assert offers.cdf(x).tolist() == [0.0, 0.25, 0.25, 0.75, 1.0, 1.0]
    assert offers.sf(x).tolist() == [1.0, 0.75, 0.75, 0.25, 0.0, 0.0]
    assert offers.sf_left(x).tolist() == [1.0, 1.0, 0.75, 0.75, 0.25, 0.0]
    ranks = [0.0, 0.25, 0.26, 0.75, 0.76, 1.0]
    assert offers.quantile(ranks).tolist() == [1.0, 1.0, 2.0, 2.0, 5.0, 5.0]


def test_tail_that_carries_part_of_the_mean_is_refused():
    with pytest.raises(ValueError, match=r"p has mean 11, but .* tail is too heavy"):
        sampling_distribution("p", stats.pareto(1.1))
    sampling_distribution("p", stats.truncpareto(1.1, 1e6))


@pytest.mark.parametrize("shape", [1.3, 1.5])
def test_a_long_tail_does_not_coarsen_the_middle(shape):
    heavy = stats.lomax(shape, 0.6)
    x = heavy.ppf(np.linspace(1e-4, 1 - 1e-4, 2_000))
    found = sampling_distribution("p", heavy).fast_sf(x)
    assert found == pytest.approx(heavy.sf(x), abs=1e-14)


def test_histograms_count_as_distributions():
    histogram = stats.rv_histogram(np.histogram([1.0, 1.5, 3.0], bins=4))
    for given in (histogram, histogram()):
        assert not sampling_distribution("p", given).is_discrete
