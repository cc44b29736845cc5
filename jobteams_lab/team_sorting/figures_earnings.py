"""Figures of earnings: each takes results and an Axes, and returns the Axes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from jobteams_lab.figures import COLOURS, STYLES
from jobteams_lab.team_sorting.coupling_range import CouplingRange
from jobteams_lab.team_sorting.coworkers import coworker_logs
from jobteams_lab.team_sorting.earnings import Earnings
from jobteams_lab.team_sorting.earnings_moments import Moments, Parameters
from jobteams_lab.team_sorting.mixed_set import Teams

RANKS = np.linspace(0.005, 0.99, 198)


def plot_earnings(models: Mapping, ax, data: Mapping[object, Moments] | None = None):
    """Earnings by percentile on a log axis, a line for each of `models` by name.

    `data` has `Moments` under the names of some of the models: its quantiles are dots.
    """
    for k, (name, earnings) in enumerate(models.items()):
        ax.plot(
            100 * RANKS,
            earnings.quantile(RANKS) / 1000,
            color=COLOURS[k],
            linestyle=STYLES[k],
            label=f"{name}",
        )
        if data is not None and name in data:
            ax.plot(
                100 * np.array(data[name].ranks),
                np.array(data[name].earnings) / 1000,
                linestyle="none",
                marker="os^D"[k % 4],
                markersize=6,
                markerfacecolor="white",
                markeredgecolor=COLOURS[k],
                markeredgewidth=1.6,
                label=f"{name}, data",
            )
    ticks = [5, 10, 20, 50, 100, 200]
    ax.set_yscale("log")
    ax.set_yticks(ticks, [str(tick) for tick in ticks])
    ax.minorticks_off()
    ax.set(xlabel="percentile of earnings", ylabel="earnings, $1,000 of 2013")
    ax.legend(frameon=False)
    return ax


def plot_densities(parameters: Mapping[object, Parameters], ax, side: str = "workers"):
    """Densities of −log x of workers, or of −log z of projects, less their means.

    Only the shape of these matters to relative earnings: a shift is taken up by the
    scale k.
    """
    for k, (name, one) in enumerate(parameters.items()):
        economy = one.economy
        margin = economy.groups[0 if side == "workers" else -1].margin
        u = margin.quantile(np.linspace(0.0005, 0.9995, 500))
        ax.plot(
            margin.mean - u,
            margin.pdf(u),
            color=COLOURS[k],
            linestyle=STYLES[k],
            label=f"{name}",
        )
    letter = "x" if side == "workers" else "z"
    ax.set(xlabel=f"−log {letter}, less its mean", ylabel="density", xlim=(-4, 6))
    ax.set_ylim(0, 1.3 * ax.get_ylim()[1])  # room for the legend
    ax.legend(frameon=False, loc="upper right")
    return ax


def plot_between_shares(
    ranges: Mapping[object, CouplingRange],
    ax,
    model: Mapping | None = None,
    data: Mapping | None = None,
):
    """Between shares over all couplings as bars, a row for each name.

    Dots are the coupling of largest entropy; `model` and `data` hold published shares
    under the same names.
    """
    names = list(ranges)
    rows = np.arange(len(names))[::-1]
    labelled = set()

    def once(label):
        new = label not in labelled
        labelled.add(label)
        return label if new else None

    for row, name in zip(rows, names, strict=True):
        one = ranges[name]
        ax.barh(
            row,
            one.high - one.low,
            0.6,
            left=one.low,
            color=COLOURS[5],
            alpha=0.7,
            label=once("all couplings"),
        )
        marks = [(one.entropy, 0.0, "o", COLOURS[0], COLOURS[0], "largest entropy")]
        for found, above, marker, colour, label in (
            (model, -0.24, "D", COLOURS[1], "the paper's model"),
            (data, 0.24, "s", "black", "data"),
        ):
            if found is not None and name in found:
                marks.append((found[name], above, marker, "white", colour, label))
        for value, above, marker, face, edge, label in marks:
            ax.plot(
                value,
                row + above,
                linestyle="none",
                marker=marker,
                markersize=6,
                markerfacecolor=face,
                markeredgecolor=edge,
                markeredgewidth=1.6,
                label=once(label),
            )
    ax.set_yticks(rows, [f"{name}" for name in names])
    ax.use_sticky_edges = False  # room beside the longest bar
    ax.autoscale_view()
    ax.set(xlabel="share of the variance of log earnings between firms")
    ax.legend(frameon=False, loc="best")
    return ax


def plot_coworkers(
    earnings: Earnings,
    teams: Teams,
    ax,
    model: tuple | None = None,
    data: tuple | None = None,
    ranges: Mapping[float, CouplingRange] | None = None,
):
    """Coworkers' log earnings by percentile of own earnings, under both definitions.

    `model` and `data` are (ranks, log earnings) as published; `ranges` hold, by rank,
    what other couplings give for the mean of the firm.
    """
    ranks = np.linspace(0.03, 0.97, 48)
    for k, (definition, label) in enumerate(
        (("firm", "mean of the firm"), ("coworkers", "coworkers without oneself"))
    ):
        ax.plot(
            100 * ranks,
            coworker_logs(earnings, teams, ranks, definition),
            color=COLOURS[k],
            linestyle=STYLES[k],
            label=label,
        )
    for rank, one in (ranges or {}).items():
        ax.vlines(100 * rank, one.low, one.high, color=COLOURS[5], lw=6, alpha=0.6)
    for found, marker, colour, label in (
        (model, "D", COLOURS[0], "the paper's model"),
        (data, "s", "black", "data"),
    ):
        if found is not None:
            ax.plot(
                100 * np.array(found[0]),
                found[1],
                linestyle="none",
                marker=marker,
                markersize=6,
                markerfacecolor="white",
                markeredgecolor=colour,
                markeredgewidth=1.6,
                label=label,
            )
    ax.set(xlabel="percentile of own earnings", ylabel="mean log earnings")
    ax.legend(frameon=False, fontsize=9.5)
    return ax


def plot_counterfactuals(shares: Mapping, ax, published: Mapping | None = None):
    """Between shares of counterfactuals, a row for each scaling.

    `shares` has, for each effect such as "firm effect", the shares by name of scaling;
    `published` one number for each effect, a vertical line.
    """
    names = list(next(iter(shares.values())))
    rows = np.arange(len(names))[::-1]
    for k, (effect, found) in enumerate(shares.items()):
        ax.plot(
            [found[name] for name in names],
            rows,
            linestyle="none",
            marker="o^sD"[k % 4],
            markersize=7,
            color=COLOURS[k],
            label=effect,
        )
        if published is not None and effect in published:
            ax.axvline(
                published[effect],
                color=COLOURS[k],
                linestyle=STYLES[k + 1],
                linewidth=1.4,
                label=f"{effect}, the paper",
            )
    ax.set_yticks(rows, [f"{name}" for name in names])
    ax.set(xlabel="share of the variance of log earnings between firms", xlim=(0, 1))
    ax.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.42, 1.0))
    return ax
