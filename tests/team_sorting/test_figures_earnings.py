"""Figures of earnings show the numbers they are given."""

import pytest
from scipy.integrate import trapezoid

from jobteams_lab.figures import axes
from jobteams_lab.team_sorting import all_teams, published
from jobteams_lab.team_sorting.coupling_range import CouplingRange
from jobteams_lab.team_sorting.coworkers import coworker_logs
from jobteams_lab.team_sorting.earnings_moments import Moments, Parameters
from jobteams_lab.team_sorting.figures_earnings import (
    RANKS,
    plot_between_shares,
    plot_counterfactuals,
    plot_coworkers,
    plot_densities,
    plot_earnings,
)

RANGE = CouplingRange(0.33, 0.35, (0.33, 0.35), 0.337, 0.338)


@pytest.fixture(scope="module")
def earnings():
    return Parameters.published(1981).earnings()


def labels(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_earnings(earnings):
    ax = axes()
    assert plot_earnings({1981: earnings}, ax, {1981: Moments.published(1981)}) is ax
    line, dots = ax.get_lines()
    assert line.get_ydata() == pytest.approx(earnings.quantile(RANKS) / 1000)
    assert list(dots.get_ydata()) == [18, 31, 89]
    assert labels(ax) == ["1981", "1981, data"]


@pytest.mark.parametrize("side", ["workers", "projects"])
def test_densities_have_mass_one_and_mean_zero(side):
    ax = axes()
    assert plot_densities({"one": Parameters.published(2013)}, ax, side) is ax
    x, y = ax.get_lines()[0].get_data()
    order = x.argsort()
    assert trapezoid(y[order], x[order]) == pytest.approx(1.0, abs=5e-3)
    assert trapezoid((x * y)[order], x[order]) == pytest.approx(0.0, abs=2e-2)


def test_between_shares():
    ax = axes()
    shown = plot_between_shares({"a": RANGE, "b": RANGE}, ax, {"a": 0.34}, {"b": 0.4})
    assert shown is ax
    bars = ax.patches
    assert [bar.get_x() for bar in bars] == [0.33, 0.33]
    assert [bar.get_width() for bar in bars] == pytest.approx([0.02, 0.02])
    values = sorted(float(line.get_xdata()[0]) for line in ax.get_lines())
    assert values == [0.338, 0.338, 0.34, 0.4]
    # each kind has its label once, also if the first row lacks it
    assert sorted(labels(ax)) == [
        "all couplings", "data", "largest entropy", "the paper's model"
    ]  # fmt: skip


def test_coworkers(earnings):
    teams = all_teams(earnings.equilibrium, "rearranged", 2000)
    ranks = published.COWORKER_PERCENTILES
    ax = axes()
    shown = plot_coworkers(
        earnings,
        teams,
        ax,
        model=(ranks, published.MODEL_COWORKERS[2][1981]),
        ranges={0.5: RANGE},
    )
    assert shown is ax
    firm, _, model = ax.get_lines()
    at = firm.get_xdata() / 100
    assert firm.get_ydata() == pytest.approx(
        coworker_logs(earnings, teams, at, "firm"), rel=1e-12
    )
    assert tuple(model.get_ydata()) == published.MODEL_COWORKERS[2][1981]


def test_counterfactuals():
    ax = axes()
    shares = {"firm": {"a": 0.1, "b": 0.2}, "worker": {"a": 0.7, "b": 0.8}}
    assert plot_counterfactuals(shares, ax, {"firm": 0.12}) is ax
    firm, published_line, worker = ax.get_lines()
    assert list(firm.get_xdata()) == [0.1, 0.2]
    assert list(worker.get_xdata()) == [0.7, 0.8]
    assert published_line.get_xdata()[0] == 0.12
    assert [text.get_text() for text in ax.get_yticklabels()] == ["a", "b"]
