"""The best assignment: all permutations, sorted pairs, and two routes that agree."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobteams_lab.identification.reallocation import _one_to_one, reallocation_gain
from jobteams_lab.identification.smoothing import smooth

GRID = (np.arange(12) + 0.5) / 12
X, Y = GRID[:, None], GRID[None, :]


def some_matches(seed=0, shape=(12, 12), number=400):
    rng = np.random.default_rng(seed)
    return rng.multinomial(number, rng.dirichlet(np.ones(shape[0] * shape[1]))).reshape(
        shape
    )


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), blocked=st.integers(0, 6))
def test_all_permutations_of_six_matches(seed, blocked):
    rng = np.random.default_rng(seed)
    production = rng.random((4, 5)) + 0.5
    matches = rng.multinomial(6, np.ones(20) / 20).reshape(4, 5)
    empty = rng.permutation(np.flatnonzero(matches == 0))[:blocked]
    production.flat[empty] = np.nan
    workers = np.repeat(np.arange(4), matches.sum(axis=1))
    jobs = np.repeat(np.arange(5), matches.sum(axis=0))
    outputs = [production[workers, list(order)].sum() for order in permutations(jobs)]
    now = production[matches > 0] @ matches[matches > 0]
    found = reallocation_gain(production, matches)
    assert found.optimal_output == pytest.approx(np.nanmax(outputs) / 6, rel=1e-9)
    assert found.output == pytest.approx(now / 6, rel=1e-12)
    assert found.gain == pytest.approx(np.nanmax(outputs) / now - 1, abs=1e-9)
    assert found.duality_gap < 1e-9


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), price=st.floats(-50, 50))
def test_one_to_one_whatever_the_prices(seed, price):
    rng = np.random.default_rng(seed)
    production = rng.random((4, 5)) + 0.5
    drawn = rng.multinomial(6, np.ones(20) / 20).reshape(4, 5)
    workers = np.repeat(np.arange(4), drawn.sum(axis=1))
    jobs = np.repeat(np.arange(5), drawn.sum(axis=0))
    outputs = [production[workers, list(order)].sum() for order in permutations(jobs)]
    prices = price * (rng.random((4, 1)) + rng.random(5))
    found = _one_to_one(production + prices, drawn, np.ones((4, 5), dtype=bool))
    assert (found * production).sum() == pytest.approx(max(outputs), rel=1e-12)
    assert (found.sum(axis=1) == drawn.sum(axis=1)).all()
    assert (found.sum(axis=0) == drawn.sum(axis=0)).all()


@pytest.mark.parametrize("forbidden", [False, True])
def test_both_routes_on_the_same_sample(forbidden):
    production = np.sqrt(X**2 + 2 * Y**2)
    density = some_matches(1) / 400
    if forbidden:
        rng = np.random.default_rng(2)
        production = np.where(
            (density > 0) | (rng.random((12, 12)) < 0.3), production, np.nan
        )
    sampled = reallocation_gain(
        production, density, method="sample", sample=700, seed=5
    )
    exact = reallocation_gain(production, sampled.matches)
    assert sampled.optimal_output == pytest.approx(exact.optimal_output, rel=1e-12)
    assert sampled.gain == pytest.approx(exact.gain, rel=1e-9)
    assert sampled.unobserved_share == exact.unobserved_share == 0.0
    for axis in (0, 1):
        for one in (sampled, exact):
            sums = one.assignment.sum(axis=axis) - sampled.matches.sum(axis=axis)
            assert np.abs(sums).max() < 1e-12


def test_the_sample_is_drawn_from_the_density():
    density = some_matches(3) / 400
    found = reallocation_gain(X * Y, density, method="sample", sample=1_000, seed=8)
    again = reallocation_gain(X * Y, density, method="sample", sample=1_000, seed=8)
    other = reallocation_gain(X * Y, density, method="sample", sample=1_000, seed=9)
    assert found.gain == again.gain != other.gain
    np.testing.assert_allclose(found.matches * 1_000, np.rint(found.matches * 1_000))
    deviation = found.matches - density
    assert np.abs(deviation / np.sqrt(density * (1 - density) / 1_000 + 1e-9)).max() < 5


@pytest.mark.parametrize("sign", [1, -1])
def test_supermodular_output_is_sorted_and_submodular_the_other_way(sign):
    matches = some_matches(4)
    production = 2.0 + sign * X * Y
    workers = np.repeat(GRID, matches.sum(axis=1))
    jobs = np.repeat(GRID, matches.sum(axis=0))[::sign]
    found = reallocation_gain(production, matches)
    assert found.optimal_output == pytest.approx(np.mean(2.0 + sign * workers * jobs))


def test_nothing_to_gain_where_output_adds_up():
    found = reallocation_gain(1.0 + X + Y**2, some_matches(5))
    assert found.gain == pytest.approx(0.0, abs=1e-12)


def test_forbidden_cells_cost_output_and_filled_ones_are_counted():
    matches = some_matches(6)
    truth = 1.0 + X * Y
    holes = np.where(matches > 0, truth, np.nan)
    free = reallocation_gain(truth, matches)
    bound = reallocation_gain(holes, matches)
    filled = reallocation_gain(holes, matches, unobserved="filled")
    assert bound.gain < free.gain
    # the surface is linear in each rank, so that smoothing fills it exactly
    assert filled.gain == pytest.approx(free.gain, rel=1e-6)
    assert bound.unobserved_share == 0.0 < filled.unobserved_share
    assert filled.unobserved_share == filled.assignment[matches == 0].sum()
    # a surface filled before, with a mask, is the same problem
    ready = smooth(holes).fill(holes)
    again = reallocation_gain(ready, matches, observed=matches > 0)
    assert again.gain == pytest.approx(bound.gain, rel=1e-9)


def test_matches_without_data_are_reported():
    matches = some_matches(7)
    mask = np.ones_like(matches, dtype=bool)
    mask[3, :4] = False
    found = reallocation_gain(X * Y, matches, observed=mask, unobserved="filled")
    assert found.unobserved_matches == pytest.approx(matches[3, :4].sum() / 400)
    with pytest.raises(ValueError, match=r"% of the matches are in \d+ cells where"):
        reallocation_gain(np.where(mask, X * Y, np.nan), matches)


@pytest.mark.parametrize("method", ["transport", "sample"])
@pytest.mark.parametrize("rows", [5, slice(None)])
def test_an_assignment_that_cells_with_data_do_not_allow(method, rows):
    mask = np.ones((12, 12), dtype=bool)
    mask[rows] = False
    with pytest.raises(ValueError, match="No assignment of these workers to these"):
        reallocation_gain(
            X * Y, np.ones((12, 12)), observed=mask, method=method, sample=300
        )


def test_units_do_not_matter():
    matches = some_matches(8)
    found = reallocation_gain(1 + X * Y, matches)
    again = reallocation_gain(100 * (1 + X * Y), 3.0 * matches)
    assert again.gain == pytest.approx(found.gain, rel=1e-9)
    assert "output rises by" in repr(found)


def test_refusals():
    matches = some_matches(9)
    with pytest.raises(ValueError, match="unobserved = 'any' is not known"):
        reallocation_gain(X * Y, matches, unobserved="any")
    with pytest.raises(ValueError, match="method = 'emd' is not known"):
        reallocation_gain(X * Y, matches, method="emd")
    with pytest.raises(ValueError, match="give a mass of matches for each cell"):
        reallocation_gain(X * Y, matches[1:])
    with pytest.raises(ValueError, match="match_density must be finite and at least 0"):
        reallocation_gain(X * Y, -matches)
    with pytest.raises(ValueError, match="observed has shape"):
        reallocation_gain(X * Y, matches, observed=np.ones(12, dtype=bool))
    with pytest.raises(ValueError, match="sample = 0 must be"):
        reallocation_gain(X * Y, matches, sample=0)


@pytest.mark.slow
def test_five_thousand_workers_and_jobs():
    grid = (np.arange(50) + 0.5) / 50
    x, y = grid[:, None], grid
    production = np.sqrt(x**2 + 2 * y**2)
    density = np.exp(-((x - y) ** 2) / 0.1)
    sampled = reallocation_gain(production, density, method="sample")
    exact = reallocation_gain(production, sampled.matches)
    assert sampled.optimal_output == pytest.approx(exact.optimal_output, rel=1e-12)
