"""Download of originals, checked against their hash."""

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from pichaven_cli.api import Api


class DownloadError(Exception):
    """Raised when an original cannot be downloaded whole; the message names the photo."""


def download_photo(
    api: Api, photo: dict[str, Any], folder: Path, on_bytes: Callable[[int], None]
) -> Path:
    """Write a photo's original into a folder and return its path.

    The file gets its name only when it is whole and its hash is right. An existing file is never
    overwritten. Raises `DownloadError`.
    """
    if photo["original_url"] is None:
        raise DownloadError(
            f"{photo['filename']}: its original was rejected or is not yours to get"
        )
    digest = hashlib.sha256()
    handle, name = tempfile.mkstemp(dir=folder, prefix=".pichaven-")
    partial = Path(name)
    # mkstemp gives its owner alone access; a photo gets the mode of other new files.
    mask = os.umask(0)
    os.umask(mask)
    partial.chmod(0o666 & ~mask)
    try:
        with os.fdopen(handle, "wb") as file, api.stream(photo["original_url"]) as response:
            if response.is_error:
                raise DownloadError(f"{photo['filename']}: storage said {response.status_code}")
            for chunk in response.iter_bytes():
                file.write(chunk)
                digest.update(chunk)
                on_bytes(len(chunk))
        if digest.hexdigest() != photo["sha256"]:
            raise DownloadError(f"{photo['filename']}: what arrived has another hash")
        return _link_to_free_name(partial, folder, Path(photo["filename"]).name or photo["id"])
    except httpx.HTTPError as error:
        raise DownloadError(f"{photo['filename']}: the connection broke ({error!r})") from error
    finally:
        partial.unlink(missing_ok=True)


def _link_to_free_name(partial: Path, folder: Path, name: str) -> Path:
    stem, suffix = Path(name).stem, Path(name).suffix
    number = 1
    while True:
        target = folder / (name if number == 1 else f"{stem} ({number}){suffix}")
        try:
            os.link(partial, target)
        except FileExistsError:
            number += 1
        else:
            return target
