"""Figures of wages and of workers' values: each takes numbers and returns its Axes."""

from __future__ import annotations

import numpy as np

from jobteams_lab.figures import COLOURS, STYLES

MARKS = {"hire": "o", "move": "^", "meeting": "s", "renegotiation": "v"}


def plot_value_of_wage(wages, lines: dict, bounds: dict, ax):
    """W − U against the wage, a line a match, and the bounds that its firm sets.

    Parameters
    ----------
    wages : (B,) array
        A year.
    lines : dict of str to (B,) arrays
        W − U.
    bounds : dict of str to float
        Δ⁺ of each; thin lines. Zero is drawn anyway.
    ax : Axes
    """
    ax.axhline(0, color="0.6", linewidth=0.9, zorder=0)
    for k, (name, values) in enumerate(lines.items()):
        ax.plot(wages, values, color=COLOURS[k], linestyle=STYLES[k], label=name)
        ax.axhline(bounds[name], color=COLOURS[k], linewidth=0.9, alpha=0.5, zorder=0)
    ax.set(xlabel="wage a year", ylabel="value beyond home, $W - U$")
    ax.legend(frameon=False, fontsize=9, loc="lower right")
    return ax


def plot_career(panel, events, top, bottom):
    """One worker's wage, and the values that bound it, with what happened to him.

    Parameters
    ----------
    panel : DataFrame
        His rows of a panel of `simulate_pay` with values, months or finer: columns
        time (years), firm, wage, gain (W − U) and surplus.
    events : DataFrame
        His rows of `wage_events`.
    top, bottom : Axes
        For the wage, and for W − U with Δ.
    """
    for k, (_, job) in enumerate(panel.groupby("firm", sort=False)):
        style = {"color": COLOURS[0], "linestyle": "-"}
        top.step(job["time"], job["wage"], where="post", **style)
        bottom.plot(job["time"], job["gain"], **style,
                    label="value, $W - U$" if k == 0 else None)  # fmt: skip
        bottom.plot(job["time"], job["surplus"], color=COLOURS[1], linestyle="--",
                    label="surplus of the match, $Δ$" if k == 0 else None)  # fmt: skip
    for name, marker in MARKS.items():
        mine = events[(events["event"] == name)]
        mine = mine[mine["wage"] != mine["wage_before"]]
        if len(mine):
            top.plot(mine["time"], mine["wage"], marker, color="black", markersize=5,
                     label=name)  # fmt: skip
    bottom.axhline(0, color="0.6", linewidth=0.9, zorder=0)
    top.set_ylabel("wage a year")
    bottom.set(xlabel="years", ylabel="value")
    for ax in (top, bottom):
        ax.legend(frameon=False, fontsize=9)
    return bottom


def plot_over_time(lines: dict, ax, xlabel: str, ylabel: str, *, bands=None):
    """Means against time, a line an economy.

    Parameters
    ----------
    lines : dict of str to pairs of arrays
        Times and means.
    ax : Axes
    xlabel, ylabel : str
    bands : dict of str to pairs of arrays, optional
        Lower and upper bounds of some of the lines, shaded.
    """
    for k, (name, (time, mean)) in enumerate(lines.items()):
        ax.plot(time, mean, color=COLOURS[k], linestyle=STYLES[k], label=name)
        if bands and name in bands:
            ax.fill_between(time, *bands[name], color=COLOURS[k], alpha=0.18, lw=0)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    ax.legend(frameon=False, fontsize=9, loc="lower right")
    return ax


def plot_shares(groups: dict, ax, xlabel: str, *, bins=30, low=None, high=None):
    """Histograms of shares, as outlines, one a group.

    Parameters
    ----------
    groups : dict of str to (n,) arrays
    ax : Axes
    xlabel : str
    bins : int
    low, high : float, optional
        Ends of the axis; values beyond them count in the last bins.
    """
    every = np.concatenate(list(groups.values()))
    low = np.min(every) if low is None else low
    high = np.max(every) if high is None else high
    edges = np.linspace(low, high, bins + 1)
    for k, (name, values) in enumerate(groups.items()):
        counts, _ = np.histogram(np.clip(values, low, high), edges)
        ax.stairs(counts / len(values), edges, color=COLOURS[k],
                  linestyle=STYLES[k], linewidth=1.6, label=name)  # fmt: skip
    ax.set(xlabel=xlabel, ylabel="share", xlim=(low, high))
    ax.legend(frameon=False, fontsize=9)
    return ax
