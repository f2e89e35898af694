"""A month of the timeline by photo, as a client reads its columns."""

from datetime import datetime, timedelta
from typing import Any

_COLUMNS = ("id", "name", "status", "aspect_ratio", "blurhash", "offset", "favorite", "duration")


def to_rows(month: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a dictionary for each photo, with its wall time and the URL of its thumbnail."""
    start = datetime.fromisoformat(f"{month['month']}-01")
    columns = {name: month[name] for name in _COLUMNS} | {
        "taken_at_local": [
            (start + timedelta(seconds=second)).isoformat() for second in month["second"]
        ],
        "thumbnail_url": _urls(month),
    }
    return [
        dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)
    ]


def _urls(month: dict[str, Any]) -> list[str | None]:
    parts = zip(
        *(month[name] for name in ("id", "thumbnail_template", "thumbnail_key")),
        month["thumbnail_signature"],
        strict=True,
    )
    templates = month["thumbnail_templates"]
    return [
        None
        if template is None
        else templates[template]
        .replace("{id}", photo_id)
        .replace("{key}", key)
        .replace("{signature}", signature)
        for photo_id, template, key, signature in parts
    ]
