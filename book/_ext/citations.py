"""Cite as economists do: Diamond (1971), in round brackets."""

from __future__ import annotations

from sphinxcontrib.bibtex.plugin import register_plugin
from sphinxcontrib.bibtex.style.referencing import BracketStyle
from sphinxcontrib.bibtex.style.referencing.author_year import (
    AuthorYearReferenceStyle,
)


class RoundAuthorYear(AuthorYearReferenceStyle):
    """Author and year with the year, or both, in round brackets."""

    def __init__(self):
        super().__init__(
            bracket_textual=BracketStyle(left="(", right=")"),
            bracket_parenthetical=BracketStyle(left="(", right=")"),
        )


def setup(app):
    register_plugin(
        "sphinxcontrib.bibtex.style.referencing",
        "author_year_round",
        RoundAuthorYear,
    )
    return {"parallel_read_safe": True, "parallel_write_safe": True}
