"""The model's events one by one, in plain Python: slow, and easy to read.

It knows no tables of the engines: policies are read off the joint value V by counting
the workers of teams, and learning is equation (2) worker by worker. It takes the same
uniforms in the same order.
"""

import math

from jobteams_lab.large_firms.simulate_rules import CANDIDATES, FIRST, SECOND, WHAT


class PlainMarket:
    def __init__(self, equilibrium, state):
        self.equilibrium, self.economy = equilibrium, equilibrium.economy
        self.tie, self.width = equilibrium.ladder.tie, equilibrium.ladder.width
        self.type = [int(k) for k in state.worker_type]
        self.firm_type = [int(t) for t in state.firm_type]
        self.teams = [[int(w) for w in row if w >= 0] for row in state.members]
        self.firm = [None] * len(self.type)
        for firm, team in enumerate(self.teams):
            for worker in team:
                self.firm[worker] = firm
        self.log = []  # (kind, worker or firm, firm that hires)
        self.times = {}  # how many events found a firm in each state

    def counts(self, team):
        counts = [0] * self.economy.worker_types
        for worker in team:
            counts[self.type[worker]] += 1
        return counts

    def value(self, firm, counts):
        return self.equilibrium.joint_value(self.firm_type[firm], counts)

    def surplus(self, worker, firm):
        """Δ of a worker at his firm, or at one that he might join."""
        with_him = self.counts(self.teams[firm])
        if self.firm[worker] != firm:
            with_him[self.type[worker]] += 1
        without = list(with_him)
        without[self.type[worker]] -= 1
        gained = self.value(firm, with_him) - self.value(firm, without)
        return gained - self.economy.outside_values[self.type[worker]]

    def chance(self, gain):
        return min(max((gain - self.tie) / self.width, 0.0), 1.0)

    def happen(self, who, u):
        for firm, team in enumerate(self.teams):
            state = self.firm_type[firm], *self.counts(team)
            self.times[state] = self.times.get(state, 0) + 1
        if who >= len(self.type):
            self.firm_event(who - len(self.type), u)
        else:
            self.worker_event(who, u)

    def firm_event(self, firm, u):
        economy = self.economy
        rate = economy.learning_event_rate + economy.firm_death_rate
        if u[WHAT] * rate < economy.firm_death_rate:
            for worker in list(self.teams[firm]):
                self.leave(worker)
            self.log.append(("firm death", firm, None))
            return
        taught = [
            self.learnt(worker, firm, u[FIRST + slot])
            for slot, worker in enumerate(self.teams[firm])
        ]
        for worker, kind in zip(self.teams[firm], taught, strict=True):
            self.type[worker] = kind
        self.log.append(("learning", firm, None))

    def learnt(self, worker, firm, uniform):
        economy = self.economy
        grid = [math.log(h) for h in economy.human_capital]
        place, ability = divmod(self.type[worker], len(economy.ability))
        others = [w for w in self.teams[firm] if w != worker]
        log_h = grid[place] + math.log(economy.ability[ability])
        log_h += math.log(economy.learning_environment[self.firm_type[firm]])
        for other in others:
            gap = grid[self.type[other] // len(economy.ability)] - grid[place]
            better = economy.learning_from_better
            theta = better if gap > 0 else economy.learning_from_worse
            log_h += theta * gap / len(others)
        for upper in range(1, len(grid)):
            if log_h < grid[upper] or upper == len(grid) - 1:
                share = (log_h - grid[upper - 1]) / (grid[upper] - grid[upper - 1])
                if economy.rounding == "nearest":
                    share = float(share >= 0.5)
                up = uniform < share
                return (upper - 1 + up) * len(economy.ability) + ability
        return ability

    def worker_event(self, worker, u):
        economy = self.economy
        employed = economy.contact_rate_employed + economy.renegotiation_rate
        employed += economy.match_break_rate
        what = u[WHAT] * (
            economy.retirement_rate + max(employed, economy.contact_rate_nonemployed)
        )
        firm = self.firm[worker]
        if (what := what - economy.retirement_rate) < 0:
            if firm is not None:
                self.leave(worker)
            kinds = range(economy.worker_types)
            self.type[worker] = next(
                kind
                for kind in kinds
                if u[FIRST] < sum(economy.newborn_shares[: kind + 1])
            )
            self.log.append(("retirement", worker, None))
            return
        if firm is None:
            if what < economy.contact_rate_nonemployed:
                self.meet(worker, u)
            return
        if (what := what - economy.contact_rate_employed) < 0:
            self.meet(worker, u)
        elif (what := what - economy.renegotiation_rate) < 0:
            self.perhaps_quit(worker, u, "renegotiation")
        elif what < economy.match_break_rate:
            self.leave(worker)
            self.log.append(("break", worker, None))

    def meet(self, worker, u):
        firm, met = self.firm[worker], None
        for uniform in u[CANDIDATES:]:
            candidate = int(uniform * (len(self.teams) + len(self.type)))
            if candidate < len(self.teams):
                met = candidate
            else:
                met = self.firm[candidate - len(self.teams)]
            if met is not None:
                break
        full = met is None or len(self.teams[met]) == self.economy.max_team_size
        if met != firm and not full:
            held = 0.0 if firm is None else max(self.surplus(worker, firm), 0.0)
            if u[FIRST] < self.chance(self.surplus(worker, met) - held):
                if firm is not None:
                    self.leave(worker)
                self.teams[met].append(worker)
                self.firm[worker] = met
                self.log.append(("hire" if firm is None else "move", worker, met))
                return
        if firm is None:
            self.log.append(("meeting", worker, None))
        else:
            self.perhaps_quit(worker, u, "meeting")

    def perhaps_quit(self, worker, u, otherwise):
        if u[SECOND] < self.chance(-self.surplus(worker, self.firm[worker])):
            self.leave(worker)
            otherwise = "quit"
        self.log.append((otherwise, worker, None))

    def leave(self, worker):
        """The last of the team takes the slot."""
        team = self.teams[self.firm[worker]]
        team[team.index(worker)] = team[-1]
        team.pop()
        self.firm[worker] = None
