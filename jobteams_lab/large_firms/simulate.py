"""Simulated histories of finitely many firms and workers, by given policies."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from jobteams_lab import checks
from jobteams_lab.large_firms.finite_equilibrium import Equilibrium
from jobteams_lab.large_firms.job_ladder import CrossSection
from jobteams_lab.large_firms.rates import TransitionRates
from jobteams_lab.large_firms.simulate_months import in_months
from jobteams_lab.large_firms.simulate_panel import Histories
from jobteams_lab.large_firms.simulate_rules import KINDS, clocks
from jobteams_lab.large_firms.simulate_run import STRETCHES, Course
from jobteams_lab.large_firms.simulate_wages import check_table
from jobteams_lab.panel import Panel

METHODS, STARTS = ("events", "batches"), ("stationary", "empty")
COUNTS = (*KINDS, "job lost with its firm")


@dataclass(frozen=True, eq=False, repr=False)
class Simulation:
    """What finitely many firms and workers did, beside the equilibrium they follow.

    The years are cut into 20 stretches of equal length. Whatever is reported is a mean
    over them, and standard errors are those of batch means, the largest of 20, 10 and 5
    batches. They are too small where even a fifth of the years is short beside the time
    that the state takes to renew itself, such as 1/δ_f.

    Attributes
    ----------
    equilibrium : Equilibrium
    firms, workers : int
    years : float
    firms_by_stretch : (R, T, M) array
        Shares of firms in each state, means over time; compare χ.
    nonemployed_by_stretch : (R, K) array
        Nonemployed workers of each type a firm, means over time; compare u.
    counts_by_stretch : (R, 11) array
        Numbers of events, with the columns of `counts`.
    final : CrossSection
        At the end.
    panel : Panel or None
        Jobs; see `simulate`. None also where nobody had one.
    learning_events, teams : pandas.DataFrame or None
        See `simulate`.
    """

    equilibrium: Equilibrium
    firms: int
    workers: int
    years: float
    firms_by_stretch: np.ndarray
    nonemployed_by_stretch: np.ndarray
    counts_by_stretch: np.ndarray
    final: CrossSection
    panel: Panel | None
    learning_events: pd.DataFrame | None
    teams: pd.DataFrame | None

    @property
    def counts(self) -> pd.Series:
        """Numbers of events by kind, meetings and renegotiations without effect too.

        "retirement" counts workers with and without a job, "meeting" and
        "renegotiation" those after which the worker stays as he was.
        """
        return pd.Series(self.counts_by_stretch.sum(axis=0), COUNTS, name="events")

    @cached_property
    def cross_section(self) -> CrossSection:
        """Means over time of the shares of firms and the nonemployed a firm."""
        return CrossSection(
            self.firms_by_stretch.mean(axis=0), self.nonemployed_by_stretch.mean(axis=0)
        )

    @property
    def employment_rate(self) -> float:
        """Share of workers who have a job."""
        return float(self.by_stretch["employment rate"].mean())

    @property
    def mean_team_size(self) -> float:
        """Mean number of workers over all firms, those without any included."""
        return float(self.by_stretch["mean team size"].mean())

    @property
    def size_distribution(self) -> np.ndarray:
        """Shares of firms with 0, 1, ... workers, (max_team_size + 1,)."""
        sizes = self.equilibrium.problem.teams.sizes
        return np.bincount(sizes, weights=self.cross_section.firms.sum(axis=0))

    @property
    def transition_rates(self) -> TransitionRates:
        """Moves a year of exposure by kind; retirement is not one."""
        means = self.by_stretch.mean()
        return TransitionRates(*means[list(TransitionRates._fields)].tolist())

    @cached_property
    def by_stretch(self) -> pd.DataFrame:
        """Employment, sizes and transition rates of each stretch, one row each."""
        sizes = self.equilibrium.problem.teams.sizes
        marginal = self.firms_by_stretch.sum(axis=1)
        employed = self.firms * marginal @ sizes
        idle = self.firms * self.nonemployed_by_stretch.sum(axis=1)
        length = self.years / len(marginal)
        counts = pd.DataFrame(self.counts_by_stretch, columns=COUNTS)
        lost = counts["quit"] + counts["break"] + counts["job lost with its firm"]
        with np.errstate(divide="ignore", invalid="ignore"):
            table = {
                "employment rate": employed / self.workers,
                "mean team size": employed / self.firms,
                "EN": lost / (employed * length),
                "NE": counts["hire"] / (idle * length),
                "EE": counts["move"] / (employed * length),
            }
        for n in range(sizes[-1] + 1):
            table[f"firms of size {n}"] = marginal[:, sizes == n].sum(axis=1)
        return pd.DataFrame(table)

    @property
    def comparison(self) -> pd.DataFrame:
        """Equilibrium and simulation side by side, with standard errors and z-scores.

        One row a moment; z is (simulated − equilibrium)/standard error, and NaN where
        the stretches do not differ. The z of what happened only a few times means
        nothing.
        """
        truth = self.equilibrium
        expected = [truth.employment_rate, truth.mean_team_size]
        expected += [*truth.transition_rates, *truth.size_distribution]
        found = self.by_stretch
        table = pd.DataFrame(
            {
                "equilibrium": expected,
                "simulated": found.mean(),
                "standard error": standard_error(found.to_numpy()),
            },
            index=found.columns,
        )
        gap, error = table["simulated"] - table["equilibrium"], table["standard error"]
        return table.assign(z=gap / error.where(error > 0))

    @cached_property
    def monthly_panel(self) -> Panel | None:
        """The panel in calendar months, for what reads months, such as `identify`.

        One row a worker and month, with the job that he has at its beginning; wages
        stay what they are a year. Jobs that begin and end within a month are lost.
        """
        return None if self.panel is None else in_months(self.panel)

    def __repr__(self) -> str:
        rates = self.transition_rates
        return (
            f"Simulation({self.firms:,} firms, {self.workers:,} workers,"
            f" {self.years:g} years: employment {self.employment_rate:.3f}, mean team"
            f" {self.mean_team_size:.2f}, EN {rates.EN:.3f}, NE {rates.NE:.3f},"
            f" EE {rates.EE:.3f})"
        )


def standard_error(by_stretch: np.ndarray) -> np.ndarray:
    """Return the standard error of the mean over stretches, the first axis.

    The largest of those from single stretches, pairs and fours of them, since what
    follows each other at once is alike.
    """
    errors = []
    for together in (1, 2, 4):
        number = len(by_stretch) // together
        means = by_stretch.reshape(number, together, *by_stretch.shape[1:]).mean(axis=1)
        errors.append(means.std(axis=0, ddof=1) / np.sqrt(number))
    return np.max(errors, axis=0)


def simulate(
    equilibrium: Equilibrium,
    *,
    firms: int = 10_000,
    years: float = 10.0,
    burn_in: float = 0.0,
    seed: int,
    method: str = "events",
    start: str = "stationary",
    wages=None,
    panel: bool = True,
    events: bool = False,
) -> Simulation:
    """Simulate firms and workers who follow an equilibrium's policies, exactly.

    Time is continuous. Numbers of workers and of firms stay: a retired worker is
    followed by a newcomer, a dead firm by one of its type without workers. Who meets a
    firm meets each with a chance proportional to 1 + n, also his own, where nothing
    comes of it; that, and that a worker meets a sample of firms instead of a
    distribution, fades as the number of firms grows.

    Parameters
    ----------
    equilibrium : Equilibrium
    firms : int
        Their types are apportioned to the shares. Workers are N_w times as many.
    years : float
        Length of the window.
    burn_in : float
        Years simulated before it; with `wages` give some, since whoever has a job at
        their start is paid as if just hired.
    seed : int
    method : "events" or "batches"
        One event after the other with numba, or many at a time with JAX, on a GPU if
        JAX has one. Both give the same history of the same seed.
    start : "stationary" or "empty"
        From a stratified draw of the equilibrium's cross-section, or with no one at
        work and newborn workers.
    wages : WorkerValue, optional
        Anything with `wage_grid` (G,) and `value` (G, K, T, M1): W by wage, type of
        worker, type of firm and team beside him. Wages of starters are often negative,
        so that `fixed_effects` of the panel needs ``logs=False``.
    panel : bool
        Whether to make `panel` and `teams`.
    events : bool
        Whether to list learning events, and split the panel's rows at them; only with
        method "events".

    Returns
    -------
    Simulation
        Its `panel`, in years from 0 to `years` (`Simulation.monthly_panel` has months),
        has one row a job and constant wage, and with `events` also a row for each type
        that the worker has there. The truth is in worker_type, human_capital, ability,
        firm_type, productivity, learning_environment and team_size, all at the row's
        start. `ending` says how a row ends: a job "goes on" in the next row, or ends
        with "nonemployment", another "firm", "retirement" or the "window". Without
        `wages` the column wage holds the output a worker of the team at the row's
        start, and the column `wage_is` says so. Its `teams` lists who works where at
        the end, its `learning_events` what each worker of a team learnt at each event
        and from whom.

    Raises
    ------
    TypeError, ValueError
        A sentence, if an argument is out of range or does not fit the equilibrium.

    References
    ----------
    Adenbaum, Babalievsky and Jungerman (2025), "Environment", "Bargaining".
    """
    if not isinstance(equilibrium, Equilibrium):
        raise TypeError(
            f"simulate takes an Equilibrium, not {type(equilibrium).__name__}:"
            " call exact.solve(economy) first."
        )
    firms = checks.whole("firms", firms, low=2)
    years = checks.number("years", years, low=0, open_low=True)
    burn_in = checks.number("burn_in", burn_in, low=0)
    seed = checks.whole("seed", seed)
    checks.one_of("method", method, METHODS)
    checks.one_of("start", start, STARTS)
    clock = clocks(equilibrium, firms)
    if clock.workers < 1:
        raise ValueError(
            f"firms = {firms} have no worker at workers_per_firm ="
            f" {equilibrium.economy.workers_per_firm:g}: simulate more firms."
        )
    least = 20 * STRETCHES / clock.total
    if years < least:
        raise ValueError(
            f"years = {years:g} is too short for {firms} firms: with fewer than"
            f" {least:.2g} the {STRETCHES} stretches hold hardly any events each."
        )
    if events and (method == "batches" or not panel):
        raise ValueError(
            "events=True lists who learnt what, which needs method='events' and"
            " panel=True."
        )
    if wages is not None:
        check_table(equilibrium, wages)
    course = Course(equilibrium, firms, seed, method, start, wages, panel, events)
    found = course.run(years, burn_in)
    log, last = found.log, found.state
    histories = Histories(equilibrium, log) if panel else None
    return Simulation(
        equilibrium=equilibrium,
        firms=firms,
        workers=clock.workers,
        years=years,
        firms_by_stretch=found.firms,
        nonemployed_by_stretch=found.nonemployed,
        counts_by_stretch=found.counts,
        final=found.final,
        panel=histories.panel() if panel else None,
        learning_events=histories.learning_events() if events else None,
        teams=histories.members(last) if panel else None,
    )
