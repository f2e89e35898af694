"""Limits, headers and streaming of requests through the gateway."""

import json
import socket
import threading
from collections.abc import Iterator

import httpx
import pytest
from deploy.gateway.tests.conftest import ORIGIN, Gateway, StartGateway

MEDIA = f"/pichaven-media/derived/a/b.jpg?X-Amz-Signature={'a' * 64}"


def test_storage_gets_the_host_that_a_url_is_signed_for(
    client: httpx.Client,
) -> None:
    echo = client.get(MEDIA, headers={"Host": "photos.home.example:8443"}).json()

    assert echo["headers"]["host"] == "photos.home.example:8443"


def test_a_client_cannot_forge_its_address_or_rewrite_its_request(client: httpx.Client) -> None:
    hostile = {
        "X-Forwarded-For": "6.6.6.6",
        "X_Forwarded_For": "6.6.6.6",
        "X-Real-Ip": "6.6.6.6",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Prefix": "/evil",
        "Forwarded": "for=6.6.6.6",
        "X-Original-Url": "/internal",
        "X-Rewrite-Url": "/internal",
        "X-Http-Method-Override": "DELETE",
        "True-Client-Ip": "6.6.6.6",
    }

    headers = client.get("/api/v1/me", headers=hostile).json()["headers"]

    assert headers["x-forwarded-for"] == headers["x-real-ip"] == "127.0.0.1"
    assert headers["x-forwarded-proto"] == "http"
    assert "6.6.6.6" not in json.dumps(headers)
    assert "evil" not in json.dumps(headers)
    assert not {"x-original-url", "x-rewrite-url", "x-http-method-override"} & headers.keys()


def test_a_request_id_goes_through_both_ways(client: httpx.Client) -> None:
    response = client.get("/api/v1/me", headers={"X-Request-Id": "trace-me-1"})

    assert response.json()["headers"]["x-request-id"] == "trace-me-1"
    assert response.headers["x-request-id"] == "trace-me-1"


def test_every_response_has_security_headers(client: httpx.Client) -> None:
    for path in ("/", "/api/v1/me", "/api/docs", "/nowhere", MEDIA):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "no-referrer"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "server" not in headers
        assert "strict-transport-security" not in headers, "HSTS is for https only"
    assert "sandbox" in client.get(MEDIA).headers["content-security-policy"]
    page = client.get("/api/docs").headers["content-security-policy"]
    assert "default-src 'none'; script-src 'self'; style-src 'self';" in page
    assert "unsafe" not in page


def test_the_client_runs_its_own_scripts_and_styles_only(client: httpx.Client) -> None:
    headers = client.get("/").headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'; script-src 'self'; style-src 'self' 'sha256-" in policy
    assert "worker-src 'self';" in policy
    assert "require-trusted-types-for 'script'; trusted-types pichaven" in policy
    assert "unsafe" not in policy
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"


def test_the_map_has_a_worker_of_this_host_and_no_other_servers(client: httpx.Client) -> None:
    directives = _directives(client.get("/").headers["content-security-policy"])

    assert directives["worker-src"] == ["'self'"]
    assert directives["connect-src"] == ["'self'"]
    # Tiles and thumbnails are images that MapLibre makes of responses.
    assert "blob:" in directives["img-src"]


def test_the_map_may_load_from_the_listed_tile_servers(start_gateway: StartGateway) -> None:
    tiles = "https://tiles.example.org, https://fonts.example.org"
    gateway = start_gateway(PICHAVEN_GATEWAY_MAP_SOURCES=tiles)

    headers = httpx.get(f"{gateway.url}/", trust_env=False).headers

    directives = _directives(headers["content-security-policy"])
    assert directives["connect-src"] == ["'self'", *tiles.split(", ")]
    assert directives["script-src"] == directives["worker-src"] == ["'self'"]


def _directives(policy: str) -> dict[str, list[str]]:
    return {name: sources for name, *sources in map(str.split, policy.split(";"))}


def test_behind_a_trusted_tls_proxy_hsts_is_sent(start_gateway: StartGateway) -> None:
    gateway = start_gateway(TRAEFIK_ENTRYPOINTS_WEB_FORWARDEDHEADERS_TRUSTEDIPS="127.0.0.1/32")

    response = httpx.get(
        f"{gateway.url}/api/v1/me", headers={"X-Forwarded-Proto": "https"}, trust_env=False
    )

    assert response.headers["strict-transport-security"] == "max-age=31536000"
    assert response.json()["headers"]["x-forwarded-proto"] == "https"


def test_listed_origins_are_allowed_and_may_read_the_headers_that_clients_need(
    client: httpx.Client,
) -> None:
    for path in ("/api/v1/photos", MEDIA):
        headers = client.get(path, headers={"Origin": ORIGIN}).headers
        assert headers.get_list("access-control-allow-origin") == [ORIGIN]
        exposed = headers["access-control-expose-headers"]
        assert {"ETag", "X-Request-Id", "Location", "Retry-After"} <= set(exposed.split(","))
        assert "Origin" in headers["vary"]


def test_other_origins_are_not_allowed_even_if_the_service_allows_them(
    client: httpx.Client,
) -> None:
    for path in ("/api/v1/photos", MEDIA):
        response = client.get(path, headers={"Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in response.headers


@pytest.mark.parametrize(
    ("path", "method"),
    [(MEDIA, "PUT"), ("/api/v1/photos/7", "PATCH"), ("/api/v1/photos", "POST")],
)
def test_the_gateway_responds_to_preflights(client: httpx.Client, path: str, method: str) -> None:
    response = client.options(
        path,
        headers={
            "Origin": ORIGIN,
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": "authorization,content-type",
        },
    )

    assert response.status_code == 200
    assert response.headers["access-control-allow-origin"] == ORIGIN
    assert method in response.headers["access-control-allow-methods"]
    assert "Idempotency-Key" in response.headers["access-control-allow-headers"]


def test_without_listed_origins_none_is_allowed(start_gateway: StartGateway) -> None:
    gateway = start_gateway(PICHAVEN_GATEWAY_CORS_ORIGINS="")

    response = httpx.get(f"{gateway.url}/api/v1/me", headers={"Origin": ORIGIN}, trust_env=False)

    assert response.status_code == 200
    assert "access-control-allow-origin" not in response.headers


def test_large_json_is_compressed_images_and_secrets_are_not(client: httpx.Client) -> None:
    def encoding(path: str) -> str | None:
        return client.get(path, headers={"Accept-Encoding": "gzip"}).headers.get("content-encoding")

    assert encoding("/api/v1/photos/large") == "gzip"
    assert encoding("/api/v1/photos/large-image") is None
    assert encoding("/api/v1/auth/large") is None


@pytest.mark.parametrize(
    "path", ["/api/v1/auth/login", "/api/v1/photos/batch", "/api/v1/uploads/check"]
)
def test_a_json_body_over_a_megabyte_is_refused(client: httpx.Client, path: str) -> None:
    assert client.post(path, content=b"x" * 1_000_000).json()["received"] == 1_000_000
    assert client.post(path, content=b"x" * 1_000_001).status_code == 413


def test_upload_itself_refuses_a_large_announcement(client: httpx.Client) -> None:
    assert client.post("/api/v1/uploads", content=b"x" * 15_000_000).json()["service"] == "upload"


@pytest.mark.parametrize("length", [600_000_000, 10**12, 10**18])
def test_a_part_beyond_any_size_is_refused_before_it_is_sent(gateway: Gateway, length: int) -> None:
    host, port = gateway.host.split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        head = f"PUT {MEDIA} HTTP/1.1\r\nHost: {gateway.host}\r\nContent-Length: {length}\r\n\r\n"
        connection.sendall(head.encode())
        response = connection.recv(65_536)

    assert response.startswith(b"HTTP/1.1 413 ")


def test_a_part_without_a_content_length_is_refused(client: httpx.Client) -> None:
    response = client.put(MEDIA, content=iter([b"x"]))

    assert response.status_code == 413
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("method", "path", "service"),
    [("POST", "/api/v1/photos", "upload"), ("PUT", MEDIA, "storage")],
)
def test_a_file_streams_through_while_it_is_still_being_sent(
    gateway: Gateway, client: httpx.Client, method: str, path: str, service: str
) -> None:
    upstream = gateway.upstreams[service]
    upstream.arrived.clear()
    chunk = b"x" * 1_048_576

    def body() -> Iterator[bytes]:
        yield chunk
        assert upstream.arrived.wait(10), "the first megabyte is buffered"
        for _ in range(7):
            yield chunk

    headers = {"Content-Length": str(8 * len(chunk))} if method == "PUT" else {}
    response = client.request(method, path, content=body(), headers=headers)

    assert response.json()["received"] == 8 * len(chunk)


def test_events_arrive_one_by_one(gateway: Gateway, client: httpx.Client) -> None:
    proceed = gateway.upstreams["gallery"].proceed
    proceed.clear()

    with client.stream(
        "GET", "/api/v1/events", headers={"Accept-Encoding": "gzip, br"}
    ) as response:
        lines = response.iter_lines()
        assert next(lines) == "data: 1"
        proceed.set()
        assert [line for line in lines if line] == ["data: 2"]
        assert "content-encoding" not in response.headers


def test_presigned_queries_stay_out_of_the_logs(gateway: Gateway, client: httpx.Client) -> None:
    client.get(MEDIA.replace("a" * 64, "5ec7e7" + "0" * 58), headers={"X-Request-Id": "log-me"})

    pause = threading.Event()
    for _ in range(100):
        if "log-me" in gateway.log.read_text():
            break
        pause.wait(0.02)
    log = gateway.log.read_text()
    assert "log-me" in log
    assert "5ec7e7" not in log


def test_health_and_metrics_have_an_entry_point_of_their_own(gateway: Gateway) -> None:
    for path in ("/ping", "/ready"):
        assert httpx.get(f"{gateway.operations}{path}", trust_env=False).text == "OK"
    metrics = httpx.get(f"{gateway.operations}/metrics", trust_env=False).text
    assert "traefik_entrypoint_requests_total" in metrics
    assert httpx.get(f"{gateway.operations}/api/rawdata", trust_env=False).status_code == 404


def test_a_download_that_breaks_off_is_no_whole_response(client: httpx.Client) -> None:
    path = "/api/v1/downloads/7?token=a"

    whole = client.get(path, headers={"Accept-Encoding": "gzip"})
    assert int(whole.headers["content-length"]) == len(whole.content)
    with pytest.raises(httpx.RemoteProtocolError):
        client.get(path, headers={"X-Echo-Broken": "1"})
