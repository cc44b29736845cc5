"""Each defect of a table is refused with its own sentence, which names the rows."""

import math
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from jobteams_lab import Panel


def monthly(**columns):
    """Two workers over three months, with labels that are not 0, 1, 2, ..."""
    table = {
        "worker": [1, 1, 1, 2, 2, 2],
        "firm": [7, 7, 8, 8, 8, 7],
        "period": [0, 1, 2, 0, 1, 2],
        "wage": [1.0, 1.5, 2.0, 3.0, 3.0, -1.0],
    }
    return pd.DataFrame({**table, **columns}, index=[10, 11, 12, 13, 14, 15])


def dated(**columns):
    """Two workers' spells, in no order, one of them interrupted."""
    table = {
        "worker": ["b", "a", "a"],
        "firm": ["x", "y", "x"],
        "start": [0.5, 3.25, 0.0],
        "end": [9.0, 4.0, 2.0],
        "wage": [1.0, 2.0, 3.0],
    }
    return pd.DataFrame({**table, **columns}, index=["r", "s", "t"])


def test_rows_are_sorted_and_normalised():
    panel = Panel(dated())
    assert panel.data["worker"].tolist() == ["a", "a", "b"]
    assert panel.data["start"].tolist() == [0.0, 3.25, 0.5]
    assert panel.data["origin"].tolist() == ["unknown"] * 3
    assert list(panel.data["origin"].cat.categories) == [
        "unemployment",
        "firm",
        "unknown",
    ]
    assert list(panel.data.index) == [0, 1, 2]
    assert panel.window == (0.0, 9.0)


def test_a_period_covers_one_unit_of_time():
    panel = Panel(monthly())
    assert list(panel.data.columns) == [
        "worker",
        "firm",
        "start",
        "end",
        "wage",
        "origin",
    ]
    assert (panel.data["end"] - panel.data["start"]).tolist() == [1] * 6
    assert panel.window == (0, 3)


def test_the_input_is_not_changed_nor_shared():
    frame = dated(type=[0.1, 0.2, 0.3])
    before = frame.copy(deep=True)
    panel = Panel(frame)
    panel.data.loc[:, "wage"] = 99.0
    panel.data.loc[:, "type"] = 99.0
    pd.testing.assert_frame_equal(frame, before)


def test_a_panel_of_its_own_data_is_the_same():
    panel = Panel(dated(type=[0.1, 0.2, 0.3]))
    again = Panel(panel.data, panel.window)
    pd.testing.assert_frame_equal(again.data, panel.data)
    assert again.window == panel.window


def test_extra_columns_follow_their_rows():
    panel = Panel(dated(type=["of b", "of a", "of a, early"]))
    assert panel.data["type"].tolist() == ["of a, early", "of a", "of b"]


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        (pd.array([2, 2, 2, 1, 1, 1], dtype="Int64"), [1, 2]),
        (pd.Categorical(list("bbbaaa"), categories=["c", "b", "a"]), ["a", "b"]),
        (np.array([2.0, 2, 2, 1, 1, 1]), [1, 2]),
        (np.array([2, 2, 2, 1, 1, 1], dtype=object), [1, 2]),
        (pd.array(list("bbbaaa"), dtype="string"), ["a", "b"]),
    ],
)
def test_ids_of_any_column_type_become_plain_ones(ids, expected):
    panel = Panel(monthly(worker=ids))
    assert panel.workers.tolist() == expected
    assert panel.data["worker"].dtype == pd.Series(expected).dtype
    assert panel.workers[panel.worker_codes].tolist() == panel.data["worker"].tolist()


def test_ids_may_be_pairs():
    pairs = pd.Series([(1, "a")] * 3 + [(0, "b")] * 3, index=monthly().index)
    panel = Panel(monthly(firm=pairs))
    assert panel.firms.tolist() == [(0, "b"), (1, "a")]
    assert panel.data["firm"].iloc[0] == (1, "a")


def test_wages_may_come_from_a_database():
    wages = [Decimal("1.5")] * 6
    assert Panel(monthly(wage=wages)).data["wage"].tolist() == [1.5] * 6


@pytest.mark.parametrize(
    ("frame", "error", "sentence"),
    [
        ({"worker": [1]}, TypeError, "from a pandas DataFrame, not from dict"),
        (monthly().iloc[:0], ValueError, "no rows"),
        (monthly().drop(columns="wage"), ValueError, "lacks wage:"),
        (monthly().drop(columns=["firm", "wage"]), ValueError, "lacks firm and wage:"),
        (monthly().drop(columns="period"), ValueError, r"period \(or start and end\)"),
        (dated().drop(columns="end"), ValueError, "lacks end:"),
        (monthly(start=0), ValueError, "both period and start:"),
        (dated(period=0), ValueError, "both period and start and end:"),
        (
            pd.concat([dated(), dated()[["wage"]]], axis=1),
            ValueError,
            "two columns named 'wage'",
        ),
    ],
)
def test_a_table_without_the_right_columns(frame, error, sentence):
    with pytest.raises(error, match=sentence):
        Panel(frame)


@pytest.mark.parametrize("name", ["worker", "firm", "period", "wage", "origin"])
def test_missing_values_are_named_by_column_and_label(name):
    frame = monthly(origin="firm").astype({name: object})
    frame.loc[[11, 15], name] = None
    with pytest.raises(ValueError, match=f"'{name}' has no value in rows 11 and 15:"):
        Panel(frame)


@pytest.mark.parametrize(
    ("columns", "error", "sentence"),
    [
        (
            {"worker": [1, 1, 1, "2", "2", "2"]},
            TypeError,
            r"'worker' holds ids that .* \(int and str\)",
        ),
        ({"firm": [[1]] * 6}, TypeError, r"'firm' holds ids .* \(list\)"),
        (
            {"firm": [1.5, 1, 1, 1.5, 1, 1]},
            TypeError,
            "'firm' holds .* not whole in rows 10 and 13",
        ),
        (
            {"wage": list("123456")},
            TypeError,
            "'wage' must hold numbers, not .* '1': convert it first.",
        ),
        ({"wage": [True] * 6}, TypeError, "'wage' must hold numbers, not bool"),
        (
            {"period": pd.date_range("2020-01-01", periods=6)},
            TypeError,
            "'period' must hold numbers.*dates as a count of months",
        ),
        (
            {"period": [0, 1, 2, 0, 1.5, 2]},
            ValueError,
            "'period' is not a whole number in row 14:",
        ),
        (
            {"wage": [1, np.inf, 1, 1, 1, -np.inf]},
            ValueError,
            "'wage' is not finite in rows 11 and 15:",
        ),
        (
            {"origin": ["firm"] * 5 + ["school"]},
            ValueError,
            "'origin' has 'school' in row 15: choose",
        ),
        ({"time": [1, 1, 1, 1, 1, 31]}, ValueError, "'time' is not between .* row 15:"),
        ({"time": [1, 1, 0, 1, 1, 1]}, ValueError, "'time' is not between .* row 12:"),
        ({"wage_logs": ["?"] * 6}, TypeError, "'wage_logs' must hold numbers"),
    ],
)
def test_wrong_values_in_monthly_records(columns, error, sentence):
    with pytest.raises(error, match=sentence):
        Panel(monthly(**columns))


def test_a_job_must_end_after_it_starts():
    with pytest.raises(ValueError, match="not end after it starts in rows 'r' and 't'"):
        Panel(dated(end=[0.5, 4.0, -1.0]))


def test_duplicates_are_named_by_the_second_one():
    frame = monthly(worker=1, firm=7, period=[0, 1, 2, 3, 1, 1])
    with pytest.raises(ValueError, match="come again in rows 14 and 15: drop"):
        Panel(frame)


def test_two_jobs_at_once_are_refused_with_advice():
    frame = monthly(worker=1, firm=[1, 2, 3, 4, 5, 6], period=[0, 1, 2, 3, 1, 4])
    with pytest.raises(ValueError, match=r"in row 14 begins .* with Panel.main_jobs"):
        Panel(frame)


def test_a_long_job_that_contains_another_is_refused():
    with pytest.raises(ValueError, match="the job in row 's' begins before"):
        Panel(dated(end=[9.0, 4.0, 10.0]))


def test_touching_jobs_are_not_at_once():
    assert len(Panel(dated(end=[9.0, 4.0, 3.25]))) == 3


def test_only_the_first_few_rows_are_named():
    frame = pd.DataFrame({"worker": range(1000), "firm": 0, "period": 0})
    frame["wage"] = np.where(np.arange(1000) < 990, np.inf, 1.0)
    with pytest.raises(ValueError, match="in rows 0, 1, 2, 3, 4 and 985 more:"):
        Panel(frame)


@pytest.mark.parametrize(
    ("window", "error", "sentence"),
    [
        (12, TypeError, "window = 12 must be two numbers"),
        ((0, 1, 2), TypeError, "must be two numbers"),
        (("0", 9), TypeError, "must be two numbers, not '0'"),
        ((9, 0), ValueError, "the first one smaller"),
        ((0, math.inf), ValueError, "two finite numbers"),
        ((0, 8.5), ValueError, "in row 'r' lies outside window"),
        ((0.25, 9), ValueError, "in row 't' lies outside window"),
    ],
)
def test_a_bad_window(window, error, sentence):
    with pytest.raises(error, match=sentence):
        Panel(dated(), window=window)


def test_a_wider_window_is_kept():
    assert Panel(dated(), window=(-1, 12.5)).window == (-1, 12.5)
