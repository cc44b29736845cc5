"""Solutions on disk: what is kept, what is rounded, and what is refused."""

import dataclasses
import importlib
import json

import numpy as np
import pytest

from jobteams_lab.large_firms import Economy, Preset, stored
from jobteams_lab.large_firms.array_files import as_json
from jobteams_lab.large_firms.bellman_report import BellmanReport
from jobteams_lab.large_firms.bellman_rows import features
from jobteams_lab.large_firms.networks import Basis, DeepSet
from jobteams_lab.large_firms.solution import Run, Solution
from jobteams_lab.large_firms.solution_files import load
from jobteams_lab.large_firms.team_basis import scale_of
from jobteams_lab.large_firms.team_sample import TeamSample
from jobteams_lab.precision import double

FIRMS, ISLANDS, DATES, NODES = 50, 2, 3, 4
ECONOMY = Economy.paper(max_team_size=3)
SAMPLE = ("log_z", "log_q", "x", "y", "n", "nonemployed_x", "nonemployed_y")
UNITS = 5


def example(units=UNITS):
    """A solution nobody solved for, whose parts all differ."""
    rng = np.random.default_rng(4)
    rows, workers = FIRMS * ISLANDS, round(ECONOMY.workers_per_firm * FIRMS * ISLANDS)
    log_z = 0.3 * rng.standard_normal(rows)
    log_q = -0.016 + 0.013 * rng.standard_normal(rows)
    dates = []
    for _ in range(DATES):
        n = rng.integers(4, size=rows)
        taken = np.arange(3) < n[:, None]
        x, y = (s * rng.standard_normal((rows, 3)) * taken for s in (0.2, 0.01))
        idle = rng.standard_normal((2, workers - n.sum()))
        dates.append(TeamSample(log_z, log_q, x, y, n, *idle))
    deep = DeepSet.random(0, 4, units) if units else None
    basis = Basis(scale_of(ECONOMY), deep)
    with double():
        shape = NODES, 4, basis.size(3)
    coefficients = rng.standard_normal(shape)
    coefficients[:, :, 0] += 100
    names = ("employment", "EN", "NE", "EE", "mean_size", "P50", "P90")
    return Solution(
        economy=ECONOMY,
        preset=Preset(islands=ISLANDS, firms=FIRMS, nodes=NODES, units=units),
        basis=basis,
        nodes=np.linspace(-0.7, 0.7, NODES),
        coefficients=coefficients,
        sample=TeamSample.join(dates),
        match_rate=0.6,
        residuals=BellmanReport(*rng.random(8), rng.random(4)),
        moments=dict(zip(names, rng.random(7), strict=True)),
        errors=dict(zip(names, [np.nan, *rng.random(6)], strict=True)),
        history=[{"final": False, "change": 1 / 3}, {"final": True, "change": 1e-5}],
        converged=True,
        run=Run(7, "crowded", "8 × TPU v9", 61.5, "0.0.1"),
    )


@pytest.fixture(scope="module")
def solution():
    return example()


@pytest.fixture(scope="module")
def whole(solution, tmp_path_factory):
    path = tmp_path_factory.mktemp("solutions") / "whole.npz"
    solution.save(path)
    return path


@pytest.fixture(scope="module")
def thin(solution, tmp_path_factory):
    path = tmp_path_factory.mktemp("solutions") / "thin.npz"
    solution.save(path, firms=40, note="the paper's economy")
    return path


def teams(solution):
    """Firms of another date, in numbers that single precision does not have."""
    first = solution.sample.rows(slice(0, FIRMS * ISLANDS))
    return dataclasses.replace(solution, sample=first).population


@pytest.mark.parametrize("units", [0, UNITS])
def test_a_whole_file_gives_the_same_solution(units, tmp_path):
    solution = example(units)
    solution.save(tmp_path / "a file of any name")
    found = load(tmp_path / "a file of any name")
    for name in ("economy", "preset", "match_rate", "moments", "history", "converged"):
        assert getattr(found, name) == getattr(solution, name)
    for name in ("nodes", "coefficients"):
        np.testing.assert_array_equal(
            getattr(found, name), getattr(solution, name), strict=True
        )
    for name in SAMPLE:
        np.testing.assert_array_equal(
            getattr(found.sample, name), getattr(solution.sample, name), strict=True
        )
    assert found.sample.dates == DATES
    assert found.run == solution.run
    np.testing.assert_array_equal(
        list(found.errors.values()), list(solution.errors.values())
    )
    for mine, theirs in zip(found.residuals, solution.residuals, strict=True):
        np.testing.assert_array_equal(mine, theirs, strict=True)
    if units:
        for mine, theirs in zip(found.basis.deep, solution.basis.deep, strict=True):
            np.testing.assert_array_equal(mine, theirs, strict=True)
    assert repr(found) == repr(solution)


def test_what_was_loaded_is_a_solution(solution, whole):
    found, others = load(whole), teams(solution)
    for method in ("joint_value", "surplus"):
        np.testing.assert_array_equal(
            getattr(found, method)(others), getattr(solution, method)(others)
        )
    np.testing.assert_array_equal(
        found.hiring_surplus(others, 1.1, 1.0),
        solution.hiring_surplus(others, 1.1, 1.0),
    )
    np.testing.assert_array_equal(
        found.population.human_capital, solution.population.human_capital
    )
    assert found.transition_rates == solution.transition_rates


def test_a_thin_file_keeps_some_firms_of_the_last_date(solution, thin):
    found = load(thin)
    last = solution.sample.rows(slice(-FIRMS * ISLANDS, None))
    place = [np.abs(last.log_z - z).argmin() for z in found.sample.log_z]
    assert len(set(place)) == 40
    assert found.sample.dates == 1
    for name in ("log_z", "log_q", "x", "y"):
        kept, all_of = getattr(found.sample, name), getattr(last, name)
        np.testing.assert_allclose(kept, all_of[place], rtol=1e-7, atol=1e-9)
    np.testing.assert_array_equal(found.sample.n, last.n[place])
    # evenly over z: two in five firms, in each half of z
    low = np.median(solution.sample.log_z)
    assert (found.sample.log_z < low).sum() == 20
    # the nonemployed are as many a firm as there were, all among those of the sample
    each = len(solution.sample.nonemployed_x) / len(solution.sample.n)
    assert len(found.sample.nonemployed_x) == round(40 * each)
    kept = set(solution.sample.nonemployed_x.astype(np.float32).tolist())
    assert set(found.sample.nonemployed_x.tolist()) <= kept


def test_a_thin_file_changes_values_by_little(solution, whole, thin):
    others, found = teams(solution), load(thin)
    value = solution.joint_value(others)
    np.testing.assert_allclose(found.joint_value(others), value, rtol=3e-6)
    assert not np.array_equal(found.joint_value(others), value)
    assert found.residuals.mean_square == solution.residuals.mean_square
    assert thin.stat().st_size < 0.5 * whole.stat().st_size


def test_coefficients_that_nearly_cancel_stay_in_double_precision(tmp_path):
    # large ones that cancel at all firms of the last date with three workers
    solution = example(0)
    last = solution.sample.rows(slice(-FIRMS * ISLANDS, None))
    with double():
        parts = last.x, last.y, last.n, last.log_q
        values = np.asarray(features(solution.basis, *parts))[last.n == 3]
    assert len(values) < values.shape[1]
    nothing = np.linalg.svd(values)[2][len(values) :].sum(0)
    large = solution.coefficients.copy()
    large[:, 3] += 1e6 * nothing
    cancels = dataclasses.replace(solution, coefficients=large)
    cancels.save(tmp_path / "large.npz", firms=100)
    found = load(tmp_path / "large.npz")
    np.testing.assert_array_equal(found.coefficients, large)
    solution.save(tmp_path / "small.npz", firms=100)
    single = solution.coefficients.astype(np.float32)
    np.testing.assert_array_equal(load(tmp_path / "small.npz").coefficients, single)


def test_a_changed_byte_is_noticed_or_harmless(thin, tmp_path):
    whole, path = thin.read_bytes(), tmp_path / "changed.npz"
    sentence = r"damaged: write one|does not fit together|was written by|format"
    refused = 0
    for at in np.linspace(0, len(whole) - 1, 30).astype(int):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
        try:
            found = load(path)
        except ValueError as error:
            refused += 1
            assert any(part in str(error) for part in sentence.split("|")), error
        else:  # a date, say, that the archive keeps of each array
            np.testing.assert_array_equal(found.coefficients, load(thin).coefficients)
            np.testing.assert_array_equal(found.sample.x, load(thin).sample.x)
    assert refused > 25


@pytest.mark.parametrize("text", [b"", b"not an archive", b"PK\x03\x04 half of one"])
def test_other_files_are_refused(text, tmp_path):
    path = tmp_path / "other.npz"
    path.write_bytes(text)
    with pytest.raises(ValueError, match="is not a solution, or is damaged: write one"):
        load(path)


def test_arrays_of_others_and_pickles_are_refused(tmp_path):
    path = tmp_path / "other.npz"
    np.savez(path, coefficients=np.ones(3))
    with pytest.raises(ValueError, match="is not a solution, or is damaged"):
        load(path)
    np.savez(path, header=np.array({"kind": "solution"}))
    with pytest.raises(ValueError, match="is not a solution, or is damaged"):
        load(path)


def test_files_that_are_not_there(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"There is no file .*: check its name"):
        load(tmp_path / "none.npz")
    with pytest.raises(FileNotFoundError, match=r"There is no file .*: check its name"):
        load(tmp_path)


def rewrite(path, target, facts=None, arrays=None, without=None):
    """Write another file whose header or arrays say something else."""
    with np.load(path) as stored:
        old = {name: stored[name] for name in stored.files}
    said = json.loads(old.pop("header").tobytes()) | (facts or {})
    said.pop(without, None)
    old |= arrays or {}
    old.pop(without, None)
    np.savez(target, header=np.frombuffer(as_json(said).encode(), np.uint8), **old)
    return target


def test_another_version_loads_and_is_shown(thin, tmp_path):
    path = rewrite(thin, tmp_path / "old.npz", {"version": "0.0.1"})
    assert load(path).run.version == "0.0.1"


def test_another_format_is_refused(thin, tmp_path):
    path = rewrite(thin, tmp_path / "new.npz", {"format": 2, "version": "9.1"})
    with pytest.raises(ValueError, match=r"has format 2 of version 9\.1, but this"):
        load(path)
    path = rewrite(thin, tmp_path / "new.npz", {"kind": "checkpoint of solve"})
    with pytest.raises(ValueError, match="is a checkpoint of solve, not a solution"):
        load(path)


@pytest.mark.parametrize(
    "name", ["residuals", "moments", "run", "coefficients", "log_z", "deep.outer_bias"]
)
def test_a_file_that_lacks_something_is_refused(name, thin, tmp_path):
    path = rewrite(thin, tmp_path / "less.npz", without=name)
    with pytest.raises(ValueError, match=r"by version 0\.1\.0 and lacks what this"):
        load(path)


def test_fields_that_this_version_does_not_know(thin, tmp_path):
    economy = dataclasses.asdict(ECONOMY) | {"minimum_wage": 1.0}
    path = rewrite(thin, tmp_path / "more.npz", {"economy": economy})
    with pytest.raises(ValueError, match="lacks what this version reads: read it with"):
        load(path)


@pytest.mark.parametrize(
    ("facts", "arrays", "words"),
    [
        ({}, {"log_q": np.ones(39)}, r"log_q has shape \(39,\), not \(40,\)"),
        ({}, {"nodes": np.ones(3)}, r"coefficients has shape"),
        ({}, {"nodes": np.ones(NODES)}, "nodes not in order"),
        ({}, {"log_z": np.full(40, np.nan)}, "log_z has numbers that are not finite"),
        ({}, {"n": np.full(40, 4)}, "teams have 4 to 4 workers"),
        ({"dates": 3}, {}, "the firms are not as many at each date"),
        ({"moments": {"EE": 0.1}}, {}, "not each moment has its standard error"),
        ({"match_rate": -1.0}, {}, "match_rate = -1 must be"),
        (
            {"economy": dataclasses.asdict(ECONOMY) | {"max_team_size": 4}},
            {},
            "coefficients has shape",
        ),
    ],
)
def test_parts_that_do_not_fit_are_refused(facts, arrays, words, thin, tmp_path):
    path = rewrite(thin, tmp_path / "unfit.npz", facts, arrays)
    with pytest.raises(ValueError, match=rf"does not fit together \(.*{words}.*: save"):
        load(path)


def test_values_that_are_not_those_of_the_writer_are_refused(solution, thin, tmp_path):
    # as if the features had changed their meaning, or the economy its scale
    path = rewrite(
        thin,
        tmp_path / "other.npz",
        {"economy": dataclasses.asdict(ECONOMY) | {"sd_log_environment": 0.02}},
    )
    with pytest.raises(ValueError, match=r"V there differs by .* solve again"):
        load(path)


def test_arguments_of_save(solution, tmp_path):
    with pytest.raises(
        ValueError, match="firms = 101 must be at least 1 and at most 100"
    ):
        solution.save(tmp_path / "a.npz", firms=101)
    with pytest.raises(TypeError, match="note must be text, not 3: give a line"):
        solution.save(tmp_path / "a.npz", note=3)
    with pytest.raises(FileNotFoundError, match="There is no folder"):
        solution.save(tmp_path / "none" / "a.npz")
    assert not list(tmp_path.iterdir())


def test_stored_lists_and_loads(thin, tmp_path, monkeypatch):
    module = importlib.import_module("jobteams_lab.large_firms.stored")
    monkeypatch.setattr(module, "FOLDER", tmp_path)
    assert stored() == {}
    (tmp_path / "paper.npz").write_bytes(thin.read_bytes())
    (tmp_path / "moments.json").write_text("{}")
    assert list(stored()) == ["paper"]
    line = stored()["paper"]
    assert line.startswith("the paper's economy: mean team ")
    assert line.endswith(", 62 s on 8 × TPU v9, version 0.0.1")
    assert stored("paper").run == load(thin).run
    with pytest.raises(
        ValueError, match="name = 'gpu' is not known: choose one of 'pap"
    ):
        stored("gpu")


def test_all_that_comes_with_the_package_loads():
    for name, line in stored().items():
        assert stored(name).run.version in line
