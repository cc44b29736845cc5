"""What the commands of `jobteams` share."""

from __future__ import annotations

from contextlib import contextmanager

import click


class Refusal(click.ClickException):
    """A bad value: its sentence is printed and the exit code is 2."""

    exit_code = 2


@contextmanager
def refusing():
    """Print the sentence of a refused value instead of a traceback."""
    try:
        yield
    except (OSError, TypeError, ValueError) as error:
        raise Refusal(str(error)) from error


def number(name: str, default: float, text: str):
    """Return an option that takes a number."""
    return click.option(name, type=float, default=default, show_default=True, help=text)


def pair(name: str, default, text: str):
    """Return an option that takes two numbers."""
    return click.option(
        name, type=float, nargs=2, default=default, show_default=True, help=text
    )
