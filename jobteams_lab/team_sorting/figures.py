"""Figures of the solution: each takes a result and an Axes, and returns the Axes."""

from __future__ import annotations

import numpy as np

from jobteams_lab.figures import COLOURS, STYLES
from jobteams_lab.team_sorting.equilibrium import Equilibrium

POINTS = 400


def plot_support(equilibrium: Equilibrium, ax, teams: int = 1500, seed: int = 0):
    """The support of the assignment in three dimensions, for two workers (Figure 1).

    `ax` must be three-dimensional; `teams` mixed teams are drawn as dots.
    """
    economy = equilibrium.economy
    if economy.size != 3:
        raise ValueError(
            f"The support has {economy.size} dimensions: only teams of two workers and"
            " a project can be drawn."
        )
    share = equilibrium.countermonotonic_share
    names = ("worker 1 able", "worker 2 able", "project of low value")
    places = [(g, p) for g, group in enumerate(economy.groups) for p in group.positions]
    if share > 0:
        ranks = share * np.linspace(0, 1, POINTS) ** 3
        for k, (g, position) in enumerate(places):
            team = equilibrium.arm(ranks, g)
            first = economy.groups[g].positions[0]
            team[:, [first, position]] = team[:, [position, first]]
            ax.plot(*team.T, color=COLOURS[k], linestyle=STYLES[k], lw=2.4,
                    label=names[k])  # fmt: skip
    mixed = equilibrium.sample_teams(4 * teams, seed=seed)
    loss = economy.loss(mixed)
    mixed = mixed[loss >= equilibrium.mixed_loss * (1 - 1e-9)][:teams]
    ax.scatter(*mixed.T, s=6, color="0.3", alpha=0.55, linewidths=0, label="mixed")
    ax.set(xlabel="worker, $x_1$", ylabel="coworker, $x_2$", zlabel="project, $z$")
    ax.view_init(elev=24, azim=38)
    ax.legend(loc="upper left", frameon=False, fontsize=9)
    return ax


def plot_losses(assignments: dict, ax, bound: float | None = None):
    """Losses of teams in rising order, a line an assignment; `bound` is Jensen's."""
    for k, (name, loss) in enumerate(assignments.items()):
        loss = np.sort(np.asarray(loss, float))
        rank = (np.arange(len(loss)) + 0.5) / len(loss)
        ax.plot(rank, loss, color=COLOURS[k], linestyle=STYLES[k], label=name)
    if bound is not None:
        ax.axhline(bound, color="0.6", lw=0.9, label="Jensen's bound on the mean")
    ax.set(xlabel="rank of the team, by its loss", ylabel="output lost", xlim=(0, 1))
    ax.legend(frameon=False, fontsize=9)
    return ax


def plot_cumulated_losses(equilibrium: Equilibrium, assignments: dict, ax):
    """∫_0^t of sorted log losses (A.6): no assignment is above the equilibrium."""
    rank = np.concatenate([np.geomspace(1e-9, 0.01, 400), np.linspace(0.01, 1, 600)])
    total = equilibrium.log_loss(rank)
    steps = 0.5 * (total[1:] + total[:-1]) * np.diff(rank)
    sums = np.append(0.0, np.cumsum(steps))
    ax.plot(rank, sums, color=COLOURS[0], lw=2, label="equilibrium")
    for k, (name, loss) in enumerate(assignments.items(), start=1):
        loss = np.sort(np.log(loss))
        at = np.arange(1, len(loss) + 1) / len(loss)
        ax.plot(at, np.cumsum(loss) / len(loss), color=COLOURS[k],
                linestyle=STYLES[k], label=name)  # fmt: skip
    ax.axvline(equilibrium.countermonotonic_share, color="0.7", lw=0.9)
    ax.annotate(
        "q",
        (equilibrium.countermonotonic_share, 0.0),
        xytext=(3, -10),
        textcoords="offset points",
        color="0.4",
    )
    ax.set(
        xlabel="teams up to rank t, by their loss",
        ylabel="sum of log losses",
        xlim=(0, 1),
    )
    ax.legend(frameon=False, fontsize=9)
    return ax


def plot_percentiles(equilibrium: Equilibrium, ax):
    """t_i(t) and t̄_i(t): the percentiles that the arms have used up to rank t."""
    ranks = equilibrium.countermonotonic_share * np.linspace(0, 1, POINTS)
    for g, group in enumerate(equilibrium.economy.groups):
        for k, (name, use) in enumerate(
            (
                ("from below", equilibrium.low_percentile),
                ("from above", equilibrium.high_percentile),
            )
        ):
            ax.plot(ranks, use(ranks, g), color=COLOURS[g], linestyle=STYLES[k],
                    label=f"{_plain(group.name)}, {name}")  # fmt: skip
    ax.set(xlabel="rank t of the team, by its loss", ylabel="share of the margin used")
    ax.legend(frameon=False, fontsize=9)
    return ax


def plot_partners(
    equilibrium: Equilibrium, axes_pair, teams: int = 4000, seed: int = 0
):
    """A worker's coworker (left) and project (right), by his own skill; two workers."""
    team = equilibrium.sample_teams(teams, seed=seed)
    loss = equilibrium.economy.loss(team)
    arms = loss < equilibrium.mixed_loss * (1 - 1e-9)
    for ax, column, name in zip(
        axes_pair, (1, 2), ("coworker, $x_2$", "project, $z$"), strict=True
    ):
        ax.scatter(*team[~arms][:, [0, column]].T, s=4, color="0.55", linewidths=0,
                   alpha=0.7, label="mixed")  # fmt: skip
        ax.scatter(*team[arms][:, [0, column]].T, s=7, color=COLOURS[1], linewidths=0,
                   label="on an arm")  # fmt: skip
        ax.set(xlabel="worker, $x_1$", ylabel=name, xlim=(0, 1), ylim=(0, 1))
    axes_pair[0].legend(frameon=False, fontsize=9, markerscale=2.5)
    return axes_pair


def plot_pay(equilibrium: Equilibrium, axes_pair):
    """Wages by skill (left) and firm values by project (right), mixed sets shaded."""
    economy = equilibrium.economy
    left, right = axes_pair
    bounds = equilibrium.thresholds
    for g, group in enumerate(economy.groups[:-1]):
        x = _grid(group.margin.skill)
        left.plot(x, equilibrium.wage(x, g), color=COLOURS[g], linestyle=STYLES[g],
                  label=_plain(group.name))  # fmt: skip
        left.axvspan(bounds.low_skill[g], bounds.high_skill[g], color=COLOURS[g],
                     alpha=0.10, lw=0)  # fmt: skip
    if len(economy.groups) > 2:
        left.legend(frameon=False, fontsize=9)
    z = _grid(economy.groups[-1].margin.skill)
    right.plot(z, equilibrium.firm_value(z), color=COLOURS[1], label="firm value")
    right.plot(z, z, color="0.5", linestyle=":", lw=1.2, label="project z itself")
    right.axvspan(bounds.low_skill[-1], bounds.high_skill[-1], color=COLOURS[1],
                  alpha=0.10, lw=0)  # fmt: skip
    left.set(xlabel="probability of failing, x", ylabel="wage, w(x)")
    right.set(xlabel="project, z", ylabel="v(z)")
    right.legend(frameon=False, fontsize=9)
    return axes_pair


def plot_team_loss(equilibrium: Equilibrium, ax):
    """L, the loss of the team that a member is in, by his own value."""
    for g, group in enumerate(equilibrium.economy.groups):
        x = _grid(group.margin.skill)[1:]
        ax.plot(x, equilibrium.team_loss(x, g), color=COLOURS[g], linestyle=STYLES[g],
                label=_plain(group.name))  # fmt: skip
    ax.axhline(equilibrium.mixed_loss, color="0.7", lw=0.9)
    ax.set(xlabel="x, or z", ylabel="loss of the team, L", xlim=(0, 1))
    ax.legend(frameon=False, fontsize=9)
    return ax


def _grid(skill):
    # dense at both ends, where arms are short
    angle = np.linspace(0.0, np.pi, 2 * POINTS + 1)
    return skill.low + (skill.high - skill.low) * 0.5 * (1.0 - np.cos(angle))


def _plain(name: str) -> str:
    return "workers" if name == "workers 0" else name
