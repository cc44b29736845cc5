"""Algorithm 1 against a literal reading of it, with its restarts."""

from math import comb

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from jobteams_lab import Panel
from jobteams_lab.identification.matching_sets import fill, matching_sets, peel


def as_printed(hired, unemployed, chi):
    """Walk through the bins of each firm, starting again after each removal."""
    hired = hired.tolist()
    bins, firms = len(hired), len(hired[0])
    accepted = [[hired[x][j] > 0 for j in range(firms)] for x in range(bins)]
    for j in range(firms):
        total = sum(hired[x][j] for x in range(bins))
        base = sum(unemployed[x] for x in range(bins) if hired[x][j] > 0)

        def unlikely(x, j=j, total=total, base=base):
            share = unemployed[x] / base
            chance = sum(
                comb(total, i) * share**i * (1 - share) ** (total - i)
                for i in range(hired[x][j] + 1)
            )
            return chance < 0.1 * chi

        again = True
        while again:
            again = False
            for x in range(bins):
                if not accepted[x][j] or not unlikely(x):
                    continue
                if x in (0, bins - 1):
                    edge = True
                else:
                    edge = not accepted[x - 1][j] or not accepted[x + 1][j]
                if edge:
                    accepted[x][j] = False
                    again = True
                    break
    return np.array(accepted)


@settings(deadline=None, max_examples=100)
@given(
    hired=arrays.arrays(int, (7, 3), elements=st.integers(0, 12)),
    weight=arrays.arrays(int, 7, elements=st.integers(1, 9)),
    chi=st.sampled_from([0.0, 1.0, 3.0]),
)
def test_all_firms_at_once_is_the_printed_loop(hired, weight, chi):
    expected = as_printed(hired, weight.tolist(), chi)
    np.testing.assert_array_equal(peel(hired, weight, chi), expected)


def test_edges_go_and_inner_gaps_stay():
    hired = np.array([[1], [30], [2], [30], [30], [1], [0]])
    even = np.ones(7)
    kept = peel(hired, even)[:, 0]
    # the third is improbable, but neither at an edge nor next to one
    assert kept.tolist() == [False, True, True, True, True, False, False]
    assert peel(hired, even, chi=0)[:, 0].tolist() == (hired[:, 0] > 0).tolist()


@settings(deadline=None, max_examples=100)
@given(
    hired=arrays.arrays(int, (7, 2), elements=st.sampled_from([0, 0, 0, 1, 9, 40])),
    weight=arrays.arrays(int, 7, elements=st.integers(1, 9)),
)
def test_gaps_that_chance_would_leave_are_filled(hired, weight):
    accepted = peel(hired, weight)
    found = fill(accepted, hired, weight)
    for j in range(2):
        inside = [x for x in range(7) if accepted[x, j]]
        base, trials = sum(weight[inside]), sum(hired[inside, j])
        for x in range(7):
            gap = bool(inside) and inside[0] < x < inside[-1] and hired[x, j] == 0
            chance = (1 - weight[x] / (base + weight[x])) ** trials
            assert found[x, j] == (accepted[x, j] or (gap and chance > 0.03))


def test_a_real_gap_stays_open():
    hired = np.array([[40], [40], [0], [40], [2], [0], [3]])
    even = np.ones(7)
    assert fill(hired > 0, hired, even)[:, 0].tolist() == (hired > 0)[:, 0].tolist()
    few = np.minimum(hired, 2)
    assert fill(few > 0, few, even).all()


def small_panel():
    """Firm 0 hires ten workers of bins 0 to 2 each, and one of bin 5."""
    bins = np.repeat([0, 1, 2, 5, 5], [10, 10, 10, 1, 9])
    firm = np.where(np.arange(40) < 31, 0, 1)
    frame = pd.DataFrame(
        {
            "worker": np.arange(40),
            "firm": firm,
            "start": 2,
            "end": 8,
            "wage": 1.0,
            "origin": "unemployment",
        }
    )
    return Panel(frame, (0, 10)), bins


def test_finds_the_worker_who_does_not_fit():
    panel, bins = small_panel()
    found = matching_sets(panel, bins, 6)
    assert np.flatnonzero(found.misranked).tolist() == [30]
    assert found.share_misranked == pytest.approx(1 / 40)
    assert found.accepted[:, 0].tolist() == [True, True, True, False, False, False]
    assert found.accepted[5, 1]
    nobody = matching_sets(panel, bins, 6, chi=0)
    assert not nobody.misranked.any()
    assert nobody.accepted[5, 0]


def test_poached_workers_do_not_count():
    panel, bins = small_panel()
    moved = panel.data.copy()
    moved["origin"] = moved["origin"].astype(str)
    moved.loc[moved["worker"] == 30, "origin"] = "firm"
    found = matching_sets(Panel(moved, (0, 10)), bins, 6)
    assert not found.misranked.any()
    assert not found.accepted[5, 0]


def test_refuses():
    panel, bins = small_panel()
    with pytest.raises(ValueError, match="chi = -1 must be"):
        matching_sets(panel, bins, 6, chi=-1)
    with pytest.raises(ValueError, match="No worker with a bin is hired"):
        matching_sets(panel, np.full(40, -1), 6)
