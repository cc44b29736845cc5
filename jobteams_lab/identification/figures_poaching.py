"""Figures on search on the job: wages after a move, Ω from poaching, α and shocks."""

from __future__ import annotations

import numpy as np

from jobteams_lab.figures import COLOURS, STYLES
from jobteams_lab.identification.equilibrium import Equilibrium


def plot_poached_wages(equilibrium: Equilibrium, worker: int, ax, origins=(0.0, 0.5)):
    """Wages of one type of worker by firm: out of unemployment, and when poached.

    Parameters
    ----------
    equilibrium : Equilibrium
        With search on the job.
    worker : int
        Position of the worker's type.
    ax : Axes
    origins : sequence of float
        Firms poached from, as shares of the way up the worker's ladder, 0 the firm of
        least surplus.
    """
    hires = np.flatnonzero(equilibrium.acceptance[worker] > 0.5)
    y = equilibrium.economy.firm_types.productivity
    surplus = equilibrium.surplus[worker]
    ladder = hires[np.argsort(surplus[hires])]
    ax.plot(
        y[hires],
        equilibrium.wage[worker, hires],
        color=COLOURS[0],
        linestyle=STYLES[0],
        label="hired from unemployment",
    )
    for k, where in enumerate(origins, start=1):
        old = ladder[int(where * (len(ladder) - 1))]
        better = hires[surplus[hires] > surplus[old]]
        # the line breaks where the worker prefers his old firm in between
        wage = np.full(len(y), np.nan)
        wage[better] = equilibrium.poached_wage[worker, better, old]
        ax.plot(
            y,
            wage,
            color=COLOURS[k],
            linestyle=STYLES[k],
            label=f"poached from y = {y[old]:.2f}",
        )
        ax.plot(
            y[old],
            equilibrium.wage[worker, old],
            linestyle="none",
            marker="o",
            color=COLOURS[k],
        )
    ax.set(xlabel="type of the firm, y", ylabel="wage")
    ax.legend(frameon=False)
    return ax


def plot_wage_changes(change, ax, bins: int = 60):
    """A histogram of wage changes at moves from job to job."""
    change = np.asarray(change)
    # zero is an edge, and rounding of a wage that stays as it was is no fall
    change = np.where(np.abs(change) < 1e-12, 0.0, change)
    low, high = np.quantile(change, [0.002, 0.998])
    step = (high - low) / bins
    edges = step * np.arange(np.floor(low / step), np.ceil(high / step) + 1)
    share = np.histogram(change, edges)[0] / len(change)
    middle = (edges[1:] + edges[:-1]) / 2
    for loses, label, colour in (
        (True, "wage falls", COLOURS[1]),
        (False, "wage rises or stays", COLOURS[0]),
    ):
        side = (middle < 0) == loses
        ax.bar(
            middle[side],
            share[side],
            edges[1] - edges[0],
            color=colour,
            hatch="//" if loses else None,
            edgecolor="white",
            linewidth=0.3,
            label=label,
        )
    ax.axvline(0.0, color="0.4", linewidth=1.0)
    ax.set(xlabel="change of the wage at a move", ylabel="share of moves")
    ax.legend(frameon=False)
    return ax


def plot_vacancy_values(truth, estimates: dict, axes):
    """Estimated against true values of vacancies, an Axes for each estimate.

    Parameters
    ----------
    truth : (J,) array
        (1 − β)V_v of each firm.
    estimates : dict
        Name to `FirmRanking`.
    axes : sequence of Axes
    """
    top = 1.08 * np.nanmax([truth, *(e.vacancy_flow_value for e in estimates.values())])
    for ax, (name, found) in zip(axes, estimates.items(), strict=True):
        ax.plot([0, top], [0, top], color="0.5", linestyle=":", linewidth=1.2)
        ax.plot(
            truth,
            found.vacancy_flow_value,
            linestyle="none",
            marker="o",
            markersize=3,
            alpha=0.6,
            color=COLOURS[0],
        )
        ax.set(xlim=(0, top), ylim=(0, top), xlabel="true (1 − β)V")
        ax.set_title(name, loc="left")
    axes[0].set_ylabel("estimated (1 − β)V")
    return axes


def plot_bargaining_power(truth, estimates, ax):
    """α estimated from shocks to firms, by least squares and by instruments.

    Parameters
    ----------
    truth : sequence of float
    estimates : sequence of FirmShockEstimate
    ax : Axes
    """
    ax.plot([0, 1], [0, 1], color="0.5", linestyle=":", linewidth=1.2)
    for k, (name, value, error) in enumerate(
        (
            ("least squares", "least_squares", "least_squares_error"),
            ("other stayers as instrument", "bargaining_power", "standard_error"),
        )
    ):
        ax.errorbar(
            truth,
            [getattr(one, value) for one in estimates],
            yerr=[1.96 * getattr(one, error) for one in estimates],
            linestyle="none",
            marker="so"[k],
            color=COLOURS[1 - k],
            capsize=3,
            label=name,
        )
    ax.set(
        xlim=(0, 1),
        ylim=(0, 1),
        xlabel="true bargaining power, α",
        ylabel="estimate",
    )
    ax.legend(frameon=False, loc="upper left")
    return ax


def plot_own_variation(productivity, value, lowest, ax, months: int = 120):
    """What is left of a difference of reservation wages when z × type is taken out.

    Parameters
    ----------
    productivity : (T,) array
        z_t.
    value, lowest : (T,) arrays
        r_t(x) − r_t(x⁰) and the difference of lowest wages.
    ax : Axes
    months : int
        How many are drawn.
    """
    z = np.asarray(productivity)
    for k, (name, series) in enumerate(
        (("value of search", value), ("lowest wages", lowest))
    ):
        series = np.asarray(series)
        left = series - z * (z @ series) / (z @ z)
        ax.plot(
            np.arange(months),
            1000 * left[:months],
            color=COLOURS[k],
            linestyle=STYLES[k],
            label=name,
        )
    ax.set(xlabel="month", ylabel="residual, thousandths of output")
    ax.legend(frameon=False)
    return ax
