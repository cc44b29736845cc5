"""The steps of `identify`, one after the other, on one panel."""

from __future__ import annotations

import numpy as np

from jobteams_lab.identification.cautions import Coverage, cautions
from jobteams_lab.identification.identified import Identification
from jobteams_lab.identification.labour_force import labour_force
from jobteams_lab.identification.labour_market import labour_market
from jobteams_lab.identification.matching_sets import matching_sets
from jobteams_lab.identification.production import (
    Production,
    correlation,
    recover_production,
)
from jobteams_lab.identification.rank_firms import firm_statistic
from jobteams_lab.identification.rank_workers import WorkerRanking, rank_workers
from jobteams_lab.identification.reallocation import Reallocation, compare
from jobteams_lab.identification.reservation_wages import reservation_wages
from jobteams_lab.identification.smoothing import smooth
from jobteams_lab.identification.whole_firms import at_firms, free_of_selection
from jobteams_lab.identification.words import counted
from jobteams_lab.panel import Panel

STAGES = (
    "ranking workers",
    "matching sets",
    "ranking firms",
    "production",
    "reallocation",
)


def estimate(
    panel: Panel,
    options: dict,
    seed: int,
    ranking: WorkerRanking | None = None,
    say=lambda stage: None,
) -> Identification:
    """Rank workers, then firms, and invert the wage equation.

    Parameters
    ----------
    panel : Panel
    options : dict
        The arguments of each step, as `identify` has checked them; ``"whole"`` holds
        the ids of the firms seen whole.
    seed : int
    ranking : WorkerRanking, optional
        What `rank_workers` found before for this panel.
    say : callable
        Called with the name of each of `STAGES` as it begins.

    Returns
    -------
    Identification
    """
    x, y = options["types"]
    say(STAGES[0])
    workers = ranking
    if workers is None:
        workers = rank_workers(panel, seed=seed, **options["ranking"])
    ranked = int(np.isfinite(workers.rank).sum())
    if ranked < x:
        raise ValueError(
            f"worker_types = {x}, but only {counted(ranked, 'worker')} can be ranked"
            " together: choose fewer types."
        )
    bins = workers.bins(x)
    say(STAGES[1])
    sets = matching_sets(panel, bins, x, chi=options["chi"])
    market = labour_market(panel, bins, x, exclude=sets.misranked)
    say(STAGES[2])
    whole = np.isin(panel.firms, options["whole"])
    market = free_of_selection(market, panel, bins, whole)
    wages = wages_without_work(market, whole, y, **options["reservation"])
    firms = firm_statistic(
        panel, bins, market, wages, sets.accepted, whole=whole, **options["firms"]
    )
    known = int(np.isfinite(firms.rank).sum())
    if known < y:
        raise ValueError(
            f"firm_types = {y}, but only {counted(known, 'firm')} can be ranked: choose"
            " fewer types."
        )
    firm_bins = firms.bins(y)
    say(STAGES[3])
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
        firms=known / int(whole.sum()),
        employment=_covered(market, whole, firm_bins, has),
        whole_firms=float(whole.mean()),
    )
    say(STAGES[4])
    # matches in cells without an estimate are left out, so that one is always possible
    gain = compare(
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
        warnings=(
            *cautions(
                workers,
                firms,
                market,
                sets,
                wages,
                coverage,
                whole=whole,
                outside=time_outside(panel, market),
            ),
            *_about_gain(gain),
        ),
        intervals=None,
        model="search on the job" if market.moves else "benchmark",
        workers=workers,
        firms=firms,
        market=market,
        sets=sets,
        surface=surface,
        whole=whole,
    )


def without_moves(panel: Panel) -> Panel:
    """Return the panel with moves from firm to firm as spells of unknown origin."""
    origin = panel.data["origin"]
    return Panel(
        panel.data.assign(origin=origin.where(origin != "firm", "unknown")),
        panel.window,
    )


def wages_without_work(market, whole, firm_types: int, *, method, **options):
    """Return reservation wages, from the jobs that each way of estimating them takes.

    What an unemployed worker can expect is his mean wage at all firms. The firms that
    pay least are looked for among those seen whole.
    """
    seen = at_firms(market, whole) if method == "pooled" else market
    types = min(firm_types, len(seen.firms))
    return reservation_wages(seen, method, firm_types=types, **options)


def time_outside(panel: Panel, market) -> float:
    """Return the share of time out of work that is before or after all of one's jobs.

    Who has not entered the labour market yet, or has left it, is there taken for an
    unemployed worker.
    """
    worker = panel.worker_codes
    start, end = panel.data["start"].to_numpy(), panel.data["end"].to_numpy()
    first = np.append(True, np.diff(worker) != 0)
    last = np.append(first[1:], True)
    entry, exit = labour_force(panel)
    outside = (start[first] - entry).sum() + (exit - end[last]).sum()
    total = market.mean_unemployed * market.months
    return float(outside / total) if total > 0 else 0.0


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


def _about_gain(gain: Reallocation) -> tuple[str, ...]:
    if not np.isnan(gain.gain):
        return ()
    return (
        f"Output under the present matches is {gain.output:.3g}, not positive, so that"
        " there is no gain in per cent: it could be"
        f" {gain.optimal_output:.3g} a match.",
    )


def _smoothed(surface: Production, smoothing) -> np.ndarray | None:
    if smoothing is None:
        return None
    has = np.isfinite(surface.production)
    penalty = None if smoothing == "gcv" else smoothing
    weight = np.where(has, surface.wage_months, 0.0)
    found = smooth(surface.production, weight, penalty=penalty)
    return np.where(has, found.surface, np.nan)


def _covered(market, whole, firm_bins, has) -> float:
    ranked = firm_bins >= 0
    inside = has[:, firm_bins[ranked]]
    total = market.employment[whole].sum()
    return float(market.employed[:, ranked][inside].sum() / total)
