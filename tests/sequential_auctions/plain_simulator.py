"""The model as a story, slow and obvious: every contact has its own clock.

No contact is thinned out, no rank is drawn, no formula is used: a worker meets firms,
and the firms bid. `wage(q, p)` enters only where money is counted.
"""

import math
import random
from dataclasses import dataclass


@dataclass
class Contract:
    """A stretch of constant wage."""

    worker: int
    firm: int
    start: float
    end: float
    productivity: float
    outside_option: float
    origin: str


class Market:
    """Workers and firms; `draw(random)` gives (firm, productivity) of the firm met."""

    def __init__(self, economy, draw, seed, *, rebids_own_type=False):
        self.economy, self.draw = economy, draw
        self.rebids_own_type = rebids_own_type  # a type holds many equal firms
        self.random = random.Random(seed)
        self.workers = 0

    def clock(self, rate):
        """When an event of this rate happens next."""
        return self.random.expovariate(rate) if rate > 0 else math.inf

    def history(self, duration, burn_in):
        """Contracts of one place in the market, whose holder is replaced on leaving."""
        e = self.economy
        time, contracts = -burn_in, []
        self.workers += 1
        while time < duration:
            search = self.clock(e.contact_rate_unemployed)
            leave = self.clock(e.exit_rate)
            time += min(search, leave)
            if leave < search:
                self.workers += 1
                continue
            if time >= duration:
                break
            time = self._cycle(time, duration, contracts)
        return contracts

    def _cycle(self, time, duration, contracts):
        """From a hire out of unemployment to the loss of the last job."""
        e = self.economy
        firm, p = self.draw(self.random)
        q, since = e.unemployment_income, time
        origin = "unemployment" if time > 0.0 else "unknown"
        while True:
            contact = self.clock(e.contact_rate_employed)
            destroyed, leave = self.clock(e.separation_rate), self.clock(e.exit_rate)
            time += min(contact, destroyed, leave)
            ended = contact > min(destroyed, leave)
            rival, offer = (-1, p) if ended else self.draw(self.random)
            if not ended and time < duration:
                own = rival == firm and not self.rebids_own_type
                if own or offer <= q:
                    continue  # nobody bids more than he could already have
            if min(time, duration) > max(since, 0.0):
                ends = max(since, 0.0), min(time, duration)
                contracts.append(Contract(self.workers, firm, *ends, p, q, origin))
            if ended or time >= duration:
                self.workers += ended and leave < destroyed
                return time
            since = time
            if offer > p:
                firm, p, q = rival, offer, p
                origin = "firm" if time > 0.0 else "unknown"
            else:
                q = offer


def discounted_utility(economy, draw, utility, wage, state, seed, lives):
    """Discounted utility of each of `lives` workers who start from `state`.

    `state` is (p, q), or None for an unemployed worker. A worker who leaves the market
    is worth nothing from then on.
    """
    rng = random.Random(seed)
    e, b = economy, economy.unemployment_income

    def clock(rate):
        return rng.expovariate(rate) if rate > 0 else math.inf

    totals = []
    for _ in range(lives):
        time, total, now = 0.0, 0.0, state
        while e.discount_rate * time < 20.0:
            if now is None:
                meets, ends = clock(e.contact_rate_unemployed), math.inf
                flow = utility(b)
            else:
                meets, ends = (
                    clock(e.contact_rate_employed),
                    clock(e.separation_rate),
                )
                p, q = now
                flow = utility(wage(q, p))
            leaves = clock(e.exit_rate)
            until = time + min(meets, ends, leaves)
            rho = e.discount_rate
            total += flow * (math.exp(-rho * time) - math.exp(-rho * until)) / rho
            time = until
            if leaves < min(meets, ends):
                break
            if ends < meets:
                now = None
                continue
            offer = draw(rng)[1]
            if now is None:
                now = (offer, b)
            elif offer > now[0]:
                now = (offer, now[0])
            elif offer > now[1]:
                now = (now[0], offer)
        totals.append(total)
    return totals
