"""α from shocks to firms: a slow route, closed loops, bad input."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from jobteams_lab import Panel
from jobteams_lab.identification import (
    PAM,
    Economy,
    MatchQuality,
    Types,
    simulate,
    solve,
)
from jobteams_lab.identification.bargaining_power import bargaining_power_from_firms
from jobteams_lab.identification.firm_shocks import add_firm_shocks

SMALL = {"worker_types": Types.uniform(10), "firm_types": Types.uniform(10)}


def economy(power=0.5):
    return solve(Economy(PAM, bargaining_power=power, **SMALL))


def test_shocks_add_up():
    q = economy(0.3)
    panel = simulate(q, 300, 10, 24, seed=1)
    still = add_firm_shocks(panel, q, 0.0, seed=2)
    assert still.is_monthly
    assert len(still) == panel.duration.sum()
    np.testing.assert_allclose(still.data["wage"], still.data["true_wage"])
    moved = add_firm_shocks(panel, q, 0.2, seed=2)
    # one ε a firm and month, in wages and in output
    raise_ = (moved.data["wage"] - still.data["wage"]) / 0.3
    more = moved.data["output_per_worker"] - still.data["output_per_worker"]
    np.testing.assert_allclose(raise_, more, atol=1e-12)
    one = moved.data.groupby(["firm", "start"])["output_per_worker"].nunique()
    assert (one == 1).all()
    row = moved.data.iloc[100]
    there = still.data[
        (still.data["firm"] == row["firm"]) & (still.data["start"] == row["start"])
    ]
    made = q.economy.output[there["worker_type"], there["firm_type"]].mean()
    assert there["output_per_worker"].iloc[0] == pytest.approx(made)
    assert more.std() == pytest.approx(0.2, rel=0.2)


def plain_estimate(panel, half):
    """The estimator by loops over firms and months, net of each month's mean."""
    wages = {
        (row.worker, row.firm, row.start): row.wage for row in panel.data.itertuples()
    }
    output = {
        (row.firm, row.start): row.output_per_worker for row in panel.data.itertuples()
    }
    cells = {}
    for (worker, firm, month), wage in wages.items():
        if (worker, firm, month - 1) in wages:
            growth = wage - wages[worker, firm, month - 1]
            cells.setdefault((firm, month), ([], []))[half[worker]].append(growth)
    rows = pd.DataFrame(
        [
            (
                month,
                np.mean(a),
                np.mean(b),
                output[firm, month] - output[firm, month - 1],
            )
            for (firm, month), (a, b) in cells.items()
            if a and b
        ],
        columns=["month", "a", "b", "y"],
    )
    rows = rows - rows.groupby("month").transform("mean")
    return 2 * (rows.a @ rows.b) / (rows.y @ (rows.a + rows.b)), len(rows)


def test_estimate_is_that_of_plain_loops():
    q = economy()
    panel = add_firm_shocks(
        simulate(q, 400, 12, 18, seed=3), q, 0.05, noise_sd=0.05, seed=4
    )
    found = bargaining_power_from_firms(panel, seed=7)
    draws = np.random.default_rng(7).random(len(panel.workers)) < 0.5
    half = {
        worker: int(draw) for worker, draw in zip(panel.workers, draws, strict=True)
    }
    expected, rows = plain_estimate(panel, half)
    assert found.bargaining_power == pytest.approx(expected, rel=1e-9)
    assert found.firm_months == rows
    assert found.firms == 12


@pytest.mark.parametrize("power", [0.3, 0.5, 0.7])
def test_bargaining_power_is_recovered(power):
    q = economy(power)
    panel = add_firm_shocks(
        simulate(q, 3000, 60, 60, seed=5),
        q,
        0.05,
        noise_sd=0.1,
        output_error_sd=0.04,
        seed=6,
    )
    found = bargaining_power_from_firms(panel)
    assert abs(found.bargaining_power - power) < 3 * found.standard_error
    assert found.standard_error < 0.03
    # Var(ε)/(Var(ε) + error's) = 0.61, less still with turnover
    assert found.least_squares < 0.65 * power
    assert found.first_stage > 5


def test_the_noiseless_case_is_exact_without_turnover():
    # two workers who stay and one firm's shocks: wages move by α Δε and nothing else
    rng = np.random.default_rng(8)
    rows = [
        (f"w{k}{firm}", firm, t, 1 + k + 0.4 * e, 2 + e)
        for firm in range(5)
        for t, e in enumerate(rng.standard_normal(20))
        for k in range(8)
    ]
    names = ["worker", "firm", "period", "wage", "output_per_worker"]
    panel = Panel(pd.DataFrame(rows, columns=names))
    found = bargaining_power_from_firms(panel)
    assert found.bargaining_power == pytest.approx(0.4, abs=1e-12)
    assert found.least_squares == pytest.approx(0.4, abs=1e-12)
    assert found.standard_error < 1e-12


@pytest.mark.slow
def test_standard_errors_cover():
    q = economy()
    score = []
    for seed in range(60):
        panel = add_firm_shocks(
            simulate(q, 1000, 40, 24, seed=seed), q, 0.05, noise_sd=0.1, seed=seed
        )
        found = bargaining_power_from_firms(panel)
        score.append((found.bargaining_power - 0.5) / found.standard_error)
    # mean within three standard errors, spread within what 60 draws allow
    assert abs(np.mean(score)) < 3 / np.sqrt(60)
    assert 0.75 < np.std(score) < 1.3


def test_bad_input():
    q = economy()
    panel = simulate(q, 200, 10, 12, seed=1)
    with pytest.raises(ValueError, match=r"sd = -1 must be"):
        add_firm_shocks(panel, q, -1.0, seed=1)
    bare = Panel(panel.data.drop(columns="true_wage"), panel.window)
    with pytest.raises(ValueError, match="no column true_wage"):
        add_firm_shocks(bare, q, 0.1, seed=1)
    moving = replace(q, economy=replace(q.economy, search_intensity_employed=0.2))
    with pytest.raises(ValueError, match="benchmark without match quality"):
        add_firm_shocks(panel, moving, 0.1, seed=1)
    drawn = replace(q, economy=replace(q.economy, match_quality=MatchQuality.normal()))
    with pytest.raises(ValueError, match="benchmark without match quality"):
        add_firm_shocks(panel, drawn, 0.1, seed=1)
    with pytest.raises(ValueError, match=r"call Panel\.months first"):
        bargaining_power_from_firms(panel)
    monthly = panel.months()
    with pytest.raises(ValueError, match="no column 'sales'"):
        bargaining_power_from_firms(monthly, output="sales")
    with pytest.raises(ValueError, match="differs among the rows"):
        bargaining_power_from_firms(monthly, output="true_wage")
    alone = simulate(q, 20, 20, 12, seed=1)
    with pytest.raises(ValueError, match="give larger firms"):
        bargaining_power_from_firms(add_firm_shocks(alone, q, 0.1, seed=1))
