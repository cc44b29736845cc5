"""What wages say about pairs of workers: the cells that are compared, and who is.

Two workers are compared where both have worked, at one firm. A cell is a worker and a
firm, with the mean wage there and the variance of that mean; no pair is ever stored.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from jobteams_lab import checks
from jobteams_lab.panel import Panel
from jobteams_lab.panel_validation import ORIGINS


@dataclass(frozen=True, eq=False)
class Comparisons:
    """The worker-firm cells of the workers who can be ranked, in a canonical order.

    Workers are numbered by what they earned, not by their ids, so that a panel with
    other ids gives the same ranking. Only workers with equal histories fall back on a
    random order.

    Attributes
    ----------
    worker : (cells,) int array
        Number of the cell's worker, ascending.
    firm : (cells,) int array
        Position of the cell's firm among the firms.
    wage : (cells,) array
        Mean wage of the worker at the firm.
    variance : (cells,) array
        Variance of that mean: σ²/n, and match quality if there is any.
    position : (n,) int array
        Where each numbered worker stands in ``panel.workers``.
    components : int
        Groups of workers whom no chain of co-workers links; the largest is kept.
    usable : int
        Workers with a spell that counts, in all components.
    """

    worker: np.ndarray
    firm: np.ndarray
    wage: np.ndarray
    variance: np.ndarray
    position: np.ndarray
    components: int
    usable: int

    @property
    def links(self) -> int:
        """The number of ordered pairs of workers and a firm where both have worked."""
        size = np.bincount(self.firm)
        return int(np.sum(size * (size - 1)))


def usable_spells(panel: Panel, origins=None) -> Panel:
    """Return the rows whose wages rank workers.

    Parameters
    ----------
    panel : Panel
    origins : sequence of str, optional
        Spells of these origins count. By default all of them if no worker moves from
        job to job; otherwise those from unemployment, since only their wages rise with
        the worker's type within a firm (A.21).

    Raises
    ------
    ValueError
        If an origin is not known or no spell is left.
    """
    here = set(panel.data["origin"].unique())
    if origins is None:
        origins = ("unemployment",) if "firm" in here else ORIGINS
    elif isinstance(origins, str):
        origins = (origins,)
    for origin in origins:
        checks.one_of("origin", origin, ORIGINS)
    if here <= set(origins):
        return panel
    kept = panel.data["origin"].isin(list(origins))
    if not kept.any():
        words = " or ".join(repr(origin) for origin in origins)
        raise ValueError(
            f"No spell has the origin {words}, so that nobody can be ranked: derive "
            "origins by Panel.with_origins, or name those that count in origins."
        )
    return Panel(panel.data[kept], panel.window)


def comparisons(
    panel: Panel,
    spells: Panel,
    error: float,
    match_variance: float,
    rng: np.random.Generator,
) -> Comparisons:
    """Collect the cells of the largest component of co-workers.

    A cell of n months has the variance σ²/n + τ² Σ_s (n_s/n)², the sum over its spells.

    Parameters
    ----------
    panel : Panel
        All rows, for the numbering of workers.
    spells : Panel
        From `usable_spells`.
    error : float
        σ², the variance of measurement error in a month's wage.
    match_variance : float
        τ², the variance of match quality; zero without.
    rng : numpy.random.Generator
        Orders workers with equal histories.
    """
    cells = spells.cells()
    worker = np.searchsorted(panel.workers, cells["worker"].to_numpy())
    firm = np.searchsorted(spells.firms, cells["firm"].to_numpy())
    time, wage = cells["time"].to_numpy(), cells["wage"].to_numpy()
    variance = error / time
    if match_variance > 0.0:
        variance = variance + match_variance * _concentration(spells, time)

    group, components = _components(worker, firm)
    largest = np.argmax(np.bincount(group[np.unique(worker, return_index=True)[1]]))
    kept = group == largest
    usable = len(np.unique(worker))
    worker, firm, wage, variance = (x[kept] for x in (worker, firm, wage, variance))

    number, position = _canonical(worker, wage, variance, len(panel.workers), rng)
    order = np.lexsort((variance, wage, number))
    return Comparisons(
        worker=number[order],
        firm=firm[order],
        wage=wage[order],
        variance=variance[order],
        position=position,
        components=components,
        usable=usable,
    )


def _concentration(spells: Panel, time: np.ndarray) -> np.ndarray:
    """Return Σ_s (n_s/n)² of each cell, in the cells' order."""
    joined = spells.spells()
    pair = joined.worker_codes * len(joined.firms) + joined.firm_codes
    # Panel.cells sorts by worker and firm, as these numbers do
    cell = np.unique(pair, return_inverse=True)[1]
    return np.bincount(cell, joined.time**2) / time**2


def _components(worker, firm) -> tuple[np.ndarray, int]:
    """Label each cell's component in the graph of workers and firms."""
    workers, firms = worker.max() + 1, firm.max() + 1
    graph = coo_array(
        (np.ones(len(worker), dtype=np.int8), (worker, workers + firm)),
        shape=(workers + firms, workers + firms),
    )
    label = connected_components(graph.tocsr(), directed=False)[1][worker]
    return label, len(np.unique(label))


def _canonical(worker, wage, variance, total, rng) -> tuple[np.ndarray, np.ndarray]:
    """Number workers by their wages; ids matter through a random order alone."""
    here, code = np.unique(worker, return_inverse=True)
    shuffled = rng.permutation(total)[here]
    lowest, highest = np.full(len(here), np.inf), np.full(len(here), -np.inf)
    np.minimum.at(lowest, code, wage)
    np.maximum.at(highest, code, wage)
    precision = np.full(len(here), np.inf)
    np.minimum.at(precision, code, variance)
    order = np.lexsort((shuffled, precision, highest, lowest))
    number = np.empty(len(here), dtype=np.int64)
    number[order] = np.arange(len(here))
    return number[code], here[order]
