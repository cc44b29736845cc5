"""Every row of the calibration table against loops, and a simulated economy's."""

import itertools

import numpy as np
import pandas as pd
import pytest
from annual_examples import at_work, random_panel, tiny

from jobteams_lab.large_firms import FiniteEconomy, exact, simulate, worker_value
from jobteams_lab.large_firms.annual import annual
from jobteams_lab.large_firms.calibration_table import TARGETS
from jobteams_lab.large_firms.learning_regression import TERMS, regress_years
from jobteams_lab.large_firms.moments import batch_error, moments
from jobteams_lab.large_firms.panel_flows import panel_transitions
from jobteams_lab.large_firms.survey import sampled_transitions
from jobteams_lab.panel import Panel

OPTIONS = {"workers": 90, "firms": 12, "years": 6.5, "seed": 4}


@pytest.fixture(scope="module")
def panel():
    return random_panel(**OPTIONS)


def rows_of(found):
    return found.table["value"].drop(["EN", "NE", "employment_rate"]).to_dict()


def correlation(pairs):
    return np.corrcoef(np.array(pairs).T)[0, 1]


def by_loops(panel, changes, weights, level):
    """Rows of each date, from loops over workers and firms."""
    times = np.arange(*panel.window)
    seen = [at_work(panel, time) for time in times]
    levels, growths = [], []
    for here in seen:
        firms = {}
        for firm, _, rank in here.values():
            firms.setdefault(firm, []).append(rank)
        sizes = sorted(len(ranks) for ranks in firms.values())
        wages = sorted(one[1] for one in here.values())
        p25, p50, p75 = np.percentile(wages, [25, 50, 75])
        everyone = [one[2] for one in here.values()]
        of_firms = [np.mean(firms[one[0]]) for one in here.values()]
        levels.append(
            {
                "average_employer_size": len(here) / len(firms),
                # the smallest size that half of the firms are not above
                "employer_size_p50": sizes[int(np.ceil(0.5 * len(sizes))) - 1],
                "employer_size_p90": sizes[int(np.ceil(0.9 * len(sizes) - 1e-9)) - 1],
                "wage_p50_p25": p50 - p25,
                "wage_p75_p50": p75 - p50,
                "between_firm_share": np.var(of_firms) / np.var(everyone),
                "size_rank_correlation": correlation(
                    [(len(firms[one[0]]), one[2]) for one in here.values()]
                ),
            }
        )
    for here, then in itertools.pairwise(seen):
        pairs, firms = [], {}
        for worker, (firm, _, rank) in here.items():
            if worker not in then:
                continue
            if changes == "stayers" and then[worker][0] != firm:
                continue
            after = then[worker][2]
            base = {"before": rank, "after": after, "mean": (rank + after) / 2}[level]
            pairs.append((base, after - rank))
            firms.setdefault(firm, []).append(pairs[-1])
        means = []
        for members in firms.values():
            times_counted = len(members) if weights == "workers" else 1
            means += [np.mean(members, axis=0)] * times_counted
        growth = [pair[1] for pair in pairs]
        growths.append(
            {
                "mean_rank_change": np.mean(growth),
                "rank_change_variance": np.var(growth),
                "worker_level_growth": correlation(pairs),
                "firm_rank_change_variance": np.var([one[1] for one in means]),
                "firm_level_growth": correlation(means),
            }
        )
    return {**pd.DataFrame(levels).mean(), **pd.DataFrame(growths).mean()}


@pytest.mark.parametrize(
    ("changes", "weights", "level"),
    [
        ("all", "workers", "mean"),
        ("all", "firms", "before"),
        ("stayers", "workers", "after"),
        ("stayers", "firms", "mean"),
    ],
)
def test_rows_against_loops(panel, changes, weights, level):
    reading = {"changes": changes, "weights": weights, "level": level}
    found = moments(panel, **reading)
    expected = by_loops(panel, **reading)
    options = regress_years(annual(panel))
    equation = pd.DataFrame(
        {
            "firm_effect_variance": [
                one.firm_effect_variance for one in options.values()
            ],
            "residual_variance": [one.residual_variance for one in options.values()],
        }
    )
    theta = pd.DataFrame([one.coefficients for one in options.values()])
    expected |= {**equation.mean(), **theta.mean()}
    assert rows_of(found) == pytest.approx(expected, rel=1e-9)


def test_options_reach_equation_6(panel):
    options = {"quadratic": "none", "coworkers": "after", "least_stayers": 3}
    found = moments(panel, residual="deviation", regression=options)
    years = regress_years(annual(panel), **options).values()
    assert found["better"] == pytest.approx(
        np.mean([one.coefficients["better"] for one in years])
    )
    assert found["residual_variance"] == pytest.approx(
        np.mean([one.residual_deviation for one in years])
    )
    assert np.isnan(found["better_squared"])
    assert "root mean square" in found.table.at["residual_variance", "definition"]
    without = moments(panel, regression=False).table["value"]
    skipped = ["firm_effect_variance", "residual_variance", *TERMS]
    assert without[without.isna()].index.tolist() == [
        row.name for row in TARGETS if row.name in skipped
    ]


def flows_by_loops(panel, interval, workers, retirement):
    times = np.arange(0, panel.window[1], interval)
    jobs = {}
    for row in panel.data.itertuples():
        jobs.setdefault(row.worker, []).append(row)
    employed = lost = moved = idle = hired = 0
    for before, after in itertools.pairwise(times):
        for rows in jobs.values():
            firms = []
            for time in (before, after):
                here = [row.firm for row in rows if row.start <= time < row.end]
                firms.append(here[0] if here else None)
            last = rows[-1]
            retires = last.ending == "retirement" and before < last.end <= after
            seen = rows[0].start <= before and after < last.end
            if firms[0] is None and workers is not None:
                hired += firms[1] is not None
                continue
            if retires and firms[0] is not None:
                employed += retirement == "replaced"
                lost += retirement == "replaced"
                continue
            if workers is None and not seen:
                continue
            if firms[0] is None:
                idle += 1
                hired += firms[1] is not None
            else:
                employed += 1
                lost += firms[1] is None
                moved += firms[1] is not None and firms[1] != firms[0]
        if workers is not None:
            idle += workers - len(at_work(panel, before))
    return lost / employed, hired / idle, moved / employed


@pytest.mark.parametrize("workers", [None, 95])
@pytest.mark.parametrize("retirement", ["left out", "replaced"])
@pytest.mark.parametrize("interval", [1.0, 0.4])
def test_flows_against_loops(panel, workers, retirement, interval):
    options = {"workers": workers, "retirement": retirement}
    found = panel_transitions(panel, interval, **options)
    assert found == pytest.approx(flows_by_loops(panel, interval, **options))
    table = moments(panel, sampling=interval, regression=False, **options)
    assert (table["EN"], table["NE"]) == (found.EN, found.NE)
    assert table["employment_rate"] == found.NE / (found.NE + found.EN)


def test_flows_of_a_panel_without_endings(panel):
    bare = random_panel(**OPTIONS, ending=False)
    assert panel_transitions(bare, 0.5) == panel_transitions(panel, 0.5)
    monthly = random_panel(**OPTIONS, unit=12.0)
    assert panel_transitions(monthly, 0.5, year=12) == panel_transitions(panel, 0.5)
    for wrong in ({"workers": 95}, {"retirement": "replaced"}):
        with pytest.raises(ValueError, match="has no column ending"):
            panel_transitions(bare, **wrong)


def test_interviews_between_the_dates_of_a_panel():
    data = pd.DataFrame({"worker": [1, 1, 2], "firm": [1, 1, 1], "period": [0, 1, 0]})
    panel = Panel(data.assign(wage=1.0), window=(0, 2))
    with pytest.raises(ValueError, match=r"interval of 0\.5 years is shorter"):
        panel_transitions(panel, 0.5)
    assert panel_transitions(panel, 0.5, year=2).EN >= 0  # looked at twice a year


@pytest.fixture(scope="module")
def alike():
    """Workers all alike, who take every offer and never quit."""
    economy = FiniteEconomy.example(human_capital=[1.0], newborn_shares=[1.0])
    return exact.solve(economy)


def test_flows_are_those_of_the_rates(alike):
    found = simulate(alike, firms=2000, years=30, seed=2)
    economy, (out, into, _) = alike.economy, alike.transition_rates
    assert out == pytest.approx(economy.match_break_rate + economy.firm_death_rate)
    for interval in (0.5, 1.0):
        # a worker who retires does not come back; newcomers are other workers
        both = 1 - out / (out + into) * -np.expm1(-(out + into) * interval)
        lost = 1 - both * np.exp(-economy.retirement_rate * interval)
        hired = lost * alike.employment_rate / (1 - alike.employment_rate)
        options = {"workers": found.workers, "retirement": "replaced"}
        said = moments(found_wages(found), sampling=interval, **options, **NO_EQ6)
        error = said.table["standard error"]
        assert error["EN"] < 0.01 * lost
        assert abs(said["EN"] - lost) < 4 * error["EN"]
        assert abs(said["NE"] - hired) < 4 * error["NE"]
        assert abs(said["employment_rate"] - alike.employment_rate) < (
            4 * error["employment_rate"]
        )
        # without their number those who never come back are missing
        naive = panel_transitions(found.panel, interval)
        living = sampled_transitions(alike, interval)
        assert 0.8 * living.EN < naive.EN < 0.95 * living.EN
        assert 1.04 * living.NE < naive.NE < 1.2 * living.NE
        # who retires in time, having lost his job, counts as having lost it
        with_number = panel_transitions(found.panel, interval, workers=found.workers)
        assert living.EN < with_number.EN < 1.04 * living.EN


NO_EQ6 = {"regression": False}


def found_wages(simulation):
    """The panel as if its wages were wages, for what does not depend on them."""
    panel = simulation.panel
    return type(panel)(panel.data.drop(columns="wage_is"), window=panel.window)


@pytest.fixture(scope="module")
def economy():
    equilibrium = exact.solve(FiniteEconomy.example())
    wages = worker_value(equilibrium)
    options = {"firms": 600, "years": 6, "burn_in": 40, "wages": wages}
    return [simulate(equilibrium, seed=seed, **options) for seed in range(4)]


def test_a_simulated_economy(economy):
    options = {"workers": economy[0].workers, "retirement": "replaced"}
    found = moments([one.panel for one in economy], **options)
    assert np.isfinite(found.table[["value", "standard error"]]).all(axis=None)
    each = [moments(one.panel, **options) for one in economy]
    values = np.array([one.table["value"] for one in each])
    np.testing.assert_allclose(found.table["value"], values.mean(axis=0))
    np.testing.assert_allclose(
        found.table["standard error"], values.std(axis=0, ddof=1) / 2
    )
    np.testing.assert_array_equal(found.by_panel, values)
    equilibrium = economy[0].equilibrium
    firms = equilibrium.size_distribution
    size = equilibrium.mean_team_size / (1 - firms[0])
    assert found["average_employer_size"] == pytest.approx(size, rel=0.02)
    rate = equilibrium.employment_rate
    assert found["employment_rate"] == pytest.approx(rate, rel=0.02)
    # newcomers begin at the bottom, and who stays at work climbs
    assert found["mean_rank_change"] > 0
    assert 0 < found["between_firm_share"] < 1


def test_standard_errors_of_one_panel(economy, panel):
    short = random_panel(workers=60, firms=6, years=3.5, seed=1)
    assert moments(short).table["standard error"].isna().all()
    # 6 dates and 5 changes: each a batch
    table = annual(economy[0].panel)
    sizes = table.groupby("year").apply(lambda x: len(x) / x["firm"].nunique())
    changes = table.groupby("year")["rank_change"].mean().dropna()
    found = moments(economy[0].panel, **NO_EQ6).table["standard error"]
    assert found["average_employer_size"] == pytest.approx(sizes.sem())
    assert found["mean_rank_change"] == pytest.approx(changes.sem())


def test_batch_errors():
    rng = np.random.default_rng(0)
    x = rng.normal(size=11)
    pairs = x[1:].reshape(5, 2).mean(axis=1)
    expected = max(np.std(x, ddof=1) / 11**0.5, np.std(pairs, ddof=1) / 5**0.5)
    assert batch_error(x) == pytest.approx(expected)
    assert np.isnan(batch_error(x[:4]))
    # what persists has larger errors than what does not
    walk = np.repeat(rng.normal(size=50), 4)
    assert batch_error(walk) == pytest.approx(walk[::4].std(ddof=1) / 50**0.5)


def test_the_table(panel):
    found = moments(panel)
    assert list(found.table.index) == [row.name for row in TARGETS]
    assert found.table.index.is_unique
    columns = ["value", "standard error", "data", "slides", "definition"]
    assert list(found.table) == columns
    assert not found.table["definition"].str.contains("[{}]").any()
    assert found.table.loc["better", ["data", "slides"]].tolist() == [0.34, 0.384]
    assert "firm_effect_variance" in repr(found) and "<table" in found._repr_html_()
    with pytest.raises(KeyError, match="'Size' is none of average_employer_size"):
        found["Size"]


def test_refusals(panel, alike):
    for name in ("changes", "weights", "level", "residual", "retirement"):
        with pytest.raises(ValueError, match=f"{name} = 'most' is not known"):
            moments(panel, **{name: "most"})
    with pytest.raises(ValueError, match="sampling = 0 must be"):
        moments(panel, sampling=0)
    with pytest.raises(ValueError, match="holds no two interviews 7 years apart"):
        moments(panel, sampling=7)
    with pytest.raises(ValueError, match="workers = 10 is less than the"):
        moments(panel, workers=10)
    with pytest.raises(TypeError, match="takes a Panel, or several"):
        moments([])
    with pytest.raises(TypeError, match="takes a Panel, or several"):
        moments(panel.data)
    for wrong in ("no", {"quadratics": "none"}):
        with pytest.raises(TypeError, match="must be True, False or a dict with"):
            moments(panel, regression=wrong)
    with pytest.raises(ValueError, match="are too few for"):
        moments(tiny())
    with pytest.raises(ValueError, match=r"nobody works at two dates 2\.5 apart"):
        moments(panel_of_leavers(), year=2.5, sampling=0.4)
    simulated = simulate(alike, firms=50, years=3, seed=1)
    with pytest.raises(ValueError, match="pass wages=worker_value"):
        moments(simulated.panel)


def panel_of_leavers():
    rows = [("a", "X", 0.0, 1.0, 1.0), ("b", "X", 2.5, 3.0, 1.0)]
    names = ["worker", "firm", "start", "end", "wage"]
    panel = tiny()
    return type(panel)(pd.DataFrame(rows, columns=names))
