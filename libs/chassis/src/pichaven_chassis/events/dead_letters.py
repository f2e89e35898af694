"""What happens to a record whose handling failed: a later try, the dead letters, or a pause."""

import time
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from pichaven_chassis.events.cloud_events import OutgoingRecord, Record, readable_headers
from pichaven_chassis.events.delivery import Permanent
from pichaven_contracts.topics import RETRY_TIERS, dead_letter_topic, retry_topic

_LONGEST_ERROR: Final = 500
_LONGEST_TRACE: Final = 2000
_LONGEST_PAUSE_S: Final = 15.0


def pause_after(failures: int) -> float:
    """Seconds to wait after so many attempts in a row that met an engine that is away."""
    # An outage may last for days; of two to the power of a thousand no float can be made.
    return min(0.25 * 2.0 ** min(failures, 10), _LONGEST_PAUSE_S)


def set_aside(
    record: Record, error: Exception, *, service: str, group: str, delays_s: tuple[float, ...]
) -> tuple[OutgoingRecord, str]:
    """The record to write instead, and what became of it: `retried` or `dead`.

    Key, value and foreign headers pass unchanged as bytes, whatever they are; `x-*` headers
    tell what failed, where and when, and the place where the record first stood.
    """
    headers = readable_headers(record)
    attempt = headers.get("x-attempt", "0")
    tried = (int(attempt) if attempt.isdecimal() else 0) + 1
    again = not isinstance(error, Permanent) and tried <= min(RETRY_TIERS, len(delays_s))
    notes = {
        "x-attempt": str(tried),
        "x-group": group,
        "x-error": str(error)[:_LONGEST_ERROR] or repr(error)[:_LONGEST_ERROR],
        "x-error-class": type(error).__name__,
        "x-trace": "".join(traceback.format_exception(error))[-_LONGEST_TRACE:],
        "x-failed-at": datetime.now(UTC).isoformat(),
        "x-orig-topic": headers.get("x-orig-topic", record.topic),
        "x-orig-partition": headers.get("x-orig-partition", str(record.partition)),
        "x-orig-offset": headers.get("x-orig-offset", str(record.offset)),
        "x-orig-timestamp": headers.get("x-orig-timestamp", str(record.timestamp)),
    }
    if again:
        notes["x-retry-at"] = f"{time.time() + delays_s[tried - 1]:.3f}"
    kept = [(name, value or b"") for name, value in record.headers if not name.startswith("x-")]
    replacement = OutgoingRecord(
        topic=retry_topic(service, tried) if again else dead_letter_topic(service),
        key=record.key or b"",
        value=record.value,
        headers=[*kept, *((name, value.encode()) for name, value in notes.items())],
    )
    return replacement, "retried" if again else "dead"


def seconds_until_retry(headers: Mapping[str, str]) -> float:
    """How long a record on a retry topic has to wait still; 0 or less when its time has come."""
    try:
        return float(headers.get("x-retry-at") or 0) - time.time()
    except ValueError:
        return 0
