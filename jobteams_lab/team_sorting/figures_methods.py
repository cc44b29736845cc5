"""Figures of the ways to compute: each takes results and an Axes, and returns it."""

from __future__ import annotations

import numpy as np

from jobteams_lab.figures import COLOURS, STYLES

POINTS = 400
SMALLEST = 1e-16  # what a logarithmic axis shows of no error at all
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")


def plot_error_against_seconds(measured, ax, value: str = "loss_error"):
    """Errors against processor seconds on logarithmic axes, a line a method.

    `measured` are dicts with "method", "points", "seconds" and the value named, as
    `measured_methods` and the stored benchmark have them. Along a line the points grow
    in number; methods without the value are left out.
    """
    rows = [row for row in measured if row.get(value) is not None]
    names = list(dict.fromkeys(row["method"] for row in rows))
    names.sort(key=lambda name: name == "formulas")  # a single dot, drawn last
    for k, name in enumerate(names):
        own = [row for row in rows if row["method"] == name]
        seconds = [row["seconds"] for row in own]
        error = [max(abs(row[value]), SMALLEST) for row in own]
        colour = "0.4" if name == "formulas" else COLOURS[k % len(COLOURS)]
        ax.loglog(seconds, error, color=colour, linestyle=STYLES[k % len(STYLES)],
                  marker=MARKERS[k % len(MARKERS)], markersize=6, linewidth=1.3,
                  label=name)  # fmt: skip
    what = {
        "loss_error": "relative error of the loss",
        "wage_error": "largest error of wages",
    }
    ax.set(xlabel="seconds on one core", ylabel=what.get(value, value))
    ax.legend(frameon=False, fontsize=8.5, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return ax


def plot_wages(equilibrium, assignments: dict, ax, group: int = 0):
    """Wages found on grids, as dots, and the exact schedule, as a line."""
    skill = _skills(equilibrium, group)
    ax.plot(skill, equilibrium.wage(skill, group), color="0.35", linewidth=1.2,
            label="formulas")  # fmt: skip
    for k, (name, one) in enumerate(assignments.items()):
        at = one.grid.skills[group]
        ax.plot(at, one.wage(at, group), marker=MARKERS[k], markersize=4.5, ls="",
                color=COLOURS[k], markerfacecolor="none", label=name)  # fmt: skip
    ax.set(xlabel="probability of failing, $x$", ylabel="wage")
    ax.legend(frameon=False, fontsize=9)
    return ax


def plot_wage_deviations(equilibrium, assignments: dict, ax, group: int = 0):
    """Wages found on grids less the exact ones, at the grid's own points.

    The mean deviation over the grid is taken out: no dual fixes the constant.
    """
    for k, (name, one) in enumerate(assignments.items()):
        at = one.grid.skills[group]
        gap = one.wage(at, group) - equilibrium.wage(at, group)
        gap = gap - one.grid.weights[group] @ gap
        ax.plot(at, gap, color=COLOURS[k], linestyle=STYLES[k], marker=MARKERS[k],
                markersize=3.5, label=name)  # fmt: skip
    ax.axhline(0.0, color="0.75", linewidth=0.8, zorder=0)
    ax.set(xlabel="probability of failing, $x$", ylabel="wage found less exact wage")
    ax.legend(frameon=False, fontsize=9)
    return ax


def plot_brackets(points, lower, upper, ax, lines: dict | None = None):
    """Bounds of the least loss against the number of points; `lines` are levels."""
    ax.fill_between(points, lower, upper, color=COLOURS[0], alpha=0.15, linewidth=0)
    ax.plot(points, upper, color=COLOURS[0], marker="v", markersize=5,
            label="points at means of cells: upper bound")  # fmt: skip
    ax.plot(points, lower, color=COLOURS[2], marker="^", markersize=5,
            label="points at edges of cells: lower bound")  # fmt: skip
    for k, (name, level) in enumerate((lines or {}).items()):
        ax.axhline(level, color=(COLOURS[1], "0.4")[k % 2], linestyle=STYLES[k + 1],
                   linewidth=1.4, label=name)  # fmt: skip
    ax.set(xscale="log", xlabel="points a margin, $N$", ylabel="output lost")
    ax.set_xticks(points, [f"{n:g}" for n in points])
    ax.minorticks_off()
    ax.legend(frameon=False, fontsize=9)
    return ax


def _skills(equilibrium, group):
    kind = equilibrium.economy.groups[group].margin.skill
    even = np.linspace(0.0, 1.0, POINTS) ** 2  # dense where wages are steep
    return kind.low + (kind.high - kind.low) * even
