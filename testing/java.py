"""A `java` that only says what it is, for tests of the choice of a JDK."""

from collections.abc import Sequence
from typing import Final

MODULES: Final = ("jdk.incubator.vector", "jdk.jdi")
"""The modules of a whole JDK that cut-down runtimes lack."""


def java_script(version: str, modules: Sequence[str] = MODULES) -> str:
    """Return a shell script that answers `-version` and `--list-modules`."""
    lines = "\n".join(f"echo {name}@{version}" for name in ("java.base", *modules))
    return f"""#!/bin/sh
case "$*" in *--list-modules*) {lines}
exit;; esac
echo 'openjdk version "{version}"' >&2
"""
