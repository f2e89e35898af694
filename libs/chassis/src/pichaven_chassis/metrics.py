"""Prometheus metrics that every service has."""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

HTTP_REQUESTS: Final = Histogram(
    "pichaven_http_request_seconds",
    "Time to the first byte of the response.",
    ["method", "route", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
EVENTS: Final = Histogram(
    "pichaven_event_handling_seconds",
    "Time to handle a record, by outcome: done, skipped, retried, dead, paused.",
    ["group", "type", "outcome"],
    buckets=(0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
)
EVENTS_PUBLISHED: Final = Counter(
    "pichaven_events_published_total", "Records that Kafka acknowledged.", ["topic"]
)
CONSUMER_LAG: Final = Gauge(
    "pichaven_consumer_lag", "Records that a group has not consumed yet.", ["group", "topic"]
)
OUTBOX_SECONDS: Final = Histogram(
    "pichaven_outbox_delay_seconds",
    "From the write of the state to Kafka's acknowledgement.",
    ["outbox"],
    buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 300),
)
FAILING_CHECK: Final = Gauge(
    "pichaven_failing_check", "1 while this check keeps the process from its work.", ["check"]
)
