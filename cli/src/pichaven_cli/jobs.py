"""Jobs: one action on every photo of a selection, done by the server."""

import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from pichaven_cli.api import Api

_POLL_S: Final = 0.5
_DONE: Final = "done"

Job = dict[str, Any]


def count_photos(api: Api, selection: Mapping[str, Any]) -> int:
    """Return how many photos a query has, or a job changed."""
    if "changed_by" in selection:
        return int(api.get(f"/jobs/{selection['changed_by']}")["changed"])
    filters = {
        name: str(value).lower() if isinstance(value, bool) else value
        for name, value in selection["query"].items()
    }
    return int(api.get("/photos/count", **filters)["count"])


def run_job(
    api: Api,
    selection: Mapping[str, Any],
    action: Mapping[str, Any],
    on_progress: Callable[[Job], None],
) -> Job:
    """Start a job and return it when it has ended. It goes on if this is interrupted."""
    job_id = api.post_once("/jobs", {**selection, **action})["job_id"]
    while True:
        job: Job = api.get(f"/jobs/{job_id}")
        on_progress(job)
        if job["state"] == _DONE:
            return job
        time.sleep(_POLL_S)
