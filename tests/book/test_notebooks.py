"""What nbval does not see: that chapters are whole, described, exercised and cited."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import nbformat
import pytest
import yaml
from pybtex.database import parse_file

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "book").glob("*.ipynb"))
PAGES = sorted((ROOT / "book").glob("*.md"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
REPOSITORY = PROJECT["project"]["urls"]["Repository"]
INSTALL = f"""\
import importlib.util

if importlib.util.find_spec("jobteams_lab") is None:
    %pip install --quiet "jobteams-lab @ git+{REPOSITORY}\""""
INSTALL_TAGS = ["hide-input", "nbval-ignore-output"]
CITATION = re.compile(r"\{cite(?::\w+)?\}`([^`]+)`")

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
each_chapter = pytest.mark.parametrize(
    "path", [p for p in NOTEBOOKS if p.name[:2].isdigit()], ids=lambda path: path.stem
)


def cells(path: Path, kind: str) -> list:
    notebook = nbformat.read(path, as_version=4)
    return [c for c in notebook.cells if c.cell_type == kind and c.source.strip()]


def text(path: Path) -> str:
    if path.suffix == ".md":
        return path.read_text(encoding="utf-8")
    return "\n\n".join(cell.source for cell in cells(path, "markdown"))


def outputs(path: Path) -> list:
    return [(c, out) for c in cells(path, "code") for out in c.outputs]


def directives(path: Path, name: str) -> int:
    return len(re.findall(rf"^[`:]{{3,}}\{{{name}(?:-start)?\}}", text(path), re.M))


def test_the_notebooks_are_those_of_the_table_of_contents():
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    named = {c["file"] for part in toc["parts"] for c in part["chapters"]}
    files = {f"book/{path.stem}" for path in (*NOTEBOOKS, *PAGES)}
    assert files == named | {toc["root"]}


@each_notebook
def test_outputs_are_from_one_run_from_top_to_bottom(path):
    # nbval compares nothing where a count is missing.
    counts = [cell.execution_count for cell in cells(path, "code")]
    assert counts == list(range(1, len(counts) + 1)), "run `make run`"
    assert [out for _, out in outputs(path) if out.output_type == "error"] == []
    timed = [cell.id for cell in cells(path, "code") if "execution" in cell.metadata]
    assert timed == [], "run `make run`, which takes the times out"


@each_notebook
def test_no_output_escapes_comparison(path):
    first, *others = cells(path, "code")
    assert sorted(first.metadata.get("tags", [])) == INSTALL_TAGS
    for cell in others:
        tags = " ".join(cell.metadata.get("tags", []))
        assert "nbval" not in tags + cell.source.lower(), cell.source


@each_notebook
def test_no_cell_ends_in_a_semicolon(path):
    # nbval runs cells without history, where IPython shows the value all the same.
    hushed = [c.source for c in cells(path, "code") if c.source.rstrip().endswith(";")]
    assert hushed == [], "assign the value, or end with plt.show()"


@each_notebook
def test_figures_have_a_description_and_a_caption(path):
    for cell, output in outputs(path):
        if "image/png" in output.get("data", {}):
            described = cell.metadata.get("mystnb", {})
            assert described.get("image", {}).get("alt", "").strip(), cell.source
            assert described.get("figure", {}).get("caption", "").strip(), cell.source


@each_notebook
def test_the_first_cell_installs_the_package_and_replaces_nothing(path):
    source = cells(path, "code")[0].source
    assert source == INSTALL or source.startswith(f"{INSTALL}\n")
    everything = "\n".join(cell.source for cell in cells(path, "code"))
    others = everything.replace(INSTALL, "").splitlines()
    pip = [line for line in others if re.search(r"^\s*[%!].*\bpip\b", line)]
    assert [line for line in pip if "--no-deps" not in line] == []


@each_chapter
def test_a_chapter_has_results_and_solved_exercises(path):
    assert directives(path, r"prf:\w+") >= 1
    assert directives(path, "exercise") >= 3
    labels = re.findall(r"\{exercise(?:-start)?\}.*\n:label: (\S+)", text(path))
    solved = re.findall(r"\{solution(?:-start)?\} (\S+)", text(path))
    assert sorted(labels) == sorted(solved)
    assert len(labels) == directives(path, "exercise")


def test_citations_and_bibliography_agree():
    keys = set(parse_file(ROOT / "book/references.bib").entries)
    cited = {
        key.strip()
        for path in (*NOTEBOOKS, *PAGES)
        for found in CITATION.findall(text(path))
        for key in found.split(",")
    }
    assert cited == keys


@pytest.mark.parametrize("name", ["_config.yml", "README.md", "CITATION.cff"])
def test_the_repository_has_one_address(name):
    content = (ROOT / name).read_text(encoding="utf-8")
    found = re.findall(r"https://github\.com/[\w.-]+/[\w-]+", content)
    assert set(found) == {REPOSITORY}
