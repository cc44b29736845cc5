"""Firms seen whole among others: what they share with the full panel, bad input."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from population_market import population_market, small_economy
from scipy import stats

from jobteams_lab import Panel
from jobteams_lab.identification import (
    NAM,
    PAM,
    Economy,
    Types,
    accuracy,
    identify,
    job_moves,
    labour_market,
    poaching_omega,
    rank_firms,
    simulate,
    solve,
)
from jobteams_lab.identification.firm_ranking import FirmRanking
from jobteams_lab.identification.rank_firms import omega_from_unemployment
from jobteams_lab.identification.whole_firms import (
    among_all,
    at_firms,
    firms_seen_whole,
    free_of_selection,
    moves_between,
    vacancies_at,
)

TYPES = 8
BINS = {"worker_types": TYPES, "firm_types": TYPES}
FIRMS = 80


def sampled(production, **changes):
    """A panel, that of the workers of 24 of its 80 firms, and which firms these are."""
    types = Types.uniform(TYPES)
    economy = Economy(production, worker_types=types, firm_types=types, **changes)
    equilibrium = solve(economy)
    panel = simulate(equilibrium, 6_000, FIRMS, 120, seed=5, noise=0.2)
    whole = np.zeros(FIRMS, dtype=bool)
    whole[np.random.default_rng(2).choice(FIRMS, 24, replace=False)] = True
    seen = np.zeros(len(panel.workers), dtype=bool)
    seen[panel.worker_codes[whole[panel.firm_codes]]] = True
    part = Panel(panel.data[seen[panel.worker_codes]], panel.window)
    return equilibrium, panel, part, whole


@pytest.fixture(scope="module")
def benchmark():
    equilibrium, panel, part, whole = sampled(PAM)
    full = identify(panel, **BINS)
    return (
        equilibrium,
        panel,
        part,
        whole,
        full,
        identify(part, **BINS, whole_firms=whole),
    )


def test_most_workers_of_the_other_firms_are_missing(benchmark):
    _, panel, part, whole, _, _ = benchmark
    months = [np.bincount(p.firm_codes, p.duration, FIRMS) for p in (part, panel)]
    share = months[0] / months[1]
    np.testing.assert_allclose(share[whole], 1)
    assert share[~whole].mean() < 0.4


def test_whole_firms_are_found_as_in_the_full_panel(benchmark):
    equilibrium, panel, part, whole, full, found = benchmark
    assert np.isfinite(found.firm_rank).tolist() == whole.tolist()
    assert (found.firm_bins[~whole] == -1).all()
    assert found.separation_rate == pytest.approx(full.separation_rate, rel=0.04)
    # sampled as they were, workers of many jobs are there more often
    assert labour_market(part, found.worker_bins, TYPES).separation_rate > 1.2 * 0.01
    place = np.searchsorted(panel.workers, part.workers)
    assert stats.spearmanr(found.worker_rank, full.worker_rank[place])[0] > 0.99
    ratio = found.omega[whole] / full.omega[whole]
    assert np.median(ratio) == pytest.approx(1, abs=0.06)
    assert stats.spearmanr(found.firm_rank[whole], full.firm_rank[whole])[0] > 0.93
    np.testing.assert_allclose(found.reservation_wage, full.reservation_wage, rtol=0.03)
    close = accuracy(found.production, equilibrium)
    assert close.correlation > 0.99
    assert close.error < 0.05
    assert found.sorting == pytest.approx(full.sorting, abs=0.04)


def test_coverage_speaks_of_firms_seen_whole(benchmark):
    _, _, part, whole, _, found = benchmark
    cover = found.coverage
    assert cover.whole_firms == pytest.approx(24 / FIRMS)
    assert cover.firms == 1
    x, y = found.worker_bins[part.worker_codes], found.firm_bins[part.firm_codes]
    inside = whole[part.firm_codes] & (x >= 0)
    inside &= np.isfinite(found.production[np.maximum(x, 0), np.maximum(y, 0)])
    total = part.duration[whole[part.firm_codes]].sum()
    assert cover.employment == pytest.approx(part.duration[inside].sum() / total)
    assert "100.0% of 24 whole firms (of 80)" in found.summary()
    assert not any("cannot be ranked" in line for line in found.warnings)


def test_search_on_the_job():
    equilibrium, panel, part, whole = sampled(NAM, search_intensity_employed=0.2)
    full = identify(panel, **BINS, whole_firms=whole)
    found = identify(part, **BINS, whole_firms=panel.firms[whole].tolist())
    ratio = np.nanmedian(found.omega[whole] / full.omega[whole])
    assert ratio == pytest.approx(1, abs=0.15)
    assert found.separation_rate == pytest.approx(0.01, rel=0.06)
    assert accuracy(found.production, equilibrium).correlation > 0.92
    assert found.sorting == pytest.approx(full.sorting, abs=0.06)


def test_all_firms_whole_is_as_if_nothing_was_said(benchmark):
    _, panel, _, _, full, _ = benchmark
    again = identify(
        panel, **BINS, ranking=full.workers, whole_firms=np.ones(FIRMS, bool)
    )
    np.testing.assert_array_equal(again.production, full.production)
    assert again.warnings == full.warnings


def test_rank_firms_and_identify_agree(benchmark):
    _, _, part, whole, _, found = benchmark
    for extra in ({}, {"reservation": "pooled"}):
        one = rank_firms(
            part,
            found.workers,
            types=TYPES,
            firm_types=TYPES,
            whole_firms=whole,
            **extra,
        )
        two = identify(part, **BINS, ranking=found.workers, whole_firms=whole, **extra)
        np.testing.assert_array_equal(one.omega, two.omega)
        assert len(one.firms) == FIRMS


def test_vacancies_are_those_of_the_firms_seen_whole(benchmark):
    _, panel, part, whole, _, found = benchmark
    numbers = np.where(whole, 3.0, np.nan)
    listed = dict(zip(panel.firms[whole].tolist(), [3.0] * 24, strict=True))
    options = {**BINS, "ranking": found.workers, "whole_firms": whole}
    one = identify(part, **options, vacancies=numbers)
    two = identify(part, **options, vacancies=listed)
    np.testing.assert_array_equal(one.omega, two.omega)
    assert one.firms.vacancies == pytest.approx(72)
    # assumed: as many for each worker employed as there are unemployed
    rates = found.market.separation_rate / np.average(
        found.market.finding_rate, weights=found.market.unemployed
    )
    there = found.market.employment[whole].sum()
    assert found.firms.vacancies == pytest.approx(there * rates)


def test_population_moments_of_some_firms_give_their_vacancies_values():
    q = small_economy(PAM, pure=True, bargaining_power=0.3)
    market, keep = population_market(q), np.array([True, False, True, True, False])
    found = omega_from_unemployment(
        at_firms(market, keep),
        q.unemployed_flow_value,
        (q.acceptance > 0)[:, keep],
        bargaining_power=0.3,
        vacancies=1000 * q.vacancies[keep].sum(),
    )
    np.testing.assert_allclose(
        found.vacancy_flow_value, q.vacancy_flow_value[keep], rtol=1e-9
    )
    wide = among_all(found, keep, market.firms)
    assert isinstance(wide, FirmRanking)
    assert wide.rank[keep].tolist() == [1, 2, 3]
    assert np.isnan(wide.omega[~keep]).all()


def test_the_unemployed_are_divided_by_employment():
    q = small_economy(PAM, pure=True)
    market, keep = population_market(q), np.array([True, False, True, True, False])
    part = at_firms(market, keep)
    share = market.employment[keep].sum() / market.employment.sum()
    # a steady state: flows out of work are flows into it
    assert part.mean_unemployed == pytest.approx(share * market.mean_unemployed)
    np.testing.assert_allclose(
        part.unemployed / part.unemployed.sum(),
        market.unemployed / market.unemployed.sum(),
    )
    assert at_firms(market, np.ones(5, bool)) is market


def rows(*lines):
    columns = ["worker", "firm", "start", "end", "wage", "origin"]
    return Panel(pd.DataFrame(lines, columns=columns), window=(0, 30))


def test_rates_count_what_follows_a_firm_seen_whole():
    out = "unemployment"
    panel = rows(
        ("a", "part", 2, 6, 1.0, out),
        ("a", "whole", 10, 14, 1.0, out),
        ("a", "part", 17, 20, 1.0, out),
        ("a", "whole", 20, 25, 1.0, "firm"),
        ("b", "whole", 4, 30, 1.0, out),
        ("c", "part", 3, 9, 1.0, out),
    )
    bins = np.array([0, 0, 1])
    market = labour_market(panel, bins, 2)
    found = free_of_selection(market, panel, bins, panel.firms == "whole")
    # at "whole": 4 + 5 months that end, and 26 of which the last shows no end
    assert found.separation_rate == pytest.approx(2 / (9 + 25))
    # a is out of work from 14 to 17 and from 25 to 30, whose last month shows no hire
    assert found.finding_rate[0] == pytest.approx(1 / (3 + 4))
    # c was never at "whole": the rate of all
    assert found.finding_rate[1] == market.finding_rate[1]
    everything = free_of_selection(market, panel, bins, np.ones(2, bool))
    assert everything is market


def test_moves_between_firms_seen_whole_are_those_of_a_panel_without_the_others():
    _, panel, _, whole = sampled(PAM, search_intensity_employed=0.2)
    bins = np.zeros(len(panel.workers), dtype=np.int64)
    found = moves_between(job_moves(panel, bins), whole)
    everything = job_moves(panel, bins)
    pairs = zip(everything.left, everything.joined, strict=True)
    expected = [(i, j) for i, j in pairs if whole[i] and whole[j]]
    firms = np.flatnonzero(whole)
    assert list(zip(firms[found.left], firms[found.joined], strict=True)) == expected
    ranked = poaching_omega(at_firms(labour_market(panel, bins, 1), whole), found)
    assert np.isfinite(ranked.rank).sum() == 24


def test_what_names_firms_seen_whole():
    panel = rows(*[(i, "abcd"[i], 0, 3 * i + 3, 1.0, "unknown") for i in range(4)])
    expected = [False, True, True, False]
    for given in (
        expected,
        np.array(expected),
        ["c", "b"],
        {"b", "c"},
        np.array(["b", "c"]),
        dict(zip("abcd", expected, strict=True)),
        pd.Series([True, False, False, True], index=["c", "a", "d", "b"]),
        pd.Series(["b", "c"]),
    ):
        assert firms_seen_whole(panel, given).tolist() == expected
    assert firms_seen_whole(panel).all()
    # means over the 30 months of the window: 0.1, 0.2, 0.3, 0.4
    assert firms_seen_whole(panel, None, 0.25).tolist() == [False, False, True, True]
    assert firms_seen_whole(panel, ["b", "c"], 0.25).tolist() == [
        False,
        False,
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        (["z"], ValueError, "names 'z', which is no firm of the panel"),
        ([True], ValueError, "has 1 booleans, but the panel has 2 firms"),
        ([False, False], ValueError, "names no firm"),
        ([], ValueError, "names no firm"),
        ({"a": True}, ValueError, "says nothing of 1 firm, such as 'b'"),
        ({"a": True, "b": 2}, TypeError, "holds 2 for a firm"),
        ("a", TypeError, "whole_firms = 'a' must be"),
        (3, TypeError, "whole_firms = 3 must be"),
    ],
)
def test_refuses_other_names(given, error, words):
    panel = rows((1, "a", 0, 5, 1.0, "unknown"), (2, "b", 0, 5, 1.0, "unknown"))
    with pytest.raises(error, match=words):
        firms_seen_whole(panel, given)


def test_refuses_sizes_that_no_firm_has(benchmark):
    _, panel, _, whole, full, _ = benchmark
    with pytest.raises(ValueError, match="None of the 24 firms seen whole has a mean"):
        identify(panel, **BINS, whole_firms=whole, min_firm_size=1e6)
    with pytest.raises(ValueError, match="min_firm_size = -1 must be"):
        identify(panel, **BINS, min_firm_size=-1)
    with pytest.raises(ValueError, match="only 4 firms seen whole: choose fewer"):
        identify(panel, **BINS, ranking=full.workers, whole_firms=panel.firms[:4])


def test_vacancies_come_as_they_are_or_by_firm():
    firms, keep = np.array(["a", "b", "c"]), np.array([True, False, True])
    assert vacancies_at(None, firms, keep) is None
    assert vacancies_at(3, firms, keep) == 3.0
    by_firm = {"a": 1.0, "c": 2.0}
    assert vacancies_at([1, -5, 2], firms, keep) == by_firm
    assert vacancies_at(by_firm, firms, keep) is by_firm
    assert vacancies_at(pd.Series(by_firm), firms, keep) == by_firm
    with pytest.raises(ValueError, match="no number for 1 firm, such as 'c'"):
        vacancies_at({"a": 1.0}, firms, keep)
    with pytest.raises(ValueError, match="there are 3 firms"):
        vacancies_at([1.0, 2.0], firms, keep)


def test_a_sample_of_workers_may_lack_a_firm(benchmark):
    _, panel, _, _, _, _ = benchmark
    # one firm of one worker, who is in two samples of three
    data = panel.data.copy()
    data.loc[data.index[0], "firm"] = 999
    few = Panel(data, panel.window)
    vacancies = np.full(FIRMS + 1, 2.0)
    found = identify(few, **BINS, vacancies=vacancies, bootstrap=3, chi=0.0)
    assert found.intervals.samples == 3
    assert replace(found, intervals=None).summary() != found.summary()
