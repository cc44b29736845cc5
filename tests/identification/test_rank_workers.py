"""Ranking workers: the fast moves against dense matrices, and what must not matter."""

import numpy as np
import pandas as pd
import pytest
from plain_ranking import best_single_move, dense_weights, dense_z, random_panel, value
from scipy.special import log_ndtr, ndtr

from jobteams_lab.identification.comparisons import comparisons, usable_spells
from jobteams_lab.identification.log_odds import (
    log_odds,
    log_odds_table,
    probability,
    probability_table,
)
from jobteams_lab.identification.noise import error_variance
from jobteams_lab.identification.rank_workers import rank_workers
from jobteams_lab.identification.ranking_objective import agreement
from jobteams_lab.identification.single_moves import (
    longest,
    renumber,
    sorted_lists,
    sweep,
)
from jobteams_lab.panel import Panel

OBJECTIVES = ["loglik", "kemeny"]


def test_tables_equal_the_functions():
    z = np.concatenate(
        (np.linspace(-40, 40, 20_001), [-1e6, 31.999999, 32.0, 1e3, 1e8])
    )
    odds = [log_odds(x, log_odds_table()) for x in z]
    np.testing.assert_allclose(odds, log_ndtr(z) - log_ndtr(-z), rtol=1e-9, atol=1e-9)
    found = [probability(x, probability_table()) for x in z]
    np.testing.assert_allclose(found, ndtr(z), atol=1e-9)


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("noise", [0.0, 0.3, 2.0])
def test_reported_numbers_equal_dense_sums(objective, noise):
    panel = random_panel(40, 4, seed=2, noise=noise)
    found = rank_workers(panel, objective=objective)
    variance = found.noise.variance
    weights = dense_weights(panel, variance, objective)
    assert found.objective == pytest.approx(value(weights, found.rank), rel=1e-8)

    z = dense_z(panel, variance)
    assert found.links == np.isfinite(z).sum()
    above = found.rank[:, None] > found.rank
    decided = np.isfinite(z) & (z != 0)
    against = (decided & above & (z < 0)).sum()
    assert found.disagreement == pytest.approx(2 * against / decided.sum())
    if objective == "loglik":
        size = np.nan_to_num(np.abs(log_ndtr(z) - log_ndtr(-z)))
        lost = size[above & (z < 0)].sum() / size[:, above].sum()
    else:
        gap = weights - weights.T
        lost = np.maximum(-gap, 0)[above].sum() / np.abs(gap)[above].sum()
    assert found.weighted_disagreement == pytest.approx(lost, abs=1e-12)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_no_single_move_improves_the_ranking(objective):
    for seed in range(3):
        panel = random_panel(25, 4, seed=seed, noise=1.0)
        found = rank_workers(panel, objective=objective, seed=seed)
        weights = dense_weights(panel, found.noise.variance, objective)
        assert best_single_move(weights, found.rank) <= 1e-8
        assert all(start <= found.objective for start in found.starts.values())


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_every_move_raises_the_objective_by_what_it_says(objective):
    panel = random_panel(60, 5, seed=5, noise=1.0)
    rng = np.random.default_rng(0)
    variance = error_variance(panel).variance
    compared = comparisons(panel, panel, variance, 0.0, rng)
    n, kemeny = len(compared.position), objective == "kemeny"
    lists = sorted_lists(
        compared.worker,
        compared.firm,
        compared.wage,
        compared.variance,
        rng.permutation(n),
    )
    table = probability_table() if kemeny else log_odds_table()
    before = agreement(compared, lists.key, kemeny).objective
    for i in rng.permutation(n):
        only = np.zeros(n, dtype=bool)
        only[i] = True
        moved, gain, smallest, _ = sweep(
            lists,
            np.array([i]),
            0,
            only,
            rng.uniform(0.3, 0.7, n),
            kemeny,
            table,
            np.empty((4, longest(lists))),
        )
        after = agreement(compared, lists.key, kemeny).objective
        assert moved == 0 or (gain > 0 and smallest == gain)
        assert after - before == pytest.approx(gain, abs=1e-7)
        before = after
        for f in range(len(lists.begin) - 1):
            held = slice(lists.begin[f], lists.begin[f + 1])
            np.testing.assert_array_equal(lists.keys[held], lists.key[lists.who[held]])
            assert (np.diff(lists.keys[held]) > 0).all()


def test_keys_that_run_out_of_room_are_renumbered():
    # each worker visited belongs just above worker 0, below all visited before him
    n = 120
    wage = np.append(0.0, np.arange(n, 1, -1.0))
    worker = np.arange(n)
    cells = (worker, np.zeros(n, dtype=np.int64), wage, np.full(n, 1e-4))
    order = np.append(np.arange(n - 1, 1, -1), [0, 1])
    lists = sorted_lists(*cells, order)
    visit, stale, place, stops = np.arange(2, n), np.ones(n, dtype=bool), 0, 0
    while place < len(visit):
        *_, place = sweep(
            lists,
            visit,
            place,
            stale,
            np.full(n, 0.5),
            False,
            log_odds_table(),
            np.empty((4, longest(lists))),
        )
        renumber(lists)
        stops += place < len(visit)
    assert stops >= 1
    np.testing.assert_array_equal(np.argsort(lists.key), np.argsort(wage))


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_without_error_the_order_is_exact(objective):
    panel = random_panel(60, 5, seed=1, noise=0.0, jobs=5)
    found = rank_workers(panel, objective=objective)
    assert found.noise.at_floor
    assert found.disagreement == 0.0
    z = dense_z(panel, 1.0)
    ability = panel.data.groupby("worker")["ability"].first().to_numpy()
    met = np.isfinite(z).any(axis=0)
    right = (ability[:, None] > ability) == (found.rank[:, None] > found.rank)
    assert right[met].all()


def test_rows_ids_and_units_do_not_matter():
    panel = random_panel(80, 5, seed=6, noise=0.8)
    found = rank_workers(panel, seed=3)
    rng = np.random.default_rng(4)

    shuffled = Panel(panel.data.sample(frac=1.0, random_state=5))
    np.testing.assert_array_equal(rank_workers(shuffled, seed=3).rank, found.rank)

    name, firm = rng.permutation(80) + 1_000, rng.permutation(5)
    relabelled = panel.data.assign(
        worker=name[panel.worker_codes], firm=firm[panel.firm_codes]
    )
    again = rank_workers(Panel(relabelled), seed=3)
    where = np.searchsorted(again.workers, name)
    np.testing.assert_array_equal(again.rank[where], found.rank)

    a, b = 3.0, 7.0
    wage, time = panel.data["wage"], panel.data["time"]
    squares = a**2 * time + 2 * a * b * time * wage + b**2 * panel.data["wage_squares"]
    other = Panel(panel.data.assign(wage=a + b * wage, wage_squares=squares))
    scaled = rank_workers(other, seed=3)
    np.testing.assert_array_equal(scaled.rank, found.rank)
    assert scaled.noise.variance == pytest.approx(b**2 * found.noise.variance)
    assert scaled.objective == pytest.approx(found.objective)
    given = rank_workers(other, seed=3, noise_variance=b**2 * found.noise.variance)
    np.testing.assert_array_equal(given.rank, found.rank)


def test_monthly_rows_give_the_ranking_of_their_spells():
    rng = np.random.default_rng(9)
    rows = [
        (i, (i + t // 6) % 4, t, 0.1 * i + 0.5 * rng.normal())
        for i in range(30)
        for t in range(24)
        if t % 6 != 5
    ]
    frame = pd.DataFrame(rows, columns=["worker", "firm", "period", "wage"])
    panel = Panel(frame)
    months, spells = rank_workers(panel), rank_workers(panel.spells())
    np.testing.assert_array_equal(months.rank, spells.rank)


def test_ids_do_not_leak_where_wages_are_equal():
    frame = pd.DataFrame(
        {"worker": np.arange(900), "firm": 1, "start": 0, "end": 9, "wage": 1.0}
    )
    ranks = [
        rank_workers(Panel(frame), noise_variance=0.1, seed=seed).rank
        for seed in (0, 1)
    ]
    assert abs(np.corrcoef(ranks[0], frame["worker"])[0, 1]) < 4 / np.sqrt(900)
    assert abs(np.corrcoef(*ranks)[0, 1]) < 4 / np.sqrt(900)


def test_the_largest_component_is_ranked():
    many, few = random_panel(30, 3, seed=1), random_panel(10, 2, seed=2)
    apart = few.data.assign(worker=few.data["worker"] + 100, firm=few.data["firm"] + 9)
    alone = apart.iloc[:1].assign(worker=999, firm=99)
    unseen = apart.iloc[:1].assign(worker=1_000, origin="firm")
    both = Panel(pd.concat([many.data, apart, alone, unseen]), many.window)
    found = rank_workers(both)
    assert found.components == 3
    assert found.without_spells == 1
    assert found.coverage == pytest.approx(30 / 42)
    noise = error_variance(both).variance
    np.testing.assert_array_equal(
        found.rank[:30], rank_workers(many, noise_variance=noise).rank
    )
    assert np.isnan(found.rank[30:]).all()
    assert (found.bins(5)[30:] == -1).all()
    np.testing.assert_array_equal(np.bincount(found.bins(5)[:30]), [6] * 5)


def test_bins_follow_the_ranks():
    found = rank_workers(random_panel(31, 3, seed=1))
    bins = found.bins(4)
    np.testing.assert_array_equal(np.bincount(bins), [8, 8, 8, 7])
    assert (np.diff(bins[np.argsort(found.rank)]) >= 0).all()


def test_only_wages_out_of_unemployment_count_where_workers_are_poached():
    panel = random_panel(40, 4, seed=7)
    poached = np.arange(len(panel)) % 3 == 1
    origin = np.where(poached, "firm", "unemployment")
    mixed = Panel(panel.data.assign(origin=origin), panel.window)
    kept = Panel(mixed.data[~poached], panel.window)
    variance = error_variance(mixed).variance
    assert len(usable_spells(mixed)) == (~poached).sum()
    np.testing.assert_array_equal(
        rank_workers(mixed).rank, rank_workers(kept, noise_variance=variance).rank
    )
    every = rank_workers(mixed, origins=["firm", "unemployment", "unknown"])
    np.testing.assert_array_equal(every.rank, rank_workers(panel).rank)


def test_match_quality_widens_the_variance_of_a_cell():
    panel = random_panel(40, 2, seed=3, jobs=5)
    rng = np.random.default_rng(0)
    plain = comparisons(panel, panel, 0.5, 0.0, rng)
    wide = comparisons(panel, panel, 0.5, 0.2, rng)
    share = []
    for _, cell in panel.data.groupby(["worker", "firm"]):
        share.append(((cell["time"] / cell["time"].sum()) ** 2).sum())
    added = wide.variance.sum() - plain.variance.sum()
    assert added == pytest.approx(0.2 * np.sum(share))
    found = rank_workers(panel, match_variance="estimate")
    assert found.match_variance >= 0.0
    assert rank_workers(panel, match_variance=0.2).match_variance == 0.2


def test_all_starts_end_no_lower_than_the_best_one():
    panel = random_panel(60, 4, seed=8, noise=2.0)
    best, every = rank_workers(panel), rank_workers(panel, start="all")
    assert set(every.ends) == {"lowest", "highest", "adjusted_average"}
    assert every.objective == max(every.ends.values()) >= best.objective
    one = rank_workers(panel, start="lowest")
    assert one.ends["lowest"] == every.ends["lowest"]
    assert list(one.starts) == ["lowest"]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"objective": "borda"}, "objective = 'borda' is not known"),
        ({"start": "random"}, "start = 'random' is not known"),
        ({"noise_variance": -1.0}, "noise_variance = -1 must be"),
        ({"match_variance": "much"}, "match_variance = 'much' is not known"),
        ({"origins": ["firm"]}, "No spell has the origin 'firm'"),
        ({"seed": -1}, "seed = -1 must be"),
    ],
)
def test_refusals(options, sentence):
    with pytest.raises(ValueError, match=sentence):
        rank_workers(random_panel(10, 2, seed=1), **options)


def test_more_types_than_workers_are_refused():
    found = rank_workers(random_panel(10, 2, seed=1))
    with pytest.raises(
        ValueError, match="types = 11 must be at least 1 and at most 10"
    ):
        found.bins(11)
    assert "10 of 10 workers" in repr(found)
