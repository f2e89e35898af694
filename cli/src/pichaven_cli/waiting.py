"""Waiting until uploaded photos are processed."""

import time
from collections.abc import Callable
from typing import Final

from pichaven_cli.api import Api, ApiProblem
from pichaven_cli.uploading import Outcome, Summary

_POLL_S: Final = 0.3


def wait_until_processed(
    api: Api, summary: Summary, on_photo: Callable[[], None], *, timeout_s: float
) -> dict[str, str]:
    """Return the reasons, by file name, of the uploaded photos that failed.

    A photo that is still being processed at the deadline counts as failed.
    """
    deadline = time.monotonic() + timeout_s
    reasons: dict[str, str] = {}
    for result in summary.results:
        while result.outcome is Outcome.UPLOADED and result.photo_id is not None:
            try:
                photo = api.get(f"/photos/{result.photo_id}")
            except ApiProblem as problem:
                # The gallery's read model does not have the photo yet.
                if problem.status != 404:
                    raise
                photo = {"status": "processing"}
            if photo["status"] == "failed":
                reasons[str(result.file.path)] = photo["failure"]["message"]
            if photo["status"] != "processing":
                break
            if time.monotonic() > deadline:
                reasons[str(result.file.path)] = "still being processed"
                break
            time.sleep(_POLL_S)
        on_photo()
    return reasons
