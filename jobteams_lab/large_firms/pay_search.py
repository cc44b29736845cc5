"""W at a solution: Newton's method with least squares, apart for each z and wage.

Unknown are the gains c of `pay_settlement` on a grid of wages, in features of a worker
and his team. Wages do not mix, since a wage stays until it is settled, nor do firms.
With W_b = U_b + G(c_b), the equation of `pay_rows` reads

    (D + L̂) (U + c) = w + (δ_f + δ_m) U + Σ_b r_b W_b + (L̂ − L) W,

and is linear in c but for the bends of G.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from jobteams_lab.large_firms.pay_rows import PayRows, RowMaker
from jobteams_lab.large_firms.pay_settlement import gains
from jobteams_lab.large_firms.value_search import size_weights, whitening

ON_SURPLUS = 4  # features of Δ
RIDGE = 1e-7  # holds back what rows say too little about
RCOND = 1e-4
SLOWEST = 0.1  # L̂ is no less
FAR = 0.002  # of the wages that keep a worker at a bound are left out
SHORTEST = 0.25  # of a step
MARGIN = 0.05  # the grid goes so much further at either end
EVENLY = 0.5  # of its points are spread evenly, the others as W's bends are
FINE = 400  # wages at which bends are counted


def with_surplus(features, surplus, scale):
    """Return features and, behind them, functions of Δ over its scale, (..., K + 4)."""
    d = surplus / scale
    more = d, d * features[..., 1], d / (1 + np.abs(d)), np.minimum(d, 0)
    return np.concatenate([features, np.stack(more, -1)], -1)


@dataclass(eq=False)
class PaySearch:
    """W's equation at chosen workers, ready to be solved.

    Attributes
    ----------
    rows : list of PayRows
        For n = 1, ..., N.
    turns : (N + 1, B, K) array
    scale : (Z,) array
        Of surpluses.
    size : (Z,) array
        Of W, for relative errors.
    lasting : (Z, N + 1, K + 4) array
        Coefficients of L̂.
    wages : (Z, G) array
        A year.
    """

    maker: RowMaker
    rows: list[PayRows]
    turns: np.ndarray
    scale: np.ndarray
    size: np.ndarray
    lasting: np.ndarray
    wages: np.ndarray
    weights: np.ndarray

    @classmethod
    def of(cls, maker: RowMaker, many, most, wages, rng) -> PaySearch:
        """Return the equation at `many` workers of each size.

        With `most`, K, directions of the features, and so many wages.
        """
        sample = maker.solution.sample
        places = sample.places
        teams = [maker.teams(n, many, rng) for n in range(1, places + 1)]
        turns = [whitening(maker.own(*t[:2], n, t[2]), most) for n, t in _count(teams)]
        turns = np.stack([np.zeros_like(turns[0]), *turns])
        most = turns.shape[-1]  # of fewer functions there are not so many
        rows = [maker.rows(n, *t, turns) for n, t in _count(teams)]
        held = np.concatenate([r.surplus[0] for r in rows])
        worth = np.concatenate([r.outside[0] for r in rows])[:, None]
        scale = np.maximum(np.median(np.abs(held), axis=0), 1e-6)
        size = np.median(worth + np.maximum(held, 0), axis=0)
        lasting = np.zeros((len(scale), places + 1, most + ON_SURPLUS))
        for n, r in _count(rows):
            for k in range(len(scale)):
                seen = with_surplus(r.features[0], r.surplus[0][:, k], scale[k])
                fit = np.linalg.lstsq(seen, r.leaving[:, k], rcond=RCOND)[0]
                lasting[k, n] = fit
        weights = size_weights(sample, maker.nodes)
        new = cls(maker, rows, turns, scale, size, lasting, None, weights)
        new.wages = new._grid(wages)
        return new

    @property
    def discount(self) -> float:
        """D = ρ + δ_f + δ_m + δ_r."""
        return self.maker.discount

    @property
    def lost(self) -> float:
        """δ_f + δ_m."""
        return self.maker.lost

    def _grid(self, number: int) -> np.ndarray:
        # wages, some of them spread evenly, and some as the bends of W are
        low, high = map(np.concatenate, zip(*map(self._ends, self.rows), strict=True))
        first = np.quantile(low, FAR, axis=0)
        last = np.quantile(high, 1 - FAR, axis=0)
        margin = MARGIN * (last - first)
        bends = np.concatenate([low, high])
        # as many rows of each size
        weights = np.repeat(self.weights[1:], len(low) // len(self.rows), axis=0)
        weights = np.tile(weights, (2, 1))
        grid, even = np.empty((len(first), number)), np.linspace(0, 1, FINE)
        for k in range(len(grid)):
            wages = first[k] - margin[k] + even * (last - first + 2 * margin)[k]
            order = np.argsort(bends[:, k])
            below = np.cumsum(weights[order, k])
            below = np.interp(wages, bends[order, k], below)
            below = (below - below[0]) / (below[-1] - below[0])
            share = EVENLY * even + (1 - EVENLY) * below
            grid[k] = np.interp(np.linspace(0, 1, number), share, wages)
        return grid

    def _ends(self, r: PayRows):
        # wages that keep W at U, and at U + Δ⁺, wherever the team goes, (R, Z) each
        top, meet = self.maker.offers.top, self.maker.meet
        grid = np.linspace(0, 1, r.offers.shape[-1]) ** 2 * top
        outside, high = r.outside, np.maximum(r.surplus, 0)
        flow = (self.discount - self.lost) * outside[0][:, None]
        flow = flow + (r.rates * (outside[0] - outside)[..., None]).sum(0)
        both = zip(high[0], r.offers[0], strict=True)
        offered = np.stack([np.interp(d, grid, row) for d, row in both])
        more = self.discount * high[0] + (r.rates * (high[0] - high)).sum(0)
        return flow - meet * offered, flow + more

    def solve(self, rounds: int, tolerance: float, tell=lambda *_: None):
        """Return c's coefficients, (Z, N + 1, G, K + 4), and the error of each round.

        The error is the largest over z of the root mean square of Newton's step, over
        the median of U + Δ⁺.
        """
        nodes, number = self.wages.shape
        shape = nodes, len(self.rows) + 1, number, self.lasting.shape[-1]
        answer, history, own = np.zeros(shape), [], None
        for k in range(nodes):
            parts = [self._part(r, k) for r in self.rows]
            if own is None:
                own = self._first(k, parts)
            else:
                own = own * (self.size[k] / self.size[k - 1])
            history.append(self._node(k, parts, own, rounds, tolerance))
            answer[k] = own
            tell()
        return answer, history

    def _node(self, k, parts, own, rounds, tolerance):
        # takes Newton's steps, in place, shorter ones where bends make them cycle
        found, share = [], 1.0
        for _ in range(rounds):
            step = self._step(k, parts, own)
            own[1:] += share * step
            square = 0.0
            for n, (seen, *_) in _count(parts):
                moved = seen[0] @ step[n - 1].T
                square += self.weights[n, k] * (moved**2).mean()
            found.append(float(np.sqrt(square) / self.size[k]))
            if found[-1] < tolerance:
                break
            if len(found) > 1 and found[-1] > found[-2] / 2:
                share = max(share / 2, SHORTEST)
        return found

    def _part(self, r: PayRows, k: int):
        seen = with_surplus(r.features, r.surplus[..., k], self.scale[k])
        lasting = [
            lasts(s, self.lasting[k, n], self.discount)
            for s, n in zip(seen, r.sizes, strict=True)
        ]
        return seen, np.stack(lasting), r.surplus[..., k], r.rates[..., k], r.outside, r

    def _first(self, k, parts):
        # W as if it were halfway between U and U + Δ⁺ wherever the team goes
        number, width = self.wages.shape[1], self.lasting.shape[-1]
        own = np.zeros((len(parts) + 1, number, width))
        for n, (seen, lasting, surplus, rates, outside, _) in _count(parts):
            value = outside + np.maximum(surplus, 0) / 2
            flow = self.lost * outside[0] + (rates * value).sum(0)
            flow += (lasting[0] - self.discount - rates.sum(0)) * value[0]
            c = (self.wages[k] + flow[:, None]) / lasting[0][:, None]
            c -= outside[0][:, None]
            own[n] = np.linalg.lstsq(seen[0], c, rcond=RCOND)[0].T
        return own

    def _step(self, k, parts, own):
        sizes, number, width = len(parts), own.shape[1], own.shape[2]
        left = np.zeros((number, sizes * width, sizes * width))
        right = np.zeros((number, sizes * width))
        for n, part in _count(parts):
            A, residual = self._newton(k, n, part, own)
            scale = np.sqrt(self.weights[n, k] / A.shape[2]) / self.size[k]
            first, last = int(n == 1), 3 - int(n == sizes)
            A = np.concatenate(list(A[first:last] * scale), -1)
            at = slice((n - 2 + first) * width, (n - 2 + last) * width)
            right[:, at] += np.einsum("gra,rg->ga", A, residual * scale)
            left[:, at, at] += A.transpose(0, 2, 1) @ A
        size = left.shape[-1]
        ridge = RIDGE * np.trace(left, axis1=1, axis2=2) / size
        left += ridge[:, None, None] * np.eye(size)
        both = zip(left, right, strict=True)
        step = np.stack([cho_solve(cho_factor(a), b) for a, b in both])
        return step.reshape(number, sizes, width).transpose(1, 0, 2)

    def _newton(self, k, n, part, own):
        """Return minus the residual's derivative, (3, G, R, K + 4), and it, (R, G)."""
        seen, lasting, surplus, rates, outside, r = part
        m, over = self.maker, lasting[0]
        rates = rates.copy()
        rates[0] = over - self.discount - rates.sum(0)
        right = self.wages[k] + self.lost * outside[0][:, None]
        moved = np.empty((len(seen), *right.shape))
        for b, size in enumerate(r.sizes):
            c = seen[b] @ own[size].T
            if b == 0:
                now = c
            rows = r.offers[int(b == 1)]
            gain, slope = gains(
                c, surplus[b], lasting[b], rows, m.offers.top, m.renew, m.meet
            )
            right += rates[b][:, None] * (outside[b][:, None] + gain)
            moved[b] = (rates[b] / over)[:, None] * slope
        A = np.zeros((3, own.shape[1], *seen.shape[1:]))
        for which, size in enumerate((n - 1, n, n + 1)):
            at = np.flatnonzero(r.sizes == size)
            if len(at):
                product = moved[at].transpose(1, 2, 0) @ seen[at].transpose(1, 0, 2)
                A[which] = -product.transpose(1, 0, 2)
        A[1] += seen[0]
        return A, right / over[:, None] - outside[0][:, None] - now


def lasts(seen, coefficients, discount):
    """Return D + L̂ at features; coefficients are one row, or one for each."""
    return discount + np.maximum((seen * coefficients).sum(-1), SLOWEST)


def _count(items):
    return enumerate(items, 1)
