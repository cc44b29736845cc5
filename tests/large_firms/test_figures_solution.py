"""Figures of a solution."""

import numpy as np
import pytest

from jobteams_lab.figures import axes
from jobteams_lab.large_firms.figures_solution import (
    plot_against_surplus,
    plot_over_productivity,
    plot_residuals_by_size,
    plot_rounds,
    plot_sizes_by_productivity,
    plot_surplus_by_coworkers,
    sizes_by_productivity,
)


def labelled(ax):
    lines = {line.get_label(): line for line in ax.get_lines()}
    return {name: line for name, line in lines.items() if not name.startswith("_")}


def test_what_meetings_bring():
    ax, surplus = axes(), np.linspace(0, 2, 5)
    lines = {"low": surplus, "high": 2 * surplus}
    assert plot_against_surplus(surplus, lines, ax, "a year") is ax
    np.testing.assert_array_equal(labelled(ax)["high"].get_ydata(), 2 * surplus)
    assert ax.get_ylabel() == "a year" and ax.get_legend() is not None


@pytest.mark.parametrize("log", [False, True])
def test_rounds_are_counted_from_one(log):
    first = [{"change": 1.0, "EE": 0.2}, {"change": 0.1, "EE": 0.3}]
    ax = axes()
    assert plot_rounds({"a": first, "b": first[:1]}, "change", ax, "V", log=log) is ax
    drawn = labelled(ax)
    np.testing.assert_array_equal(drawn["a"].get_xdata(), [1, 2])
    np.testing.assert_array_equal(drawn["a"].get_ydata(), [1.0, 0.1])
    np.testing.assert_array_equal(drawn["b"].get_xdata(), [1])
    assert ax.get_yscale() == ("log" if log else "linear")
    alone = plot_rounds({"a": first}, "EE", axes(), "EE")
    assert alone.get_legend() is None
    np.testing.assert_array_equal(labelled(alone)["a"].get_ydata(), [0.2, 0.3])


def test_residuals_begin_with_nobody():
    ax, values = axes(), np.array([1e-3, 1e-2, np.nan])
    assert plot_residuals_by_size({"one": values}, ax, ceiling=1e-2) is ax
    np.testing.assert_array_equal(labelled(ax)["one"].get_xdata(), [0, 1, 2])
    np.testing.assert_array_equal(labelled(ax)["one"].get_ydata(), values)
    assert len(ax.get_lines()) == 2 and ax.get_yscale() == "log"
    assert len(plot_residuals_by_size({"one": values}, axes()).get_lines()) == 1


def test_lines_over_productivity_have_plain_ticks():
    ax, z = axes(), np.array([0.4, 1.0, 2.5])
    assert plot_over_productivity(z, {"n = 2": 3 * z}, ax, "value") is ax
    np.testing.assert_array_equal(labelled(ax)["n = 2"].get_ydata(), 3 * z)
    ticks = [float(text.get_text()) for text in ax.get_xticklabels()]
    np.testing.assert_array_equal(ax.get_xticks(), ticks)
    assert min(ticks) >= 0.4 and max(ticks) <= 2.5 and 1 in ticks
    assert [text.get_text() for text in ax.texts] == ["n = 2"]


def test_surplus_begins_without_coworkers():
    ax = axes()
    assert plot_surplus_by_coworkers({"z = 1": np.array([3.0, 1.0])}, ax) is ax
    np.testing.assert_array_equal(labelled(ax)["z = 1"].get_xdata(), [0, 1])
    (text,) = ax.texts
    assert text.get_text() == "z = 1" and text.xy == (0, 3.0)
    assert 0 in ax.get_xticks() and ax.get_xticks().min() == 0


def test_sizes_are_those_of_the_firms_in_each_bin():
    rng = np.random.default_rng(0)
    log_z = rng.permutation(np.linspace(-1, 1, 100))
    sizes = np.where(log_z < 0, 2, 7)
    sizes[np.argmax(log_z)] = 10
    z, mean, low, high = sizes_by_productivity(log_z, sizes, bins=4)
    order = np.sort(log_z).reshape(4, 25)
    np.testing.assert_allclose(z, np.exp(order.mean(1)))
    np.testing.assert_allclose(mean, [2, 2, 7, 7 + 3 / 25])
    np.testing.assert_allclose(low, [2, 2, 7, 7])
    np.testing.assert_allclose(high, [2, 2, 7, 7])  # one firm in 25 is above
    ax = axes()
    assert plot_sizes_by_productivity(log_z, sizes, ax, bins=4) is ax
    np.testing.assert_allclose(ax.get_lines()[0].get_ydata(), mean)
