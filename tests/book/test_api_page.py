"""The page on the package leaves out nothing public."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "book/api.md").read_text(encoding="utf-8")
DOCUMENTED = re.findall(r"^\.\. auto(?:class|exception|function):: (\S+)$", PAGE, re.M)


@pytest.mark.parametrize(
    "name",
    [
        "jobteams_lab",
        "jobteams_lab.identification",
        "jobteams_lab.large_firms",
        "jobteams_lab.records",
        "jobteams_lab.sequential_auctions",
        "jobteams_lab.team_sorting",
    ],
)
def test_every_exported_name_is_on_the_page_once(name):
    exported = importlib.import_module(name).__all__
    public = [f"{name}.{word}" for word in exported if not word.startswith("_")]
    shown = [entry for entry in DOCUMENTED if entry.rpartition(".")[0] == name]
    assert sorted(shown) == sorted(public)
