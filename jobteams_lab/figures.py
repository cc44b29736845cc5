"""One look for every figure: colours, sizes and a way to make an Axes."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np

# Okabe and Ito's colours, which colour-blind readers can tell apart
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
STYLES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1)))

STYLE = {
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.labelsize": 11,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "font.size": 10.5,
    "xtick.labelsize": 10,
    "ytick.labelsize": 10,
}


def axes(columns: int = 1, rows: int = 1, *, height: float = 3.4, **options):
    """Make a figure of the book's width with its Axes.

    Parameters
    ----------
    columns, rows : int
    height : float
        Inches a row.
    **options
        Passed on to `Figure.subplots`.

    Returns
    -------
    Axes, or ndarray of Axes when there are several
    """
    width = 6.2 if columns == 1 else 8.2
    # Made outside the style's context: the first figure of a session may choose the
    # backend, and leaving the context would undo what that choice sets.
    figure = plt.figure(
        figsize=(width, height * rows), dpi=110, layout="constrained", facecolor="white"
    )
    with plt.rc_context(STYLE):
        made = figure.subplots(rows, columns, **options)
    for ax in np.atleast_1d(made).ravel():
        # a later call in another style must not change these
        ax.set_prop_cycle(color=COLOURS, linestyle=STYLES)
    return made


def label_line_ends(ax):
    """Write each labelled line's label at its right end, in place of a legend."""
    for line in ax.get_lines():
        label, y = line.get_label(), np.asarray(line.get_ydata(), float)
        if label.startswith("_") or not np.isfinite(y).any():
            continue
        last = np.flatnonzero(np.isfinite(y))[-1]
        ax.annotate(
            label,
            (line.get_xdata()[last], y[last]),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            fontsize=9.5,
            color=line.get_color(),
        )
    return ax
