"""The Bellman equation at chosen teams, written in features of a team's neighbours.

At a team of n workers the equation reads V there, after a learning event, without each
worker and with each type of worker who may be met. All are linear in the coefficients
of the basis for n − 1, n and n + 1 workers.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jobteams_lab.large_firms import team_basis
from jobteams_lab.large_firms.devices import Devices, gather
from jobteams_lab.large_firms.meeting_tables import Market, Tables, gains
from jobteams_lab.large_firms.networks import Basis
from jobteams_lab.large_firms.rates import Rates
from jobteams_lab.large_firms.team_sample import TeamSample

SMALL = 0.2  # a residual counts relative to at least so much of the median V


class Rows(NamedTuple):
    """R teams of one size and the features of their neighbours.

    Attributes
    ----------
    own, learnt : (R, B) arrays
    less : (R, N, B) array
        Without each worker; zeros in empty places.
    more : (R, M, B) array
        With a worker of each node; zeros for full teams.
    output : (R,) array
        At z = 1.
    outside : (R, N) array
        U of the workers; zeros in empty places.
    size : () array of int
        n.
    """

    own: jax.Array
    learnt: jax.Array
    less: jax.Array
    more: jax.Array
    output: jax.Array
    outside: jax.Array
    size: jax.Array


class Numbers(NamedTuple):
    """The rates that the equation reads."""

    discount: jax.Array  # ρ
    death: jax.Array  # δ_f
    retire: jax.Array  # δ_r
    breaks: jax.Array  # δ_m
    learn: jax.Array  # γ
    quits: jax.Array  # λ + ψ^E
    income: jax.Array  # b/(ρ + δ_r)

    @classmethod
    def of(cls, rates: Rates) -> Numbers:
        """Return the numbers of an economy."""
        return cls(
            rates.discount_rate,
            rates.firm_death_rate,
            rates.retirement_rate,
            rates.match_break_rate,
            rates.learning_event_rate,
            rates.renegotiation_rate + rates.contact_rate_employed,
            rates.nonemployment_value(1.0),
        )


features = jax.jit(lambda basis, x, y, n, log_q: basis(x, y, n, log_q))


def rows_of(
    basis: Basis,
    turns,
    numbers: Numbers,
    market: Market,
    x,
    y,
    n: int,
    log_q,
    devices: Devices,
) -> Rows:
    """Return the `Rows` of teams of n workers.

    Parameters
    ----------
    turns : (N + 1, B, K) array
        What turns the basis' features into those of the rows, for each size.
    """
    many, places = x.shape
    log_q = devices.spread(log_q)

    def at(x, y, n):
        sizes = devices.spread(np.full(many, n, np.int32))
        return features(basis, *map(devices.spread, (x, y)), sizes, log_q) @ turns[n]

    nothing = devices.spread(np.zeros((many, turns.shape[-1])))
    sizes = np.full(many, n, np.int32)
    lesson = gather(lessons(basis, x, y, sizes, log_q))
    less, more = [nothing] * places, [nothing] * len(market.x)
    for i in range(n):
        behind = np.minimum(np.arange(places) + (np.arange(places) >= i), places - 1)
        less[i] = at(x[:, behind], y[:, behind], n - 1)
    if n < places:
        for m in range(len(market.x)):
            with_him = x.copy(), y.copy()
            with_him[0][:, n], with_him[1][:, n] = market.x[m], market.y[m]
            more[m] = at(*with_him, n + 1)
    taken = np.arange(places) < n
    return Rows(
        at(x, y, n),
        at(lesson, y, n),
        jnp.stack(less, 1),
        jnp.stack(more, 1),
        devices.spread(team_basis.output(jnp.asarray(x), sizes, basis.scale)),
        devices.spread(numbers.income * np.where(taken, np.exp(x), 0)),
        np.int32(n),
    )


@jax.jit
def lessons(basis: Basis, x, y, n, log_q):
    """Return log h after a learning event."""
    return team_basis.learn(x, y, n, log_q, basis.scale)


class Terms(NamedTuple):
    """The equation at R teams and Z kinds of firms.

    Attributes
    ----------
    value, residual : (R, Z) arrays
        V, and the right side minus ρV.
    losing : (R, N, Z) array
        Rates at which each worker leaves to nonemployment.
    hiring : (R, Z, M) array
        Rates at which the firm hires each type.
    """

    value: jax.Array
    residual: jax.Array
    losing: jax.Array
    hiring: jax.Array


def terms(rows: Rows, low, own, high, table: Tables, met_outside, numbers, z) -> Terms:
    """Return the Bellman equation at rows, for coefficients of n − 1, n, n + 1 workers.

    Parameters
    ----------
    rows : Rows
    low, own, high : (Z, B) arrays
    table : Tables
    met_outside : (M,) array
        U of the nodes.
    numbers : Numbers
    z : (Z,) array
    """
    value = rows.own @ own.T
    learnt = rows.learnt @ own.T
    places = rows.less.shape[1]
    taken = (jnp.arange(places) < rows.size)[:, None]
    surplus = value[:, None] - rows.less @ low.T - rows.outside[:, :, None]
    losing = numbers.retire + numbers.breaks + numbers.quits * (surplus < 0)
    losing = losing * taken
    dead = (numbers.death - numbers.retire) * rows.outside[:, :, None]
    offered = jnp.einsum("rmb,zb->rzm", rows.more, high)
    gain, hiring = gains(table, offered - value[:, :, None] - met_outside)
    meetings = jnp.where(rows.size < places, 1 + rows.size, 0)
    residual = (
        rows.output[:, None] * z
        + numbers.learn * (learnt - value)
        - (numbers.discount + numbers.death) * value
        + (dead - losing * surplus).sum(1)
        + meetings * gain.sum(-1)
    )
    return Terms(value, residual, losing, meetings * hiring)


@partial(jax.jit, static_argnames="square")
def normal_equations(
    rows, low, own, high, table, met_outside, numbers, z, weight, square=True
):
    """Return ΣAᵀr and ΣAᵀA (or None) at rows, for Newton's step by least squares.

    A is minus the derivative of the residual with respect to (low, own, high), policies
    fixed, and r the residual, both over ρV and times the square root of the weight.

    Parameters
    ----------
    weight : (Z,) array
        Of all rows together, for each z.
    """
    now = terms(rows, low, own, high, table, met_outside, numbers, z)
    size = jnp.abs(now.value)
    size = jnp.maximum(size, SMALL * jnp.median(size, axis=0))
    scale = jnp.sqrt(weight / rows.own.shape[0]) / (numbers.discount * size)
    still = numbers.discount + numbers.death + numbers.learn
    error = now.residual * scale

    def node(which):
        losing, hiring = now.losing[:, :, which], now.hiring[:, which]
        diagonal = still + losing.sum(1) + hiring.sum(1)
        parts = (
            -jnp.einsum("ri,rib->rb", losing, rows.less),
            diagonal[:, None] * rows.own - numbers.learn * rows.learnt,
            -jnp.einsum("rm,rmb->rb", hiring, rows.more),
        )
        A = jnp.concatenate(parts, 1) * scale[:, which, None]
        right = A.T @ error[:, which]
        return (right, A.T @ A) if square else (right, None)

    right, left = jax.lax.map(node, jnp.arange(len(z)))
    return right, left


def sample_rows(sample: TeamSample, size: int, many: int, rng: np.random.Generator):
    """Return (x, y, log q) of teams of one size: what is seen, and what might be.

    Six in ten are teams of the sample, or of the next size that it has, with workers
    added or taken out. In two in ten one worker is exchanged for another at random; in
    two in ten all are. Three in ten have another firm's environment.
    """
    all_x, all_y = sample.workers
    near = np.abs(sample.n - size)
    have = np.flatnonzero(near == near.min())
    pick = rng.choice(have, many, replace=len(have) < many)
    x, y, n = sample.x[pick].copy(), sample.y[pick].copy(), sample.n[pick]

    def anybody(shape):
        who = rng.integers(len(all_x), size=shape)
        return all_x[who], all_y[who]

    new = (np.arange(sample.places) >= n[:, None]) & (np.arange(sample.places) < size)
    strange = np.zeros_like(new)
    strange[int(0.8 * many) :, :size] = True
    if size:
        one = np.arange(int(0.6 * many), int(0.8 * many))
        strange[one, rng.integers(size, size=len(one))] = True
    fresh = anybody(new.shape)
    x, y = (
        np.where(new | strange, f, old) for f, old in zip(fresh, (x, y), strict=True)
    )
    log_q = sample.log_q[pick].copy()
    moved = rng.random(many) < 0.3
    log_q[moved] = rng.choice(sample.log_q, moved.sum())
    keep = np.arange(sample.places) < size
    return np.where(keep, x, 0), np.where(keep, y, 0), log_q


@jax.jit
def residuals_at(rows, coefficients, share, table, met_outside, numbers, z):
    """Return (R, V) of rows in the basis' own features, each at its own z.

    Parameters
    ----------
    coefficients : (3, Z, B) array
        For n − 1, n and n + 1 workers.
    share : (R, Z) array
        What the nodes count at each row's z.
    z : (R,) array
    """

    def one(rows, share, z):
        rows = jax.tree.map(lambda part: part[None], rows)
        low, own, high = jnp.einsum("z,kzb->kb", share, coefficients)[:, None]
        rows = rows._replace(size=size)
        found = terms(rows, low, own, high, table, met_outside, numbers, z[None])
        return found.residual[0, 0], found.value[0, 0]

    size = rows.size
    return jax.vmap(one)(rows._replace(size=jnp.zeros(len(z), jnp.int32)), share, z)
