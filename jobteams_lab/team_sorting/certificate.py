"""A certificate: bounds of the least loss that do not rest on the same formulas.

From below by duality: whatever wages and firm values are, if no team has a surplus
then no assignment loses less than E[lines] − Σ E[w] − E[v] (weak duality, A.4). From
above by an assignment that exists: cells of equal mass, each at its mean, rearranged.
If the two meet, the equilibrium is optimal, with or without the paper's Assumption 1.

That the formulas have no duality gap of their own says nothing: it is how wages are
built. Where the middle cannot be mixed their loss is only a lower bound.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from jobteams_lab import checks
from jobteams_lab.team_sorting.discrete import rearrange
from jobteams_lab.team_sorting.economy import Economy

if TYPE_CHECKING:  # equilibrium.py imports this module
    from jobteams_lab.team_sorting.equilibrium import Equilibrium

DEPTH = 25.0  # u below the top at which the grid of surpluses ends: e^-25 is near 0
CANDIDATES = 60
TERMS = 6_000  # points of all members together on the first grid


@dataclass(frozen=True, eq=False)
class Certificate:
    """A bracket of the least output loss, and what it says of an equilibrium.

    Attributes
    ----------
    lower, upper : float
        The least loss is between them.
    loss : float
        The equilibrium's own.
    verdict : str
        "optimal": the bracket is closed, to `tolerance`. "not optimal": it is open, and
        the mixed set is proved impossible to mix. "open": neither.
    reasons : tuple of str
        Why, a sentence each.
    largest_surplus : float
        Of all teams on a grid, refined from where it was largest.
    worst_team : ndarray, shape (n,)
        The team that has it.
    tolerance : float
        Relative to `upper`.
    """

    lower: float
    upper: float
    loss: float
    verdict: str
    reasons: tuple[str, ...]
    largest_surplus: float
    worst_team: np.ndarray
    tolerance: float

    @property
    def optimal(self) -> bool:
        """Whether the equilibrium is certified."""
        return self.verdict == "optimal"

    @property
    def gap(self) -> float:
        """(upper − lower)/upper."""
        return (self.upper - self.lower) / self.upper

    def __str__(self):
        bracket = f"{self.lower:.10g} ≤ least loss ≤ {self.upper:.10g}"
        return "\n".join([f"{self.verdict}: {bracket}", *self.reasons])


def certify(
    equilibrium: Equilibrium,
    *,
    cells: int = 100_000,
    seed: int = 0,
    tolerance: float = 1e-5,
) -> Certificate:
    """Bracket the least loss of an equilibrium's economy.

    Parameters
    ----------
    equilibrium : Equilibrium
    cells : int
        Of the rearrangement, N: more close the bracket further.
    seed : int
        Of its random start.
    tolerance : float
        Gap, relative to the loss, at which the bracket counts as closed.

    Returns
    -------
    Certificate

    References
    ----------
    Boerma, Tsyvinski and Zimin (2023), appendix A.1 for weak duality; Puccetti and Wang
    (2015) for rearrangement.
    """
    checks.whole("cells", cells, low=2)
    tolerance = checks.number("tolerance", tolerance, low=0, open_low=True)
    economy = equilibrium.economy
    surplus, team = largest_surplus(equilibrium)
    lower = economy.mean_lines - equilibrium.dual_value - max(surplus, 0.0)
    upper = rearrange(economy, cells, seed).output_loss
    # a difference of sums near one knows no more than their rounding
    rounding = 4e-16 * max(1.0, abs(economy.mean_lines))
    open_by = (upper - lower - rounding) / upper
    verdict = "optimal" if open_by <= tolerance else "open"
    reasons = [
        "No team has a surplus"
        + (f" above {surplus:.1g}" if surplus > 10 * rounding else "")
        + ", on a grid of all teams refined where it is largest."
        if surplus <= tolerance * upper
        else f"A team has the surplus {surplus:.2g}: these wages are not feasible."
    ]
    reasons += _assumption(economy)
    if verdict == "optimal":
        reasons.append(
            f"An assignment of {cells} cells loses {(upper - lower) / upper:.1g} more"
            " than the bound, relatively: the bracket is closed."
        )
    else:
        reasons.append(
            f"The best assignment of {cells} cells found loses"
            f" {(upper - lower) / upper:.2%} more than the bound."
        )
        verdict, reason = _mixing(equilibrium)
        reasons.append(reason)
    return Certificate(
        lower=lower,
        upper=upper,
        loss=equilibrium.output_loss,
        verdict=verdict,
        reasons=tuple(reasons),
        largest_surplus=surplus,
        worst_team=team,
        tolerance=tolerance,
    )


def largest_surplus(equilibrium: Equilibrium) -> tuple[float, np.ndarray]:
    """The largest surplus of any team, and that team.

    S = Σ_i g_i(u_i) − φ(Σ_i u_i), with g_i what member i adds to output less what he is
    paid. Only the sum of a team matters to φ, so on an even grid the best team of each
    sum comes from adding one member after another, max over u of (best of the others
    at σ − u) + g_i(u): all teams are searched at a cost that grows with n, not with
    points^n. The best are then improved one member at a time.
    """
    economy = equilibrium.economy
    groups = economy.groups
    points = max(TERMS // economy.size, 60)
    spans = [min(g.margin.high - g.margin.low, DEPTH) for g in groups]
    step = max(spans) / points
    tops = np.array([g.margin.high for g in groups])
    members = [g for g, group in enumerate(groups) for _ in group.positions]
    value = [
        _adds(equilibrium, g, tops[g] - step * np.arange(int(spans[g] / step) + 1))
        for g in range(len(groups))
    ]
    best, choices = value[members[0]], []
    for g in members[1:]:
        size = len(best) + len(value[g]) - 1
        total, choice = np.full(size, -np.inf), np.zeros(size, np.int32)
        for k, gain in enumerate(value[g]):
            window = slice(k, k + len(best))
            better = best + gain > total[window]
            total[window][better] = best[better] + gain
            choice[window][better] = k
        best, choices = total, [*choices, choice]
    sums = tops[members].sum() - step * np.arange(len(best))
    surplus = best - economy.technology.loss(sums)
    rank = np.argsort(-surplus)[: 4 * CANDIDATES : 4]
    index = np.empty((len(rank), len(members)), int)
    left = rank.copy()
    for j in range(len(choices) - 1, -1, -1):
        index[:, j + 1] = choices[j][left]
        left = left - index[:, j + 1]
    index[:, 0] = left
    u = tops[members] - step * index
    return _climb(equilibrium, u, members, step)


def _adds(equilibrium, group, u):
    # what a member adds to output if nothing is lost, less his pay
    one = equilibrium.economy.groups[group]
    x = one.margin.skill_at(np.clip(u, one.margin.low, one.margin.high))
    last = group == len(equilibrium.economy.groups) - 1
    pay = equilibrium.firm_value(x) if last else equilibrium.wage(x, group)
    return one.slope * x - pay


def _climb(equilibrium, u, members, step):
    # each member in turn to the best of 41 points around his place, ever closer
    economy = equilibrium.economy
    constant = economy.technology.constant
    gains = np.stack([_adds(equilibrium, g, u[:, k]) for k, g in enumerate(members)], 1)
    around = np.linspace(-1.0, 1.0, 41)
    for scale in step * 0.2 ** np.arange(6):
        for k, g in enumerate(members):
            margin = economy.groups[g].margin
            trial = np.clip(u[:, k, None] + scale * around, margin.low, margin.high)
            gain = _adds(equilibrium, g, trial)
            rest = u.sum(axis=1) - u[:, k]
            value = gain - economy.technology.loss(rest[:, None] + trial)
            pick = np.argmax(value, axis=1)[:, None]
            u[:, k] = np.take_along_axis(trial, pick, 1)[:, 0]
            gains[:, k] = np.take_along_axis(gain, pick, 1)[:, 0]
    surplus = constant + gains.sum(axis=1) - economy.technology.loss(u.sum(axis=1))
    top = int(np.argmax(surplus))
    team = np.empty(economy.size)
    places = [p for group in economy.groups for p in group.positions]
    for k, g in enumerate(members):
        team[places[k]] = economy.groups[g].margin.skill_at(u[top, k])
    return float(surplus[top]), team


def _assumption(economy: Economy):
    # Assumption 1: the density of u, x f(x), does not fall
    sentences = []
    for group in economy.groups:
        margin = group.margin
        u = margin.quantile(np.linspace(0.001, 0.999, 999))
        density = margin.pdf(u)
        falls = np.diff(density) < -1e-9 * density.max()
        if falls.any():
            x = float(margin.skill_at(u[int(np.argmax(falls))]))
            sentences.append(
                f"Assumption 1 fails for {group.name}, whose x f(x) falls from"
                f" x = {x:.2f} on, so no theorem says that they can mix."
            )
    return sentences


def _mixing(equilibrium):
    from jobteams_lab.team_sorting.mixability import mixability

    if mixability(equilibrium).possible:
        return "open", (
            "Whether the middle can be mixed is open: a linear programme on cells does"
            " not rule it out, so try more cells or another seed."
        )
    return "not optimal", (
        "The middle cannot be mixed: a linear programme shows that no coupling gives"
        " every team the same loss. The formulas are only a lower bound."
    )
