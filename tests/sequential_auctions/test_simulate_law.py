"""The law that simulated histories follow: explicit clocks, chains, closed forms."""

import itertools

import numpy as np
import pandas as pd
import pytest
from auction_examples import BETA, CONTINUOUS, NOTES
from markov_chain import Chain
from plain_simulator import Market

from jobteams_lab import Panel
from jobteams_lab.sequential_auctions import Economy, simulate, solve

LIMIT = 4.5  # standard errors
TIES = [0.6, 0.8, 0.8, 1.1, 1.9]


def summary(section, places):
    """Averages of a cross-section, and the squares of their standard errors."""
    held = len(section) / places
    out = {"employed": (held, held * (1 - held) / places)}
    columns = {
        "p": section["productivity"],
        "q": section["outside_option"],
        "w": section["wage"],
        "w²": section["wage"] ** 2,
        "from unemployment": (section["outside_option"] == 0.5).astype(float),
    }
    for name, value in columns.items():
        out[name] = value.mean(), value.var() / len(section)
    return out


def survival(spells, duration):
    """Shares of the jobs begun in the window that last, and how many began a place."""
    out = {}
    for origin in ("unemployment", "firm"):
        begun = spells[spells["origin"] == origin]
        for age in (1.0, 5.0, 20.0):
            seen = begun[begun["start"] < duration - age]
            share = np.mean(seen["end"] - seen["start"] >= age - 1e-9)
            out[origin, age] = share, share * (1 - share) / len(seen)
        share = len(begun) / len(spells)
        out[origin] = share, share * (1 - share) / len(spells)
    return out


def differ(one, other):
    """Standard errors by which two summaries differ."""
    return {
        name: (one[name][0] - other[name][0])
        / np.sqrt(one[name][1] + other[name][1] + 1e-300)
        for name in one
    }


def told_slowly(equilibrium, draw, places, duration, burn_in, **options):
    """The same market by explicit clocks."""
    market = Market(equilibrium.economy, draw, seed=5, **options)
    rows = [row for _ in range(places) for row in market.history(duration, burn_in)]
    frame = pd.DataFrame(rows)
    frame["wage"] = equilibrium.mobility_wage(
        frame["outside_option"], frame["productivity"]
    )
    return Panel(frame, window=(0.0, duration))


@pytest.mark.parametrize("kind", ["continuous", "firms", "types"])
def test_thinned_clocks_follow_the_law_of_explicit_ones(kind):
    # nobody works at first, so that the way to the steady state is compared too
    rates = {**NOTES, "contact_rate_unemployed": 0.2}
    productivity = TIES if kind == "types" else CONTINUOUS["uniform"]
    equilibrium = solve(Economy(**rates, productivity=productivity))
    duration, burn_in, places = 40.0, 10.0, 4_000
    options = {"start": "unemployed", "burn_in": burn_in}
    if kind == "firms":
        options["firms"] = 5
    fast = simulate(equilibrium, 12 * places, duration, seed=11, **options)
    if kind == "firms":
        firms = fast.data.groupby("firm")["productivity"].first()
        draw = lambda rng: (k := rng.randrange(5), firms[k])  # noqa: E731
    elif kind == "types":
        draw = lambda rng: (k := rng.randrange(5), TIES[k])  # noqa: E731
    else:
        new = itertools.count()
        draw = lambda rng: (next(new), rng.uniform(0.6, 2.0))  # noqa: E731
    slow = told_slowly(
        equilibrium, draw, places, duration, burn_in, rebids_own_type=kind == "types"
    )
    for time in (0.0, 20.0, 39.9):
        sections = fast.cross_section(time), slow.cross_section(time)
        z = differ(*map(summary, sections, (12 * places, places)))
        assert max(map(abs, z.values())) < LIMIT, z
    z = differ(*(survival(panel.spells().data, duration) for panel in (fast, slow)))
    assert max(map(abs, z.values())) < LIMIT, z


def scores(section, equilibrium, places):
    """Standard errors between a cross-section and the closed forms."""
    p, q = section["productivity"], section["outside_option"]
    tests = {
        "u": (places - len(section), places, equilibrium.unemployment_rate),
        "b": (
            (q == 0.5).sum(), len(section),
            equilibrium.employment_weights
            @ equilibrium.outside_option_cdf(0.5, equilibrium.economy.offers.nodes),
        ),
    }  # fmt: skip
    for cut in (0.9, 1.2, 1.6):
        tests["L", cut] = (
            (p <= cut).sum(), len(p), equilibrium.employment_cdf(cut)
        )  # fmt: skip
        tests["w", cut] = (
            (section["wage"] <= cut - 0.5).sum(), len(p),
            equilibrium.wage_cdf(cut - 0.5),
        )  # fmt: skip
    # G at each worker's own firm: its average over firms is what is expected
    for cut in (0.55, 0.7, 1.0):
        expected = equilibrium.outside_option_cdf(cut, p)
        error = np.sqrt((expected * (1 - expected)).sum())
        tests["G", cut] = ((q <= cut).sum() - expected.sum()) / error
    return {
        name: test if np.isscalar(test)
        else (test[0] - test[1] * test[2]) / np.sqrt(test[1] * test[2] * (1 - test[2]))
        for name, test in tests.items()
    }  # fmt: skip


@pytest.mark.parametrize(
    "options", [{}, {"start": "unemployed", "burn_in": 400.0}], ids=["drawn", "grown"]
)
@pytest.mark.parametrize("productivity", [BETA, TIES], ids=["continuous", "types"])
def test_cross_sections_are_the_closed_forms(productivity, options):
    equilibrium, places = solve(Economy(**NOTES, productivity=productivity)), 40_000
    panel = simulate(equilibrium, places, 60, seed=8, **options)
    for time in (0.0, 30.0, 59.9):
        z = scores(panel.cross_section(time), equilibrium, places)
        assert max(map(abs, z.values())) < LIMIT, (time, z)


def test_five_firms_start_in_the_steady_state_of_their_own_chain():
    equilibrium, places = solve(Economy(**NOTES, productivity=BETA)), 40_000
    panel = simulate(equilibrium, places, 60, seed=9, firms=5)
    firms = panel.data.groupby("firm")["productivity"].first().to_numpy()
    chain = Chain(equilibrium.economy, firms, np.full(5, 0.2), own_rivals=False)
    expected = chain.employed()
    for time in (0.0, 30.0, 59.9):
        section = panel.cross_section(time)
        rival = np.searchsorted(firms, section["outside_option"])
        rival = np.where(section["outside_option"] == 0.5, 0, rival + 1)
        counts = np.zeros(expected.shape)
        np.add.at(counts, (section["firm"], rival), 1)
        possible = expected > 1e-9
        assert counts[~possible].sum() == 0
        mean = expected[possible] * len(section)
        chi = ((counts[possible] - mean) ** 2 / mean).sum()
        freedom = possible.sum() - 1
        assert (chi - freedom) / np.sqrt(2 * freedom) < LIMIT
        u = chain.unemployment_rate
        z = (len(section) / places - 1 + u) / np.sqrt(u * (1 - u) / places)
        assert abs(z) < LIMIT


def test_three_hundred_firms_stay_in_the_steady_state():
    equilibrium, places = solve(Economy(**NOTES, productivity=BETA)), 60_000
    panel = simulate(equilibrium, places, 200, seed=10, firms=300)
    begin, end = (summary(panel.cross_section(t), places) for t in (0.0, 199.9))
    z = differ(begin, end)  # the two ends are 200 periods apart: independent
    assert max(map(abs, z.values())) < LIMIT, z
    # firms are a stratified draw: one in each of 300 equal shares of F
    firms = panel.data.groupby("firm")["productivity"].first()
    rank = BETA.cdf(firms) * 300
    assert np.array_equal(np.floor(rank), np.arange(300))
