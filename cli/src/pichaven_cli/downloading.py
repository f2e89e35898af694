"""Getting originals back whole."""

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from pichaven_cli.api import Api


class DamagedDownload(Exception):
    """What arrived is not what was stored."""


def download_photo(
    api: Api, photo: dict[str, Any], folder: Path, on_bytes: Callable[[int], None]
) -> Path:
    """Write a photo's original into a folder and return its path.

    The file appears under its name only when it is whole and its hash is right; an existing
    file is never overwritten. Raises `DamagedDownload`.
    """
    digest = hashlib.sha256()
    handle, name = tempfile.mkstemp(dir=folder, prefix=".pichaven-")
    partial = Path(name)
    # A temporary file is its owner's alone; a photo is as readable as other new files.
    mask = os.umask(0)
    os.umask(mask)
    partial.chmod(0o666 & ~mask)
    try:
        with os.fdopen(handle, "wb") as file, api.stream(photo["original_url"]) as answer:
            if answer.is_error:
                raise DamagedDownload(f"{photo['filename']}: storage said {answer.status_code}")
            for chunk in answer.iter_bytes():
                file.write(chunk)
                digest.update(chunk)
                on_bytes(len(chunk))
        if digest.hexdigest() != photo["sha256"]:
            raise DamagedDownload(f"{photo['filename']}: what arrived has another hash")
        return _put_beside(partial, folder, Path(photo["filename"]).name or photo["id"])
    except httpx.HTTPError as error:
        raise DamagedDownload(f"{photo['filename']}: the connection broke ({error!r})") from error
    finally:
        partial.unlink(missing_ok=True)


def _put_beside(partial: Path, folder: Path, name: str) -> Path:
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
