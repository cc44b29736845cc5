"""Fixed effects against dense least squares on dummies, and their correction."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobteams_lab import Panel
from jobteams_lab.fixed_effects import Moments, fixed_effects
from jobteams_lab.limited_mobility import corrected_moments


def jobs(rng, workers, firms, each=3, *, wage=None):
    """A table of jobs that last 1 to 12 months, at firms drawn at random."""
    worker = np.repeat(np.arange(workers), each)
    firm = rng.integers(firms, size=len(worker))
    length = rng.integers(1, 13, size=(workers, each))
    end = np.cumsum(length, axis=1)
    if wage is None:
        wage = np.exp(rng.normal(0.0, 0.3, len(worker)))
    return pd.DataFrame(
        {
            "worker": worker,
            "firm": firm,
            "start": (end - length).ravel(),
            "end": end.ravel(),
            "wage": wage,
        }
    )


def by_search(table):
    """Largest connected set in time worked, by walking from firm to firm."""
    left, best = set(table["firm"]), (0, set())
    while left:
        group, grown = {left.pop()}, True
        while grown:
            staff = set(table.loc[table["firm"].isin(group), "worker"])
            wider = set(table.loc[table["worker"].isin(staff), "firm"])
            grown, group = wider != group, wider
        left -= group
        inside = table[table["firm"].isin(group)]
        best = max(best, (int((inside["end"] - inside["start"]).sum()), group),
                   key=lambda one: one[0])  # fmt: skip
    return best[1]


def with_dummies(table, y, weight):
    """Effects of every worker and firm in the table by dense least squares."""
    workers, worker = np.unique(table["worker"], return_inverse=True)
    firms, firm = np.unique(table["firm"], return_inverse=True)
    design = np.zeros((len(table), len(workers) + len(firms)))
    design[np.arange(len(table)), worker] = 1.0
    design[np.arange(len(table)), len(workers) + firm] = 1.0
    root = np.sqrt(weight)
    found = np.linalg.lstsq(design * root[:, None], y * root, rcond=None)[0]
    alpha, psi = found[: len(workers)], found[len(workers) :]
    level = np.average(psi[firm], weights=weight)
    return workers, firms, alpha + level, psi - level, design


@pytest.mark.parametrize("logs", [True, False])
@pytest.mark.parametrize("solver", ["direct", "iterative"])
def test_rows_by_dense_least_squares(solver, logs):
    # 40 workers in two jobs and 30 firms: the graph falls into several parts
    table = jobs(np.random.default_rng(4), 40, 30, each=2)
    kept = by_search(table)
    inside = table[table["firm"].isin(kept)]
    assert 0 < len(inside) < len(table)
    months = (inside["end"] - inside["start"]).to_numpy(float)
    wage = inside["wage"].to_numpy()
    y = np.log(wage) if logs else wage
    workers, firms, alpha, psi, _ = with_dummies(inside, y, months)

    found = fixed_effects(Panel(table), logs=logs, solver=solver)
    assert found.workers.tolist() == workers.tolist()
    assert found.firms.tolist() == firms.tolist()
    np.testing.assert_allclose(found.worker_effect, alpha, atol=1e-8)
    np.testing.assert_allclose(found.firm_effect, psi, atol=1e-8)
    assert found.normal_residual < 1e-8
    assert (found.iterations == 0) is (solver == "direct")
    assert found.firm_share == len(firms) / table["firm"].nunique()
    assert found.worker_share == len(workers) / 40
    whole = (table["end"] - table["start"]).sum()
    assert found.time_share == pytest.approx(months.sum() / whole, rel=1e-14)


@pytest.mark.parametrize("solver", ["direct", "iterative"])
def test_matches_may_count_once_each(solver):
    table = jobs(np.random.default_rng(5), 60, 8)
    cells = Panel(table).cells(logs=True)
    y = (cells["wage_logs"] / cells["time"]).to_numpy()
    *_, alpha, psi, _ = with_dummies(cells, y, np.ones(len(cells)))
    found = fixed_effects(Panel(table), weights="match", solver=solver)
    np.testing.assert_allclose(found.worker_effect, alpha, atol=1e-8)
    np.testing.assert_allclose(found.firm_effect, psi, atol=1e-8)


def test_moments_are_those_of_the_effects_over_months():
    table = jobs(np.random.default_rng(6), 50, 6)
    panel = Panel(table)
    found = fixed_effects(panel)
    monthly = panel.months().data.merge(
        panel.cells(logs=True).assign(y=lambda c: c["wage_logs"] / c["time"]),
        on=["worker", "firm"],
    )
    a = found.worker_effect[np.searchsorted(found.workers, monthly["worker"])]
    p = found.firm_effect[np.searchsorted(found.firms, monthly["firm"])]
    both = np.cov(a, p, bias=True)
    assert found.moments.worker == pytest.approx(both[0, 0], rel=1e-12)
    assert found.moments.firm == pytest.approx(both[1, 1], rel=1e-12)
    assert found.moments.covariance == pytest.approx(both[0, 1], rel=1e-11)
    assert found.moments.residual == pytest.approx(np.var(monthly["y"] - a - p))
    assert found.moments.total == pytest.approx(np.var(monthly["y"]), rel=1e-12)
    assert found.sorting == pytest.approx(np.corrcoef(a, p)[0, 1], rel=1e-11)
    assert sum(found.moments.shares.values()) == pytest.approx(1.0, rel=1e-14)
    assert found.r_squared == pytest.approx(
        np.corrcoef(monthly["y"], a + p)[0, 1] ** 2, rel=1e-10
    )


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), shift=st.floats(-2, 2), logs=st.booleans())
def test_wages_that_add_up_are_recovered(seed, shift, logs):
    rng = np.random.default_rng(seed)
    table = jobs(rng, 30, 5)
    alpha, psi = rng.normal(size=30), rng.normal(size=5)
    y = shift + alpha[table["worker"]] + psi[table["firm"]]
    table["wage"] = np.exp(y) if logs else y
    found = fixed_effects(Panel(table), logs=logs)
    inside = table["firm"].isin(found.firms)
    gaps = psi[found.firms] - found.firm_effect
    np.testing.assert_allclose(gaps, gaps[0], atol=1e-11)
    fitted = (
        found.worker_effect[np.searchsorted(found.workers, table["worker"][inside])]
        + found.firm_effect[np.searchsorted(found.firms, table["firm"][inside])]
    )
    np.testing.assert_allclose(fitted, y[inside], atol=1e-11)
    assert found.moments.residual < 1e-20


def test_order_names_and_monthly_rows_do_not_matter():
    table = jobs(np.random.default_rng(7), 40, 6)
    found = fixed_effects(Panel(table))
    shuffled = Panel(table).months().data.sample(frac=1.0, random_state=1)
    shuffled["worker"] = shuffled["worker"].map("w{:03d}".format)
    again = fixed_effects(Panel(shuffled[["worker", "firm", "start", "end", "wage"]]))
    assert again.workers[0] == "w000"
    np.testing.assert_allclose(again.firm_effect, found.firm_effect, atol=1e-12)
    np.testing.assert_allclose(again.worker_effect, found.worker_effect, atol=1e-12)


def test_many_firms_are_solved_by_iteration():
    table = jobs(np.random.default_rng(8), 20_000, 2_500, each=4)
    found = fixed_effects(Panel(table), tol=1e-12)
    assert found.iterations > 0
    direct = fixed_effects(Panel(table), solver="direct")
    np.testing.assert_allclose(found.firm_effect, direct.firm_effect, atol=1e-9)


def dense_bias(table, y, weight):
    """σ² and the four biases by traces of the whole covariance matrix of effects."""
    workers, firms, alpha, psi, design = with_dummies(table, y, weight)
    share = weight / weight.sum()
    n = len(workers)
    left = y - design @ np.append(alpha, psi)
    free = len(y) - n - len(firms) + 1
    noise = weight @ left**2 / free
    covariance = noise * np.linalg.pinv(design.T @ (design * weight[:, None]))
    centre = np.diag(share) - np.outer(share, share)
    a, p = design.copy(), design.copy()
    a[:, n:], p[:, :n] = 0.0, 0.0
    forms = (a.T @ centre @ a, p.T @ centre @ p, a.T @ centre @ p)
    return noise, [float(np.trace(form @ covariance)) for form in forms]


@pytest.mark.parametrize("weights", ["time", "match"])
def test_bias_by_dense_traces(weights):
    table = jobs(np.random.default_rng(9), 40, 9, each=2)
    panel = Panel(table)
    found = fixed_effects(panel, weights=weights)
    cells = panel.cells(logs=True)
    assert found.time_share == 1.0
    weight = cells["time"].to_numpy() if weights == "time" else np.ones(len(cells))
    y = (cells["wage_logs"] / cells["time"]).to_numpy()
    noise, (worker, firm, covariance) = dense_bias(cells, y, weight)
    clean = corrected_moments(found)
    assert clean.error_variance == pytest.approx(noise, rel=1e-10)
    assert clean.bias.worker == pytest.approx(worker, rel=1e-9)
    assert clean.bias.firm == pytest.approx(firm, rel=1e-9)
    assert clean.bias.covariance == pytest.approx(covariance, rel=1e-9)
    assert clean.bias.covariance < 0 < clean.bias.firm
    assert clean.moments.firm == pytest.approx(found.moments.firm - firm, rel=1e-9)
    # what is taken from one part is given to another: the total stays
    assert clean.moments.total == pytest.approx(found.moments.total, rel=1e-12)
    assert clean.trace_error == 0.0


def test_corrected_moments_are_right_on_average():
    rng = np.random.default_rng(10)
    table = jobs(rng, 60, 8, each=2)
    alpha, psi = rng.normal(0, 0.3, 60), rng.normal(0, 0.3, 8)
    months = (table["end"] - table["start"]).to_numpy()
    mean = alpha[table["worker"]] + psi[table["firm"]]
    a, p = alpha[table["worker"]], psi[table["firm"]]
    truth = np.cov(a, p, aweights=months, ddof=0)
    drawn, raw = [], []
    for _ in range(300):
        noise = rng.normal(0.0, 1 / np.sqrt(months))
        found = fixed_effects(Panel(table.assign(wage=mean + noise)), logs=False)
        clean = corrected_moments(found).moments
        drawn.append([clean.worker, clean.firm, clean.covariance])
        raw.append([found.moments.worker, found.moments.firm, found.moments.covariance])
    error = np.std(drawn, axis=0) / np.sqrt(len(drawn))
    right = np.array([truth[0, 0], truth[1, 1], truth[0, 1]])
    assert np.all(np.abs(np.mean(drawn, axis=0) - right) < 4 * error)
    assert np.all(np.abs(np.mean(raw, axis=0) - right) > 8 * error)


def test_the_trace_may_be_drawn():
    found = fixed_effects(Panel(jobs(np.random.default_rng(11), 300, 40, each=2)))
    exact = corrected_moments(found, trace="exact")
    drawn = corrected_moments(found, trace="draws", draws=400, seed=3)
    assert 0 < drawn.trace_error < 0.1 * exact.trace
    assert abs(drawn.trace - exact.trace) < 4 * drawn.trace_error
    again = corrected_moments(found, trace="draws", draws=400, seed=3)
    assert drawn.trace == again.trace


def test_sorting_has_no_value_without_variance():
    assert math.isnan(Moments(1.0, -0.1, 0.1, 0.0).sorting)
    assert Moments(4.0, 1.0, 1.0, 0.0).sorting == 0.5


def stayers(firms):
    return Panel(
        pd.DataFrame(
            {
                "worker": [0, 1, 2],
                "firm": firms,
                "start": 0,
                "end": 5,
                "wage": [1.0, 2.0, 3.0],
            }
        )
    )


@pytest.mark.parametrize("firms", [[0, 1, 2], [0, 0, 0]])
def test_somebody_must_change_firm(firms):
    with pytest.raises(ValueError, match=r"No worker is seen at two firms, .*: give"):
        fixed_effects(stayers(firms))


def test_refusals():
    rng = np.random.default_rng(12)
    panel = Panel(jobs(rng, 30, 5))
    with pytest.raises(ValueError, match="solver = 'lu' is not known"):
        fixed_effects(panel, solver="lu")
    with pytest.raises(ValueError, match="weights = 'wage' is not known"):
        fixed_effects(panel, weights="wage")
    with pytest.raises(ValueError, match="tol = 0 must be"):
        fixed_effects(panel, tol=0.0)
    with pytest.raises(ValueError, match=r"logs=False their levels: 90 .* have no log"):
        fixed_effects(Panel(jobs(rng, 30, 5, wage=np.zeros(90))))
    with pytest.raises(RuntimeError, match="after 1 iterations: raise max_iterations"):
        fixed_effects(panel, solver="iterative", max_iterations=1)
    found = fixed_effects(panel)
    with pytest.raises(ValueError, match="trace = 'guess' is not known"):
        corrected_moments(found, trace="guess")
    with pytest.raises(ValueError, match="draws = 1 must be"):
        corrected_moments(found, draws=1)


def test_a_tree_leaves_nothing_for_the_noise():
    table = pd.DataFrame(
        {
            "worker": [0, 0, 1, 1],
            "firm": [0, 1, 1, 2],
            "start": [0, 5, 0, 5],
            "end": [5, 9, 5, 9],
            "wage": [1.0, 2.0, 3.0, 5.0],
        }
    )
    found = fixed_effects(Panel(table), logs=False)
    assert found.degrees_of_freedom == 0
    np.testing.assert_allclose(np.diff(found.firm_effect), [1.0, 2.0])
    with pytest.raises(ValueError, match="σ² is not identified"):
        corrected_moments(found)


def test_what_it_prints():
    found = fixed_effects(Panel(jobs(np.random.default_rng(13), 30, 5)))
    assert repr(found).startswith("FixedEffects: 30 workers and 5 firms (100.0% of")
