"""Synthetic records hold what they say went into them."""

import numpy as np
import pandas as pd
import pytest

from jobteams_lab import Panel
from jobteams_lab.identification import NAM, Economy, Types, simulate, solve
from jobteams_lab.records.synthetic_records import synthetic_records


@pytest.fixture(scope="module")
def panel():
    types = {"worker_types": Types.uniform(10), "firm_types": Types.uniform(10)}
    economy = Economy(NAM, search_intensity_employed=0.2, **types)
    return simulate(solve(economy), workers=1_500, firms=40, months=72, seed=1)


def test_pay_is_the_product_of_its_parts(panel):
    made = synthetic_records(panel, seed=2, noise=0.0)
    jobs, truth = made.jobs, made.truth
    year = jobs["start"].dt.year
    assert (year == jobs["end"].dt.year).all() and (jobs["start"] <= jobs["end"]).all()
    age = year - jobs["birth_year"] - 40.0
    curve = made.age_effects.loc[jobs["education"]].to_numpy()
    log = np.log(truth["residual"]) + made.year_effects[year].to_numpy()
    log += curve[:, 0] * age**2 + curve[:, 1] * age**3
    np.testing.assert_allclose(
        np.log(truth["wage"]), log + np.log(made.prices[year].to_numpy()), atol=1e-10
    )
    limit = made.limits[year].to_numpy()
    np.testing.assert_array_equal(jobs["wage"], np.minimum(truth["wage"], limit))
    main = ~truth["side"]
    share = (truth["wage"] >= limit)[main].groupby(year[main]).mean()
    assert share.between(0.07, 0.11).all()
    # what is left is the simulated wage, in one unit
    spells = panel.spells().data
    pairs = jobs[main].assign(residual=truth["residual"][main])
    pairs = pairs.groupby(["worker", "firm"])["residual"].agg(["mean", "std", "size"])
    simulated = spells.groupby(["worker", "firm"])["wage"].agg(["mean", "size"])
    both = pairs.join(simulated[simulated["size"] == 1]["mean"].rename("w")).dropna()
    ratio = both["mean"] / both["w"]
    np.testing.assert_allclose(ratio, ratio.median(), rtol=1e-9)


def test_main_jobs_leave_no_free_months_within_a_spell(panel):
    made = synthetic_records(panel, seed=3, side_jobs=0.0)
    jobs = made.jobs.sort_values(["worker", "start"])
    same = (jobs["worker"] == jobs["worker"].shift()) & (
        jobs["firm"] == jobs["firm"].shift()
    )
    gap = (jobs["start"] - jobs["end"].shift()).dt.days[same]
    assert ((gap == 1) | (gap > 28)).all()


def test_working_lives(panel):
    made = synthetic_records(panel, seed=4)
    jobs, year = made.jobs, made.jobs["start"].dt.year
    age = year - jobs["birth_year"]
    entry = jobs["education"].map({"low": 17, "middle": 20, "high": 25})
    assert (age >= entry).all() and (age <= 63).all()
    assert age.max() >= 62 and age.min() <= 18


def test_benefits_lie_between_jobs(panel):
    made = synthetic_records(panel, seed=5, side_jobs=0.0)
    some = made.benefits.merge(made.jobs, on="worker", suffixes=("", "_job"))
    overlap = (some["start"] <= some["end_job"]) & (some["start_job"] <= some["end"])
    assert len(made.benefits) > 100 and not overlap.any()


def test_firms_seen_whole_keep_all_their_workers(panel):
    whole = synthetic_records(panel, seed=6, whole_firms=1.0, side_jobs=0.0)
    part = synthetic_records(panel, seed=6, whole_firms=0.25, side_jobs=0.0)
    assert whole.whole_firms.all() and part.whole_firms.sum() == 10
    assert len(part.jobs) < len(whole.jobs)

    def staff(made):
        return made.jobs.groupby("firm")["worker"].agg(lambda w: tuple(sorted(set(w))))

    chosen = part.whole_firms[part.whole_firms].index
    assert staff(part)[chosen].tolist() == staff(whole)[chosen].tolist()
    others = part.whole_firms.index.difference(chosen)
    fewer = staff(part).reindex(others).map(len) < staff(whole)[others].map(len)
    assert fewer.mean() > 0.8


def test_seeds(panel):
    one, two = synthetic_records(panel, seed=7), synthetic_records(panel, seed=7)
    pd.testing.assert_frame_equal(one.jobs, two.jobs)
    pd.testing.assert_frame_equal(one.benefits, two.benefits)
    assert not one.jobs.equals(synthetic_records(panel, seed=8).jobs)
    assert "SyntheticRecords" in repr(one)


@pytest.mark.parametrize(
    ("options", "kind", "words"),
    [
        ({"top_coded": 1.5}, ValueError, "top_coded = 1.5 must be"),
        ({"whole_firms": 0.0}, ValueError, "No worker is left"),
        ({"noise": -1.0}, ValueError, "noise = -1"),
        ({"seed": "x"}, TypeError, "seed must be a whole number"),
    ],
)
def test_bad_arguments_are_named(panel, options, kind, words):
    with pytest.raises(kind, match=words):
        synthetic_records(panel, **{"seed": 1, **options})


def test_panels_that_do_not_fit(panel):
    half = Panel(panel.data.assign(end=panel.data["end"] - 0.5).drop(columns="time"))
    with pytest.raises(ValueError, match="spells of whole months counted from 0"):
        synthetic_records(half, seed=1)
