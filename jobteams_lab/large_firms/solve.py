"""V, χ and ω of an economy with continuous types, from a cold start.

Two steps in turn: the economy is simulated under the policies of V, and V is solved at
the cross-sections of the last rounds. Keeping several rounds' cross-sections damps the
cycle that V and χ fall into otherwise.
"""

from __future__ import annotations

import time
import warnings
from importlib.metadata import version

import numpy as np

from jobteams_lab import checks
from jobteams_lab.large_firms import firm_grid, solve_checkpoint
from jobteams_lab.large_firms.arguments import require
from jobteams_lab.large_firms.bellman_report import REPORTED, bellman_report
from jobteams_lab.large_firms.devices import Devices
from jobteams_lab.large_firms.economy import Economy
from jobteams_lab.large_firms.islands import STARTS, Islands, stratified_firms
from jobteams_lab.large_firms.meeting_tables import Market, tables
from jobteams_lab.large_firms.networks import Basis, DeepSet
from jobteams_lab.large_firms.presets import Preset, preset_of
from jobteams_lab.large_firms.solution import Run, Solution, check_preset, moments_of
from jobteams_lab.large_firms.solve_progress import Progress
from jobteams_lab.large_firms.team_basis import scale_of
from jobteams_lab.large_firms.team_sample import TeamSample
from jobteams_lab.large_firms.value_search import Problem
from jobteams_lab.precision import double

FIRST_YEARS = 30.0  # of simulation before V is solved for the first time
SETTLED = 0.01  # changes of V and of moments that end the rounds
LEAST_ROUNDS = 4
NOBODY = 1e-4  # share of workers who would rather quit, below which none is said to


def solve(
    economy: Economy,
    preset: str | Preset = "laptop",
    seed: int = 0,
    *,
    start: str = "jobless",
    checkpoint=None,
    progress: bool = False,
    devices: Devices | None = None,
) -> Solution:
    """Solve for the joint value, the cross-section and the match rate.

        ρV(S) = F + γ(V(H(S)) − V) + (1 + n) Φ(S) + what separations, quits and the
        death of the firm bring

    with Φ over meetings at rate ω, for firms and workers of any type. V is a
    combination of functions of sets for each of several z and each team size, and a
    spline in log z. From a cold start; the same seed gives the same answer.

    Parameters
    ----------
    economy : Economy
    preset : "laptop", "t4", "gpu" or Preset
        How large the computation is: three minutes on two cores, six to eight on
        a T4 by estimate, or for a GPU with 80 GB by count; no GPU has been tried.
    seed : int
    start : "jobless" or "crowded"
        Where the simulation begins: nobody has a job, or the firms with the highest z
        have full teams. Solutions of different starts should agree.
    checkpoint : path, optional
        A file that is written after each round. If it is there, the search goes on
        from it, and ends as if it had never stopped.
    progress : bool
        Whether to show a line: the round, change of V, moments and time left.
    devices : Devices, optional
        By default all devices that JAX sees, in all processes.

    Returns
    -------
    Solution

    Raises
    ------
    TypeError, ValueError
        A sentence, for arguments that make no sense and for another's checkpoint.
    RuntimeError
        If V diverges, or nobody works; the checkpoint then holds the last good round.

    Warns
    -----
    UserWarning
        If V and the moments had not settled in the rounds that the preset allows.

    References
    ----------
    Adenbaum, Babalievsky and Jungerman (2025), "Joint Value" and "Computational
    Algorithm".
    """
    require("solve", economy, Economy, "exact.solve takes a FiniteEconomy")
    preset = preset_of(preset)
    check_preset(preset, economy)
    checks.whole("seed", seed, low=0)
    checks.one_of("start", start, STARTS)
    checks.one_of("progress", progress, (True, False))
    if devices is not None:
        require("solve", devices, Devices, "leave it out for all that JAX sees")
    if checkpoint is not None:
        solve_checkpoint.check(checkpoint, economy, preset, seed, start)
    with double():
        search = _Search(economy, preset, seed, start, devices or Devices())
        if checkpoint is not None:
            solve_checkpoint.read(checkpoint, search)
        with Progress(preset.rounds + 1, progress) as bar:
            search.run(checkpoint, bar)
        return search.solution()


class _Search:
    # everything that a checkpoint holds are plain attributes of this

    def __init__(self, economy, preset, seed, start, devices):
        self.economy, self.preset, self.seed, self.start = economy, preset, seed, start
        self.devices = devices
        deep = None
        if preset.units:
            deep = DeepSet.random(seed, preset.embedding, preset.units)
        self.basis = Basis(scale_of(economy), deep)
        log_z, log_q = stratified_firms(economy, preset.firms, preset.islands, seed)
        self.nodes = firm_grid.nodes(log_z, preset.nodes)
        self.islands = Islands(
            economy,
            self.basis,
            self.nodes,
            log_z,
            log_q,
            seed,
            start,
            preset.simulation,
            devices,
        )
        self.coefficients = self._first_value()
        self.window: list[TeamSample] = []
        self.history: list[dict] = []
        self.seconds = 0.0
        self.rates = None

    @property
    def done(self) -> bool:
        """Whether the last round was the final one."""
        return bool(self.history) and self.history[-1]["final"]

    def run(self, checkpoint, bar) -> None:
        """Take rounds until V and the moments settle, and the final one."""
        while not self.done:
            began = time.perf_counter()
            number = len(self.history)
            final = number >= LEAST_ROUNDS and (
                self.settled() or number >= self.preset.rounds
            )
            self._round(number, final, bar)
            self.seconds += time.perf_counter() - began
            if checkpoint is not None:
                solve_checkpoint.write(checkpoint, self)

    def settled(self) -> bool:
        """Return whether the last round moved V and the moments by little."""
        if len(self.history) < LEAST_ROUNDS:
            return False
        last, before = self.history[-1], self.history[-2]
        moved = [
            abs(last[name] - before[name]) / max(abs(before[name]), 1e-9)
            for name in ("mean_size", "employment", "EE")
        ]
        return max(last["change"], *moved) < SETTLED

    def _first_value(self) -> np.ndarray:
        # output, its present value and a place worth a third of it: any start will do
        economy, sizes = self.economy, np.arange(self.economy.max_team_size + 1)
        width = self.basis.size(economy.max_team_size)
        value = np.zeros((len(self.nodes), len(sizes), width))
        z = np.exp(self.nodes)[:, None]
        lasts = 1 / (
            economy.discount_rate + economy.firm_death_rate + economy.separation_rate
        )
        value[:, :, 0] = 2 * lasts * z * (1 + 0.3 * sizes)
        value[:, :, 3] = lasts * z * sizes
        return value

    def _round(self, number: int, final: bool, bar) -> None:
        preset, islands = self.preset, self.islands
        if number == 0:
            years, dates = FIRST_YEARS, 1
        elif final:
            years, dates = preset.final_years, preset.final_dates
        else:
            years, dates = preset.years, preset.dates
        # the first cross-section is of a value far from any equilibrium: one round only
        most = min(preset.window, dates * max(number, 1))
        found = []
        for date in range(dates):
            rates = islands.advance(
                self.coefficients,
                years / dates,
                lambda passed, date=date: bar.year(
                    years, date * years / dates + passed
                ),
            )
            self.window = [*self.window, islands.sample()][-most:]
            found.append(rates)
        self.rates = {key: np.mean([one[key] for one in found], 0) for key in found[0]}
        by_island = moments_of(self.rates, self.window[-dates:], preset.islands)
        sample = TeamSample.join(self.window)
        if not sample.n.any():
            raise RuntimeError(
                f"nobody works in round {number + 1}: no firm hires at these values;"
                " lower nonemployment_income, or raise contact_rate_nonemployed."
            )
        quits = float(np.mean(self.rates["quits"]))
        self.market = Market.of(self.economy, sample, preset.types, quits)
        problem = Problem.of(
            self.economy,
            self.basis,
            self.nodes,
            self.market,
            sample,
            preset.final_rows if final else preset.rows,
            preset.features,
            np.random.default_rng([self.seed, number]),
            self.devices,
        )
        own = problem.whitened(self.basis, self.coefficients)
        most, tolerance = (20, 2e-5) if final else (4, 2e-3) if number else (8, 1e-1)
        own, changes = problem.solve(own, most, tolerance, bar.change)
        value = problem.coefficients(own)
        if not np.isfinite(value).all() or not np.isfinite(changes).all():
            raise RuntimeError(
                f"V diverged in round {number + 1}: take more rows, or fewer features"
                " than rows can bear; the checkpoint holds the round before."
            )
        self.coefficients = value
        surplus = problem.incumbent_surplus(value)
        islands.quits = bool((surplus < 0).mean() > NOBODY)
        self.table = tables(self.market, surplus)
        self.by_island = by_island
        self.history.append(
            {
                "final": final,
                "change": changes[0],
                "last_change": min(changes),
                **{name: float(part.mean()) for name, part in by_island.items()},
            }
        )
        bar.round(self.history[-1])

    def solution(self) -> Solution:
        """Return what was found, with its residuals."""
        preset = self.preset
        sample = self.market.teams
        residuals = bellman_report(
            self.economy,
            self.basis,
            self.nodes,
            self.coefficients,
            sample,
            self.market,
            self.table,
            REPORTED,
            self.seed,
        )
        converged = len(self.history) <= preset.rounds
        if not converged:
            warnings.warn(
                f"V or the moments had not settled in {preset.rounds} rounds: see the"
                " solution's history, and allow more rounds or years.",
                stacklevel=3,
            )
        islands = preset.islands
        return Solution(
            economy=self.economy,
            preset=preset,
            basis=self.basis,
            nodes=self.nodes,
            coefficients=self.coefficients,
            sample=sample,
            match_rate=self.market.rate,
            residuals=residuals,
            moments={k: float(v.mean()) for k, v in self.by_island.items()},
            errors={
                k: float(v.std(ddof=1) / np.sqrt(islands)) if islands > 1 else np.nan
                for k, v in self.by_island.items()
            },
            history=self.history,
            converged=converged,
            run=Run(
                self.seed,
                self.start,
                repr(self.devices),
                self.seconds,
                version("jobteams-lab"),
            ),
        )
