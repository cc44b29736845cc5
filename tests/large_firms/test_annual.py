"""Who works where once a year, against a count by hand."""

import numpy as np
import pandas as pd
import pytest
from annual_examples import at_work, random_panel, tiny

from jobteams_lab.large_firms.annual import annual
from jobteams_lab.panel import Panel


def test_a_panel_by_hand():
    table = annual(tiny())
    assert list(table["worker"]) == list("aaabbbcccdd")
    # at 0: c −1, a 2, b 3; at 1 and 2: d 1, a 2 (5 at 2), b and c tie at 3
    ranks = {
        ("a", 0): 50,
        ("b", 0): 250 / 3,
        ("c", 0): 50 / 3,
        ("d", 1): 12.5,
        ("a", 1): 37.5,
        ("b", 1): 75,
        ("c", 1): 75,
        ("d", 2): 12.5,
        ("b", 2): 50,
        ("c", 2): 50,
        ("a", 2): 87.5,
    }
    found = table.set_index(["worker", "year"])
    assert found["wage_rank"].to_dict() == pytest.approx(ranks)
    assert found.loc[("a", 0)].to_dict() == {
        "firm": "X",
        "wage": 2.0,
        "coworkers": 2,
        "wage_rank": pytest.approx(50),
        "rank_change": pytest.approx(-12.5),
        "stays": True,
    }
    # c changes firm: there is a change, but he does not stay
    assert found.at[("c", 0), "rank_change"] == pytest.approx(75 - 50 / 3)
    assert not found.at[("c", 0), "stays"]
    assert found["coworkers"].to_dict() == {
        **{(who, 0): 2 for who in "abc"},
        **{(who, year): 1 for who in "abcd" for year in (1, 2)},
    }
    assert np.isnan(found.xs(2, level="year")["rank_change"]).all()
    assert not found.xs(2, level="year")["stays"].any()


@pytest.mark.parametrize("first", [None, 0.6])
def test_against_a_loop(first):
    panel = random_panel()
    table = annual(panel, first=first)
    times = np.arange(first or 0.0, 7.5)
    seen = [at_work(panel, time) for time in times]
    assert len(table) == sum(map(len, seen))
    assert (table["wage"].duplicated()).any()  # ties among them
    for row in table.itertuples():
        here = seen[row.year]
        firm, wage, rank = here[row.worker]
        assert (row.firm, row.wage) == (firm, wage)
        assert row.wage_rank == pytest.approx(rank)
        assert row.coworkers == sum(one[0] == firm for one in here.values()) - 1
        later = seen[row.year + 1].get(row.worker) if row.year + 1 < len(seen) else None
        assert row.stays == (later is not None and later[0] == firm)
        change = np.nan if later is None else later[2] - rank
        assert row.rank_change == pytest.approx(change, nan_ok=True)
    means = table.groupby("year")["wage_rank"].mean()
    np.testing.assert_allclose(means, 50)
    order = table[["worker", "year"]].apply(tuple, axis=1)
    assert order.is_monotonic_increasing


def test_the_unit_of_time_does_not_matter():
    years, months = random_panel(), random_panel(unit=12.0)
    pd.testing.assert_frame_equal(annual(years), annual(months, year=12))


def test_refusals():
    panel = tiny()
    with pytest.raises(ValueError, match="year = 0 must be"):
        annual(panel, year=0)
    with pytest.raises(ValueError, match=r"first = -1 must be"):
        annual(panel, first=-1)
    with pytest.raises(ValueError, match="Nobody works at the dates"):
        annual(panel, first=5.0)
    output = panel.data.assign(wage_is="output a worker")
    with pytest.raises(ValueError, match="pass wages=worker_value"):
        annual(Panel(output))
