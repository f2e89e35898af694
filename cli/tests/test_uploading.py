"""The uploader, against a server in memory that behaves like the API."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from pichaven_cli.api import Api
from pichaven_cli.files import find_files
from pichaven_cli.uploading import Listener, Outcome, Summary, Uploader
from testing.upload_api import PART, UploadApi

Server = Callable[[httpx.Request], httpx.Response]


@pytest.fixture
def server() -> UploadApi:
    return UploadApi()


def _run(server: Server, *paths: Path, retries: list[str] | None = None) -> Summary:
    api = Api(
        "http://pichaven",
        api_key="k",
        transport=httpx.MockTransport(server),
        sleep=lambda _: None,
        on_retry=lambda reason, _: None if retries is None else retries.append(reason),
    )
    uploader = Uploader(
        api, parallel=3, lane="interactive", on_duplicate="skip", listener=Listener()
    )
    return uploader.run(find_files(paths))


def _photo(folder: Path, name: str, size: int = 2500) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes((name.encode() * size)[:size])
    return path


def test_a_second_run_over_a_folder_uploads_nothing(server: UploadApi, tmp_path: Path) -> None:
    for name in ("a.jpg", "deep/b.HEIC", "deep/er/c.png", "notes.txt", ".hidden/d.jpg"):
        _photo(tmp_path, name)

    first, second = _run(server, tmp_path), _run(server, tmp_path)

    assert first.line() == "3 files = 3 uploaded + 0 already there + 0 failed"
    assert second.line() == "3 files = 0 uploaded + 3 already there + 0 failed"


def test_parts_that_storage_has_are_not_sent_again(server: UploadApi, tmp_path: Path) -> None:
    path = _photo(tmp_path, "a.jpg")
    data = path.read_bytes()
    server.open[hashlib.sha256(data).hexdigest()] = {1: data[:PART], 2: data[PART : 2 * PART]}

    summary = _run(server, path)

    assert summary.count(Outcome.UPLOADED) == 1
    assert server.puts == 1


def test_the_same_bytes_twice_in_one_run_are_sent_once(server: UploadApi, tmp_path: Path) -> None:
    one = _photo(tmp_path, "a.jpg")
    (tmp_path / "copy.jpg").write_bytes(one.read_bytes())

    summary = _run(server, tmp_path)

    assert summary.line() == "2 files = 1 uploaded + 1 already there + 0 failed"
    assert server.puts == 3


def test_a_rejected_file_is_named_with_its_reason_and_others_are_uploaded(
    server: UploadApi, tmp_path: Path
) -> None:
    (tmp_path / "empty.jpg").touch()
    _photo(tmp_path, "good.jpg")

    summary = _run(server, tmp_path)

    assert summary.line() == "2 files = 1 uploaded + 0 already there + 1 failed"
    assert [(failure.file.path.name, failure.reason) for failure in summary.failures] == [
        ("empty.jpg", "The file is empty.")
    ]


def test_a_file_that_shrinks_meanwhile_fails_with_a_reason(
    server: UploadApi, tmp_path: Path
) -> None:
    path = _photo(tmp_path, "a.jpg")

    def shorten(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/uploads"):
            path.write_bytes(path.read_bytes()[:1200])
        return server(request)

    summary = _run(shorten, path)

    assert summary.failures[0].reason == "the file was shortened while it was sent"
    assert server.photos == {}


def test_transient_errors_are_retried_and_reported(server: UploadApi, tmp_path: Path) -> None:
    path = _photo(tmp_path, "a.jpg")
    server.fail = [503, 429, 502]
    retries: list[str] = []

    summary = _run(server, path, retries=retries)

    assert summary.count(Outcome.UPLOADED) == 1
    assert len(retries) == 3


def test_a_gateway_without_routes_yet_is_waited_for(server: UploadApi, tmp_path: Path) -> None:
    answers = [404, 404]

    def starting(request: httpx.Request) -> httpx.Response:
        if answers:
            return httpx.Response(answers.pop(), text="404 page not found\n")
        return server(request)

    summary = _run(starting, _photo(tmp_path, "a.jpg"))

    assert summary.count(Outcome.UPLOADED) == 1
    assert answers == []


@pytest.mark.parametrize("loss", ["before_a_part", "before_completion"])
def test_parts_that_storage_loses_are_sent_again(
    server: UploadApi, tmp_path: Path, loss: str
) -> None:
    lost: list[str] = []

    def forgetful(request: httpx.Request) -> httpx.Response:
        if not lost and loss == "before_a_part" and request.method == "PUT":
            lost.append(loss)
            return httpx.Response(404, text="<Error/>", headers={"content-type": "application/xml"})
        if not lost and loss == "before_completion" and request.url.path.endswith("/complete"):
            lost.append(loss)
            for parts in server.open.values():
                parts.clear()
            problem = {"code": "parts_missing", "detail": "3 parts are missing."}
            return httpx.Response(409, json=problem)
        return server(request)

    summary = _run(forgetful, _photo(tmp_path, "a.jpg"))

    assert summary.count(Outcome.UPLOADED) == 1
    assert lost == [loss]


def test_a_file_fails_with_a_reason_when_the_server_is_unreachable(tmp_path: Path) -> None:
    def refuse(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no")

    path = _photo(tmp_path, "a.jpg")
    api = Api(
        "http://pichaven", api_key="k", transport=httpx.MockTransport(refuse), sleep=lambda _: None
    )
    uploader = Uploader(api, parallel=1, lane="bulk", on_duplicate="keep", listener=Listener())

    summary = uploader.run(find_files([path]))

    assert summary.failures[0].reason == "the server cannot be reached: pichaven"


def test_a_key_that_may_only_write_uploads_and_skips_duplicates(
    server: UploadApi, tmp_path: Path
) -> None:
    server.may_read = False
    _photo(tmp_path, "a.jpg")

    first, second = _run(server, tmp_path), _run(server, tmp_path)

    assert first.count(Outcome.UPLOADED) == 1
    assert second.count(Outcome.ALREADY_THERE) == 1


def test_a_sidecar_goes_with_its_photo(server: UploadApi, tmp_path: Path) -> None:
    photo = _photo(tmp_path, "a.jpg")
    (tmp_path / "a.xmp").write_bytes(b"<less/>")
    (tmp_path / "a.jpg.xmp").write_bytes(b"<more/>")
    raw = _photo(tmp_path, "deep/b.NEF")
    (tmp_path / "deep/b.XMP").write_bytes(b"<raw/>")
    _photo(tmp_path, "c.jpg")

    summary = _run(server, tmp_path)

    assert summary.line() == "3 files = 3 uploaded + 0 already there + 0 failed"
    assert server.sidecars == {
        hashlib.sha256(photo.read_bytes()).hexdigest(): b"<more/>",
        hashlib.sha256(raw.read_bytes()).hexdigest(): b"<raw/>",
    }


def test_a_photo_is_uploaded_without_a_sidecar_that_is_refused(
    server: UploadApi, tmp_path: Path
) -> None:
    _photo(tmp_path, "a.jpg")
    (tmp_path / "a.xmp").write_bytes(b"no XML")

    [result] = _run(server, tmp_path).results

    assert result.outcome is Outcome.UPLOADED
    assert result.note == "without a.xmp: A sidecar is an XMP file."
