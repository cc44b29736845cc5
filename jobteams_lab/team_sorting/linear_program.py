"""The assignment of a grid as a linear programme, solved by HiGHS.

A grid of N kinds has about N^n/m! teams, nearly all of which nobody would form. The
programme starts with the teams that rearrangement finds and asks, of all teams at
once, which could pay their members more than they now earn; those join, until no team
could.
"""

from __future__ import annotations

import time
from math import comb, prod

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_array

from jobteams_lab import checks
from jobteams_lab.team_sorting.discrete import Assignment
from jobteams_lab.team_sorting.economy import Economy
from jobteams_lab.team_sorting.grids import Grid, grid, marginal_error
from jobteams_lab.team_sorting.rearrangement import rearrange_columns

MOST_LISTED = 2_000_000  # teams in one programme
MOST_PRICED = 500_000_000  # teams looked through in each round
CHUNK = 4_000_000
STARTS = 5  # rearrangements whose teams are the first
MOST_ROUNDS = 1000
TOLERANCE = 1e-10  # of HiGHS, in units of the mean loss


def linear_program(
    economy: Economy,
    points: int = 20,
    *,
    bound: str = "upper",
    teams: str = "generated",
    symmetric: bool = True,
) -> Assignment:
    """Solve the assignment problem of a grid: teams, wages and firm values.

    The planner chooses the share γ of every team that there could be,

        min Σ_k γ_k loss(k)  subject to  Σ_{k: k_i = j} γ_k = weight_i(j),  γ ≥ 0,

    and wages and firm values come from the multipliers of the constraints. Workers who
    are alike can swap places, so that a team is a multiset of them: m! times fewer
    unknowns.

    Parameters
    ----------
    economy : Economy
    points : int
        Kinds N of each group.
    bound : "upper" or "lower"
        How the economy is cut (see `grid`): the least loss is then an upper, or a
        lower, bound of the continuous economy's.
    teams : "generated" or "all"
        "all" hands every team to HiGHS; "generated" only those that would pay, and
        finds the same optimum.
    symmetric : bool
        False lists every order of the same workers, which changes nothing but time.

    Returns
    -------
    Assignment
        A vertex: at most n N teams. `lower` is the value of the multipliers, made
        feasible for every team.

    Raises
    ------
    TypeError, ValueError
        Also if there are more than 2,000,000 teams to list, or 500,000,000 to look
        through.
    RuntimeError
        If HiGHS reports no optimum.

    References
    ----------
    Boerma, Tsyvinski and Zimin (2023), sections 2.3 and 3; Gilmore and Gomory (1961)
    for generated columns.
    """
    start = time.perf_counter()
    points = checks.whole("points", points, low=2)
    checks.one_of("teams", teams, ("generated", "all"))
    if not isinstance(economy, Economy):
        raise TypeError(f"economy is a {type(economy).__name__}: give an Economy.")
    blocks = [
        block
        for g, group in enumerate(economy.groups)
        for block in ([(g, group.count)] if symmetric else [(g, 1)] * group.count)
    ]
    number = prod(comb(points + count - 1, count) for _, count in blocks)
    most = MOST_LISTED if teams == "all" else MOST_PRICED
    if number > most:
        raise ValueError(
            f"points = {points} make {number:,} teams of {economy.size}, and at most"
            f" {most:,} are {'listed' if teams == 'all' else 'looked through'}: take"
            " fewer points, or rearrange, which has no such limit."
        )
    programme = _Programme(grid(economy, points, bound), blocks)
    found = programme.every_team() if teams == "all" else programme.generated_teams()
    indices, share, potentials, rounds = found
    lower = programme.value(potentials) + programme.make_feasible(potentials)
    made = programme.grid
    weights = share / share.sum()
    loss = float(weights @ programme.losses(indices))
    return Assignment(
        method="linear programme",
        grid=made,
        indices=indices,
        weights=weights,
        output_loss=loss + made.constant,
        lower=lower + made.constant,
        potentials=tuple(potentials),
        marginal_error=marginal_error(made, indices, weights),
        converged=True,
        iterations=rounds,
        seconds=time.perf_counter() - start,
    )


class _Programme:
    """The teams of a grid: every list of workers, and any project with it.

    A block is a set of positions whose members are interchangeable.
    """

    def __init__(self, made: Grid, blocks):
        self.grid, self.blocks = made, blocks
        self.points = len(made.weights[0])
        free = [list(group.positions) for group in made.economy.groups]
        self.places = [[free[g].pop(0) for _ in range(count)] for g, count in blocks]
        lists = [_multisets(self.points, count) for _, count in blocks[:-1]]
        rows = np.indices([len(one) for one in lists]).reshape(len(lists), -1)
        self.workers = np.empty((rows.shape[1], made.economy.size - 1), np.int32)
        for places, one, row in zip(self.places[:-1], lists, rows, strict=True):
            self.workers[:, places] = one[row]
        self.brought = self._brought(self.workers)
        self.unit = made.economy.random_matching_loss

    def losses(self, indices):
        """Loss of teams of kinds, shape (T, n)."""
        brought = self._brought(indices[:, :-1])
        return self.grid.loss(brought, self.grid.terms[-1][indices[:, -1]])

    def every_team(self):
        """Solve with all teams."""
        lists = np.repeat(self.workers, self.points, axis=0)
        projects = np.tile(np.arange(self.points, dtype=np.int32), len(self.workers))
        indices = np.column_stack([lists, projects])
        share, potentials, steps = self._solve(indices)
        used = share > 0.0
        return indices[used], share[used], potentials, steps

    def generated_teams(self):
        """Solve with few teams, adding those that could pay their members more."""
        indices = np.unique(np.concatenate(list(self._first_teams())), axis=0)
        for rounds in range(1, MOST_ROUNDS + 1):
            share, potentials, _ = self._solve(indices)
            slack, best = self._best_projects(potentials)
            better = np.flatnonzero(slack < -10 * TOLERANCE * self.unit)
            if len(better) == 0:
                used = share > 0.0
                return indices[used], share[used], potentials, rounds
            better = better[np.argsort(slack[better])][: 2 * self.points]
            more = np.column_stack([self.workers[better], best[better]])
            indices = np.unique(np.concatenate([indices, more]), axis=0)
        raise RuntimeError(
            f"{MOST_ROUNDS} rounds of adding teams did not end: take fewer points than"
            f" {self.points}, or give all teams at once."
        )

    def value(self, potentials) -> float:
        """Σ of the potentials over all members."""
        groups = self.grid.economy.groups
        terms = zip(groups, self.grid.weights, potentials, strict=True)
        return float(sum(group.count * (w @ f) for group, w, f in terms))

    def make_feasible(self, potentials) -> float:
        """Take from every project what the most overpaid team gets too much."""
        excess = min(float(self._best_projects(potentials)[0].min()), 0.0)
        potentials[-1] = potentials[-1] + excess
        return excess

    def _brought(self, kinds):
        # what the workers of each list bring together
        columns = zip(self.grid.members, kinds.T, strict=False)
        return self.grid.combined(*(self.grid.terms[g][kind] for g, kind in columns))

    def _first_teams(self):
        # everyone with his like, which is feasible, then orders that lose little
        made = self.grid
        shares = [np.cumsum(made.weights[g])[:-1] for g in made.members]
        cuts = np.unique(np.concatenate([[0.0, 1.0], *shares]))
        middle = 0.5 * (cuts[:-1] + cuts[1:])
        alike = [np.searchsorted(one, middle) for one in shares]
        yield self._sorted(np.stack(alike, axis=1))
        terms = np.stack([made.terms[g] for g in made.members], axis=1)
        for seed in range(STARTS):
            rows = rearrange_columns(terms, combine=made.combine, seed=seed).terms
            yield self._sorted(np.argsort(np.argsort(rows, axis=0), axis=0))

    def _sorted(self, indices):
        # interchangeable members in order, as in the lists
        indices = np.array(indices, np.int32)
        for places in self.places:
            indices[:, places] = np.sort(indices[:, places], axis=1)
        return indices

    def _solve(self, indices):
        # shares times N and losses over a mean, as HiGHS's tolerances are absolute
        points, made = self.points, self.grid
        rows = np.empty(indices.shape, np.int64)
        for b, places in enumerate(self.places):
            rows[:, places] = b * points + indices[:, places]
        team = np.repeat(np.arange(len(rows)), rows.shape[1])
        ones = np.ones(rows.size)
        matrix = coo_array(
            (ones, (rows.ravel(), team)),
            shape=(len(self.blocks) * points, len(rows)),
        )
        problem = {
            "c": self.losses(indices) / self.unit,
            "A_eq": matrix.tocsc(),
            "b_eq": np.concatenate(
                [count * made.weights[g] * points for g, count in self.blocks]
            ),
            "options": {
                "dual_feasibility_tolerance": TOLERANCE,
                "primal_feasibility_tolerance": TOLERANCE,
            },
        }
        # interior points with a crossover to a vertex; the simplex if they fail
        found = linprog(**problem, method="highs-ipm")
        if found.status != 0:
            found = linprog(**problem, method="highs-ds")
        if found.status != 0:
            raise RuntimeError(
                f"HiGHS did not solve the programme of {len(rows):,} teams:"
                f" {found.message}"
            )
        multipliers = found.eqlin.marginals.reshape(-1, points) * self.unit
        # alike members get the mean of their multipliers, which is as good
        potentials = [np.zeros(points) for _ in made.economy.groups]
        for (g, count), one in zip(self.blocks, multipliers, strict=True):
            potentials[g] += one * count / made.economy.groups[g].count
        return np.maximum(found.x, 0.0) / points, potentials, int(found.nit)

    def _best_projects(self, potentials):
        # for every list of workers the project with which they are paid most too much
        made, step = self.grid, max(CHUNK // self.points, 1)
        paid = sum(
            potentials[g][kind]
            for g, kind in zip(made.members, self.workers.T, strict=False)
        )
        slack, best = np.empty(len(paid)), np.empty(len(paid), np.int32)
        for low in range(0, len(paid), step):
            part = slice(low, low + step)
            left = made.loss(self.brought[part, None], made.terms[-1]) - potentials[-1]
            left -= paid[part, None]
            best[part] = left.argmin(axis=1)
            slack[part] = left.min(axis=1)
        return slack, best


def _multisets(points, count):
    # non-decreasing lists of kinds, shape (C(points + count − 1, count), count)
    rows = np.arange(points, dtype=np.int32)[:, None]
    for _ in range(count - 1):
        more = points - rows[:, -1]
        first = np.repeat(np.cumsum(more) - more, more)
        last = np.arange(more.sum()) - first + np.repeat(rows[:, -1], more)
        rows = np.column_stack([np.repeat(rows, more, axis=0), last.astype(np.int32)])
    return rows
