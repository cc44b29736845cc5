"""Variance between and within groups."""

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobteams_lab import Panel
from jobteams_lab.inequality import between_within


def by_hand(values, groups, weights):
    """Plain loops over groups, and numpy's weighted averages."""
    mean = np.average(values, weights=weights)
    between = within = 0.0
    for group in sorted(set(groups)):
        inside = [k for k, one in enumerate(groups) if one == group]
        w = np.array([weights[k] for k in inside])
        y = np.array([values[k] for k in inside])
        if w.sum() == 0:
            continue
        share = w.sum() / np.sum(weights)
        centre = np.average(y, weights=w)
        between += share * (centre - mean) ** 2
        within += share * np.average((y - centre) ** 2, weights=w)
    return between, within


def test_four_workers_in_two_firms():
    found = between_within([1.0, 3.0, 4.0, 8.0], ["a", "a", "b", "b"])
    # firm means 2 and 6, overall mean 4; variances inside 1 and 4
    assert found.between == pytest.approx(4.0, rel=1e-15)
    assert found.within == pytest.approx(2.5, rel=1e-15)
    assert found.total == pytest.approx(np.var([1.0, 3.0, 4.0, 8.0]), rel=1e-15)
    assert found.between_share + found.within_share == pytest.approx(1.0, rel=1e-15)


def test_weights_are_employment():
    # a firm of three alike workers counts three times a firm of one
    weighted = between_within([0.0, 1.0], [7, 8], weights=[3.0, 1.0])
    listed = between_within([0.0, 0.0, 0.0, 1.0], [7, 7, 7, 8])
    assert weighted.between == pytest.approx(listed.between, rel=1e-15)
    assert weighted.between == pytest.approx(3 / 16, rel=1e-15)


rows = st.lists(
    st.tuples(
        st.floats(-50, 50),
        st.integers(0, 4),
        st.integers(0, 6),
    ),
    min_size=1,
    max_size=30,
).filter(lambda one: sum(row[2] for row in one) > 0)


@settings(max_examples=100, deadline=None)
@given(rows)
def test_against_loops(rows):
    values, groups, weights = zip(*rows, strict=True)
    found = between_within(values, groups, weights)
    between, within = by_hand(values, groups, weights)
    assert found.between == pytest.approx(between, rel=1e-9, abs=1e-9)
    assert found.within == pytest.approx(within, rel=1e-9, abs=1e-9)


def test_on_a_panel():
    jobs = pd.DataFrame(
        {
            "worker": [1, 1, 2],
            "firm": ["north", "south", "south"],
            "start": [0, 2, 0],
            "end": [2, 3, 3],
            "wage": [1.0, np.e, np.e**3],
        }
    )
    jobs = Panel(jobs).data
    found = between_within(np.log(jobs["wage"]), jobs["firm"], jobs.end - jobs.start)
    # north: 2 months at 0; south: 1 month at 1 and 3 months at 3, mean 2.5
    mean = 10 / 6
    assert found.between == pytest.approx(
        (2 * mean**2 + 4 * (2.5 - mean) ** 2) / 6, rel=1e-14
    )
    assert found.within == pytest.approx((1.5**2 + 3 * 0.5**2) / 6, rel=1e-14)


def test_no_variance_has_no_shares():
    found = between_within([2.0, 2.0], [0, 1])
    assert found.total == 0.0
    assert np.isnan(found.between_share) and np.isnan(found.within_share)


@pytest.mark.parametrize(
    ("values", "groups", "weights", "sentence"),
    [
        ([1.0, 2.0], [0], None, "one group, and one weight, for each value"),
        ([], [], None, "one group, and one weight, for each value"),
        ([1.0, np.nan], [0, 1], None, "values holds 1 numbers that are not finite"),
        ([1.0, 2.0], [0, 1], [1.0, np.inf], "weights holds 1 numbers"),
        ([1.0, 2.0], ["a", None], None, "groups holds 1 missing labels"),
        ([1.0, 2.0], [0, 1], [1.0, -2.0], "weights go from -2 to 1"),
        ([1.0, 2.0], [0, 1], [0.0, 0.0], "one must be positive"),
    ],
)
def test_refusals(values, groups, weights, sentence):
    with pytest.raises(ValueError, match=re.escape(sentence)):
        between_within(values, groups, weights)
