"""What a router declares."""

import pytest

from pichaven_chassis.events import EventBroker, EventRouter
from pichaven_chassis.settings import KafkaSettings
from pichaven_contracts import topics
from pichaven_contracts.photo import (
    PhotoChanged,
    PhotoProcessed,
    PhotoPurged,
    PhotoRejected,
)
from testing.sample_router import sample_router


def test_handlers_of_one_group_share_a_subscription() -> None:
    subscriptions = sample_router().subscriptions

    assert set(subscriptions) == {"upload", "upload-commands", "index"}
    assert subscriptions["upload"].types == {PhotoProcessed, PhotoRejected}
    assert subscriptions["upload"].max_handling_s == 90
    assert subscriptions["index"].topics == [topics.LIBRARY, topics.TEXT]


def test_a_type_has_one_handler_in_a_group() -> None:
    router = sample_router()
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
    broker = EventBroker(KafkaSettings(), "upload", routers=[sample_router()])
    broker.configure("upload", workers=4)
    with pytest.raises(KeyError):
        broker.configure("upload-processing", workers=4)
