"""All of identity's routers."""

from collections.abc import Sequence

from fastapi import APIRouter

from pichaven_identity.accounts import routes as me_routes
from pichaven_identity.reference import routes as reference
from pichaven_identity.sessions import routes as auth_routes
from pichaven_identity.signing_keys import routes as inside_routes


def routers() -> Sequence[APIRouter]:
    """Those under /api/v1."""
    return (
        auth_routes.router(),
        me_routes.router(),
        inside_routes.key_set_router(),
        reference.document_router(),
    )


def internal_routers() -> Sequence[APIRouter]:
    """Those at the root: for the other services and the gateway, and the reference page."""
    return (
        inside_routes.key_set_router(in_schema=False),
        inside_routes.router(),
        reference.page_router(),
    )
