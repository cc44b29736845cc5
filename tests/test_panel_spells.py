"""Spells, months, cells and cycles against loops that are slow and obvious."""

import math

import numpy as np
import pandas as pd
import pytest

from jobteams_lab import Panel

SEEDS = range(5)


def random_panel(seed: int, *, whole: bool, positive: bool = True) -> Panel:
    """Jobs with and without time between them, returns to a firm, changes of wage."""
    rng = np.random.default_rng(seed)
    rows = []
    for worker in rng.permutation(30):
        clock = float(rng.integers(0, 4))
        for _ in range(rng.integers(1, 9)):
            length, pause = rng.integers(1, 5), rng.choice([0, 0, 0, 1, 2, 3])
            if not whole:
                # Quarters are exact in binary: the slow loops compare times exactly.
                length, pause = length / 4, pause / 4
            origin = rng.choice(["unemployment", "firm", "unknown"])
            wage = rng.lognormal() if positive else rng.normal()
            firm = f"f{rng.integers(3)}"
            rows.append(
                (worker, firm, clock, clock + length, wage, origin, rng.random())
            )
            clock += length + pause
    names = ["worker", "firm", "start", "end", "wage", "origin", "truth"]
    frame = pd.DataFrame(rows, columns=names)
    if whole:
        frame = frame.astype({"start": int, "end": int})
    return Panel(frame.sample(frac=1, random_state=seed), window=(0, 80))


def records(panel):
    return panel.data.to_dict("records")


def joins(before, row, gap):
    return (
        before is not None
        and before["worker"] == row["worker"]
        and before["firm"] == row["firm"]
        and row["start"] - before["end"] <= gap
    )


def slow_spells(panel, gap):
    spells, before = [], None
    for row in records(panel):
        if not joins(before, row, gap or 0):
            spells.append([])
        spells[-1].append(row)
        before = row
    table = []
    for spell in spells:
        time = [row["end"] - row["start"] for row in spell]
        pay = [row["wage"] for row in spell]
        table.append(
            {
                **spell[0],
                "end": spell[-1]["end"],
                "time": sum(time),
                "wage": sum(t * w for t, w in zip(time, pay, strict=True)) / sum(time),
                "wage_squares": sum(t * w**2 for t, w in zip(time, pay, strict=True)),
                "wage_logs": sum(
                    t * math.log(w) if w > 0 else math.nan
                    for t, w in zip(time, pay, strict=True)
                ),
            }
        )
    if gap is not None:
        before = None
        for spell in table:
            if before is None or before["worker"] != spell["worker"]:
                seen = spell["start"] > panel.window[0] + gap
                spell["origin"] = "unemployment" if seen else "unknown"
            else:
                near = spell["start"] - before["end"] <= gap
                spell["origin"] = "firm" if near else "unemployment"
            before = spell
    return pd.DataFrame(table)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("gap", [None, 0, 0.25, 1, 2])
@pytest.mark.parametrize("whole", [True, False])
def test_spells(seed, gap, whole):
    panel = random_panel(seed, whole=whole)
    spells, slow = panel.spells(gap), slow_spells(panel, gap)
    assert 1 < len(spells) < len(panel)
    slow["origin"] = slow["origin"].astype(spells.data["origin"].dtype)
    pd.testing.assert_frame_equal(
        spells.data, slow[list(spells.data.columns)], check_dtype=False, rtol=1e-13
    )
    assert spells.window == panel.window


@pytest.mark.parametrize("seed", SEEDS)
def test_spells_are_a_panel_and_have_no_more_to_join(seed):
    spells = random_panel(seed, whole=True).spells(gap=1)
    checked = Panel(spells.data, spells.window)
    pd.testing.assert_frame_equal(checked.data, spells.data)
    pd.testing.assert_frame_equal(checked.spells(gap=1).data, spells.data)


def test_spells_joined_in_two_steps_remember_the_same():
    panel = random_panel(3, whole=True)
    once, twice = panel.spells(gap=2), panel.spells().spells(gap=2)
    assert len(panel.spells()) > len(once)
    pd.testing.assert_frame_equal(once.data, twice.data, rtol=1e-13)


def test_equal_wages_average_to_exactly_themselves():
    wages = np.random.default_rng(0).lognormal(size=200)
    frame = pd.DataFrame(
        {
            "worker": np.repeat(np.arange(200), 7),
            "firm": 0,
            "period": np.tile(np.arange(7), 200),
            "wage": np.repeat(wages, 7),
        }
    )
    assert (Panel(frame).spells().data["wage"].to_numpy() == wages).all()
    assert (Panel(frame).cells()["wage"].to_numpy() == wages).all()


def test_spells_of_wages_without_logs_carry_none():
    panel = random_panel(0, whole=True, positive=False)
    assert "wage_logs" not in panel.spells().data
    assert "wage_squares" in panel.spells().data


def test_origins_at_the_edge_of_the_window():
    frame = pd.DataFrame(
        {"worker": [1, 2, 3], "firm": 1, "start": [0, 1, 2], "end": 5, "wage": 1.0}
    )
    origins = Panel(frame, window=(0, 9)).spells(gap=1).data["origin"]
    assert origins.tolist() == ["unknown", "unknown", "unemployment"]


def test_a_return_after_the_gap_comes_from_unemployment():
    frame = pd.DataFrame({"worker": 1, "firm": 1, "period": [0, 2, 5], "wage": 1.0})
    spells = Panel(frame).spells(gap=1).data
    assert spells["start"].tolist() == [0, 5]
    assert spells["time"].tolist() == [2, 1]
    assert spells["origin"].tolist() == ["unknown", "unemployment"]


@pytest.mark.parametrize(("gap", "error"), [(-1, ValueError), ("1", TypeError)])
def test_a_bad_gap(gap, error):
    with pytest.raises(error, match="gap"):
        random_panel(0, whole=True).spells(gap=gap)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize(
    ("first", "last"), [(None, None), (2, 9), (1.5, 6.25), (-5, 99)]
)
def test_months(seed, whole, first, last):
    panel = random_panel(seed, whole=whole)
    low, high = (0 if first is None else first), (80 if last is None else last)
    slow = [
        {**row, "start": month, "end": month + 1}
        for row in records(panel)
        for month in range(80)
        if row["start"] <= month < row["end"] and low <= month < high
    ]
    months = panel.months(first, last)
    slow = pd.DataFrame(slow).astype({"origin": months.data["origin"].dtype})
    pd.testing.assert_frame_equal(months.data, slow)
    assert months.is_monthly
    Panel(months.data, months.window)
    assert months.window == (max(0, math.ceil(low)), min(80, math.ceil(high)))


@pytest.mark.parametrize("seed", SEEDS)
def test_whole_month_spells_come_back_from_their_months(seed):
    spells = random_panel(seed, whole=True).spells()
    back = spells.months().spells()
    assert back.window == spells.window
    columns = ["worker", "firm", "start", "end", "wage", "origin", "truth", "time"]
    pd.testing.assert_frame_equal(back.data[columns], spells.data[columns])


def test_months_of_monthly_records_are_the_records():
    months = random_panel(1, whole=True).months()
    pd.testing.assert_frame_equal(months.months().data, months.data)


def test_months_refuses_what_would_not_fit():
    frame = pd.DataFrame(
        {"worker": [1], "firm": 1, "start": 0, "end": 10**15, "wage": 1.0}
    )
    with pytest.raises(ValueError, match="would make 1,000,000,000,000,000 rows"):
        Panel(frame).months()
    assert len(Panel(frame).months(5, 8)) == 3


@pytest.mark.parametrize(
    ("first", "last", "sentence"),
    [
        (0.1, 0.9, "No job covers a whole month from 1 to 1"),
        (90, 99, "No job covers"),
        (5, 5, "last = 5 must be greater than first = 5"),
    ],
)
def test_months_without_a_month(first, last, sentence):
    with pytest.raises(ValueError, match=sentence):
        random_panel(0, whole=True).months(first, last)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("joined", [True, False])
def test_cells(seed, joined):
    panel = random_panel(seed, whole=False)
    cells = (panel.spells() if joined else panel).cells(logs=True)
    pairs = {}
    before = None
    for row in records(panel):
        cell = pairs.setdefault((row["worker"], row["firm"]), [0.0] * 5)
        time, wage = row["end"] - row["start"], row["wage"]
        terms = (time, time * wage, time * wage**2, time * math.log(wage))
        for place, term in enumerate((*terms, not joins(before, row, 0))):
            cell[place] += term
        before = row
    slow = pd.DataFrame(
        [
            (*pair, time, paid / time, squares, logs, spells)
            for pair, (time, paid, squares, logs, spells) in sorted(pairs.items())
        ],
        columns=[
            "worker",
            "firm",
            "time",
            "wage",
            "wage_squares",
            "wage_logs",
            "spells",
        ],
    )
    pd.testing.assert_frame_equal(cells, slow, check_dtype=False, rtol=1e-13)
    assert slow["spells"].max() > 1


def test_cells_leave_logs_out_unless_asked():
    panel = random_panel(0, whole=True, positive=False)
    assert "wage_logs" not in panel.cells()
    with pytest.raises(ValueError, match="zero or negative"):
        panel.cells(logs=True)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("monthly", [True, False])
def test_cycles(seed, monthly):
    panel = random_panel(seed, whole=True)
    panel = panel.spells().months() if monthly else panel
    slow, before = [], None
    for row in records(panel):
        if before is None or before["worker"] != row["worker"]:
            slow.append(0)
        elif row["origin"] == "unemployment" and not joins(before, row, 0):
            slow.append(slow[-1] + 1)
        else:
            slow.append(slow[-1])
        before = row
    assert panel.cycles().tolist() == slow
    assert max(slow) > 1


def test_time_out_of_work_alone_starts_no_cycle():
    frame = pd.DataFrame({"worker": 1, "firm": [1, 2], "period": [0, 9], "wage": 1.0})
    panel = Panel(frame)
    assert panel.cycles().tolist() == [0, 0]
    assert panel.spells(gap=1).cycles().tolist() == [0, 1]


@pytest.mark.parametrize("time", [0, 1.5, 2, 3, -1])
def test_a_cross_section_has_the_jobs_of_an_instant(time):
    panel = random_panel(0, whole=False)
    now = panel.cross_section(time)
    expected = [
        row["truth"]
        for row in panel.data.to_dict("records")
        if row["start"] <= time < row["end"]
    ]
    assert now["truth"].tolist() == expected
    assert not now["worker"].duplicated().any()


@pytest.mark.parametrize("gap", [0.0, 1.0, 2.5])
def test_origins_of_rows_are_those_of_their_spells(gap):
    rng = np.random.default_rng(5)
    start = np.cumsum(rng.choice([1, 2, 4], size=400))
    panel = Panel(
        pd.DataFrame(
            {
                "worker": np.repeat(np.arange(8), 50),
                "firm": rng.integers(3, size=400),
                "start": start,
                "end": start + 1,
                "wage": rng.normal(size=400),
            }
        )
    )
    rows, spells = panel.with_origins(gap), panel.spells(gap)
    assert len(rows) == len(panel)
    at = np.searchsorted(
        spells.data["worker"] * 1e6 + spells.data["start"],
        rows.data["worker"] * 1e6 + rows.data["start"],
        side="right",
    )
    expected = spells.data["origin"].to_numpy()[at - 1]
    assert (rows.data["origin"].to_numpy() == expected).all()
    assert set(expected) == {"unknown", "firm", "unemployment"}
    # what follows keeps a spell together although time is missing inside it
    pd.testing.assert_frame_equal(rows.spells().data, spells.data)
    assert (rows.cycles() == spells.cycles()[at - 1]).all()
    with pytest.raises(ValueError, match="gap = -1 must be"):
        panel.with_origins(-1.0)
