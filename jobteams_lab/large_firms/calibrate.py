"""Indirect inference: parameters whose simulated moments are nearest to targets."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from tqdm import tqdm

from jobteams_lab import checks
from jobteams_lab.large_firms.calibrate_arguments import box_of, targets_of, weighting
from jobteams_lab.large_firms.calibrate_errors import (
    noisy,
    overidentification,
    precision,
    signals,
    told,
)
from jobteams_lab.large_firms.calibrate_measures import (
    measure_finite,
    measure_of,
    measure_solved,
)
from jobteams_lab.large_firms.calibrate_result import Calibration
from jobteams_lab.large_firms.calibrate_search import Search
from jobteams_lab.large_firms.calibrate_table import Evaluations, known

__all__ = ["Calibration", "calibrate", "measure_finite", "measure_solved"]


def calibrate(
    economy,
    parameters: Mapping,
    targets,
    path,
    *,
    measure: Callable | None = None,
    weights: Mapping | None = None,
    errors=None,
    points: int = 0,
    step: float = 0.05,
    rounds: int = 30,
    tolerance: float = 1e-3,
    replications: int = 10,
    seed: int = 0,
    processes: int = 1,
    scheduler: str | None = None,
    progress: bool = True,
) -> Calibration:
    """Find the parameters at which an economy's simulated moments are the targets.

    The estimates minimise g'Wg, where g = simulated − target, the simulation having
    the same random numbers at all parameters. If `points` are given they are tried
    first, and the search begins at the best of them and the economy. It is a trust
    region method for least squares whose derivatives are central differences over wide
    steps, since simulated moments are not smooth. Standard errors are roots of the
    diagonal of::

        (G'WG)⁻¹ G'W Ω WG (G'WG)⁻¹,    Ω = Cov(targets) + Cov(simulation)

    G being the moments' Jacobian, and Cov(simulation) that of `replications` other
    seeds. Without `errors` Ω is the second part alone, and the standard errors say
    only how far the noise of one simulation moves the estimates.

    Parameters
    ----------
    economy : Economy or FiniteEconomy
        Its fields are the first guess of those to be found, and the others stay.
    parameters : dict of str to (low, high)
        Fields of the economy, which must be numbers, and their bounds.
    targets : dict of str to float, or list of str
        Moments by name. Names alone stand for the slides' "Data" column.
    path : path
        Of a Parquet table with a row an evaluation. A call that was stopped goes on
        where it was when it is made again. It may be shared by calls for the same
        parameters: economies and measures are told apart, these by their names and
        options, not by what they do, so give a changed measure a new file.
    measure : callable, optional
        ``measure(economy, seed)`` returns a dict of numbers; other processes must be
        able to import it. By default `measure_finite` or, for an Economy,
        `measure_solved`. ``functools.partial`` gives them options.
    weights : dict of str to float, optional
        The diagonal of W; those not named have 1/target², so that relative deviations
        count. A target of zero needs a weight.
    errors : dict of str to float, or DataFrame, optional
        Standard errors of the targets, or their covariance matrix; its inverse is W
        unless `weights` are given.
    points : int
        Of a Sobol sequence in the box.
    step : float
        Of differences, as a share of the box; one-sided at the bounds.
    rounds : int
        Steps of the search, at most.
    tolerance : float
        The search ends at a step smaller than this share of the box, or one that
        lowers the objective by less than its square, relatively.
    replications : int
        Other seeds at the estimates: none, or two and more.
    seed : int
        The search has this one, replications the next.
    processes, scheduler
        As for `sweep`: several processes here, or a Dask cluster. Points, differences
        and replications run side by side, steps one after another.
    progress : bool
        Whether to show evaluations and objective.

    Returns
    -------
    Calibration
        The errors of other estimates are those with an estimate at its bound held
        there; its own is NaN.

    Raises
    ------
    TypeError, ValueError
        A sentence, for arguments that make no sense, moments that `measure` does not
        give or that are not numbers.
    RuntimeError
        If moments could not be measured where they must be; where the search only
        tries, it turns back.

    Warns
    -----
    UserWarning
        If the search did not end by itself, if points could not be measured, or if the
        targets cannot tell parameters apart or hardly from noise, which it names.

    References
    ----------
    Gourieroux, Monfort and Renault (1993), "Indirect Inference".
    """
    box = box_of(economy, parameters)
    targets = targets_of(targets, len(box.names))
    root, covariance = weighting(targets, weights, errors)
    points = checks.whole("points", points)
    step = checks.number("step", step, low=1e-8, high=0.5)
    rounds = checks.whole("rounds", rounds, low=1)
    tolerance = checks.number("tolerance", tolerance, low=1e-12, high=0.5)
    replications = checks.whole("replications", replications)
    if replications == 1:
        raise ValueError("replications = 1 have no spread: give none, or several.")
    seed = checks.whole("seed", seed)
    checks.one_of("progress", progress, (True, False))
    measure = measure_of(economy, measure)
    table = Evaluations(economy, measure, box.names, path, processes, scheduler)
    with tqdm(disable=not progress, file=sys.stderr, unit=" evaluations") as bar:
        search = Search(box, targets, root, table, seed, step, bar)
        start = search.begin(points)
        found = search.run(start, rounds, tolerance)
        at_bound = found.active_mask != 0
        return _report(search, economy, found, at_bound, covariance, replications)


def _report(search, economy, found, at_bound, covariance, replications):
    box, targets = search.box, search.targets
    names, wanted = list(box.names), targets.index
    values = box.values(found.x)
    (row,) = search.rows([found.x])
    fitted = known(row, wanted, "at the estimates")
    seeds = range(search.seed + 1, search.seed + 1 + replications)
    others = search.rows([found.x] * replications, seeds)
    where = "at the estimates with another seed"
    others = [known(one, wanted, where) for one in others]
    noise = np.full_like(covariance, np.nan)
    if replications:
        noise = np.cov(others, rowvar=False).reshape(noise.shape)
    parts = [one for one in (covariance, noise) if np.isfinite(one).all()]
    omega = np.sum(parts, axis=0) if parts else noise
    own = search.jacobian(found.x, wanted)
    free = np.flatnonzero(~at_bound)
    known_of = precision(own[:, free], search.root, omega)
    spread = np.full((len(names), len(names)), np.nan)
    spread[np.ix_(free, free)] = known_of.covariance
    unidentified = told(known_of.confounded, [names[i] for i in free])
    if unidentified:
        warnings.warn(f"{unidentified} See Calibration.jacobian.", stacklevel=3)
    signal = np.full(len(names), np.nan)
    widths = 2 * search.step * box.width
    moved = search.root @ own[:, free] * widths[free]
    signal[free] = signals(moved, search.root @ noise @ search.root.T)
    told_apart = [i for i in free if np.isfinite(spread[i, i])]
    unclear = noisy([names[i] for i in told_apart], signal[told_apart])
    if unclear:
        warnings.warn(unclear, stacklevel=3)
    deviation = fitted - targets.to_numpy()
    freedom = len(targets) - known_of.rank
    known_errors = np.isfinite(covariance).all()
    unfit = omega if known_errors else covariance
    j_statistic, p_value = overidentification(deviation, own[:, free], unfit, freedom)
    left = known_of.leftover @ omega @ known_of.leftover.T
    evaluations = search.table.frame()
    evaluations["objective"] = [
        float(np.sum(search.residuals(one) ** 2))
        for one in evaluations.to_dict("records")
    ]
    return Calibration(
        economy=economy.with_(**dict(zip(names, map(float, values), strict=True))),
        estimates=pd.DataFrame(
            {
                "estimate": values,
                "standard error": np.sqrt(np.diag(spread)),
                "low": box.low,
                "high": box.high,
                "at bound": at_bound,
                "signal": signal,
            },
            index=pd.Index(names, name="parameter"),
        ),
        covariance=pd.DataFrame(spread, names, names),
        fit=pd.DataFrame(
            {
                "target": targets,
                "fitted": fitted,
                "deviation": deviation,
                "target error": np.sqrt(np.diag(covariance)),
                "simulation error": np.sqrt(np.diag(noise)),
                "standard error": np.sqrt(np.maximum(np.diag(left), 0)),
            }
        ).rename_axis("moment"),
        jacobian=search.all_slopes(found.x),
        objective=float(np.sum(search.residuals(row) ** 2)),
        degrees_of_freedom=freedom,
        j_statistic=j_statistic,
        p_value=p_value,
        evaluations=evaluations,
        converged=found.status > 0,
        unidentified=unidentified,
    )
