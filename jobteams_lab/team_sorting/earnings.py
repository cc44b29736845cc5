"""Earnings in dollars: scale · w(x) + floor, their distribution and their variance.

A wage falls in x, the probability of failing, so the percentiles of earnings are the
wages at percentiles of skills, and every moment of earnings is an integral over
the skill distribution. Who works with whom matters only for what is said of teams.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from jobteams_lab import checks
from jobteams_lab.inequality import BetweenWithin, between_within
from jobteams_lab.team_sorting.entropy_pairs import mean_square
from jobteams_lab.team_sorting.equilibrium import Equilibrium
from jobteams_lab.team_sorting.mixed_set import Teams, all_teams
from jobteams_lab.team_sorting.published import FLOOR
from jobteams_lab.team_sorting.technologies import ProblemSolving


@dataclass(frozen=True, eq=False)
class Earnings:
    """Annual earnings of the workers of an equilibrium.

    Attributes
    ----------
    equilibrium : Equilibrium
        With one distribution of workers, and the technology of eq. (3).
    scale : float
        k > 0, dollars a unit of wage.
    floor : float
        d ≥ 0, dollars that everyone earns: $3,770 by default, which is what the sample
        asks of its members (520 hours at $7.25).

    Raises
    ------
    TypeError, ValueError
        A sentence naming the argument and what is allowed.

    References
    ----------
    Boerma, Tsyvinski and Zimin (2023), section 5. That earnings are k w + d is our
    reading: the paper does not say how wages become dollars.
    """

    equilibrium: Equilibrium
    scale: float
    floor: float = FLOOR

    def __post_init__(self):
        _check_one_group(self.equilibrium)
        checks.number("scale", self.scale, low=0, open_low=True)
        checks.number("floor", self.floor, low=0)

    @classmethod
    def through(
        cls, equilibrium: Equilibrium, ranks, earnings, floor: float = FLOOR
    ) -> Earnings:
        """Choose the scale so that quantiles of earnings are met.

        log k is the mean of log (earnings_p − d)/w_p over the ranks p: one quantile is
        met exactly, several on average.

        Parameters
        ----------
        ranks : float or array_like
            Ranks in the earnings distribution, between 0 and 1.
        earnings : float or array_like
            Dollars at those ranks, above the floor.
        floor : float
            Dollars.
        """
        floor = checks.number("floor", floor, low=0)
        _check_one_group(equilibrium)
        ranks, earnings = np.atleast_1d(_ranks(ranks)), np.atleast_1d(earnings)
        if len(ranks) != len(earnings):
            raise ValueError(
                f"ranks has {len(ranks)} entries and earnings {len(earnings)}: give one"
                " amount for each rank."
            )
        for amount in earnings:
            checks.number("earnings", float(amount), low=floor, open_low=True)
        wages = equilibrium.wage(_skill_at(equilibrium, ranks))
        scale = np.exp(np.mean(np.log((earnings - floor) / wages)))
        return cls(equilibrium, float(scale), floor)

    def of_wage(self, wage) -> np.ndarray:
        """k w + d, in dollars."""
        return self.scale * np.asarray(wage, float) + self.floor

    def of(self, skill) -> np.ndarray:
        """Earnings of workers with skill x, in dollars."""
        return self.of_wage(self.equilibrium.wage(skill))

    def logs(self, skill) -> np.ndarray:
        """Log earnings of workers with skill x.

        Raises
        ------
        ValueError
            If the floor is 0 and there are workers who surely fail: they earn nothing.
        """
        earnings = self.of(skill)
        if (earnings <= 0).any():
            raise ValueError(
                f"floor = {self.floor:g} leaves a worker with earnings of"
                f" {earnings.min():g}, which have no logarithm: raise the floor."
            )
        return np.log(earnings)

    def quantile(self, rank) -> np.ndarray:
        """Earnings at ranks between 0 and 1, exact: w at the quantile 1 − rank of x."""
        return self.of(_skill_at(self.equilibrium, _ranks(rank)))

    def rank(self, skill) -> np.ndarray:
        """Rank in the earnings distribution of workers with skill x: P(X > x)."""
        margin = self.equilibrium.economy.groups[0].margin
        return margin.sf(margin.of(skill))

    @cached_property
    def mean(self) -> float:
        """Mean earnings, dollars."""
        return self.of_wage(self.equilibrium.mean_wage[0]).item()

    @cached_property
    def log_mean(self) -> float:
        """Mean of log earnings, by quadrature over skills."""
        skill, weight = self._nodes
        return float(weight @ self.logs(skill))

    @cached_property
    def log_variance(self) -> float:
        """Variance of log earnings, by quadrature over skills."""
        skill, weight = self._nodes
        return float(weight @ (self.logs(skill) - self.log_mean) ** 2)

    def mean_logs(self, teams) -> np.ndarray:
        """Mean log earnings of the workers of teams, shape (T, n)."""
        return self.logs(np.asarray(teams)[..., :-1]).mean(axis=-1)

    def between_within(self, teams: Teams) -> BetweenWithin:
        """Variance of log earnings between teams and within them (eq. 22)."""
        logs = self.logs(teams.skills[:, :-1])
        count, workers = logs.shape
        return between_within(
            logs.ravel(),
            np.repeat(np.arange(count), workers),
            np.repeat(teams.weights, workers),
        )

    def between_share(
        self, coupling: str = "entropy", cells: int = 400, seed: int = 0
    ) -> float:
        """Share of the variance of log earnings that lies between teams.

        Many couplings of the mixed set are optimal and the share depends on which: see
        `coupling_range.between_range`.

        Parameters
        ----------
        coupling, cells, seed
            As in `mixed_set.all_teams`; but no team is drawn for "entropy", whose pairs
            of colleagues are known (see `entropy_pairs`).
        """
        if coupling != "entropy":
            teams = all_teams(self.equilibrium, coupling, cells, seed)
            return self.between_within(teams).between_share
        cells, centre = checks.whole("cells", cells, low=10), self.log_mean
        squared = mean_square(
            self.equilibrium, lambda skill: self.logs(skill) - centre, cells
        )
        return squared / self.log_variance

    @cached_property
    def _nodes(self):
        # wages have kinks in their curvature where the arms end
        group, ends = self.equilibrium.economy.groups[0], self.equilibrium.curve.ends
        u, weight = group.margin.quadrature([ends.low[0, 0], ends.high[0, 0]])
        skill = np.clip(group.margin.skill_at(u), group.margin.skill.low,
                        group.margin.skill.high)  # fmt: skip
        return skill, weight


def _check_one_group(equilibrium):
    if not isinstance(equilibrium, Equilibrium):
        raise TypeError(
            f"equilibrium is a {type(equilibrium).__name__}: give what solve(economy)"
            " returns."
        )
    economy = equilibrium.economy
    if not isinstance(economy.technology, ProblemSolving) or len(economy.groups) != 2:
        raise ValueError(
            f"The economy has {len(economy.groups) - 1} groups of workers and the"
            f" technology {type(economy.technology).__name__}: earnings are defined for"
            " one group and ProblemSolving, whose wages fall in x."
        )


def _ranks(rank):
    rank = np.asarray(rank, float)
    bad = ~((rank >= 0) & (rank <= 1))
    if bad.any():
        raise ValueError(
            f"rank = {rank[bad].ravel()[0]:g} is not between 0 and 1: the median is"
            " the rank 0.5, the 95th percentile 0.95."
        )
    return rank


def _skill_at(equilibrium, rank):
    margin = equilibrium.economy.groups[0].margin
    skill = margin.skill_at(margin.upper_quantile(rank))
    return np.clip(skill, margin.skill.low, margin.skill.high)
