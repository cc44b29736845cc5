"""Calibration: known parameters come back, slopes are slopes, gaps do no harm."""

import re

import numpy as np
import pytest

from jobteams_lab.team_sorting import SeveralSolutions, moment_search
from jobteams_lab.team_sorting.calibrate import calibrate
from jobteams_lab.team_sorting.earnings_moments import Moments, Parameters
from jobteams_lab.team_sorting.estimates import SIZES, estimated, record
from jobteams_lab.team_sorting.moment_search import SHAPES, Search
from jobteams_lab.team_sorting.published import FLOOR, PERCENTILES, YEARS

TRUTH = Parameters.published(2013)
CELLS = 60


@pytest.fixture(scope="module")
def targets():
    """The moments of the 2013 economy itself."""
    return Moments.of(TRUTH.earnings(), cells=CELLS)


@pytest.fixture(scope="module")
def recovered(targets):
    """From elsewhere, back to the parameters that made the moments."""
    away = Parameters(1.7, 1.6, 1.5, 1.8, scale=1.0)
    return calibrate(targets, first=away, starts=1, cells=CELLS)


def search(targets, **changes):
    arguments = {
        "workers_per_team": 2,
        "floor": FLOOR,
        "weights": None,
        "coupling": "entropy",
        "cells": CELLS,
        "seed": 0,
        "bounds": (0.2, 20.0),
    }
    return Search(targets, **{**arguments, **changes})


def log_parameters(one):
    return np.log([*(getattr(one, name) for name in SHAPES), one.scale])


def test_known_parameters_come_back(recovered):
    gap = log_parameters(recovered.parameters) - log_parameters(TRUTH)
    # the worst direction is seen with a slope of 0.005: 1e-10 in moments is 2e-8 there
    assert np.abs(gap).max() < 1e-6
    assert recovered.objective < 1e-18
    assert recovered.converged and recovered.repeats == 1
    assert recovered.at_bounds == ()


def test_what_is_reported_belongs_together(recovered, targets):
    again = Moments.of(recovered.parameters.earnings(), cells=CELLS)
    assert again.vector == pytest.approx(recovered.moments.vector, rel=1e-12)
    assert recovered.residuals == pytest.approx(again.vector - targets.vector, abs=1e-9)
    best = recovered.starts[0]
    assert best.parameters == recovered.parameters
    assert best.evaluations > 5 and best.failures == 0


def test_five_moments_see_three_directions(recovered):
    values = recovered.singular_values
    assert len(values) == 5 and (np.diff(values) < 0).all()
    assert values[2] > 0.5 > 0.05 > values[3]
    # along the last direction the moments hardly move, though the parameters do
    position = np.log([1.89, 1.48, 1.66, 1.63, TRUTH.earnings().quantile(0.5) - FLOOR])
    one = search(recovered.targets)
    moved = one.moments(position + 0.1 * recovered.directions[-1])
    assert np.abs(moved.vector - recovered.targets.vector).max() < 2e-3
    moved = one.moments(position + 0.1 * recovered.directions[1])
    assert np.abs(moved.vector - recovered.targets.vector).max() > 2e-2


def test_slopes_against_wide_central_differences(targets):
    one = search(targets, weights=[1.0, 2.0, 3.0, 4.0, 5.0])
    position = np.log([0.9, 2.0, 1.1, 2.4, 30_000.0])
    slopes = one.jacobian(position)
    for k in range(5):
        step = np.eye(5)[k] * 5e-3
        wide = (one.residuals(position + step) - one.residuals(position - step)) / 0.01
        assert slopes[:, k] == pytest.approx(wide, abs=5e-3)


def test_positions_and_parameters(targets):
    one = search(targets, floor=None)
    position = np.log([0.9, 2.0, 1.1, 2.4, 30_000.0, 2_000.0])
    found = one.parameters(position)
    assert found.floor == pytest.approx(2_000.0)
    assert found.earnings().quantile(0.5) == pytest.approx(32_000.0, rel=1e-12)
    assert one.names == (*SHAPES, "median", "floor")


def test_weights_of_zero_leave_a_moment_out(targets):
    # a variance that no parameters have, next to moments that some have
    odd = Moments(targets.earnings, targets.between_share, 3.0)
    found = calibrate(
        odd, first=TRUTH, starts=1, cells=CELLS, weights=[1, 1, 1, 1, 0], steps=5
    )
    assert found.objective < 1e-12
    assert found.residuals[-1] < -2.0


def test_bounds_are_kept_and_named(targets):
    found = calibrate(
        targets, starts=1, cells=CELLS, first=TRUTH, bounds=(1.55, 3.0), steps=15
    )
    shapes = [getattr(found.parameters, name) for name in SHAPES]
    assert min(shapes) >= 1.55 * (1 - 1e-12) and max(shapes) <= 3.0 * (1 + 1e-12)
    assert "worker_beta" in found.at_bounds
    assert found.objective > 1e-9


def test_regions_without_a_solution(targets, monkeypatch):
    real = moment_search.solve

    def gaps(economy):
        if economy.workers.args[0] > 1.89:
            raise SeveralSolutions("several solutions")
        return real(economy)

    monkeypatch.setattr(moment_search, "solve", gaps)
    one = search(targets)
    inside = np.log([1.88995, 1.48, 1.66, 1.63, 33_000.0])
    slopes = one.jacobian(inside)  # a step up has no solution, so it goes down
    assert np.isfinite(slopes).all() and np.abs(slopes[:, 0]).max() > 0.1
    monkeypatch.setattr(moment_search, "solve", real)
    assert slopes == pytest.approx(search(targets).jacobian(inside), abs=1e-3)
    monkeypatch.setattr(moment_search, "solve", gaps)
    outside = inside + np.log([1.1, 1, 1, 1, 1])
    assert (one.residuals(outside) == moment_search.FAILED).all()
    assert one.failed > 0
    # starts without a solution are left out, and all of them are refused
    first = Parameters(2.5, 1.5, 1.6, 1.6, scale=1.0)
    found = calibrate(targets, starts=2, first=first, seed=0, cells=CELLS, steps=1)
    assert len(found.starts) == 1
    with pytest.raises(ValueError, match="no solution at any of the 1 starts"):
        calibrate(targets, starts=1, first=first, cells=CELLS)


def test_a_start_without_solution_of_its_own(targets):
    # thin tails: nearly everyone at one end is refused by the model, not by a crash
    first = Parameters(0.02, 0.02, 0.02, 0.02, scale=1.0)
    with pytest.raises(ValueError, match="no solution at any"):
        calibrate(targets, starts=1, first=first, cells=CELLS, bounds=(0.01, 20))


def test_the_same_seed_gives_the_same_starts(targets):
    def drawn(seed):
        one = search(targets, seed=seed)
        return np.array(list(one.starts(4, TRUTH)))

    assert (drawn(3) == drawn(3)).all()
    assert (drawn(3)[1:, :4] != drawn(4)[1:, :4]).all()
    assert drawn(3)[0] == pytest.approx(
        np.log([1.89, 1.48, 1.66, 1.63, targets.earnings[1] - FLOOR])
    )


@pytest.mark.parametrize(
    ("changes", "error", "sentence"),
    [
        ({"floor": 20_000}, ValueError, "floor = 20000 is not below the lowest"),
        ({"floor": -1}, ValueError, "floor = -1"),
        ({"weights": [1, 1]}, ValueError, "weights has shape (2,): give 5"),
        ({"weights": [1, 1, 1, 1, -1]}, ValueError, "weights = -1"),
        ({"bounds": (3, 2)}, ValueError, "bounds = 2 must be finite and greater"),
        ({"starts": 0}, ValueError, "starts = 0"),
        ({"steps": 0}, ValueError, "steps = 0"),
        ({"workers_per_team": 1}, ValueError, "workers_per_team = 1"),
        ({"coupling": "random"}, ValueError, "coupling = 'random'"),
        ({"cells": 5}, ValueError, "cells = 5"),
    ],
)
def test_refusals(changes, error, sentence):
    targets = Moments((18e3, 31e3, 89e3), 0.34, 0.65, PERCENTILES)
    with pytest.raises(error, match=re.escape(sentence)):
        calibrate(targets, **changes)


def test_targets_must_be_moments():
    with pytest.raises(TypeError, match="give Moments"):
        calibrate({"median": 31_000})


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("year", YEARS)
def test_stored_estimates_have_the_moments_stored_with_them(year, size):
    parameters, moments = estimated(year, size)
    assert parameters.workers_per_team == size
    again = Moments.of(parameters.earnings())
    assert again.vector == pytest.approx(moments.vector, abs=1e-7)
    gaps = moments.vector - Moments.published(year).vector
    assert gaps @ gaps == pytest.approx(record(year, size)["objective"], rel=1e-6)


@pytest.mark.parametrize(("year", "size"), [(1981, 2), (2013, 3)])
def test_stored_estimates_are_minima(year, size):
    parameters, _ = estimated(year, size)
    one = search(Moments.published(year), workers_per_team=size, cells=200)
    earned = parameters.earnings()
    shapes = [getattr(parameters, name) for name in SHAPES]
    position = np.log([*shapes, earned.quantile(0.5) - FLOOR])
    slope = 2.0 * one.jacobian(position).T @ one.residuals(position)
    # nothing is gained by a move inwards, and elsewhere by none at all
    at_low, at_high = position - one.low < 1e-3, one.high - position < 1e-3
    assert (slope[at_low] > -1e-6).all() and (slope[at_high] < 1e-6).all()
    assert np.abs(slope[~at_low & ~at_high]).max() < 5e-5


def test_what_is_not_stored_is_refused():
    with pytest.raises(ValueError, match="workers_per_team = 6"):
        estimated(1981, 6)
    with pytest.raises(ValueError, match="year = 1999"):
        estimated(1999)
