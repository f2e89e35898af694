"""What a handler may ask for beside its event, by the type of the argument."""

from collections.abc import Callable
from typing import Annotated, Any, Final, TypeVar

from fast_depends.library import CustomField
from faststream import ContextRepo

from pichaven_chassis.events.cloud_events import read_meta
from pichaven_chassis.events.delivery import EventMeta

C = TypeVar("C")
CONTAINER: Final = "container"


class _FromContext(CustomField):
    """An argument taken from FastStream's context.

    FastDepends runs the plain `use` of FastStream's own `Context()` in a thread for every
    record, which took 0.4 ms or more; a coroutine it awaits.
    """

    def __init__(self, resolve: Callable[[ContextRepo], object]) -> None:
        super().__init__(cast=False)
        self._resolve = resolve

    async def use(self, /, **kwargs: Any) -> dict[str, Any]:  # type: ignore[override]
        return kwargs | {str(self.param_name): self._resolve(kwargs["context__"])}


def container_of(cls: type[C]) -> CustomField:
    """Return the annotation that gives a handler its service's container.

    `EventContainer = Annotated[Container, container_of(Container)]`
    """

    def get_container(context: ContextRepo) -> object:
        container = context.get(CONTAINER)
        assert isinstance(container, cls), f"the broker's container is a {type(container)}"
        return container

    return _FromContext(get_container)


def _get_meta(context: ContextRepo) -> EventMeta:
    message = context.get("message")
    return read_meta(message.raw_message, message.headers)


Meta = Annotated[EventMeta, _FromContext(_get_meta)]
"""Where the event comes from; a handler of batches has it in each delivery."""
