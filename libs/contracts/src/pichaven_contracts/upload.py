"""Events about uploads that did not become photos."""

from typing import ClassVar

from pichaven_contracts import topics
from pichaven_contracts.event import Id
from pichaven_contracts.photo import PhotoEvent
from pichaven_contracts.topics import Topic


class UploadFailed(PhotoEvent):
    """An upload ended without a photo: cancelled, expired, or not what was announced."""

    event_type: ClassVar[str] = "upload.failed.v1"
    topics: ClassVar[tuple[Topic, ...]] = (topics.UPLOAD,)

    upload_id: Id
    filename: str
    code: str
    message: str
