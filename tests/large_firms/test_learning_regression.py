"""The regression of equation (6), against loops, dummies and planted coefficients."""

import numpy as np
import pandas as pd
import pytest
from annual_examples import random_panel, tiny

from jobteams_lab.large_firms.annual import annual
from jobteams_lab.large_firms.learning_regression import (
    COWORKERS,
    QUADRATIC,
    TERMS,
    coworker_gaps,
    learning_regression,
    regress_years,
)


def gaps_by_loops(table, coworkers, quadratic):
    rows = list(table.itertuples())
    place = {(row.worker, row.year): row for row in rows}
    answer = []
    for one in rows:
        beside = []
        for other in rows:
            if coworkers == "before":
                together = (other.firm, other.year) == (one.firm, one.year)
                rank = other.wage_rank
            else:
                then = place.get((one.worker, one.year + 1))
                now = place.get((other.worker, other.year - 1))
                together = then is not None and now is not None
                together = together and (other.firm, other.year) == (
                    then.firm,
                    then.year,
                )
                rank = now.wage_rank if together else np.nan
            if together and other.worker != one.worker:
                beside.append(rank - one.wage_rank)
        n = max(len(beside), 1)
        up = [gap for gap in beside if gap > 0]
        down = [gap for gap in beside if gap < 0]
        terms = {"coworkers": len(beside)}
        for name, part in (("better", up), ("worse", down)):
            terms[name] = sum(part) / n
            if quadratic == "mean of squares":
                terms[f"{name}_squared"] = sum(gap**2 for gap in part) / n
            elif quadratic == "square of mean":
                terms[f"{name}_squared"] = terms[name] ** 2
        answer.append(terms)
    return pd.DataFrame(answer)


@pytest.mark.parametrize("coworkers", COWORKERS)
@pytest.mark.parametrize("quadratic", QUADRATIC)
def test_gaps_against_loops(coworkers, quadratic):
    table = annual(random_panel(workers=45, firms=14, years=4.5))
    found = coworker_gaps(table, coworkers, quadratic)
    expected = gaps_by_loops(table, coworkers, quadratic)
    assert set(found) == set(expected)
    known = table["stays"] if coworkers == "after" else slice(None)
    for name in found:
        # of gaps near 100 and their squares
        np.testing.assert_allclose(
            found[name][known], expected[name][known], rtol=1e-11, atol=1e-9
        )
    assert (found["coworkers"][known] == 0).any()


def with_dummies(table, terms, least=2):
    """Least squares on dummies of firms, and errors clustered by firm."""
    stays = table["stays"] & (terms["coworkers"] > 0)
    number = table["firm"][stays].value_counts()
    stays &= table["firm"].map(number).fillna(0) >= least
    firm = table["firm"][stays].to_numpy()
    x = terms[stays].drop(columns="coworkers")
    firms = np.unique(firm)
    dummies = (firm[:, None] == firms).astype(float)
    design = np.hstack([x.to_numpy(), dummies])
    y = table["rank_change"][stays].to_numpy()
    b = np.linalg.lstsq(design, y, rcond=None)[0]
    residual = y - design @ b
    scores = np.array([design[firm == k].T @ residual[firm == k] for k in firms])
    inverse = np.linalg.pinv(design.T @ design)
    errors = np.sqrt(np.diag(inverse @ scores.T @ scores @ inverse))
    k = x.shape[1]
    return {
        "coefficients": dict(zip(x, b[:k], strict=True)),
        "standard_errors": dict(zip(x, errors[:k], strict=True)),
        "effects": dict(zip(firms, b[k:], strict=True)),
        "effect_variance": np.var(b[k:][np.searchsorted(firms, firm)]),
        "residual_variance": np.mean(residual**2),
        "r_squared": 1 - residual @ residual / np.sum((y - y.mean()) ** 2),
        "deviation": np.sqrt(residual @ residual / (len(y) - len(b))),
        "observations": len(y),
    }


@pytest.mark.parametrize(
    ("coworkers", "quadratic", "least"),
    [
        ("before", "mean of squares", 2),
        ("before", "square of mean", 1),
        ("after", "none", 3),
        ("after", "mean of squares", 2),
    ],
)
def test_against_dummies(coworkers, quadratic, least):
    panel = random_panel(workers=150, firms=30, years=4.5, seed=3)
    table = annual(panel)
    options = {"coworkers": coworkers, "quadratic": quadratic}
    found = learning_regression(panel, **options, least_stayers=least)
    expected = with_dummies(table, gaps_by_loops(table, **options), least)
    names = [name for name in TERMS if name in expected["coefficients"]]
    assert list(found.coefficients.index) == names
    assert found.coefficients.to_dict() == pytest.approx(
        expected["coefficients"], rel=1e-7, abs=1e-9
    )
    assert found.standard_errors.to_dict() == pytest.approx(
        expected["standard_errors"], rel=1e-7
    )
    assert found.firm_effects.to_dict() == pytest.approx(expected["effects"], rel=1e-7)
    assert found.firms == len(expected["effects"])
    assert found.firm_effect_variance == pytest.approx(expected["effect_variance"])
    assert found.residual_variance == pytest.approx(expected["residual_variance"])
    assert found.residual_deviation == pytest.approx(expected["deviation"])
    assert found.r_squared == pytest.approx(expected["r_squared"])
    assert found.observations == expected["observations"]


def test_a_year_by_itself_and_in_any_order_of_rows():
    panel = random_panel(workers=300, firms=20, years=4.5, seed=1)
    table = annual(panel)
    years = regress_years(table)
    assert list(years) == [0, 1, 2, 3]
    for year, found in years.items():
        two = table[table["year"].isin([year, year + 1])].copy()
        later = two["year"] == year + 1
        two.loc[later, "rank_change"] = np.nan
        two.loc[later, "stays"] = False
        alone = learning_regression(two.sample(frac=1, random_state=0))
        pd.testing.assert_series_equal(
            found.coefficients, alone.coefficients, rtol=1e-7
        )
        assert found.observations == alone.observations
        assert found.residual_variance == pytest.approx(alone.residual_variance)


def planted(noise, theta, seed=5, firms=800):
    """A table whose changes are eq. (6) with known coefficients."""
    rng = np.random.default_rng(seed)
    size = rng.integers(1, 9, firms)
    firm = np.repeat(np.arange(firms), size)
    n = len(firm)
    table = pd.DataFrame(
        {
            "worker": np.arange(n),
            "firm": firm,
            "year": 0,
            "wage": 0.0,
            "coworkers": size[firm] - 1,
            "wage_rank": 100 * (rng.permutation(n) + 0.5) / n,
            "stays": rng.random(n) < 0.8,
        }
    )
    terms = coworker_gaps(table, "before", "mean of squares")[list(TERMS)]
    effects = rng.normal(2, 3, firms)
    change = effects[firm] + terms.to_numpy() @ theta + noise * rng.normal(size=n)
    return table.assign(rank_change=change), effects


THETA = np.array([0.34, 0.001, 0.05, -0.002])


def test_planted_coefficients_are_found():
    exact, effects = planted(0.0, THETA)
    found = learning_regression(exact)
    np.testing.assert_allclose(found.coefficients, THETA, rtol=1e-9)
    np.testing.assert_allclose(
        found.firm_effects, effects[found.firm_effects.index], rtol=1e-8
    )
    assert found.r_squared == pytest.approx(1)
    noisy = [learning_regression(planted(3.0, THETA, seed)[0]) for seed in range(20)]
    estimates = np.array([one.coefficients for one in noisy])
    spread = estimates.std(axis=0, ddof=1)
    errors = np.mean([one.standard_errors for one in noisy], axis=0)
    assert (np.abs(estimates.mean(axis=0) - THETA) < 4 * spread / np.sqrt(20)).all()
    # the spread of 20 draws is within 32 per cent of the truth at two of its errors
    np.testing.assert_allclose(errors / spread, 1, atol=0.5)
    deviations = [one.residual_deviation for one in noisy]
    assert np.mean(deviations) == pytest.approx(3.0, rel=0.02)


def test_a_lone_stayer_changes_effects_only():
    table, _ = planted(3.0, THETA)
    two, one = (learning_regression(table, least_stayers=k) for k in (2, 1))
    np.testing.assert_allclose(two.coefficients, one.coefficients, rtol=1e-9)
    assert one.firms > two.firms
    assert one.observations - two.observations == one.firms - two.firms
    assert one.residual_variance < two.residual_variance
    assert one.residual_deviation == pytest.approx(two.residual_deviation)


def test_refusals():
    with pytest.raises(ValueError, match="are too few for"):
        learning_regression(tiny())
    with pytest.raises(ValueError, match="The table lacks firm, year"):
        learning_regression(pd.DataFrame({"worker": [1], "wage": [2.0]}))
    for name in ("coworkers", "quadratic"):
        with pytest.raises(ValueError, match=f"{name} = 'all' is not known"):
            learning_regression(tiny(), **{name: "all"})
    with pytest.raises(ValueError, match="least_stayers = 0"):
        learning_regression(tiny(), least_stayers=0)
    table, _ = planted(1.0, THETA)
    # pairs of which each gap is the same, so that squares follow from gaps
    pairs = table[table["coworkers"] == 1].assign(stays=True)
    rank = np.where(np.arange(len(pairs)) % 2, 20.0, 70.0)
    with pytest.raises(ValueError, match="do not vary enough to tell them apart"):
        learning_regression(pairs.assign(wage_rank=rank))
