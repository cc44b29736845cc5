"""What the figures of firms and of production draw is what they were given."""

import numpy as np
import pytest
from population_market import population_market, small_economy

from jobteams_lab.figures import axes
from jobteams_lab.identification import PAM
from jobteams_lab.identification.figures_firms import (
    firm_statistics,
    plot_firm_statistics,
    plot_reservation_wages,
    plot_vacancy_values,
)
from jobteams_lab.identification.figures_production import (
    plot_errors,
    plot_hires,
    plot_surface,
    plot_surfaces,
)
from jobteams_lab.identification.rank_firms import omega_from_unemployment


@pytest.fixture(scope="module")
def equilibrium():
    return small_economy(PAM, pure=True, bargaining_power=0.3)


@pytest.fixture(scope="module")
def ranking(equilibrium):
    return omega_from_unemployment(
        population_market(equilibrium),
        equilibrium.unemployed_flow_value,
        equilibrium.acceptance > 0,
        bargaining_power=0.3,
    )


def test_statistics_of_firms_are_those_that_the_estimator_finds(equilibrium, ranking):
    found = firm_statistics(equilibrium)
    np.testing.assert_allclose(found["premium"], ranking.premium)
    np.testing.assert_allclose(found["filling rate"], ranking.filling_rate)
    np.testing.assert_allclose(found["Ω"], ranking.omega)
    bill = (equilibrium.match_density * equilibrium.wage).sum()
    size = equilibrium.match_density.sum(0)
    assert found["mean wage"] @ size == pytest.approx(bill)


def test_firms_are_drawn(equilibrium, ranking):
    ax = axes()
    assert plot_firm_statistics(equilibrium, ax) is ax
    share = equilibrium.economy.firm_types.share
    assert [line.get_label() for line in ax.get_lines()][-1] == "Ω"
    for line in ax.get_lines():
        assert share @ line.get_ydata() == pytest.approx(1)
    one = plot_firm_statistics(equilibrium, axes(), names=("Ω",), legend=False)
    assert len(one.get_lines()) == 1
    assert one.get_legend() is None
    ax = plot_vacancy_values(equilibrium, {"Ω": ranking}, np.arange(5), axes())
    marks, line = ax.get_lines()
    np.testing.assert_allclose(marks.get_ydata(), line.get_ydata())
    truth = equilibrium.unemployed_flow_value
    ax = plot_reservation_wages(truth, {"a": truth + 0.1, "b": truth}, axes())
    np.testing.assert_allclose(ax.get_lines()[0].get_ydata(), 0.1)
    np.testing.assert_allclose(ax.get_lines()[1].get_ydata(), 0.0)


def test_surfaces_are_drawn(equilibrium):
    output = equilibrium.economy.output
    estimate = np.where(equilibrium.acceptance > 0, output + 0.01, np.nan)
    ax = axes()
    assert plot_surface(output, ax) is ax
    np.testing.assert_allclose(ax.images[0].get_array(), output)
    left, right = plot_surfaces(output, estimate, axes(2))
    assert left.images[0].get_clim() == right.images[0].get_clim()
    drawn = left.images[0].get_array()
    np.testing.assert_array_equal(
        np.ma.getmaskarray(drawn) | np.isnan(np.ma.getdata(drawn)), np.isnan(estimate)
    )
    weight = equilibrium.match_density
    ax = plot_errors(output, {"f": estimate}, weight, axes())
    assert sum(p.get_label() == "f" for p in ax.patches) == 1
    hired = np.array([[3, 0], [1, 2]])
    ax = plot_hires(np.array([[True, False], [False, True]]), hired, [1, 0], axes())
    marks = ax.get_lines()[0]
    assert (marks.get_xdata().tolist(), marks.get_ydata().tolist()) == ([1.5], [1.5])
