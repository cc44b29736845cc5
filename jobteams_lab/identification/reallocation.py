"""Gains from removing frictions: the best assignment of matched workers to jobs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize, sparse

from jobteams_lab import checks
from jobteams_lab.identification.smoothing import smooth

METHODS = ("transport", "sample")
UNOBSERVED = ("forbidden", "filled")
INFEASIBLE = 2  # status of scipy.optimize.linprog


@dataclass(frozen=True, eq=False, repr=False)
class Reallocation:
    """Output of the matches that there are, and of the best ones.

    Attributes
    ----------
    gain : float
        optimal_output / output − 1; NaN where `compare` found no positive output.
    output, optimal_output : float
        Mean output of a match, as it is and under the best assignment.
    assignment : ndarray, shape (X, Y)
        Shares of the best assignment's matches, which sum to one.
    matches : ndarray, shape (X, Y)
        Shares of the matches that it is compared with: those given, or the sample.
    unobserved_share : float
        Share of the best assignment in cells without data.
    unobserved_matches : float
        Share of the matches given that are in such cells.
    duality_gap : float
        By how much optimal_output can be too low, from the multipliers; NaN for the
        sample, whose algorithm is exact.
    method : str
    """

    gain: float
    output: float
    optimal_output: float
    assignment: np.ndarray
    matches: np.ndarray
    unobserved_share: float
    unobserved_matches: float
    duality_gap: float
    method: str

    def __repr__(self) -> str:
        percent = "" if np.isnan(self.gain) else f" by {self.gain:.2%},"
        return (
            f"Reallocation: output rises{percent} from {self.output:.5g} to"
            f" {self.optimal_output:.5g} a match; {self.unobserved_share:.1%} of the"
            " best assignment is in cells without data"
        )


def reallocation_gain(
    production,
    match_density,
    *,
    observed=None,
    unobserved: str = "forbidden",
    method: str = "transport",
    sample: int = 5_000,
    seed=0,
) -> Reallocation:
    """Compute by how much output would rise without search frictions.

    Those who work, and the jobs that they hold, are matched anew: ::

        max Σ m(x, y) f(x, y)   subject to   Σ_y m(x, y) = Σ_y d_m(x, y),
                                             Σ_x m(x, y) = Σ_x d_m(x, y),   m ≥ 0

    Nobody is hired from unemployment and no job opens.

    Parameters
    ----------
    production : array_like, shape (X, Y)
        f, or an estimate of it; NaN where there is no data.
    match_density : array_like, shape (X, Y)
        d_m: masses, or numbers, of matches; only their shares count.
    observed : array_like of bool, shape (X, Y), optional
        The cells whose production comes from data; by default those that are not NaN.
        Give it where `production` was filled or smoothed before.
    unobserved : {"forbidden", "filled"}
        What to do with the other cells: let the best assignment use none of them, or
        all; those that are NaN get the values of `smoothing.smooth`.
    method : {"transport", "sample"}
        The transport problem between types, which HiGHS solves exactly; or the paper's
        route, `sample` matches drawn from d_m and assigned one to one.
    sample : int
        Number of matches drawn: 5,000 take seconds and 0.4 GB, which grows as their
        square.
    seed : int or Generator
        Of the sample.

    Returns
    -------
    Reallocation

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed, matches are in cells without a production, the
        cells with data allow no assignment, or output under the present matches is not
        positive.
    RuntimeError
        If HiGHS finds no optimum.

    References
    ----------
    Hagedorn, Law and Manovskii (2017), the experiment on eliminating frictions.
    """
    found = compare(
        production,
        match_density,
        observed=observed,
        unobserved=unobserved,
        method=method,
        sample=sample,
        seed=seed,
    )
    if np.isnan(found.gain):
        raise ValueError(
            f"Output under the present matches is {found.output:.3g}: it must be"
            " positive for a gain in per cent."
        )
    return found


def compare(
    production,
    match_density,
    *,
    observed=None,
    unobserved="forbidden",
    method="transport",
    sample=5_000,
    seed=0,
) -> Reallocation:
    """Return what `reallocation_gain` does; a gain that no per cent can say is NaN."""
    checks.one_of("unobserved", unobserved, UNOBSERVED)
    checks.one_of("method", method, METHODS)
    sample = checks.whole("sample", sample, low=1)
    production = np.array(production, dtype=np.float64)
    matches = _shares(match_density, production.shape)
    known = np.isfinite(production)
    observed = known if observed is None else np.asarray(observed, dtype=bool)
    if observed.shape != production.shape:
        raise ValueError(
            f"observed has shape {observed.shape} and production {production.shape}:"
            " give one value a cell."
        )
    observed = observed & known
    if unobserved == "filled":
        if not known.all():
            production = smooth(np.where(observed, production, np.nan)).fill(production)
        allowed = np.ones_like(known)
    else:
        allowed = observed
        _refuse_unknown(matches, known)
    elsewhere = float(matches[~observed].sum())
    if method == "sample":
        rng = np.random.default_rng(seed)
        drawn = rng.multinomial(sample, matches.ravel()).reshape(matches.shape)
        matches = drawn / sample
        *_, prices = _transport(production, matches, allowed)
        assignment = _one_to_one(production + prices, drawn, allowed) / sample
        gap = np.nan
    else:
        assignment, gap, _ = _transport(production, matches, allowed)
    used = matches > 0
    output = float((matches[used] * production[used]).sum())
    used = assignment > 0
    best = float((assignment[used] * production[used]).sum())
    return Reallocation(
        gain=best / output - 1 if output > 0 else np.nan,
        output=output,
        optimal_output=best,
        assignment=assignment,
        matches=matches,
        unobserved_share=float(assignment[~observed].sum()),
        unobserved_matches=elsewhere,
        duality_gap=gap,
        method=method,
    )


def _shares(match_density, shape) -> np.ndarray:
    density = np.asarray(match_density, dtype=np.float64)
    if density.ndim != 2 or density.shape != shape:
        raise ValueError(
            f"match_density has shape {density.shape} and production {shape}: give a"
            " mass of matches for each cell."
        )
    if not (np.isfinite(density).all() and (density >= 0).all() and density.sum() > 0):
        raise ValueError(
            "match_density must be finite and at least 0, with a positive sum: give"
            " masses or numbers of matches."
        )
    return density / density.sum()


def _refuse_unknown(matches, known) -> None:
    lost = matches[~known]
    if (lost > 0).any():
        raise ValueError(
            f"{lost.sum():.2%} of the matches are in {int((lost > 0).sum())} cells"
            " where production is NaN, so that their output is not known: give"
            ' unobserved="filled", or leave these matches out of match_density.'
        )


def _infeasible() -> ValueError:
    return ValueError(
        "No assignment of these workers to these jobs uses only cells with data: give"
        ' unobserved="filled".'
    )


def _transport(production, matches, allowed) -> tuple[np.ndarray, float, np.ndarray]:
    """Return the best assignment, its duality gap, and minus what types are worth."""
    workers, jobs = matches.sum(axis=1), matches.sum(axis=0)
    x, y = np.nonzero(allowed & (workers[:, None] > 0) & (jobs > 0))
    if not len(x):
        raise _infeasible()
    cell, one = np.arange(len(x)), np.ones(len(x))
    sums = sparse.vstack(
        [
            sparse.coo_array((one, (x, cell)), shape=(len(workers), len(x))),
            sparse.coo_array((one, (y, cell)), shape=(len(jobs), len(x))),
        ]
    ).tocsr()
    # HiGHS has absolute tolerances: numbers of order one
    size, unit = 1 / len(workers), np.abs(production[x, y]).max() or 1.0
    right = np.append(workers, jobs) / size
    loss = -production[x, y] / unit
    # both sides' sums agree up to rounding: without the last row nothing contradicts
    found = optimize.linprog(
        loss, A_eq=sums[:-1], b_eq=right[:-1], bounds=(0, None), method="highs-ds"
    )
    if found.status == INFEASIBLE:
        raise _infeasible()
    if not found.success:
        raise RuntimeError(f"HiGHS found no best assignment: {found.message}")
    assignment = np.zeros_like(matches)
    share = np.maximum(found.x, 0.0)
    assignment[x, y] = size * share
    price = np.append(found.eqlin.marginals, 0.0)
    # made feasible for every cell, prices bound what any assignment can produce
    short = max((price[x] + price[len(workers) + y] - loss).max(), 0.0)
    bound = short * len(workers) - right @ price
    gap = float(max(bound + loss @ share, 0.0) * size * unit)
    return assignment, gap, unit * (price[: len(workers), None] + price[len(workers) :])


def _one_to_one(value, drawn, allowed) -> np.ndarray:
    # Whatever a type costs, it costs in every assignment, so that prices do not change
    # which is best. Without them the many equals make the algorithm fifty times slower.
    worker = np.repeat(np.arange(drawn.shape[0]), drawn.sum(axis=1))
    job = np.repeat(np.arange(drawn.shape[1]), drawn.sum(axis=0))
    value = np.where(allowed, value, -np.inf)
    try:
        rows, columns = optimize.linear_sum_assignment(
            value[np.ix_(worker, job)], maximize=True
        )
    except ValueError as error:
        raise _infeasible() from error
    assignment = np.zeros(drawn.shape)
    np.add.at(assignment, (worker[rows], job[columns]), 1.0)
    return assignment
