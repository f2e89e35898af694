"""What a router declares."""

import pytest

from pichaven_chassis.events import Delivery, EventBroker, EventRouter
from pichaven_chassis.settings import KafkaSettings
from pichaven_contracts import topics
from pichaven_contracts.photo import (
    PhotoChanged,
    PhotoProcessed,
    PhotoProgressed,
    PhotoPurged,
    PhotoRejected,
    PhotoTextRead,
)


def _router() -> EventRouter:
    router = EventRouter("upload")

    @router.on(topics.PROCESSING, PhotoProcessed, group="upload")
    async def verify(event: PhotoProcessed) -> None: ...

    @router.on(topics.PROCESSING, PhotoRejected, group="upload", max_handling_s=90)
    async def reject(event: PhotoRejected) -> None: ...

    @router.on(topics.COMMANDS, PhotoPurged)
    async def purge(event: PhotoPurged) -> None: ...

    @router.on_batch(
        topics.LIBRARY, topics.TEXT, types={PhotoChanged, PhotoTextRead}, group="index"
    )
    async def index(deliveries: list[Delivery]) -> None: ...

    @router.on_every_replica(topics.PROGRESS, PhotoProgressed)
    async def show(event: PhotoProgressed) -> None: ...

    return router


def test_handlers_of_one_group_share_a_subscription() -> None:
    subscriptions = _router().subscriptions

    assert set(subscriptions) == {"upload", "upload-commands", "index"}
    assert subscriptions["upload"].types == {PhotoProcessed, PhotoRejected}
    assert subscriptions["upload"].max_handling_s == 90
    assert subscriptions["index"].topics == [topics.LIBRARY, topics.TEXT]


def test_a_type_has_one_handler_in_a_group() -> None:
    router = _router()
    with pytest.raises(ValueError, match="upload has a handler"):

        @router.on(topics.PROCESSING, PhotoRejected, group="upload")
        async def again(event: PhotoRejected) -> None: ...

    other = EventRouter("upload")

    @other.on(topics.LIBRARY, PhotoChanged, group="index")
    async def beside_a_batch(event: PhotoChanged) -> None: ...

    with pytest.raises(ValueError, match="index has a handler"):
        EventBroker(KafkaSettings(), "upload", routers=[router, other])


def test_a_handler_has_one_argument_beside_the_injected_ones() -> None:
    router = EventRouter("upload")
    with pytest.raises(
        TypeError, match=r"must take exactly one argument besides .*`Meta`, `EventContainer`"
    ):

        @router.on(topics.COMMANDS, PhotoPurged)
        async def purge(event: PhotoPurged, dry_run: bool = False) -> None: ...


def test_only_what_a_router_declares_can_be_configured() -> None:
    broker = EventBroker(KafkaSettings(), "upload", routers=[_router()])
    broker.configure("upload", workers=4)
    with pytest.raises(KeyError):
        broker.configure("upload-processing", workers=4)
