"""Sweeps: every case once, on any number of processes, after any interruption."""

import os
import signal
import subprocess
import sys
import time
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

# importlib mode does not put this folder on the path, and processes import from it
HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import sweep_cases  # noqa: E402

from jobteams_lab.sweep import sweep  # noqa: E402


def numbers(count, **more):
    return [{"number": number, **more} for number in range(count)]


def called(log):
    return [int(line) for line in log.read_text().split()]


def test_a_row_a_case_in_the_order_of_the_cases(tmp_path):
    path = tmp_path / "rows.parquet"
    found = sweep(sweep_cases.square, numbers(5), path, progress=False)
    assert found["square"].tolist() == [0, 1, 4, 9, 16]
    pd.testing.assert_frame_equal(found, pd.read_parquet(path))


def test_stored_cases_are_not_evaluated_again(tmp_path):
    path, log = tmp_path / "rows.parquet", tmp_path / "log"
    cases = numbers(6, log=str(log))
    sweep(sweep_cases.square, cases[:3], path, progress=False)
    found = sweep(sweep_cases.square, cases[::-1], path, progress=False)
    assert sorted(called(log)) == [0, 1, 2, 3, 4, 5]
    assert found["number"].tolist() == [5, 4, 3, 2, 1, 0]
    part = sweep(sweep_cases.square, cases[1:2], path, progress=False)
    assert part["square"].tolist() == [1] and len(pd.read_parquet(path)) == 6


def test_processes_of_their_own_find_the_same(tmp_path):
    environment = dict(os.environ)
    here = sweep(sweep_cases.square, numbers(6), tmp_path / "1.parquet", progress=False)
    there = sweep(
        sweep_cases.square,
        numbers(6),
        tmp_path / "2.parquet",
        processes=2,
        progress=False,
    )
    pd.testing.assert_series_equal(here["square"], there["square"])
    assert set(here["process"]) == {os.getpid()}
    assert os.getpid() not in set(there["process"])
    assert set(there["threads"]) == {"1"} and dict(os.environ) == environment


def test_a_cluster_of_several_processes_finds_the_same(tmp_path):
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as cluster:
        found = sweep(
            sweep_cases.slow_square,
            numbers(8, seconds=0.05),
            tmp_path / "rows.parquet",
            scheduler=cluster.scheduler_address,
            progress=False,
        )
    assert found["square"].tolist() == [number**2 for number in range(8)]
    assert len(set(found["process"]) - {os.getpid()}) == 2


def test_an_unknown_scheduler_is_refused(tmp_path):
    with pytest.raises(ConnectionError, match="No Dask scheduler answers at tcp"):
        sweep(
            sweep_cases.square,
            numbers(2),
            tmp_path / "rows.parquet",
            scheduler="tcp://127.0.0.1:9",
            progress=False,
            patience=0.2,
        )
    assert not (tmp_path / "rows.parquet").exists()


@pytest.mark.parametrize("processes", [1, 2])
def test_a_killed_run_goes_on_without_repeating_or_losing_a_case(tmp_path, processes):
    path, log, count = tmp_path / "rows.parquet", tmp_path / "log", 12
    cases = numbers(count, seconds=0.1, log=str(log))
    script = tmp_path / "run.py"
    script.write_text(
        f"""
import sys
sys.path.insert(0, {str(HERE)!r})
import sweep_cases
from jobteams_lab.sweep import sweep
if __name__ == "__main__":
    sweep(sweep_cases.slow_square, {cases!r}, {str(path)!r}, processes={processes})
"""
    )
    run = subprocess.Popen(
        [sys.executable, str(script)], stderr=subprocess.PIPE, start_new_session=True
    )
    try:
        until = time.monotonic() + 60
        # by one open: read_parquet opens a path twice, and the file may change between
        while not path.exists() or len(pd.read_parquet(BytesIO(path.read_bytes()))) < 3:
            assert run.poll() is None and time.monotonic() < until
            time.sleep(0.01)
    finally:
        os.kill(run.pid, signal.SIGKILL)
        run.wait()
        run.stderr.close()
    kept = pd.read_parquet(path)
    time.sleep(0.5)  # processes that outlived it would still write to the log
    before = called(log)
    assert 3 <= len(kept) < count and set(kept["number"]) <= set(before)
    assert len(before) <= len(kept) + processes + 1  # what was being evaluated
    found = sweep(sweep_cases.slow_square, cases, path, progress=False)
    assert found["square"].tolist() == [number**2 for number in range(count)]
    again = called(log)[len(before) :]
    assert sorted([*kept["number"], *again]) == list(range(count))
    # it may have been killed in the middle of writing
    assert len(list(tmp_path.glob(".*.partial"))) <= 1


def test_what_a_killed_writer_left_is_removed_once_it_is_old(tmp_path):
    old, fresh, other = (
        tmp_path / f".{name}.partial"
        for name in ("rows.parquet.0a", "rows.parquet.0b", "more.parquet.0c")
    )
    for file in (old, fresh, other):
        file.write_bytes(b"half")
    for file in (old, other):
        os.utime(file, (time.time() - 3600,) * 2)
    sweep(sweep_cases.square, numbers(2), tmp_path / "rows.parquet", progress=False)
    left = {file.name for file in tmp_path.glob(".*.partial")}
    assert left == {fresh.name, other.name}


def test_cases_that_fail_are_named_and_tried_again(tmp_path):
    path = tmp_path / "rows.parquet"
    with pytest.raises(RuntimeError, match=r"3 of the cases failed.*number = 0: Value"):
        sweep(sweep_cases.odd_only, numbers(5), path, progress=False)
    assert pd.read_parquet(path)["number"].tolist() == [1, 3]
    found = sweep(sweep_cases.square, numbers(5), path, progress=False)
    assert found["square"].tolist() == [0, 1, 4, 9, 16]


def test_an_interrupt_keeps_what_is_done(tmp_path):
    path = tmp_path / "rows.parquet"

    def interrupted(case):
        if case["number"] == 2:
            raise KeyboardInterrupt
        return {"square": case["number"] ** 2}

    with pytest.raises(KeyboardInterrupt):
        sweep(interrupted, numbers(4), path, progress=False)
    assert pd.read_parquet(path)["number"].tolist() == [0, 1]


def test_progress_counts_what_was_there(tmp_path, capsys):
    path = tmp_path / "rows.parquet"
    sweep(sweep_cases.square, numbers(2), path, progress=False)
    assert capsys.readouterr().err == ""
    sweep(sweep_cases.square, numbers(4), path)
    shown = capsys.readouterr().err
    assert "2/4" in shown and "4/4" in shown


@pytest.mark.parametrize(
    ("cases", "error", "sentence"),
    [
        ([], ValueError, "There are no cases"),
        ([{"a": 1}, {"b": 1}], ValueError, "A case has b, but the first one has a"),
        ([{"a": 1}, {"a": 1}], ValueError, r"Two cases are the same, {'a': 1}"),
        ([{"a": [1]}], TypeError, r"a = \[1\] of a case must be a number or a word"),
        ([{"a": float("nan")}], TypeError, "a = nan of a case"),
    ],
)
def test_bad_cases_are_refused(tmp_path, cases, error, sentence):
    with pytest.raises(error, match=sentence):
        sweep(sweep_cases.square, cases, tmp_path / "rows.parquet", progress=False)


def test_tables_that_do_not_fit_are_refused(tmp_path):
    path = tmp_path / "rows.parquet"
    with pytest.raises(ValueError, match=r"must end in \.parquet"):
        sweep(sweep_cases.square, numbers(1), tmp_path / "rows.csv")
    with pytest.raises(FileNotFoundError, match="There is no folder"):
        sweep(sweep_cases.square, numbers(1), tmp_path / "no" / "rows.parquet")
    path.write_text("no table")
    with pytest.raises(ValueError, match="is not a Parquet table"):
        sweep(sweep_cases.square, numbers(1), path)
    pd.DataFrame({"other": [1]}).to_parquet(path)
    with pytest.raises(ValueError, match="another kind of run, without number"):
        sweep(sweep_cases.square, numbers(1), path)
    with pytest.raises(ValueError, match="returns number, which the case has"):
        sweep(sweep_cases.clash, numbers(1), tmp_path / "new.parquet", progress=False)


def test_numbers_words_and_booleans_of_numpy_are_kept(tmp_path):
    found = sweep(
        sweep_cases.of_numpy, numbers(2), tmp_path / "rows.parquet", progress=False
    )
    assert found["half"].tolist() == [0.0, 0.5]
    assert found["even"].tolist() == [True, False] and found["nothing"].isna().all()


@pytest.mark.parametrize(
    ("result", "sentence"),
    [
        ({"a": 1, "b": None}, "function answer returns None for b: a column holds"),
        ({"b": np.zeros(2)}, "answer returns a value of type ndarray for b: a col"),
        ({"b": {}}, "answer returns a value of type dict for b"),
        ({1: 2}, "answer names a result 1: names are text"),
        (None, "answer returns None, not a dict"),
        (3, "answer returns a value of type int, not a dict"),
    ],
)
def test_results_that_no_column_holds_are_refused(tmp_path, result, sentence):
    path = tmp_path / "rows.parquet"

    def answer(case):
        return result

    with pytest.raises(TypeError, match=sentence):
        sweep(answer, numbers(2), path, progress=False)
    assert not path.exists()


@pytest.mark.parametrize(
    ("function", "sentence"),
    [
        (sweep_cases.listed, "function listed returns a value of type list for steps"),
        (sweep_cases.bare, "function bare returns a value of type int, not a dict"),
    ],
)
def test_bad_results_of_other_processes_are_refused(tmp_path, function, sentence):
    path = tmp_path / "rows.parquet"
    with pytest.raises(TypeError, match=sentence):
        sweep(function, numbers(2), path, processes=2, progress=False)
    assert not path.exists()


def test_processes_and_a_scheduler_exclude_one_another(tmp_path):
    with pytest.raises(ValueError, match=r"processes = 2 and .* give one of them"):
        sweep(
            sweep_cases.square,
            numbers(2),
            tmp_path / "rows.parquet",
            processes=2,
            scheduler="tcp://127.0.0.1:9",
        )


@pytest.mark.parametrize("more", [{"processes": 2}, {"scheduler": "tcp://127.0.0.1:9"}])
def test_functions_that_cannot_be_sent_are_refused(tmp_path, more):
    path = tmp_path / "rows.parquet"
    with pytest.raises(TypeError, match="<lambda> cannot be sent to other processes"):
        sweep(lambda case: {"square": 1}, numbers(2), path, **more)
    assert not path.exists()
