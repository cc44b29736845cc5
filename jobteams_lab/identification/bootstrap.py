"""Bootstrap over workers: whose histories could have been others'."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from jobteams_lab.panel import Panel


@dataclass(frozen=True, eq=False)
class Intervals:
    """Basic bootstrap intervals at one level, low and high.

    Attributes
    ----------
    sorting : (2,) array
    reallocation_gain : (2,) array
    production : (2, X, Y) array
        Nan in cells that the estimate or more than half of the samples lack.
    level : float
    samples : int
    """

    sorting: np.ndarray
    reallocation_gain: np.ndarray
    production: np.ndarray
    level: float
    samples: int


def resample_workers(panel: Panel, rng: np.random.Generator) -> Panel:
    """Draw as many workers as there are, with replacement and under new ids.

    Parameters
    ----------
    panel : Panel
    rng : numpy.random.Generator
    """
    n = len(panel.workers)
    drawn = rng.integers(n, size=n)
    first = np.searchsorted(panel.worker_codes, np.arange(n + 1))
    count = np.diff(first)[drawn]
    offset = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    row = np.repeat(first[drawn], count) + offset
    data = panel.data.take(row).reset_index(drop=True)
    data["worker"] = np.repeat(np.arange(n), count)
    return Panel(data, panel.window)


def intervals(estimate, samples, level: float = 0.9) -> Intervals:
    """Return basic bootstrap intervals, 2θ̂ minus the samples' upper and lower quantile.

    A sample has fewer different workers than the panel, about 63 %, and so ranks them
    worse; percentiles of the samples would carry that bias a second time, where these
    take it out.

    Parameters
    ----------
    estimate : object
        With sorting, reallocation_gain and production.
    samples : sequence of such objects
        One a sample.
    level : float
        Between 0 and 1.
    """
    ends = ((1 + level) / 2, (1 - level) / 2)

    def around(value, drawn):
        drawn = drawn[np.isfinite(drawn)]
        if len(drawn) == 0 or not np.isfinite(value):
            return np.full(2, np.nan)
        return 2 * value - np.quantile(drawn, ends)

    surfaces = np.stack([one.production for one in samples])
    enough = 2 * np.isfinite(surfaces).sum(0) >= len(samples)
    enough &= np.isfinite(estimate.production)
    production = np.full((2, *enough.shape), np.nan)
    drawn = np.nanquantile(surfaces[:, enough], ends, axis=0)
    production[:, enough] = 2 * estimate.production[enough] - drawn
    gains = np.array([one.reallocation_gain for one in samples])
    sorting = np.array([one.sorting for one in samples])
    return Intervals(
        sorting=around(estimate.sorting, sorting),
        reallocation_gain=around(estimate.reallocation_gain, gains),
        production=production,
        level=level,
        samples=len(samples),
    )
