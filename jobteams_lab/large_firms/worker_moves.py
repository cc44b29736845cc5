"""How the team around a worker changes while he stays, on the rungs of one firm type.

A worker of type k beside coworkers m is on rung (k, m); the team is S = m ⊕ k. He
leaves the rung when the team learns, himself with it, when a coworker leaves and when
the firm hires. None of these rates depends on his wage.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from jobteams_lab.large_firms.finite_economy import FiniteEconomy
from jobteams_lab.large_firms.finite_learning import (
    log_growth,
    rounding,
    team_transitions,
)
from jobteams_lab.large_firms.firm_problem import FirmProblem
from jobteams_lab.large_firms.stationary import Flows
from jobteams_lab.large_firms.teams import Teams


class WorkerMoves:
    """Yearly rates at which a worker who stays goes from rung to rung.

    Rungs are numbered k M1 + m within a firm type, so there are R = K M1 of them.

    Attributes
    ----------
    leaving : (T, R) array
        The total rate, learning events that change nothing included.
    """

    def __init__(self, problem: FirmProblem, flows: Flows):
        finite, teams = problem.finite, problem.teams
        self._rate = finite.learning_event_rate
        self._learning = [None] * finite.firm_types
        for q in np.unique(finite.learning_environment):
            matrix = learning_of_a_worker(finite, teams, q)  # one for all that share q
            for t in np.flatnonzero(finite.learning_environment == q):
                self._learning[t] = matrix
        self._moving = _coworkers_moving(problem, flows)
        self.leaving = np.array([matrix.sum(axis=1) for matrix in self._moving])
        self.leaving += self._rate

    def inflow(self, firm_type: int, values: np.ndarray) -> np.ndarray:
        """Return Σ rate × value over the rungs that are next, (R, B) → (R, B)."""
        learnt = self._learning[firm_type] @ values
        learnt *= self._rate
        learnt += self._moving[firm_type] @ values
        return learnt

    def staying(self, firm_type: int) -> np.ndarray:
        """Return the yearly rate of learning events that change nothing, (R,)."""
        return self._rate * self._learning[firm_type].diagonal()

    @property
    def bytes(self) -> int:
        """Memory of all transition matrices."""
        distinct = {id(matrix): matrix for matrix in self._learning + self._moving}
        return sum(
            matrix.data.nbytes + matrix.indices.nbytes + matrix.indptr.nbytes
            for matrix in distinct.values()
        )


def learning_of_a_worker(
    finite: FiniteEconomy, teams: Teams, q: float
) -> sparse.csr_array:
    """Return the (R, R) probabilities of (k', m') after a learning event at (k, m).

    Growth is that of the full team S = m ⊕ k. Given S his own rounding and that of his
    coworkers are independent, so the probabilities are the products

        P(k' | k, S) P(m' | m, S).
    """
    growing, types = teams.growing, finite.worker_types
    below, up = rounding(finite, log_growth(finite, teams.counts), q)
    abilities = len(finite.ability)
    counts = teams.counts[:growing]
    blocks = [[None] * types for _ in range(types)]
    for k in range(types):
        team = teams.upper[:, k]
        coworkers = team_transitions(
            finite, teams, counts, below[team], up[team], growing
        )
        low, chance = below[team, k] * abilities + k % abilities, up[team, k]
        for after in range(types):
            own = np.where(low == after, 1 - chance, 0.0)
            own += np.where(low + abilities == after, chance, 0.0)
            if own.any():
                block = sparse.diags_array(own).tocsr() @ coworkers
                block.eliminate_zeros()
                blocks[k][after] = block
        if blocks[k][k] is None:  # every block row and column needs one, for its size
            blocks[k][k] = sparse.csr_array((growing, growing))
    return sparse.block_array(blocks, format="csr")


def _coworkers_moving(problem: FirmProblem, flows: Flows) -> list[sparse.csr_array]:
    # Coworkers who leave m, and workers hired into the team S = m ⊕ k beside them
    finite, teams = problem.finite, problem.teams
    growing, types = teams.growing, finite.worker_types
    here = np.arange(growing)
    rows, columns, rates = [], [], []
    separating = finite.separation_rate + flows.poached + flows.quits
    for k in range(types):
        team = teams.upper[:, k]
        for x in range(types):
            held = np.flatnonzero(teams.counts[:growing, x])
            without = teams.lower[team[held], x]  # the rung of x is S ⊖ x
            rows.append(k * growing + held)
            columns.append(k * growing + teams.lower[held, x])
            rates.append(teams.counts[held, x] * separating[x][:, without])
            open_ = here[team < growing]
            rows.append(k * growing + open_)
            columns.append(k * growing + teams.upper[open_, x])
            meeting = 1 + teams.sizes[team[open_]]
            rates.append(meeting * flows.hires[x][:, team[open_]])
    rows, columns = np.concatenate(rows), np.concatenate(columns)
    rates = np.concatenate(rates, axis=1)
    size = types * growing
    return [
        sparse.coo_array((rate, (rows, columns)), shape=(size, size)).tocsr()
        for rate in rates
    ]
