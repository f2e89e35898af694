"""What a viewer may do."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Action(StrEnum):
    SEE = "see"
    DOWNLOAD = "download"
    """Get the original file."""
    EDIT = "edit"
    """Change facts and tags, or have the photo processed again."""
    DELETE = "delete"
    """Trash, restore and purge."""


@dataclass(frozen=True, slots=True)
class Grant:
    """The actions that a viewer is allowed on one resource."""

    actions: frozenset[Action] = frozenset()


OWNER: Final = Grant(frozenset(Action))
NOTHING: Final = Grant()
