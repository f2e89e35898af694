"""`pichaven time`: wrong camera clocks, time zones, the home zone."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Final

import typer
from rich.progress import Progress
from rich.text import Text

from pichaven_cli.api import Api, ApiProblem, Unreachable
from pichaven_cli.connection import connect, err, out
from pichaven_cli.jobs import Job, count_photos, run_job
from pichaven_cli.queries import ChangedBy, Query, to_query

app = typer.Typer(help="Mend wrong camera clocks and time zones.", no_args_is_help=True)

_BATCH: Final = 500
_DURATION: Final = re.compile(
    r"(?P<sign>[+-]?)(?:(?P<days>\d+)d)?(?:(?P<hours>\d+)h)?(?:(?P<minutes>\d+)m)?"
    r"(?:(?P<seconds>\d+)s)?",
    re.IGNORECASE,
)
_ISO_DURATION: Final = re.compile(r"[+-]?P(?=.)[0-9YMWDTHS.]+", re.IGNORECASE)

Ids = Annotated[
    list[str] | None, typer.Argument(help="Ids, as `search` shows them; or use the filters.")
]
From = Annotated[str | None, typer.Option("--from", help="Photos taken from this date or time on.")]
To = Annotated[str | None, typer.Option("--to", help="Photos taken up to this date or time.")]
Tag = Annotated[str | None, typer.Option(help="Photos with this tag.")]
Camera = Annotated[str | None, typer.Option(help="Photos of this camera, as the library has it.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def to_iso_duration(text: str) -> str:
    """Return `-1d2h30m` as `-P1DT2H30M`; an ISO 8601 duration stays. Raises `typer.BadParameter`.

    The server checks the duration itself.
    """
    stripped = text.strip()
    if _ISO_DURATION.fullmatch(stripped):
        return stripped.upper()
    match = _DURATION.fullmatch(stripped)
    values = match.groupdict() if match else {}
    if match is None or not any(values[name] for name in ("days", "hours", "minutes", "seconds")):
        raise typer.BadParameter("write it like -8h, +1d2h30m or -PT8H", param_hint="--by")
    clock = "".join(
        f"{values[name]}{unit}"
        for name, unit in (("hours", "H"), ("minutes", "M"), ("seconds", "S"))
        if values[name]
    )
    sign = "-" if values["sign"] == "-" else ""
    days = f"{values['days']}D" if values["days"] else ""
    return f"{sign}P{days}{'T' + clock if clock else ''}"


@app.command()
def shift(
    by: Annotated[str, typer.Option(help="What is added to each time: -8h, +1d2h30m, -PT8H.")],
    ids: Ids = None,
    from_: From = None,
    to: To = None,
    tag: Tag = None,
    camera: Camera = None,
    query: Query = None,
    changed_by: ChangedBy = None,
    yes: Yes = False,
) -> None:
    """Shift the times of photos whose camera had a wrong clock.

    Each photo is shifted once, also where the connection breaks meanwhile. Running
    the command again shifts again.
    """
    duration = to_iso_duration(by)
    action = {"action": "shift_time", "shift": duration}
    question = f"Shift %s by {by}?"
    selection = _to_job_selection(query, changed_by, (ids, from_, to, tag, camera))
    if selection is not None:
        undo = f"pichaven time shift --by={_opposite(duration)}"
        _change_by_job(selection, action, question, undo, yes=yes)
        return
    _change(
        lambda api: select_photos(api, ids or [], from_, to, tag, camera),
        action,
        question,
        yes=yes,
    )


@app.command()
def zone(
    zone: Annotated[str, typer.Argument(help="Such as Asia/Tokyo, or an offset: +09:00.")],
    ids: Ids = None,
    from_: From = None,
    to: To = None,
    tag: Tag = None,
    camera: Camera = None,
    query: Query = None,
    changed_by: ChangedBy = None,
    yes: Yes = False,
) -> None:
    """Set the time zone where photos were taken. The time on a camera's clock stays."""
    action = {"action": "set_time_zone", "time_zone": zone}
    question = f"Set the zone of %s to {zone}?"
    selection = _to_job_selection(query, changed_by, (ids, from_, to, tag, camera))
    if selection is not None:
        _change_by_job(selection, action, question, None, yes=yes)
        return
    _change(
        lambda api: select_photos(api, ids or [], from_, to, tag, camera),
        action,
        question,
        yes=yes,
    )


@app.command("set")
def set_time(
    photo_id: Annotated[str, typer.Argument(help="As `search` shows it.")],
    time: Annotated[
        str | None,
        typer.Argument(help="2024-01-01T00:30, with its offset (+09:00) or without."),
    ] = None,
    from_file: Annotated[
        bool, typer.Option("--from-file", help="Go back to the time in the file.")
    ] = False,
) -> None:
    """Set the time of one photo, as a clock on the spot showed it."""
    if (time is None) is not from_file:
        raise typer.BadParameter("give a time, or --from-file", param_hint="TIME")
    with connect() as api:
        photo = api.call("PATCH", f"/photos/{photo_id}", json={"taken_at": time})
    offset, source = photo["taken_at_offset"], photo["taken_at_source"]
    time_zone = f"{offset} (from: {source})" if offset else "without a zone"
    out.print(f"{photo['filename']}: {photo['taken_at_local']} {time_zone}", markup=False)


@app.command()
def home(
    zone: Annotated[
        str | None, typer.Argument(help="Such as Europe/Lisbon; without it the zone is shown.")
    ] = None,
    none: Annotated[bool, typer.Option("--none", help="Forget the home zone.")] = False,
) -> None:
    """Show or set the zone that you live in, for times that come without a zone."""
    if none and zone is not None:
        raise typer.BadParameter("give a zone, or --none", param_hint="ZONE")
    with connect() as api:
        if none or zone is not None:
            settings = api.call("PUT", "/timeline/settings", json={"home_zone": zone})
        else:
            settings = api.get("/timeline/settings")
    out.print(settings["home_zone"] or "No home zone is set.", markup=False)


def select_photos(
    api: Api,
    ids: Sequence[str],
    from_: str | None,
    to: str | None,
    tag: str | None,
    camera: str | None,
) -> list[str]:
    """Return the given ids, or those of the photos that all filters fit.

    Raises `typer.BadParameter` for neither and for both.
    """
    has_filters = any(value is not None for value in (from_, to, tag, camera))
    if bool(ids) is has_filters:
        raise typer.BadParameter("name photos by their ids, or by filters", param_hint="IDS")
    if ids:
        return list(dict.fromkeys(ids))
    filters = {"from": from_, "to": to, "tag": tag}
    return [photo["id"] for photo in _library(api, filters) if _is_of(photo, camera)]


def _opposite(duration: str) -> str:
    """Return the ISO 8601 duration that takes this one back."""
    return duration[1:] if duration.startswith("-") else f"-{duration.removeprefix('+')}"


def _to_job_selection(
    query: Sequence[str] | None, changed_by: str | None, others: Sequence[object]
) -> dict[str, Any] | None:
    """Return what the server selects by itself; None where it is named otherwise.

    Raises `typer.BadParameter` for more than one way.
    """
    if not query and changed_by is None:
        return None
    if (query and changed_by is not None) or any(others):
        raise typer.BadParameter("it goes with no ids and no other filters", param_hint="--query")
    return {"query": to_query(query)} if query else {"changed_by": changed_by}


def _is_of(photo: dict[str, Any], camera: str | None) -> bool:
    name = (photo.get("exif") or {}).get("camera") or ""
    return camera is None or name.casefold() == camera.casefold()


def _library(api: Api, filters: dict[str, Any]) -> Iterator[dict[str, Any]]:
    cursor = None
    while True:
        page = api.get("/photos", limit=500, cursor=cursor, sort="created_at", **filters)
        yield from page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return


def _change(
    select: Callable[[Api], list[str]], action: dict[str, str], question: str, *, yes: bool
) -> None:
    """Run an action on the selected photos; exit with code 1 where one of them failed."""
    with connect() as api:
        photo_ids = select(api)
        if not photo_ids:
            out.print("No photo fits.")
            return
        number = _number(len(photo_ids))
        if not yes and not typer.confirm(question % number):
            raise typer.Exit(1)
        changed, failed = _run_batches(api, photo_ids, action)
    out.print(f"{number} = {changed} changed + {failed} failed", markup=False)
    if failed:
        raise typer.Exit(1)


def _change_by_job(
    selection: Mapping[str, Any],
    action: dict[str, str],
    question: str,
    undo: str | None,
    *,
    yes: bool,
) -> None:
    """Have the server change the photos; exit with code 1 where one of them failed.

    `undo` is the command that takes it back, without its selection.
    """
    with connect() as api:
        count = count_photos(api, selection)
        if not count:
            out.print("No photo fits.")
            return
        if not yes and not typer.confirm(question % _number(count)):
            raise typer.Exit(1)
        with Progress(console=err, transient=True, disable=not err.is_terminal) as progress:
            task = progress.add_task("changing", total=count)

            def show(job: Job) -> None:
                progress.update(task, total=job["matched"], completed=job["done"] + job["failed"])

            job = run_job(api, selection, action, show)
    for failure in job["failures"]:
        err.print(Text(f"failed: {failure['id']}: {failure['detail']}", "red"), soft_wrap=True)
    unchanged = job["done"] - job["changed"]
    line = f"{job['changed']} changed + {unchanged} unchanged + {job['failed']} failed"
    out.print(f"{_number(job['matched'])} = {line}", markup=False)
    if undo is not None and job["changed"]:
        out.print(f"To undo it: {undo} --changed-by {job['id']}", markup=False, soft_wrap=True)
    if job["failed"]:
        raise typer.Exit(1)


def _number(count: int) -> str:
    return f"{count} {'photo' if count == 1 else 'photos'}"


def _run_batches(api: Api, photo_ids: Sequence[str], action: dict[str, str]) -> tuple[int, int]:
    """Return how many photos were changed, and how many were not."""
    changed = 0
    for start in range(0, len(photo_ids), _BATCH):
        batch = list(photo_ids[start : start + _BATCH])
        try:
            results = api.post_once("/photos/batch", {"ids": batch, **action})["results"]
        except (ApiProblem, Unreachable):
            # A repetition of a shift shifts again: say where it can go on.
            err.print(Text(f"{start} photos were changed; these may not be:", "yellow"))
            err.print("\n".join(photo_ids[start:]), markup=False, soft_wrap=True)
            raise
        for result in results:
            if result["ok"]:
                changed += 1
            else:
                message = f"failed: {result['id']}: {result['detail']}"
                err.print(Text(message, "red"), soft_wrap=True)
    return changed, len(photo_ids) - changed
