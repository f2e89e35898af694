"""The route of near duplicates."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Response

from pichaven_chassis.auth import Reader
from pichaven_chassis.http import PublicBase
from pichaven_chassis.ids import is_id
from pichaven_chassis.pagination import InvalidCursor, decode_cursor, encode_cursor
from pichaven_chassis.problems import Unauthorized, Unavailable, problem_responses
from pichaven_search.container import Injected
from pichaven_search.duplicates.grouping import Tier
from pichaven_search.duplicates.schemas import DuplicatesPage
from pichaven_search.photos.presentation import json_response

router: Final = APIRouter(tags=["search"])

_LATEST_MS: Final = 253_402_300_799_999


async def read_group(
    cursor: Annotated[str | None, Query(description="`next_cursor` of the page before.")] = None,
) -> tuple[int, str] | None:
    """Where the page before ended. Raises `InvalidCursor`."""
    values = decode_cursor(cursor)
    if values is None:
        return None
    at, group_id = values.get("t"), values.get("i")
    if (
        not isinstance(at, int)
        or isinstance(at, bool)
        or abs(at) > _LATEST_MS
        or not isinstance(group_id, str)
        or not is_id(group_id)
    ):
        raise InvalidCursor("Pass the next_cursor of the page before, unchanged.")
    return at, group_id


@router.get(
    "/duplicates",
    response_model=DuplicatesPage,
    responses=problem_responses(InvalidCursor, Unauthorized, Unavailable),
)
async def duplicates(
    user: Reader,
    base_url: PublicBase,
    after: Annotated[tuple[int, str] | None, Depends(read_group)],
    container: Injected,
    tier: Annotated[
        Tier,
        Query(description="`same`: one picture in several files; `moment`: taken within a minute."),
    ] = Tier.SAME,
    limit: Annotated[int, Query(ge=1, le=100, description="Groups in a page.")] = 20,
) -> Response:
    """Own photos that are nearly the same, in groups, those with the newest photos first.

    Comparing a library takes up to some seconds; its pages are then of one comparison.
    """
    page = await container.find_near_duplicates(
        tier, owner_id=user.user_id, after=after, limit=limit
    )
    return json_response(
        {
            "items": [
                {
                    "id": each.group.id,
                    "tier": tier.value,
                    "photos": [
                        container.presenter.to_json(photo, base_url) for photo in each.photos
                    ],
                    "count": len(each.group.photo_ids),
                    "keeper": each.keeper,
                    "why": list(each.why),
                    "likeness": each.group.likeness,
                }
                for each in page.groups
            ],
            "total": page.total,
            "complete": page.complete,
            "model": page.model,
            "next_cursor": encode_cursor({"t": page.following[0], "i": page.following[1]})
            if page.following
            else None,
        }
    )
