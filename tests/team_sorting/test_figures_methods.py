"""Figures of the methods, and the table that they draw."""

import json
from pathlib import Path

import numpy as np
import pytest
from team_examples import paper

from jobteams_lab.figures import axes
from jobteams_lab.team_sorting import linear_program, solve
from jobteams_lab.team_sorting.figures_methods import (
    plot_brackets,
    plot_error_against_seconds,
    plot_wage_deviations,
    plot_wages,
)
from jobteams_lab.team_sorting.measured import measured_methods

STORED = Path(__file__).parents[2] / "benchmarks/results/team_sorting_methods.json"


@pytest.fixture(scope="module")
def grids():
    economy = paper()
    return {
        "means": linear_program(economy, 8),
        "edges": linear_program(economy, 8, bound="lower"),
    }


def test_table_is_what_the_benchmark_stored():
    stored = json.loads(STORED.read_text(encoding="utf-8"))["results"]
    assert len(stored) == len(measured_methods())
    for row, one in zip(measured_methods(), stored, strict=True):
        assert row == {key: one.get(key) for key in row}


@pytest.mark.parametrize("value", ["loss_error", "wage_error"])
def test_errors_are_drawn_by_method(value):
    ax = axes()
    assert plot_error_against_seconds(measured_methods(), ax, value) is ax
    assert ax.get_xscale() == ax.get_yscale() == "log"
    drawn = {line.get_label(): line for line in ax.get_lines()}
    rows = [row for row in measured_methods() if row[value] is not None]
    assert set(drawn) == {row["method"] for row in rows}
    assert ("rearrangement" in drawn) == (value == "loss_error")
    own = [row for row in rows if row["method"] == "linear programme, lower bound"]
    line = drawn["linear programme, lower bound"]
    np.testing.assert_allclose(line.get_ydata(), [abs(row[value]) for row in own])
    np.testing.assert_allclose(line.get_xdata(), [row["seconds"] for row in own])


def test_wages_are_dots_on_the_grid(grids):
    ax, exact = axes(), solve(paper())
    assert plot_wages(exact, grids, ax) is ax
    line, means, _ = ax.get_lines()
    np.testing.assert_allclose(line.get_ydata(), exact.wage(line.get_xdata()))
    np.testing.assert_array_equal(means.get_xdata(), grids["means"].grid.skills[0])
    np.testing.assert_allclose(means.get_ydata(), grids["means"].wages[0])


def test_deviations_have_mean_zero(grids):
    ax = axes()
    assert plot_wage_deviations(solve(paper()), grids, ax) is ax
    for line, one in zip(ax.get_lines(), grids.values(), strict=False):
        assert one.grid.weights[0] @ line.get_ydata() == pytest.approx(0, abs=1e-15)
        assert 0 < np.abs(line.get_ydata()).max() < 0.01


def test_brackets_and_levels():
    ax = axes()
    made = plot_brackets([10, 20], [1.0, 1.5], [3.0, 2.0], ax, {"formulas": 1.7})
    assert made is ax
    upper, lower, level = ax.get_lines()
    np.testing.assert_array_equal(upper.get_ydata(), [3.0, 2.0])
    np.testing.assert_array_equal(lower.get_ydata(), [1.0, 1.5])
    np.testing.assert_array_equal(level.get_ydata(), [1.7, 1.7])
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["10", "20"]
