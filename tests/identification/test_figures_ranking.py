"""Figures of rankings show the numbers that they were given."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from plain_ranking import random_panel
from scipy.stats import spearmanr

from jobteams_lab.figures import axes
from jobteams_lab.identification import PAM, Economy, Types, solve
from jobteams_lab.identification.figures_ranking import (
    plot_accuracy,
    plot_accuracy_of_designs,
    plot_ranks,
    plot_wages_in_firms,
    plot_wages_of_workers,
)
from jobteams_lab.identification.rank_accuracy import rank_accuracy, true_values


@pytest.fixture(autouse=True)
def close():
    yield
    plt.close("all")


def typed_panel():
    panel = random_panel(60, 3, seed=1)
    kind = np.floor(2 * panel.data["ability"]).astype(int)
    return type(panel)(panel.data.assign(worker_type=kind), panel.window)


def test_accuracy_is_spearmans_correlation():
    panel = typed_panel()
    rank = np.random.default_rng(0).permutation(60) + 1.0
    rank[:7] = np.nan
    truth = panel.data.groupby("worker")["worker_type"].first().to_numpy()
    expected = spearmanr(truth[7:], rank[7:])[0]
    assert rank_accuracy(panel, rank) == pytest.approx(expected)
    with pytest.raises(ValueError, match="no column 'worker_type'"):
        true_values(random_panel(5, 2, seed=1))


def test_wages_are_drawn_where_matches_form():
    types = Types.uniform(10)
    equilibrium = solve(Economy(PAM, worker_types=types, firm_types=types))
    for plot, wage, accepted in (
        (plot_wages_in_firms, equilibrium.wage.T, equilibrium.acceptance.T),
        (plot_wages_of_workers, equilibrium.wage, equilibrium.acceptance),
    ):
        ax = axes()
        assert plot(equilibrium, ax, types=(2, 7)) is ax
        assert len(ax.get_lines()) == 2
        drawn = ax.get_lines()[1].get_ydata()
        np.testing.assert_array_equal(np.isfinite(drawn), accepted[7] > 0)
        met = accepted[7] > 0
        np.testing.assert_allclose(drawn[met], wage[7][met])


def test_ranks_show_medians_by_type():
    panel = typed_panel()
    rank = np.random.default_rng(0).permutation(60) + 1.0
    ax = plot_ranks(panel, rank, axes())
    truth = true_values(panel)
    median = [np.median(rank[truth == x]) / 60 for x in np.unique(truth)]
    np.testing.assert_allclose(ax.get_lines()[0].get_ydata(), median)


def test_accuracies_are_one_minus_the_correlation():
    ax = plot_accuracy([1, 2], {"a": [0.9, 0.99], "b": [0.8, 0.7]}, axes())
    np.testing.assert_allclose(ax.get_lines()[1].get_ydata(), [0.2, 0.3])
    ax = plot_accuracy_of_designs({"a": [0.9, 0.99, 0.5], "b": [0.8]}, axes())
    np.testing.assert_allclose(ax.get_lines()[0].get_ydata(), [0.01, 0.1, 0.5])
    np.testing.assert_allclose(ax.get_lines()[1].get_ydata(), [0.1, 0.1])
    assert [t.get_text() for t in ax.get_xticklabels()] == ["a", "b"]
