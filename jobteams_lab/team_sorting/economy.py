"""The primitives of Boerma, Tsyvinski and Zimin's (2023) economy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from numbers import Integral

import numpy as np

from jobteams_lab import checks
from jobteams_lab.team_sorting.margins import Margin
from jobteams_lab.team_sorting.skills import distribution
from jobteams_lab.team_sorting.technologies import (
    Interactions,
    ProblemSolving,
    RankOne,
)

LARGEST_TEAM = 50


@dataclass(frozen=True, eq=False)
class Economy:
    """Workers, projects, and what a team of them produces.

    Attributes
    ----------
    workers : distribution, or sequence of distributions
        F_x of the skill x ∈ [0, 1], the probability that a worker *fails*: a high
        skill is a low x. One distribution for all members of a team, or one for each
        group of workers.
    projects : distribution
        F_z of the project value z ∈ [0, 1].
    workers_per_team : int, or sequence of int
        m ≥ 2; with several groups of workers, how many of each a team has.
    technology : ProblemSolving, Interactions or RankOne
        y(x_1, ..., x_m, z); eq. (3), y = z (1 − Π x_i), by default.

    A distribution is a frozen continuous SciPy one, a `Mixture` or `Quantiles` of data.

    Raises
    ------
    TypeError, ValueError
        A sentence naming the field, its value and what is allowed.

    References
    ----------
    Boerma, Tsyvinski and Zimin (2023), section 2.1 and appendix A.5.
    """

    workers: object
    projects: object
    workers_per_team: int | Sequence[int] = 2
    technology: ProblemSolving | Interactions | RankOne = field(
        default_factory=ProblemSolving
    )

    def __post_init__(self):
        counts = self.counts
        if not isinstance(self.technology, (ProblemSolving, Interactions, RankOne)):
            raise TypeError(
                f"technology = {self.technology!r} must be ProblemSolving(),"
                " Interactions(...) or RankOne(...)."
            )
        size = sum(counts) + 1
        if not 3 <= size <= LARGEST_TEAM + 1:
            raise ValueError(
                f"workers_per_team = {self.workers_per_team} makes teams of"
                f" {size - 1}: a team has 2 to {LARGEST_TEAM} workers."
            )
        self.technology.check(size)
        for group in self.groups:
            _refuse_atoms(group)
            _refuse_gaps(group)

    @cached_property
    def counts(self) -> tuple[int, ...]:
        """Workers of each group in a team."""
        counts = self.workers_per_team
        several = isinstance(self.workers, (list, tuple))
        if not several:
            return (checks.whole("workers_per_team", counts, low=2),)
        if isinstance(counts, Integral) and counts == len(self.workers):
            counts = (1,) * counts
        if not isinstance(counts, (list, tuple)) or len(counts) != len(self.workers):
            raise ValueError(
                f"workers_per_team = {counts!r} must give one number for each of the"
                f" {len(self.workers)} groups of workers."
            )
        return tuple(checks.whole("workers_per_team", one, low=1) for one in counts)

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """Members who are alike, group by group, the projects last.

        With `Interactions` and `RankOne`, members are alike only if the technology
        treats their positions alike too.
        """
        workers = self.workers
        if not isinstance(workers, (list, tuple)):
            workers = [workers]
        kinds = [distribution(f"workers {k}" if len(workers) > 1 else "workers", one)
                 for k, one in enumerate(workers)]  # fmt: skip
        kinds.append(distribution("projects", self.projects))
        counts = (*self.counts, 1)
        who = [k for k, count in enumerate(counts) for _ in range(count)]
        margins = self.technology.margins([kinds[k] for k in who])
        alike: dict[tuple, list[int]] = {}
        for position, (kind, margin) in enumerate(zip(who, margins, strict=True)):
            slope = self.technology.slope(position, len(who))
            key = (kind, margin.low, margin.high, slope)
            alike.setdefault(key, []).append(position)
        return tuple(
            Group(
                name="projects" if key[0] == len(kinds) - 1 else f"workers {g}",
                margin=margins[positions[0]],
                positions=tuple(positions),
                slope=key[3],
            )
            for g, (key, positions) in enumerate(alike.items())
        )

    @cached_property
    def multiplicity(self) -> np.ndarray:
        """Members of each group in a team, shape (groups,)."""
        return np.array([group.count for group in self.groups], float)

    @property
    def size(self) -> int:
        """n = m + 1, the workers of a team and its project."""
        return sum(self.counts) + 1

    def output(self, team) -> np.ndarray:
        """y of teams, shape (..., n): the workers in order, then the project.

        With several groups, the workers of the first group come first.
        """
        return self.lines(team) - self.technology.loss(self.total(team))

    def loss(self, team) -> np.ndarray:
        """Output lost by teams, shape (..., n): z Π x_i by default."""
        return self.technology.loss(self.total(team))

    def total(self, team) -> np.ndarray:
        """Σ_i u_i of teams, shape (..., n): the log loss by default."""
        team = self._team(team)
        return sum(
            group.margin.of(team[..., position])
            for group in self.groups
            for position in group.positions
        )

    def lines(self, team) -> np.ndarray:
        """What no assignment changes: constant + Σ_i line_i(x_i)."""
        team = self._team(team)
        return self.technology.constant + sum(
            group.slope * team[..., position]
            for group in self.groups
            for position in group.positions
        )

    @cached_property
    def mean_lines(self) -> float:
        """Aggregate of `lines`: output if nothing were lost."""
        means = [g.count * g.slope * g.margin.skill.mean for g in self.groups]
        return self.technology.constant + float(np.sum(means))

    @cached_property
    def mean_total(self) -> float:
        """Σ_i E[u_i], the mean log loss under every assignment (eq. 9)."""
        return float(sum(group.count * group.margin.mean for group in self.groups))

    @property
    def jensen_bound(self) -> float:
        """φ(Σ_i E[u_i]), less than which no assignment loses (eq. 10)."""
        return float(self.technology.loss(self.mean_total))

    @cached_property
    def random_matching_loss(self) -> float:
        """Expected loss of a team whose members are drawn independently."""
        if isinstance(self.technology, RankOne):
            spread = sum(
                g.count * g.margin.loading**2 * _variance(g.margin) for g in self.groups
            )
            return float(spread + self.mean_total**2)
        return float(
            np.prod(
                [(g.margin.skill.mean + g.margin.shift) ** g.count for g in self.groups]
            )
        )

    def _team(self, team):
        team = np.asarray(team, float)
        if team.ndim == 0 or team.shape[-1] != self.size:
            raise ValueError(
                f"team has shape {team.shape}: its last axis must hold the"
                f" {self.size - 1} workers and the project."
            )
        for group in self.groups:
            skill = group.margin.skill
            values = team[..., list(group.positions)]
            bad = ~((values >= skill.low) & (values <= skill.high))
            if bad.any():
                raise ValueError(
                    f"{group.name} have no {values[bad].ravel()[0]:g}: their"
                    f" distribution goes from {skill.low:g} to {skill.high:g}."
                )
        return team


@dataclass(frozen=True, eq=False)
class Group:
    """Members who are alike.

    Attributes
    ----------
    name : str
    margin : Margin
        The distribution of what they add to the sum.
    positions : tuple of int
        Their places in a team.
    slope : float
        What a unit of their skill adds to output, whoever else is in the team.
    """

    name: str
    margin: Margin
    positions: tuple[int, ...]
    slope: float

    @property
    def count(self) -> int:
        """Members of the group in a team."""
        return len(self.positions)


def _variance(margin):
    u, weight = margin.quadrature()
    x = margin.skill_at(u)
    mean = weight @ x
    return float(weight @ (x - mean) ** 2)


def _refuse_atoms(group: Group):
    skill = group.margin.skill
    ends = {
        skill.low: skill.cdf(*_beside(skill.low, up=True)),
        skill.high: skill.sf(*_beside(skill.high, up=False)),
    }
    for end, mass in ends.items():
        if mass > 1e-7:
            raise ValueError(
                f"{group.name} = {skill!r} put probability {float(mass):.2g} within"
                f" rounding of {end:g}, an atom in all but name: the model needs a"
                " continuous distribution, so spread it out."
            )
    grid = group.margin.table[1]
    below = group.margin.cdf(grid)
    jump = int(np.argmax(np.diff(below)))
    if below[jump + 1] - below[jump] > 0.2:
        x = float(group.margin.skill_at(grid[jump]))
        raise ValueError(
            f"{group.name} = {skill!r} put probability"
            f" {below[jump + 1] - below[jump]:.2g} at {x:g}: the model needs a"
            " continuous distribution, so spread it out."
        )


def _refuse_gaps(group: Group):
    skill = group.margin.skill
    x = np.linspace(skill.low, skill.high, 2002)[1:-1]
    empty = skill.pdf(x, 1.0 - x) == 0
    empty &= (skill.cdf(x, 1.0 - x) > 1e-9) & (skill.sf(x, 1.0 - x) > 1e-9)
    if (empty[1:] & empty[:-1]).any():
        k = int(np.argmax(empty[1:] & empty[:-1]))
        raise ValueError(
            f"{group.name} = {skill!r} leave a gap at {x[k]:.3g}, where nobody is: the"
            " model needs a distribution that is positive throughout its support, so"
            " give each part its own group or fill the gap."
        )


def _beside(end, up):
    # the next number to an end, and its gap to 1
    if end == 0.0:
        return 1e-300, 1.0
    if end == 1.0 and not up:
        return np.nextafter(1.0, 0.0), 1e-300
    x = np.nextafter(end, 2.0 if up else -1.0)
    return x, 1.0 - x
