"""The viewer of a request, for routes."""

from typing import Annotated

from fastapi import Depends

from pichaven_chassis.auth import Reader, Writer
from pichaven_gallery.access.viewer import User, Viewer


async def reading_viewer(user: Reader) -> Viewer:
    return User(user.user_id)


async def writing_viewer(user: Writer) -> Viewer:
    return User(user.user_id)


async def editing_viewer(_reader: Reader, user: Writer) -> Viewer:
    return User(user.user_id)


ReadingViewer = Annotated[Viewer, Depends(reading_viewer)]
"""A viewer whose credentials may read photos."""
WritingViewer = Annotated[Viewer, Depends(writing_viewer)]
"""A viewer whose credentials may change photos."""
EditingViewer = Annotated[Viewer, Depends(editing_viewer)]
"""A viewer whose credentials may change photos and read the result."""
