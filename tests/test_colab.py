"""Installing the package as a chapter's first cell does leaves Colab's versions alone.

Colab itself cannot be had here: a new environment with its versions stands in for it.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[1]
CHAPTERS = sorted((ROOT / "book").glob("[0-9]*.ipynb"))
# As seen on Colab; of the rest, whatever goes with these.
COLAB = [
    "jax==0.7.2",
    "jaxlib==0.7.2",
    "matplotlib==3.10.0",
    "numpy==2.1.3",
    "optax==0.2.8",
    "pandas==2.2.3",
    "scipy==1.16.3",
]
ALSO_ON_COLAB = ["click", "ipykernel", "nbclient", "numba", "pip", "pyarrow"]

pytestmark = pytest.mark.slow


def run(*command, **options) -> str:
    done = subprocess.run(command, text=True, capture_output=True, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def colab_python() -> str:
    """Return a Python of the versions that Colab offers, or else the one running."""
    named = [shutil.which(name) for name in ("python3.12", "python3.13")]
    managed = sorted(Path.home().glob(".pyenv/versions/3.1[23].*/bin/python"))
    for program in filter(None, [*named, *managed]):
        # What is on the path may be a shim that refuses to run.
        if subprocess.run([program, "-c", ""], capture_output=True).returncode == 0:
            return program
    return sys.executable


def installed(python: Path) -> dict[str, str]:
    lines = run(python, "-m", "pip", "list", "--format=freeze").split()
    return dict(line.split("==") for line in lines)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Return the package's wheel, built from a copy that holds no earlier build."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "jobteams_lab", folder / "jobteams_lab", ignore=ignored)
    run(sys.executable, "-m", "pip", "wheel", ".", "--no-deps", cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def colab(tmp_path_factory, wheel):
    """Return a Python with Colab's versions and the wheel, and the versions before."""
    folder = tmp_path_factory.mktemp("colab")
    run(colab_python(), "-m", "venv", folder)
    python = folder / "bin/python"
    run(python, "-m", "pip", "install", "--quiet", *COLAB, *ALSO_ON_COLAB)
    before = installed(python)
    run(python, "-m", "pip", "install", "--quiet", wheel)
    return python, before


def test_the_wheel_holds_every_file_of_the_package(wheel):
    files = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "jobteams_lab").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert files <= set(zipfile.ZipFile(wheel).namelist())


def test_no_version_changes_and_all_fit_together(colab):
    python, before = colab
    after = installed(python)
    assert before.items() <= after.items()
    assert run(python, "-m", "pip", "check").strip() == "No broken requirements found."
    added = set(after) - set(before)
    assert added == {"jobteams-lab", "POT"}
    print(run(python, "--version"), *(f"{k} {v}\n" for k, v in after.items()))


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_a_chapter_runs_there(colab, chapter, tmp_path):
    python, before = colab
    copy = shutil.copy(chapter, tmp_path)
    run(python.with_name("jupyter-execute"), "--inplace", copy, cwd=tmp_path)
    code = [c for c in nbformat.read(copy, as_version=4).cells if c.cell_type == "code"]
    assert "git" not in str(code[0].outputs), "the package was there already"
    assert before.items() <= installed(python).items()
