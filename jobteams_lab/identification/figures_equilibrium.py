"""Figures of an equilibrium: each takes a result and an Axes, and returns the Axes."""

from __future__ import annotations

import numpy as np

from jobteams_lab.figures import COLOURS, STYLES

# white where nobody matches, dark blue where most do
SHADES = "Blues"


def plot_matching_set(equilibrium, ax, *, assignment=None):
    """Who matches with whom: worker types across, firm types up.

    The darker, the more matches there are compared with as many spread evenly over all
    pairs; the line is the edge of the matching set, crosses are mixed decisions.

    Parameters
    ----------
    equilibrium : Equilibrium
    ax : Axes
    assignment : (X,) int array, optional
        Firm type of each worker type where there are no frictions, drawn as dots.
    """
    e = equilibrium.economy
    x, y = e.worker_types.productivity, e.firm_types.productivity
    even = e.worker_types.share[:, None] * e.firm_types.share
    density = equilibrium.match_density / even
    accept = equilibrium.acceptance
    density = np.where(accept > 0, density, np.nan)
    top = np.nanquantile(density, 0.97)  # a few dense cells would pale the rest
    ax.pcolormesh(x, y, density.T, cmap=SHADES, vmin=0, vmax=top, rasterized=True)
    ax.contour(x, y, accept.T, levels=[0.5], colors="black", linewidths=1.2)
    mixed = np.argwhere((accept > 1e-6) & (accept < 1 - 1e-6))
    ax.plot(x[mixed[:, 0]], y[mixed[:, 1]], "x", color=COLOURS[1], markersize=6)
    if assignment is not None:
        ax.plot(x, y[assignment], ".", color=COLOURS[1], markersize=3.5)
    ax.set(xlabel="worker's type, $x$", ylabel="firm's type, $y$", aspect="equal")
    return ax


def plot_surplus(equilibrium, ax, levels: int = 9):
    """Contours of the surplus, solid and dark where it is positive, 0 the thick one."""
    e = equilibrium.economy
    x, y = e.worker_types.productivity, e.firm_types.productivity
    surplus = equilibrium.surplus.T
    end = np.abs(surplus).max()
    ax.contourf(x, y, surplus, levels, cmap="PuOr", vmin=-end, vmax=end)
    lines = ax.contour(x, y, surplus, levels, colors="0.35", linewidths=0.6)
    ax.clabel(lines, fontsize=8)
    ax.contour(x, y, surplus, levels=[0.0], colors="black", linewidths=2)
    ax.set(xlabel="worker's type, $x$", ylabel="firm's type, $y$", aspect="equal")
    return ax


def plot_wages_over_firms(equilibrium, ax, types=(0.05, 0.1, 0.2, 0.3, 0.6)):
    """Wages w(x, ·) of a few worker types, in per cent over their reservation wage.

    Each line covers the firms that the worker matches with, and a dot marks the firm
    that pays him most.
    """
    e = equilibrium.economy
    worker, firm = e.worker_types.productivity, e.firm_types.productivity
    premium = np.full(e.output.shape, np.nan)
    x, y = np.nonzero(equilibrium.acceptance > 0)
    reservation = equilibrium.unemployed_flow_value[x]
    premium[x, y] = 100 * (equilibrium.wage[x, y] / reservation - 1)
    _lines(ax, worker, firm, premium, types, "x", "firm's type, $y$")
    ax.set_ylabel("wage over reservation wage, %")
    return ax


def plot_wages_over_workers(equilibrium, ax, types=(0.1, 0.3, 0.5, 0.7, 0.9)):
    """Wages w(·, y) at a few firm types, over the workers they hire."""
    e = equilibrium.economy
    worker, firm = e.worker_types.productivity, e.firm_types.productivity
    wage = np.where(equilibrium.acceptance > 0, equilibrium.wage, np.nan)
    _lines(ax, firm, worker, wage.T, types, "y", "worker's type, $x$")
    return ax


def _lines(ax, rows, columns, wage, types, name, label):
    for k, value in enumerate(types):
        row = int(np.abs(rows - value).argmin())
        if np.isnan(wage[row]).all():
            continue
        line = {"color": COLOURS[k % 7], "linestyle": STYLES[k % 7], "linewidth": 1.7}
        ax.plot(columns, wage[row], label=f"${name} = {rows[row]:.2f}$", **line)
        best = int(np.nanargmax(wage[row]))
        ax.plot(columns[best], wage[row, best], "o", color=COLOURS[k % 7], markersize=5)
    ax.set(xlabel=label, ylabel="wage a month")


def plot_values(equilibrium, ax):
    """What searching is worth a month, (1 − β)V_u(x) and (1 − β)V_v(y)."""
    e = equilibrium.economy
    ax.plot(
        e.worker_types.productivity,
        equilibrium.unemployed_flow_value,
        label="worker out of work",
    )
    ax.plot(
        e.firm_types.productivity,
        equilibrium.vacancy_flow_value,
        label="vacant job",
    )
    ax.set(xlabel="type, $x$ or $y$", ylabel="value a month")
    return ax


def plot_decisions(firms, path, ax):
    """The chance that a worker accepts each firm, as the smoothing goes away.

    Parameters
    ----------
    firms : (Y,) array
        Firm types.
    path : dict
        From the width ε to the chances (Y,).
    ax : Axes
    """
    for k, (width, chance) in enumerate(path.items()):
        style = {"color": COLOURS[k % 7], "linestyle": STYLES[k % 7], "linewidth": 1.7}
        ax.plot(firms, chance, label=f"ε = {width:g}", **style)
    ax.set(xlabel="firm's type, $y$", ylabel="chance to accept", ylim=(-0.03, 1.03))
    return ax
