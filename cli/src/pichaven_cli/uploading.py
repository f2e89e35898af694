"""Uploading many files: hash, ask which are there, send the rest, resume what was begun.

Nothing is remembered on this side. The server gives an owner's open upload of the same bytes
again, and storage says which parts it holds; so a run after a kill goes on where the last one
was, from any machine.
"""

import itertools
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from pichaven_cli.api import Api, ApiProblem, Unreachable
from pichaven_cli.files import LocalFile, sha256_of

_GROUP: Final = 500
_PARTS_PER_REQUEST: Final = 100
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


@dataclass
class Summary:
    """Every file is in exactly one of three counts."""

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
    """Hears of bytes and files as they get done; called from several threads."""

    hashed: Callable[[int], None] = lambda _bytes: None
    sent: Callable[[int], None] = lambda _bytes: None
    done: Callable[[Result], None] = lambda _result: None


class Uploader:
    """Sends files through `Api` with a few side by side."""

    def __init__(
        self, api: Api, *, parallel: int, lane: str, on_duplicate: str, listener: Listener
    ) -> None:
        self._api = api
        self._parallel = parallel
        self._lane = lane
        self._on_duplicate = on_duplicate
        self._listener = listener
        self._begun: dict[str, threading.Event] = {}
        self._begun_lock = threading.Lock()

    def run(self, files: Iterable[LocalFile]) -> Summary:
        """Upload all; memory grows with the number of results only."""
        summary = Summary()
        with ThreadPoolExecutor(self._parallel) as pool:
            for group in _grouped(files, _GROUP):
                hashed = list(pool.map(self._hash, group))
                known = self._known([sha for _, sha in hashed if sha is not None])
                waiting = [pool.submit(self._one, file, sha, known) for file, sha in hashed]
                summary.results += [future.result() for future in waiting]
        return summary

    def _hash(self, file: LocalFile) -> tuple[LocalFile, str | None]:
        try:
            return file, sha256_of(file.path, self._listener.hashed)
        except OSError:
            return file, None

    def _known(self, hashes: list[str]) -> dict[str, str]:
        if not hashes or self._on_duplicate != "skip":
            return {}
        answer = self._api.post("/uploads/check", {"sha256": sorted(set(hashes))})
        return {item["sha256"]: item["photo_id"] for item in answer["items"]}

    def _one(self, file: LocalFile, sha256: str | None, known: dict[str, str]) -> Result:
        try:
            result = self._decide(file, sha256, known)
        except ApiProblem as problem:
            result = Result(file, Outcome.FAILED, reason=problem.detail)
        except Unreachable as error:
            result = Result(file, Outcome.FAILED, reason=str(error))
        except OSError as error:
            result = Result(file, Outcome.FAILED, reason=error.strerror or str(error))
        self._listener.done(result)
        return result

    def _decide(self, file: LocalFile, sha256: str | None, known: dict[str, str]) -> Result:
        if sha256 is None:
            return Result(file, Outcome.FAILED, reason="the file cannot be read")
        if sha256 in known:
            self._listener.sent(file.size)
            return Result(file, Outcome.ALREADY_THERE, known[sha256])
        # The same bytes twice in one run: the second waits and finds the first.
        with self._begun_lock:
            first = self._begun.get(sha256)
            if first is None:
                self._begun[sha256] = threading.Event()
        if first is not None:
            first.wait()
        try:
            return self._send(file, sha256)
        finally:
            self._begun[sha256].set()

    def _send(self, file: LocalFile, sha256: str) -> Result:
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
            self._listener.sent(file.size)
            return Result(file, Outcome.ALREADY_THERE, session["duplicate_of"])
        parts = self._send_parts(file, session)
        answer = self._api.post(f"/uploads/{session['upload_id']}/complete", {"parts": parts})
        return Result(file, Outcome.UPLOADED, answer["photo_id"])

    def _send_parts(self, file: LocalFile, session: dict[str, Any]) -> list[dict[str, Any]]:
        upload, part_size = session["upload_id"], int(session["part_size"])
        total = max(1, -(-file.size // part_size))
        urls = {int(part["number"]): str(part["url"]) for part in session["parts"]}
        held: dict[int, str] = {}
        if total > 1:
            state = self._api.get(f"/uploads/{upload}")
            held = {int(part["number"]): part["etag"] for part in state.get("parts", [])}
        with file.path.open("rb") as source:
            for number in range(1, total + 1):
                length = min(part_size, file.size - (number - 1) * part_size)
                if number not in held:
                    if number not in urls:
                        urls |= self._fresh_urls(upload, range(number, total + 1))
                    source.seek((number - 1) * part_size)
                    held[number] = self._put(upload, number, urls[number], source.read(length))
                self._listener.sent(length)
        return [{"number": number, "etag": held[number]} for number in sorted(held)]

    def _put(self, upload: str, number: int, url: str, data: bytes) -> str:
        try:
            return self._api.put_bytes(url, data)
        except ApiProblem as problem:
            if problem.status != 403:
                raise
            # The URL's time has run out.
            return self._api.put_bytes(self._fresh_urls(upload, [number])[number], data)

    def _fresh_urls(self, upload: str, numbers: Iterable[int]) -> dict[int, str]:
        wanted = list(itertools.islice(numbers, _PARTS_PER_REQUEST))
        answer = self._api.post(f"/uploads/{upload}/parts", {"numbers": wanted})
        return {int(part["number"]): str(part["url"]) for part in answer["parts"]}


def _grouped(files: Iterable[LocalFile], size: int) -> Iterator[list[LocalFile]]:
    remaining = iter(files)
    while group := list(itertools.islice(remaining, size)):
        yield group
