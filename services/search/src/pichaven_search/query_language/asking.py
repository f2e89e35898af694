"""What is asked for: the one text, where its dates are, and what it is understood to mean."""

from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends, Query, Request

from pichaven_chassis.clock import Clock
from pichaven_search.query_language.errors import InvalidFilter
from pichaven_search.query_language.query import LONGEST_QUERY
from pichaven_search.query_language.understanding import Understood, understand

Asked = Annotated[
    str,
    Query(
        description=f"What is looked for, at most {LONGEST_QUERY} characters; may be empty. "
        'Words, dates in words, `field:value`, `"a phrase"` and `-what is not wanted`.'
    ),
]


async def read_zone(
    tz: Annotated[
        str,
        Query(description="The IANA zone of dates that tell none, `Europe/Vienna`.", max_length=64),
    ] = "UTC",
) -> ZoneInfo:
    """Raises `InvalidFilter`."""
    try:
        return ZoneInfo(tz or "UTC")
    except (ValueError, OSError, KeyError):
        raise InvalidFilter("tz", "Not the name of a time zone, as Europe/Vienna is.") from None


Zone = Annotated[ZoneInfo, Depends(read_zone)]


async def read_understood(
    request: Request,
    zone: Zone,
    q: Asked = "",
    literal: Annotated[bool, Query(description="Take all of `q` as plain words.")] = False,
) -> Understood:
    """Raises `QueryTooLong`."""
    clock: Clock = request.app.state.clock
    return understand(q, now=clock(), zone=zone, literal=literal)
