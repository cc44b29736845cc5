"""The Monte Carlo of the paper: panels of many economies, identified and compared."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from jobteams_lab import checks
from jobteams_lab.identification.economy import designs
from jobteams_lab.identification.monte_carlo_panel import MODELS, TYPES, evaluate
from jobteams_lab.sweep import sweep

DESIGNS = 108
STORED = Path(__file__).with_name("monte_carlo.parquet")


def monte_carlo(
    path,
    *,
    model: str = "benchmark",
    chosen: Iterable[int] = range(DESIGNS),
    workers: int = 30_000,
    firms: int = 300,
    months: int = 240,
    noise: float = 0.2,
    discount_factor: float = 0.996,
    replications: int = 1,
    seed: int = 0,
    processes: int = 1,
    scheduler: str | None = None,
    progress: bool = True,
) -> pd.DataFrame:
    """Simulate and identify the paper's economies, and compare with the truth.

    Every design is solved, a panel of it is drawn, and `identify` reads it as it would
    data: wages, dates and origins, with vacancies taken to be as many as the
    unemployed. Rows go to a table as they come; a stopped run goes on, see `sweep`.

    Parameters
    ----------
    path : path
        A ``.parquet`` table, which may hold other runs already.
    model : {"benchmark", "search on the job", "match quality"}
        The last is the benchmark with output f + ζ. There vacancies by firm are known,
        as in the paper, filling rates are hires over vacancies, since every pair may
        match, and the variance of wages that ζ causes is estimated from repeated
        spells of one pair.
    chosen : iterable of int
        Which of the 108 `designs`, by their position from 0.
    workers, firms, months : int
        Of each panel; at least as many workers and firms as the 50 types of each.
    noise : float
        Measurement error as a share of Var(log w), see `simulate`.
    discount_factor : float
        β of a month, in the economy and in the estimation.
    replications : int
        Panels of each design.
    seed : int
        With the model, design and replication it makes the seed of a panel.
    processes, scheduler, progress
        As for `sweep`: processes of this machine, or a Dask cluster.

    Returns
    -------
    pandas.DataFrame
        One row a panel, whose columns `evaluate` documents.

    Raises
    ------
    TypeError, ValueError, RuntimeError
        If an argument is not allowed; see also `sweep`.

    References
    ----------
    Hagedorn, Law and Manovskii (2017), supplement, sections D.3 and F.
    """
    checks.one_of("model", model, MODELS)
    if isinstance(chosen, str) or not isinstance(chosen, Iterable):
        raise TypeError(
            f"chosen = {chosen!r} must hold positions of designs: give a list such as"
            " [3, 75]."
        )
    chosen = [
        checks.whole("chosen", int(design), high=DESIGNS - 1) for design in chosen
    ]
    sizes = {
        "workers": checks.whole("workers", workers, low=TYPES),
        "firms": checks.whole("firms", firms, low=TYPES, high=workers),
        "months": checks.whole("months", months, low=2),
        "noise": checks.number("noise", noise, low=0),
        "discount_factor": checks.number(
            "discount_factor", discount_factor, low=0, high=1 - 1e-9, open_low=True
        ),
        "seed": checks.whole("seed", seed),
    }
    labels = [label for label, _ in designs()]
    cases = [
        {"model": model, "design": design, **labels[design], **sizes}
        | {"replication": replication}
        for replication in range(checks.whole("replications", replications, low=1))
        for design in chosen
    ]
    return sweep(
        evaluate,
        cases,
        path,
        processes=processes,
        scheduler=scheduler,
        progress=progress,
    )


def stored_monte_carlo() -> pd.DataFrame:
    """Return the rows that `benchmarks/monte_carlo.py` found and the package ships.

    Returns
    -------
    pandas.DataFrame
        One row a panel, with the columns of `monte_carlo`.
    """
    return pd.read_parquet(STORED)
