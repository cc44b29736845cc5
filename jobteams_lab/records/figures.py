"""Figures of raw records: each takes results and an Axes, and returns the Axes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from jobteams_lab.figures import COLOURS, STYLES


def plot_records(jobs, benefits, ax):
    """The dated records of one worker: a bar each, a line of the chart for each firm.

    Darker bars pay more a day. Benefits stand below the jobs, hatched.

    Parameters
    ----------
    jobs, benefits : pandas.DataFrame
        As for `monthly_panel`, of one worker.
    ax : Axes
    """
    firms = list(dict.fromkeys(jobs.sort_values("start")["firm"]))
    strength = 0.25 + 0.7 * jobs["wage"].rank(pct=True)
    day = pd.Timedelta(days=1)
    for row, alpha in zip(jobs.itertuples(), strength, strict=True):
        ax.barh(
            firms.index(row.firm) + 1,
            row.end - row.start + day,
            left=row.start,
            height=0.7,
            color=COLOURS[0],
            alpha=alpha,
            edgecolor="white",
            linewidth=0.6,
        )
    for row in benefits.itertuples():
        ax.barh(
            0,
            row.end - row.start + day,
            left=row.start,
            height=0.7,
            color="white",
            edgecolor=COLOURS[1],
            hatch="////",
        )
    ax.set_yticks(
        range(len(firms) + 1), ["benefits", *(f"firm {firm}" for firm in firms)]
    )
    ax.set(ylim=(-0.6, len(firms) + 0.6))
    return ax


def plot_top_wages(wages: dict, limit, ax, *, highest: float = 0.4, bins: int = 40):
    """Densities of log wages over their limit, of those who are at it in the records.

    Parameters
    ----------
    wages : dict of (n,) arrays, by label
    limit : (n,) array
    ax : Axes
    highest : float
        Log points above the limit up to which the densities are drawn.
    bins : int
    """
    edges = np.linspace(0.0, highest, bins + 1)
    for k, (label, values) in enumerate(wages.items()):
        above = np.log(np.asarray(values) / np.asarray(limit))
        if np.ptp(above) < 1e-6:  # a multiple of the limit has no density
            ax.axvline(
                above[0], color=COLOURS[k % len(COLOURS)], linestyle="-.", label=label
            )
            continue
        count = np.histogram(above, edges)[0] / len(above) / np.diff(edges)
        ax.stairs(
            count,
            edges,
            color=COLOURS[k % len(COLOURS)],
            linestyle=STYLES[k % len(STYLES)],
            linewidth=1.5,
            label=label,
        )
    ax.set(xlabel="log points above the limit", ylabel="density")
    ax.legend(frameon=False, fontsize=9)
    return ax


def plot_age_profiles(profiles: dict, ax, ages=(20, 60), centre: float = 40.0):
    """Log pay by age, relative to `centre`, one line a pair of coefficients.

    Parameters
    ----------
    profiles : dict of (c₂, c₃), by label
        Coefficients of (age - centre)² and (age - centre)³.
    ax : Axes
    ages : (youngest, oldest)
    centre : float
    """
    grid = np.linspace(*ages, 81)
    for k, (label, (square, cube)) in enumerate(profiles.items()):
        ax.plot(
            grid,
            square * (grid - centre) ** 2 + cube * (grid - centre) ** 3,
            color=COLOURS[k % len(COLOURS)],
            linestyle=STYLES[k % len(STYLES)],
            linewidth=1.5,
            label=label,
        )
    ax.set(xlabel="age", ylabel=f"log pay, relative to age {centre:g}")
    ax.legend(frameon=False, fontsize=9)
    return ax


def plot_rank_errors(births, errors: dict, ax, *, years: int = 5):
    """Mean errors of workers' ranks by year of birth, with two standard errors.

    Parameters
    ----------
    births : (n,) array
    errors : dict of (n,) arrays, by label
        Estimated rank less the true one; nan where there is none.
    ax : Axes
    years : int
        How many years of birth are taken together.
    """
    births = np.asarray(births)
    group = births // years * years
    middles = np.unique(group)
    shift = 0.12 * years
    for k, (label, error) in enumerate(errors.items()):
        table = pd.Series(np.asarray(error)).groupby(group).agg(["mean", "sem"])
        ax.errorbar(
            middles + years / 2 + (k - (len(errors) - 1) / 2) * shift,
            table["mean"],
            yerr=2 * table["sem"],
            marker="os^D"[k % 4],
            markersize=4.5,
            linewidth=1.2,
            color=COLOURS[k % len(COLOURS)],
            linestyle=STYLES[k % len(STYLES)],
            label=label,
        )
    ax.axhline(0.0, color="0.6", linewidth=0.8)
    ax.set(xlabel="year of birth", ylabel="estimated less true rank")
    ax.legend(frameon=False, fontsize=9)
    return ax
