"""`make book` shows the numbers of the package as it is now, or fails."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[2]
TOC = "format: jb-book\nroot: book/page\n"
CODE = """\
from pathlib import Path

from jobteams_lab.room.answer import ANSWER

with Path("runs.txt").open("a") as runs:
    runs.write("run\\n")
print("The answer is", ANSWER)"""

pytestmark = pytest.mark.skipif(
    shutil.which("make") is None or not Path(sys.prefix, "bin/jupyter-book").exists(),
    reason="needs make and the environment that `make env` sets up",
)


class Copy:
    """A copy of this repository with a package and a book of one page each."""

    def __init__(self, root: Path):
        self.root = root
        for name in ("Makefile", "_config.yml", "requirements.lock", "pyproject.toml"):
            shutil.copy(ROOT / name, root / name)
        for name in ("book/_ext", "book/_static"):
            shutil.copytree(ROOT / name, root / name)
        shutil.copy(ROOT / "book/references.bib", root / "book")
        (root / "_toc.yml").write_text(TOC)
        (root / "jobteams_lab/room").mkdir(parents=True)
        (root / "jobteams_lab/__init__.py").touch()
        self.answer(41)
        self.page(CODE)

    def answer(self, value: int):
        (self.root / "jobteams_lab/room/answer.py").write_text(f"ANSWER = {value}\n")

    def page(self, code: str, text: str = "# A page"):
        notebook = nbformat.v4.new_notebook(
            cells=[
                nbformat.v4.new_markdown_cell(text, id="text"),
                nbformat.v4.new_code_cell(code, id="code"),
            ],
            metadata={
                "kernelspec": {
                    "display_name": "Python 3",
                    "language": "python",
                    "name": "python3",
                }
            },
        )
        nbformat.write(notebook, self.root / "book/page.ipynb")

    def make_book(self) -> subprocess.CompletedProcess:
        # The environment stands already, so its stamp counts as up to date.
        stamp = f"{sys.prefix}/.installed"
        return subprocess.run(
            ["make", "book", f"VENV={sys.prefix}", "-o", stamp],
            cwd=self.root,
            env={**os.environ, "PYTHONPATH": str(self.root)},
            capture_output=True,
            text=True,
        )

    @property
    def shown(self) -> str:
        return (self.root / "_build/html/book/page.html").read_text(encoding="utf-8")

    @property
    def runs(self) -> int:
        return len((self.root / "book/runs.txt").read_text().splitlines())


@pytest.fixture
def copy(tmp_path):
    return Copy(tmp_path)


def test_only_a_change_executes_again_and_its_number_is_shown(copy):
    first = copy.make_book()
    assert first.returncode == 0, first.stderr
    assert "The answer is 41" in copy.shown

    copy.page(CODE, text="# A page with other words")
    assert copy.make_book().returncode == 0
    assert "A page with other words" in copy.shown
    assert copy.runs == 1

    copy.answer(42)
    assert copy.make_book().returncode == 0
    assert "The answer is 42" in copy.shown
    assert "The answer is 41" not in copy.shown
    assert copy.runs == 2
    assert len(list((copy.root / "_build/.jupyter_cache").iterdir())) == 1


@pytest.mark.parametrize(
    ("code", "text", "complaint"),
    [
        ("raise ValueError('no equilibrium')", "# A page", "no equilibrium"),
        ("1 + 1", "# A page\n\nSee [](nowhere.md).", "nowhere"),
        ("import warnings\nwarnings.warn('careful')", "# A page", "stderr was found"),
    ],
    ids=["error", "broken link", "warning in a cell"],
)
def test_a_faulty_page_fails_every_build_not_only_the_first(
    copy, code, text, complaint
):
    copy.page(code, text)
    first, second = copy.make_book(), copy.make_book()
    assert first.returncode != 0
    assert complaint in first.stderr
    assert second.returncode != 0
