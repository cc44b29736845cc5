"""What a panel says about a labour market once its workers are sorted into bins.

Stocks, hires and wages by worker bin and firm: all that the estimators of this room
read. A month's hires are counted where the month before is observed too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from jobteams_lab import checks
from jobteams_lab.identification.labour_force import labour_force
from jobteams_lab.panel import Panel

_UNEMPLOYMENT, _FIRM, _UNKNOWN = range(3)  # as Panel orders its origins


@dataclass(frozen=True, eq=False)
class LabourMarket:
    """Stocks and flows by worker bin x and firm j, a month being the unit of time.

    Arrays over x hold ranked workers only; those over j alone hold everybody.

    Attributes
    ----------
    employed : (X, J) array
        Mean number of workers of the bin at the firm.
    unemployed : (X,) array
        Mean number of the bin's workers who are out of work.
    hires_from_unemployment, hires_from_firms : (X, J) arrays
        Hires observed in the window, by where they came from.
    wage : (X, J) array
        Mean wage in spells that began out of unemployment, weighted by months; nan
        where there is none. If nobody moves from job to job, spells of unknown origin
        count too, since then a pair has one wage.
    wage_months : (X, J) array
        The months behind each wage.
    wage_cells : (X, J) array
        The worker-firm pairs behind each wage.
    separation_rate : float
        δ, the chance a month that a match ends in unemployment.
    finding_rate : (X,) array
        h(x), the chance a month of leaving unemployment,
        (1 − δ) M_u Σ_{y in B(x)} d_v(y)/V; nan for a bin never seen out of work.
    workers : (X,) array
        Number of workers in the bin.
    employment, hires, moves_in : (J,) arrays
        Mean employment, hires from unemployment and hires from firms of all workers.
    mean_unemployed : float
        Mean number of workers out of work, ranked or not.
    unknown_spells, spells : int
        Spells of unknown origin, and all spells.
    months : float
        Length of the window.
    firms : (J,) array
        Ids, sorted as in the panel.
    moves : bool
        Whether any worker moves from job to job.
    """

    employed: np.ndarray
    unemployed: np.ndarray
    hires_from_unemployment: np.ndarray
    hires_from_firms: np.ndarray
    wage: np.ndarray
    wage_months: np.ndarray
    wage_cells: np.ndarray
    separation_rate: float
    finding_rate: np.ndarray
    workers: np.ndarray
    employment: np.ndarray
    hires: np.ndarray
    moves_in: np.ndarray
    mean_unemployed: float
    unknown_spells: int
    spells: int
    months: float
    firms: np.ndarray
    moves: bool


def labour_market(panel: Panel, bins, types: int = 50, exclude=None) -> LabourMarket:
    """Count a panel's stocks, hires and wages by worker bin and firm.

    A match that lasts t months had t chances to end if it is seen to end, and t − 1 if
    the window closes on it; time out of work has as many chances of a hire. With ends
    E in unemployment and hires H(x) from it,

        δ = E / chances,   h(x) = H(x) / chances(x).

    A spell ends in unemployment unless the worker's next one comes from a firm; the
    time between the two is then not unemployment. Workers who never had a job in the
    window are not in a panel: in a short one unemployment is then too low and h too
    high.

    Parameters
    ----------
    panel : Panel
        Its unit of time is a month. Where it has the columns ``entry`` and ``exit``,
        a worker is unemployed only between them; see `with_labour_force`.
    bins : (workers,) int array
        Each worker's bin, 0 to types − 1, in the order of ``panel.workers``; −1 keeps a
        worker out of the arrays over x.
    types : int
        X, the number of bins.
    exclude : (workers,) bool array, optional
        Workers whose wages are left out, such as those of `matching_sets` whose rank
        is doubtful; their jobs and hires count.

    Returns
    -------
    LabourMarket

    Raises
    ------
    TypeError, ValueError
        If `bins` or `exclude` do not fit the panel, or no match is seen for longer
        than a month.

    References
    ----------
    Hagedorn, Law and Manovskii (2017), supplement, appendix B.
    """
    types = checks.whole("types", types, low=1)
    bins, exclude = _checked(panel, bins, types, exclude)
    spells = panel.spells()
    worker, firm, time = spells.worker_codes, spells.firm_codes, spells.time
    origin = spells.data["origin"].cat.codes.to_numpy()
    start, end = spells.data["start"].to_numpy(), spells.data["end"].to_numpy()
    force = labour_force(panel)
    firms, months = len(panel.firms), panel.window[1] - panel.window[0]

    here = bins[worker] >= 0
    cell = np.where(here, bins[worker] * firms + firm, 0)

    def table(weight):
        weight = np.where(here, weight, 0.0)
        return np.bincount(cell, weight, minlength=types * firms).reshape(types, -1)

    inside = start > force[0][worker]
    hired, poached = inside & (origin == _UNEMPLOYMENT), inside & (origin == _FIRM)
    paid = origin == _UNEMPLOYMENT
    if not (origin == _FIRM).any():
        paid |= origin == _UNKNOWN
    paid &= ~exclude[worker]
    wage_months = table(np.where(paid, time, 0.0))
    total = table(np.where(paid, time * spells.data["wage"].to_numpy(), 0.0))
    with np.errstate(invalid="ignore"):
        wage = total / wage_months

    idle, chances = out_of_work(worker, start, end, origin, *force)
    known = bins >= 0
    searched = np.bincount(bins[known], chances[known], minlength=types)
    hires = table(hired)
    with np.errstate(invalid="ignore", divide="ignore"):
        finding = np.where(searched > 0, hires.sum(1) / searched, np.nan)
    return LabourMarket(
        employed=table(end - start) / months,
        unemployed=np.bincount(bins[known], idle[known], minlength=types) / months,
        hires_from_unemployment=hires,
        hires_from_firms=table(poached),
        wage=wage,
        wage_months=wage_months,
        wage_cells=_pairs(worker, firm, paid & here, bins, (types, firms)),
        separation_rate=_separation_rate(worker, start, end, origin, force[1][worker]),
        finding_rate=finding,
        workers=np.bincount(bins[known], minlength=types),
        employment=np.bincount(firm, end - start, minlength=firms) / months,
        hires=np.bincount(firm, hired, minlength=firms),
        moves_in=np.bincount(firm, poached, minlength=firms),
        mean_unemployed=float(idle.sum() / months),
        unknown_spells=int((origin == _UNKNOWN).sum()),
        spells=len(origin),
        months=float(months),
        firms=panel.firms,
        moves=bool((origin == _FIRM).any()),
    )


def _checked(panel, bins, types, exclude) -> tuple[np.ndarray, np.ndarray]:
    if not isinstance(panel, Panel):
        raise TypeError(f"panel must be a Panel, not {type(panel).__name__}.")
    n = len(panel.workers)
    bins = np.asarray(bins)
    if bins.shape != (n,) or not np.issubdtype(bins.dtype, np.integer):
        raise ValueError(
            f"bins must be {n:,} whole numbers, one for each of panel.workers, not an"
            f" array of {bins.dtype} with shape {bins.shape}."
        )
    if bins.min() < -1 or bins.max() >= types:
        raise ValueError(
            f"bins run from {bins.min()} to {bins.max()}, but types = {types}: give"
            f" 0 to {types - 1}, or -1 for a worker without a bin."
        )
    exclude = np.zeros(n, dtype=bool) if exclude is None else np.asarray(exclude)
    if exclude.shape != (n,) or exclude.dtype != bool:
        raise ValueError(
            f"exclude must be {n:,} booleans, one for each of panel.workers, not an"
            f" array of {exclude.dtype} with shape {exclude.shape}."
        )
    return bins.astype(np.int64), exclude


def follows(worker, start, end, origin) -> np.ndarray:
    """Return whether each spell began with a move from the worker's previous job."""
    same = np.append(False, np.diff(worker) == 0)
    at_once = np.append(False, start[1:] <= end[:-1])
    return same & ((origin == _FIRM) | (at_once & (origin == _UNKNOWN)))


def _separation_rate(worker, start, end, origin, closing) -> float:
    moved_on = np.append(follows(worker, start, end, origin)[1:], False)
    cut = end >= closing
    chances = (end - start).sum() - np.minimum(end - start, 1)[cut].sum()
    if chances <= 0:
        raise ValueError(
            "No match is seen for more than a month, so that the separation rate is"
            " not identified: give a panel with a longer window, in months."
        )
    return float((~moved_on & ~cut).sum() / chances)


def out_of_work(worker, start, end, origin, entry, exit) -> tuple:
    """Return each worker's months out of work, and those in which a hire shows."""
    before = np.append(start[:1], end[:-1])
    between = np.where(follows(worker, start, end, origin), start - before, 0)
    busy = np.bincount(worker, end - start + between, minlength=len(entry))
    idle = np.maximum(exit - entry - busy, 0.0)
    # Panel keeps a worker's jobs from overlapping: his last row ends last
    last = np.append(np.diff(worker) != 0, True)
    after = np.bincount(
        worker[last], exit[worker[last]] - end[last], minlength=len(entry)
    )
    return idle, idle - np.minimum(after, 1.0)


def _pairs(worker, firm, paid, bins, shape) -> np.ndarray:
    pair = np.unique(worker[paid] * shape[1] + firm[paid])
    cell = bins[pair // shape[1]] * shape[1] + pair % shape[1]
    return np.bincount(cell, minlength=shape[0] * shape[1]).reshape(shape)
