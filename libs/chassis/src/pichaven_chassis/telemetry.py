"""Traces, propagated over HTTP and Kafka in `traceparent`."""

from opentelemetry import trace
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON, ParentBased

from pichaven_chassis.settings import TelemetrySettings


def configure_telemetry(settings: TelemetrySettings, service: str) -> None:
    """Install the tracer provider of this process; it exports only where a collector is set.

    Without a collector, traces that begin here have ids, which logs and headers need, but spans
    record nothing.
    """
    provider = TracerProvider(
        resource=Resource.create({"service.name": f"pichaven-{service}"}),
        sampler=ParentBased(ALWAYS_ON if settings.otlp_endpoint else ALWAYS_OFF),
    )
    if settings.otlp_endpoint:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        exporter = OTLPSpanExporter(f"{settings.otlp_endpoint.rstrip('/')}/v1/traces")
        provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    # Calls to other services propagate the trace.
    HTTPXClientInstrumentor().instrument()
