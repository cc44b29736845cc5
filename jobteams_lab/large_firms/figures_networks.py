"""Figures of networks in training: each takes an Axes and returns it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from jobteams_lab import checks
from jobteams_lab.figures import COLOURS, STYLES

KINDS = {"rms": "q, root mean square", "error": "V/V* − 1, root mean square"}


def plot_races(races: Mapping, ax, *, measure: str = "rms"):
    """Errors at held-out teams against seconds, on log scales, a colour a method.

    A race of one point, as an exact solution is, is drawn as a marker.

    Parameters
    ----------
    races : mapping of str to list of (seconds, error)
        For each label the curves of all seeds, pairs of equally long sequences.
    ax : Axes
    measure : "rms" or "error"
        What the errors are, for the label of the axis.
    """
    checks.one_of("measure", measure, tuple(KINDS))
    for k, (label, curves) in enumerate(races.items()):
        look = {
            "color": COLOURS[k % len(COLOURS)],
            "linestyle": STYLES[k % len(STYLES)],
        }
        for number, (seconds, errors) in enumerate(curves):
            marker = "o" if len(seconds) == 1 else None
            name = None if number else label
            ax.plot(seconds, errors, marker=marker, markersize=5, label=name, **look)
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set(xlabel="seconds", ylabel=KINDS[measure])
    ax.legend(frameon=False, fontsize=9.5)
    return ax


def races_of(measured: list[dict], measure: str = "rms") -> dict:
    """Return the curves of `measured_training`, by method, for `plot_races`.

    Points without a clock before the first step, or without the measure, are left out.
    """
    checks.one_of("measure", measure, tuple(KINDS))
    races = {}
    for case in measured:
        seconds = np.array(case["seconds"], float)
        errors = np.array(case[measure], float)
        seen = np.isfinite(errors) & (seconds > 0)
        if seen.any():
            label = case["method"]
            if "features" in case:
                units = f" and {case['units']} units" if case["units"] else ""
                label = f"{label}, {case['features'] - case['units']} terms{units}"
            races.setdefault(label, []).append((seconds[seen], errors[seen]))
    return races
