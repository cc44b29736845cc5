"""What the figures of the Monte Carlo draw is what its table says."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from jobteams_lab.figures import axes
from jobteams_lab.identification.figures_monte_carlo import (
    PAPER_LOWEST,
    VARIABLES,
    largest,
    panel_sets,
    plot_correlations,
    plot_differences,
    plot_estimated_gains,
    plot_estimated_sorting,
    plot_robustness,
    plot_variables,
    same_designs,
)


@pytest.fixture(autouse=True)
def close():
    yield
    plt.close("all")


@pytest.fixture
def rows():
    """Six designs of each model, with made-up results that all differ."""
    rng = np.random.default_rng(3)
    table = pd.DataFrame(
        {
            "model": np.repeat(["benchmark", "search on the job"], 6),
            "design": np.tile(np.arange(6), 2),
            "production": np.tile(["PAM", "NAM", "NEITHER"], 4),
            "workers": 10_000,
            "firms": 100,
            "months": 240,
            "discount_factor": 0.996,
            "correlation": 1 - 10 ** rng.uniform(-4, -1.5, 12),
            "error": rng.uniform(0, 0.1, 12),
            "job_to_job": np.repeat([0.0, 0.01], 6) * rng.uniform(1, 2, 12),
        }
    )
    for name in ("sorting", "estimated_sorting", "gain", "smoothed_gain"):
        table[name] = rng.uniform(0.01, 0.03, 12)
    for name in ("unemployment", "job_finding", "wage_sd"):
        table[name] = rng.uniform(0.05, 0.3, 12)
    table["estimated_gain"] = table["smoothed_gain"] + rng.uniform(0, 0.01, 12)
    # an order of the index in which positions and labels cannot be confused
    return table.set_index(np.arange(12)[::-1] + 100)


def test_sets_are_told_apart_and_none_is_lost(rows):
    parts = {
        "main": rows.assign(workers=30_000, firms=300),
        "ten years": rows.assign(months=120),
        "small firms": rows.assign(workers=30_000, firms=1_500),
        "match quality": rows.assign(model="match quality", workers=60_000, firms=600),
        "patient": rows.assign(discount_factor=0.999),
    }
    table = pd.concat([rows, *parts.values()], ignore_index=True)
    found = panel_sets(table)
    assert list(found) == list(parts)
    assert sum(len(part) for part in found.values()) == len(table)
    assert len(found["main"]) == 24
    for name in list(parts)[1:]:
        pd.testing.assert_frame_equal(
            found[name].reset_index(drop=True), parts[name].reset_index(drop=True)
        )
    one_each = largest(found["main"])
    assert (one_each["workers"] == 30_000).all()
    assert len(one_each) == 12
    some = rows[rows["design"].isin([1, 4])]
    same = same_designs(some, one_each)
    assert sorted(same["design"]) == [1, 1, 4, 4]
    assert (
        same_designs(rows[rows["model"] == "benchmark"], one_each)["model"]
        .eq("benchmark")
        .all()
    )


def height(line, reached):
    """How high a line of steps is where so many of its points are reached."""
    assert line.get_drawstyle() == "steps-post"
    points = int(np.sum(reached(np.asarray(line.get_xdata()))))
    return line.get_ydata()[points - 1] if points else 0.0


def test_shares_of_designs_are_those_counted(rows):
    ax = axes()
    assert plot_correlations(rows, ax) is ax
    drawn = [line for line in ax.get_lines() if line.get_gid() != "paper"]
    assert [line.get_label() for line in drawn] == ["benchmark", "search on the job"]
    for line in drawn:
        found = rows.loc[rows["model"] == line.get_label(), "correlation"]
        for at in (0.97, 0.99, 0.999, found.min(), found.median(), found.max()):
            # one less the correlation: read from the left, the worst come first
            up_to = height(line, lambda x, at=at: x >= 1 - at - 1e-15)
            assert up_to == pytest.approx((found <= at).mean())
    ax = plot_differences(rows, axes())
    for line in ax.get_lines():
        found = 100 * rows.loc[rows["model"] == line.get_label(), "error"]
        for at in (1.0, 5.0, found.min(), found.median(), found.max()):
            up_to = height(line, lambda x, at=at: x <= at + 1e-12)
            assert up_to == pytest.approx((found <= at).mean())


def test_the_papers_numbers_are_drawn_once(rows):
    ax = plot_correlations(rows, axes())
    plot_correlations(rows, ax, column="correlation", label="again: ")
    lowest, median = (line for line in ax.get_lines() if line.get_gid() == "paper")
    np.testing.assert_allclose(lowest.get_xdata(), 1 - PAPER_LOWEST)
    assert (median.get_xdata()[0], median.get_ydata()[0]) == (1 - 0.995, 0.5)
    left, right = ax.get_xlim()  # better to the right
    assert left > 1 - PAPER_LOWEST > right
    ax.figure.canvas.draw()
    for x, label in zip(ax.get_xticks(), ax.get_xticklabels(), strict=True):
        assert float(label.get_text()) == pytest.approx(1 - x)
    assert len(ax.get_xticks()) > 3


def marks(ax):
    """(x, y) of every mark, in no order."""
    found = [line for line in ax.get_lines() if line.get_marker() in ("o", "s", "^")]
    points = [np.column_stack([line.get_xdata(), line.get_ydata()]) for line in found]
    return np.array(sorted(map(tuple, np.concatenate(points))))


def test_every_panel_has_its_mark(rows):
    ax = axes()
    assert plot_estimated_sorting(rows, ax) is ax
    expected = sorted(zip(rows["sorting"], rows["estimated_sorting"], strict=True))
    np.testing.assert_allclose(marks(ax), expected)
    colours = {}
    for line in ax.get_lines():
        if line.get_marker() in ("o", "s", "^"):
            colours.setdefault(line.get_marker(), set()).add(line.get_color())
            for x in line.get_xdata():
                row = rows[rows["sorting"] == x].iloc[0]
                empty = line.get_markerfacecolor() == "none"
                assert empty == (row["model"] == "search on the job")
    assert all(len(one) == 1 for one in colours.values())
    labels = ax.get_legend_handles_labels()[1]
    assert labels == ["PAM", "NAM", "NEITHER"]
    ax = axes()
    assert plot_estimated_gains(rows, ax) is ax
    expected = sorted(zip(100 * rows["gain"], 100 * rows["smoothed_gain"], strict=True))
    np.testing.assert_allclose(marks(ax), expected)
    ends = np.array([path[:, 1] for path in ax.collections[0].get_segments()])
    np.testing.assert_allclose(ends[:, 1], 100 * rows["estimated_gain"])


def test_histograms_count_every_design(rows):
    six = axes(3, rows=2)
    assert plot_variables(rows, six) is six
    for ax, words in zip(six.ravel(), VARIABLES.values(), strict=True):
        assert ax.get_xlabel() == words
        moving = 1 if "job-to-job" in words else 2  # nobody moves in the benchmark
        assert len(ax.patches) == moving
        for patch in ax.patches:
            outline = patch.get_path().vertices  # along the tops of the bars
            assert outline[1:-1:2, 1].sum() == pytest.approx(6)


def test_robustness_draws_the_three_figures(rows):
    three = axes(3)
    worse = rows.assign(correlation=rows["correlation"] - 0.01)
    assert plot_robustness(worse, three, against=rows) is three
    drawn = [line for line in three[0].get_lines() if line.get_gid() != "paper"]
    assert [line.get_color() for line in drawn[:2]] == ["0.7", "0.7"]
    for grey, line in zip(drawn[:2], drawn[2:], strict=True):
        np.testing.assert_allclose(line.get_xdata() - grey.get_xdata(), 0.01)
    np.testing.assert_allclose(
        marks(three[1]),
        sorted(zip(rows["sorting"], rows["estimated_sorting"], strict=True)),
    )
    assert len(marks(three[2])) == 12


def test_match_quality_alone_can_be_drawn(rows):
    alone = rows[rows["model"] == "benchmark"].assign(model="match quality")
    three = plot_robustness(alone, axes(3))
    assert three[1].get_legend_handles_labels()[1] == ["PAM", "NAM", "NEITHER"]
