"""Moves into and out of work, as a survey that asks now and then sees them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from jobteams_lab import checks
from jobteams_lab.large_firms.annual import dates, who_works
from jobteams_lab.large_firms.survey import RETIREMENT, SampledTransitions


def panel_transitions(
    panel,
    interval: float = 1.0,
    *,
    year: float = 1.0,
    workers: int | None = None,
    retirement: str = "left out",
) -> SampledTransitions:
    """Return the shares of workers whom two interviews find in different places.

    Interviews are `interval` years apart, from the start of the panel's window. With E
    and N the workers with and without a job at the first::

        EN = those of E without a job at the second / E
        NE = those of N with a job at the second / N

    all intervals together. A panel lists jobs, so that nothing is known of a worker
    before his first and after his last. He counts only between them, unless the
    number of `workers` is given. Without it those who never come back are missing, who
    would have said at each interview that they have no job: EN is too low and NE too
    high, by about the share of spells without a job that the window cuts off or
    retirement ends (EN by a tenth in a panel of 30 years, by a fifth in one of six).
    With it N is their number less E at each date, and whoever has a job at the second
    interview only was hired, newcomers included. With retirement "replaced" the flows
    then balance: NE/(NE + EN) is the share of workers with a job.

    Parameters
    ----------
    panel : Panel
    interval : float
        Years between interviews.
    year : float
        A year in the panel's unit of time.
    workers : int, optional
        Number of workers at any time, each retired one followed by a newcomer without a
        job, as in `simulate`: its `workers`.
    retirement : "left out" or "replaced"
        Whether those who retire from a job before the second interview are left out, or
        count as without one, since newcomers follow them. It takes the panel's column
        `ending`. Without it and without `workers`, whoever is not seen again is left
        out, for whatever reason. Retirement without a job is not seen.

    Returns
    -------
    SampledTransitions
        NaN where nobody is in the state.

    Raises
    ------
    TypeError, ValueError
        If an argument is out of range, `workers` are fewer than those at work, or the
        window is shorter than `interval`.

    References
    ----------
    The slides (Adenbaum, Babalievsky and Jungerman, 2025, "Data" and "Calibration
    Results") take flow rates from a long panel, and do not say how often they look.
    """
    counts = transition_counts(
        panel, interval, year=year, workers=workers, retirement=retirement
    )
    total = counts.sum()
    return SampledTransitions(
        EN=_share(total["lost"], total["employed"]),
        NE=_share(total["hired"], total["nonemployed"]),
        EE=_share(total["moved"], total["employed"]),
    )


def transition_counts(
    panel,
    interval: float,
    *,
    year: float = 1.0,
    workers: int | None = None,
    retirement: str = "left out",
) -> pd.DataFrame:
    """Return a row an interval: employed, lost, moved, nonemployed, hired.

    The numbers behind `panel_transitions`, which see.
    """
    interval = checks.number("interval", interval, low=0, open_low=True)
    checks.one_of("retirement", retirement, RETIREMENT)
    if workers is not None:
        workers = checks.whole("workers", workers, low=1)
    spells = panel.data[["start", "end"]].to_numpy()
    if interval * year < 1 and (spells == np.round(spells)).all():
        raise ValueError(
            f"An interval of {interval:g} years is shorter than a period of the panel,"
            f" whose years have {year:g}: take a longer one, or look more often."
        )
    times = dates(panel, year, step=interval)
    if len(times) < 2:
        first, last = panel.window
        raise ValueError(
            f"The window from {first:g} to {last:g} holds no two interviews"
            f" {interval:g} years apart: take a shorter interval or a longer panel."
        )
    ends_known = "ending" in panel.data
    if not ends_known and (retirement == "replaced" or workers is not None):
        raise ValueError(
            f"The panel has no column ending, which retirement={retirement!r} with"
            f" workers={workers} needs: take retirement='left out', workers=None."
        )
    first, last, retired = _observed(panel)
    seen = who_works(panel, times)
    at = np.searchsorted(seen.date, np.arange(len(times) + 1))
    firm = np.full((2, len(panel.workers)), -1)
    rows = []
    for k, time in enumerate(times):
        here = slice(at[k], at[k + 1])
        firm[k % 2] = -1
        firm[k % 2, seen.worker[here]] = panel.firm_codes[seen.row[here]]
        before, after = firm[(k + 1) % 2], firm[k % 2]
        if k == 0:
            continue
        known = (first <= times[k - 1]) & (last > time)
        works, gone = before >= 0, (before >= 0) & (retired <= time)
        if workers is not None:
            known = np.ones_like(known)
        known = known & ~gone if retirement == "left out" else known | gone
        idle = int((known & ~works).sum())
        if workers is not None:
            idle = workers - int(works.sum())
            if idle < 0:
                raise ValueError(
                    f"workers = {workers} is less than the {works.sum()} at work at"
                    f" {times[k - 1]:g}: give the number with and without a job."
                )
        stays = known & works & (after >= 0)
        rows.append(
            {
                "employed": int((known & works).sum()),
                "lost": int((known & works & (after < 0)).sum()),
                "moved": int((stays & (after != before)).sum()),
                "nonemployed": idle,
                "hired": int((known & ~works & (after >= 0)).sum()),
            }
        )
    return pd.DataFrame(rows)


def _observed(panel):
    """Return each worker's first start, last end, and when he retired from a job."""
    start, end = panel.data["start"].to_numpy(), panel.data["end"].to_numpy()
    begins = np.flatnonzero(np.append(True, np.diff(panel.worker_codes) != 0))
    last = np.append(begins[1:], len(panel)) - 1
    retired = np.full(len(last), np.inf)
    if "ending" in panel.data:
        his = (panel.data["ending"].to_numpy() == "retirement")[last]
        retired[his] = end[last[his]]
    return start[begins], end[last], retired


def _share(part, whole) -> float:
    return float(part / whole) if whole > 0 else float("nan")
