"""Every route and every dependency of a route is a coroutine function.

FastAPI runs plain functions in a thread pool: a switch of threads costs more than the work of
microseconds, and under load the pool is a queue of its own.
"""

import importlib
import inspect
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from pichaven_chassis.runtime import Role, Service
from pichaven_local.platform import load_table

WITH_ROUTES = [name for name, entry in load_table().services.items() if "api" in entry.roles]


def _calls(dependant: Dependant) -> Iterator[Any]:
    yield dependant.call
    for each in dependant.dependencies:
        yield from _calls(each)


def _is_coroutine(call: Any) -> bool:
    return inspect.iscoroutinefunction(call) or inspect.iscoroutinefunction(
        getattr(call, "__call__", None)  # noqa: B004
    )


@pytest.mark.parametrize("name", WITH_ROUTES)
async def test_every_route_and_its_dependencies_are_coroutines(name: str) -> None:
    bootstrap = importlib.import_module(f"pichaven_{name}.bootstrap")
    service: Service = await bootstrap.build(Role.API)
    try:
        routes = [
            route
            for router in (*service.routers, *service.internal_routers)
            for route in router.routes
            if isinstance(route, APIRoute)
        ]
        assert routes
        plain = {
            f"{route.path}: {call.__qualname__}"
            for route in routes
            for call in _calls(route.dependant)
            if not _is_coroutine(call)
        }
        assert not plain
    finally:
        for close in service.close:
            await close()
