"""Upload takes the kinds of files that processing reads."""

from pichaven_processing.imaging import file_types
from pichaven_processing.imaging.file_types import FileType
from pichaven_upload.sessions.media_types import TYPE_OF_SUFFIX


def test_what_is_taken_is_what_can_be_read() -> None:
    read = {each.content_type for each in vars(file_types).values() if isinstance(each, FileType)}

    assert set(TYPE_OF_SUFFIX.values()) == read
