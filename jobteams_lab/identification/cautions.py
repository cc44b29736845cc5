"""How far to trust an estimate: what the panel did not show, in sentences."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from jobteams_lab.identification.firm_ranking import FirmRanking
from jobteams_lab.identification.labour_market import LabourMarket
from jobteams_lab.identification.matching_sets import MatchingSets
from jobteams_lab.identification.noise import FLOOR
from jobteams_lab.identification.rank_workers import WorkerRanking
from jobteams_lab.identification.words import counted

FEW_MOVES = 0.1  # of all hires
MUCH_NOISE = 0.3  # of the variance of wages
MUCH_OUTSIDE = 0.5  # of the time out of work
FEW_HIRES = 30  # a firm whose matching set rests on fewer is a small one


@dataclass(frozen=True)
class Coverage:
    """Which parts of a panel an estimate speaks of.

    Attributes
    ----------
    workers : float
        Share of the panel's workers who are ranked.
    firms : float
        Share of its firms seen whole that are ranked.
    employment : float
        Share of the employment at firms seen whole that is in cells with an estimate
        of f.
    whole_firms : float
        Share of the panel's firms that are seen whole, and large enough; 1 unless that
        was said.
    """

    workers: float
    firms: float
    employment: float
    whole_firms: float = 1.0


def cautions(
    workers: WorkerRanking,
    firms: FirmRanking,
    market: LabourMarket,
    sets: MatchingSets,
    reservation,
    coverage: Coverage,
    *,
    whole=None,
    outside: float = 0.0,
) -> tuple[str, ...]:
    """Return what a reader should know before using the estimate, a sentence each.

    Parameters
    ----------
    workers : WorkerRanking
    firms : FirmRanking
    market : LabourMarket
    sets : MatchingSets
    reservation : (X,) array
    coverage : Coverage
    whole : (J,) bool array, optional
        The firms that could be ranked; by default all.
    outside : float
        The share of time out of work that is before a worker's first job or after his
        last.
    """
    found = []
    whole = np.ones(len(market.firms), bool) if whole is None else whole

    def say(sentence, condition):
        if condition:
            found.append(sentence)

    say(
        f"Co-workers fall into {workers.components:,} groups that nobody links; only"
        f" the largest is ranked, {workers.coverage:.1%} of the workers.",
        workers.components > 1,
    )
    say(
        "1 worker has no spell that ranks him, as he is never hired from unemployment"
        " in the window.",
        workers.without_spells == 1,
    )
    say(
        f"{workers.without_spells:,} workers have no spell that ranks them, as they are"
        " never hired from unemployment in the window.",
        workers.without_spells > 1,
    )
    share = market.unknown_spells / market.spells
    use = "rank nobody and pay no wage that counts" if market.moves else "are no hires"
    say(
        f"{share:.1%} of the spells have an unknown origin, as those running when the"
        f" window opens: they {use}.",
        market.unknown_spells > 0,
    )
    say(
        f"{outside:.1%} of the time out of work lies before a worker's first job or"
        " after his last: if he is not looking for work then, there are fewer"
        " unemployed than it seems, and they find jobs faster; with_labour_force says"
        " who is.",
        outside > MUCH_OUTSIDE,
    )
    poached = market.moves_in.sum()
    part = poached / max(poached + market.hires.sum(), 1)
    say(
        f"Only {part:.1%} of the hires come from other firms, and the model of search"
        " on the job is used: if these are short spells out of work, derive origins"
        " with a smaller gap, and the benchmark applies.",
        market.moves and part < FEW_MOVES,
    )
    say(
        "Vacancies are not observed and are taken to be as many as the unemployed,"
        f" {firms.vacancies:,.0f}: the level of f, and with it the gain in per cent,"
        " rest on that; the ranks do not.",
        firms.assumed_vacancies,
    )
    say(
        "Wages hardly move within spells, so that a floor stands for the variance of"
        " measurement error.",
        workers.noise.at_floor,
    )
    say(
        f"Only {workers.noise.degrees_of_freedom:.0f} degrees of freedom identify the"
        " variance of measurement error.",
        workers.noise.degrees_of_freedom < 100,
    )
    empty = int((~np.isfinite(market.wage)).all(1).sum())
    moving = workers.noise.variance * FLOOR / workers.noise.floor
    say(
        f"{moving:.0%} of the variance of wages is within spells, and taken for"
        " measurement error: if wages grow on the job, take that out first, as"
        " residual_wages does with years and ages.",
        moving > MUCH_NOISE and np.isfinite(workers.noise.degrees_of_freedom),
    )
    have = "has" if empty == 1 else "have"
    say(f"{counted(empty, 'worker bin')} {have} no wage out of unemployment.", empty)
    lost = int((~np.isfinite(reservation)).sum())
    have = "has" if lost == 1 else "have"
    say(f"{counted(lost, 'worker bin')} {have} no reservation wage.", lost)
    unranked = int((~np.isfinite(firms.rank[whole])).sum())
    say(
        f"{counted(unranked, 'firm')} cannot be ranked: no ranked worker is hired there"
        " from unemployment.",
        unranked,
    )
    typical = int(np.sort(market.hires[whole])[(whole.sum() - 1) // 2])
    say(
        f"Half of the firms hire at most {counted(typical, 'worker')} from unemployment"
        " in the window: matching sets have gaps, and filling rates with them.",
        typical < FEW_HIRES,
    )
    say(
        f"{sets.share_misranked:.1%} of the workers were hired by firms that do not"
        " hire their type; their wages are left out.",
        sets.share_misranked > 0.05,
    )
    say(
        f"Cells with an estimate of f hold {coverage.employment:.1%} of employment.",
        coverage.employment < 0.9,
    )
    return tuple(found)
