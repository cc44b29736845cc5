"""The coupling of largest entropy among teams whose terms have one and the same sum.

On a grid with step h a member of group i is j h below the top of his margin, and the
teams of a mixed set are those with Σ_i j_i = G: compositions of a whole number. The
coupling of largest entropy with given margins μ_i has the form

    π(j_1, ..., j_n) ∝ Π_i a_i(j_i)   on   Σ_i j_i = G,

and the weight of everyone else at a given sum is a convolution of the others' factors:
no tensor is ever formed, so that large teams are as easy as small ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import qmc

from jobteams_lab.team_sorting.mixed_margins import MixedMargins

MOST_SWEEPS = 5000
TOLERANCE = 1e-11  # largest error of a margin, in total variation
ROUNDS = 100  # of draws, of which at least half are kept but in slivers of a margin
DRAWS = 2**14  # of teams with more than two workers


@dataclass(frozen=True, eq=False)
class EntropyCoupling:
    """π ∝ Π_i a_i(j_i) on Σ_i j_i = G.

    Attributes
    ----------
    factors : ndarray, shape (groups, G + 1)
        a_i, scaled to sum to one.
    groups : ndarray, shape (n,)
        Group of each position.
    error : float
        Largest total variation distance between a margin and the one asked for.
    sweeps : int
        Of proportional fitting.
    """

    factors: np.ndarray
    groups: np.ndarray
    error: float
    sweeps: int

    @property
    def steps(self) -> int:
        """G, the sum of all members' distances from the top."""
        return self.factors.shape[1] - 1

    def margin(self, group: int) -> np.ndarray:
        """Distribution of j in a group, shape (G + 1,)."""
        return _margin(self.factors, np.bincount(self.groups), group)

    def teams(self, seed) -> tuple[np.ndarray, np.ndarray]:
        """Teams j, shape (T, n), and their weights.

        With three members all teams of the grid; with more, 16384 quasi-random draws.
        """
        rng = np.random.default_rng(seed)
        size = len(self.groups)
        if size > 3:
            points = qmc.Sobol(size - 1, scramble=False).random(DRAWS)
            steps = self.draw((points + rng.random(size - 1)) % 1.0)
            return steps, np.full(DRAWS, 1.0 / DRAWS)
        first, second = np.triu_indices(self.steps + 1)
        second = second - first
        steps = np.stack([first, second, self.steps - first - second], axis=1)
        weights = np.prod(
            [self.factors[g][steps[:, k]] for k, g in enumerate(self.groups)], axis=0
        )
        seen = weights > 0
        return steps[seen], weights[seen] / weights.sum()

    def draw(self, uniform) -> np.ndarray:
        """Teams j, shape (T, n), by inverting conditional distributions in turn.

        Parameters
        ----------
        uniform : array_like, shape (T, n − 1)
            In [0, 1): for the project, then for each worker but the last, who makes up
            the sum.
        """
        uniform = np.clip(uniform, 0.0, 1.0 - 1e-12)
        order = np.roll(np.arange(len(self.groups)), 1)
        after = [self.factors[self.groups[-2]]]  # weights of the last members' sum
        for k in order[-2:0:-1]:
            after.append(_convolved(self.factors[self.groups[k]], after[-1]))
        sums = np.arange(self.steps + 1)
        left = np.full(len(uniform), self.steps)
        teams = np.empty((len(uniform), len(order)), int)
        for column, k, rest in zip(uniform.T, order[:-1], after[::-1], strict=True):
            factor = self.factors[self.groups[k]]
            # row r: cumulative distribution of j when r is left to share out, plus r
            gap = sums[:, None] - sums
            weight = np.where(gap >= 0, factor * rest[np.maximum(gap, 0)], 0.0)
            ladder = np.cumsum(weight, axis=1)
            ladder /= np.maximum(ladder[:, -1:], 1e-300)
            ladder += sums[:, None]
            found = np.searchsorted(ladder.ravel(), left + column, "right")
            teams[:, k] = np.minimum(found - left * len(sums), left)
            left = left - teams[:, k]
        teams[:, order[-1]] = left
        return teams


def fit(masses, groups) -> EntropyCoupling:
    """Fit the factors to the margins by iterative proportional fitting.

    Each group in turn: a_i ← a_i (μ_i / margin_i)^(1/m_i), m_i its members in a team,
    until no margin is more than 1e-11 off in total variation. Members of a group move
    together, and the exponent makes sure that they do not overshoot.

    Parameters
    ----------
    masses : array_like, shape (groups, G + 1)
        μ_i(j), rows with sum one and Σ_i m_i E[j_i] = G.
    groups : array_like of int, shape (n,)
        Group of each position.

    Raises
    ------
    ValueError
        If the margins are not met after 5000 sweeps.

    References
    ----------
    Darroch and Ratcliff (1972), generalised iterative scaling.
    """
    masses, groups = np.asarray(masses, float), np.asarray(groups)
    counts = np.bincount(groups)
    factors = masses.copy()
    for sweep in range(1, MOST_SWEEPS + 1):
        error = 0.0
        for g, count in enumerate(counts):
            margin = _margin(factors, counts, g)
            error = max(error, 0.5 * float(np.abs(margin - masses[g]).sum()))
            ratio = np.divide(
                masses[g], margin, out=np.zeros_like(margin), where=margin > 1e-300
            )
            factors[g] = _scaled(factors[g] * ratio ** (1.0 / count))
        if error <= TOLERANCE:
            return EntropyCoupling(factors, groups, error, sweep)
    raise _not_found(
        f"after {MOST_SWEEPS} sweeps of proportional fitting a margin is still"
        f" {error:.2g} off in total variation"
    )


def _not_found(why):
    return ValueError(
        f"The coupling of largest entropy was not found: {why}. A mixed set that leaves"
        " little choice takes very many sweeps, one that cannot be mixed takes for"
        " ever: ask mixability, or use the rearranged coupling."
    )


def _margin(factors, counts, group):
    others = None
    for g, count in enumerate(counts):
        for _ in range(count - (g == group)):
            one = factors[g]
            others = one if others is None else _convolved(others, one)
    return _scaled(factors[group] * others[::-1])


def _convolved(one, other):
    # sums beyond G leave nothing for the rest
    return _scaled(np.convolve(one, other)[: len(one)])


def _scaled(weights):
    total = weights.sum()
    if not total > 0.0:
        raise _not_found("no teams of its members are left that have its sum")
    return weights / total


@dataclass(frozen=True, eq=False)
class Grid:
    """Mixed margins shared out to the nodes of a grid: node j is j h below the top.

    A mass between two nodes goes to both, in proportion to how near it is, which keeps
    the means of all margins and so the sum.

    Attributes
    ----------
    margins : MixedMargins
    steps : int
        G.
    """

    margins: MixedMargins
    steps: int

    @property
    def step(self) -> float:
        """h."""
        return self.margins.depth / self.steps

    def masses(self) -> np.ndarray:
        """μ_i(j), shape (groups, G + 1)."""
        halves = [self.halves(g) for g in range(len(self.margins.margins))]
        return np.array([near + far for near, far in halves])

    def halves(self, group: int) -> tuple[np.ndarray, np.ndarray]:
        """Mass that node j has from the side of the top, and from the other side."""
        high, low = self.margins.high[group], self.margins.low[group]
        count = int(np.ceil((high - low) / self.step - 1e-9))
        nodes = high - self.step * np.arange(count, -1, -1.0)
        share, mean = self.margins.moments(np.append(low, nodes[1:]), group)
        share, mean = share[::-1] / share.sum(), mean[::-1]  # from the top down
        below = np.clip((nodes[::-1][:-1] - mean) / self.step, 0.0, 1.0)
        near, far = np.zeros((2, self.steps + 1))
        near[1 : count + 1] = share * below
        far[:count] = share * (1.0 - below)
        return near, far

    def u(self, teams) -> np.ndarray:
        """u at the nodes of teams, shape (T, n)."""
        return self.margins.high[self.margins.groups] - self.step * np.asarray(teams)

    def spread(self, teams, rng) -> np.ndarray:
        """u of teams, drawn from the masses that their nodes stand for.

        So a member whose node has its mass has his margin exactly.
        """
        u = np.empty(teams.shape)
        for g in range(len(self.margins.margins)):
            where = self.margins.groups == g
            u[:, where] = self._around(teams[:, where], g, rng)
        return u

    def _around(self, nodes, group, rng):
        # a side by its mass, a rank in the interval there, kept if it is this node's
        near, far = self.halves(group)
        high = self.margins.high[group]
        ranks = self.margins.share(
            high - self.step * np.arange(-1, self.steps + 2), group
        )
        flat = nodes.ravel()
        u = np.empty(flat.size)
        open_ = np.arange(flat.size)
        side = rng.random(flat.size) * (near + far)[flat] < near[flat]
        for _ in range(ROUNDS):
            j, up = flat[open_], side[open_]
            top, bottom = (
                ranks[np.where(up, j, j + 1)],
                ranks[np.where(up, j + 1, j + 2)],
            )
            drawn = self.margins.draw(
                bottom + (top - bottom) * rng.random(open_.size), group
            )
            distance = np.abs(drawn - (high - self.step * j)) / self.step
            u[open_] = drawn
            open_ = open_[rng.random(open_.size) < distance]
        return u.reshape(nodes.shape)


def couple(margins: MixedMargins, steps: int) -> tuple[Grid, EntropyCoupling]:
    """The grid and the coupling of largest entropy of a mixed set."""
    grid = Grid(margins, steps)
    return grid, fit(grid.masses(), margins.groups)
