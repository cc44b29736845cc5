"""The command line: what it writes, what it prints, what it refuses."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import scipy.stats
from click.testing import CliRunner

from jobteams_lab import Panel, __version__, cli, team_sorting
from jobteams_lab.sequential_auctions import Economy, simulate, solve

SMALL = ["--workers", "60", "--months", "24"]


def run(*arguments):
    return CliRunner().invoke(cli.main, [str(word) for word in arguments])


def refused(*arguments):
    """Run a command that must exit with code 2, and return what it says."""
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    assert result.output.startswith("Error: ")
    assert result.output.count("\n") == 1
    return result.output


def test_help_names_the_commands():
    result = run("--help")
    assert result.exit_code == 0
    assert "jobteams simulate --out panel.parquet" in result.output
    assert "jobteams sort --out teams.parquet" in result.output
    assert "λ0: offers a month out of work." in run("simulate", "--help").output
    assert __version__ in run("--version").output


def test_help_loads_neither_jax_nor_numba():
    code = (
        "import sys; from jobteams_lab.cli import main; "
        "main(['simulate', '--help'], standalone_mode=False); "
        "main(['sort', '--help'], standalone_mode=False); "
        "sys.exit(bool({'jax', 'numba', 'matplotlib', 'scipy'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_simulate_writes_the_panel_that_the_library_simulates(tmp_path):
    path = tmp_path / "panel.parquet"
    result = run("simulate", *SMALL, "--out", path, "--firms", 40, "--seed", 5)
    assert result.exit_code == 0, result.output
    economy = Economy(
        contact_rate_unemployed=0.30,
        contact_rate_employed=0.10,
        separation_rate=0.025,
        exit_rate=0.002,
        discount_rate=0.004,
        unemployment_income=0.5,
        productivity=scipy.stats.beta(2, 3, loc=0.6, scale=1.4),
    )
    expected = simulate(solve(economy), 60, 24.0, firms=40, seed=5)
    panel = Panel.read(path)
    pd.testing.assert_frame_equal(panel.data, expected.data, check_exact=True)
    assert panel.window == (0, 24)
    assert repr(panel) in result.output
    # 0.027 / 0.327
    assert "Unemployment rate of the model: 8.26%" in result.output
    weights = panel.data["end"] - panel.data["start"]
    mean = np.average(panel.data["wage"], weights=weights)
    assert f"Mean wage: {mean:.4g}" in result.output


def test_every_parameter_reaches_the_economy(tmp_path, monkeypatch):
    seen = {}

    def catch(economy):
        seen["economy"] = economy
        raise ValueError("caught.")

    monkeypatch.setattr("jobteams_lab.sequential_auctions.solve", catch)
    values = {
        "contact_rate_unemployed": 0.4,
        "contact_rate_employed": 0.2,
        "separation_rate": 0.03,
        "exit_rate": 0.01,
        "discount_rate": 0.02,
        "unemployment_income": 0.7,
        "risk_aversion": 1.0,
    }
    options = [
        word
        for name, value in values.items()
        for word in ("--" + name.replace("_", "-"), value)
    ]
    shape = ["--productivity-shape", 1, 1, "--productivity-support", 1, 3]
    options += [*shape, "--ability-sd", 0.5, "--out", tmp_path / "a.csv"]
    assert refused("simulate", *options) == "Error: caught.\n"
    economy = seen["economy"]
    assert {name: getattr(economy, name) for name in values} == values
    assert economy.productivity.cdf([1.5, 2.0, 3.0]).tolist() == [0.25, 0.5, 1.0]
    assert economy.ability.mean() == pytest.approx(1.0)
    assert np.log(economy.ability.ppf(scipy.stats.norm.cdf(1))) == pytest.approx(0.375)


def test_monthly_rows_in_a_csv_file(tmp_path):
    path = tmp_path / "panel.csv"
    result = run("simulate", *SMALL, "--monthly", "--burn-in", 12, "--out", path)
    assert result.exit_code == 0, result.output
    panel = Panel.read(path)
    assert panel.is_monthly
    assert 0 < len(panel) < 24 * len(panel.workers)


def test_burn_in_starts_from_unemployment(tmp_path):
    for months, name in ((0, "young.csv"), (60, "old.csv")):
        options = [*SMALL, "--burn-in", months, "--out", tmp_path / name]
        assert run("simulate", *options).exit_code == 0
    young, old = (Panel.read(tmp_path / n) for n in ("young.csv", "old.csv"))
    assert len(young.cross_section(0.0)) == 0
    assert len(old.cross_section(0.0)) > 40


def test_an_existing_file_is_kept_unless_forced(tmp_path):
    path = tmp_path / "panel.csv"
    path.write_text("precious")
    sentence = refused("simulate", *SMALL, "--out", path)
    assert "is there already: add --force" in sentence
    assert path.read_text() == "precious"
    assert run("simulate", *SMALL, "--out", path, "--force").exit_code == 0
    assert len(Panel.read(path).workers) > 0


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--contact-rate-unemployed", -1], "contact_rate_unemployed = -1 must be"),
        (["--separation-rate", "nan"], "separation_rate = nan must be"),
        (["--unemployment-income", 0.9], "unemployment_income = 0.9 must be below"),
        (["--productivity-shape", 0, 3], "--productivity-shape = 0 must be"),
        (["--productivity-support", 2, 1], "--productivity-support 2 1 must go"),
        (["--ability-sd", -0.1], "--ability-sd = -0.1 must be"),
        (["--workers", 0], "workers = 0 must be"),
        (["--months", 0], "duration = 0 must be"),
        (["--firms", -1], "--firms = -1 must be"),
        (["--burn-in", -1], "burn_in = -1 must be"),
        (["--seed", -1], "seed = -1 must be"),
    ],
)
def test_bad_values_write_nothing(tmp_path, options, sentence):
    said = refused("simulate", *SMALL, "--out", tmp_path / "a.parquet", *options)
    assert sentence in said
    assert list(tmp_path.iterdir()) == []


def test_bad_destinations(tmp_path):
    assert "must end in" in refused("simulate", "--out", tmp_path / "panel.xlsx")
    assert "no folder" in refused("simulate", "--out", tmp_path / "no" / "a.csv")
    (tmp_path / "folder.csv").mkdir()
    assert "is a folder" in refused("simulate", "--out", tmp_path / "folder.csv")


def test_sort_writes_the_panel_of_the_teams_that_the_library_draws(tmp_path):
    path = tmp_path / "teams.parquet"
    options = ["--teams", 40, "--seed", 3, "--coupling", "entropy", "--out", path]
    result = run("sort", *options)
    assert result.exit_code == 0, result.output
    economy = team_sorting.Economy(
        scipy.stats.beta(0.96, 2.85), scipy.stats.beta(0.98, 2.83)
    )
    solved = team_sorting.solve(economy)
    expected = team_sorting.simulate(solved, 40, 3, "entropy")
    panel = Panel.read(path)
    pd.testing.assert_frame_equal(panel.data, expected.data, check_exact=True)
    assert repr(panel) in result.output
    # the 34-digit solution's numbers
    for line in (
        "Share of teams on the countermonotonic arms (q): 0.1304",
        "Loss of every mixed team (C): 0.004464",
        "Output a team: 0.253",
        "Output lost a team: 0.004236",
        f"Mean wage of the model: {solved.mean_wage[0]:.4g}",
        "Certificate: optimal: 0.0042361866",
    ):
        assert line in result.output


def test_every_option_of_sort_reaches_the_economy(tmp_path, monkeypatch):
    seen = {}

    def catch(economy):
        seen["economy"] = economy
        raise ValueError("caught.")

    monkeypatch.setattr("jobteams_lab.team_sorting.solve", catch)
    shapes = ["--workers-shape", 2, 3, "--projects-shape", 4, 5]
    options = [*shapes, "--workers-per-team", 6, "--out", tmp_path / "a.csv"]
    assert refused("sort", *options) == "Error: caught.\n"
    economy = seen["economy"]
    assert economy.size == 7
    assert economy.workers.args == (2, 3)
    assert economy.projects.args == (4, 5)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--workers-shape", 0, 1], "--workers-shape = 0 must be"),
        (["--projects-shape", 1, "nan"], "--projects-shape = nan must be"),
        (["--workers-per-team", 1], "workers_per_team = 1 must be"),
        (["--workers-per-team", 51], "a team has 2 to 50 workers"),
        (["--teams", 0], "teams = 0 must be"),
        (["--seed", -1], "seed = -1 must be"),
        (["--coupling", "random"], "coupling = 'random' is not known"),
    ],
)
def test_sort_refuses_bad_values_and_writes_nothing(tmp_path, options, sentence):
    said = refused("sort", "--out", tmp_path / "a.parquet", *options)
    assert sentence in said
    assert list(tmp_path.iterdir()) == []


def test_sort_keeps_an_existing_file_unless_forced(tmp_path):
    path = tmp_path / "teams.csv"
    path.write_text("precious")
    assert "is there already: add --force" in refused("sort", "--out", path)
    assert path.read_text() == "precious"
    assert run("sort", "--teams", 30, "--out", path, "--force").exit_code == 0
    assert len(Panel.read(path).workers) == 60


def test_sort_says_so_when_the_middle_cannot_be_mixed(tmp_path, monkeypatch):
    def unmixable(*_):
        raise ValueError("The mixed set cannot be mixed.")

    monkeypatch.setattr("jobteams_lab.team_sorting.simulate", unmixable)
    said = refused("sort", "--out", tmp_path / "a.csv")
    assert said == "Error: The mixed set cannot be mixed.\n"


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A folder that looks like the repository, a package that lies elsewhere."""
    monkeypatch.setattr(cli, "__file__", str(tmp_path / "site" / "lab" / "cli.py"))
    folder = tmp_path / "repository"
    (folder / "deep").mkdir(parents=True)
    (folder / "_toc.yml").touch()
    (folder / "Makefile").touch()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def calls(monkeypatch):
    """What would have been run and opened; make fails if `code` is set."""
    calls = {"code": 0, "opened": []}

    def make(command, cwd, check):
        calls["command"], calls["folder"] = command, cwd
        return subprocess.CompletedProcess(command, calls["code"])

    monkeypatch.setattr(cli.subprocess, "run", make)
    monkeypatch.setattr(cli.webbrowser, "open", calls["opened"].append)
    return calls


def test_book_builds_in_the_repository_and_opens_its_first_page(repository, calls):
    assert run("book").exit_code == 0
    assert calls["command"] == ["make", "book"]
    assert calls["folder"] == repository
    page = repository / "_build" / "html" / "index.html"
    assert calls["opened"] == [page.as_uri()]


def test_book_can_be_left_unopened(repository, calls):
    assert "index.html" in run("book", "--no-open").output
    assert calls["opened"] == []


def test_a_book_that_does_not_build_is_not_opened(repository, calls):
    calls["code"] = 2
    result = run("book")
    assert result.exit_code == 1
    assert "The book was not built" in result.output
    assert calls["opened"] == []


def test_without_a_repository_there_is_no_book(repository, calls, monkeypatch):
    monkeypatch.chdir(repository / "deep")
    assert "There is no book here" in refused("book")
    assert "command" not in calls


def test_without_make_the_reader_learns_it(repository, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert "make is not installed" in refused("book")
