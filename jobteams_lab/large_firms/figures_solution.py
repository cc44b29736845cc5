"""Figures of a solution for V, χ and ω: each takes numbers and returns its Axes."""

from __future__ import annotations

import numpy as np

from jobteams_lab.figures import COLOURS, STYLES, label_line_ends

MARKERS = ("o", "s", "^", "D", "v", "P")
BAND = (0.1, 0.9)  # quantiles of team sizes that are shaded


def plot_against_surplus(surplus, lines: dict, ax, ylabel: str):
    """What meetings bring against a firm's surplus, a line a type of worker.

    Parameters
    ----------
    surplus : (D,) array
        D = V(S ⊕ x) − V(S) − U(x) along the axis.
    lines : dict of str to (D,) arrays
    ax : Axes
    ylabel : str
    """
    for k, (name, values) in enumerate(lines.items()):
        ax.plot(surplus, values, color=COLOURS[k], linestyle=STYLES[k], label=name)
    ax.set(xlabel="surplus from hiring him, $D$", ylabel=ylabel, ylim=(0, None))
    ax.legend(frameon=False, fontsize=9)
    return ax


def plot_rounds(histories: dict, what: str, ax, ylabel: str, *, log: bool = False):
    """What each round of a search found, a line a search.

    Parameters
    ----------
    histories : dict of str to list of dict
        As `Solution.history`.
    what : str
        A key of these, "change" or a moment.
    ax : Axes
    ylabel : str
    log : bool
        Whether the vertical axis is logarithmic.
    """
    for k, (name, history) in enumerate(histories.items()):
        values = [found[what] for found in history]
        ax.plot(np.arange(1, len(values) + 1), values, color=COLOURS[k],
                linestyle=STYLES[k], marker=MARKERS[k], markersize=4,
                label=name)  # fmt: skip
    if log:
        ax.set_yscale("log")
    ax.set(xlabel="round", ylabel=ylabel)
    ax.xaxis.get_major_locator().set_params(integer=True)
    if len(histories) > 1:
        ax.legend(frameon=False, fontsize=9)
    return ax


def plot_residuals_by_size(errors: dict, ax, *, ceiling: float | None = None):
    """Root mean square of q = R/(ρV) at each team size, a line a solution.

    Parameters
    ----------
    errors : dict of str to (N + 1,) arrays
        As `BellmanReport.sizes`; NaN where there is nothing to show.
    ax : Axes
    ceiling : float, optional
        An error to be marked by a horizontal line.
    """
    for k, (name, values) in enumerate(errors.items()):
        ax.semilogy(np.arange(len(values)), values, color=COLOURS[k],
                    linestyle=STYLES[k], marker=MARKERS[k], markersize=5,
                    label=name)  # fmt: skip
    if ceiling is not None:
        ax.axhline(ceiling, color="0.6", linewidth=0.9, zorder=0)
    ax.set(xlabel="workers, $n$", ylabel="root mean square of $q$")
    ax.xaxis.get_major_locator().set_params(integer=True)
    if len(errors) > 1:
        ax.legend(frameon=False, fontsize=9)
    return ax


def plot_over_productivity(productivity, lines: dict, ax, ylabel: str):
    """Values against the productivity of firms, on a logarithmic axis of z.

    Parameters
    ----------
    productivity : (F,) array
        z.
    lines : dict of str to (F,) arrays
        Each is labelled at its right end.
    ax : Axes
    ylabel : str
    """
    for k, (name, values) in enumerate(lines.items()):
        ax.semilogx(productivity, values, color=COLOURS[k], linestyle=STYLES[k],
                    label=name)  # fmt: skip
    _productivity_axis(ax, productivity)
    ax.set_ylabel(ylabel)
    return label_line_ends(ax)


def plot_surplus_by_coworkers(surplus: dict, ax):
    """A newcomer's surplus against the number of his coworkers, a line a firm.

    Each line is labelled at its left end.

    Parameters
    ----------
    surplus : dict of str to (N,) arrays
        V(S ⊕ x) − V(S) − U(x) beside 0 to N − 1 coworkers.
    ax : Axes
    """
    for k, (name, values) in enumerate(surplus.items()):
        ax.plot(np.arange(len(values)), values, color=COLOURS[k], linestyle=STYLES[k],
                marker=MARKERS[k], markersize=4, label=name)  # fmt: skip
        # the lines are furthest apart where the team is empty
        ax.annotate(
            name,
            (0, values[0]),
            xytext=(-6, 0),
            textcoords="offset points",
            ha="right",
            va="center",
            fontsize=9.5,
            color=COLOURS[k],
        )
    last = max(len(values) for values in surplus.values()) - 1
    ax.axhline(0, color="0.7", linewidth=0.9, zorder=0)
    ax.set(
        xlim=(-0.34 * max(last, 1), last + 0.3),
        xticks=np.arange(0, last + 1, 1 if last < 6 else 3),
        xlabel="coworkers",
        ylabel="surplus of a newcomer",
    )
    return ax


def sizes_by_productivity(log_z, sizes, bins: int = 20):
    """Return z and the mean and two quantiles of team size, in bins of log z.

    Parameters
    ----------
    log_z : (F,) array
    sizes : (F,) array of int
    bins : int
        Each holds as many firms.

    Returns
    -------
    z, mean, low, high : (bins,) arrays
        z is the bin's geometric mean; low and high leave a tenth of firms on each side.
    """
    parts = np.array_split(np.argsort(log_z, kind="stable"), bins)
    z = np.exp([log_z[part].mean() for part in parts])
    mean = np.array([sizes[part].mean() for part in parts])
    low, high = np.transpose([np.quantile(sizes[part], BAND) for part in parts])
    return z, mean, low, high


def plot_sizes_by_productivity(log_z, sizes, ax, bins: int = 20):
    """Mean team size against z, with the band that holds eight in ten firms.

    Parameters
    ----------
    log_z : (F,) array
    sizes : (F,) array of int
    ax : Axes
    bins : int
        Of as many firms each.
    """
    z, mean, low, high = sizes_by_productivity(log_z, sizes, bins)
    ax.fill_between(z, low, high, color=COLOURS[0], alpha=0.15, linewidth=0)
    ax.semilogx(z, mean, color=COLOURS[0], marker="o", markersize=4)
    _productivity_axis(ax, z)
    ax.set(ylabel="workers, $n$", ylim=(0, None))
    return ax


def _productivity_axis(ax, z) -> None:
    # plain numbers at steps that a reader of z knows
    ticks = [tick for tick in (0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4)
             if min(z) <= tick <= max(z)]  # fmt: skip
    ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.minorticks_off()
    ax.set_xlabel("productivity, $z$")
