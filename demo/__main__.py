"""The demo: start the platform if it is not running, upload photographs, search, print the hits."""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from rich import box
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TimeElapsedColumn
from rich.table import Table

from demo.account import EMAIL, PASSWORD
from demo.samples import PHOTOGRAPHS, write_samples
from pichaven_cli.api import Api, ApiProblem, Unreachable
from pichaven_cli.credentials import DEFAULT_URL, Credentials
from pichaven_cli.files import find_files
from pichaven_cli.uploading import Listener, Outcome, Uploader
from pichaven_cli.waiting import wait_until_processed
from testing.photographs import PhotographSet, packaged_set

_DRAWINGS_ONLY: Final = "pichaven-tiny"
"""The model that does not understand photographs."""
_SEARCHABLE_WITHIN_S: Final = 180
_TEXT: Final = "segmentation"
"""A word of the printed page among the photographs."""
_SHOWN_HITS: Final = 3
_SHOWN_LABELS: Final = 2

CONTENT: Final = ("dog", "cat", "flower", "mountain", "coffee")
"""Searched in English and in German."""
SEARCHES: Final = (("Moscow", "place"), ("Munich", "place"), ("july 2023", "date"), (_TEXT, "text"))
out = Console()


def _is_running(url: str) -> bool:
    probe = Api(url, sleep=lambda _: None)
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


def _log_in(url: str) -> Api:
    api = Api(url)
    body = {"email": EMAIL, "password": PASSWORD}
    try:
        tokens = api.post("/auth/login", body)
    except ApiProblem as problem:
        if problem.status != 401:
            raise
        tokens = api.post("/auth/register", body | {"name": "Demo"})
    finally:
        api.close()
    credentials = Credentials(url, EMAIL, tokens["access_token"], tokens["refresh_token"])
    return Api(url, credentials=credentials)


def _upload(api: Api, folder: Path, progress: Progress) -> set[str]:
    """Upload a folder, wait until it is processed and return the photos' ids."""
    task = progress.add_task("upload", total=len(PHOTOGRAPHS))
    processing = progress.add_task("thumbnails", total=len(PHOTOGRAPHS))
    uploader = Uploader(
        api,
        parallel=4,
        lane="interactive",
        on_duplicate="skip",
        listener=Listener(on_result=lambda _: progress.advance(task)),
    )
    summary = uploader.run(find_files([folder]))
    rejected = wait_until_processed(
        api, summary, lambda: progress.advance(processing), timeout_s=_SEARCHABLE_WITHIN_S
    )
    for result in summary.failures:
        out.print(f"  [red]{result.file.path.name}: {result.reason}")
    for name, reason in rejected.items():
        out.print(f"  [red]{Path(name).name}: {reason}")
    if summary.count(Outcome.FAILED) or rejected:
        raise SystemExit(1)
    return {result.photo_id for result in summary.results if result.photo_id}


def _wait_until_searchable(api: Api, photo_ids: set[str], progress: Progress) -> str:
    """Wait until search has every photo's embedding, and the text; return the model of these."""
    task = progress.add_task("searchable", total=len(photo_ids) + 1)
    deadline = time.monotonic() + _SEARCHABLE_WITHIN_S
    missing = set(photo_ids)
    model = ""
    while missing or not api.get("/search", q=_TEXT, limit=1)["total"]:
        for photo_id in list(missing):
            analysis = api.get(f"/photos/{photo_id}")["analysis"]
            if analysis["state"] == "done" and _has_embedding(api, photo_id):
                model = analysis["model"]
                missing.discard(photo_id)
                progress.advance(task)
                deadline = time.monotonic() + _SEARCHABLE_WITHIN_S
        if time.monotonic() > deadline:
            what = f"{len(missing)} photos are" if missing else "the text in the pictures is"
            raise SystemExit(f"{what} not searchable yet; see `make logs`")
        time.sleep(0.3)
    progress.advance(task)
    return model


def _has_embedding(api: Api, photo_id: str) -> bool:
    """Return whether search has the photo with its embedding, which it gets after gallery."""
    try:
        similar = api.get(f"/photos/{photo_id}/similar", limit=1)
    except ApiProblem as problem:
        if problem.code == "not_found":
            return False
        raise
    return similar["reason"] is None


def _searches(photographs: PhotographSet, *, by_content: bool) -> list[tuple[str, str]]:
    """Return queries and what they search by, in the order to print."""
    if not by_content:
        return list(SEARCHES)
    wordings = [
        (photographs.wording(each, code), code) for each in CONTENT for code in ("en", "de")
    ]
    kinds = {"en": "content", "de": "German"}
    return [*((text, kinds[code]) for text, code in wordings), *SEARCHES]


def _descriptions(photographs: PhotographSet, names: Mapping[str, str]) -> dict[str, str]:
    """Return what each copy shows, by the labels of the set, the most specific first."""
    queries = sorted(photographs.queries.items(), key=lambda each: len(each[1].right))
    return {
        copy: ", ".join([query for query, each in queries if name in each.right][:_SHOWN_LABELS])
        for copy, name in names.items()
    }


def _results(api: Api, searches: list[tuple[str, str]], shows: Mapping[str, str]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    for heading in ("search", "by", "hits", "best", "shows", "why", "ms"):
        table.add_column(heading)
    for query, kind in searches:
        page = api.get("/search", q=query, limit=_SHOWN_HITS)
        took = str(page["took_ms"])
        head = (query, kind, str(page["total"]))
        if not page["items"]:
            table.add_row(*head, "", "", "", took)
        for hit in page["items"]:
            name = hit["photo"]["filename"]
            table.add_row(*head, name, shows.get(name, "your own"), _reason(hit), took)
            head, took = ("", "", ""), ""
    return table


def _reason(hit: Mapping[str, Any]) -> str:
    """Return why a photo is a hit; one that no words matched is there by its date."""
    matched, photo = hit["matched"], hit["photo"]
    values = {
        "place": f"taken in {(photo['location'] or {}).get('city')}",
        "ocr": "text in the picture",
        "tags": "tag",
    }
    reasons = [values.get(field, field) for field in matched["text"]]
    if matched["visual"] is not None:
        reasons.insert(0, f"looks like it {matched['visual']:.2f}")
    return "; ".join(reasons) or f"taken on {photo['taken_at_local'][:10]}"


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m demo")
    arguments.add_argument("--url", default=DEFAULT_URL, help="of a platform that runs")
    url = arguments.parse_args().url
    if url == DEFAULT_URL and not _is_running(url):
        _start()
    photographs = packaged_set()
    api = _log_in(url)
    with (
        tempfile.TemporaryDirectory(prefix="pichaven-demo-") as folder,
        Progress(
            *Progress.get_default_columns()[:2],
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=out,
        ) as progress,
    ):
        names = write_samples(photographs, Path(folder))
        photo_ids = _upload(api, Path(folder), progress)
        model = _wait_until_searchable(api, photo_ids, progress)
    out.print(
        f"\n{len(names)} photographs of Python packages, under names that say nothing. The demo"
        " added invented dates to the copies, and to some the position where they were taken;"
        " what they show are labels that the platform does not have."
    )
    by_content = not model.startswith(_DRAWINGS_ONLY)
    if by_content:
        out.print(f"Pictures are read by {model}.")
    else:
        out.print(
            f"The model is [bold]{_DRAWINGS_ONLY}[/bold], which does not understand photographs:"
            " they are found by place, date and text only."
        )
    shows = _descriptions(photographs, names)
    out.print(_results(api, _searches(photographs, by_content=by_content), shows))
    api.close()
    out.print(_next_steps(url))


def _next_steps(url: str) -> Table:
    table = Table.grid(padding=(0, 2))
    is_local = url == DEFAULT_URL
    steps = [
        ("API reference", f"{url}/api/docs"),
        ("this account", f"{EMAIL}, password: {PASSWORD}"),
        (
            "command line",
            f".venv/bin/pichaven login{'' if is_local else f' --url {url}'} --email {EMAIL}",
        ),
        ("", '.venv/bin/pichaven search "Munich 2022"'),
        ("your photos", ".venv/bin/pichaven upload --wait ~/Pictures"),
    ]
    if is_local:
        steps.append(("stop it", "make down"))
    for what, how in steps:
        table.add_row(f"[bold]{what}", how)
    return table


if __name__ == "__main__":
    main()
