"""The log of a simulation tells all that happened, in its order and at its times."""

import jax
import numpy as np
import plain_islands
import pytest
from island_examples import CARE, ROOM, WORTH, begin, coefficients
from island_examples import ECONOMY as SIMILAR

from jobteams_lab.large_firms import islands, simulate_teams
from jobteams_lab.large_firms.simulate_records import Log
from jobteams_lab.large_firms.simulate_rules import (
    BREAK,
    DEATH,
    HIRE,
    LEARN,
    MEET,
    MOVE,
    NOTHING,
    QUIT,
    RENEGOTIATE,
    RETIRE,
)
from jobteams_lab.large_firms.simulate_teams import COUNTS, Clocks
from jobteams_lab.precision import double

# with more quits
ECONOMY = SIMILAR.with_(nonemployment_income=1.5)
FIRMS, ISLANDS, TIMES = 64, 3, 3


@pytest.fixture(scope="module")
def past():
    """Islands, their state before and after some steps, the counts and the log."""
    with double():
        place = begin(FIRMS, ISLANDS, "crowded", economy=ECONOMY)
        place.advance(coefficients(), 4)
        before = place.state
        firms = place.firms(coefficients())
        clocks = Clocks.of(ECONOMY, True, place.dtype)
        plain, counts = before, 0
        rung, logs = np.zeros(ISLANDS, int), []
        for _ in range(TIMES):
            more = plain, firms, clocks, place.basis, islands.STEPS
            plain, found = simulate_teams.advance(*more)
            counts = counts + np.asarray(found).astype(int)
            records = place.record(firms, islands.STEPS)
            log, rung = Log.of(records, rung, place.events_a_year)
            logs.append(log)
    log = Log(*map(np.concatenate, zip(*logs, strict=True)))
    log = log.rows(np.argsort(log.island, kind="stable"))
    before = jax.tree.map(np.asarray, before)
    return place, before, (plain, counts), log, rung


def test_records_do_not_change_what_happens(past):
    place, _, (state, counts), log, rung = past
    for name, part in state._asdict().items():
        found = np.asarray(getattr(place.state, name))
        if name == "value":
            np.testing.assert_allclose(found, part, rtol=1e-12)
        else:
            np.testing.assert_array_equal(found, part, name)
    counts = dict(zip(COUNTS, counts.T, strict=True))
    np.testing.assert_array_equal(rung, counts["clocks"])
    at_work = (log.kind != RETIRE) | (log.firm < FIRMS)
    for kind, name in (
        *((MOVE, "EE"), (HIRE, "NE"), (QUIT, "quits"), (BREAK, "breaks")),
        (RETIRE, "retire"),
    ):
        mine = log.island[(log.kind == kind) & at_work]
        found = np.bincount(mine, minlength=ISLANDS)
        np.testing.assert_array_equal(found, counts[name], name)
        assert found.sum() > 10


def team_of(log, k):
    return list(zip(log.x[k, : log.n[k]], log.y[k, : log.n[k]], strict=True))


def replay(place, before, log, island):
    """Follow one island's events in plain Python, and check what they say."""
    types = ECONOMY.mean_log_environment, ECONOMY.sd_log_environment
    tech = (ECONOMY.ces_exponent, 0.0, 0.0, 0.0, WORTH, CARE)
    x, y = before.x[island].copy(), before.y[island].copy()
    teams = [
        list(row[:n])
        for row, n in zip(before.members[island], before.size[island], strict=True)
    ]

    def value(f, team):
        firm = place.log_z[island, f], place.log_q[island, f]
        people = np.array([*team, -1])
        return plain_islands.value(*firm, x, people, len(team), -1, tech, types, ROOM)

    def surplus(f, team, who):
        others = [one for one in team if one != who]
        outside = ECONOMY.nonemployment_value(np.exp(x[who]))
        return value(f, [*others, who]) - value(f, others) - outside

    seen = np.zeros(10, int)
    for k in np.flatnonzero(log.island == island):
        kind, who, f, goal = (part[k] for part in log[2:6])
        seen[kind] += 1
        if kind == LEARN:
            x[teams[f]] = log.x[k, : log.n[k]]
            continue
        if kind == DEATH:
            teams[f] = []
            continue
        works = f < FIRMS
        assert not works or who in teams[f]
        if works and kind != RETIRE:
            own = surplus(f, teams[f], who)
            assert log.surplus[k] == pytest.approx(own, rel=1e-9, abs=1e-9)
        offer = 0.0
        if goal < FIRMS and goal != f and len(teams[goal]) < len(log.x[k]):
            offer = max(surplus(goal, [*teams[goal], who], who), 0)
        if kind in (HIRE, MOVE, MEET, RENEGOTIATE):
            assert log.offer[k] == pytest.approx(offer, rel=1e-9, abs=1e-9)
            employer = goal if kind in (HIRE, MOVE) else f
            others = [one for one in teams[employer] if one != who]
            there = [who, *others]
            assert team_of(log, k) == [(x[one], y[one]) for one in there]
        if kind == MOVE:
            assert offer > max(own, 0)
        if kind in (MEET, RENEGOTIATE):
            assert own >= 0 and offer <= own
        if kind == QUIT:
            assert own < 0
        if kind in (MOVE, QUIT, BREAK) or (kind == RETIRE and works):
            teams[f].remove(who)
        if kind in (HIRE, MOVE):
            teams[goal].append(who)
        if kind == RETIRE:
            x[who], y[who] = log.x[k, 0], log.y[k, 0]
    return x, y, teams, seen


@pytest.mark.parametrize("island", range(ISLANDS))
def test_the_log_leads_from_the_first_state_to_the_last(past, island):
    place, before, _, log, _ = past
    x, y, teams, seen = replay(place, before, log, island)
    state = jax.tree.map(lambda part: np.asarray(part)[island], place.state)
    np.testing.assert_array_equal(x, state.x)
    np.testing.assert_array_equal(y, state.y)
    for f, team in enumerate(teams):
        assert team == list(state.members[f, : state.size[f]])
    assert seen[NOTHING] == 0 and (seen[1:] > 2).all()


def test_events_come_at_their_rates(past):
    place, before, _, log, rung = past
    years = rung / place.events_a_year
    assert (years > 4).all()
    for island in range(ISLANDS):
        time = log.time[log.island == island]
        assert (np.diff(time) > 0).all()
        assert 0 < time[0] and time[-1] <= years[island] < time[-1] + 0.1
    workers = before.x.shape[1]
    for kind, rate in (
        (RETIRE, ECONOMY.retirement_rate * workers),
        (LEARN, ECONOMY.learning_event_rate * FIRMS),
        (DEATH, ECONOMY.firm_death_rate * FIRMS),
    ):
        expected = rate * years.sum()
        assert abs((log.kind == kind).sum() - expected) < 4 * np.sqrt(expected)
        # as often in the first half as in the second
        first = ((log.kind == kind) & (log.time < years[log.island] / 2)).sum()
        assert abs(first - expected / 2) < 4 * np.sqrt(expected / 2)
