"""What the figures of the baseball panel draw is what they were given."""

import numpy as np

from jobteams_lab.figures import axes
from jobteams_lab.identification.figures_baseball import (
    plot_club_ranges,
    plot_pay_by_experience,
    plot_runs_by_rank,
    plot_season_effects,
)


def test_quartiles_of_pay_are_drawn():
    experience = np.repeat([0, 1, 2], 5)
    ratio = np.concatenate([np.arange(1, 6), np.full(5, 2), 10 * np.arange(1, 6)])
    ax = plot_pay_by_experience(experience, ratio, axes(), longest=2)
    median = next(line for line in ax.get_lines() if line.get_label() == "median")
    assert list(median.get_ydata()) == [3, 2, 30]
    band = ax.collections[0].get_paths()[0].vertices
    assert band[:, 1].min() == 2 and band[:, 1].max() == 40
    assert ax.get_yscale() == "log"


def test_season_effects_are_drawn_beside_what_is_known():
    effects = {"flat at 11": [0.0, 0.5], "flat at 12": [0.0, 0.1]}
    known = {"lowest salary": [0.0, 0.6]}
    ax = plot_season_effects([1985, 1986], effects, axes(), known=known)
    drawn = {line.get_label(): list(line.get_ydata()) for line in ax.get_lines()}
    assert drawn["flat at 12"] == [0.0, 0.1]
    assert drawn["lowest salary"] == [0.0, 0.6]


def test_clubs_stand_in_the_order_of_their_ranks():
    samples = np.array([[1.0, 3.0, 2.0], [3.0, 2.0, 1.0]])
    ax = plot_club_ranges(
        ["A", "B", "C"], [2, 3, 1], samples, axes(), other=[1, 2, 3], label="payroll"
    )
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["C", "A", "B"]
    dots, diamonds = ax.get_lines()
    assert list(dots.get_xdata()) == [1, 2, 3]
    assert list(diamonds.get_xdata()) == [3, 1, 2]
    ends = [segment[:, 0].tolist() for segment in ax.collections[0].get_segments()]
    np.testing.assert_allclose(ends, [[1.05, 1.95], [1.1, 2.9], [2.05, 2.95]])


def test_runs_are_averaged_over_equal_parts_of_the_ranking():
    rank = np.array([4.0, 1.0, np.nan, 2.0, 3.0])
    ax = plot_runs_by_rank({"all": (rank, [10, 0, 99, 2, 20])}, axes(), bins=2)
    (line,) = (line for line in ax.get_lines() if line.get_marker() == "o")
    assert list(line.get_ydata()) == [1, 15]
    bars = ax.collections[0].get_segments()
    # two standard errors of the mean of 0 and 2, and of 20 and 10
    np.testing.assert_allclose(bars[0][:, 1], [-1, 3])
    np.testing.assert_allclose(bars[1][:, 1], [5, 25])
