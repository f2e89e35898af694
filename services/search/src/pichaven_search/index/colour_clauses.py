"""Elasticsearch's clauses for the colours that a search asks for. Pure."""

from collections.abc import Sequence
from typing import Any

from pichaven_search.colours import near_cells


def colour_clauses(colours: Sequence[str]) -> list[dict[str, Any]]:
    """All of them: a name as the photo's own names have it, `#rrggbb` by the cells near it."""
    return [
        {"terms": {"color_cells": list(near_cells(colour))}}
        if colour.startswith("#")
        else {"term": {"colors": colour}}
        for colour in colours
    ]
