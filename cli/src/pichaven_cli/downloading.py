"""Download of originals: files that are checked against their hash, or one ZIP file."""

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import httpx

from pichaven_cli.api import Api, to_problem


class DownloadError(Exception):
    """Raised when an original cannot be downloaded whole; the message names the photo."""


def download_photo(
    api: Api, photo: dict[str, Any], folder: Path, on_bytes: Callable[[int], None]
) -> Path:
    """Write a photo's original into a folder, with its XMP sidecar beside it; return its path.

    The file gets its name only when it is whole and its hash is right. An existing file is never
    overwritten. Raises `DownloadError`.
    """
    path = _download_original(api, photo, folder, on_bytes)
    if photo.get("sidecar_url"):
        _download_sidecar(api, photo, path)
    return path


def _download_sidecar(api: Api, photo: dict[str, Any], path: Path) -> None:
    try:
        with api.stream(photo["sidecar_url"]) as response:
            if response.is_error:
                raise DownloadError(
                    f"{photo['filename']}: storage said {response.status_code} for its sidecar"
                )
            data = response.read()
        with path.with_name(f"{path.name}.xmp").open("xb") as file:
            file.write(data)
    except FileExistsError:
        raise DownloadError(f"{path.name}.xmp is there already and stays as it is") from None
    except httpx.HTTPError as error:
        raise DownloadError(f"{photo['filename']}: the connection broke ({error!r})") from error


def _download_original(
    api: Api, photo: dict[str, Any], folder: Path, on_bytes: Callable[[int], None]
) -> Path:
    if photo["original_url"] is None:
        raise DownloadError(
            f"{photo['filename']}: its original was rejected or is not yours to get"
        )
    digest = hashlib.sha256()
    try:
        with _partial_file(folder) as (file, partial):
            with api.stream(photo["original_url"]) as response:
                if response.is_error:
                    raise DownloadError(f"{photo['filename']}: storage said {response.status_code}")
                for chunk in response.iter_bytes():
                    file.write(chunk)
                    digest.update(chunk)
                    on_bytes(len(chunk))
            if digest.hexdigest() != photo["sha256"]:
                raise DownloadError(f"{photo['filename']}: what arrived has another hash")
            file.flush()
            return _link_to_free_name(partial, folder, Path(photo["filename"]).name or photo["id"])
    except httpx.HTTPError as error:
        raise DownloadError(f"{photo['filename']}: the connection broke ({error!r})") from error


def download_archive(
    api: Api, download: Mapping[str, Any], path: Path, on_bytes: Callable[[int], None]
) -> None:
    """Write the ZIP file of a download that the server has prepared.

    The file gets its name only when it is whole. An existing file is never overwritten. Raises
    `DownloadError`.
    """
    size = 0
    try:
        with _partial_file(path.parent) as (file, partial):
            with api.stream(download["url"]) as response:
                if response.is_error:
                    response.read()
                    raise DownloadError(f"{path.name}: {to_problem(response).detail}")
                for chunk in response.iter_bytes():
                    size += file.write(chunk)
                    on_bytes(len(chunk))
            if size != download["size"]:
                raise DownloadError(f"{path.name}: {size:,} of {download['size']:,} bytes arrived")
            file.flush()
            os.link(partial, path)
    except FileExistsError:
        raise DownloadError(f"{path} is there already and stays as it is") from None
    except httpx.HTTPError as error:
        raise DownloadError(f"{path.name}: the connection broke ({error!r})") from error


@contextmanager
def _partial_file(folder: Path) -> Iterator[tuple[IO[bytes], Path]]:
    """Open a new file under a name that nobody looks at, which goes at the end."""
    handle, name = tempfile.mkstemp(dir=folder, prefix=".pichaven-")
    partial = Path(name)
    # mkstemp gives its owner alone access; a photo gets the mode of other new files.
    mask = os.umask(0)
    os.umask(mask)
    partial.chmod(0o666 & ~mask)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file, partial
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
