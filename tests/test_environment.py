"""environment.yml and the lock say what pyproject.toml says, and can be installed."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
ENVIRONMENT = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))
CONDA = [entry for entry in ENVIRONMENT["dependencies"] if isinstance(entry, str)]
PIP = next(e["pip"] for e in ENVIRONMENT["dependencies"] if isinstance(e, dict))
LOCK = (ROOT / "requirements.lock").read_text("utf-8")
CONSTRAINTS = (ROOT / "constraints.txt").read_text("utf-8")
PINS = [Requirement(line) for line in CONSTRAINTS.splitlines()]


def own_dependencies():
    """Return every requirement of the package and its extras, but on itself."""
    groups = [PROJECT["dependencies"], *EXTRAS.values()]
    wanted = [Requirement(line) for group in groups for line in group]
    return [need for need in wanted if need.name != PROJECT["name"]]


def test_conda_brings_python_and_pip_only():
    assert set(ENVIRONMENT) == {"name", "channels", "dependencies"}
    assert sorted(entry.split("=")[0] for entry in CONDA) == ["pip", "python"]


def test_the_python_of_conda_is_one_that_the_package_allows():
    (python,) = (entry for entry in CONDA if entry.startswith("python="))
    assert SpecifierSet(PROJECT["requires-python"]).contains(python.split("=")[1])


def test_pip_installs_the_package_under_the_locked_versions():
    assert PIP == ["-c constraints.txt", "-e .[dev]"]
    assert "dev" in EXTRAS


def test_constraints_are_the_lock_without_its_hashes():
    locked = re.findall(r"^[a-z0-9][^\\\n]*==[^\\\n]*", LOCK, re.M)
    assert [Requirement(line) for line in locked] == PINS
    assert "://" not in LOCK


@pytest.mark.parametrize("need", own_dependencies(), ids=str)
def test_every_dependency_is_locked_at_a_version_it_allows(need):
    name = canonicalize_name(need.name)
    pins = [pin for pin in PINS if canonicalize_name(pin.name) == name]
    assert pins, f"{need} is not in the lock: run `make lock`"
    for pin in pins:
        (version,) = pin.specifier
        assert need.specifier.contains(version.version)


@pytest.mark.slow
def test_what_conda_gives_pip_resolves_to_the_locked_versions(tmp_path):
    project = tmp_path / "project"
    project.mkdir()
    for name in ("pyproject.toml", "constraints.txt", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, project)
    shutil.copytree(ROOT / "jobteams_lab", project / "jobteams_lab")
    # conda writes such a file beside environment.yml and runs pip there.
    (project / "condaenv.txt").write_text("\n".join(PIP) + "\n", "utf-8")
    pip = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed"]
    report = tmp_path / "report.json"
    subprocess.run(
        [*pip, "--quiet", "--report", report, "-r", "condaenv.txt"],
        cwd=project,
        check=True,
    )
    found = {
        canonicalize_name(item["metadata"]["name"]): item["metadata"]["version"]
        for item in json.loads(report.read_text("utf-8"))["install"]
    }
    assert found.pop(PROJECT["name"]) == PROJECT["version"]
    locked = {
        canonicalize_name(pin.name): next(iter(pin.specifier)).version
        for pin in PINS
        if pin.marker is None or pin.marker.evaluate()
    }
    assert found.items() <= locked.items()
    assert {canonicalize_name(need.name) for need in own_dependencies()} <= set(found)
