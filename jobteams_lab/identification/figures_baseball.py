"""Figures of the baseball panel: each takes arrays and an Axes, returns the Axes."""

from __future__ import annotations

import numpy as np

from jobteams_lab.figures import COLOURS, STYLES

MARKERS = ("o", "s", "^", "D")


def plot_pay_by_experience(experience, ratio, ax, *, longest: int = 20, stages=(3, 6)):
    """Quartiles of pay by seasons of experience, on a log scale.

    Parameters
    ----------
    experience : (rows,) int array
        Seasons since the first.
    ratio : (rows,) array
        Pay over the lowest pay of the season, or over another yardstick.
    ax : Axes
    longest : int
        The last experience drawn.
    stages : sequence of numbers
        Where vertical lines part the stages of a career.
    """
    experience, ratio = np.asarray(experience), np.asarray(ratio)
    years = np.arange(longest + 1)
    low, middle, high = np.transpose(
        [np.quantile(ratio[experience == year], (0.25, 0.5, 0.75)) for year in years]
    )
    ax.fill_between(
        years, low, high, color=COLOURS[0], alpha=0.2, label="middle half", linewidth=0
    )
    ax.plot(years, middle, color=COLOURS[0], linestyle="-", label="median")
    for stage in stages:
        ax.axvline(stage - 0.5, color="0.5", linewidth=0.9, linestyle=":")
    ticks = [tick for tick in (1, 2, 5, 10, 20, 50) if tick <= 1.1 * high.max()]
    ax.set_yscale("log")
    ax.set_yticks(ticks, [str(tick) for tick in ticks])
    ax.minorticks_off()
    ax.set(xlabel="seasons since the first", ylabel="pay over the season's lowest")
    ax.legend(frameon=False, fontsize=9, loc="lower right")
    return ax


def plot_season_effects(seasons, effects: dict, ax, *, known: dict | None = None):
    """Season effects on log wages by how they were estimated, from the first season.

    Parameters
    ----------
    seasons : (T,) array
    effects : dict of (T,) arrays, by label
    ax : Axes
    known : dict of (T,) arrays, by label
        What they are to be compared with, in black.
    """
    for k, (label, values) in enumerate(effects.items()):
        ax.plot(
            seasons,
            values,
            color=COLOURS[k % len(COLOURS)],
            linestyle=STYLES[k % len(STYLES)],
            label=label,
        )
    for label, values in (known or {}).items():
        ax.plot(seasons, values, "k.", markersize=4, label=label)
    ax.axhline(0.0, color="0.6", linewidth=0.8)
    ax.set(ylabel="log wages since the first season")
    ax.legend(frameon=False, fontsize=9)
    return ax


def plot_club_ranges(clubs, rank, samples, ax, *, other=None, label=""):
    """Every club's rank and the range of its ranks over bootstrap samples.

    Parameters
    ----------
    clubs : (J,) sequence of str
    rank : (J,) array
        The clubs are drawn in this order, the lowest rank at the bottom.
    samples : (S, J) array
        Ranks in the samples; bars go from the 5th to the 95th percentile.
    ax : Axes
    other : (J,) array, optional
        A second rank, drawn as an open diamond.
    label : str
        Of the second rank.
    """
    order = np.argsort(rank)
    place = np.arange(len(order))
    low, high = np.quantile(samples, (0.05, 0.95), axis=0)
    ax.hlines(place, low[order], high[order], color="0.7", linewidth=3.0)
    ax.plot(
        np.asarray(rank)[order],
        place,
        marker="o",
        markersize=4.5,
        linestyle="",
        color=COLOURS[0],
        label="estimate and 90 % range",
    )
    if other is not None:
        ax.plot(
            np.asarray(other)[order],
            place,
            marker="D",
            markersize=4.5,
            linestyle="",
            color=COLOURS[1],
            markerfacecolor="none",
            label=label,
        )
    ax.set_yticks(place, [str(clubs[k]) for k in order], fontsize=8)
    ax.set_ylim(-0.8, len(order) - 0.2)
    ax.set(xlabel="rank of the club")
    ax.legend(
        frameon=False, fontsize=9, ncols=2, loc="lower center", bbox_to_anchor=(0.5, 1)
    )
    return ax


def plot_runs_by_rank(groups: dict, ax, *, bins: int = 10):
    """Mean runs of players by where they stand in the ranking, in equal parts.

    Parameters
    ----------
    groups : dict of (rank, runs), by label
        Two (n,) arrays for each line; players without a rank are left out.
    ax : Axes
    bins : int
        Number of parts, each with its mean and two standard errors up and down.
    """
    for k, (label, (rank, runs)) in enumerate(groups.items()):
        rank, runs = np.asarray(rank, float), np.asarray(runs, float)
        ranked = np.isfinite(rank)
        rank, runs = rank[ranked], runs[ranked]
        part = np.argsort(np.argsort(rank, kind="stable")) * bins // len(rank)
        count = np.bincount(part, minlength=bins)
        mean = np.bincount(part, runs) / count
        spread = np.sqrt(np.bincount(part, (runs - mean[part]) ** 2) / (count - 1))
        ax.errorbar(
            (np.arange(bins) + 0.5) / bins + 0.006 * k,
            mean,
            2 * spread / np.sqrt(count),
            color=COLOURS[k % len(COLOURS)],
            marker=MARKERS[k % len(MARKERS)],
            markersize=4.5,
            linestyle=STYLES[k % len(STYLES)],
            label=label,
        )
    ax.axhline(0.0, color="0.6", linewidth=0.8)
    ax.set(
        xlabel="place in the ranking by wages", ylabel="runs above average, a season"
    )
    ax.legend(frameon=False, fontsize=9)
    return ax
