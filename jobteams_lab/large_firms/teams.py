"""All teams of at most N workers of K types: multisets, numbered by size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False, repr=False)
class Teams:
    """The teams m = 0, ..., M − 1, the empty one first, and who joins them to which.

    Attributes
    ----------
    counts : (M, K) array
        How many workers of each type; rows sorted by size, then by earlier types.
    sizes : (M,) array
    upper : (M1, K) array
        The team that m becomes when it hires type k; only the first M1 teams, those
        below the largest size, can hire.
    lower : (M, K) array
        The team that m becomes when it loses a worker of type k; −1 if it has none.
    """

    counts: np.ndarray
    sizes: np.ndarray
    upper: np.ndarray
    lower: np.ndarray

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
        return np.searchsorted(self._codes, _codes(counts, self.sizes[-1]))

    @property
    def _codes(self) -> np.ndarray:
        return _codes(self.counts, self.sizes[-1])


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
    codes = _codes(counts, max_team_size)
    order = np.argsort(codes)
    counts, codes = counts[order], codes[order]
    sizes = counts.sum(axis=1)
    growing = np.searchsorted(sizes, max_team_size)
    step = _codes(np.eye(worker_types, dtype=np.int64), max_team_size)
    upper = np.searchsorted(codes, codes[:growing, None] + step)
    lower = np.full(counts.shape, -1)
    for k in range(worker_types):
        lower[upper[:, k], k] = np.arange(growing)
    return Teams(counts, sizes, upper, lower)


def _codes(counts: np.ndarray, max_team_size: int) -> np.ndarray:
    # The size leads, so that the order of the codes is the order of the sizes.
    base = int(max_team_size) + 1
    types = counts.shape[-1]
    powers = base ** np.arange(types)[::-1]
    return counts.sum(axis=-1) * base**types + counts @ powers
