"""One action on many photos."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from pichaven_gallery.access.grant import Action
from pichaven_gallery.access.viewer import Viewer
from pichaven_gallery.photos import lifecycle
from pichaven_gallery.photos.commands import ChangePhotos, Result
from pichaven_gallery.photos.edits import EditPatch
from pichaven_gallery.photos.transitions import (
    Transition,
    edit,
    edit_by,
    once_by,
    restore,
    shift_times,
    trash,
)

BatchAction = Literal[
    "favorite",
    "unfavorite",
    "trash",
    "restore",
    "add_tags",
    "remove_tags",
    "shift_time",
    "set_time_zone",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchValues:
    """What the actions of a batch need; each uses its own."""

    tags: tuple[str, ...] = ()
    shift: timedelta | None = None
    time_zone: str | None = None


class RunBatch:
    """Apply one action to many photos; each succeeds or fails by itself.

    May be repeated, but for a shift of times, which is made each time unless it is a job's: with
    `job_id`, each photo is changed once, and those that were have it in `jobs`.
    """

    def __init__(self, change: ChangePhotos) -> None:
        self._change = change

    async def __call__(
        self,
        photo_ids: Sequence[str],
        viewer: Viewer,
        action: BatchAction,
        values: BatchValues,
        *,
        job_id: str | None = None,
    ) -> Sequence[Result]:
        needs = Action.DELETE if action in {"trash", "restore"} else Action.EDIT
        transition = _to_transition(action, values)
        if job_id is not None:
            transition = once_by(job_id, transition)
        return await self._change.many(photo_ids, viewer, needs, transition)


def _to_transition(action: BatchAction, values: BatchValues) -> Transition:
    match action:
        case "trash":
            return trash
        case "restore":
            return restore
        case "add_tags":
            return edit(EditPatch(tags_add=values.tags))
        case "remove_tags":
            return edit(EditPatch(tags_remove=values.tags))
        case "favorite" | "unfavorite":
            return edit(EditPatch(favorite=action == "favorite"))
        case "shift_time":
            assert values.shift is not None
            return shift_times(values.shift)
        case "set_time_zone":
            assert values.time_zone is not None
            zone = values.time_zone
            return edit_by(lambda photo: lifecycle.set_time_zone(photo, zone))
