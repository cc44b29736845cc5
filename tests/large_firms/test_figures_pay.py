"""Figures of wages: what is drawn is what was given."""

import numpy as np
import pandas as pd

from jobteams_lab.figures import axes
from jobteams_lab.large_firms.figures_pay import (
    plot_career,
    plot_over_time,
    plot_shares,
    plot_value_of_wage,
)


def labelled(ax):
    lines = {line.get_label(): line for line in ax.get_lines()}
    return {name: line for name, line in lines.items() if not name.startswith("_")}


def test_values_of_wages_with_their_bounds():
    ax, wages = axes(), np.array([-1.0, 0.0, 2.0])
    lines = {"poor": wages / 2, "good": 2 * wages}
    assert plot_value_of_wage(wages, lines, {"poor": 0.7, "good": 3.0}, ax) is ax
    np.testing.assert_array_equal(labelled(ax)["good"].get_ydata(), 2 * wages)
    levels = {float(line.get_ydata()[0]) for line in ax.get_lines()[:]}
    assert {0.0, 0.7, 3.0} <= levels


def test_a_career_breaks_between_jobs_and_marks_moves_of_the_wage_only():
    panel = pd.DataFrame(
        {
            "time": [0.0, 0.5, 1.0],
            "firm": [3, 3, 8],
            "wage": [-2.0, 1.0, 1.5],
            "gain": [0.0, 2.0, 3.0],
            "surplus": [4.0, 4.0, 5.0],
        }
    )
    events = pd.DataFrame(
        {
            "event": ["hire", "meeting", "renegotiation", "move"],
            "time": [0.0, 0.4, 0.6, 0.9],
            "wage_before": [np.nan, -2.0, 1.0, 1.0],
            "wage": [-2.0, 1.0, 1.0, 1.5],
        }
    )
    top, bottom = axes(1, 2)
    assert plot_career(panel, events, top, bottom) is bottom
    marks = labelled(top)
    assert set(marks) == {"hire", "meeting", "move"}
    np.testing.assert_array_equal(marks["meeting"].get_xdata(), [0.4])
    wages = [line.get_ydata() for line in top.get_lines() if len(line.get_ydata()) == 2]
    np.testing.assert_array_equal(wages, [[-2.0, 1.0]])
    assert {"value, $W - U$", "surplus of the match, $Δ$"} == set(labelled(bottom))


def test_means_over_time_with_bands():
    ax, time = axes(), np.arange(3.0)
    lines = {"one": (time, time), "other": (time, -time)}
    bands = {"one": (time - 1, time + 1)}
    assert plot_over_time(lines, ax, "years", "wage", bands=bands) is ax
    np.testing.assert_array_equal(labelled(ax)["other"].get_ydata(), -time)
    assert len(ax.collections) == 1 and ax.get_ylabel() == "wage"


def test_shares_count_what_lies_beyond_the_ends():
    groups = {"a": np.array([-5.0, 0.1, 0.9]), "b": np.array([0.4, 0.4])}
    ax = plot_shares(groups, axes(), "share", bins=2, low=0.0, high=1.0)
    first, second = (patch.get_data().values for patch in ax.patches)
    np.testing.assert_allclose(first, [2 / 3, 1 / 3])
    np.testing.assert_allclose(second, [1, 0])
    assert ax.get_xlim() == (0, 1)
