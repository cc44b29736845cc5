"""The stationary equilibrium of a large-firm economy with finitely many types."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from jobteams_lab import checks
from jobteams_lab.large_firms.finite_economy import FiniteEconomy
from jobteams_lab.large_firms.firm_problem import FirmProblem
from jobteams_lab.large_firms.job_ladder import CrossSection, Ladder
from jobteams_lab.large_firms.rates import TransitionRates
from jobteams_lab.large_firms.stationary import Flows

NOBODY = 1e-12  # shares of workers below this are rounding


class Residuals(NamedTuple):
    """How well a solution solves the model.

    Attributes
    ----------
    bellman : float
        Largest residual R/(ρ max V) of the Bellman equation, without its sign.
    stationary : float
        Yearly net flows of firms and workers, all added up, over the workers.
    workers : float
        How far the number of workers is from N_w, relative.
    fixed_point : float
        Largest difference of V from the V that made policies, over max V.
    indifference : float
        Gains, over max V, below which policies may be mixed.
    undecided : float
        Share of meetings with a mixed outcome.
    """

    bellman: float
    stationary: float
    workers: float
    fixed_point: float
    indifference: float
    undecided: float


@dataclass(frozen=True, eq=False, repr=False)
class Equilibrium:
    """A stationary equilibrium of a finite economy of large firms.

    There are T types of firms, K of workers and M teams, of which the first M1, those
    below `max_team_size`, may hire; ``problem.teams.counts``, (M, K), lists them.

    Attributes
    ----------
    economy : FiniteEconomy
    problem : FirmProblem
        Its teams, output and learning.
    value : (T, M) array
        V, the joint value of a firm of each type with each team.
    cross_section : CrossSection
        χ, the shares of firms in each state, and u, masses of nonemployed workers.
    ladder : Ladder
        Who moves when a worker meets a firm.
    flows : Flows
        Rates of hiring, poaching and quitting by rung.
    residuals : Residuals
    """

    economy: FiniteEconomy
    problem: FirmProblem
    value: np.ndarray
    cross_section: CrossSection
    ladder: Ladder
    flows: Flows
    residuals: Residuals

    def joint_value(self, firm_type: int, counts) -> float | np.ndarray:
        """Return V of a firm of the given type with the given numbers of workers.

        Parameters
        ----------
        firm_type : int
            From 0.
        counts : (..., K) whole numbers
            How many workers of each type; at most `max_team_size` together.
        """
        value = self.value[self._firm(firm_type), self.problem.teams.index(counts)]
        return float(value) if value.ndim == 0 else value

    def surplus_of(self, firm_type: int, counts, worker_type: int) -> float:
        """Return Δ = V(S) − V(S ⊖ x) − U(x) of a worker of the team given."""
        last = self.economy.worker_types - 1
        worker_type = checks.whole("worker_type", worker_type, low=0, high=last)
        counts = np.array(counts)
        if counts.shape == (last + 1,) and counts[worker_type] < 1:
            raise ValueError(
                f"counts = {counts.tolist()} has no worker of type {worker_type}:"
                " count the worker himself too."
            )
        with_him = self.joint_value(firm_type, counts)
        counts[worker_type] -= 1
        outside = self.problem.outside[worker_type]
        return float(with_him - self.joint_value(firm_type, counts) - outside)

    def _firm(self, firm_type: int) -> int:
        last = self.economy.firm_types - 1
        return checks.whole("firm_type", firm_type, low=0, high=last)

    @cached_property
    def surplus(self) -> np.ndarray:
        """Surplus Δ of type k joining team m of firm type t, (K, T, M1)."""
        return self.problem.surpluses(self.value)

    @cached_property
    def employed(self) -> np.ndarray:
        """Masses of employed workers on each rung, (K, T, M1)."""
        return self.cross_section.employed(self.problem.teams)

    @property
    def employment_rate(self) -> float:
        """Share of workers who have a job."""
        return float(self.employed.sum() / self.economy.workers_per_firm)

    @cached_property
    def size_distribution(self) -> np.ndarray:
        """Shares of firms with 0, 1, ... workers, (max_team_size + 1,)."""
        firms = self.cross_section.firms.sum(axis=0)
        return np.bincount(self.problem.teams.sizes, weights=firms)

    @property
    def mean_team_size(self) -> float:
        """Mean number of workers over all firms, those without any included."""
        return float(self.size_distribution @ np.arange(len(self.size_distribution)))

    @property
    def match_rate(self) -> float:
        """ω, meetings a year a unit of 1 + n."""
        economy, cross_section = self.economy, self.cross_section
        made = economy.contact_rate_nonemployed * cross_section.nonemployed.sum()
        made += economy.contact_rate_employed * self.employed.sum()
        return float(made / cross_section.meeting_mass(self.problem.teams))

    @property
    def transition_rates(self) -> TransitionRates:
        """Instantaneous yearly rates EN, NE and EE, from the stationary flows.

        EN counts quits, breaks and deaths of firms, over the employed; NE hires over
        the nonemployed; EE moves from firm to firm over the employed. Where nobody is
        employed, EN and EE are NaN.
        """
        held, rates = self.employed, self.flows
        unmatched = self.cross_section.nonemployed
        hires = self.economy.contact_rate_nonemployed * rates.accepted @ unmatched
        employed = held.sum()
        if employed <= NOBODY * self.economy.workers_per_firm:
            employed = np.nan
        return TransitionRates(
            EN=float((held * rates.to_nonemployment).sum() / employed),
            NE=float(hires / unmatched.sum()),
            EE=float((held * rates.poached).sum() / employed),
        )

    def __repr__(self) -> str:
        rates = self.transition_rates
        return (
            f"Equilibrium({self.problem.output.size:,} states: employment"
            f" {self.employment_rate:.3f}, mean team {self.mean_team_size:.2f},"
            f" EN {rates.EN:.3f}, NE {rates.NE:.3f}, EE {rates.EE:.3f})"
        )
