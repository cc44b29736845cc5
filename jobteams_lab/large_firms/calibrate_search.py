"""The search for parameters whose moments are nearest to targets."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
from scipy.optimize import least_squares
from scipy.stats import qmc

from jobteams_lab.large_firms.calibrate_jacobian import neighbours, slopes
from jobteams_lab.large_firms.calibrate_table import known

LEAST = 1e-14  # of changes of the objective that are told from rounding


class Search:
    """The way from an economy to the parameters at which R g is least.

    Parameters
    ----------
    box : Box
    targets : pandas.Series
    root : (m, m) array
        R with R'R = W.
    table : Evaluations
    seed : int
    step : float
        Of differences, in the unit cube.
    bar : tqdm
    """

    def __init__(self, box, targets, root, table, seed, step, bar):
        self.box, self.targets, self.root = box, targets, root
        self.table, self.seed, self.step, self.bar = table, seed, step, bar

    def rows(self, points, seeds=None, **options) -> list:
        """Return the moments at points of the unit cube, a dict each."""
        if not len(points):
            return []
        seeds = [self.seed] * len(points) if seeds is None else seeds
        found = self.table.rows(self.box.values(points), seeds, **options)
        self.bar.update(len(points))
        return found

    def begin(self, points: int) -> np.ndarray:
        """Return where to begin: the economy, or a better point of the sequence."""
        start = self.box.start
        (first,) = self.rows([start])
        known(first, self.targets.index, "at the start")
        if not points:
            return start
        # without the corner that is its first point; more points begin with the same
        sequence = qmc.Sobol(len(start), scramble=False).fast_forward(1)
        tried = np.vstack([start, sequence.random(points)])
        rows = self.rows(tried, forgiving=True, progress=not self.bar.disable)
        sizes = np.array([np.sum(self.residuals(row) ** 2) for row in rows])
        lost = int(np.isinf(sizes).sum())
        if lost:
            warnings.warn(
                f"{lost} of {points} points could not be measured and were left out.",
                stacklevel=3,
            )
        return tried[np.argmin(sizes)]

    def residuals(self, row) -> np.ndarray:
        """Return R g; infinite where moments are not known."""
        nowhere = np.full(len(self.targets), np.inf)
        if row is None:
            return nowhere
        values = np.array([row[name] for name in self.targets.index], float)
        if not np.isfinite(values).all():
            return nowhere
        return self.root @ (values - self.targets.to_numpy())

    def deviations(self, point) -> np.ndarray:
        """Return R g at a point."""
        (row,) = self.rows([point], forgiving=True)
        found = self.residuals(row)
        self.bar.set_postfix(tried=f"{np.sum(found**2):.4g}")
        return found

    def around(self, point):
        """Return rows below and above a point, and their distances, (k,)."""
        below, above = neighbours(point, self.step)
        rows = self.rows(np.vstack([below, above]))
        gaps = np.diag(self.box.values(above) - self.box.values(below))
        return rows[: len(point)], rows[len(point) :], gaps

    def jacobian(self, point, names) -> np.ndarray:
        """Return the derivatives of some moments by the parameters, (m, k)."""
        below, above, gaps = self.around(point)
        where = f"within {self.step:g} of the box from the search's way"
        one, other = (
            np.array([known(row, names, where) for row in rows])
            for rows in (below, above)
        )
        return slopes(one, other, gaps)

    def run(self, start, rounds: int, tolerance: float):
        """Return SciPy's result, in the unit cube."""

        def jacobian(point):
            return self.root @ self.jacobian(point, self.targets.index) * self.box.width

        # far from bounds dogbox takes Gauss and Newton's steps; trf needs up to three
        # times as many evaluations, and never quite reaches a bound
        found = least_squares(
            self.deviations,
            start,
            jacobian,
            bounds=(0, 1),
            method="dogbox",
            # of all steps that are as good it takes the shortest, so that parameters
            # which are not identified do not run to their bounds
            tr_solver="lsmr",
            tr_options={"atol": 1e-12, "btol": 1e-12, "maxiter": 10 * len(start)},
            ftol=max(tolerance**2, LEAST),
            xtol=tolerance,
            gtol=LEAST,
            max_nfev=rounds,
        )
        if found.status <= 0:
            warnings.warn(
                f"The search did not end in {rounds} rounds: allow more of them, or a"
                " larger tolerance.",
                stacklevel=3,
            )
        return found

    def all_slopes(self, point) -> pd.DataFrame:
        """Return the derivatives of all moments that are numbers."""
        below, above, gaps = self.around(point)
        moments = [name for name, x in below[0].items() if isinstance(x, (int, float))]
        one, other = (
            np.array([[row[name] for name in moments] for row in rows], float)
            for rows in (below, above)
        )
        index = pd.Index(moments, name="moment")
        columns = pd.Index(self.box.names, name="parameter")
        return pd.DataFrame(slopes(one, other, gaps), index, columns)
