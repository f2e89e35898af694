"""A local stack for as long as tests need it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from pichaven_local.stack import Stack

READY_S: Final = 300
"""For a busy machine; an idle one takes a tenth of that."""


@contextmanager
def running(stack: Stack) -> Iterator[Stack]:
    """Yield the stack when it is ready; stop it and remove its data at the end."""
    try:
        with stack:
            stack.wait_ready(READY_S)
            yield stack
    finally:
        stack.remove_data()
