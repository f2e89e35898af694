"""A platform on engines that speak TLS alone and let only its own user in, with the default model.

The other end-to-end tests run `pichaven-tiny` on open engines. So these tests have a platform of
their own, which is stopped before that one starts.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pichaven_local.engines.security import EngineSecurity
from pichaven_local.ports import Ports
from pichaven_local.stack import Stack
from testing.certificates import engine_security
from testing.memory_folder import memory_folder
from testing.running_stack import running


@pytest.fixture(scope="package")
def security() -> Iterator[EngineSecurity]:
    with tempfile.TemporaryDirectory(prefix="pichaven-certificates-") as name:
        yield engine_security(Path(name))


@pytest.fixture(scope="package")
def stack(security: EngineSecurity, candidate_ml_port: int) -> Iterator[Stack]:
    ports = replace(Ports.free(), ml_next=candidate_ml_port)
    with tempfile.TemporaryDirectory(prefix="pichaven-e2e-", dir=memory_folder()) as name:
        extra_env = {"PICHAVEN_ML_OCR": "off"}
        stack = Stack(Path(name), ports=ports, extra_env=extra_env, security=security)
        with running(stack):
            yield stack
