"""Records to months by walking through days one at a time, and by hand."""

import datetime as dt
from calendar import monthrange

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobteams_lab import Panel
from jobteams_lab.identification import PAM, Economy, Types, simulate, solve
from jobteams_lab.records.employment_records import monthly_panel
from jobteams_lab.records.synthetic_records import synthetic_records

DAY = dt.timedelta(days=1)
JANUARY = dt.date(2001, 1, 1)


def records(*rows, **more):
    """Rows of worker, firm, start, end, wage, with dates as text."""
    table = pd.DataFrame(rows, columns=["worker", "firm", "start", "end", "wage"])
    for name in ("start", "end"):
        table[name] = pd.to_datetime(table[name])
    return table.assign(**more)


def spells_of_benefit(*rows):
    table = pd.DataFrame(rows, columns=["worker", "start", "end"])
    for name in ("start", "end"):
        table[name] = pd.to_datetime(table[name])
    return table


def after(day, months):
    """The same day `months` later, or the last one of that month."""
    ahead = 12 * day.year + day.month - 1 + months
    year, month = ahead // 12, ahead % 12 + 1
    return dt.date(year, month, min(day.day, monthrange(year, month)[1]))


def days_from(first, last):
    return [first + k * DAY for k in range((last - first).days + 1)]


def by_days(jobs, benefits, floor, prices, gap, opening):
    """The same rules, applied to one worker and one day after another."""
    out = []
    for worker in sorted(set(jobs["worker"])):
        held = {}  # day -> [(firm, real wage)]
        for row in jobs[jobs["worker"] == worker].itertuples():
            for day in days_from(row.start.date(), row.end.date()):
                wage = row.wage / prices[day.year]
                if wage >= floor:
                    held.setdefault(day, []).append((row.firm, wage))
        paid = set()
        for row in benefits[benefits["worker"] == worker].itertuples():
            paid |= set(days_from(row.start.date(), row.end.date()))
        cycle, cycles, reasons, last = -1, {}, {}, opening - DAY
        for day in sorted(held):
            free = days_from(last + DAY, day - DAY)
            if any(one in paid for one in free):
                cycle += 1
                reasons[cycle] = "unemployment"
            elif cycle < 0:
                cycle, late = 0, day > after(opening, gap)
                reasons[cycle] = "unemployment" if late else "unknown"
            elif day > after(last + DAY, gap):
                cycle += 1
                reasons[cycle] = "unemployment"
            cycles[day], last = cycle, day
        months = {}  # month -> firm -> [earned, days, cycle]
        for day in sorted(held):
            here = months.setdefault((day.year, day.month), {})
            for firm, wage in held[day]:
                job = here.setdefault(firm, [0.0, set(), 0])
                job[0] += wage
                job[1].add(day)
                job[2] = cycles[day]
        before = None
        for (year, month), firms in sorted(months.items()):
            firm = min(firms, key=lambda one: (-firms[one][0], one))
            earned, worked, now = firms[firm]
            when = 12 * (year - opening.year) + month - opening.month
            origin = "firm"
            if before is None or now != before["cycle"]:
                origin = reasons[now]
            if before and firm == before["firm"]:
                close = when == before["period"] + 1
                if now == before["cycle"] or close:
                    origin = before["origin"]
            before = {
                "worker": worker,
                "firm": firm,
                "period": when,
                "wage": earned / len(worked),
                "origin": origin,
                "days": len(worked),
                "cycle": now,
            }
            out.append(before)
    return pd.DataFrame(out)


def random_records(rng):
    n = rng.integers(1, 30)
    start = rng.integers(0, 500, n)
    length = rng.choice([1, 5, 20, 60, 200], n)
    # whole numbers divide exactly, so that equal earnings tie on both routes
    wage = rng.choice([8.0, 16.0, 32.0, 64.0], n)
    origin = np.datetime64("2001-01-01")
    table = pd.DataFrame(
        {
            "worker": rng.integers(0, 3, n),
            "firm": rng.integers(0, 3, n),
            "start": (origin + start).astype("datetime64[s]"),
            "end": (origin + start + length - 1).astype("datetime64[s]"),
            "wage": wage,
        }
    )
    m = rng.integers(0, 8)
    start = rng.integers(0, 600, m)
    benefits = pd.DataFrame(
        {
            "worker": rng.integers(0, 4, m),
            "start": (origin + start).astype("datetime64[s]"),
            "end": (origin + start + rng.integers(0, 40, m)).astype("datetime64[s]"),
        }
    )
    return table, benefits


@given(st.integers(0, 10**6), st.sampled_from([0, 1, 2]), st.booleans())
@settings(max_examples=80, deadline=None)
def test_months_by_walking_through_days(seed, gap, deflated):
    jobs, benefits = random_records(np.random.default_rng(seed))
    prices = {2001: 1.0, 2002: 2.0 if deflated else 1.0, 2003: 4.0 if deflated else 1.0}
    wages = jobs["wage"] / jobs["end"].dt.year.map(prices)
    if not (wages >= 10).any():
        return
    # one more worker makes the window the same on both routes
    anchor = records((9, 9, "2001-01-01", "2003-12-31", 80.0))
    jobs = pd.concat([jobs, anchor], ignore_index=True)
    idle = spells_of_benefit((9, "2001-05-01", "2001-05-02"))
    benefits = pd.concat([benefits, idle], ignore_index=True)
    found = monthly_panel(jobs, benefits, floor=10, deflator=prices, gap=gap).panel.data
    slow = by_days(jobs, benefits, 10, prices, gap, JANUARY)
    for name in ("worker", "firm", "days"):
        assert found[name].tolist() == slow[name].tolist(), name
    assert found["start"].tolist() == slow["period"].tolist()
    assert found["origin"].astype(str).tolist() == slow["origin"].tolist()
    np.testing.assert_allclose(found["wage"], slow["wage"], rtol=1e-12)


def test_main_job_is_the_one_that_pays_most_in_the_month():
    jobs = records(
        (1, "a", "2001-03-01", "2001-03-10", 100.0),  # 1,000
        (1, "b", "2001-03-01", "2001-03-31", 30.0),  # 930
        (1, "b", "2001-03-21", "2001-03-31", 10.0),  # and 110 more: 1,040
    )
    row = monthly_panel(jobs).panel.data.iloc[0]
    assert (row["firm"], row["days"]) == ("b", 31)
    assert row["wage"] == pytest.approx(1040 / 31, rel=1e-14)


def test_records_below_the_floor_are_no_work():
    jobs = records(
        (1, "a", "2001-01-01", "2001-03-31", 50.0),
        (1, "b", "2001-04-01", "2001-06-30", 9.0),
        (1, "a", "2001-07-01", "2001-12-31", 50.0),
    )
    found = monthly_panel(jobs, floor=10)
    data = found.panel.data
    assert data["start"].tolist() == [0, 1, 2, *range(6, 12)]
    assert data["origin"].tolist() == ["unknown"] * 3 + ["unemployment"] * 6
    assert found.dropped.loc["pay below 10 a day", "count"] == 1


@pytest.mark.parametrize(
    ("second", "benefit", "origin"),
    [
        ("2001-04-01", None, "firm"),  # the day after
        ("2001-05-01", None, "firm"),  # a month later, to the day
        ("2001-05-02", None, "unemployment"),
        ("2001-04-05", ("2001-04-02", "2001-04-03"), "unemployment"),
        ("2001-04-05", ("2001-03-01", "2001-03-31"), "firm"),  # paid while at work
    ],
)
def test_what_begins_a_cycle(second, benefit, origin):
    jobs = records(
        (1, "a", "2001-01-01", "2001-03-31", 50.0),
        (1, "b", second, "2001-12-31", 50.0),
    )
    benefits = spells_of_benefit(*([(1, *benefit)] if benefit else []))
    data = monthly_panel(jobs, benefits if benefit else None).panel.data
    assert set(data.loc[data["firm"] == "b", "origin"]) == {origin}


def test_a_side_job_keeps_its_worker_in_work():
    jobs = records(
        (1, "a", "2001-01-01", "2001-03-31", 50.0),
        (1, "b", "2001-02-01", "2001-10-31", 12.0),
        (1, "c", "2001-09-01", "2001-12-31", 50.0),
    )
    data = monthly_panel(jobs).panel.data
    origin = data.groupby("firm")["origin"].first().astype(str)
    assert origin.to_dict() == {"a": "unknown", "b": "firm", "c": "firm"}


def test_first_jobs():
    jobs = records(
        (1, "a", "2001-01-01", "2001-12-31", 50.0),  # running
        (2, "a", "2001-02-01", "2001-12-31", 50.0),  # within a month: running
        (3, "a", "2001-02-02", "2001-12-31", 50.0),
        (4, "a", "2001-09-01", "2001-12-31", 50.0),
        (5, "a", "2001-01-11", "2001-12-31", 50.0),  # after benefits
    )
    benefits = spells_of_benefit((5, "2001-01-01", "2001-01-10"))

    def origins(**options):
        data = monthly_panel(jobs, benefits, **options).panel.data
        return data.groupby("worker")["origin"].first().astype(str).tolist()

    out, no = "unemployment", "unknown"
    assert origins() == [no, no, out, out, out]
    assert origins(worked_before=[4]) == [no, no, out, no, out]
    assert origins(first_jobs="unknown") == [no, no, no, no, out]


def test_a_recall_without_a_whole_month_away_goes_on():
    jobs = records(
        (1, "a", "2001-01-01", "2001-03-10", 50.0),
        (1, "a", "2001-03-20", "2001-05-31", 50.0),
        (1, "a", "2001-08-01", "2001-12-31", 50.0),
    )
    benefits = spells_of_benefit((1, "2001-03-11", "2001-03-19"))
    panel = monthly_panel(jobs, benefits).panel
    assert panel.data["spell"].tolist() == [0] * 5 + [1] * 5
    assert len(panel.spells()) == 2
    assert panel.cycles().tolist() == [0] * 5 + [1] * 5


def test_ages_records_and_windows_are_counted():
    jobs = records(
        (1, "a", "2001-01-01", "2003-12-31", 50.0),
        (2, "a", "2001-01-01", "2001-12-31", 50.0),
        (2, "b", "2002-01-01", "2003-12-31", 50.0),
        birth_year=[1982, 1960, 1960],
    )
    found = monthly_panel(
        jobs, ages=(20, 60), most_records=1, window=("2002-07-01", "2003-12-31")
    )
    data = found.panel.data
    assert found.panel.window == (0, 18)
    assert str(found.first_month) == "2002-07"
    assert set(data["worker"]) == {1}
    assert data["age"].tolist() == [20] * 6 + [21] * 12
    assert data["year"].tolist() == [2002] * 6 + [2003] * 12
    assert found.dropped["count"].tolist() == [2, 0, 0, 0]
    older = monthly_panel(jobs, ages=(20, 60))
    assert older.dropped.loc["ages outside 20 to 60", "count"] == 12
    assert "ages outside 20 to 60" in older.summary
    # the first turns 19, 20 and 21 in the window
    always = monthly_panel(jobs, ages=(20, 60), always=True)
    assert set(always.panel.data["worker"]) == {2}
    assert always.dropped.loc["workers not 20 to 60 all along", "count"] == 3


def test_a_simulated_panel_comes_back():
    types = {"worker_types": Types.uniform(10), "firm_types": Types.uniform(10)}
    economy = Economy(PAM, search_intensity_employed=0.2, **types)
    panel = simulate(solve(economy), workers=1_000, firms=30, months=96, seed=1)
    made = synthetic_records(panel, seed=2, noise=0.0, top_coded=0.0)
    found = monthly_panel(made.jobs, made.benefits, floor=0, deflator=made.prices).panel
    true = panel.months().data.assign(period=lambda t: t["start"])
    both = found.data.merge(
        true, left_on=["worker", "start"], right_on=["worker", "period"]
    )
    # beside them only months with a side job and no main one, and working lives
    assert len(both) > 0.99 * len(found)
    assert (both["firm_x"] == both["firm_y"]).mean() > 0.999
    known = both["origin_y"] != "unknown"
    same = both["origin_x"].astype(str) == both["origin_y"].astype(str)
    assert same[known].mean() > 0.99


def table(**change):
    rows = {
        "worker": [1, 2],
        "firm": ["a", "b"],
        "start": pd.to_datetime(["2001-01-01", "2001-02-01"]),
        "end": pd.to_datetime(["2001-03-31", "2001-04-30"]),
        "wage": [50.0, 60.0],
    }
    rows.update(change)
    return pd.DataFrame({k: v for k, v in rows.items() if v is not None})


def dates(*text, **options):
    return pd.to_datetime(list(text), format="ISO8601", **options)


@pytest.mark.parametrize(
    ("change", "kind", "words"),
    [
        ({"firm": None}, ValueError, "jobs lacks firm: rename"),
        ({"end": dates("2000-01-01", "2001-04-30")}, ValueError, "end before they st"),
        ({"start": ["2001-01-01", "x"]}, TypeError, "convert it with pandas.to_dat"),
        ({"start": dates("2001-01-01 08:00", "2001-02-01")}, ValueError, "time of day"),
        ({"start": dates("2001-01-01", "2001-02-01", utc=True)}, TypeError, "zone"),
        ({"end": dates("2001-01-01", None)}, ValueError, "goes on ends on the data's"),
        ({"wage": [1.0, np.nan]}, ValueError, "'wage' of jobs has no value in row 1"),
        ({"wage": [1.0, np.inf]}, ValueError, "not finite in row 1"),
        ({"wage": ["1", "2"]}, TypeError, "must hold numbers"),
        ({"worker": [1, "b"]}, TypeError, "ids of several kinds"),
        ({"year": [1, 2]}, ValueError, "'year', which the panel makes itself"),
        ({"birth_year": [1950, None]}, ValueError, "'birth_year' of jobs has no val"),
    ],
)
def test_defects_of_records_are_named(change, kind, words):
    with pytest.raises(kind, match=words):
        monthly_panel(table(**change))


@pytest.mark.parametrize(
    ("options", "kind", "words"),
    [
        ({"floor": -1}, ValueError, "floor = -1 must be"),
        ({"floor": 1000}, ValueError, "No record is left"),
        ({"gap": 0.5}, TypeError, "gap must be a whole number"),
        ({"deflator": {2000: 1.0}}, ValueError, "no price level for 2001"),
        ({"deflator": {2001: 0.0}}, ValueError, "must be finite and greater than 0"),
        ({"deflator": 2.0}, TypeError, "deflator must map years"),
        ({"ages": (20, 60)}, ValueError, "needs the column birth_year"),
        ({"ages": 20}, TypeError, "must be two"),
        ({"always": True}, ValueError, "always = True needs ages"),
        ({"first_jobs": "yes"}, ValueError, "choose one of 'unemployment', 'unk"),
        ({"window": ("2002-01-01", "2001-01-01")}, ValueError, "two dates"),
        ({"window": 5}, ValueError, "two dates"),
        ({"window": (0, 24)}, TypeError, r"window must hold dates, not \(0, 24\)"),
        ({"worked_before": "1"}, TypeError, "'1' must be a collection of worker ids"),
        ({"worked_before": 1}, TypeError, "= 1 must be a collection of worker ids"),
        ({"worked_before": [1, 7, "1"]}, ValueError, "has 7, '1', who are no workers"),
        ({"most_records": 0}, ValueError, "most_records = 0"),
        ({"benefits": 3}, TypeError, "benefits must be a pandas DataFrame"),
        (
            {"benefits": spells_of_benefit(("x", "2001-01-01", "2001-01-02"))},
            ValueError,
            "No worker of benefits is a worker of jobs",
        ),
    ],
)
def test_bad_arguments_are_named(options, kind, words):
    with pytest.raises(kind, match=words):
        monthly_panel(table(), **options)


def test_ends_that_stand_for_none_need_a_window():
    endless = pd.to_datetime(["2001-03-31", "9999-12-31"]).astype("datetime64[s]")
    jobs = table(end=endless)
    with pytest.raises(ValueError, match="Jobs in row 1 end in 9999: give a window"):
        monthly_panel(jobs)
    months = monthly_panel(jobs, window=("2001-01-01", "2001-05-31")).panel.data
    assert months.groupby("worker").size().tolist() == [3, 4]
    paid = spells_of_benefit((1, "2001-04-01", "2001-05-01")).assign(end=endless[1])
    with pytest.raises(ValueError, match="Benefits end in 9999: give a window"):
        monthly_panel(table(), paid)


def test_ends_up_to_ten_years_after_the_last_start_are_believed():
    limit = table(end=pd.to_datetime(["2001-03-31", "2011-02-01"]))
    assert monthly_panel(limit).panel.window == (0, 10 * 12 + 2)
    beyond = table(end=pd.to_datetime(["2011-02-02", "2011-02-02"]))
    with pytest.raises(ValueError, match="Jobs in rows 0 and 1 end in 2011"):
        monthly_panel(beyond)
    later = records((3, "a", "2001-02-02", "2001-02-03", 50.0))
    monthly_panel(pd.concat([beyond, later]))


def test_an_empty_table_of_benefits_is_none():
    nobody = spells_of_benefit().astype({"worker": object})
    with_it = monthly_panel(table(), nobody).panel.data
    pd.testing.assert_frame_equal(with_it, monthly_panel(table()).panel.data)


def test_no_table_and_no_rows():
    with pytest.raises(TypeError, match="jobs must be a pandas DataFrame, not list"):
        monthly_panel([1])
    with pytest.raises(ValueError, match="jobs has no rows"):
        monthly_panel(table().iloc[:0])


def test_python_dates_and_extra_columns_are_taken():
    jobs = table(start=[dt.date(2001, 1, 1), dt.date(2001, 2, 1)], sector=["x", "y"])
    found = monthly_panel(jobs)
    assert isinstance(found.panel, Panel)
    assert found.panel.data["sector"].tolist() == ["x"] * 3 + ["y"] * 3
    assert "MonthlyPanel from 2001-01" in repr(found)
