"""Who is in the labour force when: rates must not count time outside it."""

import numpy as np
import pytest

from jobteams_lab import Panel
from jobteams_lab.identification import (
    NAM,
    Economy,
    Types,
    accuracy,
    identify,
    simulate,
    solve,
    with_labour_force,
)
from jobteams_lab.identification.labour_force import labour_force
from jobteams_lab.identification.labour_market import labour_market

TYPES = 10


@pytest.fixture(scope="module", params=[0.0, 0.3], ids=["benchmark", "search"])
def case(request):
    """A market, and the same with careers of random length cut out of it."""
    economy = Economy(
        NAM,
        separation_rate=0.02,
        search_intensity_employed=request.param,
        worker_types=Types.uniform(TYPES),
        firm_types=Types.uniform(TYPES),
    )
    equilibrium = solve(economy)
    panel = simulate(equilibrium, 3_000, 40, 240, seed=2, noise=0.1)
    rng = np.random.default_rng(3)
    n = len(panel.workers)
    entry = rng.integers(0, 120, n)
    exit = entry + rng.integers(60, 120, n)
    data, worker = panel.data.copy(), panel.worker_codes
    start = np.maximum(data["start"], entry[worker])
    end = np.minimum(data["end"], exit[worker])
    kept = np.maximum(end - start, 0) / (data["end"] - data["start"])
    for name in ("time", "wage_squares", "wage_logs"):
        data[name] *= kept
    data.loc[start > data["start"], "origin"] = "unknown"
    data["start"], data["end"] = start, end
    cut = Panel(data[kept > 0], panel.window)
    here = np.isin(panel.workers, cut.workers)
    return equilibrium, panel, cut, entry[here], exit[here]


def bins_of(panel):
    bins = np.zeros(len(panel.workers), dtype=int)
    bins[panel.worker_codes] = panel.data["worker_type"]
    return bins


def test_counts_are_those_of_one_window_a_worker(case):
    _, _, cut, entry, exit = case
    ids = cut.workers[:120]
    few = Panel(cut.data[cut.data["worker"].isin(ids)], cut.window)
    entry, exit = entry[:120], exit[:120]
    found = labour_market(with_labour_force(few, entry, exit), bins_of(few), TYPES)
    idle = ends = chances = 0.0
    hires = np.zeros(TYPES)
    searched = np.zeros(TYPES)
    for i, worker in enumerate(few.workers):
        rows = few.data[few.data["worker"] == worker]
        x = rows["worker_type"].iloc[0]
        one = labour_market(
            Panel(rows, (int(entry[i]), int(exit[i]))), np.array([x]), TYPES
        )
        idle += one.mean_unemployed * one.months
        hires[x] += one.hires_from_unemployment.sum()
        if one.finding_rate[x] > 0:
            hired = one.hires_from_unemployment.sum()
            searched[x] += hired / one.finding_rate[x]
        else:  # nobody was hired: by hand, all months out of work but the last
            at_work = rows["end"].iloc[-1] == exit[i]
            searched[x] += one.mean_unemployed * one.months - (not at_work)
        one_chances = (rows["end"] - rows["start"]).sum()
        one_chances -= rows["end"].iloc[-1] == exit[i]
        chances += one_chances
        ends += one.separation_rate * one_chances
    assert found.mean_unemployed * found.months == pytest.approx(idle)
    assert found.hires_from_unemployment.sum(1) == pytest.approx(hires)
    assert found.separation_rate == pytest.approx(ends / chances)
    assert found.finding_rate == pytest.approx(hires / searched)


def test_rates_and_production_come_back(case):
    equilibrium, panel, cut, entry, exit = case
    known = with_labour_force(cut, entry, exit)
    careers = with_labour_force(cut, "first job", "last job")
    truth, naive, right, near = (
        identify(p, worker_types=TYPES, firm_types=TYPES)
        for p in (panel, cut, known, careers)
    )
    finding = truth.market.finding_rate.mean()
    assert naive.market.finding_rate.mean() < 0.1 * finding
    assert right.market.finding_rate.mean() == pytest.approx(finding, rel=0.05)
    assert right.separation_rate == pytest.approx(truth.separation_rate, rel=0.05)
    assert near.market.finding_rate.mean() == pytest.approx(finding, rel=0.1)
    close = [accuracy(r.production, equilibrium) for r in (naive, right, near)]
    assert close[0].correlation < 0.5
    assert close[1].correlation > 0.99 and close[1].error < 0.03
    assert close[2].correlation > 0.98
    said = "if he is not looking for work then"
    assert [any(said in w for w in r.warnings) for r in (naive, right)] == [True, False]


def test_first_and_last_jobs(case):
    _, _, cut, _, _ = case
    found = with_labour_force(cut, "first job", "last job")
    entry, exit = labour_force(found)
    by_worker = cut.data.groupby("worker")
    assert (entry == by_worker["start"].min().to_numpy()).all()
    assert (exit == by_worker["end"].max().to_numpy()).all()
    by_id = by_worker["end"].max().sample(frac=1, random_state=1)  # in any order
    named = with_labour_force(cut, by_worker["start"].min().to_dict(), by_id)
    assert (labour_force(named)[1] == exit).all()
    assert (labour_force(named)[0] == entry).all()
    again = with_labour_force(found, "window", "window")
    assert (labour_force(again)[0] == 0).all() and (labour_force(again)[1] == 240).all()
    bins = bins_of(cut)
    plain, same = (labour_market(p, bins, TYPES) for p in (cut, again))
    assert (plain.finding_rate == same.finding_rate).all()


def test_bad_times_are_refused(case):
    _, panel, _, _, _ = case
    n = len(panel.workers)
    with pytest.raises(ValueError, match="entry = 'school' is not known"):
        with_labour_force(panel, "school")
    with pytest.raises(ValueError, match="exit has no time for 2,999 of the workers"):
        with_labour_force(panel, "window", {panel.workers[0]: 3.0})
    with pytest.raises(ValueError, match="exit has shape"):
        with_labour_force(panel, "window", np.ones(3))
    with pytest.raises(ValueError, match="Some jobs begin before their worker's entry"):
        with_labour_force(panel, np.full(n, 100.0))
    with pytest.raises(ValueError, match="Column 'entry' is missing or not the same"):
        with_labour_force(panel, np.full(n, np.nan))
    odd = panel.data.assign(exit=240.0)
    odd.loc[0, "exit"] = 239.0
    with pytest.raises(ValueError, match="Column 'exit' is missing or not the same"):
        labour_market(Panel(odd, panel.window), bins_of(panel), TYPES)
