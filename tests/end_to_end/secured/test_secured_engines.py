"""The platform on engines that speak TLS alone and let only its own user in."""

import ssl

import httpx
import pytest
from aiokafka.errors import KafkaError

from pichaven_chassis.events.topics import list_topics
from pichaven_chassis.settings import KafkaSettings
from pichaven_local.engines.security import EngineSecurity
from pichaven_local.stack import Stack
from testing.api_client import ApiClient
from testing.images import jpeg

pytestmark = pytest.mark.first


async def test_a_photo_is_uploaded_found_and_downloaded(person: ApiClient) -> None:
    picture = jpeg(31)
    photo_id = await person.upload("harbour.jpg", picture)

    photo = await person.wait_until_ready(photo_id)

    assert (await person.storage.get(photo["original_url"])).content == picture
    await person.wait_for_hit(photo_id, q="harbour")
    await person.wait_until_analyzed(photo_id)


async def test_kafka_lets_nobody_else_in(stack: Stack, security: EngineSecurity) -> None:
    own = KafkaSettings(
        bootstrap_servers=f"127.0.0.1:{stack.ports.kafka}",
        security_protocol="SASL_SSL",
        sasl_username=security.username,
        sasl_password=security.password,
        ca_file=security.ca_file,
        request_timeout_ms=5_000,
    )

    assert "pichaven.upload.v1" in await list_topics(own)
    for other in (
        {"sasl_password": "a guess"},
        {"security_protocol": "SSL"},
        {"security_protocol": "PLAINTEXT"},
    ):
        with pytest.raises(KafkaError):
            await list_topics(KafkaSettings(**(own.model_dump() | other)))


async def test_elasticsearch_gives_its_user_the_index_and_no_more(
    stack: Stack, security: EngineSecurity
) -> None:
    url = f"https://127.0.0.1:{stack.ports.elasticsearch}"
    context = ssl.create_default_context(cafile=security.ca_file)
    async with httpx.AsyncClient(base_url=url, verify=context, trust_env=False) as client:
        user = (security.username, security.password)

        assert (await client.get("/pichaven-photos/_count", auth=user)).status_code == 200
        assert (await client.get("/pichaven-photos/_count")).status_code == 401
        guess = (security.username, "a guess")
        assert (await client.get("/pichaven-photos/_count", auth=guess)).status_code == 401
        assert (await client.put("/others", auth=user)).status_code == 403
        assert (await client.get("/_security/user", auth=user)).status_code == 403


async def test_no_engine_speaks_without_tls(stack: Stack) -> None:
    for port in (stack.ports.elasticsearch, stack.ports.storage, stack.ports.mongo):
        async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
            try:
                response = await client.get(f"http://127.0.0.1:{port}/")
            except httpx.TransportError:
                continue
            assert response.status_code == 400, response.text
