"""libjpeg's warnings of a picture's last rows, which libvips logs and does not fail on."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pyvips

_MARK: Final = "VipsJpeg: "


@contextmanager
def raise_late_warnings() -> Iterator[None]:
    """Raise `pyvips.Error` at the end for warnings of JPEGs that were read and released within.

    libvips compares `fail_on` with the warnings of the rows before those that it reads, so that
    those of the last ones are only logged, when the picture is released. That needs an operation
    cache of no size.
    """
    collector = _Collector()
    logger = logging.getLogger("pyvips")
    logger.addHandler(collector)
    try:
        yield
    finally:
        logger.removeHandler(collector)
    if collector.warnings:
        raise pyvips.Error("; ".join(collector.warnings))


class _Collector(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.warnings: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        if _MARK in message:
            self.warnings.append(message.strip())
