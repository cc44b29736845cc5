"""V at a given cross-section: policy iteration with least squares.

The Bellman equation is nearly linear in V: policies, who is hired and who quits, and
the incumbents' surpluses are frozen, and the coefficients solve a least-squares problem
over chosen teams, for each of the Z productivities apart. Incumbents' surpluses are V's
own: they are read again from the new V, and Anderson's acceleration takes the loop.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from jobteams_lab.large_firms import firm_grid
from jobteams_lab.large_firms.bellman_rows import (
    Numbers,
    Rows,
    features,
    normal_equations,
    rows_of,
    sample_rows,
)
from jobteams_lab.large_firms.devices import Devices, gather
from jobteams_lab.large_firms.fixed_point import Anderson
from jobteams_lab.large_firms.linear_systems import orthonormal
from jobteams_lab.large_firms.meeting_tables import Market, tables
from jobteams_lab.large_firms.networks import Basis
from jobteams_lab.large_firms.team_sample import TeamSample

EVERYWHERE = 0.3  # of the weight is spread evenly over team sizes
BANDWIDTH = 0.15  # in log z, for the sizes that firms of a productivity have
NEGLIGIBLE = 1e-3  # what is left of a feature, below which it is not used: a smaller
# one would be blown up, and large at neighbours of the teams that it was measured at
RIDGES = (1e-10, 1e-8, 1e-6)  # of the mean diagonal, the next if one is too small
CHUNK = 2**15
FRESH = 2  # rounds with a new matrix, at least; then until V changes by less than
ROUGH = 0.02
CHORDS = 2  # steps with an old matrix before the surpluses are read again


def whitening(values: np.ndarray, most: int) -> np.ndarray:
    """Return T, (B, K), that makes features orthonormal over the rows given, (R, B).

    Each feature in its turn gives one column, what the earlier ones leave of it; those
    that leave next to nothing, and all after the first `most`, give zeros.
    """
    size = np.sqrt((values**2).mean(0))
    some = np.flatnonzero(size > 1e-12)
    scaled = values[:, some] / size[some] / np.sqrt(len(values))
    _, keep = orthonormal(scaled, most, NEGLIGIBLE)
    triangle = np.linalg.qr(scaled[:, keep], mode="r")
    some = some[keep]
    answer = np.zeros((values.shape[1], min(most, values.shape[1])))
    inverse = np.linalg.solve(triangle, np.eye(len(keep)))
    answer[some, : len(keep)] = inverse / size[some, None]
    return answer


@dataclass(eq=False)
class Problem:
    """The Bellman equation at a cross-section, over chosen rows, ready to be solved.

    Attributes
    ----------
    numbers : Numbers
    basis : Basis
    nodes : (Z,) array
        log z.
    market : Market
    rows : list of Rows
        One for each size from 0 to N, in whitened features.
    turns : (N + 1, B, K) array
        The whitening.
    weights : (N + 1, Z) array
    teams : list of (x, y, log q)
    devices : Devices
    """

    numbers: Numbers
    basis: Basis
    nodes: np.ndarray
    market: Market
    rows: list[Rows]
    turns: np.ndarray
    weights: np.ndarray
    teams: list
    devices: Devices
    _cache: dict = field(default_factory=dict)

    @classmethod
    def of(cls, economy, basis, nodes, market, sample, many, most, rng, devices=None):
        """Return the problem at `many` teams of each size, drawn around a sample.

        With `most`, K, directions of the features at each size.
        """
        devices = devices or Devices()
        numbers = Numbers.of(economy)
        sizes = range(sample.places + 1)
        teams = [sample_rows(sample, n, many, rng) for n in sizes]
        turns = np.stack(
            [
                whitening(gather(features_at(basis, *team, n)), most)
                for n, team in enumerate(teams)
            ]
        )
        rows = [
            rows_of(basis, turns, numbers, market, *team[:2], n, team[2], devices)
            for n, team in enumerate(teams)
        ]
        weights = size_weights(sample, nodes)
        return cls(numbers, basis, nodes, market, rows, turns, weights, teams, devices)

    def coefficients(self, own: np.ndarray) -> np.ndarray:
        """Return the coefficients of the basis itself, (Z, N + 1, B)."""
        return np.einsum("znb,ncb->znc", own, self.turns)

    def whitened(self, basis: Basis, coefficients: np.ndarray) -> np.ndarray:
        """Return coefficients whose V is nearest to another's at the rows."""
        answer = []
        for n, team in enumerate(self.teams):
            value = gather(features_at(basis, *team, n)) @ coefficients[:, n].T
            fit = np.linalg.lstsq(gather(self.rows[n].own), value, rcond=1e-9)[0]
            answer.append(fit.T)
        return np.stack(answer, 1)

    def incumbent_surplus(self, coefficients: np.ndarray) -> np.ndarray:
        """Return Δ_p of the market's atoms, (A,)."""
        market, teams = self.market, self.market.teams
        firms = len(teams.n) // teams.dates
        if not self._cache:
            self._cache["features"] = list(
                _incumbents(self.basis, market, self.devices)
            )
            self._cache["weights"] = firm_grid.weights(self.nodes, teams.log_z[:firms])
        share = self._cache["weights"]
        table = np.einsum("fz,znb->fnb", share, coefficients, optimize=True)
        answer = [
            gather(_surplus(table, at % firms, n, *both))
            for at, n, both in self._cache["features"]
        ]
        outside = self.numbers.income * np.exp(market.x[market.node])
        return np.concatenate([np.empty(0), *answer])[: len(outside)] - outside

    def solve(self, own: np.ndarray, iterations: int, tolerance: float, tell):
        """Return whitened coefficients after at most so many rounds, and the errors.

        A round reads the incumbents' surpluses, and takes one Newton step, or two with
        an older matrix; `tell` is called with the relative change of V at each. Rounds
        end below `tolerance`.
        """
        errors, anderson, fresh = [], Anderson(), True
        for iteration in range(iterations):
            surplus = self.incumbent_surplus(self.coefficients(own))
            table = tables(self.market, surplus)
            image = own
            for _ in range(1 if fresh else CHORDS):
                right, left = self.equations(image, table, fresh)
                if fresh:
                    factor = ridge_factor(left)
                step = np.asarray(newton_step(factor, right))
                image = image + step.reshape(own.shape)
            errors.append(self.change(image - own, own))
            tell(errors[-1])
            if not np.isfinite(errors[-1]) or errors[-1] < tolerance:
                return image, errors
            if errors[-1] == min(errors):
                best = image
            worse = not fresh and errors[-1] > 2 * min(errors)
            if fresh:
                own, anderson = image, Anderson()
            elif not worse:
                scale = np.sqrt((own**2).sum((1, 2), keepdims=True))
                own = anderson.next(own / scale, image / scale) * scale
            fresh = worse or iteration + 1 < FRESH or errors[-1] > ROUGH
        return best, errors

    def equations(self, own, table, square: bool = False):
        """Return the right side and the matrix of Newton's least squares.

        (Z, (N + 1) K) and (Z, (N + 1) K, (N + 1) K), or None if it is not asked for.
        """
        nodes, sizes, width = own.shape
        right = np.zeros((nodes, sizes * width))
        left = np.zeros((nodes, sizes * width, sizes * width)) if square else None
        z, outside = np.exp(self.nodes), self.numbers.income * np.exp(self.market.x)
        for n, rows in enumerate(self.rows):
            near = [min(max(k, 0), sizes - 1) for k in (n - 1, n, n + 1)]
            more, both = normal_equations(
                rows,
                *(own[:, k] for k in near),
                table,
                outside,
                self.numbers,
                z,
                self.weights[n],
                square,
            )
            more, both = gather(more), gather(both) if square else None
            first = width * (n == 0)
            last = 3 * width - width * (n == sizes - 1)
            part = slice(max(n - 1, 0) * width, min(n + 2, sizes) * width)
            right[:, part] += more[:, first:last]
            if square:
                left[:, part, part] += both[:, first:last, first:last]
        return right, left

    def change(self, step, own) -> float:
        """Return the largest over z of the root mean square relative change of V."""
        total = 0.0
        for n, rows in enumerate(self.rows):
            moved = gather(rows.own) @ step[:, n].T
            size = np.abs(gather(rows.own) @ own[:, n].T)
            size = np.maximum(size, 0.2 * np.median(size, axis=0))
            total = total + self.weights[n] * ((moved / size) ** 2).mean(0)
        return float(np.sqrt(np.max(total)))


def features_at(basis, x, y, log_q, n):
    """Return features of teams of one size."""
    return features(basis, x, y, np.full(len(x), n, np.int32), log_q)


def size_weights(sample: TeamSample, nodes: np.ndarray) -> np.ndarray:
    """Return what each size counts at each node, (N + 1, Z); columns sum to one."""
    sizes = sample.places + 1
    near = np.empty((sizes, len(nodes)))
    for k, node in enumerate(nodes):
        kernel = np.exp(-0.5 * ((sample.log_z - node) / BANDWIDTH) ** 2) + 1e-9
        near[:, k] = np.bincount(sample.n, kernel, sizes) / kernel.sum()
    return (1 - EVERYWHERE) * near + EVERYWHERE / sizes


def _incumbents(basis: Basis, market: Market, devices: Devices):
    # features of the atoms' teams with and without them, in chunks of one shape
    x, y, x_less, y_less = market.incumbents()
    row, n = market.row, market.teams.n[market.row]
    log_q = market.teams.log_q[row]
    for start in range(0, len(row), CHUNK):
        part = slice(start, start + CHUNK)
        q, size, at = (devices.spread(_fill(a[part])) for a in (log_q, n, row))
        with_him = [devices.spread(_fill(a[part])) for a in (x, y)]
        without = [devices.spread(_fill(a[part])) for a in (x_less, y_less)]
        less = jnp.maximum(size - 1, 0)
        both = features(basis, *with_him, size, q), features(basis, *without, less, q)
        yield at, size, both


def _fill(array):
    missing = CHUNK - len(array)
    return np.concatenate([array, np.zeros((missing, *array.shape[1:]), array.dtype)])


@jax.jit
def _surplus(table, firm, n, with_him, without):
    value = (with_him * table[firm, n]).sum(-1)
    return value - (without * table[firm, jnp.maximum(n - 1, 0)]).sum(-1)


def ridge_factor(left):
    """Return Cholesky factors of normal equations with as little ridge as it takes.

    Rounding makes large matrices lose a small eigenvalue, and the factor is not finite.
    """
    for ridge in RIDGES:
        factor = _factor(left, ridge)
        if np.isfinite(gather(factor)).all():
            break
    return factor


@jax.jit
def _factor(left, ridge):
    size = left.shape[-1]
    ridge = ridge * jnp.trace(left, axis1=1, axis2=2) / size
    return jnp.linalg.cholesky(left + ridge[:, None, None] * jnp.eye(size))


@jax.jit
def newton_step(factor, right):
    """Return the solution of the normal equations, (Z, (N + 1) K)."""
    solve = partial(jax.lax.linalg.triangular_solve, left_side=True, lower=True)
    half = solve(factor, right[..., None])
    return solve(factor, half, transpose_a=True)[..., 0]
