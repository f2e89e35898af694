"""Write docs/events/asyncapi.json: channels and messages of the contracts, operations of the
services' event routers.

    python docs/events/generate.py
"""

import importlib
import json
from pathlib import Path
from typing import Any, Final

from pichaven_chassis.events import EventRouter, asyncapi_document
from pichaven_contracts.registry import EVENTS

PROJECT: Final = Path(__file__).resolve().parents[2]
TARGET: Final = Path(__file__).with_name("asyncapi.json")


def event_routers() -> list[EventRouter]:
    """Return the router of every `subscribers` module of the services."""
    routers: list[EventRouter] = []
    for path in sorted(PROJECT.glob("services/*/src/*/**/subscribers.py")):
        package = path.relative_to(next(it for it in path.parents if it.name == "src"))
        module = importlib.import_module(".".join(package.with_suffix("").parts))
        routers.append(module.router)
    return routers


def document() -> dict[str, Any]:
    """Return the AsyncAPI document of all services."""
    published = {
        service: [event for event in EVENTS.values() if service in event.topics[0].producers]
        for service in sorted({name for it in EVENTS.values() for name in it.topics[0].producers})
    }
    return asyncapi_document(event_routers(), published)


def as_text() -> str:
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    TARGET.write_text(as_text())
