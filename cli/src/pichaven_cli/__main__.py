"""The command line of PicHaven's users."""

import json
import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import RenderableType
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from pichaven_cli import credentials, times
from pichaven_cli.api import UNLIMITED, Api, ApiProblem, Unreachable
from pichaven_cli.connection import connect, err, out, server_url
from pichaven_cli.credentials import Credentials
from pichaven_cli.downloading import DownloadError, download_archive, download_photo
from pichaven_cli.files import LocalFile, find_files
from pichaven_cli.queries import Query, to_selection
from pichaven_cli.uploading import BULK_FROM, Listener, Result, Summary, Uploader
from pichaven_cli.waiting import wait_until_processed
from pichaven_cli.watching import FolderSync, Interrupted

app = typer.Typer(
    help="Upload photos to PicHaven, find them, get them back.",
    no_args_is_help=True,
    add_completion=False,
)
app.add_typer(times.app, name="time")


@app.command()
def login(
    email: Annotated[str, typer.Option(prompt=True)],
    password: Annotated[
        str, typer.Option(prompt=True, hide_input=True, envvar="PICHAVEN_PASSWORD")
    ],
    url: Annotated[str | None, typer.Option(help="The server's address.")] = None,
    register: Annotated[bool, typer.Option(help="Create the account first.")] = False,
    name: Annotated[str | None, typer.Option(help="Your name, with --register.")] = None,
) -> None:
    """Log in and remember the session in ~/.config/pichaven."""
    base = server_url(url)
    api = Api(base)
    try:
        if register:
            account = {"email": email, "password": password, "name": name or email.split("@")[0]}
            tokens = api.post("/auth/register", account)
        else:
            tokens = api.log_in(email, password, credentials.load_device_token(base, email))
    except (ApiProblem, Unreachable) as error:
        err.print(f"[red]{error}[/red]")
        raise typer.Exit(1) from None
    finally:
        api.close()
    credentials.save(Credentials(base, email, tokens["access_token"], tokens["refresh_token"]))
    credentials.save_device_token(base, email, tokens["device_token"])
    out.print(f"Logged in at {base} as {email}.")


@app.command()
def logout() -> None:
    """End the session here and on the server."""
    with connect() as api:
        session = credentials.load()
        if session is not None:
            api.post("/auth/logout", {"refresh_token": session.refresh_token})
    credentials.delete()


@app.command()
def upload(
    paths: Annotated[list[Path], typer.Argument(help="Photos, or folders of them.")],
    parallel: Annotated[int, typer.Option(min=1, max=16, help="Files at a time.")] = 4,
    on_duplicate: Annotated[str, typer.Option(help="skip, keep or replace")] = "skip",
    lane: Annotated[
        str | None, typer.Option(help=f"interactive or bulk (from {BULK_FROM} files on)")
    ] = None,
    wait: Annotated[bool, typer.Option(help="Wait until all are processed.")] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Go on with new and changed files, until Ctrl-C.")
    ] = False,
) -> None:
    """Upload photos. Run it again after a break: it continues where it ended.

    An XMP file beside a photo (a.jpg.xmp, else a.xmp) goes with it, and what it
    says wins over the photo's own metadata.

    With --watch, folders are kept in sync, in one direction: a file that appears
    or changes in them, or in a folder below, is uploaded once it is complete.
    Nothing is ever deleted: a photo whose file is deleted, moved or renamed stays
    as it is, and a file that is changed becomes one more photo. Files that failed
    are tried again every ten minutes. While the server cannot be reached, the
    command waits for it. Ctrl-C ends it with a summary.
    """
    start = partial(_upload_files, parallel=parallel, on_duplicate=on_duplicate, lane=lane)
    if watch and wait:
        raise typer.BadParameter("it does not go with --watch, which has no end", param_hint="wait")
    for path in paths:
        if not path.exists() or (watch and not path.is_dir()):
            err.print(Text(f"There is no {'folder ' if watch else ''}{path}.", "red"))
            raise typer.Exit(2)
    if watch:
        _watch(paths, start)
        return
    unreadable: list[OSError] = []
    files = list(find_files(paths, unreadable.append))
    for error in unreadable:
        _print_failure(f"{error.filename}: {error.strerror}")
    rejected: dict[str, str] = {}
    with connect() as api, _progress() as progress:
        summary = start(api, files, progress, Listener(on_result=_print_result))
        if wait:
            task = progress.add_task("processing", total=len(summary.results), photos=True)
            rejected = wait_until_processed(
                api, summary, lambda: progress.advance(task), timeout_s=600
            )
    for name, reason in rejected.items():
        err.print(Text(f"not usable: {name}: {reason}", "red"), soft_wrap=True)
    out.print(summary.line(), markup=False)
    if summary.failures or rejected or unreadable:
        raise typer.Exit(1)


class _AmountColumn(ProgressColumn):
    """Bytes; photos of a task that has the field `photos`."""

    def __init__(self) -> None:
        super().__init__()
        self._bytes = DownloadColumn()
        self._photos = MofNCompleteColumn()

    def render(self, task: Task) -> Text:
        return (self._photos if task.fields.get("photos") else self._bytes).render(task)


def _progress(*, transient: bool = False) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        _AmountColumn(),
        TimeRemainingColumn(),
        console=err,
        transient=transient,
        # Bars that vanish leave an empty line where there is no terminal.
        disable=transient and not err.is_terminal,
    )


def _print_failure(failure: str) -> None:
    err.print(Text(f"failed: {failure}", "red"), soft_wrap=True)


def _print_result(result: Result) -> None:
    if result.reason:
        _print_failure(f"{result.file.path}: {result.reason}")
    if result.note:
        err.print(Text(f"uploaded {result.file.path} {result.note}", "yellow"), soft_wrap=True)


def _upload_files(
    api: Api,
    files: Sequence[LocalFile],
    progress: Progress,
    listener: Listener,
    *,
    parallel: int,
    on_duplicate: str,
    lane: str | None,
) -> Summary:
    """Upload files with a bar for the bytes read and one for those sent."""
    total = sum(file.size for file in files)
    read_task = progress.add_task("reading", total=total)
    send_task = progress.add_task("sending", total=total)

    def on_hash(count: int) -> None:
        listener.on_hash(count)
        progress.advance(read_task, count)

    def on_send(count: int) -> None:
        listener.on_send(count)
        progress.advance(send_task, count)

    uploader = Uploader(
        api,
        parallel=parallel,
        lane=lane or ("bulk" if len(files) >= BULK_FROM else "interactive"),
        on_duplicate=on_duplicate,
        listener=Listener(on_hash, on_send, listener.on_result),
    )
    return uploader.run(files)


def _watch(folders: Sequence[Path], start: Callable[..., Summary]) -> None:
    """Keep folders in sync until a signal; a second one ends the process at once."""
    stop, outage = threading.Event(), threading.Event()

    def on_signal(number: int, _frame: object) -> None:
        signal.signal(number, signal.SIG_DFL)
        stop.set()

    def sleep(seconds: float) -> None:
        if stop.wait(seconds):
            raise Interrupted

    def interrupt(_count: int) -> None:
        if stop.is_set():
            raise Interrupted

    def on_retry(reason: str, _wait: float) -> None:
        if not outage.is_set():
            outage.set()
            err.print(Text(f"waiting for the server: {reason}", "yellow"))

    def on_result(result: Result) -> None:
        if outage.is_set():
            outage.clear()
            err.print("[green]the server is back")
        sync.record(result)

    def upload(files: Sequence[LocalFile]) -> None:
        with _progress(transient=True) as progress:
            listener = Listener(interrupt, interrupt, on_result)
            summary = start(api, files, progress, listener)
        if len(summary.failures) < len(summary.results):
            out.print(f"{time.strftime('%H:%M:%S')} {summary.line()}", markup=False)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)
    sync = FolderSync(folders, upload, stop, on_failure=_print_failure)
    err.print(Text(f"Watching {', '.join(map(str, folders))}. Ctrl-C ends it."), soft_wrap=True)
    try:
        with connect(tries=UNLIMITED, sleep=sleep, on_retry=on_retry) as api:
            sync.run()
    finally:
        out.print(sync.summary.line(), markup=False)
    if sync.summary.failures:
        raise typer.Exit(1)


@app.command()
def status() -> None:
    """Show what the library holds, what is under way, what failed and why."""
    with connect() as api:
        me, usage = api.get("/me"), api.get("/me/usage")
        failed = api.get("/photos", status="failed", limit=50)["items"]
        processing = api.get("/photos", status="processing", limit=50)["items"]
    out.print(f"{me.get('email', '')} at {server_url()}")
    quota = usage["quota_bytes"]
    out.print(f"{usage['photos']} photos, {usage['bytes_used']:,} of {quota:,} bytes")
    for photo in processing:
        out.print(f"  under way: {photo['filename']}", markup=False)
    for photo in failed:
        failure = photo.get("failure") or {}
        out.print(f"  failed: {photo['filename']}: {failure.get('message', '')}", markup=False)


def _match_reasons(hit: dict[str, Any]) -> str:
    matched = hit["matched"]
    reasons = list(matched.get("text") or [])
    if matched.get("visual") is not None:
        reasons.append(f"looks like it ({matched['visual']:.2f})")
    return ", ".join(reasons)


def _thumbnails(
    photos: Sequence[dict[str, Any]], choice: bool | None
) -> Mapping[str, RenderableType]:
    """Return the thumbnails to show, by photo id; `choice` None leaves it to the terminal."""
    if choice is False or not photos:
        return {}
    # Pillow takes a tenth of a second to import.
    from pichaven_cli.thumbnails import has_graphics, is_terminal, render_thumbnails

    wanted = is_terminal() and (choice or has_graphics())
    return render_thumbnails(photos) if wanted else {}


@app.command()
def search(
    query: Annotated[str, typer.Argument(help="What the photos show or say.")],
    limit: Annotated[int, typer.Option(min=1, max=500)] = 20,
    facets: Annotated[
        str | None, typer.Option(help="Count the results by these: tags,months,cities …")
    ] = None,
    variants: Annotated[
        str | None, typer.Option(help="Sizes that the JSON has URLs of, such as 400,1920.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the server's JSON response.")
    ] = False,
    thumbnails: Annotated[
        bool | None,
        typer.Option(
            envvar="PICHAVEN_THUMBNAILS",
            help="Show pictures in the terminal; by default where it knows Sixel or Kitty's "
            "protocol, never where the output is no terminal.",
        ),
    ] = None,
) -> None:
    """Find photos by what is in them and what is written about them."""
    with connect() as api:
        page = api.get("/search", q=query, limit=limit, facets=facets, variants=variants)
    if as_json:
        typer.echo(json.dumps(page, indent=2))
        return
    pictures = _thumbnails([hit["photo"] for hit in page["items"]], thumbnails)
    table = Table(*([""] if pictures else []), "photo", "taken", "score", "why", "id")
    for hit in page["items"]:
        photo, score = hit["photo"], f"{hit['score']:.2f}"
        taken = str(photo["taken_at_local"])[:10]
        picture = [pictures.get(photo["id"], "")] if pictures else []
        table.add_row(
            *picture, Text(photo["filename"]), taken, score, _match_reasons(hit), photo["id"]
        )
    out.print(table)
    for name, values in (page["facets"] or {}).items():
        counts = ", ".join(f"{each['value']} {each['count']}" for each in values)
        out.print(f"{name}: {counts}", markup=False)
    model = f", embedding model {page['model']}" if page.get("model") else ""
    out.print(f"{page['total']} found in {page['took_ms']} ms{model}", markup=False)
    if page.get("degraded"):
        out.print(f"[yellow]Not searched just now: {', '.join(page['degraded'])}.")


@app.command()
def on_this_day(
    date: Annotated[
        str | None, typer.Option(help="Another day than today, such as 2026-11-29.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=500)] = 50,
) -> None:
    """Show the photos of this month and day in earlier years."""
    day = date or time.strftime("%Y-%m-%d")
    with connect() as api:
        page = api.get("/timeline/on-this-day", date=day, limit=limit)
    for year in page["items"]:
        out.print(f"[bold]{year['year']}[/bold]")
        for photo in year["photos"]:
            out.print(f"  {photo['taken_at_local'][11:16]}  {photo['id']}", markup=False)
    if not page["items"]:
        out.print(f"No photos of {day} in earlier years.", markup=False)
    elif page["next_cursor"]:
        out.print("There are more: --limit shows them.")


@app.command()
def download(
    photo_ids: Annotated[
        list[str] | None, typer.Argument(help="Ids, as `search` shows them.")
    ] = None,
    to: Annotated[Path, typer.Option(help="The folder to put them in.")] = Path(),
    query: Query = None,
    zip_file: Annotated[
        Path | None,
        typer.Option("--zip", metavar="FILE", help="Make one ZIP file of them instead."),
    ] = None,
) -> None:
    """Download originals and check them against their hash, or as one ZIP file."""
    selection = to_selection(photo_ids, query)
    if zip_file is not None:
        _download_zip(selection, zip_file)
        return
    if "ids" not in selection:
        raise typer.BadParameter("photos of a query come as one file: add --zip FILE")
    to.mkdir(parents=True, exist_ok=True)
    failed = False
    with connect() as api, Progress(console=err) as progress:
        for photo_id in selection["ids"]:
            photo = api.get(f"/photos/{photo_id}")
            task = progress.add_task(photo["filename"], total=photo["size"])
            try:
                path = download_photo(api, photo, to, partial(progress.advance, task))
            except DownloadError as error:
                failed = True
                err.print(f"[red]{error}")
            else:
                out.print(str(path), markup=False)
    if failed:
        raise typer.Exit(1)


def _download_zip(selection: dict[str, Any], path: Path) -> None:
    """Write the photos to a file; exit with code 1 where one of them is not in it."""
    if path.exists():
        err.print(Text(f"{path} is there already and stays as it is.", "red"), soft_wrap=True)
        raise typer.Exit(1)
    with connect() as api, _progress() as progress:
        download = api.post("/downloads", selection)
        task = progress.add_task(path.name, total=download["size"])
        try:
            download_archive(api, download, path, partial(progress.advance, task))
        except DownloadError as error:
            err.print(Text(str(error), "red"), soft_wrap=True)
            raise typer.Exit(1) from None
    for failure in download["failures"]:
        _print_failure(f"{failure['id']}: {failure['detail']}")
    failed = download["failed"]
    out.print(f"{path}: {download['count']} photos, {failed} failed", markup=False)
    if failed:
        raise typer.Exit(1)


if __name__ == "__main__":
    app()
