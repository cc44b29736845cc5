"""Two-way fixed effects: what wages say if they are a worker's part plus a firm's."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from jobteams_lab import checks
from jobteams_lab.match_graph import DIRECT, MatchGraph, factorised, iterative
from jobteams_lab.panel import Panel

SOLVERS = ("auto", "direct", "iterative")
WEIGHTS = ("time", "match")


@dataclass(frozen=True)
class Moments:
    """Variances and covariance of worker and firm effects over matches.

    The total is the sum worker + firm + 2 covariance + residual.

    Attributes
    ----------
    worker, firm : float
        Var(α), Var(ψ), every match weighted as in the estimation.
    covariance : float
        Cov(α, ψ).
    residual : float
        Var(r).
    """

    worker: float
    firm: float
    covariance: float
    residual: float

    @property
    def total(self) -> float:
        """The variance of y over matches."""
        return self.worker + self.firm + 2 * self.covariance + self.residual

    @property
    def sorting(self) -> float:
        """Corr(α, ψ); NaN if one of the variances is not positive."""
        if min(self.worker, self.firm) <= 0:
            return math.nan
        return self.covariance / math.sqrt(self.worker * self.firm)

    @property
    def shares(self) -> dict[str, float]:
        """The four parts of the total's variance, which sum to one."""
        parts = {
            "worker": self.worker,
            "firm": self.firm,
            "twice the covariance": 2 * self.covariance,
            "residual": self.residual,
        }
        return {name: part / self.total for name, part in parts.items()}


@dataclass(frozen=True, eq=False, repr=False)
class FixedEffects:
    """Worker and firm effects on wages, y = α(worker) + ψ(firm) + r.

    Attributes
    ----------
    workers, firms : ndarray
        Ids in the connected set, sorted.
    worker_effect : ndarray, shape (N,)
        α, which carries the level of wages.
    firm_effect : ndarray, shape (J,)
        ψ, with weighted mean zero over the matches of the connected set.
    moments : Moments
        Over matches, as estimated: too large variances and too small a covariance
        where few workers move; see `corrected_moments`.
    worker_share, firm_share, time_share : float
        How much of the panel is in the connected set.
    normal_residual : float
        Largest deviation in the normal equations, relative to their right side.
    iterations : int
        Of conjugate gradients; 0 if the system was factorised.
    degrees_of_freedom : int
        Matches − N − J + 1.
    logs : bool
        Whether y is the log of the wage.
    graph : MatchGraph
        The data that the effects were fitted to.
    """

    workers: np.ndarray
    firms: np.ndarray
    worker_effect: np.ndarray
    firm_effect: np.ndarray
    moments: Moments
    worker_share: float
    firm_share: float
    time_share: float
    normal_residual: float
    iterations: int
    degrees_of_freedom: int
    logs: bool
    graph: MatchGraph

    @property
    def sorting(self) -> float:
        """Corr(α, ψ) over matches, not corrected for limited mobility."""
        return self.moments.sorting

    @property
    def r_squared(self) -> float:
        """The share of the variance of y over matches that the two effects explain."""
        return 1.0 - self.moments.residual / self.moments.total

    def __repr__(self) -> str:
        return (
            f"FixedEffects: {len(self.workers):,} workers and {len(self.firms):,} firms"
            f" ({self.time_share:.1%} of the time), Corr(α, ψ) = {self.sorting:.3f},"
            f" R² = {self.r_squared:.3f}"
        )


def fixed_effects(
    panel: Panel,
    *,
    logs: bool = True,
    weights: str = "time",
    solver: str = "auto",
    tol: float = 1e-10,
    max_iterations: int = 10_000,
) -> FixedEffects:
    """Estimate two-way fixed effects by least squares on the largest connected set.

    Solves min Σ T (y − α(worker) − ψ(firm))² over worker-firm pairs, where y is the
    mean log wage of a pair and T the time worked in it. That is least squares on the
    single months, whose deviations from a pair's mean no effect explains; they are no
    part of R² and of the variances.

    Parameters
    ----------
    panel : Panel
    logs : bool
        Whether y is the log of the wage (the default) or the wage itself.
    weights : {"time", "match"}
        What a worker-firm pair counts for: the time worked in it, or one.
    solver : {"auto", "direct", "iterative"}
        How the firms' system is solved after workers are eliminated: dense Cholesky
        factors (2,000 firms or fewer, by default), or conjugate gradients
        preconditioned by the diagonal, which never form the system.
    tol : float
        Conjugate gradients stop at a residual of `tol` relative to the right side.
    max_iterations : int
        At which conjugate gradients give up.

    Returns
    -------
    FixedEffects

    Raises
    ------
    TypeError, ValueError
        If a wage has no log, an argument is not allowed, or no worker is seen at two
        firms.
    RuntimeError
        If conjugate gradients do not converge.

    References
    ----------
    Abowd, Kramarz and Margolis (1999); Abowd, Creecy and Kramarz (2002) for connected
    sets.
    """
    checks.one_of("weights", weights, WEIGHTS)
    checks.one_of("solver", solver, SOLVERS)
    tol = checks.number("tol", tol, low=0.0, open_low=True)
    max_iterations = checks.whole("max_iterations", max_iterations, low=1)
    if logs:
        try:
            panel.require_positive_wages()
        except ValueError as error:
            raise ValueError(
                f"logs=True takes logs of wages, logs=False their levels: {error}"
            ) from error

    cells = panel.cells(logs=logs)
    time = cells["time"].to_numpy()
    wage = cells["wage_logs"].to_numpy() / time if logs else cells["wage"].to_numpy()
    # cells are sorted by worker and firm, as these pairs are
    pairs = np.unique(panel.worker_codes * len(panel.firms) + panel.firm_codes)
    worker, firm = np.divmod(pairs, len(panel.firms))
    kept = _largest_connected_set(worker, firm, time, panel)
    workers, worker = np.unique(worker[kept], return_inverse=True)
    firms, firm = np.unique(firm[kept], return_inverse=True)
    shape = len(workers), len(firms)
    if shape[1] < 2:
        raise ValueError(
            "No worker is seen at two firms, so that nothing tells firm effects from"
            " worker effects: give a panel with workers who change firm."
        )
    weight = time[kept] if weights == "time" else np.ones(int(kept.sum()))
    matches = sparse.csr_array((weight, (worker, firm)), shape=shape)
    matches.sort_indices()
    graph = MatchGraph(matches, wage[kept])

    direct = solver == "direct" or (solver == "auto" and shape[1] <= DIRECT)
    limits = None if direct else (tol, max_iterations)
    alpha, psi, residual, iterations = _least_squares(graph, limits)
    return FixedEffects(
        workers=panel.workers[workers],
        firms=panel.firms[firms],
        worker_effect=alpha,
        firm_effect=psi,
        moments=_moments(graph, alpha, psi),
        worker_share=shape[0] / len(panel.workers),
        firm_share=shape[1] / len(panel.firms),
        time_share=float(time[kept].sum() / time.sum()),
        normal_residual=residual,
        iterations=iterations,
        degrees_of_freedom=len(weight) - shape[0] - shape[1] + 1,
        logs=bool(logs),
        graph=graph,
    )


def _largest_connected_set(worker, firm, time, panel) -> np.ndarray:
    # the largest in time worked, which is what the estimation weights by
    size = len(panel.workers) + len(panel.firms)
    edges = sparse.coo_array(
        (np.ones(len(worker)), (worker, len(panel.workers) + firm)), shape=(size, size)
    )
    label = csgraph.connected_components(edges, directed=False)[1][worker]
    return label == np.bincount(label, weights=time).argmax()


def _least_squares(graph: MatchGraph, limits):
    at_worker, at_firm = graph.by_worker(graph.weight), graph.by_firm(graph.weight)
    weighted = graph.weight * graph.wages
    sum_worker, sum_firm = graph.by_worker(weighted), graph.by_firm(weighted)
    mean = sum_worker / at_worker
    # from deviations, so that a worker at one firm only adds exact zeros
    right = graph.by_firm(graph.weight * (graph.wages - mean[graph.worker]))
    solve = factorised(graph) if limits is None else iterative(graph, *limits)
    psi, iterations = solve(right)
    psi -= at_firm @ psi / at_firm.sum()
    alpha = mean - graph.by_worker(graph.weight * psi[graph.firm]) / at_worker
    left = weighted - graph.weight * (alpha[graph.worker] + psi[graph.firm])
    errors = np.append(graph.by_worker(left), graph.by_firm(left))
    sums = np.append(sum_worker, sum_firm)
    return alpha, psi, float(np.abs(errors).max() / np.abs(sums).max()), iterations


def _moments(graph: MatchGraph, alpha, psi) -> Moments:
    share = graph.weight / graph.weight.sum()
    a, p = alpha[graph.worker], psi[graph.firm]
    left = graph.wages - a - p
    a, p = a - share @ a, p - share @ p
    return Moments(
        worker=float(share @ a**2),
        firm=float(share @ p**2),
        covariance=float(share @ (a * p)),
        residual=float(share @ left**2),
    )
