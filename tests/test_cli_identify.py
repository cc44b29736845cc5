"""jobteams identify: what it writes and says, and every defect by its name."""

import json
import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from jobteams_lab import Panel, cli
from jobteams_lab.cli_words import sentences_about
from jobteams_lab.identification import PAM, Economy, Types, identify, simulate, solve
from jobteams_lab.identification.report import FILES
from jobteams_lab.records.residual_wages import residual_wages

TYPES = ["--worker-types", 5, "--firm-types", 5]
PLAIN = ["worker", "firm", "start", "end", "wage", "origin"]


@pytest.fixture(scope="module")
def panel():
    """Spells of half-years as rows, so that wages are seen twice, without sums."""
    types = Types.uniform(10)
    economy = Economy(PAM, worker_types=types, firm_types=types)
    made = simulate(solve(economy), 900, 18, 120, seed=2)
    data = made.data[PLAIN]
    cut = np.maximum(data["start"] + 1, (data["start"] + data["end"]) // 2)
    first, second = data.assign(end=cut), data.assign(start=cut)
    rows = pd.concat([first, second[second["start"] < second["end"]]])
    rows["wage"] += np.random.default_rng(1).normal(0, 0.02, len(rows))
    return Panel(rows, made.window)


@pytest.fixture(params=["csv", "parquet"])
def kind(request):
    return request.param


def run(data, tmp_path, *options, types=TYPES):
    words = ["identify", data, "--out", tmp_path / "result", *types, *options]
    return CliRunner().invoke(cli.main, [str(word) for word in words])


def put(frame, tmp_path, kind="csv", name="data"):
    path = tmp_path / f"{name}.{kind}"
    frame.to_csv(path, index=False) if kind == "csv" else frame.to_parquet(path)
    return path


def refused(frame, tmp_path, *options, kind="csv", types=TYPES):
    """Run on a table that must be refused: one sentence, code 2, nothing written."""
    path = put(frame, tmp_path, kind) if isinstance(frame, pd.DataFrame) else frame
    result = run(path, tmp_path, *options, types=types)
    assert result.exit_code == 2, result.output
    assert result.output.startswith("Error: ")
    assert result.output.count("\n") == 1
    assert not (tmp_path / "result").exists()
    return result.output


def warned(frame, tmp_path, *options, kind="csv", types=TYPES):
    """Run on a table that is estimated with a warning; return the report's."""
    result = run(put(frame, tmp_path, kind), tmp_path, *options, types=types)
    assert result.exit_code == 0, result.output
    text = (tmp_path / "result" / "summary.json").read_text(encoding="utf-8")
    warnings = json.loads(text)["warnings"]
    said = " ".join(result.stdout.replace("! ", "").split())
    for sentence in warnings:
        assert " ".join(sentence.split()) in said
    return warnings


def test_the_result_is_the_librarys(panel, tmp_path, kind):
    result = run(put(panel.data, tmp_path, kind), tmp_path)
    assert result.exit_code == 0, result.output
    folder = tmp_path / "result"
    assert sorted(path.name for path in folder.iterdir()) == sorted(FILES)
    found = identify(panel, worker_types=5, firm_types=5)
    assert found.summary() in result.stdout
    assert f"Written to {folder}: open {folder / 'report.html'}" in result.stdout
    ranks = pd.read_parquet(folder / "worker_ranks.parquet")["rank"]
    np.testing.assert_array_equal(ranks.astype("Float64"), found.worker_rank)
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert f"jobteams identify data.{kind} --out result --worker-types 5" in page
    assert str(tmp_path) not in page
    assert result.stderr == ""


def test_every_option_reaches_the_library(panel, tmp_path, monkeypatch):
    seen = {}

    def catch(panel, **options):
        seen.update(options, window=panel.window)
        raise ValueError("caught.")

    monkeypatch.setattr("jobteams_lab.identification.identify", catch)
    options = ["--discount-factor", 0.9, "--bargaining-power", 0.3, "--smooth"]
    options += ["--home-production", 0.1, "--model", "benchmark", "--vacancies", 40]
    options += ["--noise-variance", 0.01]
    options += ["--bootstrap", 20, "--seed", 3, "--min-firm-size", 4]
    options += ["--window", -1, 130]
    assert refused(panel.data, tmp_path, *options) == "Error: caught.\n"
    expected = {
        "worker_types": 5,
        "firm_types": 5,
        "discount_factor": 0.9,
        "bargaining_power": 0.3,
        "home_production": 0.1,
        "model": "benchmark",
        "vacancies": 40.0,
        "smoothing": "gcv",
        "bootstrap": 20,
        "noise_variance": 0.01,
        "seed": 3,
        "min_firm_size": 4.0,
        "window": (-1.0, 130.0),
    }
    assert {name: seen[name] for name in expected} == expected
    assert seen["whole_firms"] is None


def test_fewer_types_by_default_and_says_so(panel, tmp_path):
    result = run(put(panel.data, tmp_path), tmp_path, types=[])
    assert result.exit_code == 0, result.output
    assert "4 worker types rather than 50, so that each has 200" in result.stdout
    assert "6 firm types rather than 50, so that each has 3" in result.stdout
    page = (tmp_path / "result" / "report.html").read_text(encoding="utf-8")
    assert "--firm-types chooses another number" in page


def test_gap_derives_origins(panel, tmp_path):
    unknown = panel.data.drop(columns="origin")
    sentence = refused(unknown, tmp_path)
    assert "No spell is known to have begun out of unemployment: give --gap" in sentence
    result = run(put(unknown, tmp_path), tmp_path, "--gap", 0)
    assert result.exit_code == 0, result.output
    page = (tmp_path / "result" / "report.html").read_text(encoding="utf-8")
    assert "more than 0 months between two jobs is unemployment" in page
    found = identify(Panel(unknown).with_origins(0), worker_types=5, firm_types=5)
    assert found.summary() in result.stdout
    (tmp_path / "other").mkdir()
    sentence = refused(unknown, tmp_path / "other", "--gap", 1000)
    assert "With --gap 1000 no spell begins out of unemployment" in sentence


@pytest.mark.parametrize(
    ("options", "sentences"),
    [
        ({}, []),
        (
            {"residual": True},
            [
                "Wages are without the effects of years and of ages by education:"
                " those of a worker of age 40 in the first year."
            ],
        ),
        (
            {"residual": True, "age": "none"},
            [
                "Wages are without the effects of years: those of a worker in the"
                " first year."
            ],
        ),
        (
            {"residual": True, "year": "none", "centre": 50.5},
            [
                "Wages are without the effects of ages by education: those of a"
                " worker of age 50.5."
            ],
        ),
        (
            {"gap": 1.0, "period": "quarter", "careers": True},
            [
                "Origins come from dates: more than 1 quarter between two jobs is"
                " unemployment.",
                "Workers count as unemployed only between their first and last jobs,"
                " so that the rate of finding jobs comes out too high.",
            ],
        ),
        (
            {"gap": 0.5},
            [
                "Origins come from dates: more than 0.5 months between two jobs is"
                " unemployment."
            ],
        ),
    ],
)
def test_choices_in_words(options, sentences):
    usual = {"residual": False, "gap": None, "careers": False, "period": "month"}
    usual |= {"year": "year", "age": "age", "education": "education", "centre": 40.0}
    assert sentences_about(usual | options) == sentences


def test_whole_firms_from_a_column_or_a_file(panel, tmp_path):
    whole = panel.firms[:9]
    found = identify(panel, worker_types=5, firm_types=5, whole_firms=whole)
    marked = panel.data.assign(census=panel.data["firm"].isin(whole))
    ways = [
        (marked, "census"),
        (marked.assign(census=marked["census"].astype(int)), "census"),
        (panel.data, put(pd.DataFrame({"firm": whole}), tmp_path, name="whole")),
    ]
    for frame, given in ways:
        result = run(put(frame, tmp_path), tmp_path, "--whole-firms", given, "--force")
        assert result.exit_code == 0, result.output
        assert found.summary() in result.stdout
    assert "of 9 whole firms (of 18)" in result.stdout


def test_whole_firms_that_cannot_be_read(panel, tmp_path):
    data = panel.data
    mixed = data.assign(census=np.arange(len(data)) % 2 == 0)
    words = refused(mixed, tmp_path, "--whole-firms", "census")
    assert "Column 'census' says both of firm 0" in words
    words = refused(data.assign(census="yes"), tmp_path, "--whole-firms", "census")
    assert "Column 'census' must hold True or False" in words
    numbers = data.assign(census=np.where(data["firm"] == 0, 80, 1))
    words = refused(numbers, tmp_path, "--whole-firms", "census")
    assert words.endswith("or 1 or 0, not 80.\n")
    words = refused(data, tmp_path, "--whole-firms", "census")
    assert "census is neither a column of the table nor" in words
    file = put(pd.DataFrame({"id": [1]}), tmp_path, name="whole")
    assert "lacks the column 'firm'" in refused(data, tmp_path, "--whole-firms", file)
    file = put(pd.DataFrame({"firm": [1, 1]}), tmp_path, name="whole")
    assert "names a firm twice" in refused(data, tmp_path, "--whole-firms", file)
    file = put(pd.DataFrame({"firm": [77]}), tmp_path, name="whole")
    assert "names 77, which is no firm" in refused(
        data, tmp_path, "--whole-firms", file
    )


def test_vacancies_from_a_file_with_ids_as_text(panel, tmp_path):
    names = np.array([f"{i:03d}" for i in panel.firms])
    data = panel.data.assign(firm=names[panel.firm_codes])
    table = pd.DataFrame({"firm": names, "vacancies": 2.0 + panel.firms % 3})
    file = put(table, tmp_path, name="open")
    result = run(put(data, tmp_path), tmp_path, "--vacancies", file, "--ids", "string")
    assert result.exit_code == 0, result.output
    found = identify(
        panel, worker_types=5, firm_types=5, vacancies=2.0 + panel.firms % 3
    )
    assert found.summary() in result.stdout
    firms = pd.read_parquet(tmp_path / "result" / "firm_ranks.parquet")
    assert firms["firm"].tolist() == names.tolist()
    (tmp_path / "b").mkdir()
    file = put(table[:4], tmp_path, name="open")
    words = refused(data, tmp_path / "b", "--vacancies", file, "--ids", "string")
    assert "vacancies has no number for 14 firms, such as '004'" in words
    words = refused(data, tmp_path / "b", "--vacancies", "many")
    words_of_it = "--vacancies many is neither a number nor a .csv or .parquet file."
    assert words == f"Error: {words_of_it}\n"


def test_main_jobs_and_residual_wages(panel, tmp_path):
    months = panel.months().data
    months["period"] = months["start"]
    year = months["period"] // 12
    rng = np.random.default_rng(4)
    born = rng.integers(-60, -20, len(panel.workers))
    months["age"] = year - born[np.searchsorted(panel.workers, months["worker"])]
    months = months.assign(year=year, wage=months["wage"] * np.exp(0.01 * year))
    months = months.drop(columns=["start", "end"])
    side = months.sample(50, random_state=1).assign(firm=0)
    side["wage"] /= 10
    both = pd.concat([months, side[side["firm"] != months.loc[side.index, "firm"]]])
    words = refused(both, tmp_path)
    assert words.endswith("keep the best-paid job of each month with --main-jobs.\n")
    options = ["--main-jobs", "--residual", "--education", "none"]
    result = run(put(both, tmp_path), tmp_path, *options)
    assert result.exit_code == 0, result.output
    clean = residual_wages(Panel(months), education=None).panel
    found = identify(clean, worker_types=5, firm_types=5)
    # the years and ages are those of the file, so that only the last digits differ
    assert found.summary()[:200] in result.stdout
    facts = json.loads((tmp_path / "result" / "summary.json").read_text("utf-8"))
    assert facts["notes"][0] == (
        "Wages are without the effects of years and of ages: those of a worker of age"
        " 40 in the first year."
    )
    (tmp_path / "b").mkdir()
    words = refused(months, tmp_path / "b", "--residual")
    assert words.endswith("add one, or give --education NAME, or --education none.\n")


def test_an_existing_report_is_kept_unless_forced(panel, tmp_path):
    (tmp_path / "result").mkdir()
    kept = tmp_path / "result" / "summary.json"
    kept.write_text("precious")
    path = put(panel.data, tmp_path)
    result = run(path, tmp_path)
    assert result.exit_code == 2
    assert "is there already: add --force" in result.output
    assert kept.read_text() == "precious"
    assert run(path, tmp_path, "--force").exit_code == 0
    assert json.loads(kept.read_text(encoding="utf-8"))["model"] == "benchmark"


def test_stopped_by_hand_nothing_is_left(panel, tmp_path, monkeypatch):
    def stop(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("jobteams_lab.identification.report.page", stop)
    path = put(panel.data, tmp_path)
    result = run(path, tmp_path)
    assert result.exit_code == 1
    assert "Aborted!" in result.output
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_help_loads_nothing_heavy():
    code = (
        "import sys; from jobteams_lab.cli import main; "
        "main(['identify', '--help'], standalone_mode=False); "
        "heavy = {'jax', 'numba', 'matplotlib', 'scipy', 'tqdm'}; "
        "sys.exit(bool(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        check=False,
        capture_output=True,
        env={**os.environ, "PYTHONWARNINGS": "error"},
    )
    assert done.returncode == 0, done.stderr


# Defects that are refused, each by its name.


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ("worker", "lacks worker: rename"),
        ("firm", "lacks firm: rename"),
        ("wage", "lacks wage: rename"),
        ("end", "lacks end: rename"),
    ],
)
def test_a_missing_column(panel, tmp_path, kind, column, words):
    frame = panel.data.drop(columns=column)
    assert words in refused(frame, tmp_path, kind=kind)


def test_overlapping_spells(panel, tmp_path, kind):
    frame = panel.data.copy()
    frame.loc[1, "start"] = frame.loc[0, "start"]
    frame.loc[1, "worker"] = frame.loc[0, "worker"]
    frame.loc[1, "firm"] = frame.loc[0, "firm"] + 1
    words = refused(frame, tmp_path, kind=kind)
    assert "Two jobs of one worker share time" in words
    assert f"data.{kind} is not a panel" in words


def test_duplicate_rows(panel, tmp_path, kind):
    frame = pd.concat([panel.data, panel.data[:3]], ignore_index=True)
    assert "come again in rows" in refused(frame, tmp_path, kind=kind)


def test_wages_that_are_missing(panel, tmp_path, kind):
    frame = panel.data.copy()
    frame.loc[[3, 5], "wage"] = np.nan
    words = refused(frame, tmp_path, kind=kind)
    assert "Column 'wage' has no value in rows 3 and 5" in words


def test_wages_that_are_text(panel, tmp_path, kind):
    frame = panel.data.assign(wage=panel.data["wage"].map("{:.3f} EUR".format))
    assert "Column 'wage' must hold numbers" in refused(frame, tmp_path, kind=kind)


def test_wages_that_are_not_finite(panel, tmp_path, kind):
    frame = panel.data.copy()
    frame.loc[3, "wage"] = np.inf
    words = refused(frame, tmp_path, kind=kind)
    assert "Column 'wage' is not finite in row 3" in words


def test_no_repeated_wage_observation(panel, tmp_path, kind):
    once = panel.spells().data[PLAIN]
    words = refused(once, tmp_path, kind=kind)
    assert "No spell has two wage observations" in words
    assert words.endswith("or give --noise-variance.\n")
    assert (
        run(put(once, tmp_path, kind), tmp_path, "--noise-variance", 0.01).exit_code
        == 0
    )


def test_wages_without_a_log_where_one_is_taken(panel, tmp_path, kind):
    frame = panel.data.copy()
    frame.loc[[2, 4], "wage"] = [0.0, -1.0]
    frame = frame.assign(year=frame["start"] // 12, age=40, education=1)
    words = refused(frame, tmp_path, "--residual", kind=kind)
    assert "2 of " in words and "are zero or negative" in words and "no log" in words
    assert words.endswith("leave --residual away, or drop these rows.\n")


def test_origins_that_are_all_unknown(panel, tmp_path, kind):
    frame = panel.data.assign(origin="unknown")
    assert "give --gap" in refused(frame, tmp_path, kind=kind)


def test_an_origin_that_is_no_origin(panel, tmp_path, kind):
    frame = panel.data.assign(origin="school")
    words = refused(frame, tmp_path, kind=kind)
    assert "Column 'origin' has 'school'" in words


def test_too_few_firms_and_workers(panel, tmp_path):
    words = refused(panel.data, tmp_path, types=["--firm-types", 19])
    assert "firm_types = 19, but the panel has only 18 firms" in words
    words = refused(panel.data, tmp_path, types=["--worker-types", 901])
    assert "worker_types = 901, but the panel has only 900 workers" in words
    one = panel.data[panel.data["firm"] == 3]
    assert "the panel has only 1 firm: choose" in refused(one, tmp_path)


def test_nobody_sees_a_job_end(panel, tmp_path):
    frame = panel.data[:40].assign(start=0, end=1, worker=range(40))
    frame = pd.concat([frame, frame.assign(worker=frame["worker"] + 40)])
    words = refused(frame, tmp_path)
    assert "No spell has two wage observations" in words


@pytest.mark.parametrize(
    ("content", "kind", "words"),
    [
        (b"", "csv", "is not a table of comma-separated values"),
        (b"", "parquet", "is not a Parquet file"),
        (b"worker,firm,start,end,wage\n", "csv", "has no rows"),
        (b"\x89PNG\r\n\x1a\n\x00\xff\xfe", "csv", "is not a table of comma-separated"),
        (b"PAR1 and then nothing", "parquet", "is not a Parquet file"),
        (b"Dear reader,\nthis is, a, letter.\n", "csv", "lacks worker, firm, wage and"),
        (b"{}", "json", "must end in .parquet or .csv"),
    ],
)
def test_a_file_that_is_no_table(tmp_path, content, kind, words):
    path = tmp_path / f"data.{kind}"
    path.write_bytes(content)
    assert words in refused(path, tmp_path)


def test_no_file_and_no_folder(tmp_path, panel):
    assert "There is no file" in refused(tmp_path / "none.csv", tmp_path)
    result = run(put(panel.data, tmp_path), tmp_path / "none")
    assert result.exit_code == 2
    assert "There is no folder" in result.output


def test_values_that_are_not_allowed(panel, tmp_path):
    for options, words in (
        (["--discount-factor", 1], "discount_factor = 1 must be"),
        (["--bargaining-power", 0], "bargaining_power = 0 must be"),
        (["--model", "search"], "model = 'search' is not known"),
        (["--bootstrap", -1], "bootstrap = -1 must be"),
        (["--bootstrap", 3], "3 samples are too few for an interval: give 100 or more"),
        (["--bootstrap", 1], "1 sample is too few for an interval"),
        (["--bootstrap", 19], "19 samples are too few"),
        (["--min-firm-size", 1e6], "workers or more: give a smaller --min-firm-size."),
        (["--noise-variance", -1], "noise_variance = -1 must be"),
        (["--gap", -1], "gap = -1 must be"),
        (["--vacancies", -2], "vacancies = -2 must be"),
        (["--ids", "int"], "ids = 'int' is not known"),
        (["--window", 5, 3], "window = (5.0, 3.0) must be"),
        (["--window", 0, 60], "lies outside window"),
    ):
        assert words in refused(panel.data, tmp_path, *options)


# Defects that are reported.


def test_rows_in_any_order(panel, tmp_path, kind):
    mixed = panel.data.sample(frac=1, random_state=3)
    result = run(put(mixed, tmp_path, kind), tmp_path)
    assert result.exit_code == 0, result.output
    found = identify(panel, worker_types=5, firm_types=5)
    assert found.summary() in result.stdout


def test_several_groups_of_co_workers(panel, tmp_path, kind):
    other = panel.data[panel.data["worker"] < 150].copy()
    other["worker"] += 10_000
    other["firm"] += 10_000
    lines = warned(pd.concat([panel.data, other]), tmp_path, kind=kind)
    assert any("Co-workers fall into 2 groups that nobody links" in s for s in lines)
    assert any("18 firms cannot be ranked" in s for s in lines)


def test_workers_never_hired_from_unemployment(panel, tmp_path, kind):
    origin = panel.data["origin"].astype(str).to_numpy(copy=True)
    worker = panel.worker_codes
    origin[worker < 20] = "unknown"
    hired = np.flatnonzero((worker > 20) & (origin == "unemployment"))
    origin[hired[::5]] = "firm"
    never = ~np.isin(worker, worker[origin == "unemployment"])
    number = len(np.unique(worker[never]))
    lines = warned(panel.data.assign(origin=origin), tmp_path, kind=kind)
    words = f"{number:,} workers have no spell that ranks them"
    assert any(words in sentence for sentence in lines)


def test_origins_of_which_some_are_unknown(panel, tmp_path, kind):
    spells = panel.spells().data
    share = (spells["origin"] == "unknown").mean()
    lines = warned(panel.data, tmp_path, kind=kind)
    words = f"{share:.1%} of the spells have an unknown origin"
    assert any(words in sentence for sentence in lines)


def test_vacancies_that_are_missing(panel, tmp_path, kind):
    words = "Vacancies are not observed and are taken to be as many as the unemployed"
    assert any(words in s for s in warned(panel.data, tmp_path, kind=kind))
    given = warned(panel.data, tmp_path, "--vacancies", 30, "--force", kind=kind)
    assert not any(words in s for s in given)


def test_types_without_wages(panel, tmp_path, kind):
    # of half the workers only the running spells are known, and others move
    few = panel.data.copy()
    origin = few["origin"].astype(str).to_numpy(copy=True)
    origin[(few["firm"] % 2 == 0) & (origin == "unemployment")] = "firm"
    types = ["--worker-types", 40, "--firm-types", 9]
    lines = warned(few.assign(origin=origin), tmp_path, kind=kind, types=types)
    assert any("Cells with an estimate of f hold" in s for s in lines)


def test_wages_of_zero(panel, tmp_path, kind):
    frame = panel.data.copy()
    frame.loc[[2, 4], "wage"] = 0.0
    lines = warned(frame, tmp_path, kind=kind)
    assert any("2 wages are zero or negative" in s for s in lines)


def test_wages_that_never_move_within_spells(panel, tmp_path, kind):
    frame = panel.data.copy()
    pair = [frame["worker"], frame["firm"]]
    frame["wage"] = frame["wage"].groupby(pair).transform("first")
    lines = warned(frame, tmp_path, kind=kind)
    assert any("Wages hardly move within spells" in s for s in lines)
