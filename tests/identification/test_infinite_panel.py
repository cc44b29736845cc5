"""The equilibrium as a panel, beside a long simulated one."""

import numpy as np
import pytest

from jobteams_lab.identification import (
    NAM,
    Economy,
    MatchQuality,
    Types,
    infinite_panel,
    simulate,
    solve,
    true_sorting,
)
from jobteams_lab.identification.rank_accuracy import rank_accuracy, true_values


@pytest.fixture(scope="module")
def equilibrium():
    types = {"worker_types": Types.uniform(8), "firm_types": Types.uniform(8)}
    return solve(Economy(NAM, **types))


def test_a_long_panel_comes_close(equilibrium):
    limit = infinite_panel(equilibrium)
    panel = simulate(equilibrium, 8_000, 40, 300, seed=1)
    assert true_sorting(panel) == pytest.approx(true_sorting(limit), abs=0.02)
    for one in (limit, panel):
        mean = np.average(one.data["wage"], weights=one.time)
        matches = equilibrium.match_density / equilibrium.match_density.sum()
        assert mean == pytest.approx((matches * equilibrium.wage).sum(), rel=0.01)


def test_types_of_even_shares_are_ranks(equilibrium):
    limit = infinite_panel(equilibrium)
    assert true_sorting(limit) == pytest.approx(equilibrium.sorting)


def test_firms_are_compared_by_firm(equilibrium):
    panel = simulate(equilibrium, 2_000, 40, 60, seed=1)
    truth = true_values(panel, "firm_type", "firm")
    by_hand = panel.data.groupby("firm")["firm_type"].first().to_numpy()
    assert (truth == by_hand).all()
    assert rank_accuracy(panel, by_hand, "firm_type", "firm") == pytest.approx(1)
    assert rank_accuracy(panel, -by_hand, "firm_type", "firm") == pytest.approx(-1)
    with pytest.raises(ValueError, match="by = 'club' is not known"):
        true_values(panel, "firm_type", "club")


@pytest.mark.parametrize(
    "changes",
    [{"search_intensity_employed": 0.2}, {"match_quality": MatchQuality.normal()}],
)
def test_pairs_with_several_wages_are_refused(changes):
    types = {"worker_types": Types.uniform(8), "firm_types": Types.uniform(8)}
    with pytest.raises(ValueError, match="infinite_panel takes the benchmark"):
        infinite_panel(solve(Economy(NAM, **types, **changes)))
