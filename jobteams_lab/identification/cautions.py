"""How far to trust an estimate: what the panel did not show, in sentences."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from jobteams_lab.identification.firm_ranking import FirmRanking
from jobteams_lab.identification.labour_market import LabourMarket
from jobteams_lab.identification.matching_sets import MatchingSets
from jobteams_lab.identification.rank_workers import WorkerRanking

FEW_MOVES = 0.1  # of all hires
FEW_HIRES = 30  # a firm whose matching set rests on fewer is a small one


@dataclass(frozen=True)
class Coverage:
    """Which parts of a panel an estimate speaks of.

    Attributes
    ----------
    workers : float
        Share of the panel's workers who are ranked.
    firms : float
        Share of its firms that are ranked.
    employment : float
        Share of all employment in cells with an estimate of f.
    """

    workers: float
    firms: float
    employment: float


def cautions(
    workers: WorkerRanking,
    firms: FirmRanking,
    market: LabourMarket,
    sets: MatchingSets,
    reservation,
    coverage: Coverage,
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
    """
    found = []

    def say(sentence, condition):
        if condition:
            found.append(sentence)

    say(
        f"Co-workers fall into {workers.components:,} groups that nobody links; only"
        f" the largest is ranked, {workers.coverage:.1%} of the workers.",
        workers.components > 1,
    )
    say(
        f"{workers.without_spells:,} workers have no spell that ranks them, as they are"
        " never hired from unemployment in the window.",
        workers.without_spells > 0,
    )
    share = market.unknown_spells / market.spells
    use = "rank nobody and pay no wage that counts" if market.moves else "are no hires"
    say(
        f"{share:.1%} of the spells have an unknown origin, most of them running when"
        f" the window opens: they {use}.",
        market.unknown_spells > 0,
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
        f" {firms.vacancies:,.0f}: the level of f rests on that, the ranks do not.",
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
    say(f"{empty} worker bins have no wage out of unemployment.", empty > 0)
    lost = int((~np.isfinite(reservation)).sum())
    say(f"{lost} worker bins have no reservation wage.", lost > 0)
    unranked = int((~np.isfinite(firms.rank)).sum())
    say(f"{unranked:,} firms cannot be ranked: none of the hires seen.", unranked > 0)
    typical = float(np.median(market.wage_cells.sum(0)))
    say(
        f"Half of the firms hire at most {typical:.0f} workers from unemployment in the"
        " window: matching sets have gaps, and filling rates with them.",
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
