"""What both engines of the simulation share: tables, first state and random draws.

Every worker has a clock of rate Λ = δ_r + max(ψ^E + λ + δ_m, ψ^N) and every firm one of
rate γ + δ_f, so the times of events are a Poisson process of constant rate, and what
happens then, perhaps nothing, is decided by uniforms whose order is fixed: the columns
of `draws`. Whoever reads the same uniforms in the same order sees the same history.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from jobteams_lab.large_firms.finite_equilibrium import Equilibrium
from jobteams_lab.large_firms.finite_learning import log_growth, rounding

KINDS = (
    "nothing",
    "hire",  # out of nonemployment
    "move",  # from firm to firm
    "quit",
    "break",
    "retirement",  # of workers with and without a job
    "firm death",
    "learning",
    "renegotiation",  # after which the worker stays
    "meeting",  # likewise
)
NOTHING, HIRE, MOVE, QUIT, BREAK, RETIRE, DEATH, LEARN, RENEGOTIATE, MEET = range(10)
# The columns of a record; firms and workers are slots, −1 where there is none. `rung`
# is the team beside the worker (of a dying or learning firm: its team), `other` the
# firm met and `beside` its team (of a learning firm: its new team).
RECORD = ("kind", "worker", "type", "firm", "rung", "other", "beside")

# The columns of the uniforms: who, what, two choices, then candidates for a meeting.
# Learning takes those after the second, one a worker of the team.
WHO, WHAT, FIRST, SECOND, CANDIDATES = range(5)
MISSED = 1e-6  # share of meetings that may find no candidate


class Rules(NamedTuple):
    """The tables and numbers that say what happens; arrays are contiguous."""

    upper: np.ndarray  # (M1, K)
    lower: np.ndarray  # (M, K)
    sizes: np.ndarray  # (M,)
    surplus: np.ndarray  # (K, T, M1)
    below: np.ndarray  # (G, M, K), worker type after learning if rounded down
    up: np.ndarray  # (G, M, K), chance to be rounded up to the next human capital
    group: np.ndarray  # (T,), the learning environment of each firm type
    newborn: np.ndarray  # (K,), cumulated shares
    tie: float
    width: float
    step: int  # from a worker type to the one with the next human capital
    retire: float  # as shares of a worker's clock, cumulated
    meets_nonemployed: float
    meets_employed: float
    renegotiates: float
    breaks: float
    death: float  # as a share of a firm's clock


class State(NamedTuple):
    """Where everybody is, and since which event: the engines change these arrays."""

    worker_type: np.ndarray  # (workers,)
    worker_firm: np.ndarray  # (workers,), −1 without a job
    firm_type: np.ndarray  # (firms,)
    team: np.ndarray  # (firms,)
    members: np.ndarray  # (firms, N) workers in the order of their slots, then −1
    worker_since: np.ndarray  # (workers,)
    firm_since: np.ndarray  # (firms,)
    occupied: np.ndarray  # (T, M), events that found a firm in each state
    idle: np.ndarray  # (K,), events times nonemployed workers of each type


class Clocks(NamedTuple):
    """Rates of the clocks and the numbers of those who have them."""

    worker: float
    firm: float
    workers: int
    firms: int

    @property
    def total(self) -> float:
        """Events a year."""
        return self.worker * self.workers + self.firm * self.firms


def clocks(equilibrium: Equilibrium, firms: int) -> Clocks:
    """Return the clocks of a simulation with so many firms."""
    economy = equilibrium.economy
    employed = (
        economy.contact_rate_employed
        + economy.renegotiation_rate
        + economy.match_break_rate
    )
    worker = economy.retirement_rate + max(employed, economy.contact_rate_nonemployed)
    firm = economy.learning_event_rate + economy.firm_death_rate
    return Clocks(worker, firm, round(economy.workers_per_firm * firms), firms)


def rules(equilibrium: Equilibrium) -> Rules:
    """Return the tables of an equilibrium's policies."""
    economy, teams = equilibrium.economy, equilibrium.problem.teams
    worker, firm = clocks(equilibrium, 1)[:2]
    environments, group = np.unique(economy.learning_environment, return_inverse=True)
    growth = log_growth(economy, teams.counts)
    rounded = [rounding(economy, growth, q) for q in environments]
    abilities = len(economy.ability)
    own = np.arange(economy.worker_types) % abilities
    below = np.stack([low * abilities + own for low, _ in rounded])
    retire = economy.retirement_rate
    meets = retire + economy.contact_rate_employed
    renegotiates = meets + economy.renegotiation_rate
    ladder = equilibrium.ladder
    return Rules(
        upper=np.ascontiguousarray(teams.upper, np.int32),
        lower=np.ascontiguousarray(teams.lower, np.int32),
        sizes=np.ascontiguousarray(teams.sizes, np.int32),
        surplus=np.ascontiguousarray(ladder.surplus),
        below=np.ascontiguousarray(below, np.int32),
        up=np.stack([up for _, up in rounded]),
        group=group.astype(np.int32),
        newborn=np.cumsum(economy.newborn_shares),
        tie=float(ladder.tie),
        width=float(ladder.width),
        step=abilities,
        retire=retire / worker,
        meets_nonemployed=(retire + economy.contact_rate_nonemployed) / worker,
        meets_employed=meets / worker,
        renegotiates=renegotiates / worker,
        breaks=(renegotiates + economy.match_break_rate) / worker,
        death=economy.firm_death_rate / firm,
    )


def candidates(equilibrium: Equilibrium) -> int:
    """Return how many candidates a meeting gets so that few find none.

    A candidate is a manager or a worker, and fails if he is nonemployed.
    """
    idle = float(equilibrium.cross_section.nonemployed.sum())
    chance = idle / (1 + equilibrium.economy.workers_per_firm)
    return max(2, math.ceil(math.log(MISSED) / math.log(chance)))


def columns(equilibrium: Equilibrium) -> int:
    """Return how many uniforms an event takes."""
    most = equilibrium.economy.max_team_size
    return max(CANDIDATES + candidates(equilibrium), FIRST + most)


def who(uniforms: np.ndarray, clock: Clocks) -> np.ndarray:
    """Return whose clock rings, a worker w or a firm as workers + f, (events,)."""
    # Here and not in the engines, whose compilers may round a sum of products otherwise
    ratio = clock.firm / clock.worker
    place = uniforms * (clock.workers + clock.firms * ratio)
    firm = clock.workers + np.floor((place - clock.workers) / ratio)
    found = np.where(place < clock.workers, place, firm).astype(np.int32)
    return np.minimum(found, clock.workers + clock.firms - 1)


def first_state(equilibrium: Equilibrium, firms: int, start: str, rng) -> State:
    """Return the state at the beginning, a stratified draw.

    Numbers of firms of each type are the nearest to their shares, and the firms of one
    type have teams at equal distances along their distribution.
    """
    economy, teams = equilibrium.economy, equilibrium.problem.teams
    workers = clocks(equilibrium, firms).workers
    firm_type = np.repeat(
        np.arange(economy.firm_types), _apportioned(economy.firm_shares, firms)
    )
    team = np.zeros(firms, np.int64)
    people = economy.newborn_shares
    if start == "stationary":
        people = equilibrium.cross_section.nonemployed
        for t, shares in enumerate(equilibrium.cross_section.firms):
            members = np.flatnonzero(firm_type == t)
            team[members] = rng.permutation(_stratified(shares, len(members), rng))
        # a draw of very few firms may hold more workers than there are
        after = np.cumsum(teams.sizes[team])
        team[after > workers] = 0
    counts = teams.counts[team]
    sizes = teams.sizes[team]
    employed = int(sizes.sum())
    members = np.full((firms, economy.max_team_size), -1, np.int32)
    places = np.arange(economy.max_team_size) < sizes[:, None]
    members[places] = np.arange(employed)
    kinds = np.tile(np.arange(economy.worker_types), firms)
    idle = rng.permutation(_stratified(people, workers - employed, rng))
    worker_firm = np.full(workers, -1, np.int32)
    worker_firm[:employed] = np.repeat(np.arange(firms), sizes)
    return State(
        np.append(np.repeat(kinds, counts.ravel()), idle).astype(np.int32),
        worker_firm,
        firm_type.astype(np.int32),
        team.astype(np.int32),
        members,
        np.zeros(workers, np.int64),
        np.zeros(firms, np.int64),
        np.zeros(equilibrium.problem.shape, np.int64),
        np.zeros(economy.worker_types, np.int64),
    )


def take_stock(state: State, now: int) -> tuple[np.ndarray, np.ndarray]:
    """Return `occupied` and `idle` up to event `now`, and begin them anew."""
    np.add.at(state.occupied, (state.firm_type, state.team), now - state.firm_since)
    idle = state.worker_firm < 0
    np.add.at(state.idle, state.worker_type[idle], now - state.worker_since[idle])
    found = state.occupied.copy(), state.idle.copy()
    state.firm_since[:], state.worker_since[:] = now, now
    state.occupied[:], state.idle[:] = 0, 0
    return found


def _apportioned(shares, number):
    # whole numbers with the given sum, the largest remainders rounded up
    counts = np.floor(shares * number).astype(int)
    order = np.argsort(counts - shares * number, kind="stable")
    counts[order[: number - counts.sum()]] += 1
    return counts


def _stratified(shares, number, rng):
    # a firm type of share 0 has no firms to draw, and no distribution either
    edges = np.cumsum(shares) / (np.sum(shares) or 1.0)
    points = (np.arange(number) + rng.random()) / max(number, 1)
    return np.minimum(np.searchsorted(edges, points, "right"), len(edges) - 1)
