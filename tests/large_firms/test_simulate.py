"""The simulation against the equilibrium, and against a slow simulator."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest
from plain_firms import PlainMarket
from simulation_examples import (
    CHANGES,
    all_solved,
    assert_consistent,
    begin,
    stream,
)

from jobteams_lab.identification import identify, rank_workers
from jobteams_lab.large_firms.exact import FiniteEconomy, solve
from jobteams_lab.large_firms.simulate import simulate, standard_error
from jobteams_lab.large_firms.simulate_events import Events
from jobteams_lab.large_firms.simulate_rules import (
    HIRE,
    KINDS,
    MEET,
    MOVE,
    RENEGOTIATE,
    first_state,
    rules,
    take_stock,
)
from jobteams_lab.large_firms.simulate_wages import WageBook
from jobteams_lab.large_firms.stationary import stationary
from jobteams_lab.large_firms.worker_value import worker_value


@pytest.fixture(scope="module")
def solved():
    return all_solved()


@pytest.fixture(scope="module")
def long_run(solved):
    return simulate(solved["example"], firms=4000, years=200, seed=3, panel=False)


@pytest.fixture(scope="module")
def histories(solved):
    return simulate(solved["example"], firms=400, years=12, seed=8, events=True)


@pytest.mark.parametrize("name", [*CHANGES, "mixed"])
def test_plain_python_sees_the_same_history(solved, name):
    equilibrium, firms, number = solved[name], 30, 4000
    state = begin(equilibrium, firms)
    plain = PlainMarket(equilibrium, state)
    engine = Events(rules(equilibrium), state)
    whose, uniforms = stream(equilibrium, firms, number, seed=5)
    records = engine.run(whose, uniforms, 0)[0]
    for one, u in zip(whose.tolist(), uniforms.tolist(), strict=True):
        plain.happen(one, u)
    happened = records[records[:, 0] > 0]
    written = [
        (
            KINDS[act],
            int(worker if worker >= 0 else firm),
            int(other) if act in (HIRE, MOVE) else None,
        )
        for act, worker, _, firm, _, other, _ in happened
    ]
    assert written == plain.log
    assert state.worker_type.tolist() == plain.type
    assert [[w for w in row if w >= 0] for row in state.members.tolist()] == plain.teams
    occupied, idle = take_stock(state, number)
    counts = equilibrium.problem.teams.counts
    for (firm_type, *team), times in plain.times.items():
        team = equilibrium.problem.teams.index(team)
        assert occupied[firm_type, team] == times
    assert occupied.sum() == firms * number
    at_work = (occupied.sum(axis=0) @ counts).sum()
    assert at_work + idle.sum() == len(state.worker_type) * number


def test_plain_run_has_every_kind_of_event(solved):
    # or the test above would say little
    state = begin(solved["mixed"], 30)
    engine = Events(rules(solved["mixed"]), state)
    records = engine.run(*stream(solved["mixed"], 30, 4000, seed=5), 0)[0]
    assert set(records[:, 0]) == set(range(len(KINDS)))


@pytest.mark.parametrize("start", ["stationary", "empty"])
def test_first_state_is_consistent_and_stratified(solved, start):
    for name, equilibrium in solved.items():
        state = begin(equilibrium, 501, start)
        assert_consistent(equilibrium, state)
        shares = equilibrium.economy.firm_shares
        assert np.abs(np.bincount(state.firm_type) - 501 * shares).max() < 1, name
        if start == "empty":
            assert (state.worker_firm == -1).all()
            continue
        rate = (state.worker_firm >= 0).mean()
        assert rate == pytest.approx(equilibrium.employment_rate, abs=0.02)


def test_two_firms_have_no_more_workers_than_there_are(solved):
    for seed in range(20):
        rng = np.random.default_rng(seed)
        state = first_state(solved["one by one"], 2, "stationary", rng)
        assert_consistent(solved["one by one"], state)
        found = simulate(solved["example"], firms=2, years=40, seed=seed, panel=False)
        assert found.workers == 6


def test_agrees_with_the_equilibrium(solved, long_run):
    table = long_run.comparison
    assert table["z"].abs().max() < 3.5, table
    # standard errors are small, so that a wrong rate would show
    assert (table["standard error"] < 0.01 * table["equilibrium"]).all()
    truth = solved["example"].cross_section
    for found, expected in (
        (long_run.nonemployed_by_stretch, truth.nonemployed),
        (long_run.firms_by_stretch, truth.firms),
    ):
        reached = expected > 1e-4  # rarer ones are far from normal
        error = standard_error(found)[reached]
        z = (found.mean(axis=0)[reached] - expected[reached]) / error
        assert np.abs(z).max() < 4.5
        assert np.sqrt(np.mean(z**2)) < 1.5


@pytest.mark.parametrize(
    ("changes", "moments"),
    [
        ({"contact_rate_employed": 0.62}, ["EE"]),
        ({"match_break_rate": 0.131}, ["EN", "employment rate"]),
        ({"contact_rate_nonemployed": 0.93}, ["NE", "mean team size"]),
    ],
)
def test_disagrees_with_another_equilibrium(long_run, changes, moments):
    other = solve(FiniteEconomy.example(**changes))
    wrong = dataclasses.replace(long_run, equilibrium=other).comparison
    assert (wrong.loc[moments, "z"].abs() > 5).all()


def test_standard_errors_know_that_neighbours_are_alike():
    pairs = np.random.default_rng(1).normal(size=(10, 3))
    of_pairs = pairs.std(axis=0, ddof=1) / np.sqrt(10)
    found = standard_error(np.repeat(pairs, 2, axis=0))
    assert (found >= of_pairs * (1 - 1e-12)).all()
    fours = pairs.reshape(5, 2, 3).mean(axis=1).std(axis=0, ddof=1) / np.sqrt(5)
    np.testing.assert_allclose(found, np.maximum(of_pairs, fours))


def test_mixed_policies_agree_with_their_flows(solved):
    # against the cross-section that the solver's steps find for these policies
    mixed = solved["mixed"]
    kept, flows, error = stationary(
        mixed.problem, mixed.ladder, mixed.cross_section, 1e-10
    )
    assert error < 1e-9
    mixed = dataclasses.replace(mixed, cross_section=kept, flows=flows)
    found = simulate(mixed, firms=4000, years=60, seed=5, panel=False)
    assert found.comparison["z"].abs().max() < 3.5, found.comparison
    assert found.counts["quit"] > 1000


def test_an_empty_start_comes_to_the_same(solved):
    found = simulate(
        solved["example"],
        firms=4000,
        years=60,
        burn_in=150,
        seed=6,
        start="empty",
        panel=False,
    )
    assert found.comparison["z"].abs().max() < 4, found.comparison
    fresh = simulate(
        solved["example"], firms=500, years=1, seed=6, start="empty", panel=False
    )
    assert fresh.employment_rate < 0.5
    assert fresh.by_stretch["employment rate"].is_monotonic_increasing


def test_workers_and_jobs_balance(solved, histories):
    counts, jobs = histories.counts, histories.panel.data
    by = jobs["ending"].value_counts()
    assert by["retirement"] <= counts["retirement"]
    first = (jobs["start"] == 0).sum()
    last = histories.final.firms.sum(axis=0) @ solved["example"].problem.teams.sizes
    lost = counts["quit"] + counts["break"] + counts["job lost with its firm"]
    assert round(400 * last) == first + counts["hire"] - lost - by["retirement"]
    everyone = last + histories.final.nonemployed.sum()
    assert everyone == pytest.approx(histories.workers / 400)
    means = histories.cross_section
    sizes = solved["example"].problem.teams.sizes
    at_work = means.firms.sum(axis=0) @ sizes
    assert at_work + means.nonemployed.sum() == pytest.approx(3.0)
    np.testing.assert_allclose(means.firms.sum(axis=1), [0.5, 0.5])


def test_panel_counts_what_the_simulation_counts(histories):
    counts, jobs = histories.counts, histories.panel.data
    spells = histories.panel.spells().data
    origins = spells["origin"].value_counts()
    assert origins["unemployment"] == counts["hire"]
    assert origins["firm"] == counts["move"]
    endings = jobs["ending"].value_counts()
    assert endings["firm"] == counts["move"]
    lost = counts["quit"] + counts["break"] + counts["job lost with its firm"]
    assert endings["nonemployment"] == lost
    assert endings["window"] == len(histories.teams)
    assert len(jobs) - endings["goes on"] == len(spells)
    # a move leaves no gap, a loss does
    same = jobs["worker"].shift(-1) == jobs["worker"]
    gap = jobs["start"].shift(-1) - jobs["end"]
    assert (gap[jobs["ending"].isin(["firm", "goes on"])] == 0).all()
    assert (gap[same & (jobs["ending"] == "nonemployment")] > 0).all()
    assert not same[jobs["ending"].isin(["retirement", "window"])].any()
    years = (jobs["end"] - jobs["start"]).sum()
    rate = years / (histories.workers * 12)
    assert rate == pytest.approx(histories.employment_rate, abs=2e-3)


def test_identities_end_with_their_owners(histories):
    counts, panel = histories.counts, histories.panel
    assert panel.workers[-1] < histories.workers + counts["retirement"]
    assert panel.firms[-1] < 400 + counts["firm death"]
    assert 0 < (panel.firms >= 400).sum() <= counts["firm death"]
    jobs = panel.data
    assert (jobs.groupby("firm")["firm_type"].nunique() == 1).all()
    for time in (0.0, 3.3, 11.9):
        held = panel.cross_section(time)
        assert (held.groupby("firm").size() <= 4).all()
        assert held["firm"].nunique() < 400
    # newborn workers and firms come after the first
    assert jobs.loc[jobs["worker"] >= histories.workers, "start"].min() > 0
    assert jobs.loc[jobs["firm"] >= 400, "start"].min() > 0
    # and those who were there before do not outlive them
    ended = jobs[jobs["ending"] == "retirement"].set_index("worker")["end"]
    last = jobs.groupby("worker")["end"].max()
    assert (last[ended.index] == ended).all()


def test_panel_and_teams_and_learning_agree(solved, histories):
    jobs, teams = histories.panel.data, histories.teams
    last = jobs[jobs["ending"] == "window"]
    names = ["worker", "firm", "worker_type", "ability", "productivity"]
    merged = teams.merge(last[names], on=names)
    assert len(merged) == len(teams) == len(last)
    assert (teams.groupby("firm").size() <= 4).all()
    size = teams.groupby("firm")["worker"].transform("size")
    np.testing.assert_array_equal(size, teams["team_size"])

    lessons = histories.learning_events
    # each lesson falls into a row of its worker at its firm, with what he then knew
    rows = lessons.merge(jobs, on=["worker", "firm"], suffixes=("", "_row"))
    ends_here = rows["time"] == rows["end"]
    inside = (rows["start"] < rows["time"]) & (rows["time"] <= rows["end"])
    rows, ends_here = rows[inside], ends_here[inside]
    assert len(rows) == len(lessons)
    np.testing.assert_array_equal(rows["human_capital"], rows["human_capital_row"])
    learnt = rows["human_capital"] != rows["human_capital_after"]
    np.testing.assert_array_equal(ends_here, learnt)
    assert 0.05 < learnt.mean() < 0.95
    alone = lessons["coworkers"] == 0
    assert lessons["coworker_human_capital"].isna().equals(alone)
    # coworkers of one firm and instant: means from those who learnt with him
    together = lessons.groupby(["firm", "time"])["human_capital"]
    others = together.transform("sum") - lessons["human_capital"]
    count = together.transform("size") - 1
    np.testing.assert_array_equal(count, lessons["coworkers"])
    np.testing.assert_allclose(
        lessons["coworker_human_capital"], others / count.where(count > 0)
    )
    assert lessons["time"].is_monotonic_increasing
    rate = len(lessons) / (histories.employment_rate * histories.workers * 12)
    assert rate == pytest.approx(1.0, abs=0.05)  # γ = 1


def test_learning_splits_rows_and_nothing_else(solved, histories):
    whole = simulate(solved["example"], firms=400, years=12, seed=8)
    assert len(whole.panel) < len(histories.panel)
    assert whole.learning_events is None
    joined, spells = histories.panel.spells().data, whole.panel.data
    names = ["worker", "firm", "start", "end", "origin", "worker_type", "team_size"]
    assert joined[names].equals(spells[names])
    output = solved["example"].problem.output
    per_worker = output / np.maximum(solved["example"].problem.teams.sizes, 1)
    assert set(spells["wage"]) <= set(per_worker.ravel())
    assert set(spells["wage_is"]) == {"output a worker"}


def test_seeds_decide(solved, histories):
    options = {"firms": 400, "years": 12, "events": True}
    again = simulate(solved["example"], seed=8, **options)
    assert again.panel.data.equals(histories.panel.data)
    assert again.learning_events.equals(histories.learning_events)
    other = simulate(solved["example"], seed=9, **options)
    assert not other.panel.data.equals(histories.panel.data)
    # what is written down does not change what happens
    silent = simulate(solved["example"], seed=8, firms=400, years=12, panel=False)
    assert silent.comparison.equals(histories.comparison)
    assert silent.panel is None and silent.teams is None


def wage_table(equilibrium, seed=0):
    rng = np.random.default_rng(seed)
    grid = np.array([-3.0, -1.0, 0.5, 2.0, 6.0])
    shape = equilibrium.surplus.shape
    slopes = rng.uniform(2, 9, (len(grid) - 1, *shape))
    steps = slopes * np.diff(grid)[:, None, None, None]
    lowest = equilibrium.problem.outside[:, None, None] + rng.uniform(-20, 5, shape)
    value = lowest + np.concatenate([np.zeros((1, *shape)), np.cumsum(steps, axis=0)])
    return SimpleNamespace(wage_grid=grid, value=value)


def worth(table, rung, wage):
    """W by hand, and beyond the ends along the last pieces."""
    grid, column = table.wage_grid, table.value[(slice(None), *rung)]
    if wage < grid[0]:
        slope = (column[1] - column[0]) / (grid[1] - grid[0])
        return column[0] + slope * (wage - grid[0])
    if wage > grid[-1]:
        slope = (column[-1] - column[-2]) / (grid[-1] - grid[-2])
        return column[-1] + slope * (wage - grid[-1])
    return np.interp(wage, grid, column)


def test_wages_are_settled_as_the_contract_says(solved):
    equilibrium = solved["mixed"]
    table, delta = wage_table(equilibrium), equilibrium.surplus
    outside = equilibrium.problem.outside
    state = begin(equilibrium, 200)
    book = WageBook(equilibrium, table, state._replace())
    firm_type = state.firm_type
    engine = Events(rules(equilibrium), state)
    records, _ = engine.run(*stream(equilibrium, 200, 20_000, seed=3), 0)
    before = book.wage.copy()
    settled = book.settle(records)
    stayed = moved = 0
    for (act, worker, kind, firm, rung, other, beside), wage in zip(
        records, settled, strict=True
    ):
        own, there = (kind, firm_type[firm], rung), (kind, firm_type[other], beside)
        if act in (HIRE, MOVE):
            promised = 0.0 if act == HIRE else max(delta[own], 0.0)
            target = outside[kind] + promised
            assert worth(table, there, wage) == pytest.approx(target, abs=1e-9)
        elif act in (MEET, RENEGOTIATE) and firm >= 0:
            most = max(delta[own], 0.0)
            can_hire = 0 <= beside < delta.shape[2]
            offer = max(delta[there], 0.0) if can_hire else 0.0
            had = worth(table, own, before[worker]) - outside[kind]
            least = min(offer, most)
            due = least if had < least else most if had > most else had
            if np.isnan(wage):
                assert due == pytest.approx(had, abs=1e-8)
                stayed += 1
                continue
            assert worth(table, own, wage) - outside[kind] == pytest.approx(
                due, abs=1e-9
            )
            moved += 1
        else:
            assert np.isnan(wage)
            continue
        before[worker] = wage
    assert stayed > 1000 and moved > 1000
    np.testing.assert_array_equal(before, book.wage)


def test_panel_with_wages_has_a_row_for_each(solved):
    equilibrium = solved["example"]
    options = {"firms": 200, "years": 8, "burn_in": 3, "seed": 2}
    table = wage_table(equilibrium)
    plain = simulate(equilibrium, **options)
    paid = simulate(equilibrium, **options, wages=table)
    jobs = paid.panel.data
    assert set(jobs["wage_is"]) == {"wage"}
    assert len(paid.panel) > len(plain.panel)
    names = ["worker", "firm", "start", "end", "origin"]
    assert paid.panel.spells().data[names].equals(plain.panel.data[names])
    # within a job each row has another wage than the row before
    goes_on = (jobs["ending"] == "goes on").to_numpy()[:-1]
    assert (np.diff(jobs["wage"])[goes_on] != 0).all()
    # learning splits rows further, and leaves the wage as it is
    split = simulate(equilibrium, **options, wages=table, events=True).panel.data
    assert len(split) > len(jobs)
    same = (split["ending"] == "goes on").to_numpy()[:-1]
    same = same & (np.diff(split["wage"]) == 0)
    assert len(split) - same.sum() == len(jobs)
    years = jobs["end"] - jobs["start"]
    total = (split["end"] - split["start"]) @ split["wage"]
    assert total == pytest.approx(years @ jobs["wage"])


def test_months_are_the_jobs_held_when_they_begin(solved):
    equilibrium = solved["example"]
    options = {"firms": 150, "years": 7.3, "burn_in": 2, "seed": 4, "events": True}
    found = simulate(equilibrium, **options, wages=wage_table(equilibrium))
    months, years = found.monthly_panel, found.panel
    assert months.is_monthly and months.window == (0, 88)
    assert list(months.data) == list(years.data)
    kept = [name for name in years.data if name not in ("start", "end", "ending")]
    for month in (0, 1, 40, 87):
        held = years.cross_section(month / 12)[kept]
        here = months.cross_section(month)
        assert here[kept].equals(held)
        # a job's ending is told in its last month, and before that it goes on
        for one in here.head(60).itertuples():
            jobs = years.data[years.data["worker"] == one.worker]
            jobs = jobs[(jobs["end"] > month / 12) & (jobs["ending"] != "goes on")]
            end, ending = jobs.iloc[0][["end", "ending"]]
            last = 12 * end <= month + 1
            assert one.ending == (ending if last else "goes on")
    assert found.monthly_panel is months
    with_nothing = simulate(equilibrium, **options | {"events": False, "panel": False})
    assert with_nothing.monthly_panel is None


def test_months_are_what_estimators_read(solved):
    equilibrium = solved["example"]
    table = worker_value(equilibrium)
    found = simulate(equilibrium, firms=300, years=12, burn_in=5, seed=1, wages=table)
    months = found.monthly_panel
    ranking = rank_workers(months)
    identified = identify(
        months, worker_types=3, firm_types=2, ranking=ranking, model="benchmark"
    )
    # to the benchmark whoever retires from a job loses it
    lost = found.transition_rates.EN + equilibrium.economy.retirement_rate
    assert identified.separation_rate == pytest.approx(lost / 12, rel=0.05)
    # with moves output is estimated to be negative, which costs the gain only
    moving = identify(months, worker_types=3, firm_types=2, ranking=ranking)
    assert np.isfinite(moving.sorting)
    assert any("no gain in per cent" in sentence for sentence in moving.warnings)


@pytest.mark.parametrize(
    "changes", [{"nonemployment_income": 50.0}, {"contact_rate_nonemployed": 1e-6}]
)
@pytest.mark.parametrize("events", [False, True])
def test_nobody_works(changes, events):
    equilibrium = solve(FiniteEconomy.example(**changes))
    wages = wage_table(equilibrium)
    found = simulate(
        equilibrium, firms=200, years=3, seed=1, wages=wages, events=events
    )
    assert found.panel is None and found.monthly_panel is None
    assert len(found.teams) == 0
    assert found.employment_rate == 0
    if events:
        assert len(found.learning_events) == 0
    # no stretch differs from another, which says nothing about its error
    assert found.comparison["z"].isna().all()


def test_a_firm_type_may_have_no_firms():
    equilibrium = solve(FiniteEconomy.example(firm_shares=[0.0, 1.0], max_team_size=2))
    found = simulate(equilibrium, firms=200, years=3, seed=1)
    assert set(found.panel.data["firm_type"]) == {1}
    assert found.cross_section.firms[0].sum() == 0
    assert found.employment_rate == pytest.approx(equilibrium.employment_rate, abs=0.05)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"firms": 1}, ValueError, "firms = 1 must be finite and at least 2"),
        ({"firms": 10.0}, TypeError, "firms must be a whole number, not 10.0"),
        ({"years": 0}, ValueError, "years = 0 must be finite and greater than 0"),
        ({"years": 0.001}, ValueError, "years = 0.001 is too short for 100 firms"),
        ({"burn_in": -1}, ValueError, "burn_in = -1 must be"),
        ({"method": "cuda"}, ValueError, "method = 'cuda' is not known"),
        ({"start": "full"}, ValueError, "start = 'full' is not known"),
        ({"seed": None}, TypeError, "seed must be a whole number"),
        ({"events": True, "panel": False}, ValueError, "events=True lists who"),
        ({"events": True, "method": "batches"}, ValueError, "method='events'"),
        ({"wages": 3.0}, TypeError, "wages must have wage_grid and value"),
    ],
)
def test_refusals(solved, options, error, words):
    with pytest.raises(error, match=words):
        simulate(solved["example"], **{"firms": 100, "years": 1, "seed": 1} | options)


def test_refuses_what_does_not_fit(solved):
    with pytest.raises(TypeError, match=r"call exact\.solve\(economy\) first"):
        simulate(solved["example"].economy, seed=1)
    table = wage_table(solved["abilities"])
    with pytest.raises(ValueError, match="it belongs to another equilibrium"):
        simulate(solved["example"], firms=100, years=1, seed=1, wages=table)
    table = wage_table(solved["example"])
    table.value = table.value[::-1]
    with pytest.raises(ValueError, match="wages must increase"):
        simulate(solved["example"], firms=100, years=1, seed=1, wages=table)
    few = FiniteEconomy.example(workers_per_firm=0.1)
    with pytest.raises(ValueError, match="firms = 2 have no worker"):
        simulate(solve(few), firms=2, years=1000, seed=1)


def test_repr(histories):
    assert repr(histories).startswith(
        "Simulation(400 firms, 1,200 workers, 12 years: employment 0.7"
    )


def test_wages_are_worth_what_was_promised(solved):
    """Hired at W = U: so worth is what a cycle of jobs pays, discounted, and its end.

    It ends with nonemployment, worth U again, retirement, worth nothing, or the window,
    worth W of the wage and the team then.
    """
    equilibrium = solved["example"]
    economy, outside = equilibrium.economy, equilibrium.problem.outside
    table = worker_value(equilibrium)
    found = simulate(
        equilibrium,
        firms=8000,
        years=40,
        burn_in=5,
        seed=7,
        wages=table,
        events=True,
    )
    jobs = found.panel.data
    begins = (jobs["ending"].shift() != "goes on") & (jobs["origin"] == "unemployment")
    new_worker = jobs["worker"] != jobs["worker"].shift()
    cycle = (begins | new_worker).cumsum()  # those from before the window are dropped
    hired_at = jobs["start"].groupby(cycle).transform("first")
    from_, to = (
        np.exp(-economy.discount_rate * (jobs[end] - hired_at))
        for end in ("start", "end")
    )
    paid = jobs["wage"] * (from_ - to) / economy.discount_rate

    last = found.teams.set_index("worker").loc[
        jobs.loc[jobs["ending"] == "window", "worker"]
    ]
    members = np.zeros((last["firm"].max() + 1, economy.worker_types), int)
    np.add.at(members, (found.teams["firm"], found.teams["worker_type"]), 1)
    team = equilibrium.problem.teams.index(members[last["firm"]])
    kind = last["worker_type"].to_numpy()
    rung = equilibrium.problem.teams.lower[team, kind]
    end_worth = np.where(
        jobs["ending"] == "nonemployment", outside[jobs["worker_type"]], 0.0
    )
    at_end = (jobs["ending"] == "window").to_numpy()
    end_worth[at_end] = [
        worth(table, one, wage)
        for one, wage in zip(
            zip(kind, last["firm_type"], rung, strict=True),
            jobs["wage"][at_end],
            strict=True,
        )
    ]
    total = (paid + to * end_worth).groupby(cycle).sum()
    first = jobs.groupby(cycle).first()
    hired = first["origin"] == "unemployment"
    gain = (total - outside[first["worker_type"]])[hired]
    by_type = gain.groupby(first["worker_type"][hired])
    error = by_type.std() / np.sqrt(by_type.size())
    assert (error < 0.04 * outside).all()
    assert ((by_type.mean() / error).abs() < 3.5).all(), by_type.mean() / error
