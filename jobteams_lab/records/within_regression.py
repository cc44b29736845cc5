"""Least squares with worker and firm effects partialled out, in blocks of rows."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from scipy import sparse

from jobteams_lab.match_graph import DIRECT, MatchGraph, factorised, iterative
from jobteams_lab.records.age_profiles import AgeProfiles

BLOCK = 50_000  # rows of regressors in memory at once
COLLINEAR = 1e-9  # a column's own part, squared, relative to the column
TOL = 1e-10  # of conjugate gradients
MOST_ITERATIONS = 10_000


class WithinRegression:
    """Weighted least squares on x, worker effects and, if asked for, firm effects.

    The effects are partialled out: with M the projection off them, β̂ solves
    X′MX β = X′My. Blocks of whole workers are demeaned one after another; firms add
    the correction -R′ S⁺ R, where R sums what is left over firms and S is the firms'
    system of `match_graph`. `solve` fills in the attributes.

    Parameters
    ----------
    profiles : AgeProfiles
        x of each row.
    y, weight : (rows,) arrays
    worker, firm : (rows,) int arrays
        Rows of a worker are next to one another; with firm effects, workers and firms
        form one connected set.

    Attributes
    ----------
    kept : (k,) int array
        Columns of x that are no sum of earlier ones and of the effects.
    coefficients, standard_errors : (k,) arrays
        β̂ of these; standard errors are clustered by worker.
    workers, firms : arrays of int
        Those who appear, sorted.
    worker_effect, firm_effect : arrays
        Theirs; firm effects have weighted mean zero, or are all zero.
    residual : float
        Weighted mean of squared residuals.
    without_index : float
        The same of a regression on the effects alone.
    """

    def __init__(self, profiles: AgeProfiles, y, weight, worker, firm):
        self.profiles, self.y, self.weight = profiles, y, weight
        self.workers, self.worker = np.unique(worker, return_inverse=True)
        self.firms, self.firm = np.unique(firm, return_inverse=True)
        self.first = np.flatnonzero(np.append(True, np.diff(self.worker) != 0))
        cuts = np.searchsorted(self.first, np.arange(0, len(y), BLOCK))
        cuts = np.unique(np.append(cuts, len(self.first)))
        edges = np.append(self.first, len(y))
        self.blocks = [
            (slice(edges[a], edges[b]), self.first[a:b] - edges[a])
            for a, b in pairwise(cuts)
        ]

    def solve(self, firm_effects: bool) -> WithinRegression:
        """Fill in what was estimated, and return self."""
        size = len(self.profiles.names) + 1
        gram, raw = np.zeros((size, size)), np.zeros(size)
        at_firms = np.zeros((len(self.firms), size))
        for part, first in self.blocks:
            z = np.column_stack([self.profiles.block(part), self.y[part]])
            weight = self.weight[part][:, None]
            raw += (weight * z**2).sum(0)
            z -= self._worker_means(z, part, first)
            gram += z.T @ (weight * z)
            if firm_effects:
                at_firms += self._to_firms(part) @ (weight * z)
        firm_part = np.zeros_like(at_firms)
        if firm_effects:
            firm_part = self._firm_part(at_firms, raw)
            gram -= at_firms.T @ firm_part
        self.kept = _independent(gram[:-1, :-1], raw[:-1])
        if len(self.kept) == 0:
            raise ValueError(
                "Nothing about years and ages varies within workers: give a panel that"
                " follows them over several years."
            )
        self.coefficients = np.linalg.solve(
            gram[np.ix_(self.kept, self.kept)], gram[self.kept, -1]
        )
        self.without_index = gram[-1, -1] / self.weight.sum()
        self._residuals(gram, firm_part)
        return self

    def _worker_means(self, z, part, first):
        weight = self.weight[part]
        sums = np.add.reduceat(weight[:, None] * z, first, axis=0)
        means = sums / np.add.reduceat(weight, first)[:, None]
        return np.repeat(means, np.diff(np.append(first, len(z))), axis=0)

    def _to_firms(self, part):
        firm = self.firm[part]
        entries = (np.ones(len(firm)), (firm, np.arange(len(firm))))
        return sparse.csr_array(entries, shape=(len(self.firms), len(firm)))

    def _firm_part(self, at_firms, raw):
        """Solve S ψ = R for every column; columns that firms say nothing of are 0."""
        shape = len(self.workers), len(self.firms)
        matches = sparse.coo_array((self.weight, (self.worker, self.firm)), shape)
        matches = matches.tocsr()
        graph = MatchGraph(matches, np.zeros(matches.nnz))
        active = np.abs(at_firms).max(0) > 1e-12 * np.sqrt(raw * self.weight.sum())
        found = np.zeros_like(at_firms)
        if shape[1] <= DIRECT:
            found[:, active] = factorised(graph)(at_firms[:, active])[0]
        else:
            solve = iterative(graph, TOL, MOST_ITERATIONS)
            for k in np.flatnonzero(active):
                found[:, k] = solve(at_firms[:, k])[0]
        return found

    def _residuals(self, gram, firm_part):
        """Residual variance, effects, and standard errors clustered by worker."""
        meat = np.zeros((len(self.kept), len(self.kept)))
        squares, level = 0.0, []
        psi = firm_part[:, -1] - firm_part[:, self.kept] @ self.coefficients
        at_firm = np.bincount(self.firm, self.weight)
        psi -= at_firm @ psi / at_firm.sum()
        for part, first in self.blocks:
            x = self.profiles.block(part)[:, self.kept]
            left = self.y[part] - x @ self.coefficients - psi[self.firm[part]]
            x -= firm_part[self.firm[part]][:, self.kept]
            both = np.column_stack([x, left])
            means = self._worker_means(both, part, first)
            both -= means
            weight = self.weight[part]
            squares += weight @ both[:, -1] ** 2
            level.append(means[first, -1])
            scores = both[:, :-1] * (weight * both[:, -1])[:, None]
            scores = np.add.reduceat(scores, first, axis=0)
            meat += scores.T @ scores
        bread = np.linalg.inv(gram[np.ix_(self.kept, self.kept)])
        n = len(self.workers)
        variance = bread @ meat @ bread * n / max(n - 1, 1)
        self.standard_errors = np.sqrt(np.maximum(np.diag(variance), 0.0))
        self.residual = squares / self.weight.sum()
        self.worker_effect, self.firm_effect = np.concatenate(level), psi


def _independent(gram: np.ndarray, raw: np.ndarray) -> np.ndarray:
    """Return the columns that are no sum of earlier ones, by sweeping them out."""
    left, kept = gram.copy(), []
    for j in range(len(left)):
        if left[j, j] > COLLINEAR * raw[j]:
            kept.append(j)
            left -= np.outer(left[:, j], left[j]) / left[j, j]
    return np.array(kept, dtype=np.int64)
