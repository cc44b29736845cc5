"""Figures of production functions, true and estimated, and of matching sets."""

from __future__ import annotations

import numpy as np

from jobteams_lab.figures import COLOURS

MAP = "cividis"  # made to look alike to readers with and without colour vision


def plot_surface(production, ax, *, limits=None, levels: int = 7, title: str = ""):
    """Draw f over ranks of workers and firms as colours with contour lines.

    Cells without a value stay white.

    Parameters
    ----------
    production : (X, Y) array
    ax : Axes
    limits : (low, high), optional
        Of the colours; by default the surface's own.
    levels : int
        Number of contour lines.
    title : str
    """
    low, high = limits or (np.nanmin(production), np.nanmax(production))
    image = ax.imshow(
        production,
        origin="lower",
        extent=(0, 1, 0, 1),
        aspect="equal",
        cmap=MAP,
        vmin=low,
        vmax=high,
        interpolation="nearest",
    )
    x, y = ((np.arange(n) + 0.5) / n for n in production.shape)
    ax.contour(
        y,
        x,
        production,
        levels=np.linspace(low, high, levels + 2)[1:-1],
        colors="white",
        linewidths=0.7,
    )
    ax.set(xlabel="rank of the firm, $y$", ylabel="rank of the worker, $x$")
    if title:
        ax.set_title(title)
    ax.figure.colorbar(image, ax=ax, shrink=0.8, label="output a month")
    return ax


def plot_surfaces(truth, estimate, axes):
    """Draw the true and the estimated f beside each other, in the same colours.

    Parameters
    ----------
    truth, estimate : (X, Y) arrays
        The truth is drawn where there is an estimate.
    axes : two Axes
    """
    shown = np.where(np.isfinite(estimate), truth, np.nan)
    both = np.concatenate([shown.ravel(), np.ravel(estimate)])
    limits = np.nanmin(both), np.nanmax(both)
    plot_surface(shown, axes[0], limits=limits, title="true $f$")
    plot_surface(estimate, axes[1], limits=limits, title=r"estimated $\hat f$")
    return axes


def plot_errors(truth, estimates: dict, weight, ax, bins: int = 60):
    """Draw the distribution of relative errors of f̂ over matches.

    Parameters
    ----------
    truth : (X, Y) array
    estimates : dict of (X, Y) arrays, by label
    weight : (X, Y) array
        Matches.
    ax : Axes
    bins : int
    """
    errors = {name: 100 * (found / truth - 1) for name, found in estimates.items()}
    seen = np.concatenate([e[np.isfinite(e) & (weight > 0)] for e in errors.values()])
    edges = np.linspace(*np.quantile(seen, (0.005, 0.995)), bins)
    for k, (name, error) in enumerate(errors.items()):
        used = np.isfinite(error) & (weight > 0)
        share = 100 * weight[used] / weight[used].sum()
        ax.hist(
            error[used],
            edges,
            weights=share,
            histtype="step",
            color=COLOURS[k % len(COLOURS)],
            linestyle=("-", "--", ":")[k % 3],
            linewidth=1.5,
            label=name,
        )
    ax.axvline(0.0, color="0.6", linewidth=0.8)
    ax.set(xlabel="error of estimated output, %", ylabel="% of matches")
    ax.legend(frameon=False, fontsize=9)
    return ax


def plot_hires(accepted, hired, firm_order, ax):
    """Draw which worker bins firms hire, and which hires do not fit.

    Parameters
    ----------
    accepted : (X, J) bool array
    hired : (X, J) int array
        Workers hired.
    firm_order : (J,) int array
        Firms from the left to the right.
    ax : Axes
    """
    kept = accepted[:, firm_order]
    odd = (hired[:, firm_order] > 0) & ~kept
    bins, firms = kept.shape
    ax.imshow(
        np.where(kept, 0.35, np.nan),
        origin="lower",
        extent=(0, firms, 0, bins),
        aspect="auto",
        cmap="Greys",
        vmin=0,
        vmax=1,
        interpolation="nearest",
    )
    x, j = np.nonzero(odd)
    ax.plot(
        j + 0.5,
        x + 0.5,
        ".",
        color=COLOURS[1],
        markersize=2.5,
        label="hires that do not fit",
    )
    ax.set(xlabel="firms, from the lowest", ylabel="worker bin")
    ax.legend(frameon=False, fontsize=9, loc="lower right")
    return ax
