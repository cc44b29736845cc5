"""Wages along simulated histories: what moved them, and what a panel shows of them."""

import dataclasses

import jax
import numpy as np
import pay_examples
import pay_lives
import pytest
from island_examples import ECONOMY, PLACES

from jobteams_lab.large_firms.moments import moments
from jobteams_lab.large_firms.pay import worker_pay
from jobteams_lab.large_firms.pay_histories import (
    Histories,
    begin,
    let_pass,
    simulate_pay,
)
from jobteams_lab.large_firms.pay_ledger import BATCHES
from jobteams_lab.large_firms.population import Population
from jobteams_lab.large_firms.simulate_records import Log
from jobteams_lab.large_firms.simulate_rules import (
    DEATH,
    HIRE,
    LEARN,
    MEET,
    MOVE,
    RENEGOTIATE,
    RETIRE,
)
from jobteams_lab.large_firms.stored import stored
from jobteams_lab.precision import double

FIRMS, ISLANDS = 64, 2
WORKERS = round(ECONOMY.workers_per_firm * FIRMS)
SIZES = dict(firms=FIRMS, islands=ISLANDS, burn_in=3.0, seed=4)


@pytest.fixture(scope="module")
def solution():
    return pay_examples.solution()


@pytest.fixture(scope="module")
def pay(solution):
    return pay_examples.pay(solution)


@pytest.fixture(scope="module")
def panels(pay):
    return simulate_pay(pay, years=3, values=True, **SIZES)


@pytest.fixture(scope="module")
def past(pay):
    """The wages when it began, the log with wages after each event, the histories."""
    with double():
        histories = Histories(pay, begin(pay.solution, FIRMS, ISLANDS, 7))
        first = histories.ledger.book.wage.copy()
        logs, wages = [], []
        for _ in range(4):
            log, after = histories.next()
            for island in range(ISLANDS):
                mine = log.island == island
                histories.ledger.enter(island, log.rows(mine), after[mine])
            logs.append(log)
            wages.append(after)
    log = Log(*map(np.concatenate, zip(*logs, strict=True)))
    return first, log, np.concatenate(wages), histories


def readings(pay, place, log, firm):
    """Read the first worker of each event's team, in batches of one size."""
    rows = np.arange(-(-len(firm) // BATCHES[1]) * BATCHES[1]) % len(firm)
    found = []
    for part in np.split(rows, len(rows) // BATCHES[1]):
        where = log.island[part], firm[part]
        known = place.log_z[where], place.log_q[where]
        found.append(pay.read(*known, log.x[part], log.y[part], log.n[part]))

    def all_of_them(function):
        values = [
            function(one, part)
            for one, part in zip(found, np.split(rows, len(found)), strict=True)
        ]
        return np.concatenate(values)[: len(firm)]

    return all_of_them


def test_wages_move_as_settlements_say(pay, past):
    first, log, after, histories = past
    # one event after another: the wage that each worker had before
    wage, before = first.copy(), np.full(len(after), np.nan)
    alone = np.isin(log.kind, (LEARN, DEATH))
    for k in np.flatnonzero(~alone):
        who = log.island[k], log.worker[k]
        before[k] = wage[who]
        if np.isfinite(after[k]):
            wage[who] = after[k]
    paid = np.isin(log.kind, (HIRE, MOVE, MEET, RENEGOTIATE))
    assert np.isnan(after[~paid]).all()
    log, before, after = log.rows(paid), before[paid], after[paid]
    enters = np.isin(log.kind, (HIRE, MOVE))
    assert np.isfinite(after[enters]).all()
    firm = np.where(enters, log.other, log.firm)
    with double():
        read = readings(pay, histories.islands, log, firm)
        outside = read(lambda one, _: one.outside)
        surplus = read(lambda one, _: one.surplus)

        def gain(wages):
            wages = np.nan_to_num(wages)
            return (
                read(lambda one, part: one.value_at(wages[part][:, None])[:, 0])
                - outside
            )

        old, new = gain(before), gain(np.where(np.isnan(after), before, after))
    size = outside + np.maximum(surplus, 0)
    close = dict(rtol=0, atol=1e-8 * size.max())
    stays = ~enters
    # V here and V on the islands are the same
    np.testing.assert_allclose(surplus[stays], log.surplus[stays], rtol=1e-8, atol=1e-8)
    hired, moved = log.kind == HIRE, log.kind == MOVE
    np.testing.assert_allclose(new[hired], 0, **close)
    promised = np.maximum(log.surplus[moved], 0)
    np.testing.assert_allclose(new[moved], promised, **close)
    assert (promised > 0).sum() > 10
    # whoever stays is between what he was offered and all of the surplus
    assert (surplus[stays] >= 0).all()
    least = np.minimum(log.offer, surplus)[stays]
    assert (new[stays] >= least - close["atol"]).all()
    assert (new[stays] <= surplus[stays] + close["atol"]).all()
    # and the wage moved only where he was not, and as far as it had to
    was_within = (old >= least_of(log, surplus)) & (old <= surplus)
    raised, cut = stays & (old < least_of(log, surplus)), stays & (old > surplus)
    np.testing.assert_allclose(new[raised], least_of(log, surplus)[raised], **close)
    np.testing.assert_allclose(new[cut], surplus[cut], **close)
    kept = stays & was_within
    assert np.isnan(after[kept]).all()
    assert min(raised.sum(), cut.sum(), kept.sum()) > 10
    assert (log.offer[raised] > 0).sum() > 10 and (log.offer[raised] == 0).any()


def least_of(log, surplus):
    return np.minimum(log.offer, surplus)


def test_the_book_is_the_state(past):
    _, log, _, histories = past
    book = histories.ledger.book
    state = jax.tree.map(np.asarray, histories.islands.state)
    np.testing.assert_array_equal(book.firm, state.firm)
    np.testing.assert_array_equal(book.size, state.size)
    np.testing.assert_array_equal(book.x, state.x)
    np.testing.assert_array_equal(book.y, state.y)
    taken = np.arange(PLACES) < book.size[..., None]
    np.testing.assert_array_equal(book.members[taken], state.members[taken])
    np.testing.assert_array_equal(np.isfinite(book.wage), book.firm < FIRMS)
    for island in range(ISLANDS):
        mine = log.kind[log.island == island]
        for names, slots, kind in (
            (book.worker_name, WORKERS, RETIRE),
            (book.firm_name, FIRMS, DEATH),
        ):
            own = names[island]
            assert len(set(own)) == slots
            assert own.max() < slots + (mine == kind).sum()
    assert (book.firm_name.max(1) >= FIRMS).all()


def test_teams_at_the_beginning(solution):
    with double():
        place = begin(solution, FIRMS, ISLANDS, 7)
        sample = place.sample()
    known = {tuple(row) for row in solution.sample.x}
    assert all(tuple(row) in known for row in sample.x)
    assert len(sample.nonemployed_x) + sample.n.sum() == ISLANDS * WORKERS
    assert set(sample.nonemployed_x) <= set(solution.sample.nonemployed_x)
    best = sample.log_z > np.median(sample.log_z)
    far = solution.sample.log_z > np.median(solution.sample.log_z)
    for here, there in ((best, far), (~best, ~far)):
        n = solution.sample.n[there]
        error = n.std() / np.sqrt(here.sum())
        assert abs(sample.n[here].mean() - n.mean()) < 4 * error
    state = jax.tree.map(np.asarray, place.state)
    for island in range(ISLANDS):
        who = np.flatnonzero(state.firm[island] < FIRMS)
        taken = np.arange(PLACES) < state.size[island][:, None]
        members = state.members[island][taken]
        np.testing.assert_array_equal(np.sort(members), who)
        np.testing.assert_array_equal(state.firm[island, members], np.nonzero(taken)[0])


def test_a_beginning_with_too_many_at_work(solution):
    full = solution.sample.rows(solution.sample.n == PLACES)
    crowd = dataclasses.replace(
        full, nonemployed_x=full.x[:0, 0], nonemployed_y=full.x[:0, 0]
    )
    with double():
        place = begin(dataclasses.replace(solution, sample=crowd), FIRMS, ISLANDS, 7)
        n = place.sample().n.reshape(ISLANDS, FIRMS)
    assert WORKERS < PLACES * FIRMS
    assert ((n == 0) | (n == PLACES)).all()
    assert (n.sum(1) > WORKERS - PLACES).all() and (n.sum(1) <= WORKERS).all()


def test_what_a_panel_shows(panels):
    for panel in panels:
        data = panel.data
        assert panel.window == (0, 3) and set(data["start"]) == {0, 1, 2}
        for name, columns in (
            ("worker", ["ability"]),
            ("firm", ["productivity", "learning_environment"]),
        ):
            assert (data.groupby(name)[columns].nunique() == 1).all(axis=None)
        team = data.groupby(["firm", "start"])["worker"].transform("size")
        np.testing.assert_array_equal(team, data["team_size"])
        assert data["worker"].max() >= WORKERS  # someone new
    assert not panels[0].data.equals(panels[1].data)


def test_values_are_those_of_the_teams_seen(pay, panels):
    rows = panels[0].cross_section(1)
    _, first, firm = np.unique(rows["firm"], return_index=True, return_inverse=True)
    of_firms = rows[["productivity", "learning_environment"]].to_numpy()[first].T
    workers = rows[["human_capital", "ability", "wage"]].to_numpy().T
    teams = Population(*of_firms, firm, *workers)
    value = pay.value(teams, rows["wage"].to_numpy())
    np.testing.assert_allclose(rows["value"], value, rtol=1e-9, atol=1e-9)
    surplus = pay.solution.surplus(teams)
    np.testing.assert_allclose(rows["surplus"], surplus, rtol=1e-9, atol=1e-9)
    assert len(first) > 20


def test_where_someone_is_at_the_next_date(panels):
    for panel in panels:
        data = panel.data
        place = {(r.worker, r.start): r.firm for r in data.itertuples()}
        for row in data.itertuples():
            then = place.get((row.worker, row.start + 1))
            if row.start == 2:
                assert row.ending == "window"
            elif then is None:
                assert row.ending in ("nonemployment", "retirement")
            else:
                assert row.ending == ("goes on" if then == row.firm else "firm")
        gone = data.loc[data["ending"] == "retirement", ["worker", "start"]]
        last = data.groupby("worker")["start"].max()
        assert (last[gone["worker"]].to_numpy() == gone["start"]).all()


def test_who_retired_from_a_job(pay):
    """Of those at work, one in 1 − exp(−δ_r) or so retires within a year."""
    panels = simulate_pay(pay, years=12, **SIZES)
    at_risk = retired = 0
    for panel in panels:
        data = panel.data[panel.data["start"] < 11]
        at_risk += len(data)
        retired += (data["ending"] == "retirement").sum()
    # some lose the job first, and retire without one
    e = ECONOMY
    lost = e.match_break_rate + e.firm_death_rate
    most, hazard = 1 - np.exp(-e.retirement_rate), e.retirement_rate + 1.5 * lost
    least = e.retirement_rate / hazard * (1 - np.exp(-hazard))
    error = 4 * np.sqrt(most / at_risk)
    assert least - error < retired / at_risk < most + error


def test_the_same_seed_and_how_often_one_looks(pay, panels):
    often = simulate_pay(pay, years=3, per_year=12, **SIZES)
    columns = [
        name
        for name in panels[0].data
        if name not in ("start", "end", "origin", "ending", "value", "surplus")
    ]
    for one, other in zip(panels, often, strict=True):
        assert other.window == (0, 36)
        start = other.data["start"]
        months = other.data[start % 12 == 0]
        keys = [months["worker"].to_numpy(), months["start"].to_numpy() // 12]
        np.testing.assert_array_equal(keys, one.data[["worker", "start"]].to_numpy().T)
        for name in columns:
            # sums of floats may differ in the last digit, whatever the seed
            left, right = (part[name].to_numpy() for part in (one.data, months))
            np.testing.assert_allclose(left, right, rtol=1e-12, atol=1e-12)


def test_moments_of_histories(panels):
    found = moments(panels, workers=WORKERS, regression=False)
    assert found["average_employer_size"] > 1
    for name in ("EN", "NE", "rank_change_variance", "wage_p75_p50"):
        assert found[name] > 0


@pytest.mark.parametrize(
    ("changes", "error", "sentence"),
    [
        ({"firms": 3}, ValueError, "workers: take more"),
        ({"years": 0}, ValueError, "years = 0 must be"),
        ({"years": 0.1}, ValueError, "no date at per_year = 1"),
        ({"burn_in": -1}, ValueError, "burn_in = -1"),
        ({"per_year": 1.5}, TypeError, "per_year must be a whole number"),
        ({"islands": 0}, ValueError, "islands = 0"),
        ({"seed": -1}, ValueError, "seed = -1"),
        ({"values": "yes"}, ValueError, "values = 'yes'"),
    ],
)
def test_what_is_refused(pay, changes, error, sentence):
    with pytest.raises(error, match=sentence):
        simulate_pay(pay, **({**SIZES, "years": 3} | changes))


def test_a_solution_is_not_pay(solution):
    with pytest.raises(TypeError, match="worker_pay"):
        simulate_pay(solution, seed=1)


def test_years_that_pass_unseen(pay):
    with double():
        place = begin(pay.solution, FIRMS, ISLANDS, 7)
        before = np.asarray(place.state.key)
        let_pass(place, pay.solution.coefficients, 0.0)
        np.testing.assert_array_equal(place.state.key, before)
        let_pass(place, pay.solution.coefficients, 0.5)
        assert (np.asarray(place.state.key) != before).any()


@pytest.mark.slow
def test_what_the_hired_are_paid_over_their_lives():
    """The mean of discounted payments is what they were hired for, U.

    A route to W of its own: wages of simulated careers, in jobs of all firms.
    """
    sizes = {"rows": 150, "features": 40, "wages": 12, "types": 12}
    pay = worker_pay(stored("paper-laptop"), tolerance=1e-3, **sizes)
    lives, log_z = pay_lives.lives(pay, 512, 4, hired=8.0, years=30.0, seed=1)
    gain = np.array([one.paid - one.outside for one in lives])
    z = np.array([log_z[one.island, one.first] for one in lives])
    assert len(gain) > 10_000
    middle = np.median(z)
    for some in (z > -np.inf, z < middle, z >= middle):
        error = gain[some].std() / np.sqrt(some.sum())
        assert abs(gain[some].mean()) < 4 * error
        assert error < 0.1  # beside wages that differ by about 1
