"""Everyone from one distribution: closed form, closed route, general solver."""

import numpy as np
import pytest
from scipy import integrate, optimize, stats

from jobteams_lab.team_sorting import Economy, Mixture, solve
from jobteams_lab.team_sorting.homogeneous import homogeneous, homogeneous_uniform

UNIFORM = stats.uniform(0, 1)
ALIKE = {
    "paper's workers": stats.beta(0.96, 2.85),
    "humped": stats.beta(5, 3),
    "steep at both ends": stats.beta(0.3, 0.4),
    "shifted": stats.uniform(0.01, 0.98),
    "power": stats.powerlaw(0.3),
    "two humps": Mixture([stats.beta(60, 30), stats.beta(2, 40)], [0.5, 0.5]),
}


def numbers(one):
    return [one.countermonotonic_share, one.mixed_loss, one.output_loss]


def test_check_values_of_the_notes():
    found = homogeneous_uniform(3)
    assert found.low_rank == pytest.approx(0.0945415778, abs=5e-11)
    assert found.mixed_loss == pytest.approx(0.0621692301, abs=5e-11)
    assert found.output_loss == pytest.approx(0.0548032411, abs=5e-11)


@pytest.mark.parametrize("size", [3, 4, 6, 11, 51])
def test_uniform_closed_form(size):
    closed = homogeneous_uniform(size)
    assert numbers(homogeneous(UNIFORM, size)) == pytest.approx(
        numbers(closed), rel=1e-13
    )
    solved = solve(Economy(UNIFORM, UNIFORM, size - 1))
    assert numbers(solved) == pytest.approx(numbers(closed), rel=1e-13)


@pytest.mark.parametrize("size", [3, 5])
def test_uniform_closed_form_by_grid(size):
    # the mixed set's end as the root of its condition in ranks, printed in section 3
    n = size

    def excess(p):
        r = np.linspace(p, 1 - (n - 1) * p, 200_001)
        mean = integrate.simpson(np.log(r), x=r) / (r[-1] - r[0])
        return np.log(r[0]) + (n - 1) * np.log(r[-1]) - n * mean

    p = optimize.brentq(excess, 1e-3, 0.99 / n)
    assert homogeneous_uniform(n).low_rank == pytest.approx(p, rel=1e-8)


def test_arms_loss_of_the_uniform_case():
    found = homogeneous_uniform(4)
    a, b = found.low_rank, found.high_rank
    arms = 4 / 9 * ((1 - b**4) / 4 - (1 - b**5) / 5)
    assert found.output_loss == pytest.approx(
        arms + (1 - 4 * a) * found.mixed_loss, rel=1e-12
    )


@pytest.mark.parametrize(
    ("name", "size"),
    [*((name, 3) for name in ALIKE), ("paper's workers", 6), ("steep at both ends", 6)],
)
def test_the_general_solver_finds_the_same(name, size):
    skills = ALIKE[name]
    alone = homogeneous(skills, size)
    solved = solve(Economy(skills, skills, size - 1))
    assert numbers(solved) == pytest.approx(numbers(alone), rel=1e-12)
    thresholds = solved.thresholds
    for field in ("low_rank", "high_rank", "low_skill", "high_skill"):
        expected = getattr(alone, field)
        assert getattr(thresholds, field) == pytest.approx([expected] * 2, rel=1e-12)


def test_loss_of_a_beta_by_ranks():
    # the printed integrals, with SciPy's quantiles and nothing of this package
    skills, n = stats.beta(2, 3), 4
    found = homogeneous(skills, n)
    p, top = found.low_rank, found.high_rank
    mean = integrate.quad(lambda r: np.log(skills.ppf(r)), p, top, epsrel=1e-12)[0]
    assert n / (top - p) * mean == pytest.approx(np.log(found.mixed_loss), rel=1e-10)
    arms = integrate.quad(
        lambda r: skills.ppf(r) * skills.isf((n - 1) * r) ** (n - 1), 0, p, epsabs=1e-14
    )[0]
    expected = n * arms + (1 - n * p) * found.mixed_loss
    assert found.output_loss == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    "skills", [stats.uniform(0.2, 0.6), stats.uniform(0.5, 1e-3), stats.beta(500, 500)]
)
def test_everyone_may_mix(skills):
    found = homogeneous(skills, 6)
    mean = skills.expect(np.log, epsabs=1e-13)
    assert found.countermonotonic_share == 0.0
    assert found.mixed_loss == pytest.approx(np.exp(6 * mean), rel=1e-9)
    assert found.output_loss == found.mixed_loss


def test_a_rank_far_below_what_is_told_from_zero():
    found = homogeneous(stats.beta(500, 500), 3)
    assert 0 < found.low_rank < 1e-100
    mean = stats.beta(500, 500).expect(np.log, epsabs=1e-14)
    assert found.output_loss == pytest.approx(np.exp(3 * mean), rel=1e-10)


@pytest.mark.parametrize(
    "function", [homogeneous_uniform, lambda n: homogeneous(UNIFORM, n)]
)
@pytest.mark.parametrize(
    ("size", "error"), [(2, ValueError), (52, ValueError), (3.5, TypeError)]
)
def test_sizes_refused(function, size, error):
    with pytest.raises(error, match="size"):
        function(size)


def test_distributions_refused():
    with pytest.raises(ValueError, match=r"skills has support \[0, 2\]"):
        homogeneous(stats.uniform(0, 2), 3)
    with pytest.raises(TypeError, match=r"skills = 0\.5 must be a frozen"):
        homogeneous(0.5, 3)
    gap = Mixture([stats.uniform(0, 0.2), stats.uniform(0.8, 0.2)], [0.5, 0.5])
    with pytest.raises(ValueError, match="leave a gap"):
        homogeneous(gap, 3)


def test_losses_that_fall_along_the_arms_are_refused():
    # few near the top: the second best are much worse, so losses fall at first
    skills = stats.rv_histogram(([3, 96, 1], [0.12, 0.5, 0.51, 1.0]), density=False)
    with pytest.raises(ValueError, match="losses fall along the arms"):
        homogeneous(skills, 3)
