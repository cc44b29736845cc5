"""Deep sets: networks whose value is a set's, whatever the order of its members.

    ψ(X) = tanh(W₂ [Σᵢ φ(xᵢ)/n, moments, q, n] + b₂),   φ(xᵢ) = tanh(W₁ xᵢ + b₁)

The embedding Σφ is linear under adding and removing a worker, so that all neighbours of
a team cost one φ each.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jobteams_lab.large_firms import team_basis
from jobteams_lab.large_firms.team_basis import Scale

SIDE = team_basis.MOMENTS + 3  # inputs of the outer layer besides the embedding


class DeepSet(NamedTuple):
    """Weights of a deep set; a pytree, so that JAX differentiates through it.

    Attributes
    ----------
    inner_weights : (2, D) array
        W₁, on log h and log a in units of the scale.
    inner_bias : (D,) array
    outer_weights : (D + SIDE, H) array
        W₂.
    outer_bias : (H,) array
    """

    inner_weights: jax.Array
    inner_bias: jax.Array
    outer_weights: jax.Array
    outer_bias: jax.Array

    @classmethod
    def random(cls, seed: int, embedding: int, units: int) -> DeepSet:
        """Return a network with random weights, in float64.

        Parameters
        ----------
        seed : int
        embedding, units : int
            D and H.
        """
        rng = np.random.default_rng(seed)
        slope = np.array([[1.0], [0.4]])
        return cls(
            slope * rng.normal(size=(2, embedding)),
            1.5 * rng.normal(size=embedding),
            rng.normal(size=(embedding + SIDE, units))
            * np.concatenate(
                [np.full(embedding, 4 / np.sqrt(embedding)), np.full(SIDE, 0.3)]
            )[:, None],
            0.5 * rng.normal(size=units),
        )

    @property
    def units(self) -> int:
        """H."""
        return self.outer_bias.shape[-1]

    def member(self, x, y, scale: Scale):
        """φ of workers, (..., D), from log h and log a."""
        u = team_basis.unit(x, scale.x)[..., None]
        v = team_basis.unit(y, scale.y)[..., None]
        inside = u * self.inner_weights[0] + v * self.inner_weights[1]
        return jnp.tanh(inside + self.inner_bias)

    def embed(self, x, y, n, scale: Scale):
        """Return Σᵢ φ(xᵢ), (..., D)."""
        taken = jnp.arange(x.shape[-1]) < n[..., None]
        return jnp.where(taken[..., None], self.member(x, y, scale), 0).sum(-2)

    def units_of(self, x, y, n, log_q, scale: Scale):
        """Return ψ of teams, (..., H); zero for teams of less than two."""
        many = jnp.maximum(n, 1).astype(x.dtype)[..., None]
        pooled = self.embed(x, y, n, scale) / many
        best_first, _, taken = team_basis.ordered(x, y, n)
        u = jnp.where(taken, team_basis.unit(best_first, scale.x), 0)
        moments = team_basis.l_moments(u, n)
        side = jnp.stack(
            [
                team_basis.unit(log_q, scale.q),
                jnp.where(n > 0, jnp.where(taken, u, jnp.inf).min(-1), 0),
                n.astype(x.dtype) / x.shape[-1] + 0 * log_q,
            ],
            -1,
        )
        inside = jnp.concatenate([pooled, moments, side], -1) @ self.outer_weights
        return jnp.tanh(inside + self.outer_bias) * (n > 1)[..., None]


@partial(jax.tree_util.register_dataclass, data_fields=["deep"], meta_fields=["scale"])
@dataclass(frozen=True, eq=False)
class Basis:
    """The functions of a team that a value is a combination of.

    Attributes
    ----------
    scale : Scale
    deep : DeepSet or None
        Its units come after the analytic part.
    """

    scale: Scale
    deep: DeepSet | None = None

    def __call__(self, x, y, n, log_q):
        """Return the features of teams, (..., B); see `team_basis.features`."""
        known = team_basis.features(x, y, n, log_q, self.scale)
        if self.deep is None:
            return known
        units = self.deep.units_of(x, y, n, log_q, self.scale)
        return jnp.concatenate([known, units.astype(known.dtype)], -1)

    def size(self, places: int) -> int:
        """B, for teams of up to `places` workers."""
        # as an argument: as a constant it would be baked in at this precision
        shape = jax.eval_shape(
            lambda basis, *team: basis(*team),
            self,
            *[jax.ShapeDtypeStruct((places,), np.float32)] * 2,
            jax.ShapeDtypeStruct((), np.int32),
            jax.ShapeDtypeStruct((), np.float32),
        )
        return shape.shape[-1]
