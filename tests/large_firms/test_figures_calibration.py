"""Figures of a calibration."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from jobteams_lab.figures import COLOURS, axes
from jobteams_lab.large_firms.figures_calibration import plot_jacobian, plot_recovery

JACOBIAN = pd.DataFrame(
    [[2.0, -1.0, 0.01], [np.nan, -300.4, 150.0], [0.0, 0.0, 0.0]],
    index=["EN", "NE", "nothing"],
    columns=["a", "b", "c"],
)


def written(ax):
    cells = np.full(JACOBIAN.shape, "", dtype=object)
    for text in ax.texts:
        x, y = text.get_position()
        cells[y, x] = text.get_text()
    return cells.tolist()


def test_a_row_is_coloured_by_its_largest_number():
    ax = axes()
    assert plot_jacobian(JACOBIAN, ax, labels={"a": "$a$", "EN": "out of work"}) is ax
    (image,) = ax.get_images()
    np.testing.assert_allclose(
        image.get_array(), [[1, -0.5, 0.005], [0, -1, 150 / 300.4], [0, 0, 0]]
    )
    assert written(ax)[:2] == [["2", "−1", "0.01"], ["·", "−300", "150"]]
    assert [x.get_text() for x in ax.get_xticklabels()] == ["$a$", "b", "c"]
    assert [y.get_text() for y in ax.get_yticklabels()] == [
        "out of work",
        "NE",
        "nothing",
    ]
    # rises and falls differ in hue, and no number is dark on dark
    rises, falls = (to_hex(image.cmap(image.norm(x))) for x in (1, -1))
    assert rises != falls
    for text in ax.texts:
        x, y = text.get_position()
        light = np.mean(image.cmap(image.norm(image.get_array()[y, x]))[:3])
        assert (text.get_color() == "black") == (light > 0.55), (x, y, light)


def test_what_is_not_told_from_zero_is_a_dot():
    ax = axes()
    errors = pd.DataFrame(0.1, ["nothing", "NE", "EN"], ["c", "b", "a"])
    errors.loc["EN", "a"] = 1.5  # so that b is the largest
    plot_jacobian(JACOBIAN, ax, errors=errors, least=2)
    assert written(ax) == [["·", "−1", "·"], ["·", "−300", "150"], ["·", "·", "·"]]
    (image,) = ax.get_images()
    np.testing.assert_allclose(image.get_array()[0], [0, -1, 0])
    ax = axes()
    plot_jacobian(JACOBIAN, ax, errors=20 * errors, least=50)
    assert written(ax)[1] == ["·", "−300", "150"] and written(ax)[0] == ["·"] * 3


@pytest.mark.parametrize(
    ("value", "text"), [(0.0012345, "0.0012"), (-1.6e-7, "−2e−7"), (45_678.0, "46000")]
)
def test_numbers_that_fit_a_cell(value, text):
    ax = axes()
    plot_jacobian(pd.DataFrame([[value]]), ax)
    assert ax.texts[0].get_text() == text


def test_intervals_over_the_truth():
    truth = {"a": 2.0, "b": -4.0}
    searches = [
        ({"a": 2.2, "b": -4.0}, {"a": 0.2, "b": 1.0}),
        ({"a": 1.0, "b": -5.0}, {"a": 0.1, "b": None}),
    ]
    ax = axes()
    assert plot_recovery(truth, searches, ax, labels={"a": "$a$"}) is ax
    bars = [x for x in ax.get_lines() if len(x.get_xdata()) == 2 and x.get_zorder() > 0]
    found = [sorted(bar.get_xdata()) for bar in bars]
    np.testing.assert_allclose(
        found,
        [
            [1.1 - 0.196, 1.1 + 0.196],
            [0.5 - 0.098, 0.5 + 0.098],
            [1 - 0.49, 1 + 0.49],
        ],
    )
    assert [bar.get_linestyle() for bar in bars] == ["-", "--", "-"]
    marks = [x for x in ax.get_lines() if len(x.get_xdata()) == 1]
    assert [mark.get_markerfacecolor() for mark in marks] == [
        COLOURS[0],
        "white",
        COLOURS[0],
        COLOURS[0],
    ]
    np.testing.assert_allclose([m.get_xdata()[0] for m in marks], [1.1, 0.5, 1, 1.25])
    rows = [mark.get_ydata()[0] for mark in marks]
    assert rows == sorted(rows) and np.round(rows).tolist() == [0, 0, 1, 1]
    assert [y.get_text() for y in ax.get_yticklabels()] == ["$a$", "b"]
