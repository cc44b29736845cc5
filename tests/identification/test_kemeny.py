"""The exact ranking of a few workers, and how close single moves come to it."""

import numpy as np
import pytest
from plain_ranking import dense_weights, every_order, random_panel, value

from jobteams_lab.identification.kemeny import exact_ranking, pairwise_weights
from jobteams_lab.identification.noise import error_variance
from jobteams_lab.identification.rank_workers import rank_workers


@pytest.mark.parametrize("n", range(1, 8))
def test_equals_full_enumeration(n):
    rng = np.random.default_rng(n)
    for _ in range(4):
        weights = rng.normal(size=(n, n))
        found = exact_ranking(weights)
        np.fill_diagonal(weights, 0.0)
        assert sorted(found.rank) == list(range(1, n + 1))
        assert found.objective == pytest.approx(every_order(weights), abs=1e-12)
        assert found.objective == pytest.approx(value(weights, found.rank), abs=1e-12)


def test_a_condorcet_cycle_breaks_at_its_weakest_link():
    weights = np.zeros((3, 3))
    weights[0, 1], weights[1, 2], weights[2, 0] = 0.9, 0.8, 0.6
    assert list(exact_ranking(weights).rank) == [3, 2, 1]


@pytest.mark.parametrize("objective", ["loglik", "kemeny"])
def test_single_moves_come_close_to_the_optimum(objective):
    reached, panels = 0, 40
    for seed in range(panels):
        panel = random_panel(9, 3, seed=seed, noise=1.5, jobs=3)
        variance = error_variance(panel).variance
        weights = dense_weights(panel, variance, objective)
        best = exact_ranking(weights).objective
        found = rank_workers(panel, objective=objective, start="all")
        if found.coverage < 1.0:
            panels -= 1
            continue
        assert found.objective <= best + 1e-9 * (1 + abs(best))
        reached += found.objective > best - 1e-9 * (1 + abs(best))
    assert panels > 30
    assert reached >= 0.8 * panels


@pytest.mark.parametrize("objective", ["loglik", "kemeny"])
def test_pairwise_weights_equal_a_loop_over_rows(objective):
    panel = random_panel(20, 4, seed=3, noise=0.7)
    np.testing.assert_allclose(
        pairwise_weights(panel, 0.4, objective),
        dense_weights(panel, 0.4, objective),
        rtol=1e-10,
        atol=1e-12,
    )


def test_refusals():
    with pytest.raises(ValueError, match="one row and one column a worker"):
        exact_ranking(np.zeros((2, 3)))
    with pytest.raises(ValueError, match="at most 16"):
        exact_ranking(np.zeros((17, 17)))
    with pytest.raises(ValueError, match="must be finite"):
        exact_ranking([[0, np.inf], [0, 0]])
    with pytest.raises(ValueError, match="noise_variance = 0 must be"):
        pairwise_weights(random_panel(5, 2, seed=1), 0)
