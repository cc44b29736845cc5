"""The path and its end: derivatives by differences, and problems solved by hand."""

from dataclasses import replace

import numpy as np
import pytest

from jobteams_lab.identification import (
    NAM,
    PAM,
    Economy,
    MatchQuality,
    Types,
    continuation,
)
from jobteams_lab.identification.on_the_job_search import OnTheJobSearch
from jobteams_lab.identification.shimer_smith import ShimerSmith

SIDES = {"worker_types": Types.normal(5), "firm_types": Types.bimodal(4)}
QUALITY = MatchQuality.normal(0.3, count=3)
MODELS = {
    "benchmark": ShimerSmith(Economy(PAM, **SIDES)),
    "match quality": ShimerSmith(Economy(NAM, match_quality=QUALITY, **SIDES)),
    "few meetings": ShimerSmith(Economy(NAM, matching_efficiency=9.0, **SIDES)),
    "on the job": OnTheJobSearch(Economy(PAM, search_intensity_employed=0.3, **SIDES)),
    "on the job, few meetings": OnTheJobSearch(
        Economy(NAM, search_intensity_employed=0.3, matching_efficiency=9.0, **SIDES)
    ),
}


def _points(model, count=3):
    rng = np.random.default_rng(5)
    start = model.guess()
    for _ in range(count):
        yield start * rng.uniform(0.7, 1.3, len(start))


def _differences(function, z, step=1e-6):
    """Two-sided differences of a vector function, column by column."""
    columns = []
    for i in range(len(z)):
        up, down = z.copy(), z.copy()
        h = step * max(1.0, abs(z[i]))
        up[i] += h
        down[i] -= h
        columns.append((function(up) - function(down)) / (2 * h))
    return np.array(columns).T


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("width", [20.0, 3.0])
def test_the_jacobian_of_the_smoothed_equations(name, width):
    model = MODELS[name]
    for z in _points(model):
        _, jacobian = continuation.smoothed(model, z, width)
        slow = _differences(lambda z: continuation.smoothed(model, z, width)[0], z)
        assert np.allclose(jacobian, slow, rtol=1e-5, atol=1e-6 * np.abs(slow).max())


@pytest.mark.parametrize("name", MODELS)
def test_the_derivatives_of_margins_and_in_decisions(name):
    model = MODELS[name]
    rng = np.random.default_rng(8)
    for z in _points(model):
        margin = model.margins(z)
        rows = np.sort(rng.choice(len(margin), 9, replace=False))
        slow = _differences(lambda z, rows=rows: model.margins(z)[rows], z, 1e-4)
        assert np.allclose(model.margin_jacobian(z, rows), slow, rtol=1e-6, atol=1e-5)
        p, gain = rng.random(len(margin)), np.maximum(margin, 0)

        def residual(part, z=z, p=p, rows=rows, gain=gain):
            chosen = p.copy()
            chosen[rows] = part
            return model.equations(z, chosen, np.zeros_like(p), gain)[0]

        slow = _differences(residual, p[rows])
        fast = model.decision_jacobian(z, p, gain, rows)
        assert np.allclose(fast, slow, rtol=1e-5, atol=1e-7 * np.abs(slow).max())


class _Toy:
    """z + C p = a, with margins z: three decisions, solved by hand below."""

    positive = slice(0, 0)

    def __init__(self, a, C):
        self.a, self.C = np.array(a, float), np.array(C, float)

    def guess(self):
        return np.zeros(len(self.a))

    def margins(self, z):
        return z.copy()

    def relevant(self, z, margin):
        return np.ones(len(margin), dtype=bool)

    def margin_jacobian(self, z, rows):
        return np.eye(len(z))[rows]

    def equations(self, z, p, slope, gain):
        return z + self.C @ p - self.a, np.eye(len(z)) + self.C * slope

    def decision_jacobian(self, z, p, gain, rows):
        return self.C[:, rows]


def test_a_complementarity_problem_solved_by_hand():
    """Accepting costs the first its margin: it is mixed at 0.3. The others are pure.

    z0 = 0.3 − p0 = 0 at p0 = 0.3; z1 = 1 + 0.5 p1 = 1.5, p1 = 1; z2 = −1 − p1 = −2.
    """
    toy = _Toy([0.3, 1.0, -1.0], [[1, 0, 0], [0, -0.5, 0], [0, 1, 0]])
    z, width = continuation.follow(toy, toy.guess(), start=20.0)
    assert width == continuation.NARROWEST
    found = continuation.sharpen(toy, z, width)
    assert found.unknowns == pytest.approx([0, 1.5, -2], abs=1e-12)
    assert found.decisions == pytest.approx([0.3, 1, 0], abs=1e-12)
    assert found.mixed.tolist() == [0]
    assert found.largest < 1e-12


def test_two_mixed_decisions_that_depend_on_each_other():
    """z = a − C p = 0 for both: p = C⁻¹ a by hand, (0.4, 0.2)."""
    toy = _Toy([1.0, 1.0], [[2, 1], [1, 3]])
    z, width = continuation.follow(toy, toy.guess(), start=20.0)
    found = continuation.sharpen(toy, z, width)
    assert found.decisions == pytest.approx([0.4, 0.2], abs=1e-12)
    assert found.mixed.tolist() == [0, 1]


def test_sharpening_repairs_a_wrong_first_guess():
    """Started where the first decision looks pure, it finds that it is mixed."""
    toy = _Toy([0.3, 1.0, -1.0], [[1, 0, 0], [0, -0.5, 0], [0, 1, 0]])
    found = continuation.sharpen(toy, np.array([5.0, 1.5, -2.0]), 1e-7)
    assert found.decisions == pytest.approx([0.3, 1, 0], abs=1e-12)


def test_the_judge_sees_a_decision_against_its_margin():
    toy = _Toy([0.3, 1.0, -1.0], [[1, 0, 0], [0, -0.5, 0], [0, 1, 0]])
    z, width = continuation.follow(toy, toy.guess(), start=20.0)
    found = continuation.sharpen(toy, z, width)
    against = found.decisions.copy()
    against[1] = 0.0
    judged = continuation._judge(toy, found.unknowns, against, np.array([], int), [])
    assert judged.optimality == 1.0
    assert judged.equations == pytest.approx(1.0)


def test_newton_says_when_it_is_stuck():
    def no_zero(z):
        return z**2 + 1.0, np.diag(2 * z)

    with pytest.raises(continuation.Stuck):
        continuation.newton(
            no_zero,
            np.array([1.3]),
            tolerance=1e-12,
            iterations=50,
            positive=slice(0, 0),
        )


def test_newton_keeps_masses_positive():
    """From 4 a full step for 1/z − 1 = 0 lands at −8: the step is cut."""

    def system(z):
        assert (z > 0).all()
        return 1 / z - 1.0, np.diag(-1 / z**2)

    z, _ = continuation.newton(
        system,
        np.array([4.0]),
        tolerance=1e-12,
        iterations=50,
        positive=slice(0, 1),
    )
    assert z == pytest.approx([1.0])


@pytest.mark.parametrize("name", ["benchmark", "on the job"])
def test_the_path_starts_anywhere(name):
    """Two widths to start from, one equilibrium in the end."""
    model = MODELS[name]
    ends = []
    for start in (20.0, 200.0):
        z, width = continuation.follow(model, model.guess(), start=start)
        ends.append(continuation.sharpen(model, z, width).unknowns)
    assert np.allclose(ends[0], ends[1], atol=1e-9)


def test_the_watcher_sees_the_path():
    seen = []
    model = MODELS["benchmark"]
    continuation.follow(
        model, model.guess(), start=20.0, watch=lambda width, steps: seen.append(width)
    )
    assert seen[-1] == continuation.NARROWEST
    assert (np.diff(seen) < 0).all()


def test_mean_decisions_are_smooth_in_the_width():
    """With ε as large as the surplus all choices are near a coin toss; then not."""
    economy = replace(MODELS["benchmark"].economy, separation_rate=0.05)
    model = ShimerSmith(economy)
    undecided = []
    for end in (20.0, 1.0, 1e-3):
        z, _ = continuation.follow(model, model.guess(), start=20.0, end=end)
        p = 1 / (1 + np.exp(-np.clip(model.margins(z) / end, -500, 500)))
        undecided.append((p * (1 - p)).mean())
    assert undecided[0] > undecided[1] > undecided[2]
