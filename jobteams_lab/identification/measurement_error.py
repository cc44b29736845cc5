"""Errors in measured wages: additive, normal, cut at three standard deviations."""

from __future__ import annotations

import numba
import numpy as np

CUT = 3.0


def error_sd(wage, time, noise: float) -> float:
    """Return the standard deviation of measurement error; see `simulate`.

    σ² E[1/w²] = noise · Var(log w) over worker-months, with σ at most min(w)/3.
    """
    if noise == 0:
        return 0.0
    if wage.min() <= 0:
        raise ValueError(
            f"The lowest wage is {wage.min():.3g}, and noise is a share of the"
            " variance of log wages: choose home_production above 0, or noise = 0."
        )
    weight, logs = time / time.sum(), np.log(wage)
    variance = weight @ (logs - weight @ logs) ** 2
    return float(min(np.sqrt(noise * variance / (weight @ wage**-2)), wage.min() / CUT))


@numba.njit(cache=True)
def measure(wage, months, sd, rng):
    """Return the mean wage, Σ w² and Σ log w over each spell's months, with errors."""
    mean, squares, logs = wage.copy(), months * wage**2, np.empty(len(wage))
    for row in range(len(wage)):
        if sd == 0.0:
            logs[row] = months[row] * np.log(wage[row]) if wage[row] > 0 else np.nan
            continue
        error, squared, log = 0.0, 0.0, 0.0
        for _ in range(months[row]):
            draw = rng.normal()
            while abs(draw) > CUT:
                draw = rng.normal()
            observed = wage[row] + sd * draw
            error += sd * draw
            squared += observed**2
            log += np.log(observed)
        mean[row] += error / months[row]
        squares[row], logs[row] = squared, log
    return mean, squares, logs
