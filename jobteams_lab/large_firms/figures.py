"""Figures of an equilibrium over all teams: each takes an Axes and returns it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from jobteams_lab import checks
from jobteams_lab.figures import COLOURS, STYLES
from jobteams_lab.large_firms.finite_equilibrium import Equilibrium

READABLE = (0.15, 0.85)  # of the colour scale, between which text is black


def plot_surplus_by_size(
    equilibrium: Equilibrium, ax, *, worker_type: int = 0, coworkers: int | None = None
):
    """Δ of a type of worker against the number of coworkers, a line a type of firm.

    Parameters
    ----------
    equilibrium : Equilibrium
    ax : Axes
    worker_type : int
    coworkers : int, optional
        The type of all coworkers; by default that of the worker.
    """
    surplus = surplus_by_size(equilibrium, worker_type, coworkers)
    sizes = np.arange(surplus.shape[1])
    for t, z in enumerate(equilibrium.economy.productivity):
        ax.plot(
            sizes,
            surplus[t],
            color=COLOURS[t % len(COLOURS)],
            linestyle=STYLES[t % len(STYLES)],
            marker="o",
            markersize=3.5,
        )
        # the lines are furthest apart where the team is empty
        ax.annotate(
            f"z = {z:.2f}",
            (0, surplus[t, 0]),
            xytext=(-6, 0),
            textcoords="offset points",
            ha="right",
            va="center",
            fontsize=9.5,
            color=COLOURS[t % len(COLOURS)],
        )
    ax.set(
        xlim=(-0.19 * max(sizes[-1], 1), sizes[-1] + 0.3),
        xlabel="coworkers, n",
        ylabel="surplus, Δ",
    )
    ax.axhline(0, color="0.7", linewidth=0.9)
    return ax


def surplus_by_size(
    equilibrium: Equilibrium, worker_type: int = 0, coworkers: int | None = None
) -> np.ndarray:
    """Return Δ of a type of worker beside 0, 1, ... coworkers of one type, (T, N).

    Parameters
    ----------
    equilibrium : Equilibrium
    worker_type : int
    coworkers : int, optional
        The type of all coworkers; by default that of the worker.
    """
    last = equilibrium.economy.worker_types - 1
    worker_type = checks.whole("worker_type", worker_type, low=0, high=last)
    coworkers = worker_type if coworkers is None else coworkers
    coworkers = checks.whole("coworkers", coworkers, low=0, high=last)
    counts = np.zeros((equilibrium.economy.max_team_size, last + 1), np.int64)
    counts[:, coworkers] = np.arange(len(counts))
    return equilibrium.surplus[worker_type][:, equilibrium.problem.teams.index(counts)]


def plot_surplus_under_bounds(equilibria: Mapping, ax, *, firm_type: int = -1):
    """Δ against the number of coworkers in one type of firm, a line an equilibrium.

    Parameters
    ----------
    equilibria : mapping of str to Equilibrium
        Labels and equilibria with one type of worker.
    ax : Axes
    firm_type : int
        By default the last.
    """
    for k, (label, equilibrium) in enumerate(equilibria.items()):
        surplus = surplus_by_size(equilibrium)[firm_type]
        ax.plot(surplus, color=COLOURS[k], linestyle=STYLES[k])
        ax.annotate(
            label,
            (len(surplus) - 1, surplus[-1]),
            xytext=(3, 8),
            textcoords="offset points",
            fontsize=9.5,
            color=COLOURS[k],
        )
    ax.set(xlabel="coworkers, n", ylabel="surplus, Δ", ylim=(0, None))
    ax.margins(x=0.12)
    return ax


def plot_team_sizes(equilibria: Mapping, ax):
    """Shares of firms with n workers, among firms with any, a line an equilibrium.

    Parameters
    ----------
    equilibria : mapping of str to Equilibrium
    ax : Axes
    """
    for k, (label, equilibrium) in enumerate(equilibria.items()):
        shares = equilibrium.size_distribution[1:]
        shares = shares / shares.sum()
        sizes = np.arange(1, len(shares) + 1)
        ax.plot(
            sizes,
            shares,
            color=COLOURS[k],
            linestyle=STYLES[k],
            marker="o",
            markersize=3,
        )
        top = int((sizes * shares).argmax())  # where most workers are
        ax.annotate(
            label,
            (sizes[top], shares[top]),
            xytext=(0, 5),
            textcoords="offset points",
            ha="center",
            fontsize=9.5,
            color=COLOURS[k],
        )
    ax.set(xlabel="workers, n", ylabel="share of firms with workers", ylim=(0, None))
    ax.margins(x=0.08, y=0.12)
    return ax


def plot_against_bound(bounds, series: Mapping, ax, *, ylabel: str):
    """What changes with `max_team_size`, a labelled line a series.

    Parameters
    ----------
    bounds : sequence of int
    series : mapping of str to sequence
        As long as `bounds`, or shorter: then the line ends early.
    ax : Axes
    ylabel : str
    """
    for k, (label, values) in enumerate(series.items()):
        ax.plot(
            bounds[: len(values)],
            values,
            color=COLOURS[k],
            linestyle=STYLES[k],
            marker="os^D"[k % 4],
        )
        # a line that ends early has room to its right
        early = len(values) < len(bounds)
        ax.annotate(
            label,
            (bounds[len(values) - 1], values[-1]),
            xytext=(8, 0) if early else (-9, 0),
            textcoords="offset points",
            ha="left" if early else "right",
            va="center",
            fontsize=9.5,
            color=COLOURS[k],
        )
    ax.set_xscale("log", base=2)
    ax.set_xticks(bounds, [str(bound) for bound in bounds])
    ax.minorticks_off()
    ax.set(xlabel="largest team allowed, N", ylabel=ylabel, ylim=(0, None))
    ax.margins(y=0.15)
    return ax


def plot_where_workers_are(equilibrium: Equilibrium, ax):
    """Shares of the workers of each type at firms of each z; lines over z.

    Firms of one z and several q are added up, and so are abilities of one h.
    """
    economy = equilibrium.economy
    z, firm = np.unique(economy.productivity, return_inverse=True)
    held = np.zeros((len(economy.human_capital), len(z)))
    level = np.arange(economy.worker_types) // len(economy.ability)
    np.add.at(held, (level[:, None], firm[None, :]), equilibrium.employed.sum(axis=2))
    shares = held / held.sum(axis=1, keepdims=True)
    for k, h in enumerate(economy.human_capital):
        colour = COLOURS[k % len(COLOURS)]
        style = STYLES[k % len(STYLES)]
        ax.plot(z, shares[k], color=colour, linestyle=style, marker="o", markersize=4)
        ax.annotate(
            f"h = {h:.2f}",
            (z[-1], shares[k, -1]),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            fontsize=9.5,
            color=colour,
        )
    ax.set(
        xlabel="productivity of the firm, z",
        ylabel="share of the workers of a type",
        ylim=(0, None),
    )
    ax.margins(x=0.14)
    return ax


def complementarity(
    equilibrium: Equilibrium, firm_type: int, coworkers: int
) -> np.ndarray:
    """Return what pairs of types of workers add beyond what each adds, (K, K).

    D[k, l] is Δ of a worker of type k beside `coworkers` workers, all of type l, less
    the means of D over k and over l, plus the mean over both. Rows and columns sum to
    zero; a positive diagonal is a motive to work with one's like, a negative one to
    work with others.

    Parameters
    ----------
    equilibrium : Equilibrium
    firm_type : int
    coworkers : int
        How many, from 1 to `max_team_size` − 1.
    """
    economy, teams = equilibrium.economy, equilibrium.problem.teams
    firm = checks.whole("firm_type", firm_type, low=0, high=economy.firm_types - 1)
    high = economy.max_team_size - 1
    number = checks.whole("coworkers", coworkers, low=1, high=high)
    alike = teams.index(number * np.eye(economy.worker_types, dtype=np.int64))
    pairs = equilibrium.surplus[:, firm, alike]
    across = pairs.mean(axis=0), pairs.mean(axis=1, keepdims=True)
    return pairs - across[0] - across[1] + pairs.mean()


def plot_complementarities(
    equilibria: Mapping, panels, *, firm_type: int, coworkers: int
):
    """Heat maps of `complementarity`, on one scale, an Axes an equilibrium.

    Parameters
    ----------
    equilibria : mapping of str to Equilibrium
        Titles and equilibria.
    panels : sequence of Axes
    firm_type, coworkers : int
        As for `complementarity`.

    Returns
    -------
    the panels
    """
    pairs = {
        title: complementarity(equilibrium, firm_type, coworkers)
        for title, equilibrium in equilibria.items()
    }
    most = max(np.abs(values).max() for values in pairs.values())
    for ax, (title, values) in zip(panels, pairs.items(), strict=True):
        ax.imshow(values, cmap="PuOr_r", vmin=-most, vmax=most, origin="lower")
        for (k, other), value in np.ndenumerate(values):
            shade = 0.5 + 0.5 * value / most
            ax.text(
                other,
                k,
                "0.00" if abs(value) < 0.005 else f"{value:+.2f}",
                ha="center",
                va="center",
                fontsize=10,
                color="black" if READABLE[0] < shade < READABLE[1] else "white",
            )
        levels = [f"{h:.2f}" for h in equilibria[title].economy.worker_human_capital]
        ax.set_xticks(range(len(levels)), levels)
        ax.set_yticks(range(len(levels)), levels)
        ax.set_title(title, loc="left")
        ax.set_xlabel("h of the coworkers")
    panels[0].set_ylabel("h of the worker")
    return panels
