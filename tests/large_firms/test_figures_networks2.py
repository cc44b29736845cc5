"""Figures of functions of sets and their errors."""

import numpy as np

from jobteams_lab.figures import axes
from jobteams_lab.large_firms.figures_networks2 import (
    SMALLEST,
    plot_descent,
    plot_error_by_terms,
    plot_sizes,
)


def test_errors_keep_their_sign_out_and_no_error_is_still_drawn():
    ax = axes()
    lines = {"sums": ([1, 10], [-0.5, 1e-3]), "by rank": ([1, 10], [0.4, 0.0])}
    made = plot_error_by_terms(lines, ax, xlabel="terms", ylabel="error")
    assert made is ax and (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("terms", "error")
    sums, by_rank = ax.get_lines()
    assert [sums.get_label(), by_rank.get_label()] == list(lines)
    np.testing.assert_array_equal(sums.get_ydata(), [0.5, 1e-3])
    np.testing.assert_array_equal(by_rank.get_ydata(), [0.4, SMALLEST])
    assert sums.get_color() != by_rank.get_color()
    assert sums.get_marker() != by_rank.get_marker()
    ax.figure.canvas.draw()
    written = [tick.get_text() for tick in ax.get_xticklabels()]
    assert {"1", "2", "5", "10"} <= set(written)


def test_sizes_begin_with_no_workers():
    ax = axes()
    shares = {"firms": [0.5, 0.3, 0.2], "looked at": [0.1, 0.2, 0.7]}
    assert plot_sizes(shares, ax) is ax
    for line, share in zip(ax.get_lines(), shares.values(), strict=True):
        np.testing.assert_array_equal(line.get_xdata(), [0, 1, 2])
        np.testing.assert_array_equal(line.get_ydata(), share)
    assert ax.get_ylim()[0] == 0


def test_a_descent_has_levels_to_compare_with():
    ax = axes()
    steps = np.arange(0, 30, 10)
    made = plot_descent(
        {"R": (steps, [1.0, 0.1, 0.02])}, ax, levels={"least squares": 1e-3}
    )
    assert made is ax and ax.get_yscale() == "log"
    curve, level = ax.get_lines()
    np.testing.assert_array_equal(curve.get_xdata(), steps)
    np.testing.assert_array_equal(level.get_ydata(), [1e-3, 1e-3])
    assert [text.get_text() for text in ax.texts] == ["least squares"]
    bare = axes()
    assert len(plot_descent({"R": (steps, [1, 1, 1])}, bare).get_lines()) == 1
