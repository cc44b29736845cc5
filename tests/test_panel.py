"""What a panel says of itself: ids, durations, logs, main jobs."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from jobteams_lab import Panel


def small(**columns):
    table = {
        "worker": ["b", "a", "a"],
        "firm": [20, 10, 20],
        "start": [0, 0, 2],
        "end": [3, 2, 3],
        "wage": [1.0, 2.0, 4.0],
    }
    return Panel(pd.DataFrame({**table, **columns}), window=(0, 4))


def test_ids_and_codes():
    panel = small()
    assert panel.workers.tolist() == ["a", "b"]
    assert panel.firms.tolist() == [10, 20]
    assert panel.worker_codes.tolist() == [0, 0, 1]
    assert panel.firm_codes.tolist() == [0, 1, 1]
    assert panel.firm_codes is panel.firm_codes


def test_a_panel_is_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        small().window = (0, 1)


def test_durations_and_time_observed():
    panel = small(time=[2.5, 2.0, 0.5])
    assert panel.duration.tolist() == [2, 1, 3]
    assert panel.time.tolist() == [2.0, 0.5, 2.5]
    assert small().time.tolist() == [2.0, 1.0, 3.0]


@pytest.mark.parametrize(
    ("start", "end", "monthly"),
    [
        ([0, 0, 2], [1, 1, 3], True),
        ([0.0, 0.0, 2.0], [1.0, 1.0, 3.0], True),
        ([0, 0, 2], [1, 2, 3], False),
        ([0.5, 0, 2], [1.5, 1, 3], False),
    ],
)
def test_is_monthly(start, end, monthly):
    assert small(start=start, end=end).is_monthly is monthly


def test_what_a_panel_prints():
    sentence = "Panel: 3 rows, 2 workers, 2 firms, observed from 0 to 4"
    assert repr(small()) == sentence
    html = small()._repr_html_()
    assert sentence in html and "<table" in html


def test_positive_wages_are_required_of_whoever_takes_logs():
    small().require_positive_wages()
    assert small().has_logs
    panel = small(wage=[0.0, 2.0, -1.0])
    assert not panel.has_logs
    with pytest.raises(
        ValueError, match=r"2 of 3 wages are .* rows 1 and 2, .* levels .* drop"
    ):
        panel.require_positive_wages()


def test_spells_with_positive_means_of_other_wages_have_no_logs_either():
    frame = pd.DataFrame(
        {"worker": 1, "firm": 1, "period": [0, 1], "wage": [-1.0, 3.0]}
    )
    spells = Panel(frame).spells()
    assert (spells.data["wage"] > 0).all()
    assert not spells.has_logs
    with pytest.raises(ValueError, match="no wage_logs, since some of the wages"):
        spells.cells(logs=True)


def test_main_jobs_keeps_the_best_paid_job_of_each_period():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "worker": rng.integers(0, 20, 2000),
            "firm": rng.integers(0, 10, 2000),
            "period": rng.integers(0, 12, 2000),
            "wage": rng.integers(-3, 4, 2000),
        }
    )
    best = {}
    for worker, firm, period, wage in frame.itertuples(index=False):
        job = best.get((worker, period))
        if job is None or (-wage, firm) < job:
            best[worker, period] = (-wage, firm)
    panel = Panel.main_jobs(frame, window=(0, 13))
    found = zip(
        panel.data["worker"],
        panel.data["start"],
        -panel.data["wage"],
        panel.data["firm"],
        strict=True,
    )
    assert list(found) == [(*pair, *job) for pair, job in sorted(best.items())]
    assert panel.window == (0, 13)


def test_main_jobs_needs_periods_and_checks_values_as_a_panel_does():
    with pytest.raises(ValueError, match="monthly records with a column period"):
        Panel.main_jobs(small().data)
    frame = pd.DataFrame({"worker": 1, "firm": 1, "period": 0, "wage": [1, np.inf]})
    with pytest.raises(ValueError, match="'wage' is not finite in row 1"):
        Panel.main_jobs(frame)


def test_a_million_months():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "worker": np.repeat(np.arange(10_000), 100),
            "firm": np.repeat(rng.integers(0, 500, 100_000), 10),
            "period": np.tile(np.arange(100), 10_000),
            "wage": rng.lognormal(size=1_000_000),
        }
    )
    panel = Panel(frame.sample(frac=1, random_state=0))
    spells = panel.spells(gap=1)
    changes = frame["firm"].diff().ne(0) | frame["worker"].diff().ne(0)
    assert len(spells) == changes.sum()
    assert len(spells.months()) == 1_000_000
    assert panel.cells()["time"].sum() == 1_000_000
