"""Who moved from which firm to which, and whom a firm could poach."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from jobteams_lab.panel import Panel
from jobteams_lab.panel_validation import ORIGINS

_FIRM = ORIGINS.index("firm")


@dataclass(frozen=True, eq=False)
class JobMoves:
    """Moves of ranked workers from one firm to another, without a break.

    Attributes
    ----------
    bin : (n,) int array
        The worker's bin.
    left, joined : (n,) int arrays
        Positions of the two firms among the panel's.
    count : (n,) array
        How many such moves, in the window of the market.
    """

    bin: np.ndarray
    left: np.ndarray
    joined: np.ndarray
    count: np.ndarray

    def __len__(self) -> int:
        return len(self.bin)

    def gains(self, wage) -> np.ndarray:
        """Return w(x, j) − w(x, j') of each move, (n,), for a table (X, J) of wages."""
        return wage[self.bin, self.joined] - wage[self.bin, self.left]


def job_moves(panel: Panel, bins) -> JobMoves:
    """Collect the moves between firms of workers who have a bin.

    A move is a spell of origin ``"firm"`` that starts in the window and has a spell at
    another firm before it.

    Parameters
    ----------
    panel : Panel
    bins : (workers,) int array
        Each worker's bin in the order of ``panel.workers``; −1 for none.
    """
    spells = panel.spells()
    worker, firm = spells.worker_codes, spells.firm_codes
    poached = spells.data["origin"].cat.codes.to_numpy() == _FIRM
    poached &= spells.data["start"].to_numpy() > panel.window[0]
    poached &= np.append(False, np.diff(worker) == 0)
    x = np.asarray(bins)[worker]
    here = np.flatnonzero(poached & (x >= 0))
    here = here[firm[here] != firm[here - 1]]
    return JobMoves(x[here], firm[here - 1], firm[here], np.ones(len(here)))


def poachable(wage, employed, accepted) -> tuple[np.ndarray, np.ndarray]:
    """Return whom each firm could poach, and what they would gain in all, (J,), (J,).

    A worker employed at j' prefers j if it pays him more out of unemployment (A.25)::

        T(j) = Σ_x B(x, j) Σ_j' e(x, j') 1{w(x, j) > w(x, j')},
        G(j) = Σ_x B(x, j) Σ_j' e(x, j') max(w(x, j) − w(x, j'), 0).

    Sorting wages makes the cost X J log J rather than X J².

    Parameters
    ----------
    wage : (X, J) array
        Wages out of unemployment; where nan, a firm neither poaches nor is poached.
    employed : (X, J) array
        e, workers employed.
    accepted : (X, J) bool array
        B, which types a firm hires.
    """
    known = np.isfinite(wage)
    # wages that differ by rounding alone are equal
    slack = 1e-12 * np.abs(wage[known]).max(initial=0.0)
    people, gains = np.zeros(wage.shape[1]), np.zeros(wage.shape[1])
    for x in range(len(wage)):
        here = np.flatnonzero(known[x])
        # from the lowest wage up, so that the difference of sums loses no digits
        pay, mass = wage[x, here] - wage[x, here].min(initial=np.inf), employed[x, here]
        order = np.argsort(pay, kind="stable")
        ladder = pay[order]
        workers = np.append(0.0, np.cumsum(mass[order]))
        wages = np.append(0.0, np.cumsum((mass * pay)[order]))
        below = np.searchsorted(ladder, pay - slack, side="left")
        hires = accepted[x, here]
        people[here] += hires * workers[below]
        gains[here] += hires * np.maximum(pay * workers[below] - wages[below], 0.0)
    return people, gains
