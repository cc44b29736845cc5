"""What `jobteams identify` says where the library speaks of Python."""

from __future__ import annotations

import re
from contextlib import contextmanager

FEWEST_SAMPLES = 20
# the library's advice, and the same for those who call it from a terminal
ADVICE = (
    (r"with Panel\.main_jobs", "with --main-jobs"),
    (r"or set noise_variance", "or give --noise-variance"),
    (r"lower min_firm_size", "give a smaller --min-firm-size"),
    (
        r"use the levels of wages instead of their logs, or drop these rows and make a"
        r" new panel",
        "leave --residual away, or drop these rows",
    ),
    (
        r"add one, name another by (\w+)=, or give \w+=None to leave it out",
        r"add one, or give --\1 NAME, or --\1 none",
    ),
    (r"^whole_firms names", "--whole-firms names"),
    (r"as they stand in panel\.firms", "as they stand in the column firm"),
)


@contextmanager
def in_words_of_the_command():
    """Turn the advice of a refusal into options of the command."""
    try:
        yield
    except ValueError as error:
        text = str(error)
        for pattern, words in ADVICE:
            text = re.sub(pattern, words, text)
        raise ValueError(text) from error


def refuse_few_samples(samples: int) -> None:
    """Raise if a bootstrap has too few samples for an interval."""
    if 1 <= samples < FEWEST_SAMPLES:
        are = "sample is" if samples == 1 else "samples are"
        raise ValueError(
            f"{samples} {are} too few for an interval: give 100 or more, or 0."
        )


def sentences_about(options: dict) -> list[str]:
    """Return what the report should say of how the panel was made ready.

    Parameters
    ----------
    options : dict
        Of the command.
    """
    found = []
    if options["residual"]:
        found.append(_residual(options))
    if options["gap"] is not None:
        gap, period = options["gap"], options["period"]
        periods = period if gap == 1 else f"{period}s"
        found.append(
            f"Origins come from dates: more than {gap:g} {periods} between two jobs is"
            " unemployment."
        )
    if options["careers"]:
        found.append(
            "Workers count as unemployed only between their first and last jobs, so"
            " that the rate of finding jobs comes out too high."
        )
    return found


def _residual(options: dict) -> str:
    year, age = (options[name] != "none" for name in ("year", "age"))
    by = "" if options["education"] == "none" else " by education"
    taken = ["of years"] * year + [f"of ages{by}"] * age
    centre = [f"of age {options['centre']:g}"] * age
    whose = " ".join(["a worker", *centre, *["in the first year"] * year])
    return f"Wages are without the effects {' and '.join(taken)}: those of {whose}."
