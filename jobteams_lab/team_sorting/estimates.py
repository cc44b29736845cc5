"""Estimates that take minutes, shipped with the package.

`python benchmarks/team_sorting_tables.py` makes them again.
"""

from __future__ import annotations

import json
from importlib.resources import files

from jobteams_lab import checks
from jobteams_lab.team_sorting.earnings_moments import Moments, Parameters
from jobteams_lab.team_sorting.published import YEARS

STORE = files("jobteams_lab.team_sorting") / "estimates.json"
SIZES = (2, 3, 4, 5)


def estimated(year: int, workers_per_team: int = 2) -> tuple[Parameters, Moments]:
    """Parameters estimated by `calibrate` from the five moments of a year.

    Returns
    -------
    Parameters, Moments
        And the moments they have.

    Raises
    ------
    ValueError
        For a year other than 1981 and 2013, or a team of more than 5 workers.
    """
    kept = record(year, workers_per_team)
    moments = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in kept["moments"].items()
    }
    return Parameters(**kept["parameters"]), Moments(**moments)


def record(year: int, workers_per_team: int = 2) -> dict:
    """All that is kept of one estimation: its objective, repeats, bounds reached."""
    checks.one_of("year", year, YEARS)
    checks.one_of("workers_per_team", workers_per_team, SIZES)
    kept = json.loads(STORE.read_text(encoding="utf-8"))
    return kept["estimates"][f"{workers_per_team}"][f"{year}"]
