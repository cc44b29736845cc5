"""Figures of tables and their limits: each takes numbers and returns its Axes."""

from __future__ import annotations

from math import comb

import numpy as np
import pandas as pd

from jobteams_lab.figures import COLOURS, STYLES, label_line_ends

MARKERS = ("o", "s", "^", "D", "v", "P")
SMALLEST = 1e-16  # what a logarithmic axis shows of no error at all


def plot_states(worker_types, bounds, ax, *, firm_types: int = 1, levels=None):
    """States of a firm against the number of types of workers, a line a bound.

    Parameters
    ----------
    worker_types : sequence of int
        K, along the axis.
    bounds : sequence of int
        N, the largest teams.
    firm_types : int
        T; the states are T C(N + K, K).
    levels : dict of str to float, optional
        Numbers of states to be marked by a horizontal line, with what they are.
    """
    worker_types = np.asarray(worker_types)
    for k, bound in enumerate(bounds):
        states = [firm_types * comb(bound + int(n), int(n)) for n in worker_types]
        ax.semilogy(worker_types, np.array(states, float), color=COLOURS[k],
                    linestyle=STYLES[k], label=f"at most {bound}")  # fmt: skip
    marked = sorted((levels or {}).items(), key=lambda item: item[1])
    for i, (name, level) in enumerate(marked):
        below = i + 1 < len(marked)  # the next line may leave no room above
        ax.axhline(level, color="0.6", linewidth=0.9, zorder=0)
        ax.annotate(
            name,
            (worker_types[0], level),
            xytext=(0, -2 if below else 2),
            textcoords="offset points",
            va="top" if below else "bottom",
            fontsize=9,
            color="0.35",
        )
    ax.set(xlabel="types of workers, $K$", ylabel="states of a firm")
    return label_line_ends(ax)


def plot_cost(rows, ax, value: str = "seconds"):
    """What solving costs against the number of states, a line a method.

    `rows` are dicts with "method", "states" and the value named; methods without the
    value are left out, but keep their colours.
    """
    given = [row for row in rows if not pd.isna(row.get(value))]
    for k, name in enumerate(dict.fromkeys(row["method"] for row in rows)):
        own = sorted((row["states"], row[value]) for row in given
                     if row["method"] == name)  # fmt: skip
        if not own:
            continue
        states, cost = zip(*own, strict=True)
        ax.loglog(states, cost, color=COLOURS[k], linestyle=STYLES[k],
                  marker=MARKERS[k], markersize=5, label=name)  # fmt: skip
    ax.set(xlabel="states", ylabel=value.replace("_", " "))
    ax.legend(frameon=False, fontsize=9)
    return ax


def plot_against_step(steps, lines: dict, ax, ylabel: str, *, log: bool = False):
    """What a solution says against the step of its grid; finer grids at the left.

    Parameters
    ----------
    steps : sequence of float, or dict of str to sequences
        Distance between neighbouring levels of log h; for all lines or for each.
    lines : dict of str to sequences
    ylabel : str
    log : bool
        Whether the axis of steps is logarithmic; otherwise it begins at no step.
    """
    for k, (name, values) in enumerate(lines.items()):
        at = steps[name] if isinstance(steps, dict) else steps
        ax.plot(at, values, color=COLOURS[k], linestyle=STYLES[k], marker=MARKERS[k],
                markersize=5, label=name)  # fmt: skip
    if log:
        ax.set_xscale("log")
    else:
        ax.set_xlim(left=0)
    ax.set(xlabel="step of the grid of log human capital", ylabel=ylabel)
    if len(lines) > 1:
        ax.legend(frameon=False, fontsize=9)
    return ax


def plot_bound_error(errors: dict, ax, ratios: dict | None = None):
    """Error of values against the largest team allowed, a line an economy.

    Parameters
    ----------
    errors : dict of str to (bounds, errors)
    ratios : dict of str to float, optional
        What each place should leave of the error: thin lines of that slope through the
        middle of the errors.
    """
    for k, (name, (bounds, error)) in enumerate(errors.items()):
        bounds = np.asarray(bounds, float)
        error = np.maximum(np.abs(error), SMALLEST)
        if ratios and name in ratios:
            guide = ratios[name] ** bounds
            guide = guide * np.exp(np.median(np.log(error / guide)))
            ax.semilogy(bounds, guide, color="0.6", linestyle="-", linewidth=0.9,
                        zorder=0)  # fmt: skip
        ax.semilogy(bounds, error, color=COLOURS[k], linestyle=STYLES[k],
                    marker=MARKERS[k], markersize=5, label=name)  # fmt: skip
    ax.set(xlabel="largest team allowed, $N$", ylabel="relative error of values")
    ax.legend(frameon=False, fontsize=9)
    return ax


def plot_one_ladder(productivity, shares: dict, ax, dots: dict | None = None):
    """Distributions over firms of finitely many productivities, as steps and dots.

    Parameters
    ----------
    productivity : (T,) array
        Increasing.
    shares : dict of str to (T,) arrays
        Probabilities, drawn as the steps of their distribution functions.
    dots : dict of str to (T,) arrays, optional
        The same from elsewhere: hollow dots at the top of each step.
    """
    z = np.asarray(productivity, float)
    margin = 0.08 * (z[-1] - z[0])
    at = np.concatenate([[z[0] - margin], z, [z[-1] + margin]])
    for k, (name, share) in enumerate(shares.items()):
        total = np.concatenate([[0.0], np.cumsum(share), [np.sum(share)]])
        ax.step(at, total, where="post", color=COLOURS[k], linestyle=STYLES[k],
                label=name)  # fmt: skip
    for name, share in (dots or {}).items():
        ax.plot(z, np.cumsum(share), "o", color="black", markerfacecolor="none",
                markersize=7, label=name)  # fmt: skip
    ax.set(xlabel="productivity, $z$", ylabel="share at or below", ylim=(0, 1.03))
    ax.legend(frameon=False, fontsize=9, loc="upper left")
    return ax
