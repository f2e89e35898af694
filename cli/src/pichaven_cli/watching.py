"""Folders kept in sync: what is there is uploaded, then what appears and what changes.

File system notifications say where to look; what is uploaded follows from the files' sizes and
times alone. A scan of everything makes up for notifications that are lost, or never come, as on a
network drive.
"""

import errno
import fcntl
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from watchfiles import watch

from pichaven_cli.api import ApiProblem, Unreachable
from pichaven_cli.files import LocalFile, find_files, is_photo
from pichaven_cli.uploading import Outcome, Result, Summary

_TICK_MS: Final = 500
_UNREACHABLE_PAUSE_S: Final = 5.0


class Interrupted(Exception):
    """Raised in the callbacks of an upload that is to end."""


class FolderSync:
    """Uploads the photos below some folders until `stop` is set.

    `upload` sends files and reports each by `record`. It may raise `Interrupted`, `Unreachable` or
    a transient `ApiProblem`; files without a result are then sent again.
    """

    def __init__(
        self,
        folders: Sequence[Path],
        upload: Callable[[Sequence[LocalFile]], None],
        stop: threading.Event,
        *,
        on_failure: Callable[[str], None],
        settle_s: float = 2,
        scan_s: float = 60,
        retry_s: float = 600,
    ) -> None:
        self._folders = [folder.absolute() for folder in folders]
        self._upload = upload
        self._stop = stop
        self._on_failure = on_failure
        self._settle_s = settle_s
        self._scan_s = scan_s
        self._retry_s = retry_s
        self._candidates: set[Path] = set()
        """Files and folders to look at."""
        self._results: dict[Path, Result] = {}
        self._failures: set[tuple[str, int | None]] = set()

    @property
    def summary(self) -> Summary:
        """The last result of every file."""
        return Summary(list(self._results.values()))

    def record(self, result: Result) -> None:
        """Keep the result of a file; called from several threads."""
        path = result.file.path
        if result.outcome is Outcome.FAILED:
            if not path.exists():
                return
            self._report(f"{path}: {result.reason}", result.file.modified_ns)
        self._results[path] = result

    def _report(self, failure: str, modified_ns: int | None = None) -> None:
        """Name a failure, unless the same file has failed like this before."""
        if (failure, modified_ns) not in self._failures:
            self._failures.add((failure, modified_ns))
            self._on_failure(failure)

    def run(self) -> None:
        """Upload until `stop` is set."""
        scan_at = retry_at = 0.0
        for paths in self._changes():
            now = time.monotonic()
            self._candidates |= paths
            if now >= scan_at:
                self._candidates |= set(self._folders)
                scan_at = now + self._scan_s
            if now >= retry_at:
                self._forget_failures()
                retry_at = now + self._retry_s
            files = self._take_complete()
            if not files:
                continue
            try:
                self._upload(files)
            except Interrupted:
                return
            except (ApiProblem, Unreachable) as error:
                if isinstance(error, ApiProblem) and not error.transient:
                    raise
                self._report(str(error))
                self._stop.wait(_UNREACHABLE_PAUSE_S)
            self._candidates |= {file.path for file in files if self._is_new(file)}

    def _changes(self) -> Iterator[set[Path]]:
        """Yield the paths that have changed, every `_TICK_MS` at least."""
        for changes in watch(
            *self._folders,
            watch_filter=None,
            stop_event=self._stop,
            rust_timeout=_TICK_MS,
            yield_on_timeout=True,
            ignore_permission_denied=True,
        ):
            yield {path for _, name in changes if self._is_visible(path := Path(name))}

    def _is_visible(self, path: Path) -> bool:
        """Return whether the path and the folders above it, up to a watched one, are not hidden."""
        return any(
            not any(part.startswith(".") for part in path.relative_to(folder).parts)
            for folder in self._folders
            if path.is_relative_to(folder)
        )

    def _forget_failures(self) -> None:
        for path, result in list(self._results.items()):
            if result.outcome is Outcome.FAILED:
                self._candidates.add(path)
                del self._results[path]

    def _take_complete(self) -> list[LocalFile]:
        """Return the new files among the candidates; those still being written stay candidates."""
        candidates = [path for path in self._candidates if self._is_folder(path) or is_photo(path)]
        self._candidates.clear()
        files = []
        for file in find_files(candidates, self._report_unreadable):
            if not self._is_new(file):
                continue
            if _is_complete(file.path, self._settle_s):
                files.append(file)
            else:
                self._candidates.add(file.path)
        return files

    def _is_folder(self, path: Path) -> bool:
        return path.is_dir() and (path in self._folders or not path.is_symlink())

    def _report_unreadable(self, error: OSError) -> None:
        # What has gone meanwhile is no failure.
        if error.errno != errno.ENOENT:
            self._report(f"{error.filename}: {error.strerror}")

    def _is_new(self, file: LocalFile) -> bool:
        result = self._results.get(file.path)
        return result is None or result.file != file


def _is_complete(path: Path, settle_s: float) -> bool:
    """Return whether a file has not changed for a while, and no process has it open for writing."""
    try:
        # Not the modification time, which a copy can take over from its source.
        if time.time() - path.stat().st_ctime < settle_s:
            return False
        return not _has_writer(path)
    except OSError:
        # The upload says why it cannot be read.
        return True


def _has_writer(path: Path) -> bool:
    """Return whether a process has the file open for writing, as far as the system can tell.

    Linux refuses a read lease on such a file. Network drives have no leases.
    """
    if sys.platform != "linux":
        return False
    with path.open("rb") as file:
        try:
            # The signal to a holder whose lease is asked back; the default one ends the process.
            fcntl.fcntl(file, fcntl.F_SETSIG, signal.SIGURG)
            fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_RDLCK)
            fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_UNLCK)
        except OSError as error:
            return error.errno == errno.EAGAIN
    return False
