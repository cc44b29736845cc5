"""Worker values on disk: what is kept, what is rounded, and what is refused."""

import dataclasses
import importlib
import json
import warnings

import numpy as np
import pytest
from worker_pay_examples import TEAMS, made

from jobteams_lab.large_firms import array_files, stored, stored_pay
from jobteams_lab.large_firms.array_files import as_json
from jobteams_lab.large_firms.measured import measured_pay
from jobteams_lab.large_firms.pay import worker_pay
from jobteams_lab.large_firms.pay_files import (
    FORMAT,
    HARMLESS,
    INSTEAD,
    KIND,
    describe,
    digest,
    load,
    report,
)
from jobteams_lab.large_firms.stored import FOLDER

SIZES = {"rows": 100, "features": 30, "wages": 8, "types": 5, "nodes": 6}
KEPT = ("turns", "scale", "size", "lasting", "wages")


@pytest.fixture(scope="module")
def solution():
    return made(TEAMS)


@pytest.fixture(scope="module")
def pay(solution):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "W had not settled")
        return worker_pay(solution, **SIZES, seed=3)


@pytest.fixture(scope="module")
def path(pay, tmp_path_factory):
    path = tmp_path_factory.mktemp("pay") / "made.npz"
    pay.save(path, note="made by hand")
    return path


@pytest.fixture(scope="module")
def found(path, solution):
    return load(path, solution)


def rewrite(path, target, facts=None, arrays=None, without=None):
    """Write another file whose header or arrays say something else."""
    with np.load(path) as old:
        kept = {name: old[name] for name in old.files}
    said = json.loads(kept.pop("header").tobytes()) | (facts or {})
    said.pop(without, None)
    kept |= arrays or {}
    kept.pop(without, None)
    np.savez(target, header=np.frombuffer(as_json(said).encode(), np.uint8), **kept)
    return target


def test_all_but_the_coefficients_are_the_same(pay, found):
    for name in KEPT:
        np.testing.assert_array_equal(
            getattr(found, name), getattr(pay, name), strict=True
        )
    assert found.errors == pay.errors
    assert found.run == pay.run
    assert found.run[:8] == (100, 30, 8, 5, 6, 3, 20, 3e-4)
    assert found.run.seconds > 0 and found.run.device.startswith("1 × ")
    assert repr(found) == repr(pay)


def test_the_rest_is_read_from_the_solution_again(pay, found):
    assert found.solution is pay.solution
    for name in ("x", "y", "top", "expected"):
        mine, theirs = (getattr(one.offers, name) for one in (found, pay))
        np.testing.assert_array_equal(mine, theirs)
    np.testing.assert_array_equal(found.maker.nodes, pay.maker.nodes)
    for mine, theirs in zip(found.maker.table, pay.maker.table, strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_values_and_wages_of_everybody(pay, found):
    people = pay.solution.population
    wages = np.random.default_rng(0).uniform(-20, 40, len(people.firm))
    other, value = found.value(people, wages), pay.value(people, wages)
    # the bound holds of the probes; those of all workers are not much farther
    assert 0 < np.abs(other - value).max() < 5 * HARMLESS * pay.size.max()
    np.testing.assert_allclose(found.wage(people, other), wages, rtol=1e-9, atol=1e-9)


def test_coefficients_are_rounded_to_multiples_of_a_step(pay, path):
    with np.load(path) as arrays:
        rounded = arrays["coefficients"]
        assert rounded.dtype == np.float32
        assert arrays["turns"].dtype == np.float64
    used = np.abs(rounded[rounded != 0])
    steps = used / used.min()
    np.testing.assert_array_equal(steps, np.round(steps))
    off = np.abs(rounded - pay.coefficients)
    precise = np.abs(rounded) < 2**24 * used.min()  # single precision has the multiple
    assert precise.mean() > 0.99
    assert used.min() / 4 < off[precise].max() <= used.min() / 2


def test_coefficients_that_nearly_cancel_stay_in_double_precision(pay, tmp_path):
    # two features that are the same, with large coefficients that cancel
    turns = np.concatenate([pay.turns, pay.turns[..., -1:]], -1)
    lasting, c = (
        np.insert(part, part.shape[-1] - 4, 0, -1)
        for part in (pay.lasting, pay.coefficients)
    )
    at = c.shape[-1] - 5
    c[..., at] += 1e6
    c[..., at - 1] -= 1e6
    cancels = dataclasses.replace(pay, turns=turns, lasting=lasting, coefficients=c)
    cancels.save(tmp_path / "large.npz")
    other = load(tmp_path / "large.npz", pay.solution)
    np.testing.assert_array_equal(other.coefficients, c, strict=True)


def test_the_header_says_how_well_they_do(pay, path, found):
    kept = report(path)
    for mine, theirs in zip(kept, found.residuals(), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-9)
    assert kept.median == pytest.approx(pay.residuals().median, rel=1e-2)
    line = describe(path)
    assert line.startswith("made by hand: root mean square of q ")
    assert line.endswith(f" s on {pay.run.device}, version {pay.run.version}")


def nudged(array, at):
    """The array with one number moved by rounding, or little more."""
    other = array.copy()
    other[at] += 1e-12
    return other


CHANGES = {
    "V": lambda old: {"coefficients": nudged(old.coefficients, (2, 1, 0))},
    "nodes": lambda old: {"nodes": nudged(old.nodes, 3)},
    "quits": lambda old: {"moments": {"EN": 0.30001}},
    "economy": lambda old: {"economy": TEAMS.with_(renegotiation_rate=0.99)},
    "sample": lambda old: {
        "sample": dataclasses.replace(old.sample, x=nudged(old.sample.x, (0, 0)))
    },
    "dates": lambda old: {"sample": dataclasses.replace(old.sample, dates=2)},
}


@pytest.mark.parametrize("part", CHANGES)
def test_another_solution_is_refused(part, path, solution):
    other = dataclasses.replace(solution, **CHANGES[part](solution))
    with pytest.raises(ValueError, match=r"to another solution\): give the one whose"):
        load(path, other)


def test_what_worker_values_do_not_depend_on_may_change(path, solution):
    assert digest(solution) == digest(dataclasses.replace(solution, match_rate=1.0))
    load(path, dataclasses.replace(solution, history=[{"change": 1.0}]))


def test_a_changed_byte_is_noticed_or_harmless(path, solution, found, tmp_path):
    whole, other = path.read_bytes(), tmp_path / "changed.npz"
    sentence = r"damaged: write one|does not fit this|was written by|format"
    refused = 0
    for at in np.linspace(0, len(whole) - 1, 20).astype(int):
        other.write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
        try:
            again = load(other, solution)
        except ValueError as error:
            refused += 1
            assert any(part in str(error) for part in sentence.split("|")), error
        else:  # a date, say, that the archive keeps of each array
            np.testing.assert_array_equal(again.coefficients, found.coefficients)
            np.testing.assert_array_equal(again.wages, found.wages)
    assert refused > 15


@pytest.mark.parametrize("text", [b"", b"not an archive", b"PK\x03\x04 half of one"])
def test_other_files_are_refused(text, tmp_path, solution):
    path = tmp_path / "other.npz"
    path.write_bytes(text)
    with pytest.raises(ValueError, match="not a worker value, or is damaged: write"):
        load(path, solution)


def test_pickles_solutions_and_other_formats_are_refused(path, tmp_path, solution):
    other = tmp_path / "other.npz"
    np.savez(other, header=np.array({"kind": "worker value"}))
    with pytest.raises(ValueError, match="is not a worker value, or is damaged"):
        load(other, solution)
    rewrite(path, other, {"kind": "solution"})
    with pytest.raises(ValueError, match="is a solution, not a worker value: write"):
        load(other, solution)
    rewrite(path, other, {"format": 2, "version": "9.1"})
    with pytest.raises(ValueError, match=r"has format 2 of version 9\.1, but this"):
        load(other, solution)


@pytest.mark.parametrize("name", ["solution", "run", "errors", "wages", "probes"])
def test_a_file_that_lacks_something_is_refused(name, path, tmp_path, solution):
    other = rewrite(path, tmp_path / "less.npz", without=name)
    with pytest.raises(ValueError, match=r"by version 0\.1\.0 and lacks what this"):
        load(other, solution)


@pytest.mark.parametrize(
    ("facts", "arrays", "words"),
    [
        ({}, {"wages": np.ones((6, 7))}, r"coefficients has shape"),
        ({}, {"wages": np.ones((6, 8))}, "scales are not positive, or wages not"),
        ({}, {"size": np.zeros(6)}, "scales are not positive"),
        ({}, {"scale": np.full(6, np.nan)}, "scale has numbers that are not finite"),
        ({}, {"probes": np.ones((3, 3))}, r"probes has shape \(3, 3\)"),
        ({"errors": [[1e-5]]}, {}, "there are not Newton's steps for each node"),
        ({"errors": [[]] * 6}, {}, "there are not Newton's steps for each node"),
    ],
)
def test_parts_that_do_not_fit_are_refused(
    facts, arrays, words, path, tmp_path, solution
):
    other = rewrite(path, tmp_path / "unfit.npz", facts, arrays)
    with pytest.raises(ValueError, match=rf"does not fit this solution \(.*{words}"):
        load(other, solution)


def test_other_nodes_or_types_are_refused(path, pay, tmp_path, solution):
    run = pay.run._asdict()
    other = rewrite(path, tmp_path / "a.npz", {"run": run | {"nodes": 7}})
    with pytest.raises(ValueError, match=r"scale has shape \(6,\), not \(7,\)"):
        load(other, solution)
    other = rewrite(path, tmp_path / "b.npz", {"run": run | {"nodes": 0}})
    with pytest.raises(ValueError, match="nodes = 0 must be"):
        load(other, solution)


def test_values_that_are_not_those_of_the_writer_are_refused(path, pay, tmp_path):
    # as if the features had changed their meaning
    turns = pay.turns.copy()
    turns[:, 1] *= 1.01
    other = rewrite(path, tmp_path / "other.npz", arrays={"turns": turns})
    with pytest.raises(ValueError, match=r"W there differs by .* call worker_pay"):
        load(other, pay.solution)


def test_arguments(pay, path, tmp_path):
    with pytest.raises(TypeError, match="note must be text, not 3: give a line"):
        pay.save(tmp_path / "a.npz", note=3)
    with pytest.raises(FileNotFoundError, match="There is no folder"):
        pay.save(tmp_path / "none" / "a.npz")
    assert not list(tmp_path.iterdir())
    with pytest.raises(FileNotFoundError, match=r"There is no file .*: check its name"):
        load(tmp_path / "none.npz", pay.solution)
    with pytest.raises(TypeError, match="load takes a Solution, not Economy: give the"):
        load(path, TEAMS)


def test_stored_ones_are_listed_apart(path, tmp_path, monkeypatch):
    module = importlib.import_module("jobteams_lab.large_firms.stored")
    monkeypatch.setattr(module, "FOLDER", tmp_path)
    assert stored_pay() == {}
    (tmp_path / "made.pay.npz").write_bytes(path.read_bytes())
    assert stored() == {}
    assert stored_pay() == {"made": describe(path)}
    with pytest.raises(ValueError, match="name = 'paper' is not known: choose one of"):
        stored_pay("paper")


def test_those_that_come_with_the_package_belong_to_its_solutions():
    assert set(stored_pay()) == set(stored())
    shipped = [one for one in measured_pay() if one["kind"] == "shipped"]
    assert {one["solution"] for one in shipped} == set(stored())
    for one in shipped:
        path = FOLDER / f"{one['solution']}.pay.npz"
        facts, _ = array_files.read(path, KIND, FORMAT, INSTEAD)
        assert facts["solution"] == digest(stored(one["solution"]))
        assert 1.5e6 > one["bytes"] == path.stat().st_size
        assert one["sizes"].items() <= facts["run"].items()
        assert one["residuals"]["median"] == pytest.approx(
            facts["residuals"]["median"], rel=0.05
        )


def loads(name):
    # which compares W at some workers with what the writer made of it
    found = stored_pay(name)
    line = stored_pay()[name]
    assert line.endswith(f"{found.run.device}, version {found.run.version}")
    assert max(steps[-1] for steps in found.errors) < found.run.tolerance


def test_one_of_them_loads():
    loads("paper-laptop")


@pytest.mark.slow
@pytest.mark.parametrize("name", [one for one in stored() if one != "paper-laptop"])
def test_the_others_load(name):
    loads(name)
