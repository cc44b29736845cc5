"""The grid of wages at which W is solved for: its ends, and where it is fine."""

import numpy as np
import pytest
from worker_pay_examples import TEAMS, made

from jobteams_lab.large_firms import firm_grid
from jobteams_lab.large_firms.pay import row_maker
from jobteams_lab.large_firms.pay_reading import Reading
from jobteams_lab.large_firms.pay_report import WHERE, residuals
from jobteams_lab.large_firms.pay_search import EVENLY, FAR, MARGIN, PaySearch
from jobteams_lab.large_firms.pay_settlement import settlements
from jobteams_lab.large_firms.pay_value import WorkerPay
from jobteams_lab.precision import double

ROWS, WAGES = 60, 200


@pytest.fixture(scope="module")
def search():
    with double():
        maker = row_maker(made(TEAMS), 5, 5)
        return PaySearch.of(maker, ROWS, 20, WAGES, np.random.default_rng(5))


def test_wages_at_the_bounds_solve_the_equation_there(search):
    # (D + L) W = w + (δ_f + δ_m) U + Σ r_b W_b + s(W − U) with W = U, or U + Δ⁺,
    # here and in all neighbours
    maker = search.maker
    rules = maker.offers.top, maker.renew, maker.meet
    for r in search.rows:
        for share, found in zip((0, 1), search._ends(r), strict=True):
            for k in range(len(maker.nodes)):
                gain = share * np.maximum(r.surplus[..., k], 0)
                value = r.outside + gain
                brings = settlements(
                    gain[0][:, None], r.surplus[0][:, k].copy(), r.offers[0], *rules
                )[:, 0]
                leaving = r.rates[..., k].sum(0)
                wage = (maker.discount + leaving) * value[0] - brings
                wage -= maker.lost * r.outside[0]
                wage -= (r.rates[..., k] * value).sum(0)
                np.testing.assert_allclose(found[:, k], wage, rtol=1e-4, atol=1e-4)


def test_half_of_the_grid_is_even_and_half_is_where_workers_are(search):
    ends = [search._ends(r) for r in search.rows]
    low, high = (np.concatenate(part) for part in zip(*ends, strict=True))
    for k, wages in enumerate(search.wages):
        assert (np.diff(wages) > 0).all()
        first, last = np.quantile(low[:, k], FAR), np.quantile(high[:, k], 1 - FAR)
        margin = MARGIN * (last - first)
        assert wages[0] == pytest.approx(first - margin)
        assert wages[-1] == pytest.approx(last + margin)
        # of an interval: its length, and the workers of each size with bends in it
        left, right = wages[0] + np.array([0.3, 0.55]) * (wages[-1] - wages[0])
        held = inside = 0.0
        for n, (mine, his) in enumerate(ends, 1):
            bends = np.concatenate([mine[:, k], his[:, k]])
            seen = bends[(bends > wages[0]) & (bends < wages[-1])]
            weight = search.weights[n, k] / len(bends)
            held += weight * len(seen)
            inside += weight * ((seen > left) & (seen < right)).sum()
        expected = EVENLY * 0.25 + (1 - EVENLY) * inside / held
        share = ((wages > left) & (wages < right)).mean()
        assert share == pytest.approx(expected, abs=0.02)
    # workers' bends are not spread evenly, or the above would not show anything
    steps = np.diff(search.wages, axis=1)
    assert (steps.max(1) > 2 * steps.min(1)).all()


def test_residuals_where_w_was_solved_for(search, monkeypatch):
    c = np.zeros((*search.lasting.shape[:2], WAGES, search.lasting.shape[2]))
    parts = search.turns, search.scale, search.size, search.lasting, search.wages
    pay = WorkerPay(search.maker, *parts, c, [], None)
    seen = {}

    def spy(kind, name, key):
        known = getattr(kind, name)

        def noting(self, first, *others):
            seen[key] = first
            return known(self, first, *others)

        monkeypatch.setattr(kind, name, noting)

    spy(WorkerPay, "read", "log_z")
    spy(Reading, "value_at", "wages")
    for where in WHERE:
        with double():
            residuals(pay, 2, ROWS, np.random.default_rng(1), where)
        here = firm_grid.weights(pay.maker.nodes, seen["log_z"]) @ pay.wages
        off = np.abs(seen["wages"][..., None] - here[:, None]).min(-1)
        far = np.abs(seen["log_z"][:, None] - pay.maker.nodes).min(1)
        for which, apart in (("nodes", far), ("wages", off)):
            if where in (f"at {which}", "at both"):
                np.testing.assert_allclose(apart, 0, atol=1e-12)
            else:
                assert np.median(apart) > 1e-4
    with pytest.raises(ValueError, match="where = 'here' is not known"):
        residuals(pay, 2, ROWS, np.random.default_rng(1), "here")
