"""Figures of firms: what ranks them and what does not."""

from __future__ import annotations

import numpy as np

from jobteams_lab.figures import COLOURS, STYLES
from jobteams_lab.identification.equilibrium import Equilibrium
from jobteams_lab.identification.firm_ranking import FirmRanking

MARKERS = ("o", "s", "^", "D")
EMPTY = 1e-9  # share of employment below which a pair counts as unmatched


def firm_statistics(equilibrium: Equilibrium) -> dict[str, np.ndarray]:
    """Return what firms of each type pay and gain, (Y,) each, in the benchmark.

    The mean wage over a firm's workers, the mean premium over reservation wages Ω^e and
    the filling rate q over its hires, and Ω = q Ω^e.

    Parameters
    ----------
    equilibrium : Equilibrium
    """
    q = equilibrium
    matches = q.match_density
    met = q.unemployed[:, None] * q.acceptance
    premium = (met * (q.wage - q.unemployed_flow_value[:, None])).sum(0) / met.sum(0)
    stay = 1 - q.economy.separation_rate
    rate = stay * q.meeting_rates.vacancy * met.sum(0) / q.unemployed.sum()
    return {
        "mean wage": (matches * q.wage).sum(0) / matches.sum(0),
        "premium": premium,
        "filling rate": rate,
        "Ω": rate * premium,
    }


def plot_firm_statistics(equilibrium: Equilibrium, ax, names=None, legend=True):
    """Draw `firm_statistics` against the firm's rank, each relative to its mean.

    Parameters
    ----------
    equilibrium : Equilibrium
    ax : Axes
    names : sequence of str, optional
        Which of them; by default all.
    legend : bool
    """
    found = firm_statistics(equilibrium)
    share = equilibrium.economy.firm_types.share
    rank = np.cumsum(share) - share / 2
    for k, (name, value) in enumerate(found.items()):
        if names is not None and name not in names:
            continue
        ax.plot(
            rank,
            value / (share @ value),
            color=COLOURS[k],
            linestyle=STYLES[k],
            linewidth=2.2 if name == "Ω" else 1.5,
            label=name,
        )
    ax.set(xlabel="rank of the firm, $y$", ylabel="relative to the mean firm")
    if legend:
        ax.legend(frameon=False, fontsize=9)
    return ax


def plot_vacancy_values(equilibrium: Equilibrium, rankings: dict, true_type, ax):
    """Draw estimates of (1 − β)V_v, a mark a firm, over the truth, a line.

    Parameters
    ----------
    equilibrium : Equilibrium
    rankings : dict of FirmRanking, by label
    true_type : (J,) int array
        Each firm's true type, in the order of the rankings' firms.
    ax : Axes
    """
    share = equilibrium.economy.firm_types.share
    rank = np.cumsum(share) - share / 2
    for k, (label, ranking) in enumerate(rankings.items()):
        found: FirmRanking = ranking
        ax.plot(
            rank[true_type],
            found.vacancy_flow_value,
            marker=MARKERS[k % len(MARKERS)],
            markersize=3.2,
            linestyle="",
            color=COLOURS[k % len(COLOURS)],
            markerfacecolor="none",
            label=label,
        )
    ax.plot(
        rank, equilibrium.vacancy_flow_value, color=COLOURS[6], lw=1.4, label="truth"
    )
    ax.set(
        xlabel="true rank of the firm, $y$",
        ylabel=r"flow value of a vacancy, $(1-\beta)V_v$",
    )
    ax.legend(frameon=False, fontsize=9)
    return ax


def plot_reservation_wages(truth, estimates: dict, ax):
    """Draw the errors of estimated reservation wages against the worker bin's rank.

    Parameters
    ----------
    truth : (X,) array
    estimates : dict of (X,) arrays, by label
    ax : Axes
    """
    rank = (np.arange(len(truth)) + 0.5) / len(truth)
    for k, (label, found) in enumerate(estimates.items()):
        ax.plot(
            rank,
            found - truth,
            color=COLOURS[k % len(COLOURS)],
            linestyle=STYLES[k % len(STYLES)],
            marker=MARKERS[k % len(MARKERS)],
            markersize=3.2,
            linewidth=1.3,
            label=label,
        )
    ax.axhline(0.0, color="0.6", linewidth=0.8)
    ax.set(xlabel="rank of the worker, $x$", ylabel="estimate less truth")
    ax.legend(frameon=False, fontsize=9)
    return ax
