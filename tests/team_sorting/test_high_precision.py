"""The solution against a 34-digit one by another route, at the paper's parameters."""

import json

import high_precision_teams
import numpy as np
import pytest
from high_precision_teams import CASES, PROJECTS, STORE, WORKERS, kept, name
from team_examples import paper

from jobteams_lab.team_sorting import solve

STORED = json.loads(STORE.read_text(encoding="utf-8"))["cases"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: name(*case))
def test_solution_has_twelve_digits(case):
    exact = STORED[name(*case)]
    found = solve(paper(*case))
    values = {
        "q": found.countermonotonic_share,
        "mixed_loss": found.mixed_loss,
        "output_loss": found.output_loss,
        "output": found.output,
    }
    expected = {key: float(exact[key]) for key in values}
    assert values == pytest.approx(expected, rel=1e-12, abs=0)
    x, wage = np.array(exact["wages"], float).T
    np.testing.assert_allclose(found.wage(x), wage, rtol=1e-12, atol=1e-15)
    assert found.wage(0.0) == pytest.approx(wage[-1], rel=1e-12, abs=0)
    z, value = np.array(exact["firm_values"], float).T
    np.testing.assert_allclose(found.firm_value(z), value, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("case", CASES, ids=lambda case: name(*case))
def test_thresholds_are_where_the_stored_arms_end(case):
    exact = STORED[name(*case)]
    thresholds = solve(paper(*case)).thresholds
    x, z = (np.array(exact[key], float)[:, 0] for key in ("wages", "firm_values"))
    np.testing.assert_allclose(thresholds.high_skill, [x[2], z[2]], rtol=1e-12)
    np.testing.assert_allclose(thresholds.low_skill, [x[3], z[3]], rtol=1e-12)


def test_stored_wages_share_out_what_the_arms_produce():
    # the exact arithmetic's own check, which its quadratures do not impose
    assert max(float(one["residual"]) for one in STORED.values()) < 1e-33


@pytest.mark.slow
def test_stored_numbers_are_found_again():
    case = ("1981", "2013", 2)
    again = high_precision_teams.solve(WORKERS[case[0]], PROJECTS[case[1]], case[2])
    again.pop("residual")
    stored = {key: STORED[name(*case)][key] for key in again}
    assert kept(again) == stored
