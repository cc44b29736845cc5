"""Offers against direct sums over firms, at tabulated types and between them."""

import numpy as np
import pytest
from worker_pay_examples import LONE, TEAMS, last_firms, made, offers_to

from jobteams_lab.large_firms.offers import Offers, surplus_grid


@pytest.fixture(scope="module")
def solution():
    return made(TEAMS)


@pytest.fixture(scope="module")
def offers(solution):
    return Offers.of(solution, last_firms(solution))


def expected(solution, x, y, grid):
    paid, chance = offers_to(solution, x, y)
    return (chance * np.minimum(paid, grid[:, None])).sum(1)


def test_tabulated_types_have_the_sums(solution, offers):
    grid = surplus_grid(offers.top)
    for at_x, at_y in ((0, 0), (7, 2), (14, 4), (3, 1)):
        x, y = offers.x[[at_x]], offers.y[[at_y]]
        found = offers.rows(x, y)[0]
        by_hand = expected(solution, x[0], y[0], grid)
        np.testing.assert_allclose(found, by_hand, rtol=1e-10, atol=1e-12)


def test_types_between_have_nearly_those(solution, offers):
    grid = surplus_grid(offers.top)
    rng = np.random.default_rng(0)
    x = rng.uniform(offers.x[0], offers.x[-1], 8)
    y = rng.uniform(offers.y[0], offers.y[-1], 8)
    found = offers.rows(x, y)
    kinds = zip(x, y, strict=True)
    by_hand = np.stack([expected(solution, *kind, grid) for kind in kinds])
    error = (found - by_hand) / by_hand[:, -1:]
    assert np.sqrt((error**2).mean()) < 1e-3
    # more where a firm begins to want him
    assert np.abs(error).max() < 1e-2


def test_types_beyond_have_those_of_the_last(offers):
    far = offers.rows(offers.x[[-1]] + 3, offers.y[[0]] - 3)
    last = offers.rows(offers.x[[-1]], offers.y[[0]])
    np.testing.assert_allclose(far, last)


def test_one_ability_makes_one_column():
    solution = made(LONE)
    offers = Offers.of(solution, last_firms(solution))
    assert len(offers.y) == 1
    x = offers.x[5:6]
    by_hand = expected(solution, x[0], offers.y[0], surplus_grid(offers.top))
    np.testing.assert_allclose(offers.rows(x, np.array([9.0]))[0], by_hand, rtol=1e-9)
