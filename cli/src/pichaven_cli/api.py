"""The public HTTP API, as the CLI needs it: retries with their reason, tokens renewed."""

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any, Final

import httpx

from pichaven_cli.credentials import Credentials

_TRIES: Final = 6
_LONGEST_WAIT_S: Final = 30.0
_PASSING: Final = frozenset({429, 502, 503, 504})


SessionLock = Callable[[], AbstractContextManager[Credentials | None]]
"""Held while a session is renewed; gives the session as it is stored now."""


class ApiProblem(Exception):
    """The server said no, and why."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail


class Unreachable(Exception):
    """No answer, after all tries."""


def problem_of(answer: httpx.Response) -> ApiProblem:
    """The problem in an answer; the gateway's plain answers are put into words too."""
    try:
        body = answer.json()
        return ApiProblem(answer.status_code, str(body["code"]), str(body["detail"]))
    except (ValueError, KeyError, TypeError):
        return ApiProblem(
            answer.status_code,
            f"http_{answer.status_code}",
            f"the server answered {answer.status_code} {answer.reason_phrase}",
        )


def _reason(error: httpx.TransportError) -> str:
    if isinstance(error, httpx.ConnectError):
        return "the server cannot be reached"
    if isinstance(error, httpx.TimeoutException):
        return "the server took too long"
    return f"the connection broke ({type(error).__name__})"


class Api:
    """Safe to use from several threads."""

    def __init__(
        self,
        url: str,
        *,
        credentials: Credentials | None = None,
        api_key: str | None = None,
        on_renewed: Callable[[Credentials], None] = lambda _: None,
        session_lock: SessionLock = lambda: nullcontext(None),
        on_retry: Callable[[str, float], None] = lambda _reason, _wait: None,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._credentials = credentials
        self._api_key = api_key
        self._on_renewed = on_renewed
        self._session_lock = session_lock
        self.on_retry = on_retry
        self._sleep = sleep
        self._renewing = threading.Lock()
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

    def call(self, method: str, path: str, **arguments: Any) -> Any:
        """The JSON of a successful answer.

        Raises `ApiProblem` when the server refuses, `Unreachable` when it never answers.
        """
        token = self._credentials.access_token if self._credentials else None
        answer = self._persist(method, path, self._authorization(), arguments)
        if answer.status_code == httpx.codes.UNAUTHORIZED and token and self._renew(token):
            answer = self._persist(method, path, self._authorization(), arguments)
        if answer.is_error:
            raise problem_of(answer)
        return answer.json() if answer.content else None

    def put_bytes(self, url: str, data: bytes) -> str:
        """Store one part at a presigned URL; its etag."""
        answer = self._persist(
            "PUT", url, {"Content-Type": "application/octet-stream"}, {"content": data}
        )
        if answer.is_error:
            raise ApiProblem(
                answer.status_code, "storage_refused", f"storage answered {answer.status_code}"
            )
        return answer.headers["etag"].strip('"')

    def stream(self, url: str) -> Any:
        """A context manager of a streamed GET of a presigned URL."""
        return self._client.stream("GET", url)

    def _authorization(self) -> dict[str, str]:
        if self._credentials is not None:
            return {"Authorization": f"Bearer {self._credentials.access_token}"}
        return {"X-Api-Key": self._api_key} if self._api_key else {}

    def _persist(
        self, method: str, path: str, headers: dict[str, str], arguments: dict[str, Any]
    ) -> httpx.Response:
        """Send, and send again while the trouble may pass. Every call here may be repeated."""
        for attempt in range(_TRIES):
            wait = min(0.5 * 2**attempt, _LONGEST_WAIT_S)
            try:
                answer = self._client.request(method, path, headers=headers, **arguments)
            except httpx.TransportError as error:
                if attempt == _TRIES - 1:
                    raise Unreachable(f"{_reason(error)}: {self._client.base_url.host}") from error
                reason = _reason(error)
            else:
                if answer.status_code not in _PASSING or attempt == _TRIES - 1:
                    return answer
                problem = problem_of(answer)
                reason = problem.detail
                told = answer.headers.get("retry-after", "")
                if told.isdecimal():
                    if int(told) > _LONGEST_WAIT_S * 4:
                        return answer
                    wait = max(wait, float(told))
            self.on_retry(reason, wait)
            self._sleep(wait)
        raise AssertionError("the loop returns or raises")

    def _renew(self, used_token: str) -> bool:
        """Whether there are new tokens now.

        A refresh token works once and its reuse ends the session, so the renewal is sent once
        and never repeated, and processes that share a session take turns.
        """
        with self._renewing, self._session_lock() as stored:
            known = self._credentials
            if known is None:
                return False
            if stored is not None and stored.is_for(known.url):
                known = stored
            if known.access_token != used_token:
                self._credentials = known
                return True
            try:
                answer = self._client.post(
                    "/auth/refresh", json={"refresh_token": known.refresh_token}
                )
            except httpx.TransportError as error:
                raise Unreachable(f"{_reason(error)} while the session was renewed") from error
            if answer.is_error:
                return False
            body = answer.json()
            self._credentials = replace(
                known, access_token=body["access_token"], refresh_token=body["refresh_token"]
            )
            self._on_renewed(self._credentials)
            return True
