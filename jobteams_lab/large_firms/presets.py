"""How large a computation is: on a laptop, a T4, a GPU, or as the caller says."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from jobteams_lab import checks


@dataclass(frozen=True, kw_only=True)
class Preset:
    """The sizes of a computation of V, χ and ω.

    Attributes
    ----------
    islands, firms : int
        Economies that are simulated side by side, and firms on each.
    nodes : int
        At how many log z V is solved; between them it is a spline.
    types : int
        How many types of workers stand for those who are met.
    rows : int
        At how many teams of each size the Bellman equation is to hold.
    features : int
        How many combinations of features V may use at each size.
    units, embedding : int
        Hidden units of the deep set, and the width of its embedding; no units, no deep
        set.
    years, dates : float, int
        Of simulation in a round, and how many cross-sections are kept of it.
    window : int
        The last cross-sections that make χ.
    rounds : int
        Of V and χ in turn, at most.
    final_years, final_dates, final_rows : float, int, int
        Of the last round.
    simulation : "float32" or "float64"
        Of the simulation; V is solved in float64.
    """

    islands: int = 8
    firms: int = 1024
    nodes: int = 24
    types: int = 32
    rows: int = 600
    features: int = 112
    units: int = 0
    embedding: int = 16
    years: float = 20.0
    dates: int = 2
    window: int = 8
    rounds: int = 14
    final_years: float = 60.0
    final_dates: int = 8
    final_rows: int = 1200
    simulation: str = "float32"

    def __post_init__(self):
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name in ("years", "final_years"):
                checks.number(field.name, value, low=0, open_low=True)
            elif field.name == "simulation":
                checks.one_of("simulation", value, ("float32", "float64"))
            else:
                low = 0 if field.name in ("units",) else 1
                checks.whole(field.name, value, low=low)

    def with_(self, **changes) -> Preset:
        """Return the preset with some sizes changed."""
        return replace(self, **changes)


PRESETS = {
    "laptop": Preset(),
    "t4": Preset(
        firms=4096,
        nodes=32,
        types=40,
        rows=2400,
        features=168,
        final_rows=4000,
    ),
    "gpu": Preset(
        firms=16_384,
        nodes=40,
        types=48,
        rows=4_000,
        features=232,
        units=64,
        years=20.0,
        window=12,
        rounds=16,
        final_years=120.0,
        final_dates=12,
        final_rows=12_000,
        simulation="float32",
    ),
}


def preset_of(preset) -> Preset:
    """Return the preset of that name, or the one given.

    "laptop" takes three minutes on two cores, "t4" six to eight on a T4 by estimate,
    and "gpu" is for 80 GB by count.
    """
    if isinstance(preset, Preset):
        return preset
    checks.one_of("preset", preset, tuple(PRESETS))
    return PRESETS[preset]
