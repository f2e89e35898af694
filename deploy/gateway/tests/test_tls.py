"""TLS that ends at the gateway, with the certificate of a file."""

import ssl
from pathlib import Path

import httpx
import pytest
from deploy.gateway.tests.conftest import StartGateway, static_settings

from pichaven_local.ports import Ports
from testing.certificates import engine_security


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("certificates")


def test_requests_are_encrypted_and_plain_ones_are_redirected(
    start_gateway: StartGateway, folder: Path
) -> None:
    issued, plain = engine_security(folder), f"127.0.0.1:{Ports.free().web}"
    settings = static_settings("tls.env") | {
        "TRAEFIK_ENTRYPOINTS_PLAIN_ADDRESS": plain,
        "PICHAVEN_GATEWAY_CERT_FILE": str(issued.certificate),
        "PICHAVEN_GATEWAY_KEY_FILE": str(issued.key),
    }
    gateway = start_gateway("https", **settings)
    context = ssl.create_default_context(cafile=issued.ca_file)

    with httpx.Client(verify=context, trust_env=False) as client:
        response = client.get(f"{gateway.url}/api/v1/me")
        redirect = client.get(f"http://{plain}/albums")

    assert response.json()["headers"]["x-forwarded-proto"] == "https"
    assert response.headers["strict-transport-security"] == "max-age=31536000"
    assert redirect.status_code == 301
    assert redirect.headers["location"] == "https://127.0.0.1/albums"
