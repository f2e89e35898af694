"""The CLI's upload of files, repeated until the server has acknowledged each of them."""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pichaven_cli.api import Api, ApiProblem, Unreachable
from pichaven_cli.credentials import Credentials
from pichaven_cli.files import LocalFile, find_files
from pichaven_cli.uploading import Listener, Outcome, Result, Uploader
from testing.api_client import PASSWORD

_RUNS: Final = 100
_PAUSE_S: Final = 1.0
_PARALLEL: Final = 4


@dataclass
class Receipts:
    """What the server said of each file."""

    photo_ids: dict[Path, str] = field(default_factory=dict)
    """Ids of the photos of acknowledged files."""
    failures: Counter[str] = field(default_factory=Counter)
    """How often a run ended without a receipt for a file, by the reason that the CLI gives."""


class InsistentUpload:
    """Runs the CLI's uploader again for the files that failed, as its user would."""

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
        self._pause = threading.Event()

    def run(self, folder: Path) -> Receipts:
        """Upload the folder's files; blocks. Raises `AssertionError` when some keep failing."""
        receipts = Receipts()
        remaining: Sequence[LocalFile] = sorted(find_files([folder]), key=lambda file: file.path)
        for _ in range(_RUNS):
            try:
                remaining = self._run_once(remaining, receipts)
            except (ApiProblem, Unreachable) as error:
                receipts.failures[str(error)] += 1
            if not remaining:
                return receipts
            self._pause.wait(_PAUSE_S)
        raise AssertionError(f"{len(remaining)} files fail again and again: {receipts.failures}")

    def _run_once(self, files: Sequence[LocalFile], receipts: Receipts) -> list[LocalFile]:
        """Return the files that are not acknowledged."""

        def on_result(result: Result) -> None:
            if result.outcome is Outcome.FAILED:
                receipts.failures[result.reason or ""] += 1
            elif result.photo_id is not None:
                receipts.photo_ids[result.file.path] = result.photo_id
                self._on_receipt()

        api = Api(self._url, credentials=self._log_in())
        try:
            uploader = Uploader(
                api,
                parallel=_PARALLEL,
                lane=self._lane,
                on_duplicate="skip",
                listener=Listener(on_result=on_result),
            )
            uploader.run(files)
        finally:
            api.close()
        return [file for file in files if file.path not in receipts.photo_ids]

    def _log_in(self) -> Credentials:
        api = Api(self._url)
        try:
            body = api.post("/auth/login", {"email": self._email, "password": PASSWORD})
        finally:
            api.close()
        return Credentials(self._url, self._email, body["access_token"], body["refresh_token"])
