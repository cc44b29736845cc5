"""What the figures on search on the job draw."""

import numpy as np
import pytest

from jobteams_lab.figures import axes
from jobteams_lab.identification import PAM, Economy, Types, solve
from jobteams_lab.identification.bargaining_power import FirmShockEstimate
from jobteams_lab.identification.figures_poaching import (
    plot_bargaining_power,
    plot_own_variation,
    plot_poached_wages,
    plot_vacancy_values,
    plot_wage_changes,
)
from jobteams_lab.identification.firm_ranking import FirmRanking


def test_poached_wages_are_those_of_the_equilibrium():
    types = Types.uniform(8)
    q = solve(
        Economy(
            PAM, search_intensity_employed=0.2, worker_types=types, firm_types=types
        )
    )
    ax = axes()
    assert plot_poached_wages(q, 5, ax) is ax
    start, *rest = ax.get_lines()
    hires = q.acceptance[5] > 0.5
    assert start.get_ydata().tolist() == q.wage[5, hires].tolist()
    old = np.flatnonzero(types.productivity == rest[1].get_xdata()[0])[0]
    drawn = rest[0].get_ydata()
    better = np.isfinite(drawn)
    assert (q.surplus[5, better] > q.surplus[5, old]).all()
    np.testing.assert_allclose(drawn[better], q.poached_wage[5, better, old])


def test_falls_and_rises_are_told_apart_at_zero():
    change = np.array([-1.0, -0.5, 0.0, 1e-17, -1e-17, 0.2, 0.4, 0.6])
    ax = plot_wage_changes(change, axes(), bins=10)
    falls = sum(bar.get_height() for bar in ax.containers[0])
    assert all(bar.get_x() + bar.get_width() / 2 < 0 for bar in ax.containers[0])
    assert all(bar.get_x() + bar.get_width() / 2 > 0 for bar in ax.containers[1])
    assert falls == pytest.approx(2 / 8)


def test_vacancy_values_against_truth():
    value = np.array([0.1, 0.2, 0.4])
    found = FirmRanking(
        *(value,) * 4, value + 0.1, np.arange(3), 0.5, 3.0, False, "poaching"
    )
    panels = plot_vacancy_values(value, {"one": found, "two": found}, axes(2))
    dots = panels[1].get_lines()[1]
    assert dots.get_xdata().tolist() == value.tolist()
    assert dots.get_ydata().tolist() == (value + 0.1).tolist()
    assert panels[0].get_title("left") == "one"


def test_estimates_and_residuals():
    one = FirmShockEstimate(0.5, 0.02, 0.3, 0.01, 6.0, 50, 2000)
    ax = plot_bargaining_power([0.5], [one], axes())
    heights = [bars.lines[0].get_ydata()[0] for bars in ax.containers]
    assert heights == [0.3, 0.5]
    z = 1 + 0.1 * np.sin(np.arange(200.0))
    ax = plot_own_variation(z, 2 * z, 2 * z + 0.001 * z**2, axes())
    first, second = ax.get_lines()
    np.testing.assert_allclose(first.get_ydata(), 0, atol=1e-9)
    assert np.abs(second.get_ydata()).max() > 1e-3
