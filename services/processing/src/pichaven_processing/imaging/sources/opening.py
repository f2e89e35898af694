"""Open files by their family. Heavy libraries are imported with their first file."""

from pathlib import Path

from pichaven_processing.imaging.file_types import TIFF, Family, FileType
from pichaven_processing.imaging.sources.source import Source


def open_source(path: Path, file_type: FileType) -> Source:
    """Open a file and read its header. Raises `Rejected` for a damaged one."""
    if file_type.family is Family.HEIF:
        from pichaven_processing.imaging.sources.heif_source import HeifSource

        return HeifSource(path)
    if file_type.family is Family.JXL:
        from pichaven_processing.imaging.sources.jxl_source import JxlSource

        return JxlSource(path)
    if file_type.family is Family.PILLOW:
        from pichaven_processing.imaging.sources.bmp_source import open_bmp

        return open_bmp(path)
    if file_type.family is Family.RAW:
        from pichaven_processing.imaging.sources.raw_source import RawSource

        return RawSource(path, file_type)
    if file_type is TIFF:
        from pichaven_processing.imaging.sources.tiff_source import open_tiff

        return open_tiff(path)
    from pichaven_processing.imaging.sources.vips_source import VipsSource

    return VipsSource(path, file_type)
