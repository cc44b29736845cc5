"""From a panel of wages to worker types, firm types and the production function."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from tqdm import tqdm

from jobteams_lab import checks
from jobteams_lab.identification.bootstrap import intervals, resample_workers
from jobteams_lab.identification.estimation import (
    STAGES,
    estimate,
    rank_correlation,
    without_moves,
)
from jobteams_lab.identification.identified import Identification
from jobteams_lab.identification.matching_sets import CHI
from jobteams_lab.identification.poaching import METHODS as POACHING
from jobteams_lab.identification.rank_firms import WEIGHTS
from jobteams_lab.identification.rank_workers import OBJECTIVES, WorkerRanking
from jobteams_lab.identification.reservation_wages import METHODS as RESERVATION
from jobteams_lab.identification.whole_firms import firms_seen_whole, vacancies_at
from jobteams_lab.identification.words import counted
from jobteams_lab.panel import Panel

__all__ = ["identify", "rank_correlation"]


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
    whole_firms=None,
    min_firm_size: float = 0.0,
    bootstrap: int = 0,
    level: float = 0.9,
    seed: int = 0,
    progress: bool = False,
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
        Mean number of open jobs, in all or by firm; with `whole_firms`, of those. None
        takes the number of the unemployed, or such a part of it as the firms seen
        whole have of employment.
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
    whole_firms : (J,) bool array, collection of ids, mapping or Series, optional
        The firms of which every worker is in the panel; see `firms_seen_whole`. By
        default all. Workers are ranked on all firms, and rates and reservation wages
        measured on all; Ω, firm ranks, production, sorting and the gain rest on these.
        Every worker must have all his jobs in the panel: time at a job that is missing
        counts as time out of work.
    min_firm_size : float
        The smallest mean number of workers of a firm seen whole; the paper's is 20.
    bootstrap : int
        How many samples of workers, each of which is ranked and estimated anew.
    level : float
        Of the bootstrap intervals.
    seed : int
    progress : bool
        Whether to tell on standard error what is being done, and how long it takes.

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
    Hagedorn, Law and Manovskii (2017); supplement, appendices B, C, D.2 and E.
    """
    given = dict(locals())
    settings = _checked(given)
    _refuse(panel, ranking)
    whole = firms_seen_whole(panel, whole_firms, min_firm_size)
    _refuse_types(panel, settings, whole)
    moved = 0
    if model == "benchmark":
        moved = int((panel.spells().data["origin"] == "firm").sum())
        panel = without_moves(panel)
    quality = match_variance is not None
    options = {
        "types": (settings["worker_types"], settings["firm_types"]),
        "whole": panel.firms[whole],
        "ranking": {
            "objective": objective,
            "noise_variance": noise_variance,
            "match_variance": match_variance,
        },
        "reservation": {
            "method": reservation,
            "discount_factor": settings["discount_factor"],
            "home_production": settings["home_production"],
        },
        "firms": {
            "discount_factor": settings["discount_factor"],
            "bargaining_power": settings["bargaining_power"],
            # by id, as a sample of workers may lack some of the firms
            "vacancies": vacancies_at(vacancies, panel.firms, whole),
            "weights": weights,
            "poaching": poaching,
        },
        "chi": settings["chi"] if matching_sets and not quality else 0.0,
        "smoothing": smoothing,
    }
    # the stages take unequal time, so that no end can be foretold
    form = "{desc}: {n_fmt}/{total_fmt} steps done, {elapsed}"
    with tqdm(total=len(STAGES), bar_format=form, disable=not progress) as bar:

        def say(stage):
            bar.set_description(stage, refresh=False)
            bar.update(STAGES.index(stage) - bar.n)
            bar.refresh()

        found = estimate(panel, options, seed, ranking, say)
        bar.set_description("identified", refresh=False)
        bar.update(len(STAGES) - bar.n)
    found = replace(
        found,
        warnings=(*found.warnings, *_about_moves(moved), *_about_wages(panel)),
        settings=settings,
    )
    if not bootstrap:
        return found
    rng = np.random.default_rng(seed)
    samples = [
        estimate(resample_workers(panel, rng), options, seed)
        for _ in tqdm(range(bootstrap), "bootstrap samples", disable=not progress)
    ]
    return replace(found, intervals=intervals(found, samples, level))


def _checked(given: dict) -> dict:
    """Return the arguments that are numbers and words, each of them allowed."""
    for name in ("worker_types", "firm_types"):
        given[name] = checks.whole(name, given[name], low=2)
    given["discount_factor"] = checks.number(
        "discount_factor",
        given["discount_factor"],
        low=0.0,
        high=1 - 1e-9,
        open_low=True,
    )
    # at α = 0 wages would have no premium to learn from
    given["bargaining_power"] = checks.number(
        "bargaining_power", given["bargaining_power"], low=0.0, high=1.0, open_low=True
    )
    given["home_production"] = checks.number(
        "home_production", given["home_production"]
    )
    given["chi"] = checks.number("chi", given["chi"], low=0.0)
    given["level"] = checks.number("level", given["level"], low=0.0, high=1.0)
    given["bootstrap"] = checks.whole("bootstrap", given["bootstrap"])
    given["seed"] = checks.whole("seed", given["seed"])
    words = {
        "model": ("auto", "benchmark"),
        "reservation": RESERVATION,
        "objective": OBJECTIVES,
        "weights": WEIGHTS,
        "poaching": POACHING,
    }
    for name, allowed in words.items():
        checks.one_of(name, given[name], allowed)
    estimated = {"smoothing": "gcv", "match_variance": "estimate"}
    for name in ("noise_variance", *estimated):
        if isinstance(given[name], str) and name in estimated:
            checks.one_of(name, given[name], (estimated[name],))
        elif given[name] is not None:
            given[name] = checks.number(name, given[name], low=0.0)
    vacancies = given["vacancies"]
    if not (vacancies is None or (np.ndim(vacancies) == 0 and np.isscalar(vacancies))):
        given["vacancies"] = "by firm"
    given["whole_firms"] = None if given["whole_firms"] is None else "some"
    unstated = ("panel", "ranking", "progress")
    return {name: value for name, value in given.items() if name not in unstated}


def _refuse(panel, ranking) -> None:
    if not isinstance(panel, Panel):
        raise TypeError(
            f"identify takes a Panel, not {type(panel).__name__}: make one of the table"
            " first."
        )
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
    if not (panel.data["origin"] == "unemployment").any():
        raise ValueError(
            "No spell is known to have begun out of unemployment: derive origins by"
            " panel.with_origins(gap), with the longest gap that is no unemployment."
        )
    if np.ptp(panel.data["wage"]) == 0:
        raise ValueError(
            f"All wages are {panel.data['wage'].iloc[0]:g}, so that nothing ranks"
            " workers or firms: check the column wage."
        )


def _refuse_types(panel, settings, whole) -> None:
    seen = "" if whole.all() else " seen whole"
    for name, here in (
        ("worker_types", counted(len(panel.workers), "worker")),
        ("firm_types", counted(int(whole.sum()), "firm") + seen),
    ):
        number = len(panel.workers) if name == "worker_types" else whole.sum()
        if number < settings[name]:
            raise ValueError(
                f"{name} = {settings[name]}, but the panel has only {here}: choose"
                " fewer types."
            )


def _about_moves(moved: int) -> tuple[str, ...]:
    sentence = (
        f"{counted(moved, 'spell')} that began with a move from another firm"
        f" {'counts' if moved == 1 else 'count'} as of unknown origin, as model ="
        ' "benchmark" asks.'
    )
    return (sentence,) if moved else ()


def _about_wages(panel: Panel) -> tuple[str, ...]:
    low = int((panel.data["wage"] <= 0).sum())
    if not low:
        return ()
    are = "is" if low == 1 else "are"
    these = "the spell if it stands" if low == 1 else "these spells if they stand"
    return (
        f"{counted(low, 'wage')} {are} zero or negative: drop {these} for missing"
        " values.",
    )
