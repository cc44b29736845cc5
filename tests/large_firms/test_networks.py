"""Deep sets see sets: no order, nothing beyond the team, and linear embeddings."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jobteams_lab.large_firms.economy import Economy
from jobteams_lab.large_firms.networks import Basis, DeepSet
from jobteams_lab.large_firms.team_basis import scale_of
from jobteams_lab.precision import double

PLACES = 4
SCALE = scale_of(Economy.paper())
DEEP = DeepSet.random(3, 6, 8)


def some_teams(dtype, many=40):
    """Teams of every size; what stands beyond n is not zero."""
    rng = np.random.default_rng(0)
    x = 0.3 * rng.normal(size=(many, PLACES))
    y = 0.01 * rng.normal(size=(many, PLACES))
    n = np.arange(many) % (PLACES + 1)
    log_q = 0.02 * rng.normal(size=many)
    return x.astype(dtype), y.astype(dtype), n.astype(np.int32), log_q.astype(dtype)


def cast(tree, dtype):
    return jax.tree.map(lambda part: jnp.asarray(part, dtype), tree)


def shuffled(x, y, n):
    rng = np.random.default_rng(1)
    x, y = x.copy(), y.copy()
    for row, size in enumerate(n):
        order = rng.permutation(size)
        x[row, :size], y[row, :size] = x[row, order], y[row, order]
    return x, y


def plain(deep, x, y, log_q):
    """ψ of one team, a worker at a time; x and y hold its workers alone."""
    n, units = len(x), deep.outer_bias.shape[0]
    if n < 2:
        return np.zeros(units)
    u = (x - SCALE.x[0]) / SCALE.x[1]
    v = (y - SCALE.y[0]) / SCALE.y[1]
    pooled = 0
    for i in range(n):
        inside = np.array([u[i], v[i]]) @ deep.inner_weights + deep.inner_bias
        pooled = pooled + np.tanh(inside) / n
    best_first = np.sort(u)[::-1]
    moments = []
    for k in range(4):
        legendre = np.polynomial.legendre.Legendre.basis(k)
        rank = [1 - (2 * i + 1) / n for i in range(n)]
        pairs = zip(rank, best_first, strict=True)
        moments.append(np.mean([legendre(r) * w for r, w in pairs]))
    q = (log_q - SCALE.q[0]) / SCALE.q[1]
    inputs = np.concatenate([pooled, moments, [q, u.min(), n / PLACES]])
    return np.tanh(inputs @ deep.outer_weights + deep.outer_bias)


def test_units_are_those_of_a_plain_loop():
    x, y, n, log_q = some_teams(np.float64)
    with double():
        units = jax.jit(DeepSet.units_of, static_argnums=5)
        found = units(DEEP, x, y, n, log_q, SCALE)
    for row, size in enumerate(n):
        expected = plain(DEEP, x[row, :size], y[row, :size], log_q[row])
        np.testing.assert_allclose(found[row], expected, atol=1e-12)


@pytest.fixture(scope="module")
def evaluate():
    """The features of teams, in the precision of x, compiled once for each."""
    basis = jax.jit(lambda basis, *teams: basis(*teams))

    def features(x, y, n, log_q):
        with double():
            return np.asarray(basis(Basis(SCALE, cast(DEEP, x.dtype)), x, y, n, log_q))

    return features


# Sums of tanh in another order: a few units in the last place, and many times as much
# behind products of four moments.
@pytest.mark.parametrize(("dtype", "most"), [(np.float64, 2e-13), (np.float32, 2e-4)])
def test_the_order_of_workers_does_not_matter(dtype, most, evaluate):
    x, y, n, log_q = some_teams(dtype)
    first = evaluate(x, y, n, log_q)
    again = evaluate(*shuffled(x, y, n), n, log_q)
    assert first.dtype == dtype
    assert np.abs(again - first).max() < most
    # log h by rank and log a by rank are not summed in the workers' order: no bit moves
    last = first.shape[1] - DEEP.units
    ranked = slice(last - 2 * PLACES, last)
    np.testing.assert_array_equal(first[:, ranked], again[:, ranked])


@pytest.mark.parametrize(("dtype", "most"), [(np.float64, 1e-14), (np.float32, 3e-6)])
def test_embeddings_are_linear_under_add_and_remove(dtype, most):
    x, y, n, _ = some_teams(dtype)
    row = np.flatnonzero((n > 0) & (n < PLACES))
    with double():
        deep = cast(DEEP, dtype)
        embed = jax.jit(lambda n: deep.embed(x, y, n, SCALE))
        whole, more, less = embed(n), embed(n + 1), embed(n - 1)
        each = jax.jit(lambda x, y: deep.member(x, y, SCALE))(x, y)
    assert whole.dtype == dtype
    more, less, whole, each = map(np.asarray, (more, less, whole, each))
    added, removed = each[row, n[row]], each[row, n[row] - 1]
    assert np.abs(more[row] - (whole[row] + added)).max() < most
    assert np.abs(less[row] - (whole[row] - removed)).max() < most


def test_nothing_is_read_beyond_the_team(evaluate):
    x, y, n, log_q = some_teams(np.float64)
    beyond = np.arange(PLACES) >= n[:, None]
    first = evaluate(x, y, n, log_q)
    for left in (np.nan, 1e300, 0.0):
        other = (np.where(beyond, left, part) for part in (x, y))
        np.testing.assert_array_equal(first, evaluate(*other, n, log_q))


def test_slopes_are_finite_and_those_of_differences():
    x, y, n, log_q = some_teams(np.float64)
    with double():
        given = jnp.asarray(x), jnp.asarray(y), n, jnp.asarray(log_q)

        @jax.jit
        def total(deep, x):
            return (deep.units_of(x, *given[1:], SCALE) ** 2).sum()

        deep = cast(DEEP, np.float64)
        of_weights, of_x = jax.jit(jax.grad(total, (0, 1)))(deep, given[0])
        for part in jax.tree.leaves((of_weights, of_x)):
            assert np.isfinite(part).all()
        assert (np.asarray(of_x)[np.arange(PLACES) >= n[:, None]] == 0).all()
        step = 1e-6
        inner = deep.inner_weights
        up = deep._replace(inner_weights=inner.at[0, 2].add(step))
        down = deep._replace(inner_weights=inner.at[0, 2].add(-step))
        slope = (total(up, given[0]) - total(down, given[0])) / (2 * step)
    np.testing.assert_allclose(of_weights.inner_weights[0, 2], slope, rtol=1e-6)


def test_a_basis_says_its_size_and_adds_units_at_the_end(evaluate):
    x, y, n, log_q = some_teams(np.float64)
    both = evaluate(x, y, n, log_q)
    with double():
        units = jax.jit(DeepSet.units_of, static_argnums=5)(DEEP, x, y, n, log_q, SCALE)
    known = Basis(SCALE).size(PLACES)
    assert Basis(SCALE, DEEP).size(PLACES) == both.shape[-1] == known + DEEP.units
    np.testing.assert_allclose(both[:, known:], units, atol=1e-13)
    assert (both[n < 2, known:] == 0).all()
    assert np.abs(both[n > 1, known:]).min() > 0


def test_the_same_seed_gives_the_same_network():
    again, other = DeepSet.random(3, 6, 8), DeepSet.random(4, 6, 8)
    for first, second in zip(DEEP, again, strict=True):
        np.testing.assert_array_equal(first, second)
    assert not np.array_equal(DEEP.outer_weights, other.outer_weights)
