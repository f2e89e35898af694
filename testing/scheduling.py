"""Which tests xdist runs side by side."""

from typing import Final

from xdist.scheduler import LoadFileScheduling

END_TO_END: Final = "tests/end_to_end/"
WEB: Final = f"{END_TO_END}web/"
ML: Final = "services/ml/"
LONGEST_FIRST: Final = (
    *(WEB, END_TO_END, ML, "services/search/", "services/upload/", "deploy/local/"),
    *("services/processing/", "services/gallery/", "deploy/gateway/"),
)
"""Where the tests are that are handed out first, so that none of the workers ends much later. A
folder stands before the one that it is in."""


def unit_of(nodeid: str) -> str:
    """Return the name of the unit of a test: tests of a unit run in one worker, in order.

    The end-to-end tests are two units, those of the browser and the others: the tests of each
    share a running platform, and some kill parts of it. Those of ml are one, since a process takes
    half a minute to import torch and open_clip and to export a model. Otherwise a file is a unit.
    """
    file = nodeid.partition("::")[0]
    return next((folder for folder in (WEB, END_TO_END, ML) if file.startswith(folder)), file)


def rank_of(nodeid: str) -> int:
    """Return the rank of a test's unit in the order in which units are handed out."""
    ranks = (rank for rank, start in enumerate(LONGEST_FIRST) if nodeid.startswith(start))
    return next(ranks, len(LONGEST_FIRST))


class UnitScheduling(LoadFileScheduling):  # type: ignore[misc]
    """Hands units to workers in the order of collection."""

    def _split_scope(self, nodeid: str) -> str:
        return unit_of(nodeid)
