"""The four figures of a report, as SVG that a page can hold."""

from __future__ import annotations

import io
import re

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter

from jobteams_lab.figures import COLOURS, STYLE
from jobteams_lab.identification.figures_production import MAP
from jobteams_lab.identification.identified import Identification

LARGE = 10_000
SIZE = (4.6, 3.5)  # inches: letters stay legible on a telephone


def svg(name: str, alt: str, draw) -> str:
    """Return a figure as an ``<svg>`` element that asks no other server for anything.

    Parameters
    ----------
    name : str
        Makes its inner names differ from those of the page's other figures.
    alt : str
        What it shows, for readers who do not see it.
    draw : callable
        Given the Axes.
    """
    look = {**STYLE, "svg.hashsalt": name, "svg.fonttype": "path"}
    with matplotlib.rc_context(look):
        figure = Figure(figsize=SIZE, layout="constrained", facecolor="white")
        draw(figure.add_subplot())
        page = io.StringIO()
        figure.savefig(page, format="svg", metadata={"Date": None})
    element = page.getvalue()
    element = element[element.index("<svg") :]
    element = re.sub(r"<metadata>.*?</metadata>", "", element, flags=re.DOTALL)
    # glyphs have the same names in every figure
    element = re.sub(r'(id="|xlink:href="#|url\(#)', rf"\g<1>{name}-", element)
    size = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', element)
    head = f'<svg role="img" aria-label="{alt}" viewBox="{size[0][9:-1]}"'
    names = (
        'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    )
    return f"{head} {names}>" + element[element.index(">") + 1 :]


def draw_types(values, ax, label: str) -> None:
    """Draw a table over worker and firm types as colours; cells without one are white.

    Parameters
    ----------
    values : (X, Y) array
    ax : Axes
    label : str
        Of the colour bar.
    """
    image = ax.imshow(
        values,
        origin="lower",
        extent=(0, 1, 0, 1),
        aspect="auto",
        cmap=MAP,
        interpolation="nearest",
    )
    ax.set(xlabel="rank of the firm", ylabel="rank of the worker")
    bar = ax.figure.colorbar(image, ax=ax, label=label)
    _shorten(bar.ax.yaxis, values)


def draw_firms(found: Identification, ax) -> None:
    """Draw Ω and its two factors by firm type, each relative to its mean.

    Parameters
    ----------
    found : Identification
    ax : Axes
    """
    types = found.production.shape[1]
    rank = (np.arange(types) + 0.5) / types
    lines = {
        "Ω, value of an open job": (found.omega, "-", 2.2),
        "filling rate": (found.firms.filling_rate, "--", 1.5),
        "wage premium": (found.firms.premium, "-.", 1.5),
    }
    for k, (label, (values, style, width)) in enumerate(lines.items()):
        mean = by_type(values, found.firm_bins, types)
        scale = np.nanmean(np.abs(mean)) if np.isfinite(mean).any() else 1.0
        ax.plot(
            rank,
            mean / (scale or 1.0),
            color=COLOURS[k],
            linestyle=style,
            linewidth=width,
            label=label,
        )
    ax.axhline(0.0, color="0.8", linewidth=0.8)
    ax.set(xlabel="rank of the firm", ylabel="relative to the mean firm", xlim=(0, 1))
    ax.legend(frameon=False, fontsize=9)


def draw_wages(found: Identification, ax) -> None:
    """Draw wages by worker type: their mean, and from the worst firm type to the best.

    Parameters
    ----------
    found : Identification
    ax : Axes
    """
    wage, months = found.surface.wage, found.surface.wage_months
    rank = (np.arange(len(wage)) + 0.5) / len(wage)
    paid = np.ma.masked_invalid(wage)
    mean = np.ma.average(paid, axis=1, weights=months).filled(np.nan)
    ends = (paid.min(axis=1).filled(np.nan), paid.max(axis=1).filled(np.nan))
    ax.fill_between(
        rank, *ends, color=COLOURS[5], alpha=0.35, lw=0, label="lowest to highest pay"
    )
    ax.plot(rank, mean, color=COLOURS[0], label="mean wage")
    if found.model == "benchmark":
        ax.plot(
            rank,
            found.reservation_wage,
            color=COLOURS[1],
            linestyle="--",
            label="reservation wage",
        )
    _shorten(ax.yaxis, wage)
    ax.set(xlabel="rank of the worker", ylabel="wage", xlim=(0, 1))
    ax.legend(frameon=False, fontsize=9)


def _shorten(axis, values) -> None:
    """Write large numbers as 20k or 3M."""
    if np.nanmax(np.abs(values)) >= LARGE:
        axis.set_major_formatter(EngFormatter(sep=""))


def by_type(values, bins, types: int) -> np.ndarray:
    """Return the mean of `values` in each bin, nan where there is none.

    Parameters
    ----------
    values : (n,) array
        Nan does not count.
    bins : (n,) int array
        −1 for none.
    types : int
    """
    seen = (bins >= 0) & np.isfinite(values)
    count = np.bincount(bins[seen], minlength=types)
    total = np.bincount(bins[seen], values[seen], minlength=types)
    return np.divide(total, count, out=np.full(types, np.nan), where=count > 0)
