"""Whose wage is it? Person, firm and friction, from a panel alone.

Two facts of the model replace an estimate of each worker and firm, which would carry
its own noise into the variances. A job's loss wipes out the past: wages of one worker
in *different employment cycles* share his ability and nothing else. And wages of
*different workers in one firm* share the firm and nothing else. So

    V(ln ε)      = Cov(ln w, ln w') over two cycles of the same worker,
    V(E[ln w|p]) = Cov(ln w, ln w') over two workers of the same firm,

and friction is what is left of V(ln w).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from jobteams_lab import checks
from jobteams_lab.inequality import VarianceDecomposition
from jobteams_lab.panel import Panel

FEWEST = 20  # workers, for bootstrap intervals
PARTS = ("person", "firm", "friction")


def decompose(
    panel: Panel,
    *,
    logs: bool = False,
    bootstrap: int = 200,
    level: float = 0.95,
    seed: int = 0,
) -> VarianceDecomposition:
    """Split the variance of wages, weighted by time, into person, firm and friction.

    Logs: V(ln w) = V(ln ε) + V(E[ln w|p]) + E V(ln w|p, ε). Levels: V(w) = V(ε)E[φ²] +
    V(E[w|p]) + rest. There wages are w = εφ, the covariance between an earlier and a
    later cycle is c = V(ε) E[φ] E[φ'], with means m and m' (later cycles are younger,
    so that m' is lower), and V(ε)E[φ²] = E[w²] v/(1 + v) with v = c/(m m').

    Parameters
    ----------
    panel : Panel
        Rows of constant wage, origins known (`Panel.with_origins` derives them): a
        spell with origin "unemployment" begins a new employment cycle.
    logs : bool
        Whether to decompose logs; levels otherwise.
    bootstrap : int
        Draws of workers, with replacement, for the intervals; 0 for none.
    level : float
        Probability that the (percentile) intervals are to cover.
    seed : int

    Returns
    -------
    VarianceDecomposition
        `coverage` is the share of employed time in firms with two workers or more, on
        which the firm part rests. With a finite number of firms the firm part is that
        of these firms.

    Raises
    ------
    ValueError
        If logs are asked for and a wage is not positive, if rows are spell means (whose
        spread inside spells is lost), or if no worker has two cycles or no firm two
        workers.
    """
    if "time" in panel.data:
        raise ValueError(
            "the panel's rows are means over spells, which hide how wages move inside"
            " them: decompose the rows they were made from."
        )
    checks.whole("bootstrap", bootstrap, low=0)
    checks.number("level", level, low=0, high=1, open_low=True)
    rng = np.random.default_rng(checks.whole("seed", seed))
    if logs:
        panel.require_positive_wages()
    sums = _Sums(panel, logs)
    if bootstrap and sums.people < FEWEST:
        raise ValueError(
            f"the panel has {sums.people} workers, too few to draw from for intervals"
            f" (at least {FEWEST}): give more data, or bootstrap=0."
        )
    result = sums.decomposition(np.ones(sums.people))
    if bootstrap == 0:
        return result
    draws = []
    for _ in range(bootstrap):
        copies = np.bincount(rng.integers(sums.people, size=sums.people),
                             minlength=sums.people)  # fmt: skip
        draw = sums.decomposition(copies.astype(float))
        draws.append([*(getattr(draw, part) for part in PARTS), *draw.shares.values()])
    tails = [50.0 * (1.0 - level), 50.0 * (1.0 + level)]
    limits = np.percentile(draws, tails, axis=0).T
    names = [*PARTS, *(f"{part}_share" for part in PARTS)]
    intervals = {
        name: (float(low), float(high))
        for name, (low, high) in zip(names, limits, strict=True)
    }
    return replace(result, intervals=intervals)


class _Sums:
    """Time and time × wage by worker, by cycle and by job, ready to be reweighted."""

    def __init__(self, panel: Panel, logs: bool):
        wage = panel.data["wage"].to_numpy(float)
        value = np.log(wage) if logs else wage
        time, person, firm = panel.time, panel.worker_codes, panel.firm_codes
        self.people, self.firms, self.logs = len(panel.workers), len(panel.firms), logs
        # deviations from the mean keep the sums of squares accurate
        self.centre = float(time @ value / time.sum())
        value = value - self.centre
        self.time = np.bincount(person, time, self.people)
        self.first = np.bincount(person, time * value, self.people)
        self.second = np.bincount(person, time * value**2, self.people)

        cycle = _codes(person, panel.cycles())
        whose = np.zeros(cycle.max() + 1, int)
        whose[cycle] = person
        t = np.bincount(cycle, time)
        x = np.bincount(cycle, time * value)
        # pairs (earlier, later) of one worker's cycles, summed by worker: the sums over
        # the worker's earlier cycles stand left of each cycle
        before_t, before_x = _before(t, whose), _before(x, whose)
        self.pair_time = np.bincount(whose, before_t * t, self.people)
        self.pair_early = np.bincount(whose, before_x * t, self.people)
        self.pair_late = np.bincount(whose, before_t * x, self.people)
        self.pair_product = np.bincount(whose, before_x * x, self.people)

        job = _codes(person, firm)
        self.job_person, self.job_firm = (np.zeros(job.max() + 1, int) for _ in "ab")
        self.job_person[job], self.job_firm[job] = person, firm
        self.job_time = np.bincount(job, time)
        self.job_first = np.bincount(job, time * value)
        several = np.bincount(self.job_firm, minlength=self.firms) > 1
        if not several.any() or self.pair_time.sum() == 0:
            what = "firm has two workers" if not several.any() else (
                "worker is seen in two employment cycles")  # fmt: skip
            raise ValueError(
                f"no {what}, so the variance cannot be decomposed: use a longer or"
                " larger panel, with origins: see Panel.with_origins."
            )

    def decomposition(self, copies: np.ndarray) -> VarianceDecomposition:
        """The decomposition when worker i stands in the sample copies[i] times."""
        total = copies @ self.time
        mean = copies @ self.first / total
        second = copies @ self.second / total
        pairs = copies @ self.pair_time
        early, late = (
            copies @ sums / pairs for sums in (self.pair_early, self.pair_late)
        )
        covariance = copies @ self.pair_product / pairs - early * late

        # Copies of one worker are one person: their pairs are not two workers.
        weight = copies[self.job_person]
        t, x = weight * self.job_time, weight * self.job_first
        firm_t, firm_x = (np.bincount(self.job_firm, s, self.firms) for s in (t, x))
        own_t, own_x = (np.bincount(self.job_firm, s**2, self.firms) for s in (t, x))
        several = firm_t**2 - own_t > 1e-9 * firm_t**2
        product = (firm_x**2 - own_x)[several] / (firm_t**2 - own_t)[several]
        used = firm_t[several]
        average = firm_x[several].sum() / used.sum()
        firm = used @ product / used.sum() - average**2

        person = covariance
        if not self.logs:
            spread = covariance / ((early + self.centre) * (late + self.centre))
            square = second + 2 * self.centre * mean + self.centre**2
            person = square * spread / (1 + spread)
        variance = second - mean**2
        return VarianceDecomposition(
            person=float(person),
            firm=float(firm),
            friction=float(variance - person - firm),
            logs=self.logs,
            coverage=float(used.sum() / total),
        )


def _codes(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Number the distinct pairs, in the order of `first` and then of `second`."""
    key = first.astype(np.int64) * (int(second.max()) + 1) + second
    return np.unique(key, return_inverse=True)[1]


def _before(value: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Sum of the earlier values in the same (contiguous) group."""
    running = np.cumsum(value) - value
    first = np.searchsorted(group, group, "left")
    return running - running[first]
