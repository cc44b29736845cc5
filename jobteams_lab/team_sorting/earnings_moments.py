"""Parameters of the quantitative model, and the moments of earnings that they imply."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from scipy import stats

from jobteams_lab import checks
from jobteams_lab.team_sorting.earnings import Earnings
from jobteams_lab.team_sorting.economy import Economy
from jobteams_lab.team_sorting.equilibrium import solve
from jobteams_lab.team_sorting.published import (
    BETA,
    BETWEEN_SHARE,
    EARNINGS,
    FLOOR,
    LOG_VARIANCE,
    PERCENTILES,
    YEARS,
)


@dataclass(frozen=True)
class Parameters:
    """Beta distributions of workers and projects, and how wages become dollars.

    Attributes
    ----------
    worker_alpha, worker_beta, project_alpha, project_beta : float
        (α_x, β_x) and (α_z, β_z), all positive.
    scale, floor : float
        k > 0 and d ≥ 0: earnings are k w(x) + d dollars.
    workers_per_team : int
        m ≥ 2.
    """

    worker_alpha: float
    worker_beta: float
    project_alpha: float
    project_beta: float
    scale: float
    floor: float = FLOOR
    workers_per_team: int = 2

    def __post_init__(self):
        for field in fields(self)[:5]:
            checks.number(field.name, getattr(self, field.name), low=0, open_low=True)
        checks.number("floor", self.floor, low=0)
        checks.whole("workers_per_team", self.workers_per_team, low=2)

    @property
    def economy(self) -> Economy:
        """The economy with these distributions."""
        return Economy(
            workers=stats.beta(self.worker_alpha, self.worker_beta),
            projects=stats.beta(self.project_alpha, self.project_beta),
            workers_per_team=self.workers_per_team,
        )

    def earnings(self) -> Earnings:
        """Solve the economy and put its wages into dollars."""
        return Earnings(solve(self.economy), self.scale, self.floor)

    @classmethod
    def published(cls, year: int) -> Parameters:
        """The paper's Beta parameters (footnote 22), two workers a team.

        The paper gives no scale: it is put through the three percentiles quoted.
        """
        checks.one_of("year", year, YEARS)
        (ax, bx), (az, bz) = BETA[year]
        found = solve(cls(ax, bx, az, bz, scale=1.0).economy)
        ranks, dollars = PERCENTILES, EARNINGS[year]
        return cls(ax, bx, az, bz, Earnings.through(found, ranks, dollars).scale)


@dataclass(frozen=True)
class Moments:
    """What the data say of earnings, or a model.

    Attributes
    ----------
    earnings : tuple of float
        Dollars at the ranks.
    between_share : float
        Share of the variance of log earnings that lies between firms.
    log_variance : float
        Variance of log earnings.
    ranks : tuple of float
        Between 0 and 1.
    """

    earnings: tuple[float, ...]
    between_share: float
    log_variance: float
    ranks: tuple[float, ...] = PERCENTILES

    def __post_init__(self):
        if len(self.earnings) != len(self.ranks):
            raise ValueError(
                f"earnings has {len(self.earnings)} entries and ranks"
                f" {len(self.ranks)}: give one amount for each rank."
            )
        for rank in self.ranks:
            checks.number("rank", rank, low=0, high=1)
        for amount in self.earnings:
            checks.number("earnings", amount, low=0, open_low=True)
        checks.number("between_share", self.between_share, low=0, high=1)
        checks.number("log_variance", self.log_variance, low=0)

    @classmethod
    def published(cls, year: int) -> Moments:
        """The five numbers that section 5.1 and Table 1 quote of the data."""
        checks.one_of("year", year, YEARS)
        return cls(
            earnings=EARNINGS[year],
            between_share=BETWEEN_SHARE[year],
            log_variance=LOG_VARIANCE[year],
        )

    @classmethod
    def of(
        cls,
        earnings: Earnings,
        ranks=PERCENTILES,
        coupling: str = "entropy",
        cells: int = 200,
        seed: int = 0,
    ) -> Moments:
        """The same moments of a model.

        Quantiles and the variance of logs are exact. The share depends on the coupling
        of the mixed set; with "entropy" it is a smooth function of the parameters.

        Parameters
        ----------
        earnings : Earnings
        ranks : sequence of float
        coupling, cells, seed
            As in `mixed_set.all_teams`; one seed is used at all parameters.
        """
        return cls(
            earnings=tuple(map(float, earnings.quantile(ranks))),
            between_share=earnings.between_share(coupling, cells, seed),
            log_variance=earnings.log_variance,
            ranks=tuple(ranks),
        )

    @property
    def vector(self) -> np.ndarray:
        """Log earnings at the ranks, the between share, the variance of logs."""
        return np.append(np.log(self.earnings), [self.between_share, self.log_variance])
