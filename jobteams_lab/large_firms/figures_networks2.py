"""Figures of functions of sets and their errors: each takes numbers and an Axes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

from jobteams_lab.figures import COLOURS, STYLES
from jobteams_lab.large_firms.figures_tables import MARKERS, SMALLEST


def plot_error_by_terms(lines: Mapping, ax, *, xlabel: str, ylabel: str):
    """Errors against the number of terms or weights, both logarithmic, a line a name.

    Parameters
    ----------
    lines : mapping of str to (numbers, errors)
    ax : Axes
    xlabel, ylabel : str
    """
    for k, (name, (numbers, errors)) in enumerate(lines.items()):
        ax.loglog(
            numbers,
            np.maximum(np.abs(errors), SMALLEST),
            color=COLOURS[k % len(COLOURS)],
            linestyle=STYLES[k % len(STYLES)],
            marker=MARKERS[k % len(MARKERS)],
            markersize=5,
            label=name,
        )
    # the numbers themselves, and not 2 × 10¹
    ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.set(xlabel=xlabel, ylabel=ylabel)
    ax.legend(frameon=False, fontsize=9)
    return ax


def plot_sizes(shares: Mapping, ax):
    """Shares by team size, from none to the largest, a line a name.

    Parameters
    ----------
    shares : mapping of str to (N + 1,) arrays
    ax : Axes
    """
    for k, (name, share) in enumerate(shares.items()):
        ax.plot(
            np.arange(len(share)),
            share,
            color=COLOURS[k % len(COLOURS)],
            linestyle=STYLES[k % len(STYLES)],
            marker=MARKERS[k % len(MARKERS)],
            markersize=5,
            label=name,
        )
    ax.set(xlabel="workers in the team, $n$", ylabel="share", ylim=(0, None))
    ax.legend(frameon=False, fontsize=9)
    return ax


def plot_descent(lines: Mapping, ax, *, levels: Mapping | None = None):
    """Errors step by step on a logarithmic axis, a line a name.

    Parameters
    ----------
    lines : mapping of str to (steps, errors)
    ax : Axes
    levels : mapping of str to float, optional
        Horizontal lines to compare with, and what they are.
    """
    for k, (name, (steps, errors)) in enumerate(lines.items()):
        ax.semilogy(
            steps,
            np.maximum(np.abs(errors), SMALLEST),
            color=COLOURS[k % len(COLOURS)],
            linestyle=STYLES[k % len(STYLES)],
            label=name,
        )
    left = ax.get_xlim()[0]
    for name, level in (levels or {}).items():
        ax.axhline(level, color="0.55", linewidth=1, zorder=0)
        ax.annotate(
            name,
            (left, level),
            xytext=(4, 2),
            textcoords="offset points",
            fontsize=9,
            color="0.35",
        )
    ax.set(xlabel="steps", ylabel="relative error")
    ax.legend(frameon=False, fontsize=9)
    return ax
