"""Many events at once have the law of one event after another."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from island_examples import (
    ECONOMY,
    NODES,
    PLACES,
    FewFeatures,
    begin,
    by_events,
    coefficients,
    on_islands,
)
from plain_islands import NAMES

from jobteams_lab.large_firms import islands, simulate_teams, team_basis
from jobteams_lab.large_firms.simulate_teams import Clocks
from jobteams_lab.precision import double

BURN, YEARS = 40.0, 40


@pytest.fixture(scope="module")
def plain():
    return by_events(begin(256, 16), BURN, YEARS, times=2)


@pytest.mark.parametrize(
    ("lanes", "start", "dtype"), [(16, "jobless", "float64"), (8, "crowded", "float32")]
)
def test_batches_have_the_law_of_single_events(plain, monkeypatch, lanes, start, dtype):
    monkeypatch.setattr(islands, "LANES", lanes)
    with double():
        place = begin(256, 16, start, np.dtype(dtype))
        found = on_islands(place, BURN, YEARS // 2)
    assert place.state.x.dtype == dtype
    check = [k for k, name in enumerate(NAMES) if name != "retire"]
    one, other = plain[:, check], found[:, check]
    error = np.sqrt(one.var(0, ddof=1) / len(one) + other.var(0, ddof=1) / len(other))
    distance = (other.mean(0) - one.mean(0)) / error
    assert np.abs(distance).max() < 4.5, [NAMES[k] for k in check if distance[k] > 4.5]
    # the errors are small enough to tell
    share = dict(zip([NAMES[k] for k in check], error / one.mean(0), strict=True))
    assert max(share["EE"], share["NE"], share["employment"]) < 0.008
    assert plain[:, NAMES.index("quits")].mean() > 0.003


def places_of(state, firms):
    """Check who is where on one island; return how many work."""
    firm, size = np.asarray(state.firm), np.asarray(state.size)
    members = np.asarray(state.members)
    taken = np.arange(members.shape[1]) < size[:, None]
    at, _ = np.nonzero(taken)
    who = members[taken]
    assert len(np.unique(who)) == len(who)
    np.testing.assert_array_equal(firm[who], at)
    assert (firm < firms).sum() == len(who)
    assert (firm[firm >= firms] == firms).all()
    assert 0 <= size.min() and size.max() <= members.shape[1]
    return len(who)


@pytest.fixture(scope="module")
def crowd():
    """Islands with half as many events a step as firms, after some years."""
    with pytest.MonkeyPatch.context() as patch, double():
        patch.setattr(islands, "LANES", 2)
        place = begin(64, 4, "crowded")
        place.advance(coefficients(), 5)
    return place


def one_step(place, state):
    clocks = Clocks.of(place.economy, place.quits, place.dtype)
    firms = place.firms(coefficients())
    return simulate_teams.advance(state, firms, clocks, place.basis, 1)


def test_nobody_is_lost_and_nobody_is_twice(crowd):
    state = crowd.state
    for island in range(4):
        mine = jax.tree.map(lambda part, island=island: part[island], state)
        work = places_of(mine, 64)
        assert 0.3 * 160 < work < 160


def test_values_are_kept_while_teams_change(crowd):
    with double():
        # a stretch revalues only when it begins
        firms = crowd.firms(coefficients())
        clocks = Clocks.of(crowd.economy, crowd.quits, crowd.dtype)
        state, _ = simulate_teams.advance(
            *(crowd.state, firms, clocks, crowd.basis, islands.STEPS)
        )
        for island in range(4):
            mine = jax.tree.map(lambda part, island=island: part[island], state)
            own = jax.tree.map(lambda part, island=island: part[island], firms)
            again = simulate_teams.revalue(mine, own, crowd.basis)
            np.testing.assert_allclose(mine.value, again.value, rtol=1e-12)


def test_events_that_wait_keep_their_order(crowd):
    state, seen = crowd.state, 0
    with double():
        for _ in range(20):
            before = jax.tree.map(np.asarray, state)
            state, _ = one_step(crowd, state)
            for island in range(4):
                wait = before.waiting[island]
                seen += wait.sum()
                for name in ("kind", "who", "what", "met"):
                    old = getattr(before, name)[island][wait]
                    new = np.asarray(getattr(state, name)[island])[: wait.sum()]
                    np.testing.assert_array_equal(new, old)
    assert seen > 200


def test_types_change_only_by_learning_and_retirement(monkeypatch):
    monkeypatch.setattr(islands, "LANES", 2)
    still = ECONOMY.with_(retirement_rate=0, learning_event_rate=0)
    with double():
        place = begin(64, 4, "crowded", economy=still)
        before = jax.tree.map(np.asarray, place.state)
        place.advance(coefficients(), 20)
    assert (place.state.firm != before.firm).any(1).all()
    np.testing.assert_array_equal(place.state.x, before.x)
    np.testing.assert_array_equal(place.state.y, before.y)


def test_large_teams_learn_as_often_and_are_met_in_proportion(monkeypatch):
    """Locks are on firms, and large ones are locked more often: none must lose events.

    V = 0 and b = 0: meetings lock firms and move nobody. At each learning event log h
    rises by μ_q = 1, so that it counts them.
    """
    monkeypatch.setattr(islands, "LANES", 2)
    rate, years = 1.5, 300.0
    quiet = ECONOMY.with_(
        **dict.fromkeys(("retirement_rate", "match_break_rate"), 0.0),
        **dict.fromkeys(("learning_from_better", "learning_from_worse"), 0.0),
        **dict.fromkeys(("mean_log_ability", "sd_log_ability"), 0.0),
        **dict.fromkeys(("worker_covariance", "firm_covariance"), 0.0),
        **{"sd_log_environment": 0.0, "mean_log_environment": 1.0},
        **{"firm_death_rate": 1e-12, "nonemployment_income": 0.0},
        **{"learning_event_rate": rate, "contact_rate_employed": 4.0},
    )
    with double():
        place = begin(64, 4, economy=quiet)
        sizes = np.arange(64) % (PLACES + 1)
        taken = np.arange(PLACES) < sizes[:, None]
        members = np.full((64, PLACES), 160, np.int32)
        members[taken] = np.arange(sizes.sum())
        firm = np.full(160, 64, np.int32)
        firm[: sizes.sum()] = np.nonzero(taken)[0]
        state = place.state._replace(
            x=jnp.zeros((4, 160)),
            size=jnp.tile(jnp.asarray(sizes, jnp.int32), (4, 1)),
            members=jnp.tile(members, (4, 1, 1)),
            firm=jnp.tile(firm, (4, 1)),
        )
        place.state = state
        rates = place.advance(0 * coefficients(), years)
        np.testing.assert_array_equal(place.state.firm, state.firm)
    events = np.asarray(place.state.x)[:, members[:, 0] % 160]  # of the first worker
    np.testing.assert_allclose(events, np.round(events), atol=1e-9)
    a_year = events / rates["years"][:, None]
    for size in range(1, PLACES + 1):
        mine = a_year[:, sizes == size].ravel()
        error = np.sqrt(rate / rates["years"].mean() / len(mine))
        assert abs(mine.mean() - rate) < 4 * error, size
        assert error < 0.01 * rate


def test_value_of_a_firm():
    with double():
        basis = FewFeatures(team_basis.scale_of(ECONOMY))
        place = begin(8, 1)
        node = 2  # all firms at one of the nodes
        place.log_z = np.full((1, 8), NODES[node])
        firms = jax.tree.map(lambda part: part[0], place.firms(coefficients()))
        x = np.linspace(-1, 1, PLACES) + np.zeros((8, 1))
        n = np.arange(8) % (PLACES + 1)
        values = simulate_teams.value_of(basis, firms, np.arange(8), x, 0 * x, n)
        scale = basis.scale
        for f in range(8):
            h = np.exp(x[f, : n[f]])
            eta = ECONOMY.ces_exponent
            by_hand = coefficients()[node, n[f]] @ [
                1,
                (place.log_q[0, f] - scale.q[0]) / scale.q[1],
                (h**eta).sum() ** (1 / eta) / max(n[f], 1),
            ]
            np.testing.assert_allclose(values[f], by_hand, rtol=1e-12)
        np.testing.assert_allclose(firms.empty[0], values[0], rtol=1e-12)


def test_a_ring_waits_for_what_comes_before_it():
    """A break of a job that the same worker is about to get must not be lost."""
    with double():
        place = begin(32, 1)
        best = int(place.log_z[0].argmax())
        clocks = Clocks.of(ECONOMY, True, place.dtype)
        after_meetings = ECONOMY.retirement_rate + ECONOMY.contact_rate_employed
        rings = np.array([ECONOMY.retirement_rate + 0.01, after_meetings + 0.01])
        state = place.state._replace(
            waiting=jnp.ones((1, 2), bool),
            kind=jnp.zeros((1, 2), jnp.int32),
            who=jnp.full((1, 2), 7, jnp.int32),
            what=jnp.asarray(rings / clocks.worker)[None],
            met=jnp.full((1, 2), best, jnp.int32),
        )
        assert rings[1] > ECONOMY.contact_rate_nonemployed + ECONOMY.retirement_rate
        state, counts = one_step(place, state)
        assert state.firm[0, 7] == best and counts[0, 1] == 1
        assert state.waiting.tolist() == [[False, True]]
        state, counts = one_step(place, state)
        assert state.firm[0, 7] == 32 and counts[0, 3] == 1


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_last_of_the_newborns_is_finite_too(dtype):
    # all bits set: in single precision the rank would be rounded to one
    with double():
        clocks = Clocks.of(ECONOMY, False, dtype)
        bits = np.full((2, 1), 2**32 - 1, np.uint32)
        born = np.asarray(simulate_teams._newborns(jnp.asarray(bits), clocks))
    assert np.isfinite(born).all() and (born > 0).any()
