"""The three statistics of a worker's own wages."""

import numpy as np
import pandas as pd
import pytest
from plain_ranking import random_panel

from jobteams_lab.identification.wage_orders import ORDERS, wage_orders
from jobteams_lab.panel import Panel

COLUMNS = ["worker", "firm", "start", "end", "wage", "origin"]


def panel_of(*rows, window=(0, 100)):
    return Panel(pd.DataFrame(rows, columns=COLUMNS), window=window)


def test_by_hand():
    panel = panel_of(
        (1, 1, 0, 40, 3.0, "unknown"),
        (1, 2, 50, 60, 2.0, "unemployment"),
        (1, 1, 70, 90, 6.0, "unemployment"),
        (2, 2, 0, 100, 5.0, "unknown"),
    )
    orders = wage_orders(panel)
    # worker 1 earns 4 at firm 1 over 60 months, 2 at firm 2; out of work for 30
    # months, and hired at 2 and at 6
    np.testing.assert_allclose(orders.lowest, [2.0, 5.0])
    np.testing.assert_allclose(orders.highest, [4.0, 5.0])
    np.testing.assert_allclose(orders.adjusted_average, [2.0 + 4.0 / 30.0, 5.0])
    np.testing.assert_array_equal(orders.rank("highest"), [1, 2])


def test_with_job_to_job_moves_only_hires_from_unemployment_count():
    panel = panel_of(
        (1, 1, 10, 40, 3.0, "unemployment"),
        (1, 2, 40, 80, 1.0, "firm"),
        (2, 2, 0, 100, 9.0, "unknown"),
    )
    orders = wage_orders(panel)
    np.testing.assert_allclose(orders.lowest, [3.0, np.nan])
    np.testing.assert_allclose(orders.adjusted_average, [3.0, np.nan])
    np.testing.assert_array_equal(orders.rank("lowest"), [1, np.nan])
    every = wage_orders(panel, origins=("unemployment", "firm", "unknown"))
    np.testing.assert_allclose(every.lowest, [1.0, 9.0])


def test_equals_a_loop_over_workers():
    panel = random_panel(30, 5, seed=3)
    orders = wage_orders(panel)
    opening, closing = panel.window
    for i, worker in enumerate(panel.workers):
        own = panel.data[panel.data["worker"] == worker]
        cells = [
            np.average(at["wage"], weights=at["time"]) for _, at in own.groupby("firm")
        ]
        assert orders.lowest[i] == pytest.approx(min(cells))
        assert orders.highest[i] == pytest.approx(max(cells))
        months = {
            t
            for a, b in zip(own["start"], own["end"], strict=True)
            for t in range(a, b)
        }
        searched = (closing - opening) - len(months)
        hired = own.loc[own["start"] > opening, "wage"]
        average = (hired.sum() + (searched - len(hired)) * min(cells)) / searched
        assert orders.adjusted_average[i] == pytest.approx(average)


def test_adjusted_average_is_result_1_iv_in_a_long_panel():
    # hires come with probability 0.2 a month out of work, at 1 or 3 with equal odds
    rng = np.random.default_rng(8)
    rows, t = [], 0
    for _ in range(20_000):
        t += int(rng.geometric(0.2))
        firm = int(rng.integers(2))
        rows.append((1, firm, t, t + 3, 1.0 + 2.0 * firm, "unemployment"))
        t += 3
    found = wage_orders(panel_of(*rows, window=(0, t))).adjusted_average[0]
    # w_min + 0.2 · E[w − w_min]; the standard error is about 0.2/√20,000 · √1.8
    assert abs(found - 1.2) < 4 * 0.2 * np.sqrt(1.8 / 20_000)


def test_ties_are_broken_at_random():
    panel = panel_of(*[(i, 1, 0, 10, 1.0, "unknown") for i in range(400)])
    orders = wage_orders(panel)
    ranks = [orders.rank("lowest", seed) for seed in (0, 1)]
    assert sorted(ranks[0]) == list(range(1, 401))
    assert abs(np.corrcoef(ranks[0], panel.workers)[0, 1]) < 4 / np.sqrt(400)
    assert abs(np.corrcoef(*ranks)[0, 1]) < 4 / np.sqrt(400)


def test_refusals():
    panel = panel_of((1, 1, 0, 10, 1.0, "firm"))
    with pytest.raises(ValueError, match="No spell has the origin 'unemployment'"):
        wage_orders(panel)
    with pytest.raises(ValueError, match="origin = 'poached' is not known"):
        wage_orders(panel, origins=["poached"])
    with pytest.raises(ValueError, match="by = 'median' is not known"):
        wage_orders(panel, origins="firm").rank("median")
    assert ORDERS == ("lowest", "highest", "adjusted_average")
