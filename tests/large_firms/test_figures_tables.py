"""Figures of tables and their limits."""

import numpy as np
import pytest

from jobteams_lab.figures import axes
from jobteams_lab.large_firms.figures_tables import (
    plot_against_step,
    plot_bound_error,
    plot_cost,
    plot_one_ladder,
    plot_states,
)
from jobteams_lab.large_firms.teams import enumerate_teams


def labelled(ax):
    lines = {line.get_label(): line for line in ax.get_lines()}
    return {name: line for name, line in lines.items() if not name.startswith("_")}


def test_states_are_those_that_the_teams_have():
    ax = axes()
    made = plot_states([1, 2, 3], [2, 4], ax, firm_types=5, levels={"a page": 40.0})
    assert made is ax and ax.get_yscale() == "log"
    drawn = labelled(ax)
    for bound in (2, 4):
        counted = [5 * len(enumerate_teams(k, bound).counts) for k in (1, 2, 3)]
        np.testing.assert_array_equal(drawn[f"at most {bound}"].get_ydata(), counted)
    texts = {text.get_text(): text for text in ax.texts}
    assert texts.keys() == {"a page", "at most 2", "at most 4"}
    assert texts["a page"].xy == (1, 40.0)


def test_costs_are_sorted_by_states_within_a_method():
    rows = [
        {"method": "Newton", "states": 100, "seconds": 2.0, "peak_MiB": 9.0},
        {"method": "Newton", "states": 10, "seconds": 1.0, "peak_MiB": 7.0},
        {"method": "iteration", "states": 10, "seconds": 5.0, "peak_MiB": None},
    ]
    ax = axes()
    assert plot_cost(rows, ax) is ax
    drawn = labelled(ax)
    np.testing.assert_array_equal(drawn["Newton"].get_xdata(), [10, 100])
    np.testing.assert_array_equal(drawn["Newton"].get_ydata(), [1.0, 2.0])
    assert set(labelled(plot_cost(rows, axes(), "peak_MiB"))) == {"Newton"}


@pytest.mark.parametrize("log", [False, True])
def test_lines_against_the_step(log):
    ax = axes()
    lines = {"one": [1.0, 2.0], "other": [3.0]}
    steps = {"one": [0.5, 0.1], "other": [0.2]}
    assert plot_against_step(steps, lines, ax, "value", log=log) is ax
    assert ax.get_xscale() == ("log" if log else "linear")
    np.testing.assert_array_equal(labelled(ax)["other"].get_xdata(), [0.2])
    assert ax.get_legend() is not None and ax.get_ylabel() == "value"
    alone = plot_against_step([0.5, 0.1], {"one": [1.0, 2.0]}, axes(), "value")
    assert alone.get_legend() is None


def test_errors_and_the_ratio_they_should_fall_by():
    ax = axes()
    errors = {"one": ([4, 8], [-1e-2, 1e-4]), "other": ([4, 8], [0.0, 1.0])}
    assert plot_bound_error(errors, ax, {"one": 0.5}) is ax
    drawn = labelled(ax)
    np.testing.assert_array_equal(drawn["one"].get_ydata(), [1e-2, 1e-4])
    assert drawn["other"].get_ydata()[0] > 0  # no error has a place on the axis
    guides = [line for line in ax.get_lines() if line.get_label().startswith("_")]
    assert len(guides) == 1
    # of the slope given, and through the errors' middle, their geometric mean here
    np.testing.assert_allclose(guides[0].get_ydata(), [4e-3, 4e-3 / 2**4])


def test_ladder_steps_and_dots():
    ax = axes()
    shares = {"firms": np.array([0.5, 0.5]), "workers": np.array([0.2, 0.8])}
    made = plot_one_ladder([1.0, 2.0], shares, ax, {"dots": shares["workers"]})
    assert made is ax
    drawn = labelled(ax)
    assert list(drawn) == ["firms", "workers", "dots"]
    np.testing.assert_allclose(drawn["workers"].get_ydata(), [0, 0.2, 1, 1])
    np.testing.assert_allclose(drawn["dots"].get_ydata(), [0.2, 1.0])
    np.testing.assert_allclose(drawn["dots"].get_xdata(), [1.0, 2.0])
