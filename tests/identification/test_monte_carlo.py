"""The Monte Carlo: its cases, seeds and columns, and that a run can be stopped."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from jobteams_lab.identification import (
    MatchQuality,
    accuracy,
    designs,
    identify,
    reallocation_gain,
    simulate,
    solve,
)
from jobteams_lab.identification.monte_carlo import (
    DESIGNS,
    monte_carlo,
    stored_monte_carlo,
)
from jobteams_lab.identification.monte_carlo_panel import MODELS, evaluate

SMALL = {"workers": 2_000, "firms": 60, "months": 150, "progress": False}
SECONDS = "seconds_"


def without_seconds(table):
    return table.drop(columns=[name for name in table if name.startswith(SECONDS)])


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    path = tmp_path_factory.mktemp("monte_carlo") / "rows.parquet"
    return path, monte_carlo(path, chosen=[3, 75], seed=5, **SMALL)


def test_designs_are_the_papers(rows):
    _, table = rows
    labels = [label for label, _ in designs()]
    assert len(labels) == DESIGNS
    for _, row in table.iterrows():
        assert labels[row["design"]] == {name: row[name] for name in labels[0]}


def test_a_row_is_what_its_steps_give(rows):
    _, table = rows
    row = table.iloc[0]
    equilibrium = solve(list(designs())[3][1])
    seed = np.random.SeedSequence([5, 0, 3, 0]).generate_state(1)[0]
    panel = simulate(equilibrium, 2_000, 60, 150, seed=int(seed), noise=0.2)
    found = identify(panel, smoothing="gcv")
    close = accuracy(found.production, equilibrium)
    assert row["correlation"] == pytest.approx(close.correlation, abs=1e-12)
    assert row["error"] == row["realised_error"] == pytest.approx(close.error)
    assert row["smoothed_gain"] == pytest.approx(found.reallocation_gain)
    best = reallocation_gain(equilibrium.economy.output, equilibrium.match_density)
    # types of even shares fall into bins of their own
    assert row["worker_types"] == "normal" or row["gain"] == pytest.approx(best.gain)
    u = equilibrium.unemployment_rate
    # matches that end are replaced: job finding is δE/U, but for chance
    assert row["job_finding"] == pytest.approx(0.01 * (1 - u) / u, rel=0.05)
    truth = panel.data.groupby("firm")["firm_type"].first().to_numpy()
    ranked = np.isfinite(found.firm_rank)
    by_hand = stats.spearmanr(found.firm_rank[ranked], truth[ranked])[0]
    assert row["firm_ranks"] == pytest.approx(by_hand)
    logs = np.log(panel.data["true_wage"]).repeat(panel.data["time"].astype(int))
    assert row["wage_sd"] == pytest.approx(logs.std(ddof=0), rel=1e-3)
    assert row["job_to_job"] == 0


def test_seeds_differ_between_designs_models_and_replications(tmp_path):
    path = tmp_path / "rows.parquet"
    table = monte_carlo(path, chosen=[0], replications=2, **SMALL)
    assert table["estimated_sorting"].nunique() == 2
    again = monte_carlo(tmp_path / "again.parquet", chosen=[0], **SMALL)
    pd.testing.assert_frame_equal(without_seconds(again), without_seconds(table[:1]))


def test_a_second_call_evaluates_only_what_is_missing(rows):
    path, table = rows
    longer = monte_carlo(path, chosen=[75, 107], seed=5, **SMALL)
    pd.testing.assert_series_equal(longer.iloc[0], table.iloc[1], check_names=False)
    assert len(pd.read_parquet(path)) == 3


def test_processes_find_the_same(rows, tmp_path):
    _, table = rows
    there = monte_carlo(
        tmp_path / "rows.parquet", chosen=[3, 75], seed=5, processes=2, **SMALL
    )
    pd.testing.assert_frame_equal(without_seconds(there), without_seconds(table))


def test_a_cluster_finds_the_same(rows, tmp_path):
    from distributed import LocalCluster

    _, table = rows
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as cluster:
        there = monte_carlo(
            tmp_path / "rows.parquet",
            chosen=[3, 75],
            seed=5,
            scheduler=cluster.scheduler_address,
            **SMALL,
        )
    pd.testing.assert_frame_equal(without_seconds(there), without_seconds(table))


@pytest.mark.parametrize("model", MODELS[1:])
def test_the_other_models(tmp_path, model):
    table = monte_carlo(tmp_path / "rows.parquet", model=model, chosen=[0], **SMALL)
    row = table.iloc[0]
    assert (row["job_to_job"] > 0) == (model == "search on the job")
    assert row["worker_ranks"] > 0.97 and row["correlation"] > 0.9
    assert row["residual"] < 1e-8


def test_output_realised_with_match_quality_is_higher_than_f():
    economy = list(designs(match_quality=MatchQuality.normal()))[40][1]
    equilibrium = solve(economy)
    more = equilibrium.realised_output - economy.output
    matched = equilibrium.match_density > 0
    assert (more[matched] >= -1e-12).all() and more.max() <= 0.21 + 1e-12
    # of one pair, by summation over the shocks that it accepts
    x, y = np.argwhere(matched & (more > 0.01))[0]
    accept = equilibrium.quality_acceptance[x, y]
    chance = economy.match_quality.probability
    total = weight = 0.0
    for k, shock in enumerate(economy.match_quality.shock):
        total += accept[k] * chance[k] * (economy.output[x, y] + shock)
        weight += accept[k] * chance[k]
    assert equilibrium.realised_output[x, y] == pytest.approx(total / weight)


def test_bad_arguments_are_refused(tmp_path):
    path = tmp_path / "rows.parquet"
    for options, sentence in (
        ({"model": "frictionless"}, "model = 'frictionless' is not known"),
        ({"chosen": [108]}, "chosen = 108 must be at least 0 and at most 107"),
        ({"noise": -0.1}, "noise = -0.1 must be"),
        ({"discount_factor": 1}, "discount_factor = 1 must be"),
        ({"firms": 40}, "firms = 40 must be at least 50"),
        ({"replications": 0}, "replications = 0 must be"),
    ):
        with pytest.raises(ValueError, match=sentence):
            monte_carlo(path, **options)
    for wrong in (3, "3"):
        with pytest.raises(TypeError, match="must hold positions of designs: give a l"):
            monte_carlo(path, chosen=wrong)
    assert not path.exists()
    label = next(iter(designs()))[0]
    case = {"model": "benchmark", "design": 1, "discount_factor": 0.996, **label}
    with pytest.raises(ValueError, match="Design 1 has not"):
        evaluate(case)


def test_the_stored_table_holds_every_design():
    table = stored_monte_carlo()
    main = table[(table["workers"] == 10_000) & (table["discount_factor"] == 0.996)]
    for model in MODELS[:2]:
        assert set(main.loc[main["model"] == model, "design"]) == set(range(DESIGNS))
    full = table[(table["workers"] == 30_000) & (table["firms"] == 300)]
    assert (full["months"] == 240).sum() >= 24
    robust = {
        "ten years": (table["months"] == 120, 44),
        "small firms": (table["firms"] == 1_500, 44),
        "match quality": (table["model"] == "match quality", 11),
        "patient": (table["discount_factor"] == 0.999, 44),
    }
    for name, (rows, count) in robust.items():
        assert rows.sum() == count, name
    assert table["residual"].max() < 1e-8
    assert not table.duplicated([c for c in table if c.startswith(SECONDS)]).any()


def test_stored_rows_are_what_the_code_gives():
    # the quickest panel of each model; last digits may differ between machines
    table = stored_monte_carlo()
    named = list(table.columns[: table.columns.get_loc("unemployment")])
    small = table[(table["workers"] == 10_000) & (table["separation_rate"] == 0.01)]
    for model in MODELS[:2]:
        row = small[small["model"] == model].sort_values("links").iloc[0]
        case = row[named].to_dict()
        again = evaluate(case)
        for name in ("correlation", "estimated_sorting", "smoothed_gain"):
            assert again[name] == pytest.approx(row[name], rel=1e-6), name
