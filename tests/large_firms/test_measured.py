"""What the package ships is what the benchmarks stored."""

import json
from pathlib import Path

import pytest

from jobteams_lab.large_firms import stored
from jobteams_lab.large_firms.measured import (
    measured_accuracy,
    measured_costs,
    measured_moments,
    measured_scaling,
    measured_solutions,
    measured_training,
)

RESULTS = Path(__file__).parents[2] / "benchmarks" / "results"


@pytest.mark.parametrize(
    ("name", "shipped"),
    [
        ("large_firms_moments", measured_moments),
        ("large_firms_exact", measured_costs),
        ("large_firms_solutions", measured_solutions),
        ("large_firms_accuracy", measured_accuracy),
        ("large_firms_training", measured_training),
        ("large_firms_scaling", measured_scaling),
    ],
)
def test_shipped_results_are_the_stored_ones(name, shipped):
    kept = json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))
    assert shipped() == kept["results"]


def test_there_is_something_in_them():
    assert len(measured_moments()) > 20 and len(measured_costs()) > 20


def test_solutions_and_what_was_measured_on_them_belong_together():
    measured = {one["name"]: one for one in measured_solutions()}
    assert set(measured) == set(stored())
    for name, one in measured.items():
        solution = stored(name)
        assert one["run"]["seed"] == solution.run.seed
        for key, (value, _) in one["moments"].items():
            assert value == pytest.approx(solution.moments[key], rel=1e-5)
        square = one["residuals"]["mean_square"]
        assert square == pytest.approx(solution.residuals.mean_square, rel=1e-5)


def test_searches_from_two_starts_end_at_the_same_moments():
    both = [one for one in measured_solutions() if "other_start" in one]
    assert both
    for one in both:
        for key, (value, error) in one["moments"].items():
            other, its_error = one["other_start"]["moments"][key]
            assert abs(value - other) < max(5 * (error + its_error), 1e-3)


def test_the_races_are_what_the_chapter_says_of_them():
    races = measured_training()
    best = {}
    for one in races:
        last = one["error"][-1]
        best[one["method"]] = min(last, best.get(one["method"], last))
    assert set(best) == {
        "exact",
        "least squares",
        "adam",
        "semi-gradient",
        "gauss-newton",
    }
    assert best["least squares"] < 0.2 * min(
        value for name, value in best.items() if name != "least squares"
    )
