"""A finite economy of large firms, slow and obvious, from the slides' equations.

A team is a sorted tuple of types of workers, a state a pair (firm type, team). What all
workers learn is enumerated, every pair of firms is compared when a worker meets one of
them, values are iterated forward in time together with the cross-section. Policies are
pure: ties mean stay and reject.
"""

from collections import defaultdict
from itertools import combinations_with_replacement, product
from math import floor, log

import numpy as np


class PlainEconomy:
    """States, output, learning and outside values of a `FiniteEconomy`, as lists."""

    def __init__(self, finite):
        self.finite = finite
        workers = range(finite.worker_types)
        most = finite.max_team_size
        self.teams = [
            team
            for n in range(most + 1)
            for team in combinations_with_replacement(workers, n)
        ]
        self.states = list(product(range(finite.firm_types), self.teams))
        self.at = {state: i for i, state in enumerate(self.states)}
        self.size = np.array([len(team) for _, team in self.states])
        b, patience = finite.nonemployment_income, finite.discount_rate
        patience += finite.retirement_rate
        self.outside = [b * self.human_capital(k) / patience for k in workers]
        self.output = np.array([self.produced(*state) for state in self.states])
        self.learning = np.zeros((len(self.states),) * 2)
        for i, (firm, team) in enumerate(self.states):
            for other, chance in self.learnt(firm, team).items():
                self.learning[i, self.at[firm, other]] += chance
        # who may hire, what he is then, and how many of the type he then has
        self.hiring = [i for i in range(len(self.states)) if self.size[i] < most]
        self.after = [[self.joined(i, k) for i in self.hiring] for k in workers]
        self.held = [
            [self.states[j][1].count(k) for j in self.after[k]] for k in workers
        ]

    def human_capital(self, k):
        return self.finite.human_capital[k // len(self.finite.ability)]

    def joined(self, i, k):
        firm, team = self.states[i]
        return self.at[firm, tuple(sorted((*team, k)))]

    def produced(self, firm, team):
        """Equation (1)."""
        eta = self.finite.ces_exponent
        inputs = sum(self.human_capital(k) ** eta for k in team)
        return self.finite.productivity[firm] * inputs ** (1 / eta)

    def learnt(self, firm, team):
        """Equation (2) for each worker, and all ways of rounding: {team: chance}."""
        answer = defaultdict(float)
        ways = [self._worker_learns(i, firm, team) for i in range(len(team))]
        for way in product(*ways):
            chance = 1.0
            for _, probability in way:
                chance *= probability
            answer[tuple(sorted(k for k, _ in way))] += chance
        return answer

    def _worker_learns(self, i, firm, team):
        finite, h = self.finite, self.human_capital(team[i])
        abilities = len(finite.ability)
        ability = team[i] % abilities
        growth = log(finite.ability[ability])
        growth += log(finite.learning_environment[firm])
        for j, other in enumerate(team):
            gap = log(self.human_capital(other) / h)
            if j != i and gap > 0:
                growth += finite.learning_from_better / (len(team) - 1) * gap
            if j != i and gap < 0:
                growth += finite.learning_from_worse / (len(team) - 1) * gap
        levels = [log(level) for level in finite.human_capital]
        target = log(h) + growth
        if target <= levels[0] + 1e-12:
            return [(ability, 1.0)]
        if target >= levels[-1] - 1e-12:
            return [((len(levels) - 1) * abilities + ability, 1.0)]
        low = max(j for j, level in enumerate(levels) if level <= target + 1e-12)
        up = (target - levels[low]) / (levels[low + 1] - levels[low])
        if abs(up) < 1e-12:
            up = 0.0
        if finite.rounding == "nearest":
            up = float(floor(up + 0.5 + 1e-12))
        here, above = low * abilities + ability, (low + 1) * abilities + ability
        return [(k, p) for k, p in ((here, 1 - up), (above, up)) if p > 0]

    def surplus(self, value, k):
        """Δ of type k beside each team that may hire him."""
        return value[self.after[k]] - value[self.hiring] - self.outside[k]

    def employed(self, chi, k):
        return chi[self.after[k]] * self.held[k]

    def meeting_mass(self, chi):
        return float((1 + self.size) @ chi)

    def bellman_residual(self, value, chi, u):
        """The right side of the slide "Joint Value" less ρV."""
        finite, mass = self.finite, self.meeting_mass(chi)
        answer = self.output - (finite.discount_rate + finite.firm_death_rate) * value
        answer += finite.learning_event_rate * (self.learning @ value - value)
        events = finite.renegotiation_rate + finite.contact_rate_employed
        for k, outside in enumerate(self.outside):
            delta = self.surplus(value, k)
            gain = finite.contact_rate_nonemployed * u[k] / mass * np.maximum(delta, 0)
            rate = finite.contact_rate_employed * self.employed(chi, k) / mass
            for incumbent, weight in zip(delta, rate, strict=True):
                gain += weight * np.maximum(delta - max(incumbent, 0), 0)
            answer[self.hiring] += (1 + self.size[self.hiring]) * gain
            lost = value[self.hiring] - value[self.after[k]]
            each = (finite.retirement_rate + finite.match_break_rate) * lost
            each += (finite.match_break_rate + finite.firm_death_rate) * outside
            each += events * np.maximum(-delta, 0)
            answer[self.after[k]] += self.held[k] * each
        return answer

    def net_flows(self, value, chi, u, tie):
        """Yearly changes of χ and u when all act by V; flows EN, NE and EE."""
        finite, mass = self.finite, self.meeting_mass(chi)
        change = finite.learning_event_rate * (chi @ self.learning - chi)
        change -= finite.firm_death_rate * chi
        for firm, share in enumerate(finite.firm_shares):
            change[self.at[firm, ()]] += finite.firm_death_rate * share
        newborn = finite.workers_per_firm * finite.newborn_shares
        change_u = finite.retirement_rate * (newborn - u)
        met = (1 + self.size[self.hiring]) * chi[self.hiring] / mass
        lost, found, moved = 0.0, 0.0, 0.0
        for k in range(len(u)):
            delta, workers = self.surplus(value, k), self.employed(chi, k)
            hired = finite.contact_rate_nonemployed * u[k] * met * (delta > tie)
            better = delta[None, :] - np.maximum(delta, 0)[:, None] > tie
            moves = finite.contact_rate_employed * workers[:, None] * met * better
            poached = moves.sum(axis=1)
            events = finite.renegotiation_rate + finite.contact_rate_employed
            quits = (delta < -tie) * (events * workers - poached)
            ends = (finite.match_break_rate + finite.firm_death_rate) * workers
            joins = hired + moves.sum(axis=0) - quits - poached
            joins -= (finite.retirement_rate + finite.match_break_rate) * workers
            change[self.after[k]] += joins
            change[self.hiring] -= joins
            change_u[k] += (ends + quits).sum() - hired.sum()
            lost, found = lost + (ends + quits).sum(), found + hired.sum()
            moved += poached.sum()
        return change, change_u, (lost, found, moved)

    def value_iteration(self, chi, u, tolerance, years):
        """V at a given cross-section, forward by `years` a round."""
        value = self.output / self.finite.discount_rate
        while True:
            residual = self.bellman_residual(value, chi, u)
            if np.abs(residual).max() <= tolerance:
                return value
            value = value + years * residual

    def equilibrium(self, tolerance, years):
        """V, χ, u and the flows EN, NE, EE, from output forever and empty firms."""
        value = self.output / self.finite.discount_rate
        chi = np.zeros(len(self.states))
        for firm, share in enumerate(self.finite.firm_shares):
            chi[self.at[firm, ()]] = share
        u = self.finite.workers_per_firm * self.finite.newborn_shares
        while True:
            residual = self.bellman_residual(value, chi, u)
            tie = 1e-10 * np.abs(value).max()
            change, change_u, moves = self.net_flows(value, chi, u, tie)
            moving = max(np.abs(change).max(), np.abs(change_u).max())
            if max(np.abs(residual).max(), moving) <= tolerance:
                return value, chi, u, moves
            value = value + years * residual
            chi, u = chi + years * change, u + years * change_u

    def order(self, teams):
        """Where each of the plain teams stands among those of the package."""
        workers = range(self.finite.worker_types)
        return teams.index(
            np.array([[team.count(k) for k in workers] for team in self.teams])
        )
