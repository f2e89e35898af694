"""Telling an engine that is away from a request that is wrong."""

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
    """A whole dependency is away: wait for it, nothing is wrong with the work itself."""


def is_outage(error: BaseException | None) -> bool:
    """Whether this error, or what caused it, says that an engine is away.

    Drivers are known by the names of their exceptions, so that no service has to install
    another's driver.
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
        if type(error).__module__.startswith("botocore") and _status_of_storage(error) in _BUSY:
            return True
        error = error.__cause__
    return False


def _status_of_storage(error: BaseException) -> int | None:
    answer: dict[str, Any] = getattr(error, "response", {})
    status: int | None = answer.get("ResponseMetadata", {}).get("HTTPStatusCode")
    return status
