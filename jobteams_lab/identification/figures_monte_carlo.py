"""Figures of the Monte Carlo: a table's rows, one a panel, drawn over its designs.

Full marks and lines are of the benchmark, empty and broken ones of search on the job.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from jobteams_lab.figures import COLOURS

# of the correlation of f̂ with f, search on the job: supplement, section D.3
PAPER_LOWEST, PAPER_MEDIAN = 0.9812, 0.995
VARIABLES = {
    "unemployment": "unemployment rate, %",
    "job_finding": "jobs found a month, %",
    "job_to_job": "job-to-job moves a month, %",
    "wage_sd": "sd of log wages, %",
    "sorting": "sorting, correlation × 100",
    "gain": "gain without frictions, %",
}
_MARKERS = {"PAM": "o", "NAM": "s", "NEITHER": "^"}
# not the colours of production functions
_MODELS = {
    "benchmark": ("-", COLOURS[6]),
    "search on the job": ("--", COLOURS[3]),
    "match quality": ("-", COLOURS[4]),
}
_DECADES = 10.0 ** -np.arange(1, 7)
_STEPS = ((5, 2, 1), (3, 1), (1,))  # ticks a decade, of one less a correlation
_ALWAYS = 1e-6  # a correlation that rounds to one is drawn here


def panel_sets(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Split the stored Monte Carlo into its sets, told apart by their columns.

    Returns
    -------
    dict of str to DataFrame
        "main" (100 jobs a firm, 240 months, β = 0.996), and what differs from it in one
        respect: "ten years", "small firms" (20 jobs), "match quality" and "patient"
        (β = 0.999). "main" may hold a design at several sizes, see `largest`.
    """
    kind = pd.Series("main", index=table.index)
    kind[table["months"] == 120] = "ten years"
    kind[table["workers"] == 20 * table["firms"]] = "small firms"
    kind[table["discount_factor"] == 0.999] = "patient"
    kind[table["model"] == "match quality"] = "match quality"
    names = ("main", "ten years", "small firms", "match quality", "patient")
    return {name: table[kind == name] for name in names}


def largest(rows: pd.DataFrame) -> pd.DataFrame:
    """Keep, of each model's panels of one design, the one with most workers."""
    ordered = rows.sort_values("workers", kind="stable")
    return ordered.drop_duplicates(["model", "design"], keep="last").sort_index()


def same_designs(rows: pd.DataFrame, others: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `others` whose model and design `rows` holds too."""
    here = pd.MultiIndex.from_frame(rows[["model", "design"]])
    there = pd.MultiIndex.from_frame(others[["model", "design"]])
    return others[there.isin(here)]


def plot_correlations(rows, ax, *, column="correlation", label="", ticks=7, **style):
    """Share of designs whose f̂ has at most a given correlation with f.

    One line a model, further right the better. The paper's two numbers for search on
    the job are drawn in: no curve for it should leave zero left of the line, and it
    should pass right of the cross.

    Parameters
    ----------
    rows : DataFrame
        One row a panel.
    ax : Axes
    column : str
        Such as ``"printed_correlation"``.
    label : str
        Put before the model's name in the legend.
    ticks : int
        At most.
    **style
        Of the lines, such as ``color``.

    References
    ----------
    Hagedorn, Law and Manovskii (2017), supplement, figures A-1(a) and A-8 to A-11(a).
    """
    for model, part in rows.groupby("model", sort=False):
        missed = np.sort(np.maximum(1 - part[column].to_numpy(), _ALWAYS))[::-1]
        _draw_shares(ax, missed, model, label, style)
    _scale_of_correlations(ax, ticks)
    if not any(line.get_gid() == "paper" for line in ax.get_lines()):
        grey = {"color": "0.4", "gid": "paper"}
        ax.axvline(1 - PAPER_LOWEST, lw=1, ls=":", label="paper, lowest", **grey)
        ax.plot(1 - PAPER_MEDIAN, 0.5, "X", ms=8, label="paper, median", **grey)
    ax.set(xlabel=r"correlation of $\hat f$ with $f$", ylabel="share of designs")
    ax.legend(frameon=False, fontsize=9)
    return ax


def plot_differences(rows, ax, *, column="error", label="", **style):
    """Share of designs whose f̂ differs from f by at most a given share of output.

    One line a model, further left the better. The difference is that of
    `accuracy`: the mean absolute one over matches.

    Parameters
    ----------
    rows, ax, column, label, **style
        As for `plot_correlations`.

    References
    ----------
    Hagedorn, Law and Manovskii (2017), supplement, figure A-1(b).
    """
    for model, part in rows.groupby("model", sort=False):
        _draw_shares(ax, 100 * np.sort(part[column].to_numpy()), model, label, style)
    ax.set(
        xlabel=r"mean of $|\hat f - f|$, % of output",
        ylabel="share of designs",
        ylim=(0, 1.02),
        xlim=(0, None),
    )
    ax.legend(frameon=False, fontsize=9)
    return ax


def plot_estimated_sorting(
    rows: pd.DataFrame, ax, *, column: str = "estimated_sorting", legend: bool = True
):
    """Estimated against true sorting, a mark a panel, with the 45° line.

    Parameters
    ----------
    rows : DataFrame
    ax : Axes
    column : str
        Such as ``"fixed_effects_sorting"``.
    legend : bool

    References
    ----------
    Hagedorn, Law and Manovskii (2017), supplement, figures A-2(a) and A-8 to A-11(b).
    """
    _draw_marks(ax, rows, rows["sorting"], rows[column])
    ends = _diagonal(ax, rows["sorting"], rows[column])
    ax.axvline(0, color="0.8", lw=0.8)
    ax.axhline(0, color="0.8", lw=0.8)
    ax.set(xlim=ends, ylim=ends, xlabel="true sorting", ylabel="estimated sorting")
    if legend:
        ax.legend(frameon=False, fontsize=9)
    return ax


def plot_estimated_gains(rows: pd.DataFrame, ax, *, legend: bool = True):
    """Estimated against true gains from removing frictions, a mark a panel.

    The marks are gains from the smoothed f̂; a stalk leads to that from f̂ itself.

    Parameters
    ----------
    rows : DataFrame
    ax : Axes
    legend : bool

    References
    ----------
    Hagedorn, Law and Manovskii (2017), supplement, figures A-2(b) and A-8 to A-11(c).
    """
    true, smoothed = 100 * rows["gain"], 100 * rows["smoothed_gain"]
    raw = 100 * rows["estimated_gain"]
    ax.vlines(true, smoothed, raw, color="0.75", lw=1, zorder=1)
    _draw_marks(ax, rows, true, smoothed)
    low, high = _diagonal(ax, true, pd.concat([smoothed, raw]))
    ax.set(
        xlim=(max(low, 0), true.max() + 0.1 * (high - low)),
        ylim=(max(low, 0), high),
        xlabel="true gain, %",
        ylabel="estimated gain, %",
    )
    if legend:
        ax.legend(frameon=False, fontsize=9)
    return ax


def plot_variables(rows: pd.DataFrame, axes, variables: dict = VARIABLES):
    """Histograms over designs of what the economies and their panels are like.

    Parameters
    ----------
    rows : DataFrame
    axes : array of Axes
        One a variable.
    variables : dict of str to str
        Columns and how to call 100 times their values.

    References
    ----------
    Hagedorn, Law and Manovskii (2017), supplement, figure A-3, whose variables its text
    does not name.
    """
    for ax, (name, words) in zip(np.ravel(axes), variables.items(), strict=True):
        moving = {
            model: 100 * part[name]
            for model, part in rows.groupby("model", sort=False)
            if part[name].any() or not rows[name].any()  # none move in the benchmark
        }
        edges = np.histogram_bin_edges(pd.concat(list(moving.values())), 18)
        for model, values in moving.items():
            linestyle, colour = _MODELS[model]
            style = {"histtype": "step", "lw": 1.6, "ls": linestyle, "color": colour}
            ax.hist(values, edges, label=model, **style)
        ax.set(xlabel=words)
        ax.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    first = np.ravel(axes)[0]
    style = {"frameon": False, "fontsize": 9, "ncols": 2, "loc": "outside upper left"}
    first.figure.legend(*first.get_legend_handles_labels(), **style)
    return axes


def plot_robustness(rows: pd.DataFrame, axes, *, against: pd.DataFrame | None = None):
    """The three figures of one robustness set: correlation, sorting, gains.

    The first has no legend: lines and marks are those of `plot_correlations`.

    Parameters
    ----------
    rows : DataFrame
        Of the set.
    axes : three Axes
    against : DataFrame, optional
        The same designs in "main", whose correlations are drawn in grey.

    References
    ----------
    Hagedorn, Law and Manovskii (2017), supplement, figures A-8 to A-11.
    """
    first, second, third = axes
    if against is not None:
        plot_correlations(against, first, ticks=4, color="0.7", lw=1)
    plot_correlations(rows, first, ticks=4).get_legend().remove()
    plot_estimated_sorting(rows, second).legend(frameon=False, fontsize=8)
    plot_estimated_gains(rows, third, legend=False)
    return axes


def _draw_shares(ax, values, model, label, style):
    # a step up at each design, from none to all
    share = np.arange(len(values) + 1) / len(values)
    linestyle, colour = _MODELS[model]
    style = {"color": colour, "ls": linestyle, "lw": 1.7} | style
    steps = np.append(values[0], values)
    ax.step(steps, share, where="post", label=f"{label}{model}", **style)


def _scale_of_correlations(ax, most):
    """Write correlations on an axis that is logarithmic in one less them."""
    ax.set_xscale("log")
    lines = [line for line in ax.get_lines() if line.get_gid() != "paper"]
    paper = np.array([1 - PAPER_LOWEST, 1 - PAPER_MEDIAN])
    seen = np.concatenate([paper, *(line.get_xdata() for line in lines)])
    ax.set_xlim(1.25 * seen.max(), 0.8 * seen.min())  # better to the right
    for steps in _STEPS:
        ticks = np.outer(_DECADES, steps).ravel()
        if ((ticks < 1.25 * seen.max()) & (ticks > 0.8 * seen.min())).sum() <= most:
            break
    ax.xaxis.set_major_locator(FixedLocator(ticks))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{1 - x:.6g}"))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_ylim(0, 1.02)


def _draw_marks(ax, rows, x, y):
    several = rows["model"].nunique() > 1
    for (model, production), part in rows.groupby(["model", "production"], sort=False):
        full = _MODELS[model][0] == "-"
        colour = COLOURS[list(_MARKERS).index(production)]
        style = {"color": colour, "mfc": colour if full else "none", "ms": 5}
        if full or not several:
            style["label"] = production
        at = part.index
        ax.plot(x[at], y[at], _MARKERS[production], ls="", alpha=0.8, **style)


def _diagonal(ax, x, y):
    ends = np.array([min(x.min(), y.min()), max(x.max(), y.max())])
    ends = ends + 0.05 * np.ptp(ends) * np.array([-1, 1])
    ax.plot(ends, ends, color="0.35", lw=1, ls="-", zorder=0)
    return tuple(ends)
