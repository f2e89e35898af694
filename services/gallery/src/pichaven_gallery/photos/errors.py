"""Problems of single photos."""

from typing import ClassVar

from pichaven_chassis.problems import Conflict, InvalidRequest, NotFound


class PhotoNotFound(NotFound):
    title: ClassVar[str] = "No such photo"

    def __init__(self) -> None:
        super().__init__("There is no photo with this id in your library.")


class PhotoInTrash(Conflict):
    code: ClassVar[str] = "photo_in_trash"
    title: ClassVar[str] = "The photo is in the trash"

    def __init__(self) -> None:
        super().__init__("Restore the photo first.")


class OriginalGone(Conflict):
    code: ClassVar[str] = "original_gone"
    title: ClassVar[str] = "The original is not stored any more"

    def __init__(self) -> None:
        super().__init__("The file was refused and removed. Upload it again.")


class InvalidTag(InvalidRequest):
    code: ClassVar[str] = "invalid_tag"
    title: ClassVar[str] = "Not a tag"


class TooManyTags(Conflict):
    code: ClassVar[str] = "too_many_tags"
    title: ClassVar[str] = "The photo has as many tags as it can have"


class TimeOutOfRange(Conflict):
    code: ClassVar[str] = "time_out_of_range"
    title: ClassVar[str] = "The photo cannot have this time"

    def __init__(self) -> None:
        super().__init__("The year of a photo's time is 1000 to 9000.")
