"""The download of a JDK by install-jdk, from a vendor on the loopback interface."""

import io
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from jdk.client.client import Client, vendor_client

from pichaven_local.downloads import EngineCache
from pichaven_local.errors import StartError
from pichaven_local.preflight import find_java
from testing.http_server import respond_with
from testing.java import java_script


def _archive() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        content = java_script("21.0.5").encode()
        entry = tarfile.TarInfo("jdk-21.0.5+11/bin/java")
        entry.size, entry.mode, entry.uid = len(content), 0o755, 12345
        tar.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def _register_vendor(name: str, url: str) -> None:
    class VendorClient(Client):
        def __init__(self) -> None:
            super().__init__(url)

        def get_download_url(self, version: str, *_: object) -> str:
            return f"{url}/OpenJDK{version}.tar.gz"

    vendor_client([name])(VendorClient)


@pytest.fixture
def vendor() -> Iterator[str]:
    with respond_with(lambda _request: httpx.Response(200, content=_archive())) as url:
        # Vendors of install-jdk are one list for the process.
        name = f"loopback-{httpx.URL(url).port}"
        _register_vendor(name, url)
        yield name


def test_a_fetched_jdk_is_the_one_that_is_used(
    vendor: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    cache = tmp_path / "cache"

    folder = EngineCache(cache).jdk(vendor)

    home = find_java(installed=tmp_path / "none", cache=cache)
    assert home.parent == folder
    assert (home / "bin" / "java").stat().st_uid == os.geteuid()
    assert [path.name for path in cache.iterdir() if path.is_dir()] == [folder.name]
    assert tempfile.gettempdir() != str(cache)


def test_where_no_jdk_can_be_fetched_the_systems_packages_are_named(tmp_path: Path) -> None:
    _register_vendor("unreachable", "http://127.0.0.1:1")

    with pytest.raises(StartError) as error:
        EngineCache(tmp_path).jdk("unreachable")

    message = str(error.value)
    assert "jdk-21 could not be downloaded" in message
    for command in ("apt-get install", "dnf install", "brew install", "JAVA_HOME"):
        assert command in message
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == []
