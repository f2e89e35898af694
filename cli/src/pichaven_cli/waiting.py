"""Waiting until uploaded photos are processed."""

import time
from collections.abc import Callable
from typing import Final

from pichaven_cli.api import Api, ApiProblem
from pichaven_cli.uploading import Outcome, Summary

_PAUSE_S: Final = 0.3


def wait_until_processed(
    api: Api, summary: Summary, on_one: Callable[[], None], *, timeout_s: float
) -> dict[str, str]:
    """Return when every uploaded photo is ready or failed; file names with why they failed.

    A photo that is still under way at the deadline counts as failed, and says so.
    """
    deadline = time.monotonic() + timeout_s
    rejected: dict[str, str] = {}
    for result in summary.results:
        while result.outcome is Outcome.UPLOADED and result.photo_id is not None:
            try:
                photo = api.get(f"/photos/{result.photo_id}")
            except ApiProblem as problem:
                # Known to upload, not yet to the gallery.
                if problem.status != 404:
                    raise
                photo = {"status": "processing"}
            if photo["status"] == "failed":
                rejected[str(result.file.path)] = photo["failure"]["message"]
            if photo["status"] != "processing":
                break
            if time.monotonic() > deadline:
                rejected[str(result.file.path)] = "still being processed"
                break
            time.sleep(_PAUSE_S)
        on_one()
    return rejected
