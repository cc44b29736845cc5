"""The one result of all who sort a grid, and the plainest of them, `rearrange`."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from jobteams_lab import checks
from jobteams_lab.team_sorting.economy import Economy
from jobteams_lab.team_sorting.grids import Grid, grid
from jobteams_lab.team_sorting.rearrangement import rearrange_columns

PERCENTILES = np.arange(1, 100) / 100


@dataclass(frozen=True, eq=False)
class Assignment:
    """What `linear_program`, `sinkhorn` and `rearrange` found on a grid.

    Attributes
    ----------
    method : str
    grid : Grid
    indices : ndarray of int, shape (T, n)
        Kinds of the members of each team, the project last.
    weights : ndarray, shape (T,)
        Shares of the teams, with sum one.
    output_loss : float
        Mean loss of this assignment.
    lower : float
        No assignment of the grid loses less: the value of feasible potentials. NaN
        where the method has none.
    potentials : tuple of ndarray, one a group, or None
        f with Σ_i f_i(k_i) ≤ loss of the team (k_1, ..., k_n), everywhere on the grid.
    marginal_error : float
        Largest deviation of a kind's share from what it should be, times their number.
    converged : bool
    iterations : int
    seconds : float
    """

    method: str
    grid: Grid
    indices: np.ndarray
    weights: np.ndarray
    output_loss: float
    lower: float
    potentials: tuple | None
    marginal_error: float
    converged: bool
    iterations: int
    seconds: float

    @property
    def economy(self) -> Economy:
        """The economy that the grid was cut from."""
        return self.grid.economy

    @property
    def output(self) -> float:
        """Output a team, which is what no assignment changes less the loss."""
        return self.economy.mean_lines - self.output_loss

    @property
    def upper(self) -> float:
        """The loss of this assignment, and the grid's least loss is no larger."""
        return self.output_loss

    @property
    def duality_gap(self) -> float:
        """`upper` less `lower`: how far from the grid's optimum this can be."""
        return self.output_loss - self.lower

    @property
    def economy_bounds(self) -> tuple[float, float]:
        """Lower and upper bound of the continuous economy's least loss.

        A grid tells one of them; the other is 0 or ∞.
        """
        if self.grid.bound == "upper":
            return 0.0, self.output_loss
        return (self.lower if np.isfinite(self.lower) else 0.0), np.inf

    @cached_property
    def teams(self) -> np.ndarray:
        """Skills of the teams, shape (T, n), as means or edges of their cells."""
        columns = zip(self.grid.members, self.indices.T, strict=True)
        return np.stack([self.grid.skills[g][k] for g, k in columns], axis=1)

    @cached_property
    def wages(self) -> tuple[np.ndarray, ...]:
        """Wages at `grid.skills` of each group of workers."""
        return self._payments[:-1]

    @property
    def firm_values(self) -> np.ndarray:
        """Firm values at the projects of the grid."""
        return self._payments[-1]

    def wage(self, skill, group: int = 0) -> np.ndarray:
        """w(x): straight lines between the grid's wages, and beyond its ends.

        Potentials fix wages up to a constant. It is set so that w is zero for the
        worker at the top of u (x = 1 for problem solving), as in `Equilibrium.wage`.
        """
        workers = len(self.economy.groups) - 1
        if not 0 <= group < workers:
            raise ValueError(
                f"group = {group} is not a group of workers: give 0 to {workers - 1},"
                " or use firm_value."
            )
        return self._interpolated(skill, group)

    def firm_value(self, project) -> np.ndarray:
        """v(z): straight lines between the grid's firm values.

        Its constant makes the mean of all pay equal to output less `duality_gap`.
        """
        return self._interpolated(project, len(self.economy.groups) - 1)

    def wage_error(self, equilibrium, group: int = 0) -> float:
        """Largest deviation from an equilibrium's wages at percentiles 1 to 99.

        The mean deviation is taken out first: no dual fixes the constant.
        """
        margin = self.economy.groups[group].margin
        skill = margin.skill_at(margin.quantile(PERCENTILES))
        gap = self.wage(skill, group) - equilibrium.wage(skill, group)
        return float(np.abs(gap - gap.mean()).max())

    @cached_property
    def _payments(self):
        if self.potentials is None:
            raise ValueError(
                f"The method {self.method!r} finds teams but no wages and firm values:"
                " use linear_program, sinkhorn or solve."
            )
        groups = self.economy.groups
        kinds = zip(groups, self.grid.skills, self.potentials, strict=True)
        paid = [group.slope * skill - f for group, skill, f in kinds]
        rest = self.economy.mean_lines - self.lower
        for g, group in enumerate(groups[:-1]):
            top = group.margin.skill_at(group.margin.high)
            paid[g] = paid[g] - _line(float(top), self.grid.skills[g], paid[g])
            rest -= group.count * float(self.grid.weights[g] @ paid[g])
        paid[-1] = paid[-1] + rest - self.grid.weights[-1] @ paid[-1]
        return tuple(paid)

    def _interpolated(self, skill, group):
        skill = np.asarray(skill, float)
        kind = self.economy.groups[group].margin.skill
        if not ((skill >= kind.low) & (skill <= kind.high)).all():
            raise ValueError(
                f"skill goes from {np.min(skill):g} to {np.max(skill):g}: this group's"
                f" distribution goes from {kind.low:g} to {kind.high:g}."
            )
        return _line(skill, self.grid.skills[group], self._payments[group])


def _line(at, skills, values):
    # linear between points and, unlike np.interp, beyond the first and the last
    if skills[0] > skills[-1]:
        skills, values = skills[::-1], values[::-1]
    k = np.clip(np.searchsorted(skills, at) - 1, 0, len(skills) - 2)
    slope = (values[k + 1] - values[k]) / (skills[k + 1] - skills[k])
    return values[k] + slope * (at - skills[k])


def rearrange(
    economy: Economy, cells: int = 100_000, seed=0, *, sweeps=200, tol=1e-13
) -> Assignment:
    """Sort a whole economy by rearrangement: teams of cells, no wages.

    Each group is cut into equally likely cells at their means, and the columns are
    rearranged until no column, or block of columns, can be reordered to lose less. The
    loss is one that an assignment of the continuous economy attains, so it is an upper
    bound of the least loss, whatever the distributions.

    Parameters
    ----------
    economy : Economy
    cells : int
        N, at most 5,000,000.
    seed : int or Generator
        Of the random order it starts from.
    sweeps, tol
        As in `rearrange_columns`.

    Returns
    -------
    Assignment
        With cells teams of equal weight; `lower` is NaN, and there are no potentials.
    """
    start = time.perf_counter()
    made = grid(economy, checks.whole("cells", cells, low=2))
    found = rearrange_columns(
        np.stack([made.terms[g] for g in made.members], axis=1),
        combine=made.combine,
        seed=seed,
        sweeps=sweeps,
        tol=tol,
    )
    loss = float(np.mean(made.loss(*found.terms.T))) + made.constant
    indices = np.empty(found.terms.shape, np.int32)
    for place, column in enumerate(found.terms.T):
        indices[np.argsort(column), place] = np.arange(cells)
    return Assignment(
        method="rearrangement",
        grid=made,
        indices=indices,
        weights=np.full(cells, 1.0 / cells),
        output_loss=loss,
        lower=np.nan,
        potentials=None,
        marginal_error=0.0,
        converged=found.converged,
        iterations=found.sweeps,
        seconds=time.perf_counter() - start,
    )
