"""Can the mixed set be mixed at all? A linear programme that can prove it cannot.

On the grid of `entropy_coupling` every point v of the plane Σ_i v_i = G lies in a cell
whose corners are teams of the grid, with each member at the whole number below or above
his v_i. Shared out to the corners, a coupling of the margins becomes a coupling of the
grid's masses: if those have none, there is none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

from jobteams_lab import checks
from jobteams_lab.team_sorting.entropy_coupling import Grid
from jobteams_lab.team_sorting.equilibrium import Equilibrium
from jobteams_lab.team_sorting.mixed_margins import MixedMargins

ROUNDING = 1e-6  # of the linear programme


@dataclass(frozen=True, eq=False)
class Mixability:
    """How much of the mixed set can be in teams that lose C.

    Attributes
    ----------
    attainable : float
        Largest share of the mixed set's mass in teams of one loss, on the grid. No
        coupling has a larger share.
    prices : ndarray, shape (groups, G + 1)
        The proof: prices y ≥ 0 of the grid's nodes. Every team of the plane costs at
        least 1, Σ_i y_i(j_i) ≥ 1, and all members together cost `attainable`.
    steps : int
        G.
    """

    attainable: float
    prices: np.ndarray
    steps: int

    @property
    def possible(self) -> bool:
        """False if it is proved that the mixed set cannot be mixed.

        True proves nothing: a finer grid may still exclude it. That a coupling exists
        is shown by one, see `mixing_spread`.
        """
        return self.attainable >= 1.0 - ROUNDING


def mixability(equilibrium: Equilibrium, cells: int = 40) -> Mixability:
    """Find the largest share of the mixed set in teams whose loss is C.

    max Σ_T w_T  subject to  Σ_T w_T #{i in g: j_i(T) = j} ≤ m_g μ_g(j),

    over teams T of the grid. Teams are paths, member by member, through the sums so
    far, so that the programme has about n G²/2 variables for any size n of a team. The
    prices of its dual are a proof that holds whatever the solver did: they are checked
    on all teams, and between the nodes they are linear in each cell of the plane.

    Parameters
    ----------
    equilibrium : Equilibrium
    cells : int
        G, steps of the grid.

    Raises
    ------
    TypeError, ValueError, RuntimeError
        A sentence; the last if the solver fails.
    """
    margins = MixedMargins(equilibrium)
    steps = checks.whole("cells", cells, low=4)
    if margins.empty:
        return Mixability(1.0, np.zeros((len(margins.margins), steps + 1)), steps)
    masses = Grid(margins, steps).masses()
    counts = np.bincount(margins.groups)
    supply = counts[:, None] * masses
    member, start, node = _arcs(margins.groups, masses)
    rows = margins.groups[member] * (steps + 1) + node
    uses = _matrix(rows, np.ones(rows.size), masses.size)
    # what arrives at a sum goes on from it, but for the first and the last member
    size = len(margins.groups) * (steps + 1)
    before = member * (steps + 1) + start
    after = before + steps + 1 + node
    goes, arrives = member > 0, after < size
    flow = _matrix(np.where(arrives, after, 0), arrives * 1.0, size)
    flow = flow - _matrix(np.where(goes, before, 0), goes * 1.0, size)
    flow = flow[np.diff(flow.indptr) > 0]
    found = linprog(
        -1.0 * (member == 0),
        A_ub=uses,
        b_ub=supply.ravel(),
        A_eq=flow,
        b_eq=np.zeros(flow.shape[0]),
        method="highs",
    )
    if found.status != 0:
        raise RuntimeError(
            f"The linear programme with cells = {steps} ended with: {found.message}"
            " Try another number of cells."
        )
    prices = np.maximum(-found.ineqlin.marginals, 0.0).reshape(masses.shape)
    cheapest = _cheapest(prices, masses, margins.groups)
    if cheapest > 0.0:
        prices = prices / cheapest
    attainable = float((supply * prices).sum()) if cheapest > 0.0 else 1.0
    return Mixability(min(attainable, 1.0), prices, steps)


def _arcs(groups, masses):
    # (member, sum before him, his node) of all steps on the way to the sum G
    steps = masses.shape[1] - 1
    last = [int(np.flatnonzero(one).max()) for one in masses]
    arcs = []
    for k, g in enumerate(groups):
        start, node = np.divmod(np.arange((steps + 1) ** 2), steps + 1)
        left = steps - start - node
        reach = sum(last[other] for other in groups[k + 1 :])
        keep = (node <= last[g]) & (left >= 0) & (left <= reach)
        keep &= (start == 0) if k == 0 else True
        arcs.append((np.full(keep.sum(), k), start[keep], node[keep]))
    return [np.concatenate(one) for one in zip(*arcs, strict=True)]


def _matrix(rows, values, size):
    columns = np.arange(rows.size)
    return sparse.csr_matrix((values, (rows, columns)), shape=(size, rows.size))


def _cheapest(prices, masses, groups):
    # least Σ_i y_i(j_i) over teams of the grid, member by member
    steps = masses.shape[1] - 1
    least = None
    for g in groups:
        cost = np.full(steps + 1, np.inf)
        last = np.flatnonzero(masses[g]).max() + 1
        cost[:last] = prices[g, :last]
        if least is None:
            least = cost
            continue
        gap = np.arange(steps + 1)[:, None] - np.arange(steps + 1)
        sums = np.where(gap >= 0, cost + least[np.maximum(gap, 0)], np.inf)
        least = sums.min(axis=1)
    return float(least[-1])
