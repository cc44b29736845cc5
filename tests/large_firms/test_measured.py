"""What the package ships is what the benchmarks stored."""

import json
from pathlib import Path

import pytest

from jobteams_lab.large_firms.measured import measured_costs, measured_moments

RESULTS = Path(__file__).parents[2] / "benchmarks" / "results"


@pytest.mark.parametrize(
    ("name", "shipped"),
    [
        ("large_firms_moments", measured_moments),
        ("large_firms_exact", measured_costs),
    ],
)
def test_shipped_results_are_the_stored_ones(name, shipped):
    stored = json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))
    assert shipped() == stored["results"]
    assert len(shipped()) > 20
