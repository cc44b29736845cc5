"""Functions of a worker in a team: they see him, and the set of those beside him.

A batch is ``x`` and ``y`` (..., N), ``n`` (...) and ``log_q`` (...) as for teams, with
the worker in place 0; the order of the others does not matter.
"""

from __future__ import annotations

import jax.numpy as jnp

from jobteams_lab.large_firms import team_basis
from jobteams_lab.large_firms.team_basis import Scale, unit

TEAM = 33  # the first features of the team: to products of two moments


def features(x, y, n, log_q, scale: Scale):
    """Return functions of a worker in his team, (..., B).

    From the first to the last that a small basis would leave out: those of the team, to
    products of two moments; of the worker, log h to the third power, log a, what he
    learns next, his distance to the mean, h and what he adds to output; products of
    these with the team's moments and the firm's environment, of two and of three; and
    what is left of the team's.
    """
    team = team_basis.features(x, y, n, log_q, scale)
    best_first, _, taken = team_basis.ordered(x, y, n)
    ranked = jnp.where(taken, unit(best_first, scale.x), 0)
    moments = jnp.moveaxis(team_basis.l_moments(ranked, n), -1, 0)
    mean, spread, skew, tails = moments
    u, v, q = unit(x[..., 0], scale.x), unit(y[..., 0], scale.y), unit(log_q, scale.q)
    lesson = (team_basis.learn(x, y, n, log_q, scale) - x)[..., 0]
    lesson = lesson / max(scale.x[1], 1e-9)
    away = u - mean
    others = team_basis.output(x[..., 1:], n - 1, scale)
    adds = team_basis.output(x, n, scale) - others
    own = (
        *(u, u * u, u**3, v, u * v, lesson, lesson * u, away * jnp.abs(away)),
        *(jnp.exp(x[..., 0]), adds, u * mean, u * spread, u * skew, u * q, v * mean),
        *(u * u * mean, lesson * spread),
        *(u * u * spread, u * mean * mean, u * mean * spread, u * u * q),
        *(u * mean * q, u * spread * q, lesson * mean, lesson * q, adds * mean),
        *(adds * spread, adds * q, adds * u, v * q, v * v, v * spread, u * tails),
    )
    parts = team[..., :TEAM], jnp.stack(own, -1), team[..., TEAM:]
    return jnp.concatenate(parts, -1)
