"""Figures of fixed effects: each takes results and an Axes, and returns the Axes."""

from __future__ import annotations

import numpy as np

from jobteams_lab.figures import COLOURS, STYLES

MARKERS = ("o", "s", "^", "D", "v", "P")
EMPTY = 1e-9  # a share of employment below which a pair of types is taken for unmatched


def plot_wage_profiles(
    equilibrium, ax, ranks=(0.1, 0.3, 0.5, 0.7, 0.9), legend: bool = True
):
    """Wages less the reservation wage, in per cent of it, over the firms accepted.

    One line a worker type, at the given ranks of workers, against the firm's rank; the
    legend stands to the right of the Axes.
    """
    economy = equilibrium.economy
    worker_rank = _ranks(economy.worker_types.share)
    firm_rank = _ranks(economy.firm_types.share)
    density = equilibrium.match_density
    patience = 1 - economy.discount_factor
    for k, rank in enumerate(ranks):
        x = int(np.abs(worker_rank - rank).argmin())
        reservation = patience * equilibrium.unemployed_value[x]
        above = 100 * (equilibrium.wage[x] / reservation - 1)
        matched = density[x] > EMPTY * density.sum()
        ax.plot(
            firm_rank,
            np.where(matched, above, np.nan),
            color=COLOURS[k % len(COLOURS)],
            linestyle=STYLES[k % len(STYLES)],
            linewidth=1.6,
            label=f"{rank:.0%}",
        )
    ax.axhline(0.0, color="0.6", linewidth=0.8)
    ax.set(xlabel="rank of the firm, $y$", ylabel="wage over reservation wage, %")
    if legend:
        ax.legend(
            frameon=False,
            fontsize=9,
            title="worker's rank",
            title_fontsize=9,
            loc="center left",
            bbox_to_anchor=(1.0, 0.5),
        )
    return ax


def plot_firm_effects(effects: dict, ranks: dict, ax):
    """Estimated firm effects in per cent against the firms' true ranks.

    Parameters
    ----------
    effects : dict of FixedEffects, by label
    ranks : dict of (J,) arrays, by the same labels
        The true rank of each firm in ``effects[label].firms``.
    ax : Axes
    """
    for k, (label, found) in enumerate(effects.items()):
        ax.plot(
            ranks[label],
            100 * found.firm_effect,
            marker=MARKERS[k % len(MARKERS)],
            markersize=3.5,
            linestyle="",
            color=COLOURS[k % len(COLOURS)],
            markerfacecolor="none",
            label=label,
        )
    ax.axhline(0.0, color="0.6", linewidth=0.8)
    ax.set(xlabel="true rank of the firm, $y$", ylabel="firm effect on log wages, %")
    ax.legend(frameon=False, fontsize=9)
    return ax


def plot_sorting(designs: dict, ax):
    """Sorting as it is and as estimated, one row a design.

    Parameters
    ----------
    designs : dict of dict
        By the design's name: correlations by what they are, such as "truth",
        "fixed effects", "corrected"; the first is drawn as a filled dot.
    ax : Axes
    """
    rows = np.arange(len(designs))[::-1]
    kinds = list(next(iter(designs.values())))
    for row, values in zip(rows, designs.values(), strict=True):
        ends = min(values.values()), max(values.values())
        ax.plot(ends, [row, row], color="0.75", linestyle="-", linewidth=1.2, zorder=1)
    for k, kind in enumerate(kinds):
        ax.plot(
            [values[kind] for values in designs.values()],
            rows,
            marker=MARKERS[k % len(MARKERS)],
            markersize=7 + 2 * k,  # nearly equal values show as nested marks
            linestyle="",
            color=COLOURS[k % len(COLOURS)],
            markerfacecolor=COLOURS[0] if k == 0 else "none",
            label=kind,
        )
    ax.axvline(0.0, color="0.4", linewidth=0.8)
    ax.set_yticks(rows, designs)
    ax.set(xlabel="correlation of worker and firm over matches")
    ax.set_ylim(-0.6, len(rows) - 0.4)
    ax.legend(frameon=False, fontsize=9)
    return ax


def plot_gains(months, gains: dict, truth: float, ax):
    """Estimated gains from removing frictions, in per cent, against a panel's length.

    Parameters
    ----------
    months : sequence of numbers
    gains : dict of sequences, by label
    truth : float
    ax : Axes
    """
    for k, (label, values) in enumerate(gains.items()):
        ax.plot(
            months,
            100 * np.asarray(values),
            marker=MARKERS[k % len(MARKERS)],
            markersize=5,
            color=COLOURS[k % len(COLOURS)],
            linestyle=STYLES[k % len(STYLES)],
            label=label,
        )
    ax.axhline(100 * truth, color="0.35", linewidth=1.0, label="truth")
    ax.set(xlabel="months observed", ylabel="gain of output, %", xscale="log")
    ax.set_xticks(months, [str(month) for month in months], minor=False)
    ax.minorticks_off()
    ax.legend(frameon=False, fontsize=9)
    return ax


def _ranks(share) -> np.ndarray:
    return np.cumsum(share) - share / 2
