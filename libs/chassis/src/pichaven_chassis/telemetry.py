"""Traces, propagated over HTTP and Kafka in `traceparent`."""

from opentelemetry import trace
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider

from pichaven_chassis.settings import TelemetrySettings


def configure_telemetry(settings: TelemetrySettings, service: str) -> None:
    """Install the tracer provider of this process; it exports only where a collector is set."""
    provider = TracerProvider(resource=Resource.create({"service.name": f"pichaven-{service}"}))
    if settings.otlp_endpoint:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        exporter = OTLPSpanExporter(f"{settings.otlp_endpoint.rstrip('/')}/v1/traces")
        provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    # Calls to other services propagate the trace.
    HTTPXClientInstrumentor().instrument()
