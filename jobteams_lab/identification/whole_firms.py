"""Firms of which every worker is observed, among others of which some are.

Comparing two workers takes no more than the two, so that workers are ranked on all
firms. Filling rates and matching sets take everybody whom a firm hires, so that Ω, the
ranks of firms and the production function rest on firms seen whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from jobteams_lab import checks
from jobteams_lab.identification.firm_ranking import FirmRanking, vacancies_of
from jobteams_lab.identification.job_moves import JobMoves
from jobteams_lab.identification.labour_force import labour_force
from jobteams_lab.identification.labour_market import LabourMarket, follows, out_of_work
from jobteams_lab.identification.words import counted
from jobteams_lab.panel import Panel
from jobteams_lab.panel_validation import ORIGINS


def firms_seen_whole(
    panel: Panel, whole_firms=None, min_firm_size: float = 0.0
) -> np.ndarray:
    """Return which firms Ω, firm ranks and production may rest on, (J,) of bool.

    Parameters
    ----------
    panel : Panel
    whole_firms : (J,) bool array, collection of ids, mapping or Series, optional
        The firms of which every worker is in the panel: a boolean for each of
        ``panel.firms``, the ids of those firms, or a boolean by id. By default all.
    min_firm_size : float
        The smallest mean number of workers, over all months of the window. The
        supplement asks for 20.

    Raises
    ------
    TypeError, ValueError
        If a firm is not in the panel or has no boolean, or no firm is left.

    References
    ----------
    Hagedorn, Law and Manovskii (2017), supplement, appendix E.
    """
    size = checks.number("min_firm_size", min_firm_size, low=0.0)
    whole = _marked(panel.firms, whole_firms)
    first, last = panel.window
    workers = np.bincount(panel.firm_codes, panel.duration, len(whole)) / (last - first)
    kept = whole & (workers >= size)
    if not kept.any():
        raise ValueError(
            f"None of the {counted(int(whole.sum()), 'firm')} seen whole has a mean of"
            f" {size:g} workers or more: lower min_firm_size."
        )
    return kept


def _marked(firms: np.ndarray, whole_firms) -> np.ndarray:
    if whole_firms is None:
        return np.ones(len(firms), dtype=bool)
    if isinstance(whole_firms, pd.Series):
        by_firm = pd.api.types.is_bool_dtype(whole_firms)
        whole_firms = whole_firms.to_dict() if by_firm else whole_firms.tolist()
    if isinstance(whole_firms, Mapping):
        missing = [firm for firm in firms.tolist() if firm not in whole_firms]
        if missing:
            raise ValueError(
                f"whole_firms says nothing of {counted(len(missing), 'firm')}, such as"
                f" {missing[0]!r}: give True or False for every firm, or a list of"
                " those seen whole."
            )
        whole_firms = [whole_firms[firm] for firm in firms.tolist()]
        odd = [v for v in whole_firms if not isinstance(v, bool | np.bool_)]
        if odd:
            raise TypeError(
                f"whole_firms holds {odd[0]!r} for a firm: give True or False."
            )
    if isinstance(whole_firms, str) or not hasattr(whole_firms, "__iter__"):
        raise TypeError(
            f"whole_firms = {whole_firms!r} must be a boolean for each firm, or the"
            " ids of the firms seen whole."
        )
    listed = list(whole_firms)
    if listed and all(isinstance(value, bool | np.bool_) for value in listed):
        if len(listed) != len(firms):
            raise ValueError(
                f"whole_firms has {len(listed):,} booleans, but the panel has"
                f" {counted(len(firms), 'firm')}: give one for each of panel.firms."
            )
        whole = np.array(listed, dtype=bool)
    else:
        known, named = set(firms.tolist()), np.asarray(listed, dtype=object).tolist()
        strange = [firm for firm in named if firm not in known]
        if strange:
            raise ValueError(
                f"whole_firms names {strange[0]!r}, which is no firm of the panel:"
                " give ids as they stand in panel.firms."
            )
        whole = np.array([firm in set(named) for firm in firms.tolist()], dtype=bool)
    if not whole.any():
        raise ValueError("whole_firms names no firm: at least two must be seen whole.")
    return whole


def free_of_selection(
    market: LabourMarket, panel: Panel, bins, whole: np.ndarray
) -> LabourMarket:
    """Return the market with rates that do not depend on how workers got into the data.

    A worker may be in a panel because he once worked at a firm that is seen whole. Who
    changes jobs often is then there more often, and rates over all histories are too
    high. Two parts of the histories are free of this: matches at firms seen whole, of
    which none is missing, give δ; and what workers do after the first of them has begun
    gives h(x). A bin without such a time keeps the rate of all.

    Parameters
    ----------
    market : LabourMarket
        Of all firms.
    panel : Panel
    bins : (workers,) int array
        Those of `market`.
    whole : (J,) bool array
    """
    if whole.all():
        return market
    spells = panel.spells()
    worker, firm = spells.worker_codes, spells.firm_codes
    start, end = (spells.data[name].to_numpy() for name in ("start", "end"))
    origin = spells.data["origin"].cat.codes.to_numpy()
    (entry, exit), n = labour_force(panel), len(bins)
    moved_on = np.append(follows(worker, start, end, origin)[1:], False)
    cut, at = end >= exit[worker], whole[firm]
    chances = (end - start)[at].sum() - np.minimum(end - start, 1)[cut & at].sum()
    ends = (~moved_on & ~cut & at).sum()

    since = np.full(n, np.inf)
    np.minimum.at(since, worker[at], start[at])
    later = start >= since[worker]
    worker, start, end, origin = (a[later] for a in (worker, start, end, origin))
    _, search = out_of_work(worker, start, end, origin, entry, exit)
    search -= np.where(np.isfinite(since), since - entry, search)
    found = (start > since[worker]) & (origin == ORIGINS.index("unemployment"))
    types, known = len(market.finding_rate), bins >= 0
    months = np.bincount(bins[known], search[known], types)
    hires = np.bincount(bins[worker[found & known[worker]]], minlength=types)
    rate = np.where(months > 0, hires / np.maximum(months, 1.0), market.finding_rate)
    return replace(
        market,
        separation_rate=float(ends / chances) if chances > 0 else np.nan,
        finding_rate=rate,
    )


def at_firms(market: LabourMarket, keep: np.ndarray) -> LabourMarket:
    """Return the market as these firms see it.

    Rates and worker bins stay. Their part of the unemployed is what keeps employment E
    at these firms steady, U = δE/h̄, with h̄ the mean of h(x) over the unemployed.

    Parameters
    ----------
    market : LabourMarket
    keep : (J,) bool array
    """
    if keep.all():
        return market
    columns = (
        "employed hires_from_unemployment hires_from_firms wage wage_months wage_cells"
    )
    searching = np.where(np.isfinite(market.finding_rate), market.unemployed, 0.0)
    hired = searching @ np.nan_to_num(market.finding_rate)
    employment = market.employment[keep].sum()
    idle = market.separation_rate * employment * searching.sum() / hired
    return replace(
        market,
        **{name: getattr(market, name)[:, keep] for name in columns.split()},
        employment=market.employment[keep],
        hires=market.hires[keep],
        moves_in=market.moves_in[keep],
        unemployed=market.unemployed * idle / market.mean_unemployed,
        mean_unemployed=float(idle),
        firms=market.firms[keep],
    )


def moves_between(moves: JobMoves, keep: np.ndarray) -> JobMoves:
    """Return the moves from one of these firms to another, which are numbered anew.

    Parameters
    ----------
    moves : JobMoves
    keep : (J,) bool array
    """
    if keep.all():
        return moves
    place = np.cumsum(keep) - 1
    here = keep[moves.left] & keep[moves.joined]
    return JobMoves(
        moves.bin[here],
        place[moves.left[here]],
        place[moves.joined[here]],
        moves.count[here],
    )


def among_all(ranking: FirmRanking, keep: np.ndarray, firms) -> FirmRanking:
    """Return a ranking of some firms in the order of all, nan for the others.

    Parameters
    ----------
    ranking : FirmRanking
    keep : (J,) bool array
    firms : (J,) array
        Ids of all firms.
    """
    if keep.all():
        return ranking

    def spread(values):
        out = np.full(len(keep), np.nan)
        out[keep] = values
        return out

    columns = ("rank", "omega", "premium", "filling_rate", "vacancy_flow_value")
    wide = {name: spread(getattr(ranking, name)) for name in columns}
    return replace(ranking, **wide, firms=firms)


def vacancies_at(vacancies, firms: np.ndarray, keep: np.ndarray):
    """Return vacancies by the ids of some firms, where they are given by firm.

    A number, a mapping and None come back as they are; see `vacancies_of`.

    Parameters
    ----------
    vacancies : number, (J,) array_like, mapping or None
    firms : (J,) array
    keep : (J,) bool array
    """
    if vacancies is None:
        return None
    if isinstance(vacancies, pd.Series):
        vacancies = vacancies.to_dict()
    if isinstance(vacancies, Mapping):
        vacancies_of(vacancies, firms[keep])
        return vacancies
    if np.ndim(vacancies) == 0 or np.shape(vacancies) != firms.shape:
        return vacancies_of(vacancies, firms)
    numbers = vacancies_of(np.asarray(vacancies)[keep], firms[keep])
    return dict(zip(firms[keep].tolist(), numbers.tolist(), strict=True))
