"""Shared by tests of services: polling, tokens, a clock, event dispatch, and fakes."""

from pichaven_chassis.testing.authority import TestAuthority
from pichaven_chassis.testing.clock import FakeClock
from pichaven_chassis.testing.dispatch import dispatch, meta_of
from pichaven_chassis.testing.memory_store import MemoryObjectStore
from pichaven_chassis.testing.polling import eventually
from pichaven_chassis.testing.publisher import RecordingPublisher

__all__ = [
    "FakeClock",
    "MemoryObjectStore",
    "RecordingPublisher",
    "TestAuthority",
    "dispatch",
    "eventually",
    "meta_of",
]
