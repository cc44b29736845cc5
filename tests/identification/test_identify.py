"""identify on panels of reduced size: the truth, invariances, odd panels, refusals."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from jobteams_lab import Panel
from jobteams_lab.identification import NAM, PAM, Economy, Types, simulate, solve
from jobteams_lab.identification.bootstrap import intervals, resample_workers
from jobteams_lab.identification.identify import identify, rank_correlation
from jobteams_lab.identification.noise import error_variance
from jobteams_lab.identification.production import accuracy
from jobteams_lab.identification.rank_workers import rank_workers
from jobteams_lab.identification.reallocation import reallocation_gain

TYPES = 10
SMALL = {"worker_types": TYPES, "firm_types": TYPES}
KINDS = {"worker_types": Types.uniform(TYPES), "firm_types": Types.uniform(TYPES)}


def made(production, seed=7, **changes):
    equilibrium = solve(Economy(production, **KINDS, **changes))
    panel = simulate(equilibrium, 3_000, 40, 200, seed=seed, noise=0.2)
    return equilibrium, panel


@pytest.fixture(scope="module")
def benchmark():
    equilibrium, panel = made(PAM)
    return equilibrium, panel, identify(panel, **SMALL, smoothing="gcv")


@pytest.fixture(scope="module")
def search():
    equilibrium, panel = made(NAM, search_intensity_employed=0.2)
    return equilibrium, panel, identify(panel, **SMALL)


def true_types(panel):
    worker = np.zeros(len(panel.workers))
    worker[panel.worker_codes] = panel.data["worker_type"]
    firm = np.zeros(len(panel.firms))
    firm[panel.firm_codes] = panel.data["firm_type"]
    return worker, firm


def test_finds_the_benchmark(benchmark):
    equilibrium, panel, found = benchmark
    worker, firm = true_types(panel)
    assert found.model == "benchmark"
    # ten even types: a perfect ranking has 0.995
    assert stats.spearmanr(found.worker_rank, worker)[0] > 0.98
    assert stats.spearmanr(found.firm_rank, firm)[0] > 0.96
    close = accuracy(found.production, equilibrium)
    assert close.correlation > 0.99
    assert close.error < 0.05
    assert close.coverage > 0.98
    assert accuracy(found.smooth_production, equilibrium).correlation > 0.99
    truth = rank_correlation(panel, worker, firm)
    assert found.sorting == pytest.approx(truth, abs=0.03)
    assert found.separation_rate == pytest.approx(0.01, rel=0.05)
    assert found.coverage.workers == found.coverage.firms == 1
    assert found.match_density.sum() == pytest.approx(1)
    np.testing.assert_array_equal(
        np.isnan(found.production), np.isnan(found.smooth_production)
    )


def test_finds_search_on_the_job(search):
    equilibrium, panel, found = search
    worker, firm = true_types(panel)
    assert found.model == "search on the job"
    known = np.isfinite(found.worker_rank)
    assert 0.5 < known.mean() == found.coverage.workers < 1
    assert stats.spearmanr(found.worker_rank[known], worker[known])[0] > 0.97
    assert stats.spearmanr(found.firm_rank, firm)[0] > 0.9
    assert accuracy(found.production, equilibrium).correlation > 0.98
    truth = rank_correlation(panel, worker, firm)
    assert found.sorting == pytest.approx(truth, abs=0.1)


def test_coverage_is_what_is_employed_in_estimated_cells(search):
    _, panel, found = search
    x = found.worker_bins[panel.worker_codes]
    y = found.firm_bins[panel.firm_codes]
    inside = (x >= 0) & (y >= 0)
    inside &= np.isfinite(found.production[np.maximum(x, 0), np.maximum(y, 0)])
    share = panel.duration[inside].sum() / panel.duration.sum()
    assert found.coverage.employment == pytest.approx(share)


def test_rank_correlation_is_that_of_the_months(benchmark):
    _, panel, found = benchmark
    months = panel.months()
    a = found.worker_rank[months.worker_codes]
    b = found.firm_rank[months.firm_codes]
    assert found.sorting == pytest.approx(np.corrcoef(a, b)[0, 1])
    assert np.isnan(rank_correlation(panel, np.full(3_000, np.nan), found.firm_rank))


def test_new_names_change_nothing(benchmark):
    _, panel, _ = benchmark
    data = panel.data.copy()
    rng = np.random.default_rng(0)
    workers = np.array([f"w{i}" for i in rng.permutation(len(panel.workers))])
    firms = np.array([f"f{i}" for i in rng.permutation(len(panel.firms))])
    data["worker"] = workers[panel.worker_codes]
    data["firm"] = firms[panel.firm_codes]
    renamed = Panel(data.sample(frac=1, random_state=1), panel.window)
    # given, since sums in another order round differently
    noise = error_variance(panel).variance
    first = identify(panel, **SMALL, noise_variance=noise)
    again = identify(renamed, **SMALL, noise_variance=noise)
    back = np.searchsorted(renamed.firms, firms)
    np.testing.assert_allclose(again.omega[back], first.omega, rtol=0.02)
    seen = np.isfinite(first.production) & np.isfinite(again.production)
    assert seen.sum() > 0.9 * np.isfinite(first.production).sum()
    np.testing.assert_allclose(
        again.production[seen], first.production[seen], atol=0.02
    )


def test_wages_in_another_unit_give_output_in_that_unit(benchmark):
    _, panel, found = benchmark
    data = panel.data.copy()
    data["wage"] *= 4.0
    data["wage_squares"] *= 16.0
    data["wage_logs"] += data["time"] * np.log(4.0)
    scaled = identify(Panel(data, panel.window), **SMALL)
    np.testing.assert_array_equal(scaled.worker_rank, found.worker_rank)
    np.testing.assert_array_equal(scaled.firm_rank, found.firm_rank)
    np.testing.assert_allclose(scaled.production, 4 * found.production)
    assert scaled.sorting == pytest.approx(found.sorting)


def test_a_ranking_made_before_is_used(benchmark):
    _, panel, found = benchmark
    again = identify(panel, **SMALL, ranking=rank_workers(panel))
    np.testing.assert_array_equal(again.production, found.production)
    fewer = Panel(panel.data[panel.worker_codes > 3], panel.window)
    with pytest.raises(ValueError, match="ranking is of other workers"):
        identify(fewer, **SMALL, ranking=found.workers)


def test_vacancies_scale_the_filling_rates_and_not_the_ranks(benchmark):
    _, panel, found = benchmark
    half = identify(
        panel, **SMALL, ranking=found.workers, vacancies=found.firms.vacancies / 2
    )
    np.testing.assert_array_equal(half.firm_rank, found.firm_rank)
    np.testing.assert_allclose(half.omega, 2 * found.omega)
    assert not any("Vacancies are not observed" in line for line in half.warnings)
    assert any("Vacancies are not observed" in line for line in found.warnings)
    open_jobs = 75 - found.market.employment
    by_firm = dict(zip(panel.firms, open_jobs, strict=True))
    one = identify(panel, **SMALL, ranking=found.workers, vacancies=by_firm)
    two = identify(panel, **SMALL, ranking=found.workers, vacancies=open_jobs)
    np.testing.assert_array_equal(one.omega, two.omega)


def test_says_what_it_does_not_know(search):
    _, panel, found = search
    text = found.summary()
    assert text == repr(found)
    assert "search on the job" in text
    unranked = int(np.isnan(found.worker_rank).sum())
    assert any(f"{unranked:,} workers have no spell" in line for line in found.warnings)
    unknown = (panel.data["origin"] == "unknown").mean()
    assert any(f"{unknown:.1%} of the spells" in line for line in found.warnings)


def test_doubts_the_model_if_hardly_anybody_moves(benchmark, search):
    _, panel, found = benchmark
    data = panel.data.copy()
    data["origin"] = data["origin"].astype(str)
    again = (data["worker"] == data["worker"].shift()) & (data["worker"] % 25 == 0)
    data.loc[again, "origin"] = "firm"
    moved = identify(Panel(data, panel.window), **SMALL)
    assert moved.model == "search on the job"
    assert any("of the hires come from other firms" in line for line in moved.warnings)
    for other in (found, search[2]):
        assert not any("other firms" in line for line in other.warnings)


def test_bootstrap_ranks_and_estimates_every_sample():
    equilibrium = solve(Economy(PAM, **KINDS))
    panel = simulate(equilibrium, 600, 20, 60, seed=1, noise=0.2)
    few = identify(panel, worker_types=4, firm_types=4, bootstrap=8, seed=3)
    low, high = few.intervals.sorting
    assert low < high
    assert high - low < 0.3
    assert few.intervals.samples == 8
    low, high = few.intervals.production
    assert (low <= high)[np.isfinite(low)].all()
    assert np.isfinite(low).sum() > 8
    assert "90% basic bootstrap interval" in few.summary()
    again = identify(panel, worker_types=4, firm_types=4, bootstrap=8, seed=3)
    np.testing.assert_array_equal(again.intervals.production, few.intervals.production)


class Draw:
    """What `intervals` reads of an estimate."""

    def __init__(self, value):
        self.sorting = value
        self.reallocation_gain = value
        self.production = np.array(
            [[value, np.nan], [1.0, np.nan if value > 0.3 else 2]]
        )


def test_intervals_are_basic_ones():
    drawn = np.linspace(0, 1, 101)
    found = intervals(Draw(0.25), [Draw(value) for value in drawn], level=0.8)
    # quantiles 0.9 and 0.1, mirrored at the estimate
    np.testing.assert_allclose(found.sorting, [0.5 - 0.9, 0.5 - 0.1])
    np.testing.assert_allclose(found.reallocation_gain, [0.5 - 0.9, 0.5 - 0.1])
    np.testing.assert_allclose(found.production[:, 0, 0], [-0.4, 0.4])
    np.testing.assert_allclose(found.production[:, 1, 0], [1, 1])
    assert np.isnan(found.production[:, :, 1]).all()


def test_samples_keep_whole_histories(benchmark):
    _, panel, _ = benchmark
    sample = resample_workers(panel, np.random.default_rng(2))
    assert len(sample.workers) == len(panel.workers)
    assert sample.window == panel.window
    columns = ["firm", "start", "end", "wage"]
    histories = {
        tuple(map(tuple, rows[columns].to_numpy()))
        for _, rows in panel.data.groupby("worker")
    }
    some = sample.data[sample.data["worker"] % 10 == 0]
    for _, rows in some.groupby("worker"):
        assert tuple(map(tuple, rows[columns].to_numpy())) in histories


def test_two_groups_of_firms_that_share_nobody():
    _, one = made(PAM)
    _, two = made(PAM, seed=8)
    other = two.data[two.worker_codes < 300].copy()
    other["worker"] += 10_000
    other["firm"] += 10_000
    panel = Panel(pd.concat([one.data, other]), one.window)
    found = identify(panel, **SMALL)
    # of the 40 firms of the smaller group none has a ranked worker
    assert np.isfinite(found.firm_rank).sum() == 40
    assert found.coverage.firms == pytest.approx(0.5)
    assert found.coverage.workers == pytest.approx(3_000 / 3_300)
    assert any("Co-workers fall into 2 groups" in line for line in found.warnings)
    assert any("40 firms cannot be ranked" in line for line in found.warnings)


def test_firms_of_one_worker_do_not_break_it():
    _, panel = made(PAM)
    data = panel.data.copy()
    lonely = data.groupby("worker").head(1).index[:60]
    data.loc[lonely, "firm"] = 10_000 + np.arange(60)
    found = identify(Panel(data, panel.window), **SMALL)
    assert np.isfinite(found.firm_rank).sum() >= 40
    assert found.coverage.workers > 0.9


def test_the_gain_is_that_of_the_cells_with_data(search):
    _, _, found = search
    has = np.isfinite(found.production)
    assert not has.all()
    density = np.where(has, found.match_density, 0)
    again = reallocation_gain(found.production, density)
    assert found.reallocation_gain == again.gain > 0
    assert found.reallocation.unobserved_share == 0


def test_negative_output_costs_no_more_than_the_gain():
    # costs of living as it were: wages, and output with them, 40 lower
    equilibrium = solve(Economy(PAM, **KINDS))
    panel = simulate(equilibrium, 600, 20, 60, seed=1, noise=0.2)
    data = panel.data.drop(columns=["wage_squares", "wage_logs"])
    low = Panel(data.assign(wage=data["wage"] - 40), panel.window)
    options = {"worker_types": 4, "firm_types": 4, "noise_variance": 0.04}
    found = identify(low, **options, bootstrap=2)
    assert found.reallocation.output < 0
    assert np.isnan(found.reallocation_gain)
    assert np.isnan(found.intervals.reallocation_gain).all()
    assert np.isfinite(found.sorting)
    assert np.isfinite(found.production).any()
    sentence = f"Output under the present matches is {found.reallocation.output:.3g}"
    assert sum(line.startswith(sentence) for line in found.warnings) == 1
    assert "nan" not in found.summary()
    assert "nan" not in repr(found.reallocation)
    # it has the best assignment all the same
    best = found.reallocation
    assert best.optimal_output >= best.output
    density = np.where(np.isfinite(found.production), found.match_density, 0)
    with pytest.raises(ValueError, match="it must be positive for a gain in per cent"):
        reallocation_gain(found.production, density)
    assert not any("no gain" in line for line in identify(panel, **options).warnings)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"worker_types": 4_000}, "the panel has only 3,000 workers"),
        ({"firm_types": 41}, "the panel has only 40 firms"),
        ({"firm_types": 1}, "firm_types = 1 must be"),
        ({"bootstrap": -1}, "bootstrap = -1 must be"),
        ({"smoothing": "loess"}, "smoothing = 'loess' is not known"),
        ({"objective": "borda"}, "objective = 'borda' is not known"),
        ({"reservation": "lowest"}, "reservation = 'lowest' is not known"),
        ({"weights": "none"}, "weights = 'none' is not known"),
        ({"discount_factor": 1.5}, "discount_factor = 1.5 must be"),
        ({"vacancies": [1, 2]}, "there are 40 firms"),
        # whatever the panel uses of them
        ({"poaching": "x"}, "poaching = 'x' is not known"),
        ({"bargaining_power": 0}, "bargaining_power = 0 must be"),
        ({"noise_variance": -1}, "noise_variance = -1 must be"),
        ({"match_variance": "x"}, "match_variance = 'x' is not known"),
        ({"smoothing": -1}, "smoothing = -1 must be"),
        ({"chi": -1}, "chi = -1 must be"),
    ],
)
def test_refuses_options(benchmark, options, words):
    _, panel, found = benchmark
    if "objective" not in options:
        options = {"ranking": found.workers, **options}
    with pytest.raises(ValueError, match=words):
        identify(panel, **{**SMALL, **options})


def test_refuses_panels(benchmark):
    _, panel, _ = benchmark
    with pytest.raises(TypeError, match="takes a Panel, not DataFrame"):
        identify(panel.data)
    unknown = Panel(panel.data.drop(columns="origin"), panel.window)
    with pytest.raises(ValueError, match=r"derive origins by panel.with_origins\(gap"):
        identify(unknown, **SMALL)
    flat = Panel(panel.data.assign(wage=2.0), panel.window)
    with pytest.raises(ValueError, match="All wages are 2, so that nothing ranks"):
        identify(flat, **SMALL)
    once = panel.data.drop(columns=["time", "wage_squares", "wage_logs"])
    with pytest.raises(ValueError, match="No spell has two wage observations"):
        identify(Panel(once, panel.window), **SMALL)


def test_a_few_moves_can_be_read_by_the_benchmark(benchmark):
    _, panel, plain = benchmark
    data, origin = panel.data, panel.data["origin"].astype(str).to_numpy()
    origin[np.flatnonzero(origin == "unemployment")[:3]] = "firm"
    moved = Panel(data.assign(origin=origin), panel.window)
    found = identify(moved, **SMALL, model="benchmark")
    assert found.model == "benchmark"
    assert any(w.startswith("3 spells that began with a move") for w in found.warnings)
    off = np.nanmedian(np.abs(found.production - plain.production))
    assert off < 0.01 * np.nanmean(plain.production)


def test_wages_of_zero_are_pointed_out(benchmark):
    _, panel, _ = benchmark
    data = panel.data.drop(columns=["wage_logs"]).copy()
    data.loc[data.index[:5], "wage"] = 0.0
    found = identify(Panel(data, panel.window), **SMALL)
    assert any(sentence.startswith("5 wages are zero") for sentence in found.warnings)


def test_a_ranking_of_another_kind_is_refused(benchmark):
    _, panel, _ = benchmark
    with pytest.raises(TypeError, match="ranking must be a WorkerRanking, not int"):
        identify(panel, **SMALL, ranking=3)
    with pytest.raises(ValueError, match="discount_factor = 1"):
        identify(panel, **SMALL, discount_factor=1.0)


def test_arguments_are_checked_before_any_work(benchmark, monkeypatch):
    _, panel, _ = benchmark

    def never(*arguments, **options):
        raise AssertionError("ranked workers first")

    monkeypatch.setattr("jobteams_lab.identification.estimation.rank_workers", never)
    for bad in ({"poaching": "x"}, {"vacancies": -1}, {"chi": -1}, {"smoothing": "x"}):
        with pytest.raises(ValueError, match=f"{next(iter(bad))}.*={{0,1}}"):
            identify(panel, **SMALL, **bad)


def test_noise_that_is_given_has_no_degrees_of_freedom(benchmark):
    _, panel, found = benchmark
    given = identify(panel, **SMALL, noise_variance=found.noise.variance)
    assert "as given" in given.summary()
    assert "nan" not in given.summary()
    assert "degrees of freedom" in found.summary()


def test_progress_is_told_only_if_asked(benchmark, capsys):
    _, panel, found = benchmark
    identify(panel, **SMALL, ranking=found.workers)
    assert capsys.readouterr() == ("", "")
    ten = {"worker_types": 4, "firm_types": 4, "objective": "kemeny"}
    identify(panel, **ten, bootstrap=2, progress=True)
    told = capsys.readouterr()
    assert told.out == ""
    assert "ranking workers" in told.err
    assert "5/5" in told.err
    assert "bootstrap samples: 100%" in told.err
    assert "2/2" in told.err


def test_few_hires_are_counted_as_hires(benchmark):
    _, panel, found = benchmark
    # all that began before month 170 unknown: they pay wages, and are no hires
    data = panel.data.assign(origin=panel.data["origin"].astype(str))
    data.loc[data["start"] < 170, "origin"] = "unknown"
    late = identify(Panel(data, panel.window), **SMALL, ranking=found.workers)
    hires = np.sort(data.loc[data["origin"] != "unknown", "firm"].value_counts())
    middle = hires[(len(hires) - 1) // 2]
    assert middle < 30 <= np.median(late.market.wage_cells.sum(0))
    words = f"Half of the firms hire at most {middle} workers from unemployment"
    assert any(line.startswith(words) for line in late.warnings)


def test_one_is_no_plural(benchmark, search):
    _, panel, _ = benchmark
    data = panel.data.drop(columns="wage_logs").copy()
    data.loc[data.index[0], "wage"] = 0.0
    zero = identify(Panel(data, panel.window), **SMALL)
    assert any(line.startswith("1 wage is zero") for line in zero.warnings)
    _, panel, found = search
    ranked = np.isfinite(found.worker_rank)
    ranked[np.flatnonzero(~ranked)[0]] = True
    one = identify(Panel(panel.data[ranked[panel.worker_codes]], panel.window), **SMALL)
    assert any(line.startswith("1 worker has no spell that") for line in one.warnings)


def test_time_before_the_first_job_and_after_the_last_is_pointed_out(benchmark):
    _, panel, found = benchmark
    assert not any("time out of work" in line for line in found.warnings)
    long = Panel(panel.data, (panel.window[0], panel.window[1] + 100))
    late = identify(long, **SMALL)
    groups = panel.data.groupby("worker")
    ends = groups["end"].max().to_numpy()
    outside = (300 - ends).sum() + groups["start"].min().to_numpy().sum()
    share = outside / (300 * len(ends) - panel.duration.sum())
    assert share > 0.5
    sentence = f"{share:.1%} of the time out of work lies before"
    assert any(line.startswith(sentence) for line in late.warnings)


def test_wages_that_grow_on_the_job_are_pointed_out(benchmark):
    _, panel, found = benchmark
    assert not any("is within spells" in line for line in found.warnings)
    months = panel.months()
    data = months.data.copy()
    since = data.groupby(["worker", "firm"])["start"].transform("min")
    data["wage"] += 0.02 * (data["start"] - since)
    grown = identify(Panel(data, panel.window), **SMALL)
    spread = error_variance(Panel(data, panel.window)).variance / data["wage"].var(
        ddof=0
    )
    assert any(
        line.startswith(f"{spread:.0%} of the variance of wages is within spells")
        for line in grown.warnings
    )
