"""The photo files below a path, and their hashes."""

import hashlib
import mimetypes
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_TYPES: Final = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".gif": "image/gif",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".avif": "image/avif",
    ".heic": "image/heic",
    ".heif": "image/heif",
    ".jxl": "image/jxl",
    ".cr2": "image/x-canon-cr2",
    ".nef": "image/x-nikon-nef",
    ".arw": "image/x-sony-arw",
    ".dng": "image/x-adobe-dng",
    ".raf": "image/x-fuji-raf",
    ".rw2": "image/x-panasonic-rw2",
}
_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class LocalFile:
    path: Path
    size: int
    content_type: str


def find_files(paths: Iterable[Path]) -> Iterator[LocalFile]:
    """Yield the files among `paths` whatever their type, and the photos below the folders.

    Hidden files and folders are skipped, links to folders are not followed, and a file reached
    twice is yielded once. Raises FileNotFoundError for a path that does not exist.
    """
    visited: set[tuple[int, int]] = set()
    for path in paths:
        if not path.exists():
            raise FileNotFoundError(path)
        for file in [path] if path.is_file() else _photos_below(path):
            stat = file.stat()
            inode = (stat.st_dev, stat.st_ino)
            if inode not in visited:
                visited.add(inode)
                yield LocalFile(file, stat.st_size, _content_type(file))


def _photos_below(folder: Path) -> Iterator[Path]:
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith("."):
            continue
        if entry.is_dir() and not entry.is_symlink():
            yield from _photos_below(entry)
        elif entry.is_file() and entry.suffix.lower() in _TYPES:
            yield entry


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
