"""Who moves when a worker meets a firm: the ladder of surpluses, type by type.

A *rung* is a firm type, a team m and a type of worker k: the firm with team m may hire
the worker, and the firm with m ⊕ k employs him. Both compare the same number with
others, Δ = V(m ⊕ k) − V(m) − U(k). So workers of one type climb one ladder, and
everything about meetings is a matter of sorting and of prefix sums.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numba import njit

from jobteams_lab.large_firms.finite_economy import FiniteEconomy
from jobteams_lab.large_firms.teams import Teams


@dataclass(frozen=True, eq=False, repr=False)
class CrossSection:
    """Where firms and workers are.

    Attributes
    ----------
    firms : (T, M) array
        χ, the share of firms in each state; it sums to one.
    nonemployed : (K,) array
        u, the mass of nonemployed workers of each type.
    """

    firms: np.ndarray
    nonemployed: np.ndarray

    def employed(self, teams: Teams) -> np.ndarray:
        """Return the mass of employed workers on each rung, (K, T, M1)."""
        held = _by_rung(self.firms, teams)
        held *= teams.counts[: teams.growing].T[:, None, :] + 1
        return held

    def receivers(self, teams: Teams) -> np.ndarray:
        """Return (1 + n)χ of the firms that may hire, (T, M1)."""
        return self.firms[:, : teams.growing] * (1 + teams.sizes[: teams.growing])

    def meeting_mass(self, teams: Teams) -> float:
        """Return M = ∫(1 + n)dχ, full teams included."""
        return float(self.firms.sum(axis=0) @ (1 + teams.sizes))


class Meetings(NamedTuple):
    """Rates by rung, each a (K, T, M1) array, linear in masses a unit of M."""

    hires_nonemployed: np.ndarray  # a year and a unit of 1 + n
    hires_employed: np.ndarray  # a year and a unit of 1 + n
    poached: np.ndarray  # a year and an employed worker
    accepted: (
        np.ndarray
    )  # (K,), the chance that a nonemployed worker's meeting is a hire


class Gains(NamedTuple):
    """What firms expect of meetings, by rung, each a (K, T, M1) array."""

    value: np.ndarray
    slope: np.ndarray  # its derivative with respect to the rung's own surplus
    paying: np.ndarray  # ψ^E e/M of rungs whose workers must be paid a surplus


class _Sorted(NamedTuple):
    # One type's rungs in the order of their surplus; `held` is max(Δ, 0).
    order: np.ndarray
    surplus: np.ndarray
    held: np.ndarray
    passed: np.ndarray  # how many rungs each is above, without ties
    surely: np.ndarray  # how many it is above by more than tie + width
    maybe: np.ndarray  # how many it is above by more than tie
    surely_left: np.ndarray  # the first rung that is surely above each, and
    maybe_left: np.ndarray  # the first that is perhaps: the same comparisons


class Ladder:
    """The rungs sorted, and what each does on meeting each worker.

    A worker moves from Δ' to Δ with probability clip((Δ − max(Δ', 0) − tie)/width, 0,
    1), is hired from nonemployment as if Δ' were 0, and quits with probability
    clip((−Δ − tie)/width, 0, 1). So ties mean stay, and only those who gain by moving
    less than tie + width are undecided. Values know no ties and no width.

    Parameters
    ----------
    finite : FiniteEconomy
    teams : Teams
    surplus : (K, T, M1) array
    tie, width : float
        In units of value, positive.
    """

    def __init__(
        self, finite: FiniteEconomy, teams: Teams, surplus, tie: float, width: float
    ):
        self.finite, self.teams, self.surplus = finite, teams, surplus
        self.tie, self.width = tie, width
        self.hired = np.clip((surplus - tie) / width, 0, 1)
        self.quitting = np.clip((-surplus - tie) / width, 0, 1)
        self._sorted = [self._sort(delta.ravel()) for delta in surplus]

    def _sort(self, delta: np.ndarray) -> _Sorted:
        order = np.argsort(delta, kind="stable")
        delta = delta[order]
        held = np.maximum(delta, 0)
        ranks = np.arange(len(delta))
        surely = np.searchsorted(held, delta - (self.tie + self.width))
        maybe = np.searchsorted(held, delta - self.tie)
        return _Sorted(
            order,
            delta,
            held,
            np.searchsorted(held, delta),
            surely,
            maybe,
            np.searchsorted(surely, ranks, "right"),
            np.searchsorted(maybe, ranks, "right"),
        )

    def gains(self, cross_section: CrossSection) -> Gains:
        """Return what a firm expects of meetings with type k, a unit of 1 + n::

        (ψ^N u max(Δ, 0) + ψ^E Σ e' max(Δ − max(Δ', 0), 0)) / M
        """
        mass = cross_section.meeting_mass(self.teams)
        rate = self.finite.contact_rate_employed / mass
        weights = rate * cross_section.employed(self.teams)
        offers = self.finite.contact_rate_nonemployed * cross_section.nonemployed / mass
        value = offers[:, None, None] * np.maximum(self.surplus, 0)
        slope = offers[:, None, None] * (self.surplus > 0)
        for k, rungs in enumerate(self._sorted):
            _gains(weights[k].ravel(), *rungs[:4], value[k].ravel(), slope[k].ravel())
        return Gains(value, slope, weights * (self.surplus > 0))

    def gain_derivative(self, gains: Gains, change: np.ndarray) -> np.ndarray:
        """Return how the gains move when the surpluses move by `change`.

        A rung's gain rises with its own surplus and falls with the surpluses of the
        incumbents from whom it poaches.
        """
        answer = gains.slope * change
        paid = gains.paying * change
        for k, rungs in enumerate(self._sorted):
            _subtract_costs(
                paid[k].ravel(), rungs.order, rungs.passed, answer[k].ravel()
            )
        return answer

    def meetings(self, cross_section: CrossSection, mass: float | None = None):
        """Return the rates of hiring and poaching; see `Meetings`.

        For given `mass` they are linear in the cross-section, which may then be any
        difference of two.
        """
        finite, teams = self.finite, self.teams
        mass = cross_section.meeting_mass(teams) if mass is None else mass
        employed = cross_section.employed(teams)
        receivers = cross_section.receivers(teams)
        rate = finite.contact_rate_employed / mass
        offers = finite.contact_rate_nonemployed * cross_section.nonemployed / mass
        hires, poached = np.empty(employed.shape), np.empty(employed.shape)
        receiving = receivers.ravel()
        for k, rungs in enumerate(self._sorted):
            weight, out = employed[k].ravel(), hires[k].ravel()
            _below(weight, *rungs[:3], *rungs[4:6], self.tie, self.width, rate, out)
            out = poached[k].ravel()
            _above(receiving, *rungs[:3], *rungs[6:], self.tie, self.width, rate, out)
        accepted = np.tensordot(self.hired, receivers, 2) / mass
        return Meetings(offers[:, None, None] * self.hired, hires, poached, accepted)

    def undecided(self, cross_section: CrossSection) -> float:
        """Return the share of all meetings whose outcome is left to chance."""
        teams, finite = self.teams, self.finite
        employed, reach = cross_section.employed(teams), cross_section.receivers(teams)
        mixed = (self.hired > 0) & (self.hired < 1)
        offers = finite.contact_rate_nonemployed * cross_section.nonemployed
        chance = offers @ (mixed * reach).sum(axis=(1, 2))
        for k, rungs in enumerate(self._sorted):
            count = _prefix(employed[k].ravel(), rungs.order)
            window = count[rungs.maybe] - count[rungs.surely]
            hiring = reach.ravel()[rungs.order]
            chance += finite.contact_rate_employed * (window @ hiring)
        made = offers.sum() + finite.contact_rate_employed * employed.sum()
        return float(chance / (made * cross_section.meeting_mass(teams)))


@njit(cache=True)
def _prefix(values, order):
    total = np.empty(len(order) + 1)
    total[0] = 0.0
    for i in range(len(order)):
        total[i + 1] = total[i] + values[order[i]]
    return total


@njit(cache=True)
def _weighted_prefix(values, order, factors):
    total = np.empty(len(order) + 1)
    total[0] = 0.0
    for i in range(len(order)):
        total[i + 1] = total[i] + values[order[i]] * factors[i]
    return total


@njit(cache=True)
def _gains(weight, order, surplus, held, passed, value, slope):
    count, cost = _prefix(weight, order), _weighted_prefix(weight, order, held)
    for i in range(len(order)):
        below = count[passed[i]]
        value[order[i]] += below * surplus[i] - cost[passed[i]]
        slope[order[i]] += below


@njit(cache=True)
def _subtract_costs(paid, order, passed, answer):
    cost = _prefix(paid, order)
    for i in range(len(order)):
        answer[order[i]] -= cost[passed[i]]


@njit(cache=True)
def _below(weight, order, surplus, held, surely, maybe, tie, width, rate, hires):
    # of the workers with `weight`, those who move to each rung when they meet it
    count, cost = _prefix(weight, order), _weighted_prefix(weight, order, held)
    for i in range(len(order)):
        first, last = surely[i], maybe[i]
        moved = count[first]
        if last > first:
            undecided = count[last] - count[first]
            paid = cost[last] - cost[first]
            moved += ((surplus[i] - tie) * undecided - paid) / width
        hires[order[i]] = rate * moved


@njit(cache=True)
def _above(reach, order, surplus, held, surely, maybe, tie, width, rate, poached):
    # Of the firms with `reach`, those who poach each rung's worker: the very
    # comparisons of `_below` read from the other side, so that moves balance.
    count, gain = _prefix(reach, order), _weighted_prefix(reach, order, surplus)
    for i in range(len(order)):
        first, last = maybe[i], surely[i]
        moved = count[-1] - count[last]
        if last > first:
            undecided = count[last] - count[first]
            gained = gain[last] - gain[first]
            moved += (gained - (held[i] + tie) * undecided) / width
        poached[order[i]] = rate * moved


def surpluses(value: np.ndarray, teams: Teams, outside: np.ndarray) -> np.ndarray:
    """Return Δ on every rung, (K, T, M1), from V, (T, M)."""
    answer = _by_rung(value, teams)
    answer -= value[:, : teams.growing]
    answer -= outside[:, None, None]
    return answer


def _by_rung(values: np.ndarray, teams: Teams) -> np.ndarray:
    # What holds for m ⊕ k, contiguous: rungs of a type are sorted through flat views
    return np.ascontiguousarray(values[:, teams.upper].transpose(2, 0, 1))
