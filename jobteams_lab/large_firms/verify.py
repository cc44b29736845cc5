"""A solution held against a cross-section that it has never seen."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from jobteams_lab import checks
from jobteams_lab.large_firms.arguments import require
from jobteams_lab.large_firms.bellman_report import (
    REPORTED,
    BellmanReport,
    bellman_report,
)
from jobteams_lab.large_firms.devices import Devices
from jobteams_lab.large_firms.islands import STARTS, Islands, stratified_firms
from jobteams_lab.large_firms.meeting_tables import Market, tables
from jobteams_lab.large_firms.solution import Solution, moments_of
from jobteams_lab.large_firms.solve_progress import Progress
from jobteams_lab.large_firms.team_sample import TeamSample
from jobteams_lab.large_firms.value_search import Problem
from jobteams_lab.precision import double


class FreshCheck(NamedTuple):
    """How a solution fares at a cross-section that it has never seen.

    Attributes
    ----------
    residuals : BellmanReport
        Of its V, with firms, workers and meetings of the new cross-section.
    value_change : float
        Root mean square, over the new firms, of the relative change of V when V is
        solved again there.
    moments, errors : dict
        Of the new simulation, as in `Solution`.
    """

    residuals: BellmanReport
    value_change: float
    moments: dict
    errors: dict


def verify(
    solution: Solution,
    seed: int = 1,
    *,
    burn_in: float = 150.0,
    start: str = "crowded",
    progress: bool = False,
    devices: Devices | None = None,
) -> FreshCheck:
    """Simulate afresh under a solution's policies, and solve V again there.

    New firms, new workers, new random numbers: what the sampling of χ adds to the error
    of V shows here, and where the simulation began must not.

    Parameters
    ----------
    solution : Solution
    seed : int
        Other than the solution's own.
    burn_in : float
        Years before the first cross-section; the slowest thing, mean log h, takes a
        century.
    start : "crowded" or "jobless"
    progress : bool
    devices : Devices, optional
        By default all that JAX sees.

    Returns
    -------
    FreshCheck

    Raises
    ------
    TypeError, ValueError
        A sentence, for arguments that make no sense.
    """
    require("verify", solution, Solution, "call solve(economy) first")
    checks.whole("seed", seed, low=0)
    if seed == solution.run.seed:
        raise ValueError(
            f"seed = {seed} is the solution's own: its firms would be seen again, so"
            " take another."
        )
    checks.number("burn_in", burn_in, low=0)
    checks.one_of("start", start, STARTS)
    checks.one_of("progress", progress, (True, False))
    economy, preset, nodes = solution.economy, solution.preset, solution.nodes
    devices = devices or Devices()
    with double(), Progress(2, progress) as bar:
        firms = stratified_firms(economy, preset.firms, preset.islands, seed)
        islands = Islands(
            economy,
            solution.basis,
            nodes,
            *firms,
            seed,
            start,
            preset.simulation,
            devices,
        )
        islands.advance(
            solution.coefficients, burn_in, lambda passed: bar.year(burn_in, passed)
        )
        bar.step()
        samples, rates = [], []
        years = preset.final_years / preset.final_dates
        for _ in range(max(preset.window, preset.final_dates)):
            rates.append(islands.advance(solution.coefficients, years))
            samples.append(islands.sample())
        bar.step()
        rates = {key: np.mean([one[key] for one in rates], 0) for key in rates[0]}
        sample = TeamSample.join(samples)
        quits = float(np.mean(rates["quits"]))
        market = Market.of(economy, sample, preset.types, quits)
        problem = Problem.of(
            economy,
            solution.basis,
            nodes,
            market,
            sample,
            preset.final_rows,
            preset.features,
            np.random.default_rng([seed, 99]),
            devices,
        )
        surplus = problem.incumbent_surplus(solution.coefficients)
        report = bellman_report(
            economy,
            solution.basis,
            nodes,
            solution.coefficients,
            sample,
            market,
            tables(market, surplus),
            REPORTED,
            seed,
        )
        own = problem.whitened(solution.basis, solution.coefficients)
        own, _ = problem.solve(own, 20, 2e-5, bar.change)
        change = _change(solution, problem.coefficients(own), samples[-1])
    found = moments_of(rates, samples, preset.islands)
    return FreshCheck(
        report,
        change,
        {name: float(part.mean()) for name, part in found.items()},
        {
            name: float(part.std(ddof=1) / np.sqrt(len(part)))
            if len(part) > 1
            else np.nan
            for name, part in found.items()
        },
    )


def _change(solution: Solution, coefficients: np.ndarray, sample: TeamSample) -> float:
    other = replace(solution, coefficients=coefficients)
    teams = sample.log_z, sample.log_q, sample.x, sample.y, sample.n
    ratio = other.value_at(*teams) / solution.value_at(*teams)
    return float(np.sqrt(np.mean((ratio - 1) ** 2)))
