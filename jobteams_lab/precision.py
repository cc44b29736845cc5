"""Double precision in JAX where a computation needs it, and only there."""

from __future__ import annotations

import jax


def double():
    """Return a context in which JAX computes with 64 bits.

    It touches no global setting, so that a program of the caller's keeps its own.
    """
    if hasattr(jax, "enable_x64"):
        return jax.enable_x64(True)
    from jax.experimental import enable_x64

    return enable_x64()
