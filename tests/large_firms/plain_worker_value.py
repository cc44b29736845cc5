"""The worker's value as the slides write it, slow and obvious, and histories of income.

A team is a sorted tuple of types of workers. Policies are pure: B > 0 and Δ > 0 hire,
Δ < 0 quits. Only V, χ and u of an `Equilibrium` are used.
"""

import math
from bisect import bisect
from itertools import accumulate, product

from numpy.random import default_rng


class PlainWorkers:
    """Surpluses, meetings and what happens to a worker's team, from V, χ and u."""

    def __init__(self, equilibrium):
        self.finite = finite = equilibrium.economy
        self.types = range(finite.worker_types)
        table = equilibrium.problem.teams.counts
        self.teams = [
            tuple(k for k in self.types for _ in range(row[k])) for row in table
        ]
        self.states = list(product(range(finite.firm_types), self.teams))
        self.V, self.chi = {}, {}
        for t, row in enumerate(equilibrium.value):
            for m, team in enumerate(self.teams):
                self.V[t, team] = float(row[m])
                self.chi[t, team] = float(equilibrium.cross_section.firms[t, m])
        self.u = [float(mass) for mass in equilibrium.cross_section.nonemployed]
        patience = finite.discount_rate + finite.retirement_rate
        h = [finite.human_capital[k // len(finite.ability)] for k in self.types]
        self.h, self.U = h, [finite.nonemployment_income * x / patience for x in h]
        self.most = finite.max_team_size
        # ∫ (1 + n) dχ: with it ω s^N χ^N = ψ^N u/M and ω s^E χ^E = ψ^E e/M
        self.M = sum(x * (1 + len(s)) for (_, s), x in self.chi.items())

    def add(self, team, k):
        return tuple(sorted((*team, k)))

    def drop(self, team, k):
        team = list(team)
        team.remove(k)
        return tuple(team)

    def surplus(self, t, team, k):
        """Δ(S, x), of a worker k in the team."""
        return self.V[t, team] - self.V[t, self.drop(team, k)] - self.U[k]

    def offer(self, t, team, k):
        """Δ(S ⊕ x, x) of a poacher; a full team makes no offer."""
        if len(team) == self.most:
            return -math.inf
        return self.surplus(t, self.add(team, k), k)

    def learnt(self, t, team):
        """[(chance, team as a list in the old order)] after H, rounded."""
        finite, A = self.finite, len(self.finite.ability)
        logs = [math.log(x) for x in finite.human_capital]
        ways = []
        for i, k in enumerate(team):
            own = logs[k // A]
            gap = 0.0
            for j, other in enumerate(team):
                if j != i:
                    d = logs[other // A] - own
                    theta = finite.learning_from_worse
                    if d > 0:
                        theta = finite.learning_from_better
                    gap += theta * d / (len(team) - 1)
            a, q = finite.ability[k % A], finite.learning_environment[t]
            new = own + gap + math.log(a) + math.log(q)
            new = min(max(new, logs[0]), logs[-1])
            below = max(i for i in range(len(logs)) if logs[i] <= new + 1e-12)
            if below == len(logs) - 1:
                ways.append([(1.0, below * A + k % A)])
            else:
                up = (new - logs[below]) / (logs[below + 1] - logs[below])
                first, second = below * A + k % A, (below + 1) * A + k % A
                ways.append([(1 - up, first), (up, second)])
        for draw in product(*ways):
            yield math.prod(chance for chance, _ in draw), [k for _, k in draw]

    def hires(self, t, team):
        """[(rate, type, surplus that must be paid)] of the firm, none if full."""
        if len(team) == self.most:
            return
        finite, more = self.finite, 1 + len(team)
        for x in self.types:
            joined = self.offer(t, team, x)
            if joined > 0:
                rate = more * finite.contact_rate_nonemployed * self.u[x] / self.M
                yield rate, x, 0.0
            for p, other in self.states:
                if x in other:
                    held = max(self.surplus(p, other, x), 0.0)
                    if joined - held > 0:
                        mass = self.chi[p, other] * other.count(x)
                        rate = more * finite.contact_rate_employed * mass / self.M
                        yield rate, x, held

    def poachers(self):
        """[(probability, firm type, team)] of the firm that a worker meets, Π."""
        for (t, team), share in self.chi.items():
            yield share * (1 + len(team)) / self.M, t, team

    def leaving(self, t, team, x):
        """The rate at which a coworker x leaves: broken, retired, quit or poached."""
        finite = self.finite
        rate = finite.retirement_rate + finite.match_break_rate
        mine = self.surplus(t, team, x)
        rate += finite.renegotiation_rate * (mine < 0)
        for chance, p, other in self.poachers():
            hired = self.offer(p, other, x) - max(mine, 0) > 0
            # V's (λ + ψ^E) max(−Δ, 0): he also quits at meetings that do not hire him
            rate += finite.contact_rate_employed * chance * (hired or mine < 0)
        return rate

    def changes(self, t, k, others):
        """[(rate, type, coworkers)]: all that moves a worker who stays."""
        team = self.add(others, k)
        for chance, after in self.learnt(t, (k, *others)):
            rate = self.finite.learning_event_rate * chance
            yield rate, after[0], tuple(sorted(after[1:]))
        for x in set(others):
            rate = others.count(x) * self.leaving(t, team, x)
            yield rate, k, self.drop(others, x)
        for rate, x, _ in self.hires(t, team):
            yield rate, k, self.add(others, x)

    def renegotiated(self, t, k, others, value):
        """Q of assumptions A4 to A6: the change of W at a renegotiation."""
        delta, U = self.surplus(t, self.add(others, k), k), self.U[k]
        if delta < 0:
            return U - value
        if value > delta + U:
            return delta + U - value
        if value < U:
            return U - value
        return 0.0

    def visited(self, t, k, others, value, offer):
        """P of Proposition 2, by its cases, the fourth without C4."""
        delta, U = self.surplus(t, self.add(others, k), k), self.U[k]
        c1, c2 = delta < 0, delta < offer
        c3, c5 = value > delta + U, value < max(offer, 0) + U
        if c1:
            return U - value
        if c2 or c3:
            return delta + U - value
        if c5:
            return max(offer, 0) + U - value
        return 0.0

    def rungs(self):
        small = [team for team in self.teams if len(team) < self.most]
        return list(product(range(self.finite.firm_types), self.types, small))

    def value(self, wage, error=1e-11):
        """{(t, k, others): W} by value iteration on the slide's equation."""
        finite = self.finite
        rungs = self.rungs()
        changes = {rung: list(self.changes(*rung)) for rung in rungs}
        offers = {
            k: [(chance, self.offer(p, team, k)) for chance, p, team in self.poachers()]
            for k in self.types
        }
        lost = finite.firm_death_rate + finite.match_break_rate
        rate = finite.discount_rate + finite.retirement_rate + lost
        clock = rate + finite.renegotiation_rate + finite.contact_rate_employed
        clock += max(sum(row[0] for row in changes[rung]) for rung in rungs)
        W = {(t, k, others): self.U[k] for t, k, others in rungs}
        while True:
            right = {}
            for t, k, others in rungs:
                now = W[t, k, others]
                flow = wage - (finite.discount_rate + finite.retirement_rate) * now
                flow += lost * (self.U[k] - now)
                for rate_, after, around in changes[t, k, others]:
                    flow += rate_ * (W[t, after, around] - now)
                flow += finite.renegotiation_rate * self.renegotiated(t, k, others, now)
                flow += finite.contact_rate_employed * sum(
                    chance * self.visited(t, k, others, now, offer)
                    for chance, offer in offers[k]
                )
                right[t, k, others] = flow
            W = {rung: W[rung] + right[rung] / clock for rung in rungs}
            if max(abs(flow) for flow in right.values()) < error * rate:
                return W


class Careers:
    """Histories of a worker's income, event by event, until he retires.

    `wage_of(t, k, others, value)` gives the wages that are paid; W itself is found by
    `value_of(t, k, others, wage)`. Both are called once for each case and remembered.
    """

    def __init__(self, plain, wage_of, value_of, seed):
        self.plain, self.random = plain, default_rng(seed).random
        self.wage_of, self.value_of = wage_of, value_of
        self.known_wages, self.known_values, self.known_events = {}, {}, {}
        poachers = list(plain.poachers())
        self.chances = list(accumulate(chance for chance, _, _ in poachers))
        self.firms = [(t, team) for _, t, team in poachers]

    def wage(self, *case):
        if case not in self.known_wages:
            self.known_wages[case] = self.wage_of(*case)
        return self.known_wages[case]

    def worth(self, *case):
        if case not in self.known_values:
            self.known_values[case] = self.value_of(*case)
        return self.known_values[case]

    def events(self, t, k, others):
        if (t, k, others) not in self.known_events:
            finite = self.plain.finite
            changes = list(self.plain.changes(t, k, others))
            found = [("team", *change[1:]) for change in changes]
            found += [("retire",), ("lost",), ("renew",), ("meet",)]
            lost = finite.match_break_rate + finite.firm_death_rate
            rates = [change[0] for change in changes]
            rates += [finite.retirement_rate, lost]
            rates += [finite.renegotiation_rate, finite.contact_rate_employed]
            self.known_events[t, k, others] = list(accumulate(rates)), found
        return self.known_events[t, k, others]

    def met(self):
        at = bisect(self.chances, self.random() * self.chances[-1])
        return self.firms[min(at, len(self.firms) - 1)]

    def income(self, k, job=None, wage=None):
        """Discounted income of one career from a job (t, others), or from none."""
        plain, finite = self.plain, self.plain.finite
        patience, total, weight = finite.discount_rate, 0.0, 1.0
        while True:
            if job is None:
                rates = [finite.retirement_rate, finite.contact_rate_nonemployed]
                rates, found = list(accumulate(rates)), [("retire",), ("meet",)]
                paid = finite.nonemployment_income * plain.h[k]
            else:
                rates, found = self.events(job[0], k, job[1])
                paid = wage
            wait = -math.log(1 - self.random()) / rates[-1]
            shrink = math.exp(-patience * wait)
            total += weight * paid * (1 - shrink) / patience
            weight *= shrink
            at = bisect(rates, self.random() * rates[-1])
            event = found[min(at, len(found) - 1)]
            if event[0] == "retire":
                return total
            if event[0] == "team":
                k, job = event[1], (job[0], event[2])
            elif event[0] == "lost":
                job = None
            elif job is None:
                t, team = self.met()
                if plain.offer(t, team, k) > 0:
                    job, wage = (t, team), self.wage(t, k, team, plain.U[k])
            else:
                job, wage = self.settle(event[0], k, job, wage)

    def settle(self, event, k, job, wage):
        plain, (t, others) = self.plain, job
        now = self.worth(t, k, others, wage)
        delta, U = plain.surplus(t, plain.add(others, k), k), plain.U[k]
        if event == "renew":
            if delta < 0:
                return None, None
            change = plain.renegotiated(t, k, others, now)
        else:
            p, team = self.met()
            offer = plain.offer(p, team, k)
            if offer > max(delta, 0):
                return (p, team), self.wage(p, k, team, U + max(delta, 0))
            if delta < 0:
                return None, None
            change = plain.visited(t, k, others, now, offer)
        if change == 0:
            return job, wage
        return job, self.wage(t, k, others, round(now + change, 12))
