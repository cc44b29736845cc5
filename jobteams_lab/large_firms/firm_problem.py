"""What a firm of a finite economy is and does, as arrays over teams and rungs."""

from __future__ import annotations

import numpy as np

from jobteams_lab.large_firms.finite_economy import FiniteEconomy
from jobteams_lab.large_firms.finite_learning import learning_matrix
from jobteams_lab.large_firms.job_ladder import surpluses
from jobteams_lab.large_firms.teams import enumerate_teams

MOST_STATES = 20_000_000  # beyond it one table by state and type fills a computer


class FirmProblem:
    """Teams, output and learning of a finite economy, made once.

    Attributes
    ----------
    finite : FiniteEconomy
    teams : Teams
    output : (T, M) array
        F of equation (1).
    staying : (T, M) array
        Probabilities that a learning event leaves the team as it is.
    outside : (K,) array
        U of each type of worker.
    """

    def __init__(self, finite: FiniteEconomy):
        if not isinstance(finite, FiniteEconomy):
            raise TypeError(
                f"an exact solution takes a FiniteEconomy, not {type(finite).__name__}:"
                " call economy.discretise() first."
            )
        if finite.states > MOST_STATES:
            raise ValueError(
                f"{finite.states:,} states are more than the {MOST_STATES:,} that are"
                f" tabulated: {finite.worker_types} types of workers in teams of"
                f" {finite.max_team_size} make {finite.teams:,} teams; take fewer"
                " types or smaller teams."
            )
        self.finite = finite
        self.teams = enumerate_teams(finite.worker_types, finite.max_team_size)
        eta = finite.ces_exponent
        human_capital = finite.worker_human_capital
        scale = human_capital.max()  # keeps h^η in range for any η
        inputs = self.teams.counts @ (human_capital / scale) ** eta
        self.output = np.outer(finite.productivity, scale * inputs ** (1 / eta))
        # firms that share a learning environment share a matrix
        self._groups = [
            (learning_matrix(finite, self.teams, q), finite.learning_environment == q)
            for q in np.unique(finite.learning_environment)
        ]
        self._transposed = [(matrix.T.tocsr(), firms) for matrix, firms in self._groups]
        self.staying = np.empty(self.output.shape)
        for matrix, firms in self._groups:
            self.staying[firms] = matrix.diagonal()
        self.outside = finite.outside_values

    @property
    def shape(self) -> tuple[int, int]:
        """(T, M)."""
        return self.output.shape

    def learnt(self, value: np.ndarray) -> np.ndarray:
        """Return E V(H(S)), (T, M)."""
        return self._apply(self._groups, value)

    def learning_flow(self, firms: np.ndarray) -> np.ndarray:
        """Return where firms are after a learning event, from χ, (T, M)."""
        return self._apply(self._transposed, firms)

    @staticmethod
    def _apply(groups, values):
        answer = np.empty_like(values)
        for matrix, firms in groups:
            answer[firms] = (matrix @ values[firms].T).T
        return answer

    def surpluses(self, value: np.ndarray) -> np.ndarray:
        """Return Δ on every rung, (K, T, M1)."""
        return surpluses(value, self.teams, self.outside)

    def per_team(self, per_rung: np.ndarray) -> np.ndarray:
        """Sum over the workers of each team what is given by their rung, (T, M)."""
        total = np.zeros(self.shape)
        held = self.teams.counts[: self.teams.growing].T + 1
        for k, upper in enumerate(self.teams.upper.T):
            total[:, upper] += held[k] * per_rung[k]
        return total

    def per_meeting(self, per_rung: np.ndarray) -> np.ndarray:
        """Return (1 + n) Σ_k of what is given by rung, zero for full teams, (T, M)."""
        total = np.zeros(self.shape)
        growing = self.teams.growing
        total[:, :growing] = per_rung.sum(axis=0) * (1 + self.teams.sizes[:growing])
        return total
