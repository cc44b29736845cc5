"""A cross-section of firms and workers with continuous types, as a sample."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np


@dataclass(frozen=True, eq=False)
class TeamSample:
    """Firms with their teams, and nonemployed workers: χ and u as a sample.

    Attributes
    ----------
    log_z, log_q : (R,) arrays
        One row for each firm at each date.
    x, y : (R, N) arrays
        log h and log a of its workers, in the first places.
    n : (R,) array of int
    nonemployed_x, nonemployed_y : (U,) arrays
    dates : int
        How many dates the sample has: R = dates × firms.
    """

    log_z: np.ndarray
    log_q: np.ndarray
    x: np.ndarray
    y: np.ndarray
    n: np.ndarray
    nonemployed_x: np.ndarray
    nonemployed_y: np.ndarray
    dates: int = 1

    @classmethod
    def join(cls, samples) -> TeamSample:
        """Return several dates of the same firms as one sample."""
        names = [field.name for field in fields(cls) if field.name != "dates"]
        parts = {
            name: np.concatenate([getattr(one, name) for one in samples])
            for name in names
        }
        return cls(**parts, dates=sum(one.dates for one in samples))

    @property
    def places(self) -> int:
        """N."""
        return self.x.shape[1]

    @property
    def taken(self) -> np.ndarray:
        """Which places have a worker, (R, N)."""
        return np.arange(self.places) < self.n[:, None]

    @property
    def workers(self) -> tuple[np.ndarray, np.ndarray]:
        """All workers as (x, y), the employed row by row and then the nonemployed."""
        return (
            np.concatenate([self.x[self.taken], self.nonemployed_x]),
            np.concatenate([self.y[self.taken], self.nonemployed_y]),
        )

    @property
    def employment_rate(self) -> float:
        """Share of the sampled workers who have a job."""
        employed = self.n.sum()
        return float(employed / (employed + len(self.nonemployed_x)))

    def rows(self, which) -> TeamSample:
        """Return some of the firms, with all of the nonemployed."""
        names = ("log_z", "log_q", "x", "y", "n")
        return replace(self, **{name: getattr(self, name)[which] for name in names})
