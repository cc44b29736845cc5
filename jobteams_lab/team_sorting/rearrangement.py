"""The rearrangement algorithm: make sums, or products, of columns nearly constant.

Every worker joins whom the rest of his team calls for: order one column opposite
to the combination of all the others, then the next one, until nothing improves. Each
step solves its own two-margin assignment problem, so the loss never rises.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from jobteams_lab import checks
from jobteams_lab.chebyshev import gauss_legendre

MOST_CELLS = 5_000_000
FEW, MANY = 5, 20  # nodes where the density hardly changes, and elsewhere


@dataclass(frozen=True, eq=False)
class Rearranged:
    """Columns in the order that the algorithm left them in.

    Attributes
    ----------
    terms : ndarray, shape (N, n)
        Row by row, what goes together; each column is a permutation of the given one.
    objective : float
        Mean product of the rows; for sums, the variance of the rows' sums.
    history : ndarray, shape (sweeps + 1,)
        The objective at the random start and after each sweep.
    sweeps : int
    converged : bool
        Whether the last sweep lowered the objective by no more than tol times itself.
    """

    terms: np.ndarray
    objective: float
    history: np.ndarray
    sweeps: int
    converged: bool


def rearrange_columns(
    terms, *, combine: str = "product", seed=0, sweeps: int = 200, tol: float = 1e-13
) -> Rearranged:
    """Permute the columns of a matrix so that its rows' products, or sums, vary little.

    One column is ordered opposite to the product (sum) of the others. With four
    columns or more a sweep also orders random subsets of columns, moved as one, against
    the rest: orders that no single column can improve are common there.

    Parameters
    ----------
    terms : array_like, shape (N, n)
        Non-negative for products, finite for sums.
    combine : "product" or "sum"
        Lower the mean product, or every convex function of the sum, its variance too.
    seed : int or Generator
        Of the random order it starts from, and of the subsets.
    sweeps : int
        At most so many.
    tol : float
        Stop when a sweep lowers the objective by no more than tol times itself.

    Returns
    -------
    Rearranged
        A local optimum: an upper bound of the least objective. `converged` is False if
        the sweeps ran out.

    Raises
    ------
    TypeError, ValueError
        A sentence naming the argument.

    References
    ----------
    Rüschendorf (1983); Embrechts, Puccetti and Rüschendorf (2013); Bernard and McLeish
    (2016) for subsets.
    """
    terms = np.array(terms, dtype=float, ndmin=1)  # a copy: its columns are reordered
    if terms.ndim != 2 or terms.shape[0] < 1 or terms.shape[1] < 2:
        raise ValueError(
            f"terms has shape {terms.shape}: give N rows and a column a member, at"
            " least 2."
        )
    if not np.isfinite(terms).all():
        raise ValueError(
            f"terms holds {np.sum(~np.isfinite(terms))} values that are not finite."
        )
    checks.one_of("combine", combine, ("product", "sum"))
    product = combine == "product"
    if product and terms.min() < 0:
        raise ValueError(
            f"terms go down to {terms.min():g}: a product needs terms of at least 0, or"
            ' combine = "sum".'
        )
    checks.whole("sweeps", sweeps, low=1)
    tol = checks.number("tol", tol, low=0)
    rng = np.random.default_rng(seed)
    size = terms.shape[1]
    columns = [rng.permutation(column) for column in terms.T]
    falling = [np.sort(column)[::-1] for column in columns]
    history = [_objective(columns, product)]
    converged = False
    while not converged and len(history) <= sweeps:
        for k in range(size):
            others = _combined(columns, product, [j for j in range(size) if j != k])
            columns[k][np.argsort(others)] = falling[k]
        for block in _blocks(size, rng):
            _order_block(columns, product, block)
        history.append(_objective(columns, product))
        converged = history[-2] - history[-1] <= tol * abs(history[-1])
    return Rearranged(
        terms=np.stack(columns, axis=1),
        objective=history[-1],
        history=np.array(history),
        sweeps=len(history) - 1,
        converged=converged,
    )


def _combined(columns, product, chosen):
    total = columns[chosen[0]].copy()
    for k in chosen[1:]:
        if product:
            total *= columns[k]
        else:
            total += columns[k]
    return total


def _objective(columns, product):
    total = _combined(columns, product, range(len(columns)))
    return float(total.mean() if product else total.var())


def _blocks(size, rng):
    # up to three columns, the other side of any subset is a single column
    if size < 4:
        return
    for _ in range(size):
        order = rng.permutation(size)
        yield order[: rng.integers(2, size // 2 + 1)]


def _order_block(columns, product, block):
    rest = [k for k in range(len(columns)) if k not in block]
    rising = np.argsort(_combined(columns, product, rest))
    falling = np.argsort(_combined(columns, product, list(block)))[::-1]
    for k in block:
        moved = np.empty_like(columns[k])
        moved[rising] = columns[k][falling]
        columns[k] = moved


@dataclass(frozen=True, eq=False)
class Cells:
    """The conditional means of N equally likely cells of a group.

    Attributes
    ----------
    terms : ndarray, shape (N,)
        E[x + shift | cell] where losses multiply, E[u | cell] where sums are squared
        (`RankOne`); in order of increasing u.
    skills : ndarray, shape (N,)
        E[x | cell].
    variance : float
        Mean over cells of Var(u | cell) for squared sums; 0 for products, whose mean
        needs means alone.
    edges : ndarray, shape (N + 1,)
        Ends of the cells in u; the first is the lowest u that a float can tell apart.
    """

    terms: np.ndarray
    skills: np.ndarray
    variance: float
    edges: np.ndarray


def cells(group, number: int) -> Cells:
    """Conditional means of a group's skills on equiprobable cells.

    Each cell holds mass 1/N. If members are independent inside their cells, the
    expected loss of a team of cells is the product of the means, Π_i E[x_i | cell_i].
    That assignment exists: so an assignment *of cells* bounds the least loss of the
    continuous economy from above. For `RankOne` it is (Σ_i E[u_i | cell_i])² plus the
    members' variances, whose mean over cells no assignment of cells changes.

    Parameters
    ----------
    group : Group
        One of `Economy.groups`.
    number : int
        N, at most 5,000,000.
    """
    number = checks.whole("cells", number, low=1, high=MOST_CELLS)
    margin = group.margin
    edges = _edges(margin, number)
    # pieces that no edge cuts, nor a place where the cdf is not smooth
    breaks = margin._primitive.breakpoints
    ends = np.unique(np.append(edges, breaks[breaks > edges[0]]))
    cell = np.clip(np.searchsorted(edges, ends[1:]) - 1, 0, number - 1)
    left, right = ends[:-1], ends[1:]
    if not hasattr(margin, "loading"):
        mass, first = _below(margin, ends, lambda u, left: np.exp(u))
        means = _average(cell, number, mass, np.exp(right) * mass - first)
        means = np.where(np.isnan(means), np.exp(edges[1:]), means)
        return Cells(means, means - margin.shift, 0.0, edges)
    mass, first, second = _below(
        margin, ends, lambda u, left: np.ones_like(u), lambda u, left: u - left
    )
    means = _average(cell, number, mass, right * mass - first)
    means = np.where(np.isnan(means), edges[1:], means)
    centre = means[cell]
    square = (right - centre) ** 2 * mass - 2.0 * (second + (left - centre) * first)
    variance = np.nan_to_num(_average(cell, number, mass, square))
    return Cells(means, means / -margin.loading, float(variance.mean()), edges)


def _average(cell, number, mass, parts):
    # NaN in cells narrower than rounding, which hold no mass
    whole = np.bincount(cell, mass, number)
    total = np.bincount(cell, parts, number)
    return np.divide(total, whole, out=np.full(number, np.nan), where=whole > 0.0)


def _edges(margin, number):
    # ranks from the nearer end, as 1 − rank would lose the last cells
    ranks = np.arange(1, number) / number
    low, high = ranks[: number // 2], ranks[: number - 1 - number // 2]
    left = _bisected(margin, margin.quantile(low), low, margin.cdf, 1.0)
    right = _bisected(margin, margin.upper_quantile(high), high, margin.sf, -1.0)
    # where u has no lowest value, what is below the table is zero to any float
    edges = np.concatenate([margin.table[1][:1], left, right[::-1], [margin.high]])
    return np.maximum.accumulate(edges)


def _bisected(margin, u, ranks, mass, sign):
    # Newton's method fails in a valley where next to nobody is
    u = np.array(u)
    bad = ~(np.abs(mass(u) - ranks) <= 1e-11 * ranks)
    low = np.full(bad.sum(), margin.table[1][0])
    high = np.full(bad.sum(), margin.high)
    for _ in range(64 if bad.any() else 0):
        middle = 0.5 * (low + high)
        up = sign * (mass(middle) - ranks[bad]) < 0
        low, high = np.where(up, middle, low), np.where(up, high, middle)
    u[bad] = 0.5 * (low + high)
    return u


def _below(margin, ends, *functions):
    # mass of each piece, and ∫ g(u) (F(u) − F(left)) du on it: by parts
    # ∫ G dF = G(right) mass − ∫ G'(u) (F(u) − F(left)) du, which needs no density, and
    # multiplies the difference's rounding by a width; all by the nearer tail
    left, right = ends[:-1], ends[1:]
    lower = right < margin.quantile(0.5)
    below, above = margin.cdf(ends), margin.sf(ends)
    mass = np.where(lower, np.diff(below), -np.diff(above))
    with np.errstate(all="ignore"):
        change = np.abs(np.diff(np.log(margin.pdf(ends))))
    plain = change < 0.3  # NaN or infinite beside an end
    integrals = np.zeros((len(functions), len(left)))
    for low, chosen in itertools.product((True, False), (True, False)):
        k = np.flatnonzero((lower == low) & (plain == chosen))
        if len(k) == 0:
            continue
        u, width = gauss_legendre(
            np.stack([left[k], right[k]], axis=1), FEW if chosen else MANY
        )
        inside = (
            margin.cdf(u) - below[k, None] if low else above[k, None] - margin.sf(u)
        )
        for row, function in zip(integrals, functions, strict=True):
            row[k] = (width * function(u, left[k, None]) * inside).sum(axis=1)
    return mass, *integrals
