"""Censored regressions against other routes to the maximum, and imputed wages."""

import mpmath
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from jobteams_lab import Panel
from jobteams_lab.records.censored_regression import above, censored_regression
from jobteams_lab.records.employment_records import monthly_panel
from jobteams_lab.records.top_coding import impute_top_coded


def cut(rng, n, columns=2, share=0.3):
    """Values of a normal regression, those above the limit cut to it."""
    x = np.column_stack([np.ones(n), rng.normal(1.0, 2.0, (n, columns - 1))])
    y = x @ rng.normal(0.5, 1.0, columns) + rng.normal(0.0, 0.7, n)
    limit = np.quantile(y, 1 - share)
    return x, np.minimum(y, limit), y >= limit


def by_minimiser(x, y, censored):
    """The same likelihood in β and log σ, by a quasi-Newton minimiser."""

    def loss(parameters):
        beta, sigma = parameters[:-1], np.exp(parameters[-1])
        z = (y - x @ beta) / sigma
        seen = stats.norm.logpdf(z[~censored]).sum() - (~censored).sum() * np.log(sigma)
        return -(seen + stats.norm.logsf(z[censored]).sum())

    start = np.append(np.linalg.lstsq(x, y, rcond=None)[0], 0.0)
    found = optimize.minimize(loss, start, method="BFGS", options={"gtol": 1e-7})
    return found.x[:-1], np.exp(found.x[-1]), -found.fun


@given(st.integers(0, 10**6), st.floats(0.01, 0.9))
@settings(max_examples=25, deadline=None)
def test_maximum_by_another_minimiser(seed, share):
    x, y, censored = cut(np.random.default_rng(seed), 150, 3, share)
    found = censored_regression(x, y, censored)
    beta, sigma, value = by_minimiser(x, y, censored)
    assert found.log_likelihood >= value - 1e-8 * abs(value)
    np.testing.assert_allclose(found.coefficients, beta, atol=2e-4)
    assert found.sigma == pytest.approx(sigma, rel=2e-4)
    assert found.gradient < 1e-9


def test_intercept_alone_is_scipys_censored_fit():
    rng = np.random.default_rng(1)
    y = rng.normal(3.0, 0.5, 400)
    limit = 3.2
    data = stats.CensoredData(
        uncensored=y[y < limit], right=np.full((y >= limit).sum(), limit)
    )
    mean, sd = stats.norm.fit(data)
    found = censored_regression(np.ones((400, 1)), np.minimum(y, limit), y >= limit)
    assert found.coefficients[0] == pytest.approx(mean, rel=1e-5)
    assert found.sigma == pytest.approx(sd, rel=1e-4)


def test_nothing_censored_is_least_squares():
    x, y, _ = cut(np.random.default_rng(2), 100)
    found = censored_regression(x, y, np.zeros(100, bool))
    beta = np.linalg.lstsq(x, y, rcond=None)[0]
    np.testing.assert_allclose(found.coefficients, beta, rtol=1e-9)
    assert found.sigma == pytest.approx(np.sqrt(np.mean((y - x @ beta) ** 2)), rel=1e-9)


def test_units_change_nothing():
    x, y, censored = cut(np.random.default_rng(3), 300)
    one = censored_regression(x, y, censored)
    two = censored_regression(x * [1.0, 1e4], 1e3 * y, censored)
    np.testing.assert_allclose(two.coefficients, one.coefficients * [1e3, 0.1], 1e-8)
    assert two.sigma == pytest.approx(1e3 * one.sigma, rel=1e-8)


def test_columns_that_only_censored_rows_move_are_left_out():
    x, y, censored = cut(np.random.default_rng(4), 200)
    marker = np.where(censored, np.arange(200) % 2, 0.0)
    twice = np.column_stack([x, marker, x[:, 1] - 2 * x[:, 0]])
    found = censored_regression(twice, y, censored)
    plain = censored_regression(x, y, censored)
    assert found.kept.tolist() == [0, 1]
    assert found.log_likelihood == pytest.approx(plain.log_likelihood, rel=1e-12)
    np.testing.assert_allclose(found.coefficients[:2], plain.coefficients)


@pytest.mark.parametrize(
    ("rows", "words"), [(3, "too few for"), (50, "fitted exactly")]
)
def test_what_has_no_maximum_is_refused(rows, words):
    x = np.column_stack([np.ones(rows), np.arange(rows), np.arange(rows) ** 2])
    with pytest.raises(ValueError, match=words):
        censored_regression(x, x @ [1.0, 2.0, 0.5], np.zeros(rows, bool))


@pytest.mark.parametrize("limit", [-3.0, 0.0, 2.0, 8.0, 30.0])
def test_draws_have_the_truncated_distribution(limit):
    # by the inverse in high precision, also far out in the tail
    uniform = np.array([1e-12, 1e-3, 0.2, 0.5, 0.9, 1.0])
    drawn = above(np.full(6, limit), np.zeros(6), 1.0, uniform)
    with mpmath.workdps(50):
        tail = mpmath.ncdf(-limit)
        again = [float(mpmath.ncdf(-mpmath.mpf(z)) / tail) for z in drawn]
    np.testing.assert_allclose(again, uniform, rtol=1e-9)
    assert drawn[-1] == pytest.approx(limit, abs=1e-12)


def workers_and_years(rng, workers=2_000, years=6, share=0.15, lasting=0.35):
    """Log-normal wages with persistent differences, cut at a limit of each year."""
    worker = np.repeat(np.arange(workers), years)
    year = 2000 + np.tile(np.arange(years), workers)
    education = rng.choice(["high", "low"], workers)[worker]
    age = year - rng.integers(1945, 1975, workers)[worker]
    log = 4 + 0.3 * (education == "high") + 0.01 * (age - 40) + 0.02 * (year - 2000)
    log += rng.normal(0.0, lasting, workers)[worker]
    log += rng.normal(0.0, 0.12 if lasting else 0.35, len(worker))
    true = np.exp(log)
    limits = {
        y: float(np.quantile(true[year == y], 1 - share))
        for y in range(2000, 2000 + years)
    }
    limit = pd.Series(year).map(limits).to_numpy()
    data = pd.DataFrame(
        {
            "worker": worker,
            "firm": rng.integers(50, size=len(worker)),
            "period": year,
            "wage": np.minimum(true, limit),
            "year": year,
            "age": age,
            "education": education,
        }
    )
    return data, limits, true


def test_the_factor_multiplies_limits():
    data, limits, true = workers_and_years(np.random.default_rng(5), 200)
    found = impute_top_coded(data, limits, method="factor")
    limit = data["year"].map(limits)
    top = true >= limit
    np.testing.assert_array_equal(found.data["imputed"], top)
    np.testing.assert_allclose(found.data["wage"][top], 1.2 * limit[top])
    np.testing.assert_array_equal(found.data["wage"][~top], true[~top])
    assert found.share == top.mean() and found.cells.empty
    column = impute_top_coded(data.assign(c=limit), "c", method="factor")
    np.testing.assert_array_equal(column.data["wage"], found.data["wage"])


def test_tobit_draws_have_the_distribution_of_the_wages_cut():
    # years are independent here, so that the model is the true one
    data, limits, true = workers_and_years(np.random.default_rng(6), 8_000, lasting=0)
    found = impute_top_coded(data, limits, seed=1)
    top = found.data["imputed"].to_numpy()
    drawn, was = np.log(found.data["wage"][top]), np.log(true[top])
    assert (found.data["wage"] >= data["wage"]).all()
    assert (found.data["wage"][~top] == data["wage"][~top]).all()
    assert found.cells["drawn"].sum() == top.sum()
    error = was.std() * np.sqrt(2 / top.sum())
    # estimated models err as well, hence six and not four
    assert abs(drawn.mean() - was.mean()) < 6 * error
    assert drawn.std() == pytest.approx(was.std(), rel=0.05)


def test_lasting_differences_are_restored_in_part():
    # other years are cut too, so that what lasts is understated
    data, limits, true = workers_and_years(np.random.default_rng(6), 6_000)
    found = impute_top_coded(data, limits, seed=1)
    top = found.data["imputed"].to_numpy()
    cut, was = np.log(data["wage"][top]), np.log(true[top])
    drawn = np.log(found.data["wage"][top])
    assert abs(drawn.mean() - was.mean()) < 0.4 * (was.mean() - cut.mean())
    assert drawn.std() < was.std()
    # who was below the limit in other years is drawn nearer to it
    gap = (drawn - cut).groupby(data["worker"]).mean()
    always = found.data.groupby("worker")["imputed"].mean()[gap.index]
    assert gap[always == 1].mean() > gap[always < 0.4].mean() + 0.03


def test_one_cell_by_hand():
    data, _, _ = workers_and_years(np.random.default_rng(7), 400, years=2)
    data = data[(data["year"] == 2000) | (data["worker"] < 300)]
    limit = float(np.quantile(data["wage"], 0.8))
    data = data.assign(wage=np.minimum(data["wage"], limit)).reset_index(drop=True)
    found = impute_top_coded(data, limit, cells=(), age=None, seed=3)
    y, top = np.log(data["wage"]), data["wage"] == limit
    rows = []
    for i in range(len(data)):
        others = (data["worker"] == data["worker"][i]) & (data.index != i)
        alone = not others.any()
        rows.append(
            [
                1.0,
                y.groupby([data["worker"], data["year"]]).mean().mean()
                if alone
                else y[others].mean(),
                top.mean() if alone else top[others].mean(),
                float(alone),
            ]
        )
    model = censored_regression(np.array(rows), y.to_numpy(), top.to_numpy())
    assert found.cells["sigma"].tolist() == pytest.approx([model.sigma], rel=1e-9)
    assert found.cells[["rows", "at limit"]].to_numpy().tolist() == [
        [len(data), int(top.sum())]
    ]


def test_small_cells_are_pooled_and_said():
    data, limits, _ = workers_and_years(np.random.default_rng(8), 1_500)
    rare = data["worker"] < 15
    data.loc[rare, "education"] = "rare"
    found = impute_top_coded(data, limits, cells=("year", "education"))
    pooled = found.cells[found.cells["pooled"]]
    assert not found.cells["cell"].str.contains("rare").any()
    assert pooled["drawn"].sum() >= found.data.loc[rare, "imputed"].sum() > 0
    assert (found.cells["rows"] - found.cells["at limit"] >= 100).all()
    assert "pooled" in repr(found)


def test_draws_depend_on_the_seed_and_not_on_the_order_of_rows():
    data, limits, _ = workers_and_years(np.random.default_rng(9), 500)
    one = impute_top_coded(data, limits, seed=1).data
    shuffled = data.sample(frac=1, random_state=1)
    again = impute_top_coded(shuffled, limits, seed=1).data.sort_index()
    np.testing.assert_allclose(again["wage"], one["wage"], rtol=1e-8)
    other = impute_top_coded(data, limits, seed=2).data
    top = one["imputed"]
    assert (one.loc[top, "wage"] != other.loc[top, "wage"]).all()


def test_months_of_a_year_share_a_draw():
    data, limits, _ = workers_and_years(np.random.default_rng(10), 600)
    months = data.loc[data.index.repeat(3)].reset_index(drop=True)
    months["period"] = (
        3 * months["year"] + months.groupby(["worker", "year"]).cumcount()
    )
    panel = Panel(months, window=(5_000, 7_000))
    found = impute_top_coded(panel, limits)
    assert isinstance(found.data, Panel) and found.data.window == (5_000, 7_000)
    by_year = found.data.data.groupby(["worker", "year"])["wage"]
    assert (by_year.max() - by_year.min()).max() < 1e-9
    with pytest.raises(ValueError, match="impute before joining rows to spells"):
        impute_top_coded(found.data.spells(), limits)


def small(**change):
    data, _, _ = workers_and_years(np.random.default_rng(11), 60)
    return data.assign(wage=np.minimum(data["wage"], 60.0)).assign(**change)


@pytest.mark.parametrize(
    ("data", "limit", "options", "kind", "words"),
    [
        (small(), 60.0, {"method": "guess"}, ValueError, "choose one of 'tobit', 'fac"),
        (small(), 60.0, {"factor": 0.5}, ValueError, "factor = 0.5 must be"),
        (small(), 50.0, {}, ValueError, "wages exceed their limit"),
        (small(), {2000: 60.0}, {}, ValueError, "no value for 2001, 2002"),
        (small(), "cap", {}, ValueError, "lacks cap"),
        (small(wage=-1.0), 60.0, {}, ValueError, "have no log"),
        (small(), -1.0, {}, ValueError, "exceed their limit|greater than 0"),
        (small(), 60.0, {"cells": ("sex",)}, ValueError, "no column 'sex'"),
        (small(), 60.0, {"age": "years"}, ValueError, "no column 'years'"),
        (
            small(birth_year=1960), 60.0, {"age": "nosuch"}, ValueError,
            "no column 'nosuch': add one",
        ),
        (small(), 60.0, {"smallest": 10_000}, ValueError, "too few for a Tobit"),
        (small(), 60.0, {"seed": -1}, ValueError, "seed = -1"),
        (
            small().drop(columns="year"), {2000: 1}, {}, ValueError,
            "no column year and no dates",
        ),
        ([1], 60.0, {}, TypeError, "must be a pandas DataFrame"),
    ],
)  # fmt: skip
def test_bad_arguments_are_named(data, limit, options, kind, words):
    with pytest.raises(kind, match=words):
        impute_top_coded(data, limit, **options)


def test_nothing_at_the_limit_changes_nothing():
    data = small()
    found = impute_top_coded(data, 1e6)
    assert found.share == 0 and not found.data["imputed"].any()
    np.testing.assert_array_equal(found.data["wage"], data["wage"])


def test_records_take_years_from_dates_and_ages_from_births():
    data = small()
    born = data["year"] - data["age"]
    records = data.drop(columns=["year", "age", "period"]).assign(
        start=pd.to_datetime(data["year"].astype(str) + "-03-01"), birth_year=born
    )
    with_dates = impute_top_coded(records, 60.0, smallest=50, seed=1)
    with_years = impute_top_coded(data, 60.0, smallest=50, seed=1)
    np.testing.assert_allclose(with_dates.data["wage"], with_years.data["wage"])


def dated():
    """Records of one job a worker and year, from March to December."""
    data = small().drop(columns="period")
    years = data["year"].astype(str)
    start, end = (pd.to_datetime(years + day) for day in ("-03-01", "-12-31"))
    return data.assign(start=start, end=end)


def test_side_jobs_are_refused():
    jobs = dated()
    alone = impute_top_coded(jobs, 60.0, smallest=50)
    undated = impute_top_coded(jobs.drop(columns=["start", "end"]), 60.0, smallest=50)
    np.testing.assert_array_equal(alone.data["wage"], undated.data["wage"])
    side = jobs.iloc[[7]].assign(wage=3.0, start=jobs["end"][7], firm=-1)
    both = pd.concat([side, jobs], ignore_index=True)
    with pytest.raises(ValueError, match=r"overlap in row 0: call monthly_panel first"):
        impute_top_coded(both, 60.0)
    # the day after the main job's last one is shared with nobody
    side["start"] = side["end"] = jobs["end"][7] + pd.Timedelta(days=1)
    impute_top_coded(pd.concat([side, jobs], ignore_index=True), 60.0, smallest=50)
    # the factor uses each wage alone
    found = impute_top_coded(both, 60.0, method="factor").data["wage"]
    np.testing.assert_array_equal(found[1:] == 72.0, jobs["wage"] == 60.0)


def test_months_of_records_with_side_jobs_are_imputed_as_without():
    jobs = dated()
    side = jobs.sample(40, random_state=1).assign(firm=-1)
    side["wage"] /= 20
    both = monthly_panel(pd.concat([jobs, side]).drop(columns=["year", "age"]))
    alone = monthly_panel(jobs.drop(columns=["year", "age"]))
    found, wanted = (
        impute_top_coded(made.panel, 60.0, age=None, smallest=50)
        for made in (both, alone)
    )
    np.testing.assert_allclose(found.cells["sigma"], wanted.cells["sigma"])
