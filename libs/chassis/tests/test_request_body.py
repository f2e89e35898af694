from datetime import datetime
from enum import StrEnum
from typing import Any

import pytest
from pydantic import ValidationError

from pichaven_chassis.clock import Moment
from pichaven_chassis.request_body import RequestBody, Text


class Lane(StrEnum):
    SLOW = "slow"


class Point(RequestBody):
    lat: float


class Order(RequestBody):
    size: int = 0
    paid: bool = False
    name: str = ""
    share: float = 0
    lane: Text[Lane] = Lane.SLOW
    lanes: list[Text[Lane]] | None = None
    at: Moment | None = None
    point: Point | None = None


@pytest.mark.parametrize(
    "fields",
    [
        {"size": True},
        {"size": "1"},
        {"size": 1.0},
        {"size": None},
        {"paid": 1},
        {"paid": "true"},
        {"name": 7},
        {"share": "0.5"},
        {"share": True},
        {"share": float("nan")},
        {"share": float("inf")},
        {"lane": 1},
        {"lane": "fast"},
        {"lanes": ["slow", 1]},
        {"at": 1_700_000_000},
        {"at": "1700000000"},
        {"at": "2026-11-21"},
        {"at": "2026-11-21T08:30:00"},
        {"point": {"lat": "1"}},
        {"point": {"lat": 1.5, "lon": 2.5}},
        {"shipping": "now"},
    ],
)
def test_no_type_stands_for_another(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Order.model_validate(fields)


def test_each_type_is_read_as_json_writes_it() -> None:
    order = Order.model_validate(
        {
            "size": 1,
            "paid": True,
            "share": 1,
            "lane": "slow",
            "lanes": ["slow"],
            "at": "2026-11-21T08:30:00+01:00",
            "point": {"lat": 1},
        }
    )

    assert (order.size, order.paid, order.share, order.lane) == (1, True, 1.0, Lane.SLOW)
    assert order.at == datetime.fromisoformat("2026-11-21T07:30:00Z")
    assert order.point == Point(lat=1.0)
