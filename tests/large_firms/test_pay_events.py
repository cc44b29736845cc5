"""Events that pay and part workers: the histories are those that panels show."""

import numpy as np
import pay_examples
import pytest

from jobteams_lab.large_firms.pay_events import wage_events
from jobteams_lab.large_firms.pay_histories import simulate_pay

SIZES = dict(firms=64, islands=2, burn_in=3.0, seed=4, years=3)
A_MONTH = 1 / 12
CLOSE = dict(rel=1e-9, abs=1e-9)  # which teams are read together rounds wages


@pytest.fixture(scope="module")
def pay():
    return pay_examples.pay(pay_examples.solution())


@pytest.fixture(scope="module")
def events(pay):
    return wage_events(pay, **SIZES)


@pytest.fixture(scope="module")
def months(pay):
    return simulate_pay(pay, per_year=12, **SIZES)


def test_every_move_of_a_wage_has_its_row(events, months):
    moves = 0
    for island, panel in enumerate(months):
        data = panel.data
        own = events[events["island"] == island]
        settled = own.dropna(subset="wage")
        by_worker = dict(list(settled.groupby("worker")))
        seen = {(r.worker, r.start): r for r in data.itertuples()}
        for (worker, start), now in seen.items():
            then = seen.get((worker, start - 1))
            if start == 0:
                continue
            mine = by_worker.get(worker)
            since = None
            if mine is not None:
                inside = (mine["time"] >= (start - 1) * A_MONTH) & (
                    mine["time"] < start * A_MONTH
                )
                since = mine[inside]
            if since is not None and len(since):
                assert since["wage"].iloc[-1] == pytest.approx(now.wage, **CLOSE)
                if since["event"].iloc[0] != "hire":
                    before = since["wage_before"].iloc[0]
                    assert before == pytest.approx(then.wage, **CLOSE)
                moves += 1
            else:  # nothing happened to him: his firm and his wage are as they were
                assert (then.firm, then.wage) == (now.firm, now.wage)
    assert moves > 500


def test_who_is_paid_what(events):
    hires = events[events["event"] == "hire"]
    moves = events[events["event"] == "move"]
    stays = events[events["event"].isin(["meeting", "renegotiation"])]
    assert min(len(hires), len(moves), len(stays)) > 50
    close = dict(rtol=1e-9, atol=1e-8 * events["outside"].max())
    np.testing.assert_allclose(hires["value"], hires["outside"], **close)
    promised = moves["outside"] + np.maximum(moves["surplus"], 0)
    np.testing.assert_allclose(moves["value"], promised, **close)
    gain = (stays["value"] - stays["outside"]).to_numpy()
    old = (stays["value_before"] - stays["outside"]).to_numpy()
    surplus, offer = stays["surplus"].to_numpy(), stays["offer"].to_numpy()
    settled = np.clip(old, np.minimum(offer, surplus), surplus)
    np.testing.assert_allclose(gain, settled, **close)
    same = (stays["wage"] == stays["wage_before"]).to_numpy()
    assert same.any() and (~same).any()


def test_rows_and_their_order(events):
    for _, own in events.groupby("island"):
        assert own["time"].is_monotonic_increasing
        assert own["time"].between(0, 3, inclusive="left").all()
        for _, mine in own.groupby("worker"):
            kinds = mine["event"].tolist()
            assert "retirement" not in kinds[:-1]  # nothing comes after it
    parted = events[events["event"].isin(["quit", "break", "retirement"])]
    assert parted["wage"].isna().all() and (parted["team_size"] == 0).all()


def test_only_pay_has_events(pay):
    with pytest.raises(TypeError, match="worker_pay"):
        wage_events(pay.solution, **SIZES)
    with pytest.raises(ValueError, match="workers: take more"):
        wage_events(pay, **{**SIZES, "firms": 3})
