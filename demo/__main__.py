"""The demo: start the platform if it is not running, upload samples, search, print the hits."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from demo.samples import DRAWN_QUERIES, PHOTOGRAPH_QUERIES, write_drawn, write_photographs
from pichaven_cli.api import Api, ApiProblem, Unreachable
from pichaven_cli.credentials import DEFAULT_URL, Credentials
from pichaven_cli.files import find_files
from pichaven_cli.uploading import Listener, Outcome, Uploader
from pichaven_cli.waiting import wait_until_processed

_EMAIL: Final = "demo@example.com"
_PASSWORD: Final = "pichaven demo passphrase"  # noqa: S105 - an account for show
_BUNDLED: Final = "pichaven-tiny"
_SEARCHABLE_WITHIN_S: Final = 120
out = Console()


def _running() -> bool:
    probe = Api(DEFAULT_URL, sleep=lambda _: None)
    try:
        probe.call("GET", "/.well-known/jwks.json")
    except (ApiProblem, Unreachable):
        return False
    finally:
        probe.close()
    return True


def _start() -> None:
    out.print("PicHaven is not running here; starting it.")
    subprocess.run([sys.executable, "-m", "pichaven_local", "up", "--detach"], check=True)


def _log_in() -> Api:
    api = Api(DEFAULT_URL)
    body = {"email": _EMAIL, "password": _PASSWORD}
    try:
        tokens = api.post("/auth/login", body)
    except ApiProblem as problem:
        if problem.status != 401:
            raise
        tokens = api.post("/auth/register", body | {"name": "Demo"})
    finally:
        api.close()
    credentials = Credentials(DEFAULT_URL, _EMAIL, tokens["access_token"], tokens["refresh_token"])
    return Api(DEFAULT_URL, credentials=credentials)


def _upload(api: Api, folder: Path) -> set[str]:
    """Upload a folder, wait until it is processed and return the photos' ids."""
    uploader = Uploader(
        api, parallel=4, lane="interactive", on_duplicate="skip", listener=Listener()
    )
    began = time.perf_counter()
    summary = uploader.run(find_files([folder]))
    rejected = wait_until_processed(api, summary, lambda: None, timeout_s=180)
    out.print(f"{folder.name}: {summary.line()}, in {time.perf_counter() - began:.1f} s")
    for result in summary.failures:
        out.print(f"  [red]{result.file.path.name}: {result.reason}")
    for name, reason in rejected.items():
        out.print(f"  [red]{Path(name).name}: {reason}")
    if summary.count(Outcome.FAILED) or rejected:
        raise SystemExit(1)
    return {result.photo_id for result in summary.results if result.photo_id}


def _wait_until_searchable(api: Api, photo_ids: set[str]) -> str:
    """Wait until search has every photo's embedding and return the model of these."""
    began = time.perf_counter()
    missing = set(photo_ids)
    model = ""
    while missing:
        for photo_id in list(missing):
            analysis = api.get(f"/photos/{photo_id}")["analysis"]
            if analysis["state"] == "done" and _has_neighbours(api, photo_id, photo_ids):
                model = analysis["model"]
                missing.discard(photo_id)
        if missing:
            if time.perf_counter() - began > _SEARCHABLE_WITHIN_S:
                raise SystemExit(f"{len(missing)} photos are not searchable yet; see `make logs`")
            time.sleep(0.3)
    out.print(f"all searchable after {time.perf_counter() - began:.1f} s more")
    return model


def _has_neighbours(api: Api, photo_id: str, photo_ids: set[str]) -> bool:
    """Return whether search has the photo with its embedding, which it gets after gallery."""
    try:
        similar = api.call("GET", f"/photos/{photo_id}/similar", params={"limit": 1})
    except ApiProblem as problem:
        if problem.code == "not_found":
            return False
        raise
    return bool(similar["items"]) or len(photo_ids) == 1


def _search(api: Api, queries: Iterable[str]) -> None:
    table = Table("search", "hits", "best hits", "ms")
    for query in queries:
        page = api.get("/search", q=query, limit=5)
        best = ", ".join(_describe(item) for item in page["items"][:3])
        table.add_row(query, str(page["total"]), best, str(page["took_ms"]))
    out.print(table)


def _describe(hit: dict[str, Any]) -> str:
    visual = hit["matched"].get("visual")
    reason = "by its text" if visual is None else f"looks like it, {visual:.2f}"
    return f"{hit['photo']['filename']} ({reason})"


def main() -> None:
    if not _running():
        _start()
    with tempfile.TemporaryDirectory(prefix="pichaven-demo-") as name:
        photographs, drawn = Path(name) / "photographs", Path(name) / "drawn"
        write_photographs(photographs)
        write_drawn(drawn)
        api = _log_in()
        ids = _upload(api, photographs)
        model = _wait_until_searchable(api, ids)
        if model.startswith(_BUNDLED):
            out.print(
                f"\nThe model is the bundled [bold]{_BUNDLED}[/bold]. It knows drawn pictures "
                "only, so drawn ones are uploaded and searched too. Real photographs need real "
                "weights: see services/ml/README.md."
            )
            ids |= _upload(api, drawn)
            _wait_until_searchable(api, ids)
            _search(api, DRAWN_QUERIES)
            out.print("The photographs are found by their names and tags:")
            _search(api, ("astronaut", "coffee", "rocket"))
        else:
            out.print(f"\nPictures are read by {model}.")
            _search(api, PHOTOGRAPH_QUERIES)
        api.close()
    out.print(f"\nThe API and its reference page: {DEFAULT_URL}/api/docs")
    out.print(f"Log in as {_EMAIL} with the password: {_PASSWORD}")


if __name__ == "__main__":
    main()
