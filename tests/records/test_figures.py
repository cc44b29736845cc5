"""Figures of records draw what they are given."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from jobteams_lab.figures import axes
from jobteams_lab.records.figures import (
    plot_age_profiles,
    plot_rank_errors,
    plot_records,
    plot_top_wages,
)


@pytest.fixture
def ax():
    made = axes()
    yield made
    plt.close(made.figure)


def test_records_are_bars_from_start_to_end(ax):
    days = pd.to_datetime(["2001-01-01", "2001-03-01", "2001-02-01", "2001-04-30"])
    jobs = pd.DataFrame(
        {"firm": ["b", "a"], "start": days[:2], "end": days[2:], "wage": [1.0, 2.0]}
    )
    benefits = pd.DataFrame({"start": days[2:3], "end": days[1:2]})
    assert plot_records(jobs, benefits, ax) is ax
    widths = sorted(bar.get_width() for bar in ax.patches)
    assert widths == [29, 32, 61]  # both days are worked
    assert [text.get_text() for text in ax.get_yticklabels()] == [
        "benefits", "firm b", "firm a",
    ]  # fmt: skip


def test_top_wages_are_densities_and_multiples_are_lines(ax):
    rng = np.random.default_rng(1)
    limit = rng.uniform(1.0, 2.0, 500)
    wages = {"drawn": limit * np.exp(rng.uniform(0, 0.3, 500)), "× 1.2": 1.2 * limit}
    assert plot_top_wages(wages, limit, ax) is ax
    (stairs,) = ax.patches
    values, edges, _ = stairs.get_data()
    assert np.sum(values * np.diff(edges)) == pytest.approx(1.0)
    assert ax.get_lines()[0].get_xdata()[0] == pytest.approx(np.log(1.2))


def test_profiles_are_flat_at_the_centre(ax):
    assert plot_age_profiles({"one": (-1e-3, 2e-5)}, ax) is ax
    x, y = ax.get_lines()[0].get_data()
    assert y[x == 40].tolist() == [0.0]
    assert y[-1] == pytest.approx(-1e-3 * 400 + 2e-5 * 8_000)


def test_rank_errors_are_means_by_birth(ax):
    births, error = np.array([1950, 1951, 1960]), np.array([0.1, 0.3, -0.1])
    with_nan = np.append(error, np.nan), np.append(births, 1960)
    assert plot_rank_errors(with_nan[1], {"one": with_nan[0]}, ax) is ax
    marks = np.asarray(ax.containers[0][0].get_ydata(), float)
    np.testing.assert_allclose(marks, [0.2, -0.1])
