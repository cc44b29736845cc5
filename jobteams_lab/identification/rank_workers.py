"""Rank all workers from comparisons of co-workers' wages."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from jobteams_lab import checks
from jobteams_lab.identification.comparisons import (
    Comparisons,
    comparisons,
    usable_spells,
)
from jobteams_lab.identification.log_odds import log_odds_table, probability_table
from jobteams_lab.identification.noise import (
    NoiseVariance,
    error_variance,
    match_quality_variance,
)
from jobteams_lab.identification.ranking_objective import Agreement, agreement
from jobteams_lab.identification.single_moves import (
    longest,
    renumber,
    sorted_lists,
    sweep,
)
from jobteams_lab.identification.wage_orders import ORDERS, wage_orders
from jobteams_lab.panel import Panel

OBJECTIVES = ("loglik", "kemeny")
STARTS = ("best", "all", *ORDERS)
DRIFT = 1e-6  # between the gains added up and the objective computed from scratch


@dataclass(frozen=True, eq=False, repr=False)
class WorkerRanking:
    """A ranking of workers, from the least productive to the most.

    Attributes
    ----------
    rank : (n,) array
        1 for the lowest type to N for the highest; nan where a worker is not ranked.
    workers : (n,) array
        Ids, all of the panel's, sorted.
    objective : float
        What the ranking is worth: its log-likelihood, or Kemeny's objective (A.3).
    kind : str
        ``"loglik"`` or ``"kemeny"``.
    disagreement : float
        Share of the comparisons at one firm that the ranking contradicts.
    weighted_disagreement : float
        The same with every comparison counted by its weight in the objective.
    noise : NoiseVariance
        The variance of measurement error that weighs the comparisons.
    match_variance : float
        τ², the variance of match quality; zero unless asked for.
    components : int
        Groups of workers whom no chain of co-workers links; the largest is ranked.
    coverage : float
        Share of the panel's workers who are ranked.
    without_spells : int
        Workers without a spell that counts.
    links : int
        Ordered pairs of workers and a firm where both worked.
    starts : dict
        The objective at each starting order.
    ends : dict
        The objective reached from each starting order that was pursued.
    passes : int
        Sweeps over the workers, from the start that was kept.
    moves : int
        Single-worker moves made in them, each of which raised the objective.
    """

    rank: np.ndarray
    workers: np.ndarray
    objective: float
    kind: str
    disagreement: float
    weighted_disagreement: float
    noise: NoiseVariance
    match_variance: float
    components: int
    coverage: float
    without_spells: int
    links: int
    starts: dict[str, float]
    ends: dict[str, float]
    passes: int
    moves: int

    def bins(self, types: int) -> np.ndarray:
        """Cut the ranking into equally many workers a type.

        Parameters
        ----------
        types : int
            Number of types, at most the number of workers ranked.

        Returns
        -------
        (n,) int array
            0 for the lowest type to types − 1; −1 where a worker is not ranked.
        """
        ranked = np.isfinite(self.rank)
        types = checks.whole("types", types, low=1, high=int(ranked.sum()))
        bins = np.full(len(self.rank), -1, dtype=np.int64)
        place = self.rank[ranked].astype(np.int64) - 1
        bins[ranked] = place * types // ranked.sum()
        return bins

    def __repr__(self) -> str:
        return (
            f"WorkerRanking: {np.isfinite(self.rank).sum():,} of {len(self.rank):,} "
            f"workers by {self.links:,} comparisons,\n  {self.disagreement:.1%} of "
            f"which it contradicts; {self.components:,} components, "
            f"{self.passes} passes"
        )


def rank_workers(
    panel: Panel,
    *,
    objective: str = "loglik",
    start: str = "best",
    noise_variance: float | None = None,
    match_variance: float | str | None = None,
    origins=None,
    seed: int = 0,
) -> WorkerRanking:
    """Rank workers by comparing the wages of those who worked at the same firm.

    Worker i outranks k at firm j with probability Φ(z), z = (w̄_ij − w̄_kj) / √(v_ij +
    v_kj), where v_ij = σ²/n_ij is the variance of a mean over n_ij months. The ranking
    maximises::

        loglik:  Σ_j Σ_{i above k} log Φ(z_ikj)
        kemeny:  Σ_{i above k} Π_j Φ(z_ikj)

    by moves of single workers, until no such move improves it. That is a local maximum:
    the problem itself is NP-hard. The cost of a pass is linear in the number of links.

    Parameters
    ----------
    panel : Panel
    objective : {"loglik", "kemeny"}
        "kemeny" is the paper's (A.3), whose weights do not add up to one where two
        workers share several firms; "loglik" lets firms vote independently.
    start : {"best", "all", "lowest", "highest", "adjusted_average"}
        Starting order: the best of three by its objective, as in the paper; all three
        in turn, of which the best end is kept; or one of them.
    noise_variance : float, optional
        σ² in wage units squared; by default estimated within spells.
    match_variance : float or "estimate", optional
        τ², the variance of match quality in wages, which adds τ² Σ_s (n_s/n)² to v_ij.
        None ignores it.
    origins : sequence of str, optional
        Origins of the spells that count; see `usable_spells` for the default.
    seed : int
        For the order of visits, and of workers with equal wages.

    Returns
    -------
    WorkerRanking

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed, no spell has an origin that counts, or σ² or τ²
        is to be estimated and not identified.
    RuntimeError
        If the gains of the moves do not add up to the objective computed afresh.

    References
    ----------
    Hagedorn, Law and Manovskii (2017), appendix C, algorithm 3; the square root inside
    Φ is missing there.
    """
    checks.one_of("objective", objective, OBJECTIVES)
    checks.one_of("start", start, STARTS)
    seed = checks.whole("seed", seed)
    if isinstance(match_variance, str):
        checks.one_of("match_variance", match_variance, ("estimate",))
    elif match_variance is not None:
        match_variance = checks.number("match_variance", match_variance, low=0.0)
    noise = error_variance(panel, noise_variance)
    spells = usable_spells(panel, origins)
    if match_variance == "estimate":
        match_variance = match_quality_variance(spells, noise)
    match_variance = match_variance or 0.0

    rng = np.random.default_rng(seed)
    compared = comparisons(panel, spells, noise.variance, match_variance, rng)
    kemeny = objective == "kemeny"
    statistics = wage_orders(panel, origins=origins)
    orders = {
        name: np.argsort(getattr(statistics, name)[compared.position], kind="stable")
        for name in (ORDERS if start in ("best", "all") else (start,))
    }
    starts = {name: _worth(compared, order, kemeny) for name, order in orders.items()}
    if start != "all":
        orders = {(best := max(starts, key=starts.get)): orders[best]}
    runs = {
        name: _climb(compared, order, kemeny, np.random.default_rng(seed))
        for name, order in orders.items()
    }
    found = {
        name: agreement(compared, rank, kemeny) for name, (rank, *_) in runs.items()
    }
    ends = {name: value.objective for name, value in found.items()}
    best = max(ends, key=ends.get)
    rank, passes, moves, gained = runs[best]
    _check(starts[best], gained, found[best])

    ranks = np.full(len(panel.workers), np.nan)
    ranks[compared.position] = rank + 1.0
    return WorkerRanking(
        rank=ranks,
        workers=panel.workers,
        objective=found[best].objective,
        kind=objective,
        disagreement=found[best].disagreement,
        weighted_disagreement=found[best].weighted_disagreement,
        noise=noise,
        match_variance=match_variance,
        components=compared.components,
        coverage=len(rank) / len(ranks),
        without_spells=len(ranks) - compared.usable,
        links=compared.links,
        starts=starts,
        ends=ends,
        passes=passes,
        moves=moves,
    )


def _rank_of(order: np.ndarray) -> np.ndarray:
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return rank


def _worth(compared: Comparisons, order: np.ndarray, kemeny: bool) -> float:
    return agreement(compared, _rank_of(order), kemeny).objective


def _climb(compared: Comparisons, order, kemeny, rng) -> tuple:
    """Move workers until a full pass moves nobody; return ranks, passes, moves, gain.

    Full passes are followed by cheaper ones that visit only those whom a co-worker has
    passed since.
    """
    lists = sorted_lists(
        compared.worker, compared.firm, compared.wage, compared.variance, order
    )
    n = len(order)
    table = probability_table() if kemeny else log_odds_table()
    spare = np.empty((4, longest(lists)))
    passes, moves, gained = 0, 0, 0.0
    while True:
        stale, full = np.ones(n, dtype=bool), True
        while stale.any():
            moved, place = 0, 0
            visit, share = rng.permutation(n), rng.uniform(0.3, 0.7, n)
            while place < n:
                more, gain, _, place = sweep(
                    lists, visit, place, stale, share, kemeny, table, spare
                )
                moved += more
                gained += gain
                renumber(lists)
            passes += 1
            moves += moved
            if full and moved == 0:
                return (
                    _rank_of(np.argsort(lists.key, kind="stable")),
                    passes,
                    moves,
                    gained,
                )
            full = False


def _check(start: float, gained: float, end: Agreement) -> None:
    scale = abs(start) + abs(end.objective) + 1.0
    if abs(start + gained - end.objective) > DRIFT * scale:
        raise RuntimeError(
            f"the moves gained {gained:g} from {start:g}, but the ranking is worth "
            f"{end.objective:g}: please report this panel."
        )
