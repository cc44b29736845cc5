"""A search for V and χ that takes seconds, and a program that runs it.

    python small_search.py checkpoint [islands] [address processes process]

writes the checkpoint and says which devices it saw. Chunks and reports are as many
teams as the rows, so that JAX compiles few shapes.
"""

import contextlib
import importlib
import sys
import warnings
from unittest import mock

from jobteams_lab.large_firms.economy import Economy
from jobteams_lab.large_firms.presets import Preset

ECONOMY = Economy.paper(max_team_size=2)
PRESET = Preset(
    islands=2,
    firms=64,
    nodes=4,
    types=3,
    rows=64,
    features=12,
    years=2.0,
    dates=1,
    window=2,
    rounds=6,
    final_years=2.0,
    final_dates=2,
    final_rows=64,
)
SEED = 3


def solver():
    """Return the module; the package's `solve` is the function."""
    return importlib.import_module("jobteams_lab.large_firms.solve")


@contextlib.contextmanager
def few_shapes():
    """Let chunks and reports have as many teams as the rows."""
    search = "jobteams_lab.large_firms.value_search"
    with (
        mock.patch.object(importlib.import_module(search), "CHUNK", PRESET.rows),
        mock.patch.object(solver(), "REPORTED", PRESET.rows),
    ):
        yield


def search(checkpoint=None, economy=ECONOMY, preset=PRESET, seed=SEED, **more):
    """Solve, without the warning that so short a search has not settled."""
    with few_shapes(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "V or the moments had not settled")
        return solver().solve(economy, preset, seed, checkpoint=checkpoint, **more)


def main(checkpoint, islands=PRESET.islands, *where):
    """Solve on all devices that JAX sees; `where` is this process among others."""
    import jax

    if where:
        address, processes, process = where
        jax.config.update("jax_cpu_collectives_implementation", "gloo")
        jax.distributed.initialize(address, int(processes), int(process))
    search(checkpoint, preset=PRESET.with_(islands=int(islands)), progress=True)
    print(len(jax.devices()), "devices,", len(jax.local_devices()), "of them here")


if __name__ == "__main__":
    main(*sys.argv[1:])
