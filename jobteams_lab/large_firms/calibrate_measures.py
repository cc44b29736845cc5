"""From an economy and a seed to the calibration table's moments, by two routes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from jobteams_lab.large_firms import exact
from jobteams_lab.large_firms.calibrate_table import digest
from jobteams_lab.large_firms.economy import Economy
from jobteams_lab.large_firms.finite_economy import FiniteEconomy
from jobteams_lab.large_firms.moments import moments
from jobteams_lab.large_firms.panel_flows import panel_transitions
from jobteams_lab.large_firms.pay import worker_pay
from jobteams_lab.large_firms.pay_histories import simulate_pay
from jobteams_lab.large_firms.presets import Preset
from jobteams_lab.large_firms.simulate import simulate
from jobteams_lab.large_firms.solve import solve
from jobteams_lab.large_firms.worker_value import worker_value

FLOWS = ("workers", "retirement", "year")
_last: dict = {}  # the exact solution of the last economy


def measure_finite(
    economy: FiniteEconomy | Economy,
    seed: int,
    *,
    grid: Mapping | None = None,
    pay: Mapping | None = None,
    firms: int = 2_000,
    years: float = 20.0,
    burn_in: float = 20.0,
    readings: Mapping | None = None,
) -> dict[str, float]:
    """Return the moments of a simulated panel of an economy with few types.

    The equilibrium is solved over all teams, its wages found and a panel simulated.
    Only the panel depends on the seed: other seeds of the same economy, one after
    another, do not solve it again.

    Parameters
    ----------
    economy : FiniteEconomy or Economy
    seed : int
    grid : dict, optional
        How an Economy is made finite, the arguments of `Economy.discretise`. Give
        log_human_capital_range: by default the grid moves with the parameters.
    pay : dict, optional
        Options of `worker_value`.
    firms, years, burn_in
        As for `simulate`.
    readings : dict, optional
        Options of `moments`.

    Returns
    -------
    dict of str to float
        The rows of `moments`, and "EE", the share with a job at both of two interviews
        who have another firm at the second.

    Raises
    ------
    TypeError, ValueError, RuntimeError
        As the functions behind it raise.
    """
    if isinstance(economy, Economy):
        if grid is None:
            raise TypeError(
                "measure_finite takes an Economy only with grid, a dict of arguments of"
                " Economy.discretise; or use measure_solved."
            )
        economy = economy.discretise(**grid)
    equilibrium, wages = _solved(economy, dict(pay or {}))
    sizes = {"firms": firms, "years": years, "burn_in": burn_in}
    found = simulate(equilibrium, **sizes, seed=seed, wages=wages)
    if found.panel is None:
        raise RuntimeError("Nobody works in the simulation: no firm hires.")
    return _rows([found.panel], 1.0, found.workers, readings)


def measure_solved(
    economy: Economy,
    seed: int,
    *,
    preset: str | Preset = "laptop",
    pay: Mapping | None = None,
    firms: int = 1024,
    islands: int = 4,
    years: float = 10.0,
    burn_in: float = 50.0,
    per_year: int = 1,
    readings: Mapping | None = None,
) -> dict[str, float]:
    """Return the moments of simulated panels of an economy with continuous types.

    The same seed for V and χ, for W and for the panels: the moments of other seeds
    differ by the noise of all three.

    Parameters
    ----------
    economy : Economy
    seed : int
    preset : str or Preset
        As for `solve`.
    pay : dict, optional
        Options of `worker_pay`.
    firms, islands, years, burn_in, per_year
        As for `simulate_pay`.
    readings : dict, optional
        Options of `moments`.

    Returns
    -------
    dict of str to float
        As `measure_finite`.

    Raises
    ------
    TypeError, ValueError, RuntimeError
        As the functions behind it raise.
    """
    solution = solve(economy, preset, seed)
    wages = worker_pay(solution, seed=seed, **(pay or {}))
    panels = simulate_pay(
        wages,
        firms=firms,
        islands=islands,
        years=years,
        burn_in=burn_in,
        per_year=per_year,
        seed=seed,
    )
    workers = round(economy.workers_per_firm * firms)
    return _rows(panels, float(per_year), workers, readings)


def measure_of(economy, measure: Callable | None) -> Callable:
    """Return the measure given, or the one that is made for the economy."""
    if measure is None:
        return measure_solved if isinstance(economy, Economy) else measure_finite
    if not callable(measure):
        raise TypeError(
            f"measure = {measure!r} must be a function of an economy and a seed that"
            " returns a dict of moments."
        )
    return measure


def _solved(economy, pay):
    key = digest(economy, partial(worker_value, **pay))
    if key not in _last:
        equilibrium = exact.solve(economy)
        found = equilibrium, worker_value(equilibrium, **pay)
        _last.clear()
        _last[key] = found
    return _last[key]


def _rows(panels, year, workers, readings) -> dict[str, float]:
    options = {"year": year, "workers": workers, **(readings or {})}
    table = moments(panels, **options).table["value"]
    flows = {name: options[name] for name in FLOWS if name in options}
    moved = [
        panel_transitions(panel, options.get("sampling", 1.0), **flows).EE
        for panel in panels
    ]
    return {**{k: float(x) for k, x in table.items()}, "EE": sum(moved) / len(moved)}
