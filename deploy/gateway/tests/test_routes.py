"""Which path is routed to which service; every other path is 404."""

import httpx
import pytest

SIGNED = f"X-Amz-Signature={'a' * 64}"


@pytest.mark.parametrize(
    ("method", "path", "service"),
    [
        ("POST", "/api/v1/auth/login", "identity"),
        ("PUT", "/api/v1/auth/password", "identity"),
        ("GET", "/api/v1/me", "identity"),
        ("PATCH", "/api/v1/me", "identity"),
        ("POST", "/api/v1/me/api-keys", "identity"),
        ("DELETE", "/api/v1/me/api-keys/7", "identity"),
        ("GET", "/api/v1/.well-known/jwks.json", "identity"),
        ("GET", "/api/v1/openapi.json", "identity"),
        ("GET", "/api/docs", "identity"),
        ("GET", "/api/docs/initializer.js", "identity"),
        ("POST", "/api/docs", "identity"),
        ("OPTIONS", "/api/v1/photos", "gallery"),
        ("DELETE", "/api/v1/photos", "gallery"),
        ("HEAD", "/api/v1/events", "gallery"),
        ("POST", "/api/v1/photos/", "upload"),
        ("GET", "/api/v1/me/usage/", "upload"),
        ("GET", "/api/v1/map/", "search"),
        ("GET", "/api/v1/photos/7/similar/", "search"),
        ("GET", "/api/v1/me/usage", "upload"),
        ("POST", "/api/v1/uploads", "upload"),
        ("POST", "/api/v1/uploads/check", "upload"),
        ("GET", "/api/v1/uploads/7", "upload"),
        ("DELETE", "/api/v1/uploads/7", "upload"),
        ("POST", "/api/v1/photos", "upload"),
        ("GET", "/api/v1/photos", "gallery"),
        ("HEAD", "/api/v1/photos", "gallery"),
        ("GET", "/api/v1/photos/7", "gallery"),
        ("PATCH", "/api/v1/photos/7", "gallery"),
        ("POST", "/api/v1/photos/batch", "gallery"),
        ("POST", "/api/v1/photos/7/restore", "gallery"),
        ("GET", "/api/v1/photos/7/comments", "gallery"),
        ("GET", "/api/v1/timeline", "gallery"),
        ("GET", "/api/v1/timeline/2026-11", "gallery"),
        ("DELETE", "/api/v1/trash", "gallery"),
        ("DELETE", "/api/v1/trash/7", "gallery"),
        ("POST", "/api/v1/jobs", "gallery"),
        ("GET", "/api/v1/jobs/7", "gallery"),
        ("POST", "/api/v1/downloads", "gallery"),
        ("GET", "/api/v1/downloads/7?token=a", "gallery"),
        ("GET", "/api/v1/photos/7/similar", "search"),
        ("GET", "/api/v1/search?q=photos", "search"),
        ("GET", "/api/v1/search/suggest?q=a", "search"),
        ("POST", "/api/v1/search/image", "search"),
        ("GET", "/api/v1/search/history", "search"),
        ("DELETE", "/api/v1/search/history", "search"),
        ("DELETE", "/api/v1/search/history/7", "search"),
        ("PUT", "/api/v1/search/history/settings", "search"),
        ("GET", "/api/v1/duplicates?tier=moment", "search"),
        ("PUT", "/api/v1/duplicates/7/dismissal", "search"),
        ("DELETE", "/api/v1/duplicates/dismissals", "search"),
        ("GET", "/api/v1/map?zoom=3", "search"),
        ("GET", f"/pichaven-media/derived/a/b.jpg?{SIGNED}", "storage"),
        ("GET", "/", "web"),
        ("HEAD", "/", "web"),
        ("GET", "/assets/index-B5qkRZ1x.js", "web"),
        ("GET", "/favicon.svg", "web"),
        ("GET", "/sw.js", "web"),
        ("GET", "/manifest.webmanifest", "web"),
        ("GET", "/icon-maskable.png", "web"),
        ("PUT", f"/pichaven-media/originals/a?partNumber=1&uploadId=u&{SIGNED}", "storage"),
    ],
)
def test_a_public_path_reaches_its_service_unchanged(
    client: httpx.Client, method: str, path: str, service: str
) -> None:
    response = client.request(method, path, content=b"{}" if method == "PUT" else None)

    assert response.status_code == 200
    if method != "HEAD":
        echo = response.json()
        assert (echo["service"], echo["method"], echo["path"]) == (service, method, path)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/"),
        ("GET", "/albums"),
        ("GET", "/livez"),
        ("GET", "/readyz"),
        ("GET", "/metrics"),
        ("GET", "/ping"),
        ("GET", "/ready"),
        ("GET", "/api/rawdata"),
        ("GET", "/dashboard/"),
        ("POST", "/internal/api-keys/exchange"),
        ("GET", "/internal/openapi.json"),
        ("GET", "/api/v1/internal/openapi.json"),
        ("POST", "/api/v1/me/../../../internal/api-keys/exchange"),
        ("POST", "/api/v1/me/%2e%2e/%2e%2e/%2e%2e/internal/api-keys/exchange"),
        ("GET", "//internal/openapi.json"),
        ("GET", "/api/v1/authentic"),
        ("GET", "/api/v1/photosynthesis"),
        ("GET", "/api/v1/duplicatesque"),
        ("GET", "/api/v1/photos/../../../metrics"),
        ("GET", "/api/v1/metrics"),
        ("GET", "/pichaven-media/derived/a/b.jpg"),
        ("GET", "/pichaven-media"),
        ("GET", f"/pichaven-media?{SIGNED}"),
        ("GET", f"/other-bucket/a?{SIGNED}"),
        ("POST", f"/pichaven-media/a?uploads&{SIGNED}"),
        ("DELETE", f"/pichaven-media/a?{SIGNED}"),
        ("GET", f"/pichaven-media/../other-bucket/a?{SIGNED}"),
    ],
)
def test_any_other_path_is_a_problem_404(client: httpx.Client, method: str, path: str) -> None:
    # httpx removes dot segments: the raw target is what a hostile client sends.
    request = client.build_request(method, "/")
    request.url = request.url.copy_with(raw_path=path.encode())

    response = client.send(request)

    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["path"].partition("?")[0] == "/internal/problems/404"
    assert response.headers["x-request-id"]


@pytest.mark.parametrize("path", ["/albums/7", "/login", "/no/such/page", "/livez"])
def test_a_browser_gets_the_client_at_every_path_that_is_no_one_elses(
    client: httpx.Client, path: str
) -> None:
    page = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}

    assert client.get(path, headers=page).json()["service"] == "web"
    assert client.post(path, headers=page).status_code == 404


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/pichaven-media/derived/a/b.jpg"])
def test_a_browser_gets_no_client_where_the_api_and_storage_are(
    client: httpx.Client, path: str
) -> None:
    assert client.get(path, headers={"Accept": "text/html"}).status_code == 404


@pytest.mark.parametrize(
    "code", ["%2f", "%2F", "%5c", "\\", "%00", "%3b", "%25", "%252f", "%3f", "%23"]
)
@pytest.mark.parametrize("path", ["/api/v1/photos/", "/pichaven-media/", "/"])
def test_a_path_that_parsers_may_decode_differently_is_a_problem(
    client: httpx.Client, path: str, code: str
) -> None:
    request = client.build_request("GET", "/")
    request.url = request.url.copy_with(raw_path=f"{path}a{code}b?{SIGNED}".encode())

    response = client.send(request)

    assert response.status_code == 400
    assert response.json()["path"].partition("?")[0] == "/internal/problems/400"
