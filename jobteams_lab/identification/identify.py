"""From a panel of wages to worker types, firm types and the production function."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from jobteams_lab import checks
from jobteams_lab.identification.bootstrap import intervals, resample_workers
from jobteams_lab.identification.cautions import Coverage, cautions
from jobteams_lab.identification.identified import Identification
from jobteams_lab.identification.labour_market import labour_market
from jobteams_lab.identification.matching_sets import CHI
from jobteams_lab.identification.matching_sets import matching_sets as find_sets
from jobteams_lab.identification.production import (
    Production,
    correlation,
    recover_production,
)
from jobteams_lab.identification.rank_firms import firm_statistic
from jobteams_lab.identification.rank_workers import WorkerRanking, rank_workers
from jobteams_lab.identification.reallocation import reallocation_gain
from jobteams_lab.identification.reservation_wages import reservation_wages
from jobteams_lab.identification.smoothing import smooth
from jobteams_lab.panel import Panel


def identify(
    panel: Panel,
    *,
    worker_types: int = 50,
    firm_types: int = 50,
    model: str = "auto",
    discount_factor: float = 0.996,
    bargaining_power: float = 0.5,
    home_production: float = 0.0,
    vacancies=None,
    reservation: str = "bellman",
    objective: str = "loglik",
    weights: str = "sets",
    poaching: str = "combined",
    matching_sets: bool = True,
    chi: float = CHI,
    noise_variance: float | None = None,
    match_variance: float | str | None = None,
    smoothing: float | str | None = None,
    ranking: WorkerRanking | None = None,
    bootstrap: int = 0,
    level: float = 0.9,
    seed: int = 0,
) -> Identification:
    """Identify worker types, firm types and the production function from a panel.

    Workers are ranked by their co-workers' wages, firms by Ω, and the wage equation is
    inverted for f on bins of both. A panel with moves from job to job is read by the
    model of appendix D, another one by the benchmark.

    Parameters
    ----------
    panel : Panel
        In months, with the origins of spells; see `Panel.with_origins`.
    worker_types, firm_types : int
        X and Y, numbers of bins.
    model : {"auto", "benchmark"}
        "auto" chooses by whether workers move from job to job; "benchmark" takes the
        few who do for workers of unknown origin, whose wages count as everybody's.
    discount_factor, bargaining_power, home_production : float
        β of a month, α (the benchmark's only) and b.
    vacancies : number, (J,) array, mapping or None
        Mean number of open jobs, in all or by firm. None takes the number of the
        unemployed.
    reservation : {"bellman", "pooled"}
        See `reservation_wages`; "pooled" is the paper's.
    objective : {"loglik", "kemeny"}
        See `rank_workers`; "kemeny" is the paper's.
    weights : {"sets", "hires"}
        See `omega_from_unemployment`.
    poaching : {"combined", "movers", "paper"}
        See `poaching_omega`.
    matching_sets : bool
        Whether to set workers of doubtful rank aside (IDNoise). Match quality, if
        `match_variance` allows for it, turns this off, since it explains odd matches.
    chi : float
        How strictly, see `matching_sets`; 1 is the paper's.
    noise_variance, match_variance : float, optional
        See `rank_workers`.
    smoothing : float or "gcv", optional
        The penalty of `smooth`, or its choice by cross-validation; the gain is then
        computed from the smoothed surface. By default nothing is smoothed.
    ranking : WorkerRanking, optional
        What `rank_workers` found before for this panel; by default it is called here,
        which takes most of the time.
    bootstrap : int
        How many samples of workers, each of which is ranked and estimated anew.
    level : float
        Of the bootstrap intervals.
    seed : int

    Returns
    -------
    Identification

    Raises
    ------
    TypeError, ValueError
        One sentence, if an argument is not allowed, or the panel has too few firms or
        workers for the bins, no wage observed twice, or no known hire from
        unemployment.

    References
    ----------
    Hagedorn, Law and Manovskii (2017); supplement, appendices B, C and D.2.
    """
    worker_types = checks.whole("worker_types", worker_types, low=2)
    firm_types = checks.whole("firm_types", firm_types, low=2)
    discount_factor = checks.number(
        "discount_factor", discount_factor, low=0.0, high=1 - 1e-9, open_low=True
    )
    checks.one_of("model", model, ("auto", "benchmark"))
    bootstrap = checks.whole("bootstrap", bootstrap)
    level = checks.number("level", level, low=0.0, high=1.0)
    seed = checks.whole("seed", seed)
    if isinstance(smoothing, str):
        checks.one_of("smoothing", smoothing, ("gcv",))
    _refuse(panel, worker_types, firm_types)
    if not (ranking is None or isinstance(ranking, WorkerRanking)):
        raise TypeError(
            f"ranking must be a WorkerRanking, not {type(ranking).__name__}: give what"
            " rank_workers(panel) returned, or leave it out."
        )
    if ranking is not None and not np.array_equal(ranking.workers, panel.workers):
        raise ValueError(
            "ranking is of other workers than the panel's: call rank_workers(panel), or"
            " leave ranking out."
        )
    if model == "benchmark":
        panel = _without_moves(panel)
    quality = match_variance is not None
    options = {
        "types": (worker_types, firm_types),
        "ranking": {
            "objective": objective,
            "noise_variance": noise_variance,
            "match_variance": match_variance,
        },
        "reservation": {
            "method": reservation,
            "discount_factor": discount_factor,
            "home_production": home_production,
        },
        "firms": {
            "discount_factor": discount_factor,
            "bargaining_power": bargaining_power,
            "vacancies": vacancies,
            "weights": weights,
            "poaching": poaching,
        },
        "chi": chi if matching_sets and not quality else 0.0,
        "smoothing": smoothing,
    }
    found = _estimate(panel, options, seed, ranking)
    low = int((panel.data["wage"] <= 0).sum())
    if low:
        sentence = (
            f"{low:,} wages are zero or negative: drop these spells if they stand for"
            " missing values."
        )
        found = replace(found, warnings=(*found.warnings, sentence))
    if not bootstrap:
        return found
    rng = np.random.default_rng(seed)
    samples = [
        _estimate(resample_workers(panel, rng), options, seed) for _ in range(bootstrap)
    ]
    return replace(found, intervals=intervals(found, samples, level))


def _refuse(panel, worker_types, firm_types) -> None:
    if not isinstance(panel, Panel):
        raise TypeError(
            f"identify takes a Panel, not {type(panel).__name__}: make one of the table"
            " first."
        )
    if not (panel.data["origin"] == "unemployment").any():
        raise ValueError(
            "No spell is known to have begun out of unemployment: derive origins by"
            " panel.with_origins(gap), with the longest gap that is no unemployment."
        )
    for name, types, here in (
        ("worker_types", worker_types, panel.workers),
        ("firm_types", firm_types, panel.firms),
    ):
        if len(here) < types:
            raise ValueError(
                f"{name} = {types}, but the panel has only {len(here):,}"
                f" {name.split('_')[0]}s: choose fewer types."
            )


def _without_moves(panel: Panel) -> Panel:
    origin = panel.data["origin"]
    return Panel(
        panel.data.assign(origin=origin.where(origin != "firm", "unknown")),
        panel.window,
    )


def _estimate(panel: Panel, options: dict, seed: int, ranking=None) -> Identification:
    x, y = options["types"]
    workers = ranking
    if workers is None:
        workers = rank_workers(panel, seed=seed, **options["ranking"])
    ranked = int(np.isfinite(workers.rank).sum())
    if ranked < x:
        raise ValueError(
            f"worker_types = {x}, but only {ranked:,} workers can be ranked together:"
            " choose fewer types."
        )
    bins = workers.bins(x)
    sets = find_sets(panel, bins, x, chi=options["chi"])
    market = labour_market(panel, bins, x, exclude=sets.misranked)
    wages = reservation_wages(market, firm_types=y, **options["reservation"])
    firms = firm_statistic(
        panel, bins, market, wages, sets.accepted, **options["firms"]
    )
    known = int(np.isfinite(firms.rank).sum())
    if known < y:
        raise ValueError(
            f"firm_types = {y}, but only {known:,} firms can be ranked: choose fewer"
            " types."
        )
    firm_bins = firms.bins(y)
    surface = recover_production(
        market,
        wages,
        firm_bins,
        y,
        firms.vacancy_flow_value,
        bargaining_power=options["firms"]["bargaining_power"],
    )
    has = np.isfinite(surface.production)
    smoothed = _smoothed(surface, options["smoothing"])
    coverage = Coverage(
        workers=workers.coverage,
        firms=known / len(firms.rank),
        employment=_covered(market, firm_bins, has),
    )
    # matches in cells without an estimate are left out, so that one is always possible
    gain = reallocation_gain(
        surface.production if smoothed is None else smoothed,
        np.where(has, surface.match_density, 0.0),
    )
    return Identification(
        worker_rank=workers.rank,
        firm_rank=firms.rank,
        worker_bins=bins,
        firm_bins=firm_bins,
        production=surface.production,
        smooth_production=smoothed,
        match_density=surface.match_density,
        omega=firms.omega,
        reservation_wage=wages,
        separation_rate=market.separation_rate,
        sorting=rank_correlation(panel, workers.rank, firms.rank),
        reallocation=gain,
        coverage=coverage,
        noise=workers.noise,
        warnings=cautions(workers, firms, market, sets, wages, coverage),
        intervals=None,
        model="search on the job" if market.moves else "benchmark",
        workers=workers,
        firms=firms,
        market=market,
        sets=sets,
        surface=surface,
    )


def rank_correlation(panel: Panel, worker_rank, firm_rank) -> float:
    """Return the correlation of ranks over matches, each by the time it lasted.

    Parameters
    ----------
    panel : Panel
    worker_rank, firm_rank : (n,), (J,) arrays
        Nan where not ranked; such matches are left out.
    """
    a, b = worker_rank[panel.worker_codes], firm_rank[panel.firm_codes]
    known = np.isfinite(a) & np.isfinite(b)
    if not known.any():
        return float("nan")
    return correlation(a[known], b[known], panel.duration[known])


def _smoothed(surface: Production, smoothing) -> np.ndarray | None:
    if smoothing is None:
        return None
    has = np.isfinite(surface.production)
    penalty = None if smoothing == "gcv" else smoothing
    weight = np.where(has, surface.wage_months, 0.0)
    found = smooth(surface.production, weight, penalty=penalty)
    return np.where(has, found.surface, np.nan)


def _covered(market, firm_bins, has) -> float:
    ranked = firm_bins >= 0
    inside = has[:, firm_bins[ranked]]
    return float(market.employed[:, ranked][inside].sum() / market.employment.sum())
