"""The photo files below a path, and their hashes."""

import hashlib
import mimetypes
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_TYPES: Final = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".jpe": "image/jpeg",
    ".jfif": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".gif": "image/gif",
    ".bmp": "image/bmp",
    ".dib": "image/bmp",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".avif": "image/avif",
    ".heic": "image/heic",
    ".heif": "image/heif",
    ".hif": "image/heif",
    ".jxl": "image/jxl",
    ".cr2": "image/x-canon-cr2",
    ".cr3": "image/x-canon-cr3",
    ".nef": "image/x-nikon-nef",
    ".arw": "image/x-sony-arw",
    ".dng": "image/x-adobe-dng",
    ".raf": "image/x-fuji-raf",
    ".rw2": "image/x-panasonic-rw2",
    ".orf": "image/x-olympus-orf",
}
_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class LocalFile:
    path: Path
    size: int
    modified_ns: int
    content_type: str


def _raise(error: OSError) -> None:
    raise error


def find_files(
    paths: Iterable[Path], on_error: Callable[[OSError], None] = _raise
) -> Iterator[LocalFile]:
    """Yield the files among `paths` whatever their type, and the photos below the folders.

    Hidden files and folders are skipped, links to folders are not followed, and a file reached
    twice is yielded once. `on_error` gets what cannot be read or does not exist.
    """
    visited: set[tuple[int, int]] = set()
    for path in paths:
        for file in [path] if path.is_file() else _photos_below(path, on_error):
            try:
                stat = file.stat()
            except OSError as error:
                on_error(error)
                continue
            inode = (stat.st_dev, stat.st_ino)
            if inode not in visited:
                visited.add(inode)
                yield LocalFile(file, stat.st_size, stat.st_mtime_ns, _content_type(file))


def _photos_below(folder: Path, on_error: Callable[[OSError], None]) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder, onerror=on_error):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(parent, name)
            if is_photo(path):
                yield path


def is_photo(path: Path) -> bool:
    """Return whether there is a file with the name of a photo, which is not hidden."""
    named = path.suffix.lower() in _TYPES and not path.name.startswith(".")
    return named and path.is_file()


def sidecar_of(path: Path) -> Path | None:
    """Return the XMP file beside a photo: of `a.jpg`, `a.jpg.xmp` before `a.xmp`."""
    candidates = (f"{path.name}.xmp", f"{path.name}.XMP", f"{path.stem}.xmp", f"{path.stem}.XMP")
    paths = (path.with_name(name) for name in candidates)
    return next((each for each in paths if each.is_file()), None)


def _content_type(path: Path) -> str:
    photo_type = _TYPES.get(path.suffix.lower())
    return photo_type or mimetypes.guess_type(path.name)[0] or "application/octet-stream"


def sha256_of(path: Path, on_bytes: Callable[[int], None] = lambda _: None) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            on_bytes(len(chunk))
    return digest.hexdigest()
