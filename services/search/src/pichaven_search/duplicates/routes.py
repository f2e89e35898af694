"""Routes of near duplicates."""

from typing import Annotated, Final

from fastapi import APIRouter, Query, Response

from pichaven_chassis.auth import Writer
from pichaven_chassis.http import PublicBase
from pichaven_chassis.ids import PathId
from pichaven_chassis.pagination import Cursor, InvalidCursor, TimeCursor
from pichaven_chassis.parameters import UnknownName
from pichaven_chassis.problems import NotFound, Unauthorized, Unavailable, problem_responses
from pichaven_search.audience import Audience, CurrentAudience
from pichaven_search.container import Injected
from pichaven_search.duplicates.grouping import Tier
from pichaven_search.duplicates.schemas import DuplicatesPage
from pichaven_search.photos.parameters import Variants
from pichaven_search.photos.presentation import json_response

router: Final = APIRouter(tags=["search"])


@router.get(
    "/duplicates",
    response_model=DuplicatesPage,
    responses=problem_responses(InvalidCursor, UnknownName, Unauthorized, Unavailable),
)
async def duplicates(
    audience: CurrentAudience,
    base_url: PublicBase,
    variants: Variants,
    container: Injected,
    tier: Annotated[
        Tier,
        Query(
            description="`same`: one picture in several files; `moment`: taken within a minute.",
            examples=["same"],
        ),
    ] = Tier.SAME,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=100, description="Groups in a page.", examples=[20])] = 20,
) -> Response:
    """Own photos that are nearly the same, in groups, those with the newest photos first.

    Comparing a library takes up to some seconds; its pages are then of one comparison.
    """
    page = await container.find_near_duplicates(
        tier, audience, after=TimeCursor.decode(cursor), limit=limit
    )
    return json_response(
        {
            "items": [
                {
                    "id": each.group.id,
                    "tier": tier.value,
                    "photos": [
                        container.presenter.to_json(photo, base_url, audience, variants)
                        for photo in each.photos
                    ],
                    "count": len(each.group.photo_ids),
                    "keeper": each.keeper,
                    "why": list(each.why),
                    "likeness": each.group.likeness,
                }
                for each in page.groups
            ],
            "total": page.total,
            "dismissed": page.dismissed,
            "complete": page.complete,
            "model": page.model,
            "next_cursor": page.next_cursor.encode() if page.next_cursor else None,
        }
    )


@router.put(
    "/duplicates/{group_id}/dismissal",
    status_code=204,
    responses=problem_responses(Unauthorized, NotFound, Unavailable),
)
async def dismiss_duplicates(group_id: PathId, user: Writer, container: Injected) -> None:
    """Keep all photos of a group: it is listed no more, unless it gets another photo."""
    await container.find_near_duplicates.dismiss(group_id, Audience(user.user_id))


@router.delete(
    "/duplicates/{group_id}/dismissal",
    status_code=204,
    responses=problem_responses(Unauthorized, NotFound),
)
async def restore_duplicates(group_id: PathId, user: Writer, container: Injected) -> None:
    """List a dismissed group again."""
    await container.find_near_duplicates.restore(group_id, Audience(user.user_id))


@router.delete("/duplicates/dismissals", status_code=204, responses=problem_responses(Unauthorized))
async def restore_all_duplicates(user: Writer, container: Injected) -> None:
    """List all dismissed groups again."""
    await container.find_near_duplicates.restore_all(Audience(user.user_id))
