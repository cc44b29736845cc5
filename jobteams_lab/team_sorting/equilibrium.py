"""The mixed and countermonotonic equilibrium: who works with whom, wages, values."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from jobteams_lab import checks
from jobteams_lab.team_sorting.curve import Curve, trace
from jobteams_lab.team_sorting.economy import Economy, Group
from jobteams_lab.team_sorting.potentials import Potentials

TOLERANCE = 1e-6  # duality gap of a solution, relative to the loss


def solve(economy: Economy) -> Equilibrium:
    """Solve for the mixed and countermonotonic assignment and its potentials.

    The formulas assume that the middle of all distributions can be mixed, which no
    formula tells: `Equilibrium.certificate` checks it. With the default technology and
    Beta distributions results are right to rounding. Elsewhere they are to about 1e-8:
    where supports of the margins are bounded, so that arms open one after another, or
    densities have kinks; mean pay was 2e-8 off for mixtures of very different humps.

    Raises
    ------
    TypeError, ValueError
        `SeveralSolutions`, a ValueError, if the distributions give the system of the
        countermonotonic arms no solution, several, or one that is no assignment.

    References
    ----------
    Boerma, Tsyvinski and Zimin (2023), Theorem 1, Propositions 2–6, appendix A.3.
    """
    if not isinstance(economy, Economy):
        raise TypeError(f"solve takes an Economy, not {type(economy).__name__}.")
    equilibrium = Equilibrium(economy, trace(economy))
    gap = abs(equilibrium.dual_value - equilibrium.output)
    rounding = 1e-13 * max(1.0, abs(equilibrium.output))
    if not gap <= TOLERANCE * abs(equilibrium.output_loss) + rounding:
        raise ValueError(
            f"The formulas miss their own duality by {gap:.1g}, against a loss of"
            f" {equilibrium.output_loss:.3g}: the distributions are too extreme for"
            " them, so use linear_program, sinkhorn or rearrange."
        )
    return equilibrium


@dataclass(frozen=True, eq=False)
class Thresholds:
    """Where the mixed set of each group begins and ends.

    Attributes
    ----------
    low_rank, high_rank : ndarray, shape (groups,)
        Percentiles p_lo and p_hi = p_lo + 1 − q of u; the groups' order is that of
        `Economy.groups`, projects last.
    low_skill, high_skill : ndarray, shape (groups,)
        The skills there: I_i(p_lo) and I_i(p_hi) for problem solving.
    """

    low_rank: np.ndarray
    high_rank: np.ndarray
    low_skill: np.ndarray
    high_skill: np.ndarray


@dataclass(frozen=True, eq=False)
class Equilibrium:
    """The solution of an economy: thresholds, losses, wages and firm values.

    Attributes
    ----------
    economy : Economy
    curve : Curve
        The arms, as functions of the log rank of the loss.
    """

    economy: Economy
    curve: Curve

    @property
    def countermonotonic_share(self) -> float:
        """q, the mass of teams on the countermonotonic arms."""
        return self.curve.share

    @property
    def mixed_loss(self) -> float:
        """C, the loss of every mixed team, the largest of all (eq. 11)."""
        return float(self.economy.technology.loss(self.curve.total))

    @property
    def output_loss(self) -> float:
        """Aggregate loss, ∫_0^q e^{l(t)} dt + (1 − q) C."""
        return self.curve.loss

    @property
    def output(self) -> float:
        """Aggregate output a team."""
        return self.economy.mean_lines - self.curve.loss

    @cached_property
    def thresholds(self) -> Thresholds:
        """Where each group's mixed set begins and ends."""
        groups, ends = self.economy.groups, self.curve.ends
        low, high = ends.low[:, 0], ends.high[:, 0]
        low = np.maximum(low, [group.margin.low for group in groups])
        pairs = list(zip(groups, low, high, strict=True))
        if self.curve.share > 0.0:
            ranks = [float(self.low_percentile(self.curve.share, g))
                     for g in range(len(groups))]  # fmt: skip
        else:
            ranks = np.zeros(len(groups))
        return Thresholds(
            low_rank=np.array(ranks),
            high_rank=np.array(ranks) + 1.0 - self.curve.share,
            low_skill=np.array([float(g.margin.skill_at(a)) for g, a, _ in pairs]),
            high_skill=np.array([float(g.margin.skill_at(b)) for g, _, b in pairs]),
        )

    def skill_gap(self, rank) -> np.ndarray:
        """λ(t), the log gap between high and low values at rank t ≤ q (A.13)."""
        return self.curve.gap(self._log_rank(rank))

    def log_loss(self, rank) -> np.ndarray:
        """l(t), the log loss of the team at rank t: Σ_i u_i, constant from q on."""
        rank = np.asarray(rank, float)
        if self.curve.share == 0.0:
            return np.full(rank.shape, self.curve.total)
        s = self._log_rank(np.minimum(rank, self.curve.share))
        high = self.economy.multiplicity @ [one(s) for one in self.curve.high]
        total = high - self.curve.gap(s)
        return np.where(rank < self.curve.share, total, self.curve.total)

    def low_percentile(self, rank, group: int = 0) -> np.ndarray:
        """t_i(t), the percentile of the low value that arm i uses at rank t ≤ q."""
        s = self._log_rank(rank)
        margin = self._group(group).margin
        used = margin.cdf(self.curve.high[group](s) - self.curve.gap(s))
        # with q = 1 the arms are solved up to 1 − 1e-6, and go straight on from there
        ends = self.curve.ends
        pace = margin.pdf(ends.low[group, 0]) * ends.low_slope[group, 0]
        last = np.exp(self.curve.end)
        return used + np.maximum(np.asarray(rank) - last, 0.0) * pace / last

    def high_percentile(self, rank, group: int = 0) -> np.ndarray:
        """t̄_i(t) = t − t_i(t), the upper-tail mass that the other arms have used."""
        s = self._log_rank(rank)
        used = self._group(group).margin.sf(self.curve.high[group](s))
        if self.curve.share == 1.0:
            return np.maximum(rank - self.low_percentile(rank, group), 0.0)
        return used

    def arm(self, rank, group: int = -1) -> np.ndarray:
        """The teams of one arm at ranks t ≤ q, shape (..., n).

        The first member of `group` has the low value, everyone else a high one. Below
        the first rank that is solved, `exp(curve.start)`, it is the team at that rank:
        1e-21 for Beta distributions, up to 1e-6 where a distribution's tails are only
        known to rounding.
        """
        s = self._log_rank(rank)
        low_position = self._group(group).positions[0]
        team = np.empty((*np.shape(s), self.economy.size))
        for one, high in zip(self.economy.groups, self.curve.high, strict=True):
            for position in one.positions:
                u = high(s)
                if position == low_position:
                    u = u - self.curve.gap(s)
                team[..., position] = one.margin.skill_at(u)
        return team

    def wage(self, skill, group: int = 0) -> np.ndarray:
        """w(x) of workers with skill x (Proposition 5).

        w'(x) = −L(x)/x with L the loss of the worker's team, and w(1) = 0: the worker
        who surely fails earns nothing (eq. 21). With other technologies the worker at
        the top of u earns nothing, and `group` tells positions apart.
        """
        self._group(group)
        if group % len(self.economy.groups) == len(self.economy.groups) - 1:
            raise ValueError(
                f"group = {group} is the projects: use firm_value, or a group of"
                f" workers, 0 to {len(self.economy.groups) - 2}."
            )
        one = self._group(group)
        top = float(one.margin.skill_at(one.margin.high))
        return self._potential(skill, group) - one.slope * top

    def firm_value(self, project) -> np.ndarray:
        """v(z) of a firm with project z (Proposition 6): v'(z) = 1 − L(z)/z."""
        return self._potential(project, -1) + self._potentials.firm_constant

    def marginal_product(self, skill, group: int = 0) -> np.ndarray:
        """m(x) = ∂y/∂x in the worker's team (Proposition 2): −L(x)/x.

        With group = −1 it is the projects' k(z) = 1 − L(z)/z (Proposition 6).
        """
        one = self._group(group)
        # φ'(L) du/dx; at x = 0 one is zero and the other infinite
        u = np.maximum(one.margin.of(self._inside(skill, one)), one.margin.table[1][0])
        total = self._potentials.total(u, group % len(self.economy.groups))
        marginal = self.economy.technology.marginal_loss(total)
        return one.slope - marginal * one.margin.derivative(u)

    def team_loss(self, skill, group: int = 0) -> np.ndarray:
        """L(x), the loss of the team that a member with skill x is in."""
        one = self._group(group)
        u = one.margin.of(self._inside(skill, one))
        total = self._potentials.total(u, group % len(self.economy.groups))
        return self.economy.technology.loss(total)

    def surplus(self, team) -> np.ndarray:
        """S = y − Σ w(x_i) − v(z) of teams, shape (..., n): at most 0 (eq. 16)."""
        team = self.economy._team(team)
        paid = self.firm_value(team[..., -1])
        for g, one in enumerate(self.economy.groups[:-1]):
            for position in one.positions:
                paid = paid + self.wage(team[..., position], g)
        return self.economy.output(team) - paid

    @cached_property
    def mean_wage(self) -> tuple[float, ...]:
        """Mean wage of each group of workers, by quadrature over its skills."""
        return tuple(self._mean(g) for g in range(len(self.economy.groups) - 1))

    @cached_property
    def mean_firm_value(self) -> float:
        """Mean of v(z), by quadrature over projects."""
        return self._mean(len(self.economy.groups) - 1)

    @cached_property
    def dual_value(self) -> float:
        """Σ_i E[w(x_i)] + E[v(z)], which equals output if the assignment exists."""
        counts = [group.count for group in self.economy.groups[:-1]]
        return float(np.dot(counts, self.mean_wage)) + self.mean_firm_value

    def _mean(self, group):
        # the pieces end where arms do, for wages have kinks in their curvature there
        margin = self.economy.groups[group].margin
        ends = self.curve.ends
        u, weight = margin.quadrature([ends.low[group, 0], ends.high[group, 0]])
        x = margin.skill_at(u)
        firms = group == len(self.economy.groups) - 1
        return float(weight @ (self.firm_value(x) if firms else self.wage(x, group)))

    @cached_property
    def _potentials(self):
        return Potentials(self.economy, self.curve)

    def _potential(self, skill, group):
        skill = self._inside(skill, self._group(group))
        return self._potentials.of(skill, group % len(self.economy.groups))

    def _inside(self, skill, one):
        skill = np.asarray(skill, float)
        kind = one.margin.skill
        bad = ~((skill >= kind.low) & (skill <= kind.high))
        if bad.any():
            raise ValueError(
                f"{one.name} have no {skill[bad].ravel()[0]:g}: their distribution goes"
                f" from {kind.low:g} to {kind.high:g}."
            )
        return skill

    def _group(self, group) -> Group:
        count = len(self.economy.groups)
        if not -count <= group < count:
            raise ValueError(
                f"group = {group} is not one of the {count} groups: give"
                f" 0 to {count - 1}, projects last."
            )
        return self.economy.groups[group]

    def _log_rank(self, rank):
        rank = np.asarray(rank, float)
        if not ((rank >= 0) & (rank <= self.curve.share * (1 + 1e-12))).all():
            raise ValueError(
                f"rank must be between 0 and q = {self.curve.share:g}, where teams mix."
            )
        if self.curve.share == 0.0:
            raise ValueError("Everyone mixes (q = 0): there are no arms.")
        with np.errstate(divide="ignore"):
            return np.clip(np.log(rank), self.curve.start, self.curve.end)

    def certificate(self, **options):
        """Bounds of the optimum that do not rest on these formulas: see `certify`."""
        from jobteams_lab.team_sorting.certificate import certify

        return certify(self, **options)

    def sample_teams(self, teams: int, seed: int, coupling: str = "rearranged"):
        """Draw teams, shape (teams, n): see `mixed_set.sample`."""
        from jobteams_lab.team_sorting.mixed_set import sample

        checks.whole("teams", teams, low=1)
        return sample(self, teams, seed, coupling)
