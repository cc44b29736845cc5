"""The islands: what firms they have, where they begin and what they report."""

import jax
import numpy as np
import pytest
from island_examples import ECONOMY, PLACES, begin, coefficients
from scipy.stats import norm

from jobteams_lab.large_firms.economy import Economy
from jobteams_lab.large_firms.islands import stratified_firms
from jobteams_lab.large_firms.team_sample import TeamSample
from jobteams_lab.precision import double


@pytest.mark.parametrize("firms", [100, 256])  # no power of two, and one
def test_a_stratified_sample_of_firms(firms):
    economy = Economy.paper(firm_covariance=0.002)
    log_z, log_q = stratified_firms(economy, firms, 3, 1)
    assert log_z.shape == log_q.shape == (3, firms)
    # one firm in each of as many bins of equal probability
    for island in range(3):
        u = norm.cdf(log_z[island], 0, economy.sd_log_productivity)
        np.testing.assert_array_equal(np.sort((u * firms).astype(int)), range(firms))
    # and given z, what is left of q
    slope = economy.firm_covariance / economy.sd_log_productivity**2
    spread = economy.sd_log_environment * np.sqrt(1 - economy.firm_correlation**2)
    u = norm.cdf(log_q - slope * log_z, economy.mean_log_environment, spread)
    for island in range(3):
        bins = np.sort((u[island] * firms).astype(int))
        np.testing.assert_array_equal(bins, range(firms))
        found = np.corrcoef(log_z[island], log_q[island])[0, 1]
        assert abs(found - economy.firm_correlation) < 0.02  # at random: 0.1, 0.06
        # the square is covered, too: four by four cells (at random: some are half full)
        first = norm.cdf(log_z[island], 0, economy.sd_log_productivity)
        cells = np.histogram2d(first, u[island], 4, [[0, 1]] * 2)[0]
        np.testing.assert_allclose(cells, firms / 16, atol=0.25 * firms / 16)
    assert (log_q[0] != log_q[1]).any()
    again = stratified_firms(economy, firms, 3, 1)
    np.testing.assert_array_equal(again, [log_z, log_q])


def test_firms_that_do_not_differ():
    still = ECONOMY.with_(
        sd_log_productivity=0, sd_log_environment=0, firm_covariance=0
    )
    log_z, log_q = stratified_firms(still, 5, 2, 0)
    assert (log_z == 0).all() and (log_q == still.mean_log_environment).all()


def test_where_a_simulation_begins():
    with double():
        jobless, crowded = begin(32, 2), begin(32, 2, "crowded")
    assert jobless.sample().n.sum() == 0
    sample = crowded.sample()
    full = int(0.9 * 80) // PLACES
    assert sorted(set(sample.n)) == [0, PLACES]
    for island in range(2):
        mine = slice(32 * island, 32 * (island + 1))
        best = np.argsort(sample.log_z[mine])[-full:]
        assert (sample.n[mine][best] == PLACES).all()
        assert sample.n[mine].sum() == full * PLACES
    assert sample.employment_rate == full * PLACES / 80
    for one, other in zip(jobless.sample().workers, sample.workers, strict=True):
        np.testing.assert_allclose(np.sort(one), np.sort(other))


@pytest.fixture(scope="module")
def later():
    with double():
        place = begin(32, 2, "crowded")
        before = jax.tree.map(np.asarray, place.state)
        told = []
        rates = place.advance(coefficients(), 6, told.append)
    return place, before, rates, told


def test_years_and_rates(later):
    _, _, rates, told = later
    assert (rates["years"] >= 6).all() and rates["years"].max() < 12
    assert told == sorted(told) and told[-1] >= 6
    assert all(part.shape == (2,) for part in rates.values())
    assert ((rates["employment"] > 0.3) & (rates["employment"] < 1)).all()


def test_a_sample_is_the_state(later):
    place = later[0]
    sample = place.sample()
    state = jax.tree.map(np.asarray, place.state)
    np.testing.assert_array_equal(sample.n, state.size.ravel())
    np.testing.assert_array_equal(sample.log_z, place.log_z.ravel())
    for island in range(2):
        for f in range(32):
            row = 32 * island + f
            who = np.flatnonzero(state.firm[island] == f)
            mine = np.sort(sample.x[row, : sample.n[row]])
            np.testing.assert_array_equal(mine, np.sort(state.x[island, who]))
            assert (sample.x[row, sample.n[row] :] == 0).all()
    idle = state.firm == 32
    np.testing.assert_array_equal(sample.nonemployed_x, state.x[idle])
    np.testing.assert_array_equal(sample.nonemployed_y, state.y[idle])
    assert sample.employment_rate == pytest.approx(1 - idle.mean())


def test_several_dates_as_one_sample(later):
    one = later[0].sample()
    both = TeamSample.join([one, one])
    assert both.dates == 2 and both.places == PLACES
    assert both.employment_rate == one.employment_rate
    np.testing.assert_array_equal(both.rows(slice(64, None)).x, one.x)
    x, y = both.workers
    assert len(x) == len(y) == 2 * 2 * 80
    assert x.sum() == pytest.approx(2 * np.asarray(later[0].state.x).sum())


def test_nobody_works_and_everybody_works():
    with double():
        place = begin(32, 2)
        rates = place.advance(0 * coefficients(), 2)  # V = 0: nobody is hired
        assert (rates["EE"] == 0).all() and (rates["employment"] == 0).all()
        assert place.sample().n.sum() == 0
