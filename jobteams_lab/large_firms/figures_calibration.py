"""Figures of a calibration: each takes numbers and returns its Axes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from jobteams_lab.figures import COLOURS

READABLE = 0.6  # of the colour scale, below which text is black
COVER = 1.96  # standard errors, of intervals that cover in 95 of 100 cases


def plot_jacobian(
    jacobian: pd.DataFrame, ax, *, errors=None, least=3.0, labels=None, digits=2
):
    """How moments, the rows, move with parameters, the columns, as a heat map.

    A cell's colour is its number over the largest of its row without sign, since the
    rows have units of their own: orange if the moment rises, purple if it falls. Where
    `errors` are given, numbers that are less than `least` of them are left out of the
    scale, and a dot stands for them.

    Parameters
    ----------
    jacobian : DataFrame
        Such as `Calibration.jacobian`, or changes by one per cent of a parameter.
    ax : Axes
    errors : DataFrame, optional
        Standard errors, with the same rows and columns.
    least : float
        Standard errors of few seeds are uncertain themselves.
    labels : dict of str to str, optional
        What is written for the names of rows and columns.
    digits : int
        Significant digits of the numbers.
    """
    labels = labels or {}
    values = jacobian.to_numpy(float)
    told = np.isfinite(values)
    if errors is not None:
        noise = errors.loc[jacobian.index, jacobian.columns].to_numpy(float)
        told &= np.abs(values) >= least * noise
    shown = np.where(told, values, 0.0)
    most = np.abs(shown).max(axis=1, keepdims=True, initial=0)
    shade = shown / np.where(most > 0, most, 1)
    ax.imshow(shade, cmap="PuOr_r", vmin=-1.2, vmax=1.2, aspect="auto")
    for (row, column), known in np.ndenumerate(told):
        dark = abs(shade[row, column]) > READABLE
        ax.text(
            column,
            row,
            _number(values[row, column], digits) if known else "·",
            ha="center",
            va="center",
            fontsize=7.5,
            color="white" if dark else "black",
        )
    columns = [labels.get(name, name) for name in jacobian.columns]
    rows = [labels.get(name, name) for name in jacobian.index]
    ax.set_xticks(range(len(columns)), columns, rotation=40, ha="left", fontsize=9,
                  rotation_mode="anchor")  # fmt: skip
    ax.set_yticks(range(len(rows)), rows, fontsize=9)
    ax.xaxis.tick_top()
    ax.tick_params(length=0)
    for spine in ax.spines.values():
        spine.set_visible(False)
    return ax


def plot_recovery(truth: dict, searches, ax, *, labels=None):
    """Estimates over the truth with 95 % intervals, parameter by parameter.

    Intervals that do not hold the truth are dashed, with a hollow mark.

    Parameters
    ----------
    truth : dict of str to float
        Parameters that are not zero.
    searches : sequence of (estimates, errors)
        Two dicts with the names of `truth` for each search; an error that is None or
        NaN, of an estimate at a bound, has no interval.
    ax : Axes
    labels : dict of str to str, optional
        What is written for the names.
    """
    labels, number = labels or {}, len(searches)
    for place, (name, value) in enumerate(truth.items()):
        for k, (estimates, errors) in enumerate(searches):
            error = errors[name]
            error = np.nan if error is None else error
            middle, wide = estimates[name] / value, COVER * error / abs(value)
            holds = not abs(middle - 1) > wide
            at = place + 0.6 * ((k + 0.5) / number - 0.5)
            colour = COLOURS[0] if holds else COLOURS[1]
            if np.isfinite(wide):
                ax.plot([middle - wide, middle + wide], [at, at], color=colour,
                        linestyle="-" if holds else "--", linewidth=1.4)  # fmt: skip
            ax.plot(middle, at, marker="o", markersize=4.5, linestyle="none",
                    color=colour,
                    markerfacecolor=colour if holds else "white")  # fmt: skip
    ax.axvline(1, color="0.6", linewidth=0.9, zorder=0)
    ax.set_yticks(range(len(truth)), [labels.get(name, name) for name in truth])
    ax.set(
        xlabel="estimate over truth, with 95 % interval", ylim=(len(truth) - 0.5, -0.5)
    )
    ax.tick_params(axis="y", length=0)
    return ax


def _number(value: float, digits: int) -> str:
    text = np.format_float_positional(
        value, precision=digits, fractional=False, unique=False, trim="-"
    )
    if len(text.lstrip("-")) > 6:  # more than a cell can hold
        mantissa, exponent = f"{value:.0e}".split("e")
        text = f"{mantissa}e{int(exponent)}"
    return text.replace("-", "−")
