"""Figures of rankings: each takes a result and an Axes, and returns the Axes."""

from __future__ import annotations

import numpy as np
from matplotlib.ticker import LogLocator, NullLocator

from jobteams_lab.figures import COLOURS, STYLES
from jobteams_lab.identification.equilibrium import Equilibrium
from jobteams_lab.identification.rank_accuracy import true_values
from jobteams_lab.panel import Panel

MARKERS = ("o", "s", "^", "D", "v")


def plot_wages_in_firms(equilibrium: Equilibrium, ax, types=(4, 24, 44)):
    """Wages of all the workers whom a firm type employs; a line a firm type."""
    productivity = equilibrium.economy.worker_types.productivity
    _plot_wages(equilibrium, ax, productivity, types, "firm type", by_firm=True)
    ax.set(xlabel="worker type $x$", ylabel="wage")
    return ax


def plot_wages_of_workers(equilibrium: Equilibrium, ax, types=(4, 24, 44)):
    """Wages of a worker type at all the firms that employ him; a line a worker type."""
    productivity = equilibrium.economy.firm_types.productivity
    _plot_wages(equilibrium, ax, productivity, types, "worker type", by_firm=False)
    ax.set(xlabel="firm type $y$", ylabel="wage")
    return ax


def _plot_wages(equilibrium, ax, productivity, types, kind, *, by_firm):
    wage = np.where(equilibrium.acceptance > 0, equilibrium.wage, np.nan)
    wage = wage.T if by_firm else wage
    for k, type_ in enumerate(types):
        ax.plot(
            productivity,
            wage[type_],
            color=COLOURS[k],
            linestyle=STYLES[k],
            label=f"{kind} {type_ + 1}",
        )
    ax.legend(frameon=False, fontsize=9)


def plot_ranks(panel: Panel, rank, ax, colour: int = 0, label: str | None = None):
    """Estimated ranks by true type: the median and the middle 90 %, over N."""
    rank = np.asarray(rank, dtype=np.float64)
    known = np.isfinite(rank)
    truth, share = true_values(panel)[known], rank[known] / known.sum()
    types = np.unique(truth)
    low, middle, high = np.array(
        [np.quantile(share[truth == x], (0.05, 0.5, 0.95)) for x in types]
    ).T
    ax.fill_between(types + 1, low, high, color=COLOURS[colour], alpha=0.3, lw=0)
    ax.plot(types + 1, middle, color=COLOURS[colour], label=label)
    ax.set(xlabel="true type", ylabel="estimated rank, share of $N$", ylim=(0, 1))
    return ax


def plot_accuracy(x, curves: dict, ax):
    """One minus the rank correlation against `x`, a line a ranking, on a log scale."""
    for k, (name, correlation) in enumerate(curves.items()):
        ax.plot(
            x,
            1.0 - np.asarray(correlation),
            color=COLOURS[k],
            linestyle=STYLES[k],
            marker=MARKERS[k % len(MARKERS)],
            ms=4,
            label=name,
        )
    _log_scale(ax)
    ax.legend(frameon=False, fontsize=9)
    return ax


def plot_accuracy_of_designs(correlations: dict, ax):
    """One minus the rank correlation in every design, a column of marks a ranking.

    Parameters
    ----------
    correlations : dict of str to (designs,) array
    ax : Axes
    """
    for k, correlation in enumerate(correlations.values()):
        loss = np.sort(1.0 - np.asarray(correlation))
        place = k + 0.3 * (np.arange(len(loss)) / max(len(loss) - 1, 1) - 0.5)
        ax.plot(
            place,
            loss,
            color=COLOURS[k],
            linestyle="none",
            marker=MARKERS[k % len(MARKERS)],
            ms=5,
        )
        ax.plot([k - 0.3, k + 0.3], [np.median(loss)] * 2, color=COLOURS[k], ls="-")
    ax.set_xticks(range(len(correlations)), list(correlations))
    _log_scale(ax)
    return ax


def _log_scale(ax):
    ax.set_yscale("log")
    ax.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    ax.yaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_minor_locator(NullLocator())
    ax.set_ylabel("1 − rank correlation")
