"""Events about accounts. They carry no address and no name: those stay with identity."""

from typing import ClassVar

from pichaven_contracts import topics
from pichaven_contracts.event import Event, Id
from pichaven_contracts.topics import Topic


class UserRegistered(Event):
    """An account came to be."""

    event_type: ClassVar[str] = "user.registered.v1"
    topics: ClassVar[tuple[Topic, ...]] = (topics.IDENTITY,)

    user_id: Id

    @property
    def key(self) -> str:
        return self.user_id
