"""What the package ships is what the benchmarks stored."""

import json
from pathlib import Path

import numpy as np
import pytest

from jobteams_lab.large_firms import stored
from jobteams_lab.large_firms.measured import (
    measured_accuracy,
    measured_calibration,
    measured_costs,
    measured_moments,
    measured_pay,
    measured_scaling,
    measured_solutions,
    measured_table,
    measured_training,
    measured_wages,
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
        ("large_firms_calibration", measured_calibration),
        ("large_firms_pay", measured_pay),
        ("large_firms_table", measured_table),
        ("large_firms_wages", measured_wages),
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


def test_known_parameters_are_found_again():
    searches = [one for one in measured_calibration() if one["what"] == "recovery"]
    assert len(searches) > 2 and all(one["converged"] for one in searches)
    held = [x for one in searches for x in one["covers"]]
    # of 95 % intervals; those of parameters from one panel are not independent
    assert sum(held) >= 0.7 * len(held)
    for one in searches:
        scores = np.subtract(one["estimate"], one["truth"]) / one["standard_error"]
        said = [abs(score) < 1.96 for score in scores]
        assert said == one["covers"] and one["degrees_of_freedom"] == 4
        assert one["p"] > 0.001


def test_rows_of_the_jacobian_have_their_obvious_signs():
    (table,) = [one for one in measured_calibration() if one["what"] == "jacobian"]

    def score(moment, parameter):
        at = table["moments"].index(moment), table["parameters"].index(parameter)
        slope, error = (table[x][at[0]][at[1]] for x in ("per_cent", "standard_error"))
        return slope / error

    assert score("EN", "match_break_rate") > 3
    assert score("NE", "contact_rate_nonemployed") > 3
    assert score("EE", "contact_rate_employed") > 3
    assert score("average_employer_size", "workers_per_firm") > 3


def test_the_table_has_the_readings_that_its_chapter_compares():
    rows = measured_table()
    first = {}
    for one in rows:
        first.setdefault(one["types"], one)
        assert set(one["moments"]) == set(first[one["types"]]["moments"])
    assert first["continuous"]["reading"] == first["grid"]["reading"] == {}
    # a reading of moments that are no rates leaves the rates alone
    for one in rows:
        if one["types"] == "continuous" and not {"sampling", "retirement"} & set(
            one["reading"]
        ):
            assert one["moments"]["EN"] == first["continuous"]["moments"]["EN"]
    squares = [one for one in rows if "quadratic" in str(one["reading"])]
    none = next(one for one in squares if "none" in str(one["reading"]))
    assert none["moments"]["better_squared"] == [None, None]


def test_wages_rise_since_the_hire():
    found = {one["name"]: one for one in measured_wages()}
    assert set(found) == {"paper-laptop", "alone"}
    for one in found.values():
        profile = one["profile"]
        wage, error = (profile[name] for name in ("wage", "wage error"))
        assert wage[0] < 0 < wage[-1] and wage[-1] - wage[0] > 20 * error[-1]
        assert np.diff(profile["markdown"][:12]).min() > 0
        assert 0.05 < one["below_zero"][0] < 0.5
