"""Identify the file's type by its own bytes."""

from pichaven_processing.imaging.file_types import (
    AVIF,
    HEAD_BYTES,
    HEIC,
    HEIF,
    TIFF,
    FileType,
    identify,
    identify_coding,
    identify_raw,
)
from pichaven_processing.imaging.metadata.tiff_tags import TiffTags, integer_of, text_of
from pichaven_processing.imaging.picture import Picture
from pichaven_processing.imaging.rejection import Rejected, RejectionCode
from pichaven_processing.imaging.sources.iso_media import read_iso_media
from pichaven_processing.imaging.sources.mapped_file import map_tags
from pichaven_processing.imaging.sources.source import damaged_file, unsupported

_MAKE, _DNG_VERSION, _PHOTOMETRIC = 0x010F, 0xC612, 0x0106
_SENSOR_DATA = frozenset({32803, 34892})
"""Photometric interpretations of a colour filter array, plain and linear."""


def run(picture: Picture) -> None:
    with picture.original.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if not head:
        raise Rejected(RejectionCode.DAMAGED_FILE, "The file is empty.")
    file_type = identify(head)
    if file_type is TIFF:
        tags = map_tags(picture.original)
        if tags is not None and _has_sensor_data(tags):
            first = tags.first()
            file_type = identify_raw(text_of(first, _MAKE) or "", is_dng=_DNG_VERSION in first)
    if file_type in {AVIF, HEIC, HEIF}:
        file_type = _identify_coding(picture, file_type)
    if file_type is None:
        raise Rejected(
            RejectionCode.UNSUPPORTED_MEDIA_TYPE,
            "The file is not a picture of a kind that can be read here.",
        )
    picture.file_type = file_type


def _identify_coding(picture: Picture, file_type: FileType) -> FileType:
    media = read_iso_media(picture.original)
    if media.primary is None:
        if media.has_tracks:
            raise unsupported("The file is a sequence of pictures without a still one.")
        raise damaged_file()
    by_coding = identify_coding(file_type, media.coding)
    if by_coding is None:
        if not media.coding:
            raise damaged_file()
        name = media.coding.decode("latin-1").strip()
        raise unsupported(f"The picture is coded as {name!r}, which cannot be read here.")
    return by_coding


def _has_sensor_data(tags: TiffTags) -> bool:
    return any(integer_of(tag, _PHOTOMETRIC) in _SENSOR_DATA for tag in tags.all())
