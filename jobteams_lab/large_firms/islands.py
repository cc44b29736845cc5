"""A simulated economy that goes on and on: its start, its years and its snapshots."""

from __future__ import annotations

from dataclasses import replace

import jax
import numpy as np
from scipy.stats import norm, qmc

from jobteams_lab.large_firms import firm_grid, simulate_teams
from jobteams_lab.large_firms.bellman_rows import features
from jobteams_lab.large_firms.devices import gather
from jobteams_lab.large_firms.simulate_teams import COUNTS, Clocks, Firms, State
from jobteams_lab.large_firms.team_sample import TeamSample
from jobteams_lab.precision import double

STEPS = 200  # steps that go to the device at once
LANES = 16  # firms for each event of a step
STARTS = ("jobless", "crowded")


def stratified_firms(economy, firms: int, islands: int, seed: int):
    """Return log z and log q, (islands, firms), a stratified sample of G_f.

    A scrambled Sobol sequence an island whose margins have one firm in each of as many
    bins of equal probability.
    """
    answer = np.empty((2, islands, firms))
    for island in range(islands):
        rng = np.random.default_rng([seed, island])
        # SciPy warns of numbers that are no power of two; the first of more are as good
        points = qmc.Sobol(2, seed=rng).random_base2((firms - 1).bit_length())
        ranks = points[:firms].argsort(0).argsort(0)
        first, second = norm.ppf((ranks + 0.5) / firms).T
        r = economy.firm_correlation
        second = r * first + np.sqrt(1 - r * r) * second
        answer[0, island] = first * economy.sd_log_productivity
        answer[1, island] = second * economy.sd_log_environment
    answer[0] += economy.mean_log_productivity
    answer[1] += economy.mean_log_environment
    return answer


class Islands:
    """The islands of a simulation.

    Parameters
    ----------
    economy : Economy
    basis : Basis
    nodes : (Z,) array
        log z of the nodes of V.
    log_z, log_q : (islands, firms) arrays
    seed : int
    start : "jobless", "crowded" or TeamSample
        Nobody has a job, or the firms with the highest z are full of newborns, or
        firms have teams of firms of like z in a sample.
    dtype : dtype
    devices : Devices
    """

    def __init__(
        self, economy, basis, nodes, log_z, log_q, seed, start, dtype, devices
    ):
        self.economy, self.basis, self.nodes = economy, basis, nodes
        self.log_z, self.log_q = log_z, log_q
        self.dtype, self.place = np.dtype(dtype), devices.spread
        self.state = jax.tree.map(self.place, self._begin(seed, start))
        self.quits = True

    @property
    def shape(self) -> tuple[int, int]:
        """(islands, firms)."""
        return self.log_z.shape

    def _begin(self, seed: int, start) -> State:
        islands, firms = self.shape
        places = self.economy.max_team_size
        workers = round(self.economy.workers_per_firm * firms)
        lanes = max(firms // LANES, 1)
        rng = np.random.default_rng([seed, 77])
        h, a = self.economy.sample_workers(islands * workers, rng)
        firm = np.full((islands, workers), firms, np.int32)
        members = np.full((islands, firms, places), workers, np.int32)
        size = np.zeros((islands, firms), np.int32)
        x = np.log(h).reshape(islands, workers)
        y = np.log(a).reshape(islands, workers)
        if isinstance(start, TeamSample):
            for island in range(islands):
                found = _seats(start, self.log_z[island], workers, rng)
                taken = np.arange(places) < found.n[:, None]
                size[island] = found.n
                members[island][taken] = np.arange(found.n.sum())
                firm[island, : found.n.sum()] = np.nonzero(taken)[0]
                x[island], y[island] = found.workers
        elif start == "crowded":
            full = min(int(0.9 * workers) // places, firms)
            best = np.argsort(-self.log_z, axis=1)[:, :full]
            who = np.arange(full * places, dtype=np.int32).reshape(full, places)
            for island in range(islands):
                members[island, best[island]] = who
                size[island, best[island]] = places
                firm[island, who.ravel()] = np.repeat(best[island], places)
        keys = rng.integers(2**32, size=(islands, 2), dtype=np.uint32)
        shape = islands, lanes
        whole = np.zeros(shape, np.int32)
        return State(
            x.astype(self.dtype),
            y.astype(self.dtype),
            firm,
            members,
            size,
            np.zeros((islands, firms), self.dtype),
            keys,
            np.zeros(shape, bool),
            whole,
            whole,
            np.zeros(shape, self.dtype),
            whole,
            rng.integers(2**32, size=(islands, 2), dtype=np.uint32),
        )

    def firms(self, coefficients: np.ndarray) -> Firms:
        """Return the firms with V from its coefficients, (Z, N + 1, B)."""
        islands, firms = self.shape
        share = firm_grid.weights(self.nodes, self.log_z.ravel())
        table = np.einsum("fz,znb->fnb", share, coefficients, optimize=True)
        table = table.reshape(islands, firms, *coefficients.shape[1:])
        nobody = np.zeros((islands, firms, self.economy.max_team_size))
        none = np.zeros((islands, firms), np.int32)
        known = features(self.basis, nobody, nobody, none, self.log_q)
        empty = (gather(known) * table[:, :, 0]).sum(-1)
        parts = (self.log_z, self.log_q, table, empty)
        return Firms(*[self.place(part.astype(self.dtype)) for part in parts])

    def advance(self, coefficients, years: float, tell=lambda years: None):
        """Let years pass under the policies of V; return rates of what happened.

        Returns
        -------
        dict
            (islands,) arrays: years, and EE, quits, breaks, deaths a year and an
            employed worker, NE a year and a nonemployed worker.
        """
        firms = self.firms(coefficients)
        clocks = Clocks.of(self.economy, self.quits, self.dtype)
        workers, total = self.state.x.shape[1], self.events_a_year
        counts, steps = 0.0, 0
        while np.min(counts[:, 6] if steps else 0.0) < years * total:
            self.state, more = simulate_teams.advance(
                self.state, firms, clocks, self.basis, STEPS
            )
            counts, steps = counts + gather(more).astype(float), steps + STEPS
            tell(float(counts[:, 6].min() / total))
        found = dict(zip(COUNTS, counts.T, strict=True))
        passed = found["clocks"] / total
        staff = found["staff"] / steps
        # where nobody works, or all do, nothing happened and the rate is 0
        at_risk = np.maximum(staff, 1e-9), np.maximum(workers - staff, 1e-9)
        rates = {
            name: found[name] / passed / at_risk[name == "NE"]
            for name in ("EE", "NE", "quits", "breaks", "deaths")
        }
        return {"years": passed, "employment": staff / workers, **rates}

    def record(self, firms: Firms, steps: int):
        """Take some steps; return a `Record` of all that happened.

        Parameters
        ----------
        firms : Firms
            From the method of that name.
        """
        clocks = Clocks.of(self.economy, self.quits, self.dtype)
        self.state, records = simulate_teams.advance_recorded(
            self.state, firms, clocks, self.basis, steps
        )
        return records

    @property
    def events_a_year(self) -> float:
        """How many clocks ring a year on an island."""
        with double():
            clocks = Clocks.of(self.economy, self.quits, self.dtype)
        workers, firms = self.state.x.shape[1], self.shape[1]
        return workers * float(clocks.worker) + firms * float(clocks.firm)

    def sample(self) -> TeamSample:
        """Return the cross-section now, island by island."""
        state = State(*[gather(part) for part in self.state])
        islands, firms = self.shape
        taken = np.arange(state.members.shape[2]) < state.size[:, :, None]
        who = np.where(taken, state.members, 0)
        at = np.arange(islands)[:, None, None]
        x, y = (
            np.where(taken, part[at, who], 0).reshape(islands * firms, -1)
            for part in (state.x, state.y)
        )
        idle = state.firm == firms
        return TeamSample(
            self.log_z.ravel(),
            self.log_q.ravel(),
            x.astype(float),
            y.astype(float),
            state.size.ravel().astype(int),
            state.x[idle].astype(float),
            state.y[idle].astype(float),
        )


def _seats(sample: TeamSample, log_z, workers: int, rng) -> TeamSample:
    # A team for each firm, of one whose rank in z is the same, and as many nonemployed
    # as there are workers left.
    rank = log_z.argsort().argsort()
    at = (rank + rng.random(len(log_z))) / len(log_z) * len(sample.n)
    found = sample.rows(np.argsort(sample.log_z, kind="stable")[at.astype(int)])
    fits = rng.permutation(len(log_z))
    fits = fits[np.cumsum(found.n[fits]) <= workers]
    n = np.zeros_like(found.n)
    n[fits] = found.n[fits]
    idle = workers - n.sum()
    x, y = sample.nonemployed_x, sample.nonemployed_y
    if not len(x):  # all have a job: anybody will do
        x, y = sample.workers
    some = rng.integers(len(x), size=idle)
    return replace(found, n=n, nonemployed_x=x[some], nonemployed_y=y[some])
