"""Many events at once against one after the other: the same history, to the integer."""

import numpy as np
import pytest
from simulation_examples import all_solved, assert_consistent, begin, stream

from jobteams_lab.large_firms.simulate import simulate
from jobteams_lab.large_firms.simulate_batches import Batches
from jobteams_lab.large_firms.simulate_events import Events
from jobteams_lab.large_firms.simulate_rules import rules


@pytest.fixture(scope="module")
def solved():
    return all_solved()


@pytest.mark.parametrize(
    ("name", "firms", "window"),
    [
        # nearly every event waits for others
        ("example", 60, 1024),
        ("mixed", 60, 1024),
        ("abilities", 150, None),
        ("one by one", 200, 128),
        ("example", 5000, None),
    ],
)
def test_both_engines_have_the_same_history(solved, name, firms, window):
    equilibrium = solved[name]
    number = 100_000 if firms == 5000 else 20_000
    whose, uniforms = stream(equilibrium, firms, number, seed=1)
    events = Events(rules(equilibrium), begin(equilibrium, firms))
    batches = Batches(rules(equilibrium), begin(equilibrium, firms), window)
    one, _ = events.run(whose, uniforms, 7)
    many, _ = batches.run(whose, uniforms, 7)
    np.testing.assert_array_equal(one, many)
    for left, right in zip(events.pull(), batches.pull(), strict=True):
        np.testing.assert_array_equal(left, right)
    assert_consistent(equilibrium, batches.pull())
    # less rounds than events, or nothing was done at once
    assert batches.rounds < number / 4


def test_batches_give_the_same_simulation(solved):
    options = {"firms": 150, "years": 2.0, "burn_in": 0.5, "seed": 4}
    one = simulate(solved["abilities"], **options)
    many = simulate(solved["abilities"], **options, method="batches")
    assert one.panel.data.equals(many.panel.data)
    assert one.comparison.equals(many.comparison)
    assert one.teams.equals(many.teams)


def test_batches_list_no_learning(solved):
    engine = Batches(rules(solved["example"]), begin(solved["example"], 50))
    with pytest.raises(ValueError, match="use method='events'"):
        engine.run(*stream(solved["example"], 50, 10, seed=0), 0, learning=True)
