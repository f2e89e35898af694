"""Upload of many files: hash them, skip those the server has, send the rest, resume.

The client keeps no state. The server returns an owner's open upload session of the same bytes
again, and storage knows which parts it has; so a run after a kill continues where the last one
ended, from any machine.
"""

import itertools
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import Any, Final

import httpx

from pichaven_cli.api import Api, ApiProblem, Unreachable
from pichaven_cli.files import LocalFile, sha256_of, sidecar_of

_BATCH: Final = 500
_PARTS_PER_REQUEST: Final = 100
_SIDECAR_PROBLEMS: Final = frozenset({"body_too_large", "invalid_sidecar"})
_LOSSES: Final = 3
"""Of parts of one file, after which it fails."""
BULK_FROM: Final = 20
"""A run of at least so many files goes into the bulk lane, behind photos uploaded by hand."""


class Outcome(StrEnum):
    UPLOADED = "uploaded"
    ALREADY_THERE = "already there"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Result:
    file: LocalFile
    outcome: Outcome
    photo_id: str | None = None
    reason: str | None = None
    note: str | None = None
    """What is wrong although the photo is there."""


@dataclass
class Summary:
    """The result of every file of a run."""

    results: list[Result] = field(default_factory=list)

    def count(self, outcome: Outcome) -> int:
        return sum(result.outcome is outcome for result in self.results)

    @property
    def failures(self) -> list[Result]:
        return [result for result in self.results if result.outcome is Outcome.FAILED]

    def line(self) -> str:
        total = len(self.results)
        parts = " + ".join(f"{self.count(outcome)} {outcome}" for outcome in Outcome)
        return f"{total} {'file' if total == 1 else 'files'} = {parts}"


@dataclass(frozen=True, slots=True)
class Listener:
    """Callbacks for bytes and files that are done; called from several threads."""

    on_hash: Callable[[int], None] = lambda _bytes: None
    on_send: Callable[[int], None] = lambda _bytes: None
    on_result: Callable[[Result], None] = lambda _result: None


class Uploader:
    """Uploads files through `Api`, a few in parallel."""

    def __init__(
        self, api: Api, *, parallel: int, lane: str, on_duplicate: str, listener: Listener
    ) -> None:
        self._api = api
        self._parallel = parallel
        self._lane = lane
        self._on_duplicate = on_duplicate
        self._listener = listener
        self._uploads: dict[str, threading.Event] = {}
        """By hash; set once the first file with these bytes is done."""
        self._uploads_lock = threading.Lock()
        self._scope_problem: ApiProblem | None = None

    def run(self, files: Iterable[LocalFile]) -> Summary:
        """Upload all; memory grows with the number of results only.

        Raises `ApiProblem` when the API key lacks a scope, since every file would fail.
        """
        summary = Summary()
        with ThreadPoolExecutor(self._parallel) as pool:
            for batch in _batches(files, _BATCH):
                hashes = list(pool.map(self._hash, batch))
                photo_ids = self._existing_photos(hashes)
                summary.results += pool.map(partial(self._process, photo_ids), batch, hashes)
        return summary

    def _hash(self, file: LocalFile) -> str | None:
        try:
            return sha256_of(file.path, self._listener.on_hash)
        except OSError:
            return None

    def _existing_photos(self, hashes: Sequence[str | None]) -> dict[str, str]:
        """Return the ids, by hash, of the photos that the server has already.

        Empty for a key that may not read: the server then checks each upload as it begins.
        """
        readable = sorted({sha256 for sha256 in hashes if sha256 is not None})
        if not readable or self._on_duplicate != "skip":
            return {}
        try:
            body = self._api.post("/uploads/check", {"sha256": readable})
        except ApiProblem as problem:
            if problem.code != "insufficient_scope":
                raise
            return {}
        return {item["sha256"]: item["photo_id"] for item in body["items"]}

    def _process(self, photo_ids: dict[str, str], file: LocalFile, sha256: str | None) -> Result:
        if self._scope_problem is not None:
            raise self._scope_problem
        try:
            result = self._upload_or_skip(photo_ids, file, sha256)
        except ApiProblem as problem:
            if problem.code == "insufficient_scope":
                self._scope_problem = problem
                raise
            result = Result(file, Outcome.FAILED, reason=problem.detail)
        except Unreachable as error:
            result = Result(file, Outcome.FAILED, reason=str(error))
        except OSError as error:
            result = Result(file, Outcome.FAILED, reason=error.strerror or str(error))
        self._listener.on_result(result)
        return result

    def _upload_or_skip(
        self, photo_ids: dict[str, str], file: LocalFile, sha256: str | None
    ) -> Result:
        if sha256 is None:
            return Result(file, Outcome.FAILED, reason="the file cannot be read")
        if sha256 in photo_ids:
            self._listener.on_send(file.size)
            return Result(file, Outcome.ALREADY_THERE, photo_ids[sha256])
        # Of the same bytes twice in one run, the second waits and becomes a duplicate of the first.
        with self._uploads_lock:
            first = self._uploads.get(sha256)
            if first is None:
                self._uploads[sha256] = threading.Event()
        if first is not None:
            first.wait()
        try:
            return self._upload(file, sha256)
        finally:
            self._uploads[sha256].set()

    def _upload(self, file: LocalFile, sha256: str) -> Result:
        """Send the file; parts that storage has lost since, by a crash, are sent again."""
        for _ in range(_LOSSES):
            try:
                return self._upload_once(file, sha256)
            except ApiProblem as problem:
                if not _is_loss(problem):
                    raise
        return self._upload_once(file, sha256)

    def _upload_once(self, file: LocalFile, sha256: str) -> Result:
        session = self._api.post(
            "/uploads",
            {
                "filename": file.path.name,
                "size": file.size,
                "content_type": file.content_type,
                "sha256": sha256,
                "on_duplicate": self._on_duplicate,
                "lane": self._lane,
            },
        )
        if session.get("duplicate_of"):
            self._listener.on_send(file.size)
            return Result(file, Outcome.ALREADY_THERE, session["duplicate_of"])
        parts = self._send_parts(file, session)
        note = self._send_sidecar(file, session["upload_id"])
        receipt = self._api.post(f"/uploads/{session['upload_id']}/complete", {"parts": parts})
        return Result(file, Outcome.UPLOADED, receipt["photo_id"], note=note)

    def _send_sidecar(self, file: LocalFile, upload_id: str) -> str | None:
        """Send the XMP file beside the photo; return why the photo has to go without it."""
        path = sidecar_of(file.path)
        if path is None:
            return None
        try:
            data = path.read_bytes()
            self._api.put_file(f"/uploads/{upload_id}/sidecar", data, "application/rdf+xml")
        except OSError as error:
            return f"without {path.name}: {error.strerror or error}"
        except ApiProblem as problem:
            if problem.code not in _SIDECAR_PROBLEMS:
                raise
            return f"without {path.name}: {problem.detail}"
        return None

    def _send_parts(self, file: LocalFile, session: dict[str, Any]) -> list[dict[str, Any]]:
        """Send the parts that storage does not have; return the numbers and ETags of all."""
        upload_id, part_size = session["upload_id"], int(session["part_size"])
        total = max(1, -(-file.size // part_size))
        urls = {int(part["number"]): str(part["url"]) for part in session["parts"]}
        etags: dict[int, str] = {}
        if total > 1:
            state = self._api.get(f"/uploads/{upload_id}")
            etags = {int(part["number"]): part["etag"] for part in state.get("parts", [])}
        with file.path.open("rb") as source:
            for number in range(1, total + 1):
                length = min(part_size, file.size - (number - 1) * part_size)
                if number not in etags:
                    if number not in urls:
                        urls |= self._presign(upload_id, range(number, total + 1))
                    source.seek((number - 1) * part_size)
                    data = source.read(length)
                    if len(data) != length:
                        raise OSError("the file was shortened while it was sent")
                    etags[number] = self._put_part(upload_id, number, urls[number], data)
                self._listener.on_send(length)
        return [{"number": number, "etag": etags[number]} for number in sorted(etags)]

    def _put_part(self, upload_id: str, number: int, url: str, data: bytes) -> str:
        try:
            return self._api.put_bytes(url, data)
        except ApiProblem as problem:
            if problem.status != 403:
                raise
            # The presigned URL has expired.
            return self._api.put_bytes(self._presign(upload_id, [number])[number], data)

    def _presign(self, upload_id: str, numbers: Iterable[int]) -> dict[int, str]:
        """Return new presigned URLs for the first of the parts."""
        batch = list(itertools.islice(numbers, _PARTS_PER_REQUEST))
        body = self._api.post(f"/uploads/{upload_id}/parts", {"numbers": batch})
        return {int(part["number"]): str(part["url"]) for part in body["parts"]}


def _is_loss(problem: ApiProblem) -> bool:
    """Whether storage does not have what was sent: the session says which parts are missing."""
    refused = problem.code == "storage_refused" and problem.status == httpx.codes.NOT_FOUND
    return refused or problem.code in {"parts_missing", "invalid_parts"}


def _batches(files: Iterable[LocalFile], size: int) -> Iterator[list[LocalFile]]:
    remaining = iter(files)
    while batch := list(itertools.islice(remaining, size)):
        yield batch
