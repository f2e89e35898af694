"""A user who repeats what failed: the CLI's upload until each file is acknowledged, and purges."""

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pichaven_cli.api import Api, ApiProblem, Unreachable
from pichaven_cli.credentials import Credentials
from pichaven_cli.files import LocalFile, find_files
from pichaven_cli.uploading import Listener, Outcome, Result, Uploader
from testing.api_client import PASSWORD

_TRIES: Final = 200
_PAUSE_S: Final = 1.0
_PARALLEL: Final = 4
_NOT_FOUND: Final = 404


@dataclass
class Receipts:
    """What the server said of each file."""

    photo_ids: dict[Path, str] = field(default_factory=dict)
    """Ids of the photos of acknowledged files."""
    failures: Counter[str] = field(default_factory=Counter)
    """How often a run ended without a receipt for a file, by the reason that the CLI gives."""


class InsistentClient:
    """All its methods block, and raise `AssertionError` for what fails again and again."""

    def __init__(
        self,
        url: str,
        email: str,
        *,
        lane: str = "bulk",
        on_receipt: Callable[[], None] = lambda: None,
    ) -> None:
        self._url = url
        self._email = email
        self._lane = lane
        self._on_receipt = on_receipt
        self._stopped = threading.Event()

    def upload(self, folder: Path) -> Receipts:
        """Upload the folder's files by the CLI's uploader, run again for those that failed."""
        receipts = Receipts()
        remaining: Sequence[LocalFile] = sorted(find_files([folder]), key=lambda file: file.path)
        for _ in range(_TRIES):
            try:
                with self.connect() as api:
                    self._run(api, remaining, receipts)
            except (ApiProblem, Unreachable) as error:
                receipts.failures[str(error)] += 1
            remaining = [file for file in remaining if file.path not in receipts.photo_ids]
            if not remaining:
                return receipts
            if self._stopped.wait(_PAUSE_S):
                break
        raise AssertionError(f"{len(remaining)} files fail again and again: {receipts.failures}")

    def stop(self) -> None:
        """Give up: what fails from now on raises."""
        self._stopped.set()

    def purge(self, photo_ids: Iterable[str]) -> None:
        """Put photos into the trash and remove them from there."""
        for photo_id in photo_ids:
            # The library may not have it yet, so only a success counts here.
            self._insist(f"/photos/{photo_id}", also=())
            # Of a success whose response was lost the repetition finds nothing.
            self._insist(f"/trash/{photo_id}", also=(_NOT_FOUND,))

    def _insist(self, path: str, also: Sequence[int]) -> None:
        reasons: Counter[str] = Counter()
        for _ in range(_TRIES):
            try:
                with self.connect() as api:
                    api.call("DELETE", path)
            except (ApiProblem, Unreachable) as error:
                if isinstance(error, ApiProblem) and error.status in also:
                    return
                reasons[str(error)] += 1
            else:
                return
            if self._stopped.wait(_PAUSE_S):
                break
        raise AssertionError(f"DELETE {path} fails again and again: {reasons}")

    def _run(self, api: Api, files: Sequence[LocalFile], receipts: Receipts) -> None:
        def on_result(result: Result) -> None:
            if result.outcome is Outcome.FAILED:
                receipts.failures[result.reason or ""] += 1
            elif result.photo_id is not None:
                receipts.photo_ids[result.file.path] = result.photo_id
                self._on_receipt()

        Uploader(
            api,
            parallel=_PARALLEL,
            lane=self._lane,
            on_duplicate="skip",
            listener=Listener(on_result=on_result),
        ).run(files)

    @contextmanager
    def connect(self) -> Iterator[Api]:
        """Log in anew: a kill in the midst of a refresh ends a session."""
        visitor = Api(self._url)
        try:
            body = visitor.post("/auth/login", {"email": self._email, "password": PASSWORD})
        finally:
            visitor.close()
        tokens = Credentials(self._url, self._email, body["access_token"], body["refresh_token"])
        api = Api(self._url, credentials=tokens)
        try:
            yield api
        finally:
            api.close()
