"""A search that is stopped and goes on, against one that never was."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from small_search import ECONOMY, PRESET, SEED, few_shapes, search, solver

from jobteams_lab.large_firms import array_files, solve_checkpoint
from jobteams_lab.large_firms.solve_progress import Progress
from jobteams_lab.large_firms.value_search import Problem

STOPPED = 3  # rounds done when a search is stopped


@pytest.fixture(scope="module")
def never_stopped():
    return search()


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    """A checkpoint of a search that was interrupted in its fourth simulation."""
    path = tmp_path_factory.mktemp("stopped") / "search.npz"
    rounds = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Progress, "round", lambda self, found: rounds.append(found))

        def year(self, years, passed):
            if len(rounds) == STOPPED:
                raise KeyboardInterrupt

        patch.setattr(Progress, "year", year)
        with pytest.raises(KeyboardInterrupt):
            search(path)
    return path


@pytest.fixture
def copy(stopped, tmp_path):
    """The same checkpoint, to be written over."""
    path = tmp_path / "search.npz"
    path.write_bytes(stopped.read_bytes())
    return path


def assert_same(found, other):
    """Bit by bit, all but the seconds."""
    for name in ("coefficients", "nodes"):
        np.testing.assert_array_equal(getattr(found, name), getattr(other, name))
    for name in ("log_z", "log_q", "x", "y", "n", "nonemployed_x", "nonemployed_y"):
        mine, theirs = getattr(found.sample, name), getattr(other.sample, name)
        np.testing.assert_array_equal(mine, theirs)
        assert mine.dtype == theirs.dtype
    for mine, theirs in zip(found.residuals, other.residuals, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert found.history == other.history
    assert found.moments == other.moments
    assert found.errors == other.errors
    assert found.match_rate == other.match_rate
    assert found.converged == other.converged
    assert found.run._replace(seconds=0) == other.run._replace(seconds=0)


def rounds_done(path) -> int:
    facts, _ = array_files.read(path, "checkpoint of solve", 1, "")
    return len(facts["history"])


def test_an_interrupted_search_ends_as_if_it_had_never_stopped(never_stopped, copy):
    assert rounds_done(copy) == STOPPED
    found = search(copy)
    assert_same(found, never_stopped)
    assert rounds_done(copy) == len(found.history)


@pytest.mark.slow
def test_single_precision_goes_on_bit_by_bit_too(copy):
    # states and cross-sections are written in the simulation's own precision
    path, preset = copy.with_name("single.npz"), PRESET.with_(simulation="float32")
    whole = search(preset=preset)
    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        written = solve_checkpoint.write

        def once(*arguments):
            written(*arguments)
            raise KeyboardInterrupt

        patch.setattr(solve_checkpoint, "write", once)
        search(path, preset=preset)
    _, arrays = array_files.read(path, "checkpoint of solve", 1, "")
    assert arrays["state.x"].dtype == arrays["window.0.x"].dtype == np.float32
    assert_same(search(path, preset=preset), whole)


def test_the_end_of_a_search_is_read_without_a_round(never_stopped, tmp_path):
    path = tmp_path / "search.npz"
    found = search(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(solver()._Search, "_round", None)
        again = search(path)
    assert_same(again, never_stopped)
    assert again.run.seconds == found.run.seconds


@pytest.mark.slow
def test_a_killed_process_is_followed_by_one_that_ends_the_same(
    never_stopped, tmp_path
):
    path = tmp_path / "search.npz"
    program = Path(__file__).with_name("small_search.py")
    process = subprocess.Popen([sys.executable, program, path])
    while not (path.exists() and rounds_done(path) >= 2):
        assert process.poll() is None, "it ended before it could be killed"
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert 2 <= rounds_done(path) < len(never_stopped.history)
    assert_same(search(path), never_stopped)


def test_divergence_leaves_the_last_good_round(never_stopped, copy, monkeypatch):
    before = copy.read_bytes()

    def diverges(self, own, *_):
        return np.full_like(own, np.nan), [np.nan]

    with monkeypatch.context() as patch:
        patch.setattr(Problem, "solve", diverges)
        with pytest.raises(
            RuntimeError, match=f"diverged in round {STOPPED + 1}: take"
        ):
            search(copy)
    assert copy.read_bytes() == before
    assert_same(search(copy), never_stopped)


def test_a_write_that_fails_leaves_the_file_before(copy, monkeypatch):
    before = copy.read_bytes()

    def full(file, **_):
        file.write(b"half of it")
        raise OSError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(np, "savez", full)
        with pytest.raises(OSError, match="no space left"):
            search(copy)
    assert copy.read_bytes() == before
    assert os.listdir(copy.parent) == [copy.name]


@pytest.fixture
def no_work(monkeypatch):
    """Let any work fail that comes before the refusal of a path."""

    def work(*_):
        raise AssertionError("work was done before the path was looked at")

    monkeypatch.setattr(solver()._Search, "__init__", work)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"economy": ECONOMY.with_(firm_death_rate=0.03)},
            r"another economy \(firm_death_rate = 0.001, not 0.03\): name another file",
        ),
        (
            {"preset": PRESET.with_(types=4)},
            r"another preset \(types = 3, not 4\): name another file",
        ),
        ({"seed": 4}, r"another seed \(seed = 3, not 4\): name another file"),
        (
            {"start": "crowded"},
            r"another start \(start = jobless, not crowded\): name another file",
        ),
    ],
)
def test_another_search_is_refused_before_any_work(stopped, no_work, changes, words):
    before = stopped.read_bytes()
    with pytest.raises(ValueError, match=f"is the checkpoint of {words}"):
        search(stopped, **changes)
    assert stopped.read_bytes() == before


def test_a_path_that_is_none_is_refused_before_any_work(tmp_path, no_work):
    with pytest.raises(FileNotFoundError, match=r"There is no folder .*: make"):
        search(tmp_path / "none" / "search.npz")
    with pytest.raises(IsADirectoryError, match="is a folder: name a file in it"):
        search(tmp_path)


def test_files_that_are_no_checkpoint_are_refused(stopped, copy, no_work):
    whole = stopped.read_bytes()
    for damaged in (whole[:-100], whole[: len(whole) // 2], b"", b"no checkpoint"):
        copy.write_bytes(damaged)
        with pytest.raises(ValueError, match=r"is not a checkpoint.*: name another"):
            search(copy)
    np.savez(copy, value=np.ones(3))
    with pytest.raises(ValueError, match=r"is not a checkpoint.*: name another"):
        search(copy)
    array_files.write(copy, "solution", 1, {}, {})
    with pytest.raises(ValueError, match="is a solution, not a checkpoint of solve"):
        search(copy)


def rewritten(path, facts=None, arrays=None):
    """Change what a checkpoint says."""
    old = array_files.read(path, "checkpoint of solve", 1, "")
    facts, arrays = {**old[0], **(facts or {})}, {**old[1], **(arrays or {})}
    text = np.frombuffer(json.dumps(facts).encode(), np.uint8)
    np.savez(path, header=text, **arrays)


def test_formats_and_versions(copy):
    rewritten(copy, {"format": 2, "version": "9.1"})
    with pytest.raises(ValueError, match=r"has format 2 of version 9\.1, but this"):
        search(copy)


def test_arrays_of_other_shapes_are_refused_with_their_version(copy):
    rewritten(copy, {"version": "0.0.1"}, {"coefficients": np.ones((4, 3, 2))})
    with pytest.raises(ValueError, match=r"version 0\.0\.1 and does not fit this one"):
        search(copy)


def test_a_checkpoint_restores_what_was_written(stopped, tmp_path):
    # all arrays and facts, through a search that did nothing in between
    from jobteams_lab.large_firms.devices import Devices
    from jobteams_lab.precision import double

    path = tmp_path / "again.npz"
    with few_shapes(), double():
        other = solver()._Search(ECONOMY, PRESET, SEED, "jobless", Devices())
        solve_checkpoint.read(stopped, other)
        solve_checkpoint.write(path, other)
    first, second = (
        array_files.read(file, "checkpoint of solve", 1, "") for file in (stopped, path)
    )
    assert first[0] == second[0]
    assert first[1].keys() == second[1].keys()
    for name, array in first[1].items():
        np.testing.assert_array_equal(array, second[1][name], strict=True)
