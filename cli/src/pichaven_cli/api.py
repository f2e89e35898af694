"""A client of the public HTTP API that retries requests and refreshes the session."""

import re
import sys
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any, Final

import httpx

from pichaven_cli.credentials import Credentials
from pichaven_cli.proof_of_work import prove

_TRIES: Final = 6
UNLIMITED: Final = sys.maxsize
"""As `tries` of an `Api`: it waits for the end of an outage."""
_FIRST_WAIT_S: Final = 0.5
_LONGEST_WAIT_S: Final = 30.0
_PROOF_REQUIRED: Final = "proof_required"
_RETRYABLE: Final = frozenset({429, 502, 503, 504})


SessionLock = Callable[[], AbstractContextManager[Credentials | None]]
"""Locks the session for a refresh and yields its credentials as they are stored now."""


class ApiProblem(Exception):
    """Raised when the server responds with a problem; `scope` names the scopes a key lacks.

    `proof` has the minute and the bits of the proof of work that a login needs.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        scope: str = "",
        proof: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(detail)
        self.proof = proof
        self.status = status
        self.code = code
        self.detail = detail
        self.scope = scope

    @property
    def transient(self) -> bool:
        """Whether the same request may succeed later."""
        return self.status in _RETRYABLE or self.status >= httpx.codes.INTERNAL_SERVER_ERROR


class Unreachable(Exception):
    """Raised when no try got a response."""


def to_problem(response: httpx.Response) -> ApiProblem:
    """Return the problem in a response; one without a problem document is described."""
    status = response.status_code
    scope = re.search(r'scope="([^"]*)"', response.headers.get("www-authenticate", ""))
    try:
        body = response.json()
        code, detail = str(body["code"]), str(body["detail"])
        proof = (
            (int(body["proof_minute"]), int(body["proof_bits"]))
            if code == _PROOF_REQUIRED
            else None
        )
        return ApiProblem(status, code, detail, scope[1] if scope else "", proof)
    except (ValueError, KeyError, TypeError):
        detail = f"the server answered {status} {response.reason_phrase}"
        return ApiProblem(status, f"http_{status}", detail)


def _is_retryable(response: httpx.Response) -> bool:
    """Whether the same request may succeed soon.

    A gateway that has just started has no routes yet and answers with a plain 404, where services
    send a problem and storage XML.
    """
    if response.status_code == httpx.codes.NOT_FOUND:
        content_type: str = response.headers.get("content-type", "")
        return content_type.startswith("text/plain")
    return response.status_code in _RETRYABLE


def _describe(error: httpx.TransportError) -> str:
    if isinstance(error, httpx.ConnectError):
        return "the server cannot be reached"
    if isinstance(error, httpx.TimeoutException):
        return "the server took too long"
    return f"the connection broke ({type(error).__name__})"


class Api:
    """Client for one user. It is safe to use from several threads."""

    def __init__(
        self,
        url: str,
        *,
        credentials: Credentials | None = None,
        api_key: str | None = None,
        on_refresh: Callable[[Credentials], None] = lambda _: None,
        session_lock: SessionLock = lambda: nullcontext(None),
        on_retry: Callable[[str, float], None] = lambda _reason, _wait: None,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
        tries: int = _TRIES,
    ) -> None:
        self._credentials = credentials
        self._api_key = api_key
        self._on_refresh = on_refresh
        self._session_lock = session_lock
        self.on_retry = on_retry
        self._sleep = sleep
        self._tries = tries
        self._refresh_lock = threading.Lock()
        self._client = httpx.Client(
            base_url=url.rstrip("/") + "/api/v1",
            timeout=httpx.Timeout(30, read=60),
            transport=transport,
            headers={"User-Agent": "pichaven-cli"},
        )

    def close(self) -> None:
        self._client.close()

    def get(self, path: str, **params: Any) -> Any:
        return self.call("GET", path, params={k: v for k, v in params.items() if v is not None})

    def post(self, path: str, body: Any) -> Any:
        return self.call("POST", path, json=body)

    def post_once(self, path: str, body: Any) -> Any:
        """Post what must not happen twice, although the request may be sent again."""
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        return self.call("POST", path, headers=headers, json=body)

    def call(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **arguments: Any
    ) -> Any:
        """Return the JSON of a successful response, None for an empty one.

        Raises `ApiProblem` when the server refuses, `Unreachable` when it never responds.
        """
        token = self._credentials.access_token if self._credentials else None
        sent = dict(headers or {})
        response = self._send(method, path, self._authorization() | sent, arguments)
        if response.status_code == httpx.codes.UNAUTHORIZED and token and self._refresh(token):
            response = self._send(method, path, self._authorization() | sent, arguments)
        if response.is_error:
            raise to_problem(response)
        return response.json() if response.content else None

    def log_in(self, email: str, password: str, device_token: str | None) -> Any:
        """Return a new session, with a proof of work where the server requires one.

        Raises what `call` raises.
        """
        body = {"email": email, "password": password}
        if device_token is not None:
            body["device_token"] = device_token
        try:
            return self.post("/auth/login", body)
        except ApiProblem as problem:
            if problem.proof is None:
                raise
            minute, bits = problem.proof
            return self.post(
                "/auth/login", body | {"proof": prove(email, minute=minute, bits=bits)}
            )

    def put_file(self, path: str, data: bytes, content_type: str) -> None:
        """Send a small file to the API itself. Raises as `call` does."""
        self.call("PUT", path, headers={"Content-Type": content_type}, content=data)

    def put_bytes(self, url: str, data: bytes) -> str:
        """Store one part at a presigned URL and return its ETag."""
        headers = {"Content-Type": "application/octet-stream"}
        response = self._send("PUT", url, headers, {"content": data})
        if response.is_error:
            status = response.status_code
            raise ApiProblem(status, "storage_refused", f"storage answered {status}")
        return response.headers["etag"].strip('"')

    def stream(self, url: str) -> AbstractContextManager[httpx.Response]:
        """Return a context manager that streams a GET of a URL, or of a path on the host."""
        return self._client.stream("GET", self._client.base_url.join(url))

    def _authorization(self) -> dict[str, str]:
        if self._credentials is not None:
            return {"Authorization": f"Bearer {self._credentials.access_token}"}
        return {"X-Api-Key": self._api_key} if self._api_key else {}

    def _send(
        self, method: str, path: str, headers: dict[str, str], arguments: dict[str, Any]
    ) -> httpx.Response:
        """Send a request and repeat it after transient errors; every request is idempotent."""
        wait = _FIRST_WAIT_S
        for attempt in range(self._tries):
            try:
                response = self._client.request(method, path, headers=headers, **arguments)
            except httpx.TransportError as error:
                reason = _describe(error)
                if attempt == self._tries - 1:
                    raise Unreachable(f"{reason}: {self._client.base_url.host}") from error
            else:
                if not _is_retryable(response) or attempt == self._tries - 1:
                    return response
                problem = to_problem(response)
                if problem.proof is not None:
                    return response
                reason = problem.detail
                retry_after = response.headers.get("retry-after", "")
                if retry_after.isdecimal():
                    if int(retry_after) > _LONGEST_WAIT_S * 4:
                        return response
                    wait = max(wait, float(retry_after))
            self.on_retry(reason, wait)
            self._sleep(wait)
            wait = min(2 * wait, _LONGEST_WAIT_S)
        raise AssertionError("the loop returns or raises")

    def _refresh(self, rejected_token: str) -> bool:
        """Return whether there are tokens newer than the rejected one, after a refresh if needed.

        A refresh token works once and its reuse ends the session, so the refresh is sent once
        and never repeated, and processes that share a session take turns.
        """
        with self._refresh_lock, self._session_lock() as stored:
            credentials = self._credentials
            if credentials is None:
                return False
            if stored is not None and stored.is_for(credentials.url):
                credentials = stored
            if credentials.access_token != rejected_token:
                self._credentials = credentials
                return True
            try:
                response = self._client.post(
                    "/auth/refresh", json={"refresh_token": credentials.refresh_token}
                )
            except httpx.TransportError as error:
                reason = _describe(error)
                raise Unreachable(f"{reason} while the session was refreshed") from error
            if response.status_code in _RETRYABLE:
                # As while the platform starts: the token was not used, and the session goes on.
                reason = to_problem(response).detail
                raise Unreachable(f"{reason} while the session was refreshed")
            if response.is_error:
                return False
            body = response.json()
            self._credentials = replace(
                credentials, access_token=body["access_token"], refresh_token=body["refresh_token"]
            )
            self._on_refresh(self._credentials)
            return True
