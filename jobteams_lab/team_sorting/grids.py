"""Economies cut into finitely many kinds.

A grid has its own least loss. Whether that bounds the continuous economy's, and from
which side, depends on how it was cut: at means of cells it is never smaller, at the
edges of cells never larger.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from jobteams_lab import checks
from jobteams_lab.team_sorting import rearrangement
from jobteams_lab.team_sorting.economy import Economy
from jobteams_lab.team_sorting.technologies import RankOne


@dataclass(frozen=True, eq=False)
class Grid:
    """An economy whose groups come in finitely many kinds.

    Attributes
    ----------
    economy : Economy
    bound : "upper" or "lower"
        Which bound of the economy's least loss the grid's least loss is.
    skills, terms, weights : tuple of ndarray, one a group
        x of the kinds, what they bring to the product (x + shift) or to the squared
        sum (−λ x), in order of increasing u; their shares, with sum one.
    constant : float
        Loss added to every assignment: the variances inside the cells for `RankOne`.
    """

    economy: Economy
    bound: str
    skills: tuple
    terms: tuple
    weights: tuple
    constant: float

    @cached_property
    def members(self) -> np.ndarray:
        """The group of each position in a team, shape (n,)."""
        groups = self.economy.groups
        members = np.empty(self.economy.size, int)
        for g, group in enumerate(groups):
            members[list(group.positions)] = g
        return members

    def loss(self, *terms) -> np.ndarray:
        """Loss of teams, given their members' terms; without the constant."""
        total = self.combined(*terms)
        product = self.combine == "product"
        return total if product else self.economy.technology.loss(total)

    @property
    def combine(self) -> str:
        """How terms go together: "product", or "sum" for `RankOne`."""
        scaled = isinstance(self.economy.technology, RankOne)
        return "sum" if scaled else "product"

    def combined(self, *terms) -> np.ndarray:
        """Product, or sum, of the terms of some members."""
        total = terms[0]
        for term in terms[1:]:
            total = total * term if self.combine == "product" else total + term
        return total

    @cached_property
    def tensor(self) -> np.ndarray:
        """Loss of every team there could be, one axis a position."""
        size = self.economy.size
        return self.loss(
            *(
                self.terms[g].reshape((-1,) + (1,) * (size - 1 - place))
                for place, g in enumerate(self.members)
            )
        )


def grid(economy: Economy, points: int, bound: str = "upper") -> Grid:
    """Cut the groups of an economy into kinds.

    "upper" puts the N kinds at the means of N equally likely cells. Members who are
    independent inside their cells attain any assignment of the grid, so that its least
    loss is an upper bound. "lower" puts them at the edges of N − 1 such cells, and
    everyone moves to one of his two edges without changing his mean. Whoever is so
    spread out can keep his team, and loses no more on average: a lower bound.

    Parameters
    ----------
    economy : Economy
    points : int
        N, at least 2, for each group.
    bound : "upper" or "lower"
    """
    if not isinstance(economy, Economy):
        raise TypeError(
            f"The economy is a {type(economy).__name__}: give an Economy(...)."
        )
    points = checks.whole("points", points, low=2, high=rearrangement.MOST_CELLS)
    checks.one_of("bound", bound, ("upper", "lower"))
    groups, upper = economy.groups, bound == "upper"
    made = [rearrangement.cells(group, points - (not upper)) for group in groups]
    if upper:
        weights = tuple(np.full(points, 1.0 / points) for _ in groups)
        terms = tuple(one.terms for one in made)
        spread = [one.variance for one in made]
    else:
        parts = [_at_edges(g.margin, one) for g, one in zip(groups, made, strict=True)]
        terms, weights, spread = zip(*parts, strict=True)
    skills = tuple(
        value / -group.margin.loading
        if hasattr(group.margin, "loading")
        else value - group.margin.shift
        for value, group in zip(terms, groups, strict=True)
    )
    constant = float(np.dot([group.count for group in groups], spread))
    return Grid(economy, bound, skills, terms, weights, constant)


def _at_edges(margin, cells):
    # each cell's mass on its two edges, its mean unchanged
    edges = cells.edges if hasattr(margin, "loading") else np.exp(cells.edges)
    edges = np.append(_lowest(margin), edges[1:])
    left, right = edges[:-1], edges[1:]
    width = right - left
    up = np.divide(cells.terms - left, width, out=np.ones_like(width), where=width > 0)
    up = np.clip(up, 0.0, 1.0)
    number = len(width)
    weights = (np.append(1.0 - up, 0.0) + np.append(0.0, up)) / number
    if not hasattr(margin, "loading"):
        return edges, weights, 0.0
    # the squared sum gains the variance of the move, over that inside the cell
    added = np.mean(up * (1.0 - up) * width**2) - cells.variance
    return edges, weights, -float(added)


def _lowest(margin):
    return margin.low if hasattr(margin, "loading") else np.exp(margin.low)


def marginal_error(made: Grid, indices, weights) -> float:
    """Largest deviation of a kind's share from its weight, times their number."""
    worst = 0.0
    for g, right in enumerate(made.weights):
        places = np.flatnonzero(made.members == g)
        held = sum(np.bincount(indices[:, k], weights, len(right)) for k in places)
        gap = np.abs(held / len(places) - right).max()
        worst = max(worst, float(gap) * len(right))
    return worst
