"""What tests of services share: polling, tokens, a clock, and fakes that keep their promises."""

from pichaven_chassis.testing.authority import TestAuthority
from pichaven_chassis.testing.clock import FakeClock
from pichaven_chassis.testing.memory_store import MemoryObjectStore
from pichaven_chassis.testing.polling import eventually
from pichaven_chassis.testing.publisher import RecordingPublisher

__all__ = [
    "FakeClock",
    "MemoryObjectStore",
    "RecordingPublisher",
    "TestAuthority",
    "eventually",
]
