"""Smooth surfaces against dense equations and what must pass through unchanged."""

import numpy as np
import pytest

from jobteams_lab.identification.smoothing import smooth


def dense(estimate, weights, penalty):
    """Penalised least squares as one dense regression, with its influence matrix."""
    rows, columns = estimate.shape
    unit = np.eye(rows * columns).reshape(rows, columns, -1)
    bends = np.concatenate(
        [
            (unit[:-2] - 2 * unit[1:-1] + unit[2:]).reshape(-1, rows * columns),
            (unit[:, :-2] - 2 * unit[:, 1:-1] + unit[:, 2:]).reshape(
                -1, rows * columns
            ),
        ]
    )
    w = (weights / weights[weights > 0].mean()).ravel()
    design = np.vstack([np.diag(np.sqrt(w)), np.sqrt(penalty) * bends])
    data = np.where(w > 0, np.nan_to_num(estimate).ravel(), 0.0)
    right = np.append(np.sqrt(w) * data, np.zeros(len(bends)))
    surface = np.linalg.lstsq(design, right, rcond=None)[0]
    influence = np.linalg.pinv(design)[:, : rows * columns] * np.sqrt(w)
    cells, freedom = (w > 0).sum(), np.trace(influence)
    score = cells * (w * (data - surface) ** 2).sum() / (cells - freedom) ** 2
    return surface.reshape(estimate.shape), freedom, score


def bumpy(shape=(9, 8), seed=0, noise=0.05, empty=0.3):
    rng = np.random.default_rng(seed)
    x, y = np.meshgrid(*(np.linspace(0, 1, n) for n in shape), indexing="ij")
    truth = np.sqrt(x**2 + 2 * y**2) + np.sin(3 * x)
    weights = rng.integers(1, 20, shape) * (rng.random(shape) > empty)
    estimate = truth + noise * rng.normal(size=shape) / np.sqrt(np.maximum(weights, 1))
    return np.where(weights > 0, estimate, np.nan), weights.astype(float), truth


@pytest.mark.parametrize("shape", [(9, 8), (8, 5), (3, 3)])
@pytest.mark.parametrize("penalty", [1e-3, 1.0, 300.0])
def test_surface_and_score_by_dense_least_squares(shape, penalty):
    estimate, weights, _ = bumpy(shape, empty=0.3 if min(shape) > 3 else 0.1)
    found = smooth(estimate, weights, penalty=penalty)
    surface, freedom, score = dense(estimate, weights, penalty)
    np.testing.assert_allclose(found.surface, surface, atol=1e-9)
    assert found.degrees_of_freedom == pytest.approx(freedom, rel=1e-9)
    assert found.score == pytest.approx(score, rel=1e-7)
    assert found.penalty == penalty
    assert (found.observed == (weights > 0)).all()


def test_no_other_penalty_has_a_better_score():
    estimate, weights, _ = bumpy()
    found = smooth(estimate, weights)
    best = min(dense(estimate, weights, lam)[2] for lam in np.geomspace(1e-5, 1e5, 101))
    assert found.score <= best * (1 + 1e-4)


def test_smoothing_brings_a_noisy_surface_closer_to_the_truth():
    estimate, weights, truth = bumpy((30, 30), seed=1, noise=0.3)
    found = smooth(estimate, weights)
    seen = weights > 0
    before = np.mean((estimate - truth)[seen] ** 2)
    assert np.mean((found.surface - truth)[seen] ** 2) < 0.3 * before
    assert np.mean((found.surface - truth)[~seen] ** 2) < before


def test_without_noise_next_to_nothing_is_smoothed():
    estimate, weights, truth = bumpy((20, 20), noise=0.0, empty=0.0)
    found = smooth(estimate, weights)
    assert np.abs(found.surface - truth).max() < 1e-3 * truth.std()


@pytest.mark.parametrize("penalty", [0.1, 1e6])
def test_surfaces_linear_in_each_rank_pass_unchanged(penalty):
    x, y = np.meshgrid(np.arange(7.0), np.arange(6.0), indexing="ij")
    truth = 1e3 + 2 * x - 3 * y + 0.5 * x * y
    weights = np.zeros_like(x)
    weights[1:4, 2:5] = 1.0
    found = smooth(np.where(weights > 0, truth, np.nan), weights, penalty=penalty)
    np.testing.assert_allclose(found.surface, truth, rtol=1e-6)
    assert found.fill(truth).shape == truth.shape


def test_units_of_data_and_of_weights_do_not_matter():
    estimate, weights, _ = bumpy()
    found = smooth(estimate, weights)
    again = smooth(5.0 - 100.0 * estimate, 7.0 * weights)
    assert again.penalty == pytest.approx(found.penalty, rel=1e-3)
    np.testing.assert_allclose(again.surface, 5 - 100 * found.surface, atol=1e-3)


def test_fill_keeps_the_data():
    estimate, weights, _ = bumpy()
    found = smooth(estimate)
    filled = found.fill(estimate)
    assert (filled[weights > 0] == estimate[weights > 0]).all()
    assert (filled[weights == 0] == found.surface[weights == 0]).all()


def test_refusals():
    estimate, weights, _ = bumpy()
    with pytest.raises(ValueError, match=r"estimate has shape \(2, 9\): give a grid"):
        smooth(np.ones((2, 9)))
    with pytest.raises(ValueError, match="give one weight a cell"):
        smooth(estimate, weights[1:])
    with pytest.raises(ValueError, match="at least 0: give 0 for no data"):
        smooth(estimate, -weights)
    with pytest.raises(ValueError, match="cells have a weight but no finite estimate"):
        smooth(estimate, np.ones_like(weights))
    with pytest.raises(ValueError, match="penalty = 0 must be"):
        smooth(estimate, weights, penalty=0)
    one_row = np.full((6, 6), np.nan)
    one_row[2] = 1.0
    with pytest.raises(ValueError, match="The 6 cells with data do not determine"):
        smooth(one_row)
    diagonal = np.where(np.eye(6) == 1, 1.0, np.nan)
    with pytest.raises(ValueError, match="do not determine"):
        smooth(diagonal)
