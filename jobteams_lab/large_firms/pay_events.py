"""The events along simulated histories that hire, pay and part workers."""

from __future__ import annotations

import numpy as np
import pandas as pd

from jobteams_lab.large_firms.pay_histories import (
    PAID,
    Histories,
    begin,
    check_sizes,
    let_pass,
)
from jobteams_lab.large_firms.pay_value import WorkerPay
from jobteams_lab.large_firms.simulate_records import Log
from jobteams_lab.large_firms.simulate_rules import (
    HIRE,
    KINDS,
    MEET,
    MOVE,
    RENEGOTIATE,
    RETIRE,
)
from jobteams_lab.precision import double

SETTLED = HIRE, MOVE, MEET, RENEGOTIATE


def wage_events(
    pay: WorkerPay,
    *,
    firms: int = 1024,
    islands: int = 4,
    years: float = 10.0,
    burn_in: float = 50.0,
    seed: int,
) -> pd.DataFrame:
    """Simulate as `simulate_pay` does, and return what happened to each worker.

    With the same arguments the histories are those of `simulate_pay`, and so are the
    names of workers: every move of a wage there has its row here.

    Parameters
    ----------
    pay : WorkerPay
    firms, islands, years, burn_in, seed
        As for `simulate_pay`.

    Returns
    -------
    pandas.DataFrame
        A row an event of the window, in the order of islands and time, with columns
        island, time (years from the window's beginning) and worker; event, "hire" out
        of nonemployment, "move" to another firm, "meeting" with a firm that does not
        get him, "renegotiation", "quit", "break" or "retirement"; team_size, that of
        the firm where he is afterwards, and 0 if there is none. Of the first four,
        which settle his wage, also surplus, Δ of his match, at a move of the one that
        he leaves; offer, max(Δ_p, 0) of the firm met, 0 at a renegotiation; wage_before
        and wage, before and after it; value_before and value, W at either where he then
        is (the first not at a move); and outside, U. They are NaN where there is none.

        The death of a firm is no row of its own, and neither are lessons; see
        `simulate_pay` for when jobs end.

    Raises
    ------
    TypeError, ValueError
        A sentence, for arguments that make no sense.

    References
    ----------
    Adenbaum, Babalievsky and Jungerman (2025), "Renegotiation", "Poaching" and
    Proposition 2.
    """
    firms, islands, years, burn_in, seed = check_sizes(
        "wage_events", pay, firms, islands, years, burn_in, seed
    )
    paid = min(burn_in, PAID)
    with double():
        place = begin(pay.solution, firms, islands, seed)
        let_pass(place, pay.solution.coefficients, burn_in - paid)
        histories = Histories(pay, place)
        ledger = histories.ledger
        first = ledger.book.wage.copy()
        logs, wages = [], []
        while histories.reached.min() < paid + years:
            log, after = histories.next()
            for island in range(islands):
                mine = log.island == island
                ledger.enter(island, log.rows(mine), after[mine])
            logs.append(log)
            wages.append(after)
        log, after = Log(*map(np.concatenate, zip(*logs, strict=True))), wages
        order = np.lexsort((log.time, log.island))
        log, after = log.rows(order), np.concatenate(after)[order]
        workers = first.shape[1]
        personal = log.worker < workers
        log, after = log.rows(personal), after[personal]
        names, before = _names(log, workers), _before(log, after, first)
        seen = (log.time >= paid) & (log.time < paid + years)
        log, after = log.rows(seen), after[seen]
        table = pd.DataFrame(
            {
                "island": log.island,
                "time": log.time - paid,
                "worker": names[seen],
                "event": pd.Categorical.from_codes(log.kind.astype(int), KINDS),
            }
        )
        return table.join(_settlements(ledger, log, before[seen], after))


def _names(log: Log, workers: int) -> np.ndarray:
    # whoever follows a retired worker in his slot has the next free name
    retires = log.kind == RETIRE
    frame = pd.DataFrame({"island": log.island, "worker": log.worker})
    born = retires.astype(int)
    born = pd.Series(born).groupby(frame["island"]).cumsum() + workers - 1
    fresh = born.where(retires)
    frame["name"] = fresh.groupby([frame["island"], frame["worker"]]).shift()
    name = frame.groupby(["island", "worker"])["name"].ffill()
    return name.fillna(frame["worker"]).to_numpy(int)


def _before(log: Log, after: np.ndarray, first: np.ndarray) -> np.ndarray:
    # the wage at the moment of an event: the last one that was set. Whoever lost his
    # job since then has none, but what comes next to him is a hire
    wage = pd.Series(after)
    slot = [log.island, log.worker]
    last = wage.groupby(slot).ffill().groupby(slot).shift().to_numpy()
    last = np.where(np.isnan(last), first[log.island, log.worker], last)
    return np.where(log.kind == HIRE, np.nan, last)


def _settlements(ledger, log: Log, before, after) -> pd.DataFrame:
    settled = np.isin(log.kind, SETTLED)
    enters = np.isin(log.kind, (HIRE, MOVE))
    wage = np.where(settled & np.isnan(after), before, after)
    found = np.full((2, len(wage)), np.nan)
    old = settled & ~enters  # else the old wage was paid by another firm
    for value, wages, at in zip(found, (before, wage), (old, settled), strict=True):
        here = log.rows(at)
        firm = np.where(enters[at], here.other, here.firm)
        team = firm, here.x, here.y, here.n
        value[at], _ = ledger.value(here.island, wages[at], team)
    human_capital = np.exp(log.x[:, 0].astype(float))
    outside = ledger.pay.solution.economy.nonemployment_value(human_capital)
    hired = log.kind == HIRE
    return pd.DataFrame(
        {
            "team_size": np.where(settled, log.n, 0),
            "surplus": np.where(settled & ~hired, log.surplus, np.nan),
            "offer": np.where(settled & ~hired, log.offer, np.nan),
            "wage_before": np.where(settled, before, np.nan),
            "wage": np.where(settled, wage, np.nan),
            "value_before": found[0],
            "value": found[1],
            "outside": np.where(settled, outside, np.nan),
        }
    )
