"""Part I's figures: each takes a result and an Axes, and returns the Axes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from jobteams_lab.figures import COLOURS, STYLES, label_line_ends
from jobteams_lab.panel import Panel
from jobteams_lab.sequential_auctions.equilibrium import Equilibrium

POINTS = 400


def plot_mobility_wage(equilibrium: Equilibrium, ax, outside_options=None):
    """φ(q, p) against the winning firm p, a line for each outside option q."""
    offers = equilibrium.economy.offers
    b = equilibrium.economy.unemployment_income
    if outside_options is None:
        outside_options = [b, *offers.quantile(np.array([0.2, 0.5, 0.8]))]
    p = _support(equilibrium)
    for k, q in enumerate(outside_options):
        inside = p[p >= q]
        ax.plot(
            inside,
            equilibrium.mobility_wage(q, inside),
            color=COLOURS[k],
            linestyle=STYLES[k],
            label=f"q = b = {b:g}" if q == b else f"q = {q:.2f}",
        )
    ax.plot(p, p, color="0.45", linestyle=":", linewidth=1.2, label="all p produces")
    ax.axhline(0.0, color="0.75", linewidth=0.8)
    ax.set(xlabel="productivity of the winning firm, p", ylabel="wage φ(q, p)")
    return label_line_ends(ax)


def plot_career(panel: Panel, worker, ax):
    """One simulated career: wage, employer's productivity and outside option."""
    rows = panel.data[panel.data["worker"] == worker]
    if rows.empty:
        raise ValueError(f"worker {worker!r} is not in the panel: see panel.workers.")
    lines = (
        ("productivity", "employer, p", 0, 3.0),
        ("outside_option", "best rival so far, q", 2, 1.6),
        ("wage", "wage, φ(q, p)", 1, 2.2),
    )
    for column, label, k, width in lines:
        time, value = _steps(rows, column)
        ax.plot(time, value, color=COLOURS[k], linestyle=("-", "-", "--")[k],
                linewidth=width, label=label)  # fmt: skip
    ax.axhline(0.0, color="0.75", linewidth=0.8)
    ax.set(xlabel="months", ylabel="output a month")
    ax.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=3, frameon=False)
    return ax


def _steps(rows: pd.DataFrame, column: str):
    """Step coordinates, broken where the worker has no job."""
    time, value = [], []
    last = None
    for start, end, level in rows[["start", "end", column]].itertuples(index=False):
        if last is not None and start > last:
            time.append(last)
            value.append(np.nan)
        time += [start, end]
        value += [level, level]
        last = end
    return np.array(time), np.array(value)


def plot_job_ladder(equilibrium: Equilibrium, ax, cross_section=None):
    """F and L: the firms met, and where workers are; simulated L as dots."""
    p = _support(equilibrium)
    ax.plot(p, equilibrium.economy.offers.cdf(p), label="F, firms met")
    ax.plot(p, equilibrium.employment_cdf(p), label="L, where workers are")
    if cross_section is not None:
        at = p[:: POINTS // 16]
        share = np.searchsorted(np.sort(cross_section["productivity"]), at, "right")
        _dots(ax, at, share / len(cross_section), COLOURS[1], "L, simulated")
    ax.set(xlabel="productivity, p", ylabel="cumulative share")
    ax.legend(frameon=False)
    return ax


def plot_outside_options(
    equilibrium: Equilibrium,
    ax,
    productivities,
    cross_section=None,
    width: float = 0.02,
):
    """G(q|p) for several p; simulated shares, within ± width of p, as dots."""
    b = equilibrium.economy.unemployment_income
    for k, p in enumerate(productivities):
        q = np.linspace(b, p, POINTS)
        ax.plot(
            q,
            equilibrium.outside_option_cdf(q, p),
            color=COLOURS[k],
            linestyle=STYLES[k],
            label=f"p = {p:g}",
        )
        if cross_section is not None:
            near = (cross_section["productivity"] - p).abs() < width
            inside = np.sort(cross_section.loc[near, "outside_option"])
            at = q[:-1][:: POINTS // 8]
            share = np.searchsorted(inside, at, "right") / len(inside)
            _dots(ax, at, share, COLOURS[k], None)
    ax.set(xlabel="outside option, q", ylabel="G(q | p)", ylim=(0, 1.02))
    ax.legend(frameon=False)
    return ax


def plot_wage_distribution(equilibrium: Equilibrium, ax, cross_section=None, bins=60):
    """The wages of identical workers: exact bin shares, simulated ones as bars."""
    offers = equilibrium.economy.offers
    edges = np.linspace(
        float(equilibrium.starting_wage(offers.high)), offers.high, bins + 1
    )
    exact = np.diff(equilibrium.wage_cdf(edges)) / np.diff(edges)
    if cross_section is not None:
        share = np.histogram(cross_section["wage"], edges)[0] / len(cross_section)
        ax.bar(
            edges[:-1],
            share / np.diff(edges),
            np.diff(edges),
            align="edge",
            color=COLOURS[5],
            alpha=0.6,
            label="simulated",
        )
    ax.stairs(exact, edges, color=COLOURS[0], linewidth=1.8, label="closed form")
    if edges[0] < 0 < edges[-1]:
        ax.axvline(0.0, color="0.5", linestyle=":", linewidth=1.2)
    ax.set(xlabel="wage", ylabel="density")
    ax.legend(frameon=False)
    return ax


def plot_mean_wage(equilibrium: Equilibrium, ax, cross_section=None):
    """E[w|p] between starting wage and highest wage; simulated means as dots."""
    p = _support(equilibrium)
    ax.plot(p, p, color=COLOURS[2], linestyle=STYLES[2], label="highest wage, p")
    ax.plot(p, equilibrium.mean_wage(p), color=COLOURS[0], label="mean wage, E[w|p]")
    ax.plot(
        p,
        equilibrium.starting_wage(p),
        color=COLOURS[1],
        linestyle=STYLES[1],
        label="starting wage, φ(b, p)",
    )
    if cross_section is not None:
        edges = np.linspace(p[0], p[-1], 19)
        by = cross_section.groupby(
            pd.cut(cross_section["productivity"], edges), observed=True
        )
        mean = by[["productivity", "wage"]].mean()[by.size() > 30]
        _dots(ax, mean["productivity"], mean["wage"], COLOURS[0], None)
    ax.axhline(0.0, color="0.75", linewidth=0.8)
    ax.set(xlabel="productivity, p", ylabel="wage")
    return label_line_ends(ax)


def plot_orderings(firms: pd.DataFrame, productivity: pd.Series, axes):
    """Three ways to rank firms against their true productivity, an Axes each."""
    names = {
        "poached_share": "hires poached, share",
        "highest_wage": "highest wage",
        "mean_wage": "mean wage",
    }
    for ax, (column, label) in zip(axes, names.items(), strict=True):
        ax.plot(
            productivity.loc[firms.index],
            firms[column],
            linestyle="none",
            marker="o",
            markersize=3,
            alpha=0.6,
            color=COLOURS[0],
        )
        ax.set(xlabel="true productivity, p", ylabel=label)
    return axes


def plot_sampling_cdf(estimates: dict, equilibrium: Equilibrium, ax):
    """Estimated sampling distributions, by name, over the true one."""
    p = _support(equilibrium)
    ax.plot(p, equilibrium.economy.offers.cdf(p), color="0.3", label="true F")
    for k, (name, estimate) in enumerate(estimates.items()):
        ax.plot(
            p,
            estimate.sampling_cdf(p),
            color=COLOURS[k],
            linestyle=STYLES[k + 1],
            label=name,
        )
    ax.set(xlabel="productivity, p", ylabel="F(p)")
    ax.legend(frameon=False)
    return ax


def plot_variance_shares(contacts_per_job, decompositions, ax):
    """Person, firm and friction shares of the variance, stacked over κ1."""
    shares = pd.DataFrame([one.shares for one in decompositions])
    labels = {"person": "person", "firm": "firm", "friction": "friction (luck)"}
    hatches = ("", "//", "..")
    stacked = ax.stackplot(
        contacts_per_job,
        shares.to_numpy().T,
        labels=list(labels.values()),
        colors=(COLOURS[2], COLOURS[4], COLOURS[5]),
        edgecolor="white",
    )
    for area, hatch in zip(stacked, hatches, strict=True):
        area.set_hatch(hatch)
    ax.set(
        xlabel="contacts before a job is lost, κ1",
        xscale="log",
        ylabel="share of the variance",
        ylim=(0, 1),
        xlim=(min(contacts_per_job), max(contacts_per_job)),
    )
    ax.legend(loc="upper right", framealpha=0.9)
    return ax


def _support(equilibrium):
    offers = equilibrium.economy.offers
    high = min(offers.high, float(offers.quantile(0.9999)) * 1.02)
    return np.linspace(offers.low, high, POINTS + 1)


def _dots(ax, x, y, colour, label):
    ax.plot(
        x,
        y,
        linestyle="none",
        marker="o",
        markersize=4.5,
        markerfacecolor="white",
        markeredgecolor=colour,
        label=label or "_dots",
    )
