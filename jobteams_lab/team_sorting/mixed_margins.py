"""What lies between the thresholds: the margins of the mixed set, of one mass 1 − q."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from jobteams_lab.team_sorting.equilibrium import Equilibrium

# shares between which draws are interpolated, dense in the tails
TAIL = np.geomspace(1e-15, 0.1, 4000)
TABLE = np.unique(np.concatenate([TAIL, 1.0 - TAIL, np.linspace(0.0, 1.0, 10_001)]))


class MixedMargins:
    """The margins between their thresholds, in shares p ∈ [0, 1] of the mixed mass.

    Attributes
    ----------
    low, high : ndarray, shape (groups,)
        Ends of each group's mixed interval, in u.
    total : float
        log C, the sum of every mixed team.
    mass : float
        1 − q.
    groups : ndarray, shape (n,)
        Group of each position of a team.
    """

    def __init__(self, equilibrium: Equilibrium):
        if not isinstance(equilibrium, Equilibrium):
            raise TypeError(
                f"equilibrium is a {type(equilibrium).__name__}: give what"
                " solve(economy) returns."
            )
        self.economy = equilibrium.economy
        self.margins = [group.margin for group in self.economy.groups]
        ends = equilibrium.curve.ends
        self.low = np.maximum(ends.low[:, 0], [one.low for one in self.margins])
        self.high = np.minimum(ends.high[:, 0], [one.high for one in self.margins])
        self.total = float(equilibrium.curve.total)
        self.mass = 1.0 - equilibrium.countermonotonic_share
        self.groups = np.empty(self.economy.size, int)
        for g, group in enumerate(self.economy.groups):
            self.groups[list(group.positions)] = g
        ends = list(zip(self.margins, self.low, self.high, strict=True))
        self._below = [float(margin.cdf(low)) for margin, low, _ in ends]
        self._above = [float(margin.sf(high)) for margin, _, high in ends]

    @property
    def empty(self) -> bool:
        """Whether everyone is on an arm: q = 1 up to rounding."""
        return self.mass < 1e-12

    @property
    def depth(self) -> float:
        """Σ_i (top of member i's interval) − log C, which the team shares out."""
        return float(self.high[self.groups].sum()) - self.total

    def at(self, share, group: int) -> np.ndarray:
        """u at a share of the mixed mass of a group."""
        share = np.asarray(share, float)
        below = self._below[group] + self.mass * share
        above = self._above[group] + self.mass * (1.0 - share)
        with np.errstate(divide="ignore"):
            odds = np.log(below) - np.log(above)
        u = self.margins[group].from_log_odds(odds, below, above)
        return np.clip(u, self.low[group], self.high[group])

    def draw(self, share, group: int) -> np.ndarray:
        """u at shares drawn at random: `at` interpolated, 30 times as fast."""
        return np.interp(share, TABLE, self._table[group])

    @cached_property
    def _table(self):
        inner = [self.at(TABLE[1:-1], g) for g in range(len(self.margins))]
        ends = zip(self.low, inner, self.high, strict=True)
        return [np.concatenate([[low], u, [high]]) for low, u, high in ends]

    def share(self, u, group: int) -> np.ndarray:
        """Share of a group's mixed mass up to u."""
        below = self.margins[group].cdf(u) - self._below[group]
        above = self.margins[group].sf(u) - self._above[group]
        near = below < above  # the nearer end is the more precise
        return np.clip(np.where(near, below, self.mass - above) / self.mass, 0.0, 1.0)

    def edges(self, cells: int, group: int) -> np.ndarray:
        """Ends of cells of equal mass, shape (cells + 1,)."""
        inner = self.at(np.arange(1, cells) / cells, group)
        return np.concatenate([[self.low[group]], inner, [self.high[group]]])

    def moments(self, edges, group: int) -> tuple[np.ndarray, np.ndarray]:
        """Share of the mixed mass in each interval, and mean of u there."""
        edges = np.asarray(edges, float)
        u, weight = self.margins[group].quadrature(edges)
        inside = (u > edges[0]) & (u < edges[-1])
        u, weight = u[inside], weight[inside] / self.mass
        where = np.searchsorted(edges, u) - 1
        share = np.bincount(where, weight, len(edges) - 1)
        first = np.bincount(where, weight * u, len(edges) - 1)
        middle = 0.5 * (edges[1:] + edges[:-1])
        mean = np.divide(first, share, out=middle, where=share > 0)
        return share, np.clip(mean, edges[:-1], edges[1:])

    def skills(self, u) -> np.ndarray:
        """Skills of teams given by their u, shape (T, n)."""
        pairs = zip(self.groups, np.asarray(u).T, strict=True)
        skills = [self.margins[g].skill_at(one) for g, one in pairs]
        return self.inside(np.stack(skills, axis=-1))

    def inside(self, skills) -> np.ndarray:
        """Skills that rounding had put outside their supports, back at the ends."""
        kinds = [self.margins[g].skill for g in self.groups]
        return np.clip(skills, [k.low for k in kinds], [k.high for k in kinds])

    def close(self, u) -> np.ndarray:
        """Move the project until Σ_i u_i = log C.

        The project takes the difference as far as its mixed interval allows, the
        workers in turn what is left.

        Parameters
        ----------
        u : array_like, shape (T, n)
        """
        u = np.array(u, float)
        for k in (u.shape[1] - 1, *range(u.shape[1] - 1)):
            low, high = self.low[self.groups[k]], self.high[self.groups[k]]
            moved = u[:, k] + (self.total - u.sum(axis=1))
            u[:, k] = np.clip(moved, low, high)
        return u
