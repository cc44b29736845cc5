"""What the figures of fixed effects draw is what they were given."""

import numpy as np
import pytest

from jobteams_lab.figures import axes
from jobteams_lab.fixed_effects import fixed_effects
from jobteams_lab.identification import PAM, Economy, Types, simulate, solve
from jobteams_lab.identification.figures_fixed_effects import (
    plot_firm_effects,
    plot_gains,
    plot_sorting,
    plot_wage_profiles,
)


@pytest.fixture(scope="module")
def equilibrium():
    types = Types.uniform(10)
    return solve(Economy(PAM, worker_types=types, firm_types=types))


def test_wages_are_drawn_where_types_match(equilibrium):
    ax = axes()
    assert plot_wage_profiles(equilibrium, ax, ranks=(0.05, 0.95)) is ax
    low, high = ax.get_lines()[:2]
    np.testing.assert_allclose(high.get_xdata(), (np.arange(10) + 0.5) / 10)
    for line, x in ((low, 0), (high, 9)):
        matched = equilibrium.match_density[x] > 1e-9
        assert (np.isfinite(line.get_ydata()) == matched).all()
        # nobody accepts less than the reservation wage
        assert (line.get_ydata()[matched] > -1e-6).all()
    assert not np.isfinite(low.get_ydata()).all()


def test_effects_and_correlations_are_drawn(equilibrium):
    panel = simulate(
        equilibrium, workers=600, firms=10, months=60, burn_in=20, noise=0.1, seed=1
    )
    found = fixed_effects(panel)
    ranks = np.linspace(0, 1, len(found.firms))
    ax = plot_firm_effects({"one": found, "two": found}, {"one": ranks, "two": ranks},
                           axes())  # fmt: skip
    assert [line.get_label() for line in ax.get_lines()[:2]] == ["one", "two"]
    np.testing.assert_allclose(ax.get_lines()[0].get_ydata(), 100 * found.firm_effect)

    designs = {"A": {"truth": 0.4, "estimate": -0.1}, "B": {"truth": 0, "estimate": 1}}
    ax = plot_sorting(designs, axes())
    labels = [label.get_text() for label in ax.get_yticklabels()]
    assert labels == ["A", "B"]
    dots = next(line for line in ax.get_lines() if line.get_label() == "estimate")
    assert list(dots.get_xdata()) == [-0.1, 1]
    assert list(dots.get_ydata()) == [1, 0]


def test_gains_are_drawn():
    ax = plot_gains([60, 120], {"raw": [0.02, 0.03]}, 0.01, axes())
    line, truth = ax.get_lines()
    assert list(line.get_ydata()) == [2.0, 3.0]
    assert set(truth.get_ydata()) == {1.0}
