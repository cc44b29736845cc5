"""The graph of workers and firms, and the equations of two-way fixed effects on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import linalg, sparse
from scipy.sparse.linalg import LinearOperator, cg

DIRECT = 2_000  # firms up to which the dense factorisation is the faster solver


@dataclass(frozen=True, eq=False)
class MatchGraph:
    """Workers and firms joined by their matches, in one connected set.

    Attributes
    ----------
    matches : sparse csr_array, shape (N, J)
        B, the weight of each worker-firm pair: the time worked, or one.
    wages : ndarray, shape (matches,)
        y of each pair, in the order of ``matches.data``.
    """

    matches: sparse.csr_array
    wages: np.ndarray

    @property
    def worker(self) -> np.ndarray:
        """The worker of each pair, as a row of `matches`."""
        return np.repeat(np.arange(self.matches.shape[0]), np.diff(self.matches.indptr))

    @property
    def firm(self) -> np.ndarray:
        """The firm of each pair, as a column of `matches`."""
        return self.matches.indices

    @property
    def weight(self) -> np.ndarray:
        """The weight of each pair."""
        return self.matches.data

    def by_worker(self, values) -> np.ndarray:
        """Sum values of pairs over the pairs of each worker."""
        return np.bincount(self.worker, values, minlength=self.matches.shape[0])

    def by_firm(self, values) -> np.ndarray:
        """Sum values of pairs over the pairs of each firm."""
        return np.bincount(self.firm, values, minlength=self.matches.shape[1])

    def movers(self) -> MatchGraph:
        """The pairs of the workers with several firms: S depends on no others."""
        several = np.diff(self.matches.indptr) > 1
        pairs = several[self.worker]
        return MatchGraph(self.matches[np.flatnonzero(several)], self.wages[pairs])


def firm_system(graph: MatchGraph) -> sparse.csr_array:
    """Return S = D_F − B′ D_W⁻¹ B, the firms' equations once workers are eliminated.

    D_W and D_F are the total weights of workers and of firms. S is the Laplacian of the
    firms' graph: symmetric, and zero on constants only if the graph is connected.
    """
    part = graph.movers()
    scaled = sparse.diags_array(1 / part.by_worker(part.weight)) @ part.matches
    return (
        sparse.diags_array(part.by_firm(part.weight)) - part.matches.T @ scaled
    ).tocsr()


def factorised(graph: MatchGraph):
    """Return a function that solves S ψ = b by Cholesky factors of the dense S.

    The first firm's ψ is set to zero, and b must sum to zero. Several b may be given
    as columns. The function returns ψ and the number of iterations, which is 0.
    """
    inner = firm_system(graph).toarray()[1:, 1:]
    factors = linalg.cho_factor(inner, overwrite_a=True)

    def solve(right):
        rest = linalg.cho_solve(factors, right[1:])
        return np.concatenate([np.zeros_like(right[:1]), rest]), 0

    return solve


def iterative(graph: MatchGraph, tol: float, max_iterations: int):
    """Return a function that solves S ψ = b by conjugate gradients, S never formed.

    The diagonal of S preconditions, and b must sum to zero. Iterations stop at a
    residual of `tol` relative to b; a RuntimeError says that they did not get there.
    The function returns ψ and the number of iterations.
    """
    part = graph.movers()
    matches, back = part.matches, part.matches.T.tocsr()
    at_worker, at_firm = part.by_worker(part.weight), part.by_firm(part.weight)
    diagonal = at_firm - part.by_firm(part.weight**2 / at_worker[part.worker])
    size = 2 * at_firm.shape
    system = LinearOperator(
        size, lambda x: at_firm * x - back @ ((matches @ x) / at_worker), dtype=float
    )
    inverse = LinearOperator(size, lambda x: x / diagonal, dtype=float)

    def solve(right):
        count = 0

        def tick(_):
            nonlocal count
            count += 1

        psi, failed = cg(
            system, right, rtol=tol, maxiter=max_iterations, M=inverse, callback=tick
        )
        if failed:
            left = np.linalg.norm(system @ psi - right) / np.linalg.norm(right)
            raise RuntimeError(
                f"Conjugate gradients left a relative residual of {left:.1e} after"
                f" {count} iterations: raise max_iterations or tol, or ask for the"
                " direct or exact route if there are ten thousand firms or fewer."
            )
        return psi, count

    return solve
