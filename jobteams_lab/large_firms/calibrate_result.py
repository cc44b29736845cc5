"""What `calibrate` returns."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from jobteams_lab.large_firms.economy import Economy
from jobteams_lab.large_firms.finite_economy import FiniteEconomy


@dataclass(frozen=True, eq=False, repr=False)
class Calibration:
    """Parameters at which simulated moments are nearest to targets.

    Attributes
    ----------
    economy : Economy or FiniteEconomy
        With the estimates.
    estimates : pandas.DataFrame
        A row a parameter: estimate, "standard error", low, high, "at bound" and
        "signal". This is how far the steps of the Jacobian move the targets, by what
        other parameters do not bring about, over what the noise of two simulations
        alone would. Near 1 it is noise; below 3 the standard error is too small.
    covariance : pandas.DataFrame
        Of the estimates.
    fit : pandas.DataFrame
        A row a target: target, fitted, deviation (fitted − target), and standard
        errors: "target error", "simulation error" (of one simulation) and "standard
        error" of the deviation, which the search has made smaller than both. NaN where
        not known.
    jacobian : pandas.DataFrame
        The derivative of each moment that was measured, a row, by each parameter, a
        column, at the estimates.
    objective : float
        g'Wg.
    degrees_of_freedom : int
        Targets less the directions of the parameters that they fix.
    j_statistic, p_value : float
        Of the test that the deviations are noise; NaN without errors of the targets or
        degrees of freedom.
    evaluations : pandas.DataFrame
        What the search asked for, evaluated now or by an earlier call: parameters,
        seed, seconds of the processor, moments and objective, g'Wg.
    converged : bool
        Whether the search ended by itself.
    unidentified : str
        A sentence that names the parameters which the targets do not fix; else empty.
    """

    economy: Economy | FiniteEconomy
    estimates: pd.DataFrame
    covariance: pd.DataFrame
    fit: pd.DataFrame
    jacobian: pd.DataFrame
    objective: float
    degrees_of_freedom: int
    j_statistic: float
    p_value: float
    evaluations: pd.DataFrame
    converged: bool
    unidentified: str

    def __repr__(self) -> str:
        lines = [
            f"Calibration of {len(self.estimates)} parameters to {len(self.fit)}"
            f" targets: objective {self.objective:.4g}, {len(self.evaluations)}"
            f" evaluations{'' if self.converged else ', not converged'}"
        ]
        if self.p_value == self.p_value:
            lines[0] += (
                f"; J = {self.j_statistic:.2f} with {self.degrees_of_freedom} degrees"
                f" of freedom, p = {self.p_value:.3f}"
            )
        if self.unidentified:
            lines.append(self.unidentified)
        return "\n".join([*lines, self.estimates.to_string(), self.fit.to_string()])

    def _repr_html_(self) -> str:
        return self.estimates.to_html(float_format=lambda x: f"{x:.4g}")
