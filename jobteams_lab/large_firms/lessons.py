"""Teams for networks to learn from: their Bellman equation at given meetings.

Whatever does not depend on a network's weights is computed once: the neighbours of each
team, what the outer layer reads of them besides the embedding, and a rough V₀ there.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jobteams_lab.large_firms import firm_grid, team_basis
from jobteams_lab.large_firms.bellman_rows import Numbers, sample_rows
from jobteams_lab.large_firms.meeting_tables import Market, Tables
from jobteams_lab.large_firms.team_basis import Scale, scale_of
from jobteams_lab.large_firms.team_sample import TeamSample
from jobteams_lab.large_firms.value_network import Lessons, Meetings
from jobteams_lab.large_firms.value_search import (
    Problem,
    newton_step,
    ridge_factor,
)

EVERYWHERE = 0.3  # of the teams are spread evenly over sizes, and of z over firms
ROUGH_FEATURES = 5
ROUGH_ROWS = 128
ROUGH_ROUNDS = 12
ROUGH = 0.01  # the change of V at which V₀ is rough enough
CHUNK = 2**14


@partial(jax.tree_util.register_dataclass, data_fields=[], meta_fields=["scale"])
@dataclass(frozen=True)
class Roughly:
    """A basis of five functions of a team: 1, q, q² and output a worker, now and later.

    Attributes
    ----------
    scale : Scale
    """

    scale: Scale

    def __call__(self, x, y, n, log_q):
        """Return the features of teams, (..., 5)."""
        q = team_basis.unit(log_q, self.scale.q)
        many = jnp.maximum(n, 1)
        lesson = team_basis.learn(x, y, n, log_q, self.scale) - x
        outputs = [
            team_basis.output(x + k * lesson, n, self.scale) / many for k in (0, 5)
        ]
        return jnp.stack([1 + 0 * q, q, q * q, *outputs], -1)


class Task(NamedTuple):
    """The Bellman equation at given meetings, which all methods are to solve.

    Attributes
    ----------
    meetings : Meetings
    scale : Scale
    nodes : (Z,) array
        log z of `rough`.
    rough : (Z, N + 1, 5) array
        Coefficients of V₀ in the basis `Roughly`.
    centre : (2,) array
        Mean and spread of log z.
    """

    meetings: Meetings
    scale: Scale
    nodes: np.ndarray
    rough: np.ndarray
    centre: np.ndarray


def task_of(economy, sample: TeamSample, market: Market, table: Tables, nodes) -> Task:
    """Return the task at a market, with V₀ by policy iteration on five features.

    Parameters
    ----------
    economy : Economy
    sample : TeamSample
        Around which V₀ is fitted.
    market : Market
    table : Tables
        Made with the surpluses of a solution; they stay.
    nodes : (Z,) array
        log z.
    """
    scale = scale_of(economy)
    problem = Problem.of(
        economy,
        Roughly(scale),
        nodes,
        market,
        sample,
        ROUGH_ROWS,
        ROUGH_FEATURES,
        np.random.default_rng(0),
    )
    own = problem.whitened(
        Roughly(scale), _guess(problem.numbers, sample.places, nodes)
    )
    for improved, change in policy_iteration(problem, table, own, ROUGH_ROUNDS):
        own = improved
        if change < ROUGH:
            break
    centre = np.array([sample.log_z.mean(), max(sample.log_z.std(), 1e-9)])
    outside = problem.numbers.income * np.exp(market.x)
    meetings = Meetings(market.x, market.y, outside, table, problem.numbers)
    return Task(meetings, scale, nodes, problem.coefficients(own), centre)


def policy_iteration(problem: Problem, table: Tables, own: np.ndarray, rounds: int):
    """Yield whitened coefficients and the change of V after each Newton step.

    The tables stay; `Problem.solve` is the search in which they move with V.
    """
    for _ in range(rounds):
        right, left = problem.equations(own, table, True)
        step = np.asarray(newton_step(ridge_factor(left), right)).reshape(own.shape)
        own = own + step
        yield own, problem.change(step, own)


def _guess(numbers: Numbers, places: int, nodes) -> np.ndarray:
    # what output is worth, twice over, and a place a third of a worker
    lasts = 1 / (numbers.discount + numbers.death + numbers.retire + numbers.breaks)
    sizes = np.arange(places + 1)
    value = np.zeros((len(nodes), places + 1, ROUGH_FEATURES))
    value[:, :, 0] = 2 * lasts * np.exp(nodes)[:, None] * (1 + 0.3 * sizes)
    value[:, :, 3] = lasts * np.exp(nodes)[:, None] * sizes
    return value


def draw(sample: TeamSample, many: int, rng: np.random.Generator):
    """Return (x, y, n, log q, log z) of teams of every size, drawn around a sample.

    Sizes are as frequent as in the sample, but for three in ten that are spread
    evenly; log z is that of a firm of the size, and in three of ten of any firm.
    """
    shares = np.bincount(sample.n, minlength=sample.places + 1) / len(sample.n)
    shares = (1 - EVERYWHERE) * shares + EVERYWHERE / len(shares)
    counts = np.diff(np.round(np.append(0, np.cumsum(shares)) * many).astype(int))
    found = []
    for size, count in enumerate(counts):
        x, y, log_q = sample_rows(sample, size, int(count), rng)
        near = np.abs(sample.n - size)
        log_z = rng.choice(sample.log_z[near == near.min()], count)
        anywhere = rng.random(count) < EVERYWHERE
        log_z[anywhere] = rng.choice(sample.log_z, anywhere.sum())
        found.append((x, y, np.full(count, size), log_q, log_z))
    mixed = rng.permutation(many)
    return [np.concatenate(part)[mixed] for part in zip(*found, strict=True)]


def lessons_of(task: Task, x, y, n, log_q, log_z) -> Lessons:
    """Return the lessons of R teams: padded (R, N) arrays and (R,) arrays."""
    found = []
    for start in range(0, len(n), CHUNK):
        part = slice(start, start + CHUNK)
        found.append(_lessons(task, *(a[part] for a in (x, y, n, log_q, log_z))))
    return Lessons(*(np.concatenate(part) for part in zip(*found, strict=True)))


def _lessons(task: Task, x, y, n, log_q, log_z) -> Lessons:
    teams, places = x.shape
    place = np.arange(places)
    n = n.astype(np.int32)
    learnt = np.asarray(_learn(x, y, n, log_q, task.scale))
    # P teams in a row: (R, P, N)
    xs, ys, sizes = [x, learnt], [y, y], [n, n]
    for i in range(places):
        behind = np.minimum(place + (place >= i), places - 1)
        xs.append(x[:, behind])
        ys.append(y[:, behind])
        sizes.append(np.maximum(n - 1, 0))
    for node_x, node_y in zip(task.meetings.x, task.meetings.y, strict=True):
        new = place == n[:, None]
        xs.append(np.where(new, node_x, x))
        ys.append(np.where(new, node_y, y))
        sizes.append(np.minimum(n + 1, places))
    share = firm_grid.weights(task.nodes, log_z)
    rough = np.einsum("rz,znb->rnb", share, task.rough)
    side, value = [], []
    for x_p, y_p, n_p in zip(xs, ys, sizes, strict=True):
        inputs, basis = _side(x_p, y_p, n_p, log_q, task.scale)
        side.append(np.asarray(inputs))
        value.append((np.asarray(basis) * rough[np.arange(teams), n_p]).sum(-1))
    side = np.stack(side, 1)
    level = ((log_z - task.centre[0]) / task.centre[1])[:, None, None]
    level = np.broadcast_to(level, (*side.shape[:2], 1))
    of_size = np.eye(places + 1)[np.stack(sizes, 1)]
    z, taken = np.exp(log_z), place < n[:, None]
    made = np.asarray(team_basis.output(jnp.asarray(x), n, task.scale))
    outside = task.meetings.numbers.income * np.where(taken, np.exp(x), 0)
    return Lessons(
        x,
        y,
        learnt,
        np.concatenate([side, level, of_size], -1),
        np.stack(value, 1),
        z * made,
        outside,
        z,
        n,
    )


@partial(jax.jit, static_argnames="scale")
def _learn(x, y, n, log_q, scale):
    return team_basis.learn(x, y, n, log_q, scale)


@partial(jax.jit, static_argnames="scale")
def _side(x, y, n, log_q, scale):
    # as `DeepSet.units_of`, but once for all: networks are trained on the same teams
    best_first, _, taken = team_basis.ordered(x, y, n)
    u = jnp.where(taken, team_basis.unit(best_first, scale.x), 0)
    worst = jnp.where(n > 0, jnp.where(taken, u, jnp.inf).min(-1), 0)
    level = team_basis.unit(log_q, scale.q)
    beside = jnp.stack([level, worst, n / x.shape[-1]], -1)
    inputs = jnp.concatenate([team_basis.l_moments(u, n), beside], -1)
    return inputs, Roughly(scale)(x, y, n, log_q)
