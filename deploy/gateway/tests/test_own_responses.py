"""What the gateway responds by itself: problems, where Traefik can make them of its responses."""

import json
import re
from importlib.resources import files

import httpx
import pytest
from deploy.gateway.tests.conftest import StartGateway

from pichaven_chassis.ids import new_id
from pichaven_local.ports import Ports
from testing.polling import eventually

MEDIA = f"/pichaven-media/derived/a/b.jpg?X-Amz-Signature={'a' * 64}"


def test_a_body_too_large_is_a_problem(client: httpx.Client) -> None:
    response = client.patch("/api/v1/photos/7", content=b"x" * 1_500_000)

    assert response.status_code == 413
    assert response.headers["content-type"] == "application/problem+json"


def test_too_many_requests_get_a_retry_after(start_gateway: StartGateway) -> None:
    gateway = start_gateway(PICHAVEN_GATEWAY_AUTH_RATE="1", PICHAVEN_GATEWAY_AUTH_BURST="5")
    with httpx.Client(base_url=gateway.url, trust_env=False) as client:
        responses = [client.post("/api/v1/auth/login") for _ in range(12)]
        other_route = [client.get("/api/v1/me") for _ in range(12)]

    refusals = [response for response in responses if response.status_code == 429]
    assert len(refusals) >= 5
    assert all(int(response.headers["retry-after"]) >= 1 for response in refusals)
    assert {response.status_code for response in other_route} == {200}


def test_an_unavailable_service_is_a_problem_502(start_gateway: StartGateway) -> None:
    gateway = start_gateway(PICHAVEN_GATEWAY_GALLERY_URL=f"http://127.0.0.1:{Ports.free().gallery}")

    response = httpx.get(f"{gateway.url}/api/v1/photos", trust_env=False)

    assert response.status_code == 502
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["path"] == "/internal/problems/502"


async def test_while_identity_is_away_another_service_renders_the_problems(
    start_gateway: StartGateway,
) -> None:
    free_url = f"http://127.0.0.1:{Ports.free().identity}"
    gateway = start_gateway(PICHAVEN_GATEWAY_IDENTITY_URL=free_url)

    async with httpx.AsyncClient(base_url=gateway.url, trust_env=False) as client:

        async def is_problem() -> bool:
            responses = [await client.get("/nowhere"), await client.get("/api/v1/me")]
            media_types = {response.headers.get("content-type") for response in responses}
            assert [response.status_code for response in responses][1] == 502
            return media_types == {"application/problem+json"}

        await eventually(is_problem, "problems come from another service", timeout_s=30)


@pytest.mark.parametrize("path", ["/", MEDIA])
def test_an_unavailable_upstream_that_is_no_service_is_a_problem_too(
    start_gateway: StartGateway, path: str
) -> None:
    free = f"http://127.0.0.1:{Ports.free().web}"
    gateway = start_gateway(PICHAVEN_GATEWAY_WEB_URL=free, PICHAVEN_GATEWAY_STORAGE_URL=free)

    response = httpx.get(f"{gateway.url}{path}", trust_env=False)

    assert response.status_code == 502
    assert response.json()["path"] == "/internal/problems/502"


def test_a_rate_limit_is_a_problem_that_no_service_is_asked_for(
    start_gateway: StartGateway,
) -> None:
    rates = {
        f"PICHAVEN_GATEWAY_{name}_{what}": "1"
        for name in ("AUTH", "API", "MEDIA")
        for what in ("RATE", "BURST")
    }
    gateway = start_gateway(**rates)
    with httpx.Client(base_url=gateway.url, trust_env=False) as client:
        for method, path in (
            ("POST", "/api/v1/auth/register"),
            ("GET", "/api/v1/photos"),
            ("PATCH", "/api/v1/photos/7"),
            ("GET", "/api/docs"),
            ("GET", "/"),
            ("GET", MEDIA),
            ("GET", "/nowhere"),
            ("GET", "/api/v1/photos/a%2Fb"),
        ):
            responses = [client.request(method, path) for _ in range(6)]
            refusals = [response for response in responses if response.status_code == 429]
            assert refusals, path
            for refusal in refusals:
                assert refusal.headers["content-type"] == "application/problem+json"
                assert refusal.json()["service"] == "web"
                assert refusal.json()["path"] == "/internal/problems/429"


def test_each_429_of_a_service_goes_through(client: httpx.Client) -> None:
    document = json.loads(
        files("pichaven_contracts").joinpath("openapi.json").read_text(encoding="utf-8")
    )
    calls = [
        (method.upper(), re.sub(r"\{[^}]+\}", new_id(), path))
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if "429" in operation["responses"]
    ]
    assert calls
    for method, path in calls:
        response = client.request(method, path, headers={"X-Echo-Status": "429"})
        assert response.status_code == 429
        assert response.json()["path"] == path, f"{method} {path} needs own429 in dynamic.yml"


def test_an_announcement_of_a_length_beyond_any_is_a_problem(client: httpx.Client) -> None:
    for length in (16_000_000, 17_000_000):
        response = client.post("/api/v1/uploads", content=b"x" * length)
        assert response.status_code == 413
        assert response.json()["path"] == "/internal/problems/413"
