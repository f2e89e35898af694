"""Tell an engine's outage from an error of the request."""

from typing import Any, Final

_OUTAGES: Final = frozenset(
    {
        "pichaven_chassis.outages.EngineDown",
        "pymongo.errors.ConnectionFailure",
        "pymongo.errors.ServerSelectionTimeoutError",
        "pymongo.errors.WaitQueueTimeoutError",
        "elastic_transport.ConnectionError",
        "elastic_transport.ConnectionTimeout",
        "botocore.exceptions.EndpointConnectionError",
        "botocore.exceptions.ConnectionClosedError",
        "botocore.exceptions.ConnectTimeoutError",
        "botocore.exceptions.ReadTimeoutError",
        "botocore.exceptions.ResponseStreamingError",
        "httpx.ConnectError",
        "httpx.ConnectTimeout",
        "httpx.ReadError",
        "httpx.RemoteProtocolError",
        "aiokafka.errors.KafkaConnectionError",
        "aiokafka.errors.KafkaTimeoutError",
        "aiokafka.errors.RequestTimedOutError",
        "aiokafka.errors.NodeNotReadyError",
    }
)
_BUSY: Final = frozenset({429, 502, 503, 504})


class EngineDown(Exception):
    """Raised when an engine does not answer; the work itself is sound and is tried again."""


class TopicMissing(EngineDown):
    """Raised when Kafka knows no topic of this name."""


def is_outage(error: BaseException | None) -> bool:
    """Return whether this error, or its cause, is an engine's outage.

    Drivers' exceptions are recognised by name, so that no service installs another's driver.
    """
    for _ in range(8):
        if error is None:
            return False
        if isinstance(error, BaseExceptionGroup):
            return all(is_outage(each) for each in error.exceptions)
        for cls in type(error).__mro__:
            if f"{cls.__module__}.{cls.__qualname__}" in _OUTAGES:
                return True
        if type(error).__module__.startswith("elasticsearch"):
            status = getattr(getattr(error, "meta", None), "status", None)
            if status in _BUSY:
                return True
        if type(error).__module__.startswith("botocore") and _storage_status(error) in _BUSY:
            return True
        error = error.__cause__
    return False


def _storage_status(error: BaseException) -> int | None:
    response: dict[str, Any] = getattr(error, "response", {})
    status: int | None = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    return status
