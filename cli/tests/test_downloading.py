"""Downloads of originals and of the sidecars beside them."""

import hashlib
from pathlib import Path

import httpx
import pytest

from pichaven_cli.api import Api
from pichaven_cli.downloading import DownloadError, download_photo


def test_a_photo_without_an_original_is_reported_by_name(tmp_path: Path) -> None:
    photo = {"id": "1", "filename": "broken.jpg", "original_url": None, "sha256": "0" * 64}

    with pytest.raises(DownloadError, match=r"broken\.jpg: its original was rejected"):
        download_photo(Api("http://127.0.0.1:1"), photo, tmp_path, lambda _: None)

    assert list(tmp_path.iterdir()) == []


def test_a_sidecar_is_put_beside_its_photo(tmp_path: Path) -> None:
    files = {"/original": b"photo", "/sidecar": b"<xmp/>"}
    photo = {
        "id": "1",
        "filename": "a.jpg",
        "original_url": "http://storage/original",
        "sidecar_url": "http://storage/sidecar",
        "sha256": hashlib.sha256(b"photo").hexdigest(),
    }
    transport = httpx.MockTransport(
        lambda request: httpx.Response(200, content=files[request.url.path])
    )
    api = Api("http://pichaven", transport=transport)

    first = download_photo(api, photo, tmp_path, lambda _: None)
    second = download_photo(api, photo, tmp_path, lambda _: None)

    assert (first.name, second.name) == ("a.jpg", "a (2).jpg")
    for path in (first, second):
        assert path.with_name(f"{path.name}.xmp").read_bytes() == b"<xmp/>"


def test_a_sidecar_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "a.jpg.xmp").write_bytes(b"mine")
    photo = {
        "id": "1",
        "filename": "a.jpg",
        "original_url": "http://storage/original",
        "sidecar_url": "http://storage/sidecar",
        "sha256": hashlib.sha256(b"bytes").hexdigest(),
    }
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=b"bytes"))

    with pytest.raises(DownloadError, match=r"a\.jpg\.xmp is there already"):
        download_photo(Api("http://pichaven", transport=transport), photo, tmp_path, lambda _: None)

    assert (tmp_path / "a.jpg.xmp").read_bytes() == b"mine"
    assert (tmp_path / "a.jpg").read_bytes() == b"bytes"
