"""The equilibrium of m workers alike and a project, both beta, in 34 digits.

python tests/team_sorting/high_precision_teams.py   # rewrites high_precision.json

Everything is in ranks, as printed in appendix A.3, and nothing is tabulated or fitted:
at rank t the percentile t_x of the high-skill worker is the root of

    D = log I_x(1 − t + t_x) − log I_x(t_x) − log I_z(1 − m t_x) + log I_z(t − m t_x),

q is the root of l(q) = h(q) (A.16), with truncated means of log x by quadrature, and
wages are integrals of the loss along the arms.
"""

import json
from importlib.metadata import version
from itertools import pairwise, product
from pathlib import Path

import mpmath as mp
from scipy import optimize, special

STORE = Path(__file__).with_name("high_precision.json")
DIGITS = 34
KEPT = 25
# (alpha, beta) of the paper's footnote 22
WORKERS = {"1981": ("0.96", "2.85"), "2013": ("1.89", "1.48")}
PROJECTS = {"1981": ("0.98", "2.83"), "2013": ("1.66", "1.63")}
CASES = list(product(WORKERS, PROJECTS, (2, 3, 4, 5)))


class Beta:
    """Beta(a, b), with log I(p) from either end."""

    def __init__(self, a, b):
        self.a, self.b = mp.mpf(a), mp.mpf(b)
        self.norm = mp.beta(self.a, self.b)

    def low(self, p):
        """(x, 1 − x) with F(x) = p."""
        x = self._root(p, self.a, self.b)
        return x, 1 - x

    def high(self, p):
        """(x, 1 − x) with 1 − F(x) = p."""
        gap = self._root(p, self.b, self.a)
        return 1 - gap, gap

    def _root(self, p, a, b):
        # Newton's method in log x, from SciPy's root or near 0 from the leading term
        u = mp.log(p * a * self.norm) / a
        if u > -10:
            u = mp.log(special.betaincinv(float(a), float(b), float(p)))
        for _ in range(60):
            x = mp.exp(u)
            ratio = mp.betainc(a, b, 0, x) / (self.norm * p)
            miss = mp.log(ratio)
            u -= miss * ratio * self.norm * p / (x**a * (1 - x) ** (b - 1))
            if abs(miss) < mp.mpf(10) ** (-0.6 * mp.mp.dps):
                return mp.exp(u)  # the step was quadratic: the next would be rounding
        raise ArithmeticError(f"no quantile at {p}")

    def spread(self, x, gap):
        """dlog I/dp = 1/(x f(x))."""
        return self.norm * x**-self.a * gap ** (1 - self.b)

    def mean_log(self, low, high):
        """∫ log x dF over [low, high]."""
        return (
            mp.quad(
                lambda x: mp.log(x) * x ** (self.a - 1) * (1 - x) ** (self.b - 1),
                mp.linspace(low, high, 5),
            )
            / self.norm
        )


class Teams:
    """The arms of the economy."""

    def __init__(self, workers, projects, m):
        self.x, self.z, self.m = Beta(*workers), Beta(*projects), m
        self.low, self.high = {}, {}

    def at(self, t):
        """Percentiles, values and gaps of the teams at rank t."""
        m, t = self.m, mp.mpf(t)

        def shares(y):  # m t_x + t_z = t, with y the log odds of m t_x / t
            return t / (1 + mp.exp(-y)) / m, t / (1 + mp.exp(y))

        def d(y):
            t_x, t_z = shares(y)
            (a_x, _), (b_x, _) = self.x.low(t_x), self.x.high((m - 1) * t_x + t_z)
            (a_z, _), (b_z, _) = self.z.low(t_z), self.z.high(m * t_x)
            return mp.log(b_x / a_x) - mp.log(b_z / a_z)

        y = _root(d, -700, 700)  # D falls in t_x
        t_x, t_z = shares(y)
        a_x, b_x = self.x.low(t_x), self.x.high((m - 1) * t_x + t_z)
        a_z, b_z = self.z.low(t_z), self.z.high(m * t_x)
        return t_x, t_z, a_x, b_x, a_z, b_z

    def log_loss(self, t):
        """l(t) by the project's arm."""
        *_, b_x, a_z, _ = self.at(t)
        return self.m * mp.log(b_x[0]) + mp.log(a_z[0])

    def beyond(self, t):
        """(1 − t)(l(t) − h(t)), which rises in t."""
        a_x, b_x, a_z, b_z = self.at(t)[2:]
        inside = self.m * self.x.mean_log(a_x[0], b_x[0])
        inside += self.z.mean_log(a_z[0], b_z[0])
        return (1 - t) * (self.m * mp.log(b_x[0]) + mp.log(a_z[0])) - inside

    def rates(self, t):
        """e^l · (1, dlog a_x, −dlog b_x, dlog a_z, −dlog b_z)/dt."""
        _, _, a_x, b_x, a_z, b_z = self.at(t)
        loss = b_x[0] ** self.m * a_z[0]
        low_x, high_x = self.x.spread(*a_x), self.x.spread(*b_x)
        low_z, high_z = self.z.spread(*a_z), self.z.spread(*b_z)
        # differentiate D = 0 with t_z = t − m t_x
        step = (high_x - low_z) / (high_x - low_x + self.m * (high_z - low_z))
        other = 1 - self.m * step
        rows = (1, low_x * step, high_x * (1 - step), low_z * other,
                high_z * self.m * step)  # fmt: skip
        return mp.matrix([loss * row for row in rows])

    def share(self):
        """q."""
        y = _root(lambda y: self.beyond(1 / (1 + mp.exp(-y))), -12, 4)
        return 1 / (1 + mp.exp(-y))


def _root(function, low, high):
    # a bracket closed in 17 digits, then the secant method
    digits = mp.mp.dps
    with mp.workdps(17):
        start = optimize.brentq(
            lambda y: float(function(mp.mpf(y))), low, high, xtol=1e-8
        )
    steps = (mp.mpf(start), mp.mpf(start) + mp.mpf("1e-8"))
    return mp.findroot(function, steps, tol=mp.mpf(10) ** (-1.8 * digits))


def solve(workers, projects, m):
    """The numbers of one economy: q, losses, output, wages and firm values.

    Wages and firm values are given at the ends of the arms, at their rank q/8 and at
    the mixed set; `residual` is the largest surplus of the teams there, which is zero.
    """
    mp.mp.dps = DIGITS
    teams = Teams(workers, projects, m)
    q = teams.share()
    cuts = [mp.mpf(0), q / 8, q]
    outer, inner = (_tanh_sinh(teams.rates, *ends) for ends in pairwise(cuts))
    ends = [teams.at(t) for t in cuts[1:]]
    mixed = mp.exp(teams.log_loss(q))
    loss = outer[0] + inner[0] + (1 - q) * mixed

    def lost(margin):
        # ∫_x^1 L(y)/y dy from the top down; margin 1 is workers, 2 projects
        low, high = ([one[2 * margin + k][0] for one in ends] for k in (0, 1))
        points = [mp.mpf(1), high[0], high[1], low[1], low[0], mp.mpf(0)]
        k, middle = 2 * margin, mixed * mp.log(high[1] / low[1])
        steps = [outer[k], inner[k], middle, inner[k - 1], outer[k - 1]]
        return points, [mp.fsum(steps[:k]) for k in range(6)]

    x, w = lost(1)
    z, v = lost(2)
    v = [one - v[-1] + value for one, value in zip(z, v, strict=True)]
    surpluses = []
    for high, low in ((0, 5), (1, 4), (2, 3)):  # rank 0, q/8 and q
        loss_there = x[high] ** m * z[low]
        surpluses.append(z[low] - loss_there - m * w[high] - v[low])
        loss_there = x[low] * x[high] ** (m - 1) * z[high]
        paid = w[low] + (m - 1) * w[high] + v[high]
        surpluses.append(z[high] - loss_there - paid)
    return {
        "q": q,
        "mixed_loss": mixed,
        "output_loss": loss,
        "output": teams.z.a / (teams.z.a + teams.z.b) - loss,
        "wages": list(zip(x, w, strict=True)),
        "firm_values": list(zip(z, v, strict=True)),
        "residual": max(map(abs, surpluses)),
    }


def kept(result, digits=KEPT):
    """The numbers as text."""
    if isinstance(result, dict):
        return {name: kept(one, digits) for name, one in result.items()}
    if isinstance(result, (list, tuple)):
        return [kept(one, digits) for one in result]
    return mp.nstr(result, digits)


def _tanh_sinh(function, start, stop):
    # t = start + width/(1 + e^{−π sinh y}), at steps halved until nothing moves
    width, done, old = stop - start, {}, None

    def term(y):
        if y not in done:
            e = mp.exp(-mp.pi * abs(mp.sinh(y)))
            near = width * e / (1 + e)  # distance to the nearer end
            t = start + near if y < 0 else stop - near
            done[y] = near * mp.pi * mp.cosh(y) / (1 + e) * function(t)
        return done[y]

    for halving in range(1, 9):
        h = mp.mpf(2) ** -halving
        total = term(mp.mpf(0))
        for sign in (1, -1):
            for k in range(1, 10**6):
                one = term(sign * k * h)
                total = total + one
                if max(abs(x) for x in one) < mp.mpf(10) ** -DIGITS:
                    break
        found = h * total
        if old is not None and max(abs(x) for x in found - old) < mp.mpf(10) ** -KEPT:
            return found
        old = found
    raise ArithmeticError("the quadrature does not settle")


def name(workers, projects, m):
    """The key of a case in the store."""
    return f"workers {workers}, projects {projects}, {m} a team"


def main():
    """Solve all cases and store them."""
    found = {}
    for workers, projects, m in CASES:
        one = kept(solve(WORKERS[workers], PROJECTS[projects], m))
        found[name(workers, projects, m)] = one
        print(name(workers, projects, m), one["q"], one["residual"], flush=True)
    content = {
        "command": "python tests/team_sorting/high_precision_teams.py",
        "digits of the arithmetic": DIGITS,
        "digits kept": KEPT,
        "mpmath": version("mpmath"),
        "cases": found,
    }
    STORE.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
