"""All teams of at most N workers of K types: multisets, numbered by size."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb

import numpy as np


@dataclass(frozen=True, eq=False, repr=False)
class Teams:
    """The teams m = 0, ..., M − 1, the empty one first, and who joins them to which.

    Attributes
    ----------
    counts : (M, K) array
        How many workers of each type; rows sorted by size.
    sizes : (M,) array
    upper : (M1, K) array
        The team that m becomes when it hires type k; only the first M1 teams, those
        below the largest size, can hire.
    lower : (M, K) array
        The team that m becomes when it loses a worker of type k; −1 if it has none.
    ranks : two arrays
        What numbers teams; see `team_number`.
    """

    counts: np.ndarray
    sizes: np.ndarray
    upper: np.ndarray
    lower: np.ndarray
    ranks: tuple[np.ndarray, np.ndarray]

    @property
    def growing(self) -> int:
        """M1, the number of teams that may hire."""
        return len(self.upper)

    def index(self, counts) -> np.ndarray:
        """Return the numbers of the teams with the given counts, (..., K) → (...)."""
        counts = np.asarray(counts)
        types, most = self.counts.shape[1], int(self.sizes[-1])
        if counts.shape[-1:] != (types,) or counts.dtype.kind not in "iu":
            raise ValueError(
                f"counts must be {types} whole numbers, one a type of worker, not"
                f" {counts.tolist()}."
            )
        if (counts < 0).any() or (counts.sum(axis=-1) > most).any():
            raise ValueError(
                f"counts = {counts.tolist()} is no team: numbers of workers are at"
                f" least 0 and at most {most} together."
            )
        return team_number(counts, *self.ranks)


def enumerate_teams(worker_types: int, max_team_size: int) -> Teams:
    """Return all multisets of at most `max_team_size` of `worker_types` types."""
    layer = np.zeros((1, worker_types), np.int64)
    last = np.zeros(1, np.int64)
    layers = [layer]
    for _ in range(max_team_size):
        # each multiset once: the type added is never before the last type present
        grown, ends = [], []
        for k in range(worker_types):
            from_ = layer[last <= k]
            from_ = from_.copy()
            from_[:, k] += 1
            grown.append(from_)
            ends.append(np.full(len(from_), k))
        layer, last = np.concatenate(grown), np.concatenate(ends)
        layers.append(layer)
    counts = np.concatenate(layers)
    ranks = _ranks(worker_types, max_team_size)
    counts = counts[np.argsort(team_number(counts, *ranks))]
    sizes = counts.sum(axis=1)
    growing = int(np.searchsorted(sizes, max_team_size))
    upper = np.empty((growing, worker_types), np.int64)
    lower = np.full(counts.shape, -1)
    for k, one in enumerate(np.eye(worker_types, dtype=np.int64)):
        upper[:, k] = team_number(counts[:growing] + one, *ranks)
        lower[upper[:, k], k] = np.arange(growing)
    return Teams(counts, sizes, upper, lower, ranks)


def _ranks(worker_types, max_team_size):
    # Combinations with repetition in their colexicographic order: a team of the types
    # t₁ ≤ … ≤ tₙ is number Σ C(tᵢ + i − 1, i) of its size.
    steps = [
        [comb(t + i - 1, i) for i in range(1, max_team_size + 1)]
        for t in range(worker_types)
    ]
    within = np.zeros((worker_types, max_team_size + 1), np.int64)
    within[:, 1:] = np.cumsum(steps, axis=1)
    teams = [comb(worker_types + n - 1, n) for n in range(max_team_size + 1)]
    return within, np.append(0, np.cumsum(teams))[:-1]


def team_number(counts, within, smaller):
    """Return the numbers of teams from their counts, (..., K) → (...)."""
    before = np.cumsum(counts, axis=-1)
    types = np.arange(counts.shape[-1])
    rank = within[types, before] - within[types, before - counts]
    return smaller[before[..., -1]] + rank.sum(axis=-1)
