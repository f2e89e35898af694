"""The service behind a FastAPI application."""

from typing import TYPE_CHECKING

from fastapi import FastAPI

if TYPE_CHECKING:
    from pichaven_chassis.runtime import Service


def service_of(app: FastAPI) -> "Service":
    """Return the service that `create_app` was given."""
    service: Service = app.state.service
    return service
