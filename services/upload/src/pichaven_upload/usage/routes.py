"""`/me/usage`."""

from fastapi import APIRouter

from pichaven_chassis.auth import CurrentUser
from pichaven_upload.container import Injected
from pichaven_upload.usage.queries import Usage

router = APIRouter(tags=["upload"])


@router.get("/me/usage")
async def get_usage(user: CurrentUser, container: Injected) -> Usage:
    """Your usage of your quota and limits."""
    return await container.get_usage(user.user_id)
