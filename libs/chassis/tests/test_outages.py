"""What is an outage, and how long one is waited for."""

import pytest
from botocore.exceptions import ClientError

from pichaven_chassis.events.dead_letters import pause_after
from pichaven_chassis.outages import EngineDown, is_outage


@pytest.mark.parametrize(
    ("status", "outage"), [(503, True), (502, True), (429, True), (404, False), (403, False)]
)
def test_storage_that_is_too_busy_to_answer_is_an_outage(status: int, outage: bool) -> None:
    error = ClientError(
        {"Error": {"Code": "SlowDown"}, "ResponseMetadata": {"HTTPStatusCode": status}}, "GetObject"
    )
    assert is_outage(error) is outage
    wrapped = RuntimeError("a variant could not be read")
    wrapped.__cause__ = error
    assert is_outage(wrapped) is outage


def test_errors_of_tasks_are_an_outage_if_all_of_them_are() -> None:
    away = ExceptionGroup("tasks", [EngineDown("kafka"), EngineDown("mongo")])
    assert is_outage(away)
    assert not is_outage(ExceptionGroup("tasks", [away, ValueError("a photo")]))


def test_an_outage_may_last_for_days() -> None:
    assert pause_after(1) < pause_after(2) < pause_after(100)
    assert pause_after(100_000) == pause_after(100)
