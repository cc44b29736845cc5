"""Means since a hire, against a plain loop over a small panel."""

import numpy as np
import pandas as pd
import pytest

from jobteams_lab.large_firms.since_hire import since_hire
from jobteams_lab.panel import Panel


def made(seed, workers=60, periods=8):
    """Workers who come and go at random; wages are the periods since the hire."""
    rng = np.random.default_rng(seed)
    rows = []
    for worker in range(workers):
        at_work = rng.random(periods) < 0.8
        since = 0
        for period in np.flatnonzero(at_work):
            since = since + 1 if period and at_work[period - 1] else 0
            seen = period - since > 0  # the hire
            rows.append((worker, rng.integers(5), period, rng.normal(), since, seen))
    names = ["worker", "firm", "period", "wage", "since", "seen"]
    return Panel(pd.DataFrame(rows, columns=names), window=(0, periods))


def test_means_are_those_of_a_loop():
    panels = [made(1), made(2)]
    found = since_hire(panels, ["wage", "since"])
    np.testing.assert_array_equal(found["since"], found.index)
    for since, row in found.iterrows():
        means = []
        for panel in panels:
            data = panel.data
            mine = data[data["seen"] & (data["since"] == since)]
            means.append(mine["wage"].mean())
        assert row["wage"] == pytest.approx(np.mean(means))
        error = np.std(means, ddof=1) / np.sqrt(2)
        assert row["wage error"] == pytest.approx(error)
    assert len(found) > 2 and found["workers"].is_monotonic_decreasing
    assert len(since_hire(panels, periods=2)) == 2
    assert since_hire(panels[0])["wage error"].isna().all()


@pytest.mark.parametrize(
    ("arguments", "error", "sentence"),
    [
        (("panel",), TypeError, "takes a Panel"),
        ((3,), TypeError, "takes a Panel"),
        ((made(1), "wage"), TypeError, "must be a list"),
        ((made(1), ["pay"]), ValueError, "no column 'pay'"),
        ((made(1, workers=5),), ValueError, "hires are seen"),
    ],
)
def test_what_is_refused(arguments, error, sentence):
    with pytest.raises(error, match=sentence):
        since_hire(*arguments)
