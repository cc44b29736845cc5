"""Numbers and nouns for the sentences of this room."""

from __future__ import annotations


def counted(number: int, noun: str) -> str:
    """Return a number and its noun, such as 1 firm or 2,000 firms.

    Parameters
    ----------
    number : int
    noun : str
        In the singular; its plural is made with an s.
    """
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
