"""Tell by a file's own bytes what it is."""

from pichaven_processing.imaging.file_types import HEAD_BYTES, TIFF, identify, raw_of_tiff
from pichaven_processing.imaging.metadata.tiff_tags import TiffTags, integer_of, text_of
from pichaven_processing.imaging.picture import Work
from pichaven_processing.imaging.rejection import Rejected, RejectionCode
from pichaven_processing.imaging.sources.mapped_file import mapped_tags

_MAKE, _DNG_VERSION, _PHOTOMETRIC = 0x010F, 0xC612, 0x0106
_SENSOR_DATA = frozenset({32803, 34892})
"""Photometric interpretations of a colour filter array, plain and linear."""


def run(work: Work) -> None:
    with work.original.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if not head:
        raise Rejected(RejectionCode.DAMAGED_FILE, "The file is empty.")
    found = identify(head)
    if found is TIFF:
        tags = mapped_tags(work.original)
        if tags is not None and _has_sensor_data(tags):
            first = tags.first()
            found = raw_of_tiff(text_of(first, _MAKE) or "", is_dng=_DNG_VERSION in first)
    if found is None:
        raise Rejected(
            RejectionCode.UNSUPPORTED_MEDIA_TYPE,
            "The file is not a picture of a kind that can be read here.",
        )
    work.file_type = found


def _has_sensor_data(tags: TiffTags) -> bool:
    return any(integer_of(tag, _PHOTOMETRIC) in _SENSOR_DATA for tag in tags.all())
