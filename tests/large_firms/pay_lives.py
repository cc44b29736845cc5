"""What workers are paid over their lives, added up event by event."""

import numpy as np

from jobteams_lab.large_firms.pay_histories import Histories, begin, let_pass
from jobteams_lab.large_firms.simulate_rules import (
    BREAK,
    DEATH,
    HIRE,
    LEARN,
    MOVE,
    QUIT,
    RETIRE,
)
from jobteams_lab.precision import double


class Life:
    """One worker from when he was hired: ∫ exp(−ρt) w dt until he loses all jobs."""

    def __init__(self, island, firm, outside, wage, time):
        self.island, self.first, self.outside = island, firm, outside
        self.firm, self.wage = firm, wage
        self.start = self.last = time
        self.paid = 0.0

    def until(self, time, rho):
        begins, ends = self.last - self.start, time - self.start
        flow = (np.exp(-rho * begins) - np.exp(-rho * ends)) / rho
        self.paid += self.wage * flow
        self.last = time

    def end(self, value, rho):
        self.paid += np.exp(-rho * (self.last - self.start)) * value


def lives(pay, firms, islands, hired, years, seed, burn_in=30.0):
    """Follow all who are hired out of nonemployment in the first years.

    Their lives end without a job, with U, at retirement, with nothing, or when the
    years are over, with W. Returns the lives and log z of the firms.
    """
    economy = pay.solution.economy
    rho, outside = economy.discount_rate, economy.nonemployment_value
    over, now = [], {}
    with double():
        place = begin(pay.solution, firms, islands, seed)
        let_pass(place, pay.solution.coefficients, burn_in)
        histories = Histories(pay, place)
        ledger = histories.ledger

        def close(key, time, value):
            life = now.pop(key)
            life.until(time, rho)
            life.end(value, rho)
            over.append(life)

        while histories.reached.min() < years:
            log, wages = histories.next()
            known = np.searchsorted(log.island, np.arange(islands + 1))
            for k in range(len(log.time)):
                i, time, kind, who, firm, other = (part[k] for part in log[:6])
                key = i, who
                if kind == LEARN:
                    continue
                if kind == DEATH:
                    until_now = slice(known[i], k)
                    ledger.enter(i, log.rows(until_now), wages[until_now])
                    known[i] = k
                    for one in ledger.book.members[
                        i, firm, : ledger.book.size[i, firm]
                    ]:
                        if (i, one) in now:
                            assert now[i, one].firm == firm
                            h = np.exp(ledger.book.x[i, one])
                            close((i, one), time, outside(h))
                elif kind == HIRE and time < hired:
                    worth = outside(np.exp(log.x[k, 0]))
                    now[key] = Life(i, other, worth, wages[k], time)
                elif key in now:
                    now[key].until(time, rho)
                    if kind in (QUIT, BREAK):
                        close(key, time, outside(np.exp(log.x[k, 0])))
                    elif kind == RETIRE:
                        close(key, time, 0.0)
                    elif np.isfinite(wages[k]):
                        now[key].wage = wages[k]
                        if kind == MOVE:
                            now[key].firm = other
            for i in range(islands):
                ends = np.searchsorted(log.island, i, "right")
                rest = slice(known[i], ends)
                ledger.enter(i, log.rows(rest), wages[rest])
        island, who, team = ledger.at_work()
        wage = ledger.book.wage[island, who]
        value, _ = ledger.value(island, wage, team)
        for i, one, w, worth in zip(island, who, wage, value, strict=True):
            if (i, one) in now:
                assert now[i, one].wage == w
                close((i, one), histories.reached[i], worth)
    assert not now
    return over, place.log_z
