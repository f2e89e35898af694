"""`pichaven time` and `pichaven on-this-day`: what they ask the server for, and what they print."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from click.testing import Result
from typer.testing import CliRunner

from pichaven_chassis.ids import new_id
from pichaven_cli import __main__
from pichaven_cli.times import to_iso_duration
from pichaven_gallery.photos.schemas import Batch, PhotoPatch
from pichaven_gallery.timeline.schemas import TimelineSettings
from testing.http_server import respond_with


@dataclass
class Library:
    """A server with a library, which checks bodies as the gallery does."""

    photos: list[dict[str, Any]] = field(default_factory=list)
    batches: list[Batch] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    queries: list[dict[str, str]] = field(default_factory=list)
    home_zone: str | None = None
    failing: set[str] = field(default_factory=set)
    refuse_after: int = 1_000

    def get(self, path: str, query: dict[str, str]) -> Any:
        self.queries.append(query)
        if path == "/timeline/settings":
            return {"home_zone": self.home_zone}
        if path == "/timeline/on-this-day":
            photo = {"id": "p1", "taken_at_local": "2024-11-29T08:05:00"}
            items = [{"year": 2024, "photos": [photo]}] if query["date"] == "2026-11-29" else []
            return {"date": query["date"], "items": items, "next_cursor": None}
        start = int(query.get("cursor", 0))
        end = start + 2
        return {
            "items": self.photos[start:end],
            "next_cursor": str(end) if end < len(self.photos) else None,
        }

    def change(self, path: str, body: Any, key: str | None) -> Any:
        if path == "/timeline/settings":
            self.home_zone = TimelineSettings.model_validate(body).home_zone
            return body
        if path.startswith("/photos/") and path != "/photos/batch":
            local = PhotoPatch.model_validate(body).to_patch().taken_at
            return {
                "filename": "a.jpg",
                "taken_at_local": local.local.isoformat() if local else "2020-01-01T00:00:00",
                "taken_at_offset": "+09:00",
                "taken_at_source": "user",
            }
        if len(self.batches) >= self.refuse_after:
            return None
        batch = Batch.model_validate(body)
        self.batches.append(batch)
        self.keys.append(key)
        return {
            "results": [
                {"id": each, "ok": each not in self.failing, "detail": "Not found."}
                for each in batch.ids
            ]
        }


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Library]:
    library = Library()

    def respond(request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/api/v1")
        if request.method == "GET":
            body = library.get(path, dict(parse_qsl(request.url.query.decode())))
        else:
            key = request.headers.get("idempotency-key")
            body = library.change(path, json.loads(request.content), key)
        problem = {"code": "quota_exceeded", "detail": "No."}
        return httpx.Response(200 if body else 403, json=body or problem)

    with respond_with(respond) as url:
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
        monkeypatch.setenv("PICHAVEN_API_KEY", "key")
        monkeypatch.setenv("PICHAVEN_URL", url)
        yield library


def _run(*arguments: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(__main__.app, arguments, input=typed)


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("-8h", "-PT8H"),
        ("+1d2h30m", "P1DT2H30M"),
        ("90s", "PT90S"),
        ("1d", "P1D"),
        ("-PT8H", "-PT8H"),
        ("p1d", "P1D"),
    ],
)
def test_a_duration_is_written_short_or_as_iso_8601(text: str, duration: str) -> None:
    assert to_iso_duration(text) == duration


@pytest.mark.parametrize("text", ["", "-", "8", "P", "8 hours", "h"])
def test_what_is_no_duration_is_refused_before_anything_is_sent(
    library: Library, text: str
) -> None:
    result = _run("time", "shift", f"--by={text}", "--yes", "p1")

    assert result.exit_code == 2
    assert library.batches == []


def test_the_named_photos_are_shifted_once_each(library: Library) -> None:
    result = _run("time", "shift", "--by", "-8h", "p1", "p2", "p1", typed="y\n")

    assert result.exit_code == 0, result.output
    assert "Shift 2 photos by -8h?" in result.output
    assert "2 photos = 2 changed + 0 failed" in result.output
    [batch] = library.batches
    assert (batch.ids, batch.action) == (["p1", "p2"], "shift_time")
    assert batch.shift is not None
    assert batch.shift.total_seconds() == -8 * 3600
    assert library.keys[0]


def test_many_photos_go_in_batches_with_a_key_for_each(library: Library) -> None:
    ids = [new_id() for _ in range(501)]

    result = _run("time", "shift", "--by=1h", "--yes", *ids)

    assert result.exit_code == 0, result.output
    assert [len(batch.ids) for batch in library.batches] == [500, 1]
    assert len(set(library.keys)) == 2


def test_where_a_shift_ends_the_photos_that_are_left_are_named(library: Library) -> None:
    ids = [new_id() for _ in range(501)]
    library.refuse_after = 1

    result = _run("time", "shift", "--by=1h", "--yes", *ids)

    assert result.exit_code == 1
    assert "500 photos were changed; these may not be:" in result.output
    assert ids[500] in result.output
    assert ids[0] not in result.output


def test_filters_choose_among_all_photos_of_the_library(library: Library) -> None:
    library.photos = [
        {"id": f"p{number}", "exif": {"camera": camera}}
        for number, camera in enumerate(("Nikon D850", "Canon", None, "nikon d850", "Nikon"))
    ]

    result = _run(
        *("time", "zone", "Asia/Tokyo", "--yes"),
        *("--from", "2024-01-01", "--to", "2024-01-31", "--tag", "japan"),
        *("--camera", "Nikon D850"),
    )

    assert result.exit_code == 0, result.output
    [batch] = library.batches
    assert (batch.ids, batch.time_zone) == (["p0", "p3"], "Asia/Tokyo")
    assert [query.get("cursor") for query in library.queries] == [None, "2", "4"]
    for query in library.queries:
        assert (query["from"], query["to"], query["tag"]) == ("2024-01-01", "2024-01-31", "japan")


def test_nothing_changes_without_consent(library: Library) -> None:
    assert _run("time", "shift", "--by=1h", "p1", typed="n\n").exit_code == 1
    assert library.batches == []


@pytest.mark.parametrize("arguments", [(), ("p1", "--camera", "Nikon")])
def test_photos_are_named_by_ids_or_by_filters(
    library: Library, arguments: tuple[str, ...]
) -> None:
    result = _run("time", "shift", "--by=1h", "--yes", *arguments)

    assert result.exit_code == 2
    assert library.batches == []


def test_a_photo_that_cannot_be_changed_is_named(library: Library) -> None:
    library.failing = {"p2"}

    result = _run("time", "zone", "+09:00", "p1", "p2", "--yes")

    assert result.exit_code == 1
    assert "failed: p2: Not found." in result.output
    assert "2 photos = 1 changed + 1 failed" in result.output


def test_one_photo_gets_a_time_and_the_files_back(library: Library) -> None:
    result = _run("time", "set", "p1", "2024-01-01T00:30+09:00")
    assert "a.jpg: 2024-01-01T00:30:00 +09:00 (from: user)" in result.output
    assert "2020-01-01T00:00:00" in _run("time", "set", "p1", "--from-file").output
    assert _run("time", "set", "p1").exit_code == 2


def test_the_home_zone_is_shown_set_and_forgotten(library: Library) -> None:
    assert _run("time", "home").output == "No home zone is set.\n"
    assert _run("time", "home", "Europe/Lisbon").output == "Europe/Lisbon\n"
    assert library.home_zone == "Europe/Lisbon"
    assert _run("time", "home").output == "Europe/Lisbon\n"
    assert _run("time", "home", "--none").output == "No home zone is set.\n"
    assert library.home_zone is None


def test_photos_of_this_day_are_listed_by_year(library: Library) -> None:
    assert _run("on-this-day", "--date", "2026-11-29").output == "2024\n  08:05  p1\n"
    none = _run("on-this-day", "--date", "2026-11-30").output
    assert none == "No photos of 2026-11-30 in earlier years.\n"
