"""Gains from continuations and back, against roots found one by one."""

import numpy as np
import pytest
from scipy.optimize import brentq

from jobteams_lab.large_firms.pay_settlement import (
    continuations,
    gains,
    settlements,
    survival,
)

TOP, RENEW, MEET, POINTS = 7.0, 0.8, 1.1, 60
GRID = TOP * np.linspace(0, 1, POINTS) ** 2


@pytest.fixture(scope="module")
def workers():
    """Δ, D + L̂, atoms of offers, and E min(o, d) on the grid, of some workers."""
    rng = np.random.default_rng(0)
    surplus = np.concatenate([[-3.0, 0.0, 1e-9, 6.9, 9.0], rng.uniform(-2, 8, 25)])
    lasting = rng.uniform(0.2, 6, len(surplus))
    atoms = np.maximum(rng.normal(2, 2, (len(surplus), 40)), 0).clip(max=TOP)
    rows = np.minimum(atoms[:, :, None], GRID).mean(1)
    return surplus, lasting, atoms, rows


def rule(gain, surplus, row):
    """What settlements bring, of T read by linear interpolation."""
    most = max(surplus, 0)
    kept = np.clip(gain, 0, most)
    offered = np.interp(most, GRID, row) - np.interp(kept, GRID, row)
    return RENEW * (kept - gain) + MEET * (kept + offered - gain)


def test_settlements_are_the_rule(workers):
    surplus, _, atoms, _ = workers
    # atoms on points of the grid, where T between them is exactly linear
    near = np.abs(atoms[..., None] - GRID).argmin(-1)
    atoms = GRID[near]
    rows = np.minimum(atoms[:, :, None], GRID).mean(1)
    gain = np.random.default_rng(1).uniform(-4, 10, (len(surplus), 9))
    found = settlements(gain, surplus, rows, TOP, RENEW, MEET)
    for r, high in enumerate(np.maximum(surplus, 0)):
        for g, here in enumerate(gain[r]):
            met = np.clip(here, np.minimum(atoms[r], high), high) - here
            by_hand = RENEW * (np.clip(here, 0, high) - here) + MEET * met.mean()
            assert found[r, g] == pytest.approx(by_hand, abs=1e-12)


def test_gains_are_the_roots(workers):
    surplus, lasting, _, rows = workers
    c = np.random.default_rng(2).uniform(-6, 14, (len(surplus), 12))
    found, _ = gains(c, surplus, lasting, rows, TOP, RENEW, MEET)
    for r in range(len(surplus)):
        for g, here in enumerate(c[r]):

            def excess(gain, r=r, here=here):
                return gain - rule(gain, surplus[r], rows[r]) / lasting[r] - here

            assert found[r, g] == pytest.approx(brentq(excess, -50, 50), abs=1e-9)


def test_continuations_invert_gains_and_slopes_are_theirs(workers):
    surplus, lasting, _, rows = workers
    same = surplus, lasting, rows, TOP, RENEW, MEET
    c = np.sort(np.random.default_rng(3).uniform(-6, 14, (len(surplus), 40)), axis=1)
    found, slope = gains(c, *same)
    np.testing.assert_allclose(continuations(found, *same), c, atol=1e-12)
    assert (np.diff(found) > 0).all() and (slope > 0).all() and (slope <= 1).all()
    step = 1e-7
    ahead, behind = gains(c + step, *same)[0], gains(c - step, *same)[0]
    # two slopes differ only where a bend lies within the step
    close = np.isclose((ahead - behind) / (2 * step), slope, rtol=1e-5)
    assert close.mean() > 0.99


def test_survival_is_a_share_of_offers(workers):
    surplus, _, atoms, rows = workers
    held = np.stack([surplus, surplus - 1], 1)
    found = survival(held, rows, TOP)
    for r in range(len(surplus)):
        for k, d in enumerate(np.maximum(held[r], 0)):
            if d >= TOP:
                assert found[r, k] == 0
                continue
            cell = min(int(np.searchsorted(GRID, d, "right")) - 1, POINTS - 2)
            most, least = (atoms[r] > GRID[cell]), (atoms[r] >= GRID[cell + 1])
            assert least.mean() - 1e-12 <= found[r, k] <= most.mean() + 1e-12
