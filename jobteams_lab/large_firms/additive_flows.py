"""Where workers are when decisions do not depend on the team they join or leave."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

STEPS, PLAIN = 60, 20_000  # of Newton's method, and of plain iteration in a row


@dataclass(frozen=True)
class Flows:
    """Workers a year, by type of firm and of worker, (T, K) each.

    Attributes
    ----------
    hired : array
        From nonemployment.
    joined, poached : array
        From other firms, by the firm that hires and by the firm that they leave.
    lost : array
        To nonemployment, retirements left out.
    """

    hired: np.ndarray
    joined: np.ndarray
    poached: np.ndarray
    lost: np.ndarray


@dataclass(frozen=True, eq=False)
class Policies:
    """Who is hired, who is poached and who quits.

    Attributes
    ----------
    hire, leave : (T, K) arrays of bool
        Whether a firm hires a nonemployed worker, and whether a worker quits when he
        can.
    poach : (T, T, K) array of bool
        Whether a firm (first index) hires a worker whom another (second) employs.
    """

    hire: np.ndarray
    leave: np.ndarray
    poach: np.ndarray

    @classmethod
    def of(cls, surplus: np.ndarray, tie: float) -> Policies:
        """Return the decisions at given surpluses; a gain below `tie` is none."""
        held = np.maximum(surplus, 0.0)
        poach = surplus[:, None, :] - held[None] > tie
        return cls(surplus > tie, surplus < -tie, poach)

    def key(self) -> bytes:
        """Return bytes that are equal for equal decisions."""
        return b"".join(
            np.packbits(part).tobytes() for part in (self.hire, self.leave, self.poach)
        )

    def flows(self, finite, mass: np.ndarray, idle: np.ndarray) -> Flows:
        """Return the flows of workers when `mass` (T, K) and `idle` (K,) are where."""
        reach = _reach(finite, mass)
        leaving = finite.renegotiation_rate + finite.contact_rate_employed
        moved = finite.contact_rate_employed * reach[:, None, None] * self.poach * mass
        poached = moved.sum(axis=0)
        lost = (finite.firm_death_rate + finite.match_break_rate) * mass
        lost = lost + np.where(self.leave, leaving * mass - poached, 0.0)
        hired = finite.contact_rate_nonemployed * reach[:, None] * self.hire * idle
        return Flows(hired, moved.sum(axis=1), poached, lost)

    def growth_rates(self, finite, learning, mass, idle) -> np.ndarray:
        """Return the rates at which mean sizes of surviving large firms grow, (T,)."""
        received = 1 + mass.sum()
        reach = _reach(finite, mass)
        offers = finite.contact_rate_nonemployed * self.hire * idle / received
        offers = offers + finite.contact_rate_employed / received * np.einsum(
            "tpk,pk->tk", self.poach, mass
        )
        out = finite.contact_rate_employed * np.einsum("t,tpk->pk", reach, self.poach)
        leaving = finite.renegotiation_rate + finite.contact_rate_employed
        out = finite.separation_rate + np.where(self.leave, leaving, out)
        rates = []
        for t, matrix in enumerate(learning):
            mean = offers[t][:, None] - np.diag(out[t])
            mean = mean + finite.learning_event_rate * (matrix.T - np.eye(len(matrix)))
            rates.append(np.linalg.eigvals(mean).real.max())
        return np.array(rates)


def stationary(finite, policies: Policies, learning: np.ndarray):
    """Return the masses of employed (T, K) and of nonemployed (K,) workers.

    Given Π a worker's moves are a Markov chain, and its stationary law is linear; the
    Π that the law implies is found by Newton's method from Π proportional to firms.
    Steps that do not lower the error much are replaced by plain iteration, of which
    there is more each time.
    """
    reach = finite.firm_shares
    matrices = _matrices(finite, policies, learning)
    law, implied, slope = _implied(finite, matrices, reach)
    error, plain = np.abs(implied - reach).max(), 10
    for _ in range(STEPS):
        if error < 1e-16:
            break
        step = np.linalg.solve(np.eye(len(reach)) - slope, implied - reach)
        trial = np.maximum(reach + step, 0.0)
        trial /= trial.sum()
        there = _implied(finite, matrices, trial)
        if np.abs(there[1] - trial).max() > 0.1 * error:
            if error < 1e-13:
                break  # rounding
            trial = reach
            for _ in range(plain):
                trial = _implied(finite, matrices, trial)[1]
            plain = min(2 * plain, PLAIN)
            there = _implied(finite, matrices, trial)
        reach, (law, implied, slope) = trial, there
        error = np.abs(implied - reach).max()
    if error > 1e-12:
        raise RuntimeError(
            "the firms' shares of meetings did not settle: the last error was"
            f" {error:.1e}; a larger firm_death_rate makes the problem easier."
        )
    types = finite.worker_types
    return law[types:].reshape(-1, types), law[:types]


def flow_residuals(finite, policies: Policies, learning, mass, idle) -> dict:
    """Return the largest errors of the stationary law, balance by balance."""
    flows = policies.flows(finite, mass, idle)
    learnt = np.einsum("tk,tkl->tl", mass, learning) - mass
    firms = flows.hired + flows.joined + finite.learning_event_rate * learnt
    # who leaves is poached, lost or retires
    firms = firms - flows.poached - flows.lost - finite.retirement_rate * mass
    born = finite.retirement_rate * finite.workers_per_firm * finite.newborn_shares
    rest = born + flows.lost.sum(axis=0) - flows.hired.sum(axis=0)
    rest = rest - finite.retirement_rate * idle
    workers = mass.sum() + idle.sum()
    return {
        "firms": float(np.abs(firms).max() / workers),
        "nonemployed": float(np.abs(rest).max() / workers),
        "workers": float(abs(workers / finite.workers_per_firm - 1)),
        "meetings": float(abs(_reach(finite, mass).sum() - 1)),
    }


def _reach(finite, mass: np.ndarray) -> np.ndarray:
    # Π, the share of all meetings that each type of firm receives
    return (finite.firm_shares + mass.sum(axis=1)) / (1 + mass.sum())


def _matrices(finite, policies: Policies, learning: np.ndarray):
    """Return the rates of a worker's chain, B₀ + Σ_t Π_t B_t acting on (idle, mass).

    Column: where he is; row: what changes. Retirement leaves the chain.
    """
    firms, types = policies.hire.shape
    size = (firms + 1) * types
    idle = np.arange(types)
    at = types * (1 + np.arange(firms))[:, None] + idle
    contacts = finite.contact_rate_employed
    lost = finite.firm_death_rate + finite.match_break_rate
    lost = lost + (finite.renegotiation_rate + contacts) * policies.leave
    base = _moves(size, at, np.broadcast_to(idle, at.shape), lost)
    blocks = [np.zeros((types, types))]
    blocks += [matrix.T - np.eye(types) for matrix in learning]
    learnt = sparse.csc_array(sparse.block_diag(blocks))
    base = base + finite.learning_event_rate * learnt
    base = base - finite.retirement_rate * sparse.eye_array(size)
    by_firm = []
    for t in range(firms):
        rate = finite.contact_rate_nonemployed * policies.hire[t]
        moves = _moves(size, idle, at[t], rate)
        # who quits anyway would have become nonemployed; others leave their firm
        instead = np.where(policies.leave, idle, at)
        to = np.broadcast_to(at[t], at.shape)
        moves = moves + _moves(size, at, to, contacts * policies.poach[t], instead)
        by_firm.append(moves)
    return sparse.csc_array(base), by_firm


def _moves(size: int, origin, target, rate, loser=None):
    # the loser, the origin unless another is given, falls by what the target rises
    loser = origin if loser is None else loser
    parts = [np.ravel(part) for part in (origin, target, loser, rate)]
    start, end, less, rates = parts
    entries = np.concatenate([rates, -rates])
    place = (np.concatenate([end, less]), np.concatenate([start, start]))
    return sparse.csc_array((entries, place), shape=(size, size))


def _implied(finite, matrices, reach):
    """Return the law at Π, the Π that it implies and the derivative of this."""
    base, by_firm = matrices
    firms, types = len(by_firm), finite.worker_types
    chain = base
    for share, moves in zip(reach, by_firm, strict=True):
        chain = chain + share * moves
    factor = splu(sparse.csc_array(chain))
    born = np.zeros(chain.shape[0])
    born[:types] = (
        finite.retirement_rate * finite.workers_per_firm * finite.newborn_shares
    )
    law = factor.solve(-born)
    moved = factor.solve(-np.stack([moves @ law for moves in by_firm], axis=1))
    staff = law[types:].reshape(firms, types).sum(axis=1)
    change = moved[types:].reshape(firms, types, firms).sum(axis=1)
    received = 1 + staff.sum()
    implied = (finite.firm_shares + staff) / received
    slope = (change - np.outer(implied, change.sum(axis=0))) / received
    return law, implied, slope
