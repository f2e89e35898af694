"""Isolation of single records within a batch, which FastStream's batch subscribers lack.

To FastStream a batch is one message: a bad record in it fails them all
(ag2ai/faststream#2424 asks for a part of this).
"""

import time
from collections.abc import Collection, Sequence
from typing import Any

from faststream import BaseMiddleware

from pichaven_chassis.events.cloud_events import Record, decode
from pichaven_chassis.events.delivery import Delivery
from pichaven_chassis.metrics import EVENTS
from pichaven_chassis.outages import is_outage
from pichaven_contracts.event import Event


class FailedRecords(Exception):
    """Raised for a batch of which these records failed and all others are done."""

    def __init__(self, failures: list[tuple[Record, Exception]]) -> None:
        super().__init__(f"{len(failures)} records of a batch failed")
        self.failures = failures


class IsolateRecords(BaseMiddleware[Any, Any]):
    """Gives the handler all readable deliveries of a batch, and after an error each by itself.

    An outage is raised as it is, since then the whole batch comes again.
    """

    def __init__(
        self, message: Any, /, *, context: Any, group: str, types: Collection[type[Event]]
    ) -> None:
        super().__init__(message, context=context)
        self._group = group
        self._types = types

    async def consume_scope(self, call_next: Any, msg: Any) -> None:
        began = time.perf_counter()
        readable: list[tuple[Record, Delivery]] = []
        failures: list[tuple[Record, Exception]] = []
        for record in msg.raw_message:
            try:
                delivery = decode(record, self._types)
            except Exception as error:
                failures.append((record, error))
            else:
                if delivery is not None:
                    readable.append((record, delivery))

        async def handle(deliveries: Sequence[Delivery]) -> Exception | None:
            msg.body = list(deliveries)
            msg.clear_cache()
            try:
                await call_next(msg)
            except Exception as error:
                if is_outage(error):
                    raise
                return error
            return None

        failed = await handle([delivery for _, delivery in readable]) if readable else None
        for record, delivery in readable:
            alone = await handle([delivery]) if failed and len(readable) > 1 else failed
            if alone is not None:
                failures.append((record, alone))
                continue
            label = delivery.meta.type or "tombstone"
            EVENTS.labels(self._group, label, "done").observe(time.perf_counter() - began)
        if failures:
            raise FailedRecords(failures)
