"""What `solve` returns: V of any team, where firms and workers are, and how well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from jobteams_lab.large_firms import firm_grid
from jobteams_lab.large_firms.arguments import numbers, positive, require
from jobteams_lab.large_firms.bellman_report import BellmanReport
from jobteams_lab.large_firms.bellman_rows import features
from jobteams_lab.large_firms.devices import gather
from jobteams_lab.large_firms.economy import Economy
from jobteams_lab.large_firms.networks import Basis
from jobteams_lab.large_firms.population import Population
from jobteams_lab.large_firms.presets import Preset
from jobteams_lab.large_firms.rates import TransitionRates
from jobteams_lab.large_firms.team_basis import scale_of
from jobteams_lab.large_firms.team_sample import TeamSample
from jobteams_lab.precision import double

CHUNK = 2**14


class Run(NamedTuple):
    """How a solution was made.

    Attributes
    ----------
    seed : int
    start : str
    device : str
    seconds : float
    version : str
        Of the package.
    """

    seed: int
    start: str
    device: str
    seconds: float
    version: str


@dataclass(frozen=True, eq=False, repr=False)
class Solution:
    """V, χ and ω of an economy with continuous types.

    Attributes
    ----------
    economy : Economy
    preset : Preset
    basis : Basis
    nodes : (Z,) array
        log z.
    coefficients : (Z, N + 1, B) array
        Of the basis, for each node and team size.
    sample : TeamSample
        The cross-section: some or all of the firms that were simulated.
    match_rate : float
        ω, meetings a year a unit of 1 + n.
    residuals : BellmanReport
    moments, errors : dict
        Of the last cross-sections, and their standard errors over the islands, which
        few islands leave uncertain. Human capital is that of the employed.
    history : list of dict
        What each round found.
    converged : bool
        Whether V and the moments had settled before the last round.
    run : Run
    """

    economy: Economy
    preset: Preset
    basis: Basis
    nodes: np.ndarray
    coefficients: np.ndarray
    sample: TeamSample
    match_rate: float
    residuals: BellmanReport
    moments: dict
    errors: dict
    history: list
    converged: bool
    run: Run

    def joint_value(self, teams: Population) -> np.ndarray:
        """Return V of each firm with its team, (F,).

        Parameters
        ----------
        teams : Population
            Firms whose teams have at most `max_team_size` workers; z beyond the last
            node counts as the last.
        """
        require("joint_value", teams, Population, "make one of your arrays")
        x, y, n = self._padded(teams)
        log_z, log_q = np.log(teams.productivity), np.log(teams.learning_environment)
        return self.value_at(log_z, log_q, x, y, n)

    def surplus(self, teams: Population) -> np.ndarray:
        """Return Δ = V(S) − V(S ⊖ x) − U(x) of every worker, (n,)."""
        require("surplus", teams, Population, "make one of your arrays")
        x, y, n = self._padded(teams)
        value = self.joint_value(teams)
        place = places_of(teams)
        x, y, n = x[teams.firm], y[teams.firm], n[teams.firm]
        behind = np.arange(x.shape[1]) + (np.arange(x.shape[1]) >= place[:, None])
        behind = np.minimum(behind, x.shape[1] - 1)
        x, y = (np.take_along_axis(part, behind, 1) for part in (x, y))
        log_z, log_q = np.log(teams.productivity), np.log(teams.learning_environment)
        without = self.value_at(log_z[teams.firm], log_q[teams.firm], x, y, n - 1)
        outside = self.economy.nonemployment_value(teams.human_capital)
        return value[teams.firm] - without - outside

    def hiring_surplus(self, teams: Population, human_capital, ability) -> np.ndarray:
        """Return V(S ⊕ x) − V(S) − U(x) of a newcomer at each firm, (F,).

        NaN at firms that are full.

        Parameters
        ----------
        teams : Population
        human_capital, ability : number or (F,) arrays
            Of the worker whom each firm meets.
        """
        require("hiring_surplus", teams, Population, "make one of your arrays")
        types = positive(human_capital=human_capital, ability=ability)
        shape = teams.productivity.shape
        if any(part.shape not in ((), (1,), shape) for part in types):
            raise ValueError(
                f"human_capital and ability have shape {types[0].shape}: give one"
                f" number, or {len(teams.productivity)}, one a firm."
            )
        h, a = (np.broadcast_to(part, shape) for part in types)
        room = teams.sizes < self.economy.max_team_size
        hired = teams.add(np.flatnonzero(room), h[room], a[room])
        gain = self.joint_value(hired) - self.joint_value(teams)
        return np.where(room, gain - self.economy.nonemployment_value(h), np.nan)

    def value_at(self, log_z, log_q, x, y, n) -> np.ndarray:
        """Return V of R padded teams: (R, N) arrays of log h and log a, and sizes."""
        share = firm_grid.weights(self.nodes, log_z)
        answer = np.empty(len(n))
        with double():
            for start in range(0, len(n), CHUNK):
                part = slice(start, start + CHUNK)
                found = gather(
                    features(self.basis, x[part], y[part], n[part], log_q[part])
                )
                values = np.empty((len(found), len(self.nodes)))
                for size in np.unique(n[part]):
                    at = n[part] == size
                    values[at] = found[at] @ self.coefficients[:, size].T
                answer[part] = (values * share[part]).sum(1)
        return answer

    @property
    def population(self) -> Population:
        """The firms and workers of the last date."""
        firms = len(self.sample.n) // self.sample.dates
        last = self.sample.rows(slice(-firms, None))
        taken = last.taken
        return Population(
            np.exp(last.log_z),
            np.exp(last.log_q),
            np.nonzero(taken)[0],
            np.exp(last.x[taken]),
            np.exp(last.y[taken]),
            np.full(taken.sum(), np.nan),
        )

    @property
    def transition_rates(self) -> TransitionRates:
        """Yearly rates EN, NE and EE in the last round's simulation."""
        return TransitionRates(*(self.moments[name] for name in ("EN", "NE", "EE")))

    def save(self, path, firms: int | None = None, note: str = "") -> None:
        """Write the solution to a file that `solution_files.load` reads.

        Parameters
        ----------
        path : path-like
        firms : int, optional
            Keep so many firms of the last date only, in single precision: with two
            thousand, a few hundred kB. By default all is kept as it is.
        note : str
            A line for readers.
        """
        from jobteams_lab.large_firms import solution_files  # which imports this

        solution_files.write(path, self, firms, note)

    def _padded(self, teams: Population):
        sizes, most = teams.sizes, self.economy.max_team_size
        if sizes.max(initial=0) > most:
            raise ValueError(
                f"a firm has {sizes.max()} workers, but teams of this economy have at"
                f" most max_team_size = {most}: split it, or solve with a larger bound."
            )
        x, y = np.zeros((2, len(sizes), most))
        place = places_of(teams)
        x[teams.firm, place] = np.log(numbers("human_capital", teams.human_capital))
        y[teams.firm, place] = np.log(teams.ability)
        return x, y, sizes

    def __repr__(self) -> str:
        q = self.residuals.mean_square
        state = "" if self.converged else ", not settled"
        return (
            f"Solution(mean team {self.moments['mean_size']:.2f}, employment"
            f" {self.moments['employment']:.3f}, mean square of q {q:.1e}{state};"
            f" {self.run.seconds:.0f} s on {self.run.device})"
        )


def places_of(teams: Population) -> np.ndarray:
    """Return each worker's place in his team, (n,), in the order of the list."""
    order = np.argsort(teams.firm, kind="stable")
    firm = teams.firm[order]
    first = np.searchsorted(firm, firm)
    place = np.empty(len(firm), int)
    place[order] = np.arange(len(firm)) - first
    return place


def moments_of(rates: dict, samples: list[TeamSample], islands: int) -> dict:
    """Return moments island by island, (islands,) arrays.

    Rates EN, NE and EE, "employment", the "mean_size", "P50" and "P90" of firms that
    have workers, and the "mean_log_h" and "sd_log_h" of all who work.
    """
    found = {
        "employment": rates["employment"],
        "EN": rates["quits"] + rates["breaks"] + rates["deaths"],
        "NE": rates["NE"],
        "EE": rates["EE"],
    }
    sizes, levels = [[] for _ in range(islands)], [[] for _ in range(islands)]
    for sample in samples:
        firms = len(sample.n) // islands
        for island in range(islands):
            mine = sample.rows(slice(island * firms, (island + 1) * firms))
            sizes[island].append(mine.n[mine.n > 0])
            levels[island].append(mine.x[mine.taken])
    size = [np.concatenate(part) for part in sizes]
    level = [np.concatenate(part) for part in levels]
    found["mean_size"] = np.array([part.mean() for part in size])
    for name, share in (("P50", 0.5), ("P90", 0.9)):
        found[name] = np.array([np.quantile(part, share) for part in size])
    found["mean_log_h"] = np.array([part.mean() for part in level])
    found["sd_log_h"] = np.array([part.std() for part in level])
    return found


def check_preset(preset: Preset, economy: Economy) -> None:
    """Refuse sizes that cannot be."""
    workers = economy.workers_per_firm * preset.firms
    if workers < 2 * economy.max_team_size:
        raise ValueError(
            f"firms = {preset.firms} on an island have {workers:.0f} workers: take"
            f" more, so that a team of {economy.max_team_size} is few of them."
        )
    if economy.retirement_rate == 0:
        raise ValueError(
            "retirement_rate = 0 leaves the number of workers and their human capital"
            " to the start: give a positive rate."
        )
    least = min(preset.rows, preset.final_rows)
    if least < preset.features:
        raise ValueError(
            f"rows = {least} are fewer than features = {preset.features}, which they"
            " could not tell apart: take more rows, or fewer features."
        )
    room = Basis(scale_of(economy)).size(economy.max_team_size) + preset.units
    if preset.units and preset.features < room:
        raise ValueError(
            f"features = {preset.features} leave out units = {preset.units} of the deep"
            f" set, some or all, as they come last: take features = {room}, or units"
            " = 0."
        )
    if preset.nodes < 4 and economy.sd_log_productivity > 0:
        raise ValueError(
            f"nodes = {preset.nodes} are too few for a spline in log z: take 4 or more."
        )
