"""Person, firm and friction: by all pairs of rows, and against the model."""

import numpy as np
import pandas as pd
import pytest
from auction_examples import BETA, MONTHLY, NOTES
from scipy import stats

from jobteams_lab import Panel
from jobteams_lab.sequential_auctions import Economy, decompose, simulate, solve

PARTS = ("person", "firm", "friction")
ABILITY = stats.lognorm(0.3)


def economy(logs, rates=NOTES, ability=ABILITY):
    return solve(
        Economy(
            **rates, productivity=BETA, ability=ability, risk_aversion=float(logs)
        )
    )  # fmt: skip


def by_all_pairs(panel, logs, copies=None):
    """The two covariances over pairs of rows; worker i stands copies[i] times."""
    rows = panel.data.to_dict("records")
    cycles = panel.cycles()
    copies = np.ones(len(panel.workers)) if copies is None else copies
    weight = [copies[code] for code in panel.worker_codes]
    value = [np.log(row["wage"]) if logs else row["wage"] for row in rows]
    time = [row["end"] - row["start"] for row in rows]
    # around the panel's mean: firms' pairs of workers and their time weigh differently
    centre = np.average(value, weights=time)
    value = [x - centre for x in value]
    n = range(len(rows))

    early = late = both = total = 0.0
    pairs = {}
    for i in n:
        for j in n:
            t = time[i] * time[j]
            if rows[i]["worker"] == rows[j]["worker"]:
                if cycles[i] < cycles[j]:
                    t *= weight[i]
                    total += t
                    early += t * value[i]
                    late += t * value[j]
                    both += t * value[i] * value[j]
            elif rows[i]["firm"] == rows[j]["firm"]:
                t *= weight[i] * weight[j]
                found = pairs.setdefault(rows[i]["firm"], [0.0, 0.0])
                found[0] += t
                found[1] += t * value[i] * value[j]
    early, late = early / total, late / total
    person = both / total - early * late

    at = {}
    for i in n:
        found = at.setdefault(rows[i]["firm"], [0.0, 0.0])
        found[0] += weight[i] * time[i]
        found[1] += weight[i] * time[i] * value[i]
    used = [f for f in pairs if pairs[f][0] > 0]
    share = np.array([at[f][0] for f in used])
    products = np.array([pairs[f][1] / pairs[f][0] for f in used])
    average = sum(at[f][1] for f in used) / share.sum()
    firm = share @ products / share.sum() - average**2

    mass = np.array(weight) * time
    mean, square = (np.average(np.array(value) ** k, weights=mass) for k in (1, 2))
    if not logs:
        spread = person / ((early + centre) * (late + centre))
        person = (square + 2 * centre * mean + centre**2) * spread / (1 + spread)
    coverage = share.sum() / mass.sum()
    return person, firm, square - mean**2 - person - firm, coverage


@pytest.fixture(scope="module", params=[True, False], ids=["logs", "levels"])
def small(request):
    logs = request.param
    return simulate(economy(logs), 25, 60, seed=4, firms=10), logs


def test_by_all_pairs_of_rows(small):
    panel, logs = small
    found = decompose(panel, logs=logs, bootstrap=0)
    expected = by_all_pairs(panel, logs)
    values = [*(getattr(found, part) for part in PARTS), found.coverage]
    assert values == pytest.approx(expected, rel=1e-9)
    assert found.intervals == {}
    assert found.logs is logs


def test_only_firms_with_several_workers_cover(small):
    panel, logs = small
    data = panel.data.assign(firm=panel.data["firm"].astype(int))
    alone = data["worker"] == data["worker"].iloc[0]
    data.loc[alone, "firm"] = 99
    panel = Panel(data, window=panel.window)
    found = decompose(panel, logs=logs, bootstrap=0)
    _, firm, _, coverage = by_all_pairs(panel, logs)
    assert found.firm == pytest.approx(firm)
    assert found.coverage == pytest.approx(coverage)
    assert coverage <= 1 - panel.time[alone].sum() / panel.time.sum() + 1e-12


def test_bootstrap_draws_workers(small):
    # the copies of one worker are one person, and no pair of workers
    panel, logs = small
    rng, draws = np.random.default_rng(5), []
    people = len(panel.workers)
    for _ in range(4):
        copies = np.bincount(rng.integers(people, size=people), minlength=people)
        draws.append(by_all_pairs(panel, logs, copies)[:3])
    found = decompose(panel, logs=logs, bootstrap=4, seed=5, level=1.0)
    for part, values in zip(PARTS, np.transpose(draws), strict=True):
        assert found.intervals[part] == pytest.approx((values.min(), values.max()))
        shares = values / np.sum(draws, axis=1)
        expected = shares.min(), shares.max()
        assert found.intervals[f"{part}_share"] == pytest.approx(expected)


def test_intervals_reproduce_and_widen_with_their_level(small):
    panel, logs = small
    one, again = (decompose(panel, logs=logs, seed=1) for _ in range(2))
    assert one == again
    assert decompose(panel, logs=logs, seed=2).intervals != one.intervals
    narrow = decompose(panel, logs=logs, seed=1, level=0.5)
    for name, (low, high) in one.intervals.items():
        inner = narrow.intervals[name]
        assert low < inner[0] < inner[1] < high
    assert narrow.person == one.person


def test_parts_are_the_variance(small):
    panel, logs = small
    wage, time = panel.data["wage"], panel.time
    value = np.log(wage) if logs else wage
    mean = np.average(value, weights=time)
    found = decompose(panel, logs=logs, bootstrap=0)
    assert found.total == pytest.approx(np.average((value - mean) ** 2, weights=time))
    assert sum(found.shares.values()) == pytest.approx(1.0)


def test_order_and_names_do_not_matter(small):
    panel, logs = small
    data = panel.data.sample(frac=1, random_state=1)
    data["firm"] = [f"f{firm * 37 % 11}" for firm in data["firm"]]
    again = decompose(Panel(data, window=panel.window), logs=logs, bootstrap=0)
    found = decompose(panel, logs=logs, bootstrap=0)
    values, others = ([getattr(d, part) for part in PARTS] for d in (again, found))
    assert values == pytest.approx(others, rel=1e-9)


@pytest.mark.parametrize("rates", [NOTES, MONTHLY], ids=["notes", "monthly"])
@pytest.mark.parametrize("logs", [True, False], ids=["logs", "levels"])
def test_finds_the_parts_of_the_model(logs, rates):
    equilibrium = economy(logs, {**rates, "discount_rate": 0.05})
    panel = simulate(equilibrium, 8_000, 120, seed=6, firms=400)
    found = decompose(panel, logs=logs)
    truth = equilibrium.variance_decomposition(logs)
    for part in PARTS:
        low, high = found.intervals[part]
        error = (high - low) / 3.92
        assert abs(getattr(found, part) - getattr(truth, part)) < 4 * error
        assert error < 0.2 * getattr(truth, part)
    assert found.coverage > 0.99


def test_workers_who_are_alike_have_no_part():
    panel = simulate(economy(True, ability=None), 5_000, 120, seed=7, firms=300)
    found = decompose(panel, logs=True)
    low, high = found.intervals["person"]
    assert low < 0 < high
    assert high - low < 0.1 * found.total


def test_shifting_the_origin_of_logs_changes_nothing(small):
    # wages in another currency: logs move by a constant, levels by a factor
    panel, logs = small
    dear = Panel(
        panel.data.assign(wage=panel.data["wage"] * 1e4), window=panel.window
    )  # fmt: skip
    factor = 1.0 if logs else 1e8
    found, scaled = (decompose(p, logs=logs, bootstrap=0) for p in (panel, dear))
    for part in PARTS:
        expected = getattr(found, part) * factor
        assert getattr(scaled, part) == pytest.approx(expected, rel=1e-7)


def test_result_is_plain_data(small):
    panel, logs = small
    found = decompose(panel, logs=logs, bootstrap=3)
    assert isinstance(found.person, float)
    assert pd.Series(found.shares).index.tolist() == list(PARTS)
