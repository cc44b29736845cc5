"""The Python code that the README and the welcome page show runs as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from scipy import stats

from jobteams_lab.sequential_auctions import Economy, simulate, solve

ROOT = Path(__file__).parents[2]
BLOCKS = [
    pytest.param(code, id=f"{name}-{number}")
    for name in ("README.md", "book/intro.md")
    for number, code in enumerate(
        re.findall(
            r"^```python\n(.*?)^```",
            (ROOT / name).read_text(encoding="utf-8"),
            re.M | re.S,
        )
    )
]


@pytest.fixture
def folder_with_a_panel(tmp_path, monkeypatch):
    economy = Economy(
        contact_rate_unemployed=0.3,
        contact_rate_employed=0.1,
        separation_rate=0.02,
        exit_rate=0.002,
        discount_rate=0.1,
        unemployment_income=0.9,
        productivity=stats.uniform(1, 1),
    )
    panel = simulate(solve(economy), workers=1_000, duration=120, firms=50, seed=1)
    panel.write(tmp_path / "panel.parquet")
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("code", BLOCKS)
def test_shown_code_runs(code, folder_with_a_panel):
    exec(compile(code, "shown code", "exec"), {})
