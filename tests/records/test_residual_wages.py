"""Residual wages against dense least squares on all dummies, and known components."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobteams_lab import Panel
from jobteams_lab.records.residual_wages import residual_wages

CURVES = {"low": (-2e-4, 0.0), "high": (-8e-4, 1e-5)}


def history(rng, workers, years, firms=5, *, months=1, noise=0.1, born=True):
    """Rows of workers with known effects of years, ages and firms."""
    worker = np.repeat(np.arange(workers), years * months)
    period = np.tile(np.arange(years * months), workers)
    year = 2000 + period // months
    age = year - (rng.integers(1945, 1975, workers)[worker] if born else 1950)
    education = rng.choice(list(CURVES), workers)[worker]
    firm = rng.integers(firms, size=(workers, years)).repeat(months, axis=1).ravel()
    effects = {
        "worker": rng.normal(0.0, 0.5, workers),
        "firm": rng.normal(0.0, 0.3, firms),
        "year": np.append(0.0, np.cumsum(rng.normal(0.02, 0.03, years - 1))),
    }
    curve = np.array([CURVES[word] for word in education]).reshape(-1, 2)
    y = effects["worker"][worker] + effects["firm"][firm] + effects["year"][year - 2000]
    y += curve[:, 0] * (age - 40.0) ** 2 + curve[:, 1] * (age - 40.0) ** 3
    error = rng.normal(0.0, noise, (workers, years)).repeat(months, axis=1).ravel()
    data = pd.DataFrame(
        {
            "worker": worker,
            "firm": firm,
            "period": period,
            "wage": np.exp(y + error),
            "year": year,
            "age": age,
            "education": education,
        }
    )
    return data, effects


def dense(data, *, firm_effects=False, by_education=False, weight=None):
    """Everything as dummies: coefficients of x by name, residuals, x, the design."""
    y = np.log(data["wage"].to_numpy())
    x = {}
    groups = sorted(set(data["education"]))
    for group in groups if by_education else [None]:
        here = np.ones(len(data), bool) if group is None else data["education"] == group
        for year in sorted(set(data.loc[here, "year"]))[1:]:
            name = f"year {year}" + ("" if group is None else f" × {group}")
            x[name] = ((data["year"] == year) & here).to_numpy(float)
    for power in (2, 3):
        for group in groups:
            column = np.where(data["education"] == group, data["age"] - 40.0, 0.0)
            x[f"age^{power} × {group}"] = column**power
    names, columns = list(x), np.column_stack(list(x.values()))
    dummies = [pd.get_dummies(data["worker"]).to_numpy(float)]
    if firm_effects:
        dummies.append(pd.get_dummies(data["firm"]).to_numpy(float))
    design = np.column_stack([columns, *dummies])
    root = np.ones(len(y)) if weight is None else np.sqrt(weight)
    scale = np.abs(design).max(0)
    solved = np.linalg.lstsq(design / scale * root[:, None], y * root, rcond=None)[0]
    found = solved / scale
    left = y - design @ found
    return pd.Series(found[: len(names)], names), left, columns, design


def clustered(data, left, columns, design, number):
    """Standard errors clustered by worker from the whole sandwich."""
    others = design[:, columns.shape[1] :]
    own = columns - others @ np.linalg.lstsq(others, columns, rcond=None)[0]
    bread = np.linalg.inv(own.T @ own)
    meat = np.zeros_like(bread)
    for worker in set(data["worker"]):
        here = (data["worker"] == worker).to_numpy()
        score = own[here].T @ left[here]
        meat += np.outer(score, score)
    return np.sqrt(np.diag(bread @ meat @ bread) * number / (number - 1))


@given(st.integers(0, 10**6), st.booleans(), st.booleans(), st.booleans())
@settings(max_examples=25, deadline=None)
def test_estimates_by_dense_least_squares(seed, firms, by_education, gaps):
    rng = np.random.default_rng(seed)
    data, _ = history(rng, 40, 6)
    if gaps:  # unbalanced, and rows in any order
        data = data.sample(frac=0.7, random_state=seed)
    found = residual_wages(
        Panel(data), firm_effects=firms, years_by_education=by_education
    )
    data = data.sort_values(["worker", "period"])
    slow, left, columns, design = dense(
        data, firm_effects=firms, by_education=by_education
    )
    assert found.dropped == () and found.time_share == 1
    assert found.coefficients.index.tolist() == slow.index.tolist()
    unit = np.abs(columns).max(0)
    np.testing.assert_allclose(found.coefficients * unit, slow * unit, atol=1e-8)
    y = np.log(data["wage"].to_numpy())
    index = columns @ slow.to_numpy()
    np.testing.assert_allclose(found.index, index, atol=1e-8)
    np.testing.assert_allclose(np.log(found.panel.data["wage"]), y - index, atol=1e-8)
    assert found.r_squared == pytest.approx(1 - left.var() / y.var(), abs=1e-9)
    effects = design[:, columns.shape[1] :]
    without = y - effects @ np.linalg.lstsq(effects, y, rcond=None)[0]
    assert found.within_r_squared == pytest.approx(
        1 - (left @ left) / (without @ without), abs=1e-8
    )
    assert found.index_share == pytest.approx(index.var() / y.var(), abs=1e-9)
    errors = clustered(data, left, columns, design, len(set(data["worker"])))
    np.testing.assert_allclose(
        found.standard_errors * unit, errors * unit, rtol=1e-5, atol=1e-9
    )
    fitted = found.worker_effect[np.unique(data["worker"], return_inverse=True)[1]]
    if firms:
        fitted = fitted + found.firm_effect[data["firm"]]
    np.testing.assert_allclose(fitted + index, y - left, atol=1e-8)


def test_iterative_firm_effects_are_the_direct_ones(monkeypatch):
    data, _ = history(np.random.default_rng(2), 60, 6, firms=8)
    direct = residual_wages(Panel(data), firm_effects=True)
    monkeypatch.setattr("jobteams_lab.records.within_regression.DIRECT", 0)
    iterated = residual_wages(Panel(data), firm_effects=True)
    for name in ("index", "worker_effect", "firm_effect", "standard_errors"):
        np.testing.assert_allclose(
            getattr(iterated, name), getattr(direct, name), rtol=1e-6, atol=1e-8
        )


def test_blocks_of_any_size_give_the_same(monkeypatch):
    data, _ = history(np.random.default_rng(3), 50, 5)
    whole = residual_wages(Panel(data), firm_effects=True)
    monkeypatch.setattr("jobteams_lab.records.within_regression.BLOCK", 7)
    parts = residual_wages(Panel(data), firm_effects=True)
    np.testing.assert_allclose(parts.index, whole.index, atol=1e-12)
    np.testing.assert_allclose(parts.worker_effect, whole.worker_effect, atol=1e-12)
    np.testing.assert_allclose(parts.standard_errors, whole.standard_errors, rtol=1e-8)


def test_months_are_weighted_as_the_years_that_they_make_up():
    data, _ = history(np.random.default_rng(4), 60, 5, months=12)
    monthly = Panel(data)
    found = residual_wages(monthly)
    yearly = data.groupby(["worker", "firm", "year"], as_index=False).agg(
        start=("period", "min"), months=("period", "size"), wage=("wage", "first"),
        age=("age", "first"), education=("education", "first"),
    )  # fmt: skip
    yearly["end"] = yearly["start"] + yearly.pop("months")
    again = residual_wages(Panel(yearly))
    np.testing.assert_allclose(again.coefficients, found.coefficients, rtol=1e-8)
    np.testing.assert_allclose(again.standard_errors, found.standard_errors, rtol=1e-8)
    assert again.r_squared == pytest.approx(found.r_squared, abs=1e-12)


def test_sums_of_rows_that_join_several_wages_are_rescaled():
    rng = np.random.default_rng(5)
    data, _ = history(rng, 30, 5, months=12, noise=0.0)
    data["wage"] *= np.exp(rng.normal(0.0, 0.2, len(data)))
    data["job"] = data["worker"] * 100 + data["year"] - 2000
    # one firm a year, so that a spell is a year
    joined = Panel(data.assign(firm=data["job"])).spells()
    found = residual_wages(joined)
    row = np.repeat(np.arange(len(joined)), 12)
    wages = data["wage"].to_numpy() * np.exp(-found.index[row])
    new = found.panel.data
    for name, values in (
        ("wage", wages / 12),
        ("wage_squares", wages**2),
        ("wage_logs", np.log(wages)),
    ):
        np.testing.assert_allclose(new[name], np.bincount(row, values), rtol=1e-10)
    by_month = residual_wages(Panel(data.assign(firm=data["job"])))
    np.testing.assert_allclose(by_month.coefficients, found.coefficients, rtol=1e-8)
    assert by_month.r_squared < found.r_squared


def test_known_components_come_back_within_standard_errors():
    rng = np.random.default_rng(6)
    data, effects = history(rng, 6_000, 8, firms=40, noise=0.15)
    found = residual_wages(Panel(data), firm_effects=True)
    truth = dict(
        zip([f"year {y}" for y in range(2001, 2008)], effects["year"][1:], strict=True)
    )
    for group, (square, cube) in CURVES.items():
        truth |= {f"age^2 × {group}": square, f"age^3 × {group}": cube}
    z = (found.coefficients - pd.Series(truth)) / found.standard_errors
    assert np.abs(z).max() < 3.5
    assert 0.4 < np.sqrt((z**2).mean()) < 1.6
    firm = effects["firm"] - effects["firm"][data["firm"]].mean()
    error = 0.15 / np.sqrt(np.bincount(data["firm"]))
    assert np.abs((found.firm_effect - firm) / error).max() < 4


def test_the_unit_of_wages_moves_the_worker_effects_alone():
    data, _ = history(np.random.default_rng(7), 50, 5)
    one = residual_wages(Panel(data))
    cents = residual_wages(Panel(data.assign(wage=100 * data["wage"])))
    np.testing.assert_allclose(cents.coefficients, one.coefficients, rtol=1e-9)
    np.testing.assert_allclose(
        cents.worker_effect, one.worker_effect + np.log(100), rtol=1e-12
    )
    np.testing.assert_allclose(
        cents.panel.data["wage"], 100 * one.panel.data["wage"], rtol=1e-10
    )


def test_age_by_itself_is_dropped_and_said():
    data, _ = history(np.random.default_rng(8), 80, 6)
    curved = residual_wages(Panel(data), education=None)
    found = residual_wages(Panel(data), education=None, powers=(1, 2, 3))
    assert found.dropped == ("age",) and "age" in found.report
    np.testing.assert_allclose(found.index, curved.index, atol=1e-10)
    # years of experience that may stand still are told from calendar years
    rng = np.random.default_rng(9)
    worked = np.cumsum(rng.integers(0, 2, (80, 6)), axis=1).ravel()
    found = residual_wages(
        Panel(data.assign(experience=worked)),
        age="experience", education=None, powers=(1, 2), centre=3,
    )  # fmt: skip
    assert found.dropped == ()
    assert "experience" in found.coefficients and "experience^2" in found.coefficients


def test_slopes_of_groups_are_told_apart_only_with_common_years():
    data, _ = history(np.random.default_rng(10), 80, 6)
    common = residual_wages(Panel(data), powers=(1, 2))
    assert common.dropped == ("age × low",)  # the last of them
    own = residual_wages(Panel(data), powers=(1, 2), years_by_education=True)
    assert set(own.dropped) == {"age × high", "age × low"}


@pytest.mark.parametrize(
    ("options", "count"),
    [
        ({"age": None}, 5),
        ({"year": None, "education": None}, 2),
        ({"year": None, "education": None, "powers": (1, 2, 3)}, 3),
        ({"education": None}, 7),
        ({"powers": (2,)}, 7),
    ],
)
def test_columns_may_be_absent(options, count):
    data, _ = history(np.random.default_rng(11), 60, 6)
    absent = [name for name in options if options[name] is None]
    found = residual_wages(Panel(data.drop(columns=absent)), **options)
    assert len(found.coefficients) == count


def test_firm_effects_use_the_largest_connected_set():
    data, _ = history(np.random.default_rng(12), 60, 6)
    apart = data["worker"] < 10
    split = data.assign(firm=np.where(apart, data["firm"] + 100, data["firm"]))
    found = residual_wages(Panel(split), firm_effects=True)
    inside, _, columns, _ = dense(split[~apart], firm_effects=True)
    unit = np.abs(columns).max(0)
    np.testing.assert_allclose(found.coefficients * unit, inside * unit, atol=1e-8)
    assert np.isnan(found.worker_effect[:10]).all()
    assert np.isfinite(found.worker_effect[10:]).all()
    assert found.time_share == pytest.approx((~apart).mean())
    assert np.isfinite(found.panel.data["wage"]).all()


def test_a_panel_keeps_its_window_origins_and_columns():
    data, _ = history(np.random.default_rng(13), 30, 5)
    data["origin"], data["sector"] = "unemployment", "x"
    panel = Panel(data, window=(-3, 20))
    new = residual_wages(panel).panel
    assert new.window == panel.window
    kept = panel.data.columns.drop("wage")
    pd.testing.assert_frame_equal(new.data[kept], panel.data[kept])


def small(**change):
    data, _ = history(np.random.default_rng(14), 30, 4)
    return data.assign(**change)


@pytest.mark.parametrize(
    ("data", "options", "kind", "words"),
    [
        (small(wage=0.0), {}, ValueError, "wages are zero or negative, in rows"),
        (small().drop(columns="age"), {}, ValueError, "no column 'age': add one"),
        (small(year=np.nan), {}, ValueError, "'year' has no value in rows"),
        (small(age="old"), {}, TypeError, "must hold numbers"),
        (small(age=np.inf), {}, ValueError, "not finite in rows"),
        (small(), {"powers": (0,)}, ValueError, "each of powers = 0"),
        (
            small(),
            {"powers": (2, 2)},
            ValueError,
            r"powers = \(2, 2\) has a power twice",
        ),
        (small(), {"centre": "x"}, TypeError, "centre must be a number"),
        (small(), {"year": None, "age": None}, ValueError, "Neither years nor ages"),
        (small(year=2000, age=40), {}, ValueError, "varies within workers"),
        (small(firm=3), {"firm_effects": True}, ValueError, "seen at two firms"),
    ],
)
def test_bad_panels_and_arguments_are_named(data, options, kind, words):
    with pytest.raises(kind, match=words):
        residual_wages(Panel(data), **options)


def test_rows_longer_than_a_year_have_no_year():
    data = small()
    long = data.drop(columns="period").assign(start=50 * data["period"])
    long["end"] = long["start"] + np.where(data["period"] == 0, 50, 12)
    with pytest.raises(ValueError, match=r"Row 0 runs over 50 months and has one year"):
        residual_wages(Panel(long))
    assert len(residual_wages(Panel(long), year=None).panel) == len(long)
    short = long[data["period"] > 0]
    assert len(residual_wages(Panel(short)).panel) == len(short)
    months, _ = history(np.random.default_rng(15), 30, 3, firms=1, months=12)
    joined = Panel(months).spells()
    with pytest.raises(ValueError, match=r"36 months .* \(so do 29 more\): give mon"):
        residual_wages(joined)


def test_what_is_no_panel_is_refused():
    with pytest.raises(TypeError, match="takes a Panel, not DataFrame"):
        residual_wages(small())


def test_words():
    found = residual_wages(Panel(small()))
    assert "0 dropped" in repr(found)
    assert list(found.table) == ["estimate", "standard error"]
    assert "of the variance of log wages" in found.report
