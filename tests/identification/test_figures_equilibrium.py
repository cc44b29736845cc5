"""Figures of equilibria show what the equilibrium holds."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from jobteams_lab.figures import axes
from jobteams_lab.identification import NEITHER, Economy, Types, solve
from jobteams_lab.identification import figures_equilibrium as figures


@pytest.fixture(scope="module")
def q():
    sides = {"worker_types": Types.uniform(12), "firm_types": Types.uniform(10)}
    return solve(Economy(NEITHER, **sides))


@pytest.fixture
def ax():
    yield axes()
    plt.close("all")


def test_the_matching_set_marks_mixed_pairs_and_the_assignment(q, ax):
    firm = np.arange(12) % 10
    assert figures.plot_matching_set(q, ax, assignment=firm) is ax
    crosses, dots = ax.get_lines()
    mixed = (q.acceptance > 1e-6) & (q.acceptance < 1 - 1e-6)
    assert mixed.sum() == q.residuals.mixed > 0
    x, y = np.nonzero(mixed)
    e = q.economy
    assert sorted(crosses.get_xdata()) == sorted(e.worker_types.productivity[x])
    assert sorted(crosses.get_ydata()) == sorted(e.firm_types.productivity[y])
    assert (dots.get_ydata() == e.firm_types.productivity[firm]).all()
    shading = ax.collections[0].get_array().reshape(10, 12)
    assert (np.ma.getmaskarray(shading).T == (q.acceptance == 0)).all()


def test_the_surplus_has_a_line_at_zero(q, ax):
    assert figures.plot_surplus(q, ax) is ax
    assert any(np.array_equal(c.levels, [0.0]) for c in ax.collections)


def test_wages_are_drawn_where_they_are_paid(q, ax):
    assert figures.plot_wages_over_firms(q, ax, types=(0.0, 1.0)) is ax
    line, dot = ax.get_lines()[:2]
    paid = q.acceptance[0] > 0
    premium = 100 * (q.wage[0] / q.unemployed_flow_value[0] - 1)
    assert np.array_equal(np.isnan(line.get_ydata()), ~paid)
    assert np.allclose(line.get_ydata()[paid], premium[paid])
    assert dot.get_ydata()[0] == premium[paid].max()


def test_wages_over_workers(q, ax):
    assert figures.plot_wages_over_workers(q, ax, types=(1.0,)) is ax
    paid = q.acceptance[:, -1] > 0
    assert np.allclose(ax.get_lines()[0].get_ydata()[paid], q.wage[paid, -1])


def test_values_and_decisions(q, ax):
    assert figures.plot_values(q, ax) is ax
    worker, firm = ax.get_lines()
    assert (worker.get_ydata() == q.unemployed_flow_value).all()
    assert (firm.get_ydata() == q.vacancy_flow_value).all()
    path = {5.0: np.full(10, 0.5), 0.1: np.linspace(0, 1, 10)}
    assert figures.plot_decisions(q.economy.firm_types.productivity, path, ax) is ax
    assert ax.get_legend_handles_labels()[1][-1] == "ε = 0.1"


def test_a_worker_nobody_takes_has_no_line(ax):
    """Where a type matches with nobody there is nothing to draw."""
    two = Types([0.0, 1.0], [0.5, 0.5])
    q = solve(Economy([[-1.0, -1.0], [0.5, 1.0]], worker_types=two, firm_types=two))
    figures.plot_wages_over_firms(q, ax, types=(1.0,))
    drawn = len(ax.get_lines())
    figures.plot_wages_over_firms(q, ax, types=(0.0,))
    assert len(ax.get_lines()) == drawn
