"""The one place that decides who may do what."""

from typing import Protocol

from pichaven_gallery.access.grant import NOTHING, OWNER, Action, Grant
from pichaven_gallery.access.viewer import User, Viewer


class Owned(Protocol):
    """A resource with an owner, such as a photo."""

    @property
    def owner_id(self) -> str: ...


def grant_of(viewer: Viewer, resource: Owned) -> Grant:
    """Return the viewer's grant on the resource. Only owners have one."""
    match viewer:
        case User(user_id):
            return OWNER if user_id == resource.owner_id else NOTHING


def allows(viewer: Viewer, action: Action, resource: Owned) -> bool:
    return action in grant_of(viewer, resource).actions
