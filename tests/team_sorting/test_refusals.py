"""Every bad value is refused with a sentence that names it, before any work."""

import re

import numpy as np
import pytest
from scipy import stats

from jobteams_lab.team_sorting import (
    Economy,
    Interactions,
    Mixture,
    Quantiles,
    RankOne,
    SeveralSolutions,
    solve,
)

UNIFORM = stats.uniform(0, 1)


class Jump(stats.rv_continuous):
    """Half of it is one value."""

    def _cdf(self, x):
        return np.where(x < 0.5, 0.5 * x, 0.5 + 0.5 * x)


def refuses(error, sentence, function):
    with pytest.raises(error, match=re.escape(sentence)) as caught:
        function()
    said = str(caught.value)
    assert said.endswith(".")
    assert "\n" not in said


DISTRIBUTIONS = {
    "not a number": (
        ValueError,
        "workers has support [nan, nan]",
        stats.beta(np.nan, 2),
    ),
    "negative shape": (ValueError, "workers has support [nan, nan]", stats.beta(-1, 2)),
    "no width": (ValueError, "workers has support [nan, nan]", stats.uniform(0.5, 0)),
    "infinite shape": (ValueError, "workers has support", stats.beta(np.inf, 2)),
    "above one": (
        ValueError,
        "workers has support [0, 2], which leaves",
        stats.uniform(0, 2),
    ),
    "below zero": (
        ValueError,
        "workers has support [-1, 0], which",
        stats.uniform(-1, 1),
    ),
    "unbounded": (
        ValueError,
        "workers has support [-inf, inf], which leaves",
        stats.norm(),
    ),
    "half-line": (
        ValueError,
        "workers has support [0, inf], which leaves",
        stats.expon(),
    ),
    "not frozen": (TypeError, "must be a frozen continuous SciPy", stats.beta),
    "discrete": (TypeError, "must be a frozen continuous SciPy", stats.binom(3, 0.5)),
    "a word": (TypeError, "workers = 'beta' must be a frozen", "beta"),
    "nothing": (TypeError, "workers = None must be a frozen", None),
    "a number": (TypeError, "workers = 0.3 must be a frozen", 0.3),
    "a table of shapes": (ValueError, "workers", stats.beta([1, 2], [2, 3])),
    "atom": (ValueError, "put probability 0.5 at 0.5", Jump(a=0, b=1, name="jump")()),
    "atom at zero": (
        ValueError,
        "Beta(0.001, 1) put probability 0.5",
        stats.beta(1e-3, 1),
    ),
    "atom at one": (
        ValueError,
        "Beta(1, 0.001) put probability 0.5",
        stats.beta(1, 1e-3),
    ),
    "almost a point": (
        ValueError,
        "uniform(0.5, 1e-09) put prob",
        stats.uniform(0.5, 1e-9),
    ),
    "gap": (
        ValueError,
        "leave a gap at 0.2, where nobody is",
        Mixture([stats.uniform(0, 0.2), stats.uniform(0.8, 0.2)], [0.5, 0.5]),
    ),
    "histogram of incomes": (
        ValueError,
        "workers has support [1, 3], which leaves",
        stats.rv_histogram(np.histogram([1.0, 2.0, 3.0])),
    ),
}


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_distributions(name):
    error, sentence, given = DISTRIBUTIONS[name]
    refuses(error, sentence, lambda: Economy(given, UNIFORM))
    if "workers has" in sentence or "workers =" in sentence:
        sentence = sentence.replace("workers", "projects")
        refuses(error, sentence, lambda: Economy(UNIFORM, given))


@pytest.mark.parametrize(
    ("error", "sentence", "workers", "counts"),
    [
        (ValueError, "workers_per_team = 1 must be", UNIFORM, 1),
        (ValueError, "workers_per_team = 0 must be", UNIFORM, 0),
        (ValueError, "workers_per_team = 51 makes teams of 51", UNIFORM, 51),
        (ValueError, "a team has 2 to 50 workers", UNIFORM, 10**9),
        (TypeError, "must be a whole number, not 2.0", UNIFORM, 2.0),
        (TypeError, "must be a whole number, not True", UNIFORM, True),
        (TypeError, "must be a whole number, not [2]", UNIFORM, [2]),
        (TypeError, "must be a whole number, not None", UNIFORM, None),
        (ValueError, "for each of the 3 groups", [UNIFORM] * 3, [1, 1]),
        (ValueError, "for each of the 3 groups", [UNIFORM] * 3, 2),
        (ValueError, "workers_per_team = 0 must be", [UNIFORM] * 2, [0, 2]),
        (TypeError, "must be a whole number, not 1.5", [UNIFORM] * 2, [1, 1.5]),
        (ValueError, "makes teams of 1", [UNIFORM], [1]),
        (ValueError, "for each of the 0 groups", [], 2),
        (ValueError, "makes teams of 0", [], []),
        (TypeError, "workers 1 = 0.2 must be a frozen", [UNIFORM, 0.2], 2),
        (ValueError, "workers 1 has support [0, 2]", [UNIFORM, stats.uniform(0, 2)], 2),
    ],
)
def test_groups(error, sentence, workers, counts):
    refuses(error, sentence, lambda: Economy(workers, UNIFORM, counts))


@pytest.mark.parametrize("count", [2, np.int64(2)])
def test_two_groups_take_one_each_by_default(count):
    economy = Economy([UNIFORM, stats.beta(2, 2)], UNIFORM, count)
    assert economy.counts == (1, 1)


@pytest.mark.parametrize(
    ("error", "sentence", "make"),
    [
        (ValueError, "pairwise = -0.1 must be", lambda: Interactions((-0.1, 0.1, 0.1))),
        (
            ValueError,
            "pairwise = nan must be",
            lambda: Interactions((0.1, 0.1, np.nan)),
        ),
        (ValueError, "pairwise has 2 terms", lambda: Interactions((0.1, 0.1))),
        (ValueError, "linear has 2 terms", lambda: Interactions((0, 0, 0), (1, 2))),
        (
            ValueError,
            "constant_term = inf",
            lambda: Interactions((0, 0, 0), constant_term=np.inf),
        ),
        (ValueError, "loadings = 0 must be", lambda: RankOne((1, 0, 1))),
        (ValueError, "loadings = -1 must be", lambda: RankOne((1, -1, 1))),
        (
            ValueError,
            "linear has 1 terms and loadings 3",
            lambda: RankOne((1, 1, 1), (1,)),
        ),
        (TypeError, "pairwise", lambda: Interactions(0.1)),
        (TypeError, "loadings", lambda: RankOne(1.0)),
        (
            ValueError,
            "Interactions are defined for 2 workers a team, not 3",
            lambda: Economy(UNIFORM, UNIFORM, 3, Interactions((0.1, 0.1, 0.1))),
        ),
        (
            ValueError,
            "RankOne has 2 loadings for a team of 3",
            lambda: Economy(UNIFORM, UNIFORM, technology=RankOne((1, 1))),
        ),
        (
            TypeError,
            "technology = 'ces' must be",
            lambda: Economy(UNIFORM, UNIFORM, technology="ces"),
        ),
        (
            TypeError,
            "technology = <class",
            lambda: Economy(UNIFORM, UNIFORM, technology=RankOne),
        ),
    ],
)
def test_technologies(error, sentence, make):
    refuses(error, sentence, make)


def test_technologies_take_arrays():
    arrays = RankOne(np.array([1.0, 1.0, 2.5]), np.array([1.0, 2.0, 3.0]))
    tuples = RankOne((1.0, 1.0, 2.5), (1.0, 2.0, 3.0))
    skills = stats.beta(1, 4)
    one, two = (
        solve(Economy(skills, stats.beta(1, 3), technology=kind))
        for kind in (arrays, tuples)
    )
    assert one.output == two.output


@pytest.mark.parametrize(
    ("sentence", "make"),
    [
        ("A mixture of 0 distributions", lambda: Mixture([], [])),
        ("sum to 1.1: divide them", lambda: Mixture([UNIFORM] * 2, [0.5, 0.6])),
        ("weight = -0.5 must be", lambda: Mixture([UNIFORM] * 2, [1.5, -0.5])),
        ("weight = nan must be", lambda: Mixture([UNIFORM] * 2, [np.nan, 0.5])),
        ("has 1 weights", lambda: Mixture([UNIFORM] * 2, [1.0])),
        (
            "component 1 has support [0, 2]",
            lambda: Mixture([UNIFORM, stats.uniform(0, 2)], [0.5, 0.5]),
        ),
        ("do not increase from 0.5 to 0.2", lambda: Quantiles([0.5, 0.2], [0, 1])),
        (
            "do not increase from 0.2 to 0.2",
            lambda: Quantiles([0.2, 0.2, 0.5], [0, 0.5, 1]),
        ),
        ("values go from 0.2 to 1.5", lambda: Quantiles([0.2, 1.5], [0, 1])),
        ("ranks go from 0 to 0.9", lambda: Quantiles([0.2, 0.5], [0, 0.9])),
        ("not finite", lambda: Quantiles([0.2, np.nan], [0, 1])),
        ("give two lists of equal length", lambda: Quantiles([0.2], [0])),
        ("give two lists of equal length", lambda: Quantiles([0.2, 0.3], [0, 0.5, 1])),
        (
            "values go from 1000 to 3000",
            lambda: Quantiles.of_sample([1000.0, 2000.0, 3000.0]),
        ),
        (
            "a repeated value would be an atom",
            lambda: Quantiles.of_sample([0.1, 0.1, 0.1, 0.2]),
        ),
        (
            "1 values that are not finite",
            lambda: Quantiles.of_sample([0.1, np.nan, 0.3]),
        ),
        ("give at least two finite numbers", lambda: Quantiles.of_sample([0.1])),
        ("knots = 1 must be", lambda: Quantiles.of_sample([0.1, 0.2, 0.3], knots=1)),
    ],
)
def test_data_and_mixtures(sentence, make):
    refuses(ValueError, sentence, make)


@pytest.fixture(scope="module")
def solved():
    return solve(Economy(stats.uniform(0.1, 0.9), UNIFORM))


@pytest.mark.parametrize(
    ("sentence", "ask"),
    [
        ("workers 0 have no 1.5", lambda e: e.wage(1.5)),
        ("workers 0 have no 0.05", lambda e: e.wage([0.5, 0.05])),
        ("workers 0 have no nan", lambda e: e.wage(np.nan)),
        ("projects have no -0.2", lambda e: e.firm_value(-0.2)),
        ("projects have no 1.3", lambda e: e.surplus([0.2, 0.3, 1.3])),
        ("workers 0 have no 0.05", lambda e: e.marginal_product(0.05)),
        ("workers 0 have no 0.05", lambda e: e.team_loss(0.05)),
        ("group = 1 is the projects: use firm_value", lambda e: e.wage(0.5, 1)),
        ("group = -1 is the projects: use firm_value", lambda e: e.wage(0.5, -1)),
        ("group = 5 is not one of the 2 groups", lambda e: e.wage(0.5, 5)),
        ("group = 5 is not one of the 2 groups", lambda e: e.arm(0.1, 5)),
        (
            "group = -3 is not one of the 2 groups",
            lambda e: e.marginal_product(0.5, -3),
        ),
        ("rank must be between 0 and q", lambda e: e.arm(0.9)),
        ("rank must be between 0 and q", lambda e: e.low_percentile(-0.1)),
        ("rank must be between 0 and q", lambda e: e.high_percentile(np.nan)),
        ("rank must be between 0 and q", lambda e: e.log_loss(-1.0)),
        ("team has shape (2,)", lambda e: e.surplus([0.2, 0.3])),
        ("team has shape ()", lambda e: e.economy.output(0.2)),
        ("team has shape (3, 2)", lambda e: e.economy.loss(np.full((3, 2), 0.5))),
    ],
)
def test_questions_outside_of_the_economy(solved, sentence, ask):
    refuses(ValueError, sentence, lambda: ask(solved))


@pytest.mark.parametrize(
    "team", [[-0.1, 0.2, 0.3], [0.2, 0.3, 1.3], [0.2, np.nan, 0.3]]
)
def test_output_of_teams_that_do_not_exist(team):
    economy = Economy(UNIFORM, UNIFORM)
    for function in (economy.output, economy.loss, economy.total):
        with pytest.raises(ValueError, match="have no"):
            function(team)


def test_no_arms_where_everyone_mixes():
    found = solve(Economy(stats.uniform(0.2, 0.6), stats.uniform(0.2, 0.6)))
    refuses(
        ValueError, "Everyone mixes (q = 0): there are no arms.", lambda: found.arm(0.0)
    )


def test_solve_takes_an_economy():
    for given in ("economy", UNIFORM, None):
        refuses(
            TypeError, "solve takes an Economy, not", lambda given=given: solve(given)
        )


def test_losses_that_fall_are_refused():
    # near the top projects are few, so the second best are much worse
    projects = stats.rv_histogram(([3, 96, 1], [0.12, 0.5, 0.51, 1.0]), density=False)
    refuses(
        SeveralSolutions,
        "use linear_program",
        lambda: solve(Economy(projects, projects)),
    )
