"""Every call keeps to the OpenAPI document, for requests that follow it and ones that do not."""

import asyncio
import json
import re
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any, Final

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import CheckContext, GenerationMode, Response
from schemathesis.checks import CheckFunction
from schemathesis.specs.openapi import checks

from pichaven_chassis.idempotency import KEY_PATTERN
from pichaven_chassis.ids import new_id
from pichaven_local.stack import Stack
from testing.api_client import PASSWORD, registered_client
from testing.images import jpeg

EXAMPLES: Final = 8
"""Random requests for each call and mode."""

ENDLESS: Final = "/api/v1/events"
"""Its response never ends; `test_stream.py` reads it."""

ENDS_SESSIONS: Final = {
    "/api/v1/auth/logout",
    "/api/v1/auth/logout-all",
    "/api/v1/auth/password",
    "/api/v1/auth/sessions",
    "/api/v1/auth/sessions/{session_id}",
}
"""They may end the session that the other requests use: each request has one of its own."""

BEYOND_A_SCHEMA: Final = {
    *("empty_file", "hash_mismatch", "invalid_cursor", "invalid_date", "invalid_email"),
    *("invalid_filter", "invalid_if_match", "invalid_path", "invalid_sidecar", "invalid_tag"),
    *("password_refused", "precondition_failed"),
    *("size_mismatch", "unreadable_picture", "unsupported_media_type", "unsupported_picture"),
    # They depend on settings, and on what the account has.
    *("file_too_large", "quota_exceeded", "too_many_open_uploads", "upload_rate_exceeded"),
}
"""Refusals of values for reasons that no schema expresses."""

LOOSELY_DESCRIBED: Final = {
    # A name is printable.
    "/api/v1/auth/register",
    "/api/v1/me",
    "/api/v1/me/api-keys",
    # It knows the time zones of IANA.
    "/api/v1/timeline/settings",
    # A time is of the years 1000 to 9000.
    "/api/v1/photos/{photo_id}",
    # Which of the fields are needed depends on the action.
    "/api/v1/photos/batch",
    "/api/v1/jobs",
}
"""Where a request that follows the schema may be `invalid_request`."""

COOKIE_VALUE: Final = re.compile(r"[!#-+\--:<-\[\]-~]*")
"""What a cookie may have as its value (RFC 6265)."""

DECLARED_HEADERS: Final = {"etag", "location", "retry-after", "set-cookie", "www-authenticate"}

schema: Final = schemathesis.openapi.from_dict(
    json.loads(files("pichaven_contracts").joinpath("openapi.json").read_text(encoding="utf-8"))
)
# A body or a URL may be too large to be read.
schema.config.checks.negative_data_rejection.expected_statuses += ["413", "431"]
CALLS: Final = sorted(
    (
        call
        for call in (result.ok() for result in schema.get_all_operations())
        if call.path != ENDLESS
    ),
    # What is deleted is gone for the other calls.
    key=lambda call: call.method == "delete",
)


@dataclass(frozen=True)
class Account:
    """An account that only these requests change, with a photo and an unfinished upload."""

    headers: dict[str, str]
    ids: dict[str, str]
    """Path parameters that name what there is."""


@dataclass
class Visitor:
    """An account whose sessions come and go."""

    url: str
    login: dict[str, str]
    headers: dict[str, str] = field(default_factory=dict)

    def log_in(self) -> None:
        response = httpx.post(f"{self.url}/api/v1/auth/login", json=self.login, trust_env=False)
        self.headers = {"Authorization": f"Bearer {response.json()['access_token']}"}


@pytest.fixture(scope="module")
def visitor(stack: Stack) -> Visitor:
    async def register() -> dict[str, str]:
        async with registered_client(stack.url) as client:
            device = str(client.tokens["device_token"])
            return {"email": client.email, "password": PASSWORD, "device_token": device}

    return Visitor(stack.url, asyncio.run(register()))


@pytest.fixture(scope="module")
def account(stack: Stack) -> Account:
    return asyncio.run(_account_with_a_photo(stack.url))


async def _account_with_a_photo(url: str) -> Account:
    async with registered_client(url) as client:
        upload = (await client.open_upload("part.jpg", jpeg(2))).json()
        key = await client.json(
            "POST", "/me/api-keys", json={"name": "k", "scopes": ["photos:read"]}
        )
        photo_id = await client.upload("whole.jpg", jpeg(1))
        await client.wait_until_ready(photo_id)
        await client.wait_for_hit(photo_id)
        job = await client.json("POST", "/jobs", json={"ids": [photo_id], "action": "favorite"})
        ids = {
            "photo_id": photo_id,
            "upload_id": upload["upload_id"],
            "key_id": key["id"],
            "job_id": job["job_id"],
        }
        return Account({"Authorization": str(client.http.headers["Authorization"])}, ids)


@pytest.mark.parametrize("mode", GenerationMode, ids=lambda mode: mode.value)
@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.label)
def test_each_call_keeps_to_the_document(
    call: Any, mode: GenerationMode, stack: Stack, account: Account, visitor: Visitor
) -> None:
    count = 0
    ends_sessions = call.path in ENDS_SESSIONS
    if ends_sessions:
        visitor.log_in()

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=call.as_strategy(generation_mode=mode))
    def try_requests(case: Any) -> None:
        nonlocal count
        count += 1
        if mode is GenerationMode.POSITIVE and count % 2:
            case.path_parameters.update(
                {name: account.ids[name] for name in case.path_parameters if name in account.ids}
            )
        key = str(case.headers.get("Idempotency-Key", ""))
        if re.fullmatch(KEY_PATTERN, key):
            # A valid key, as that of the example, belongs to the first request that has it.
            case.headers["Idempotency-Key"] = new_id()
        if case.media_type == "application/json" and isinstance(case.body, dict | list):
            case.body = _with_whole_numbers(case.body)
        headers = visitor.headers if ends_sessions else account.headers
        response = case.call(base_url=stack.url, headers=headers, timeout=30)
        if ends_sessions and response.status_code < 300:
            visitor.log_in()
            headers = visitor.headers
        case.validate_response(
            response,
            checks=CHECKS,
            excluded_checks=_unfit(response, case),
            headers=headers,
        )

    try:
        try_requests()
    except Unsatisfiable:
        # Of a call without parameters and body no request is wrong.
        assert mode is GenerationMode.NEGATIVE


def _with_whole_numbers(body: Any) -> Any:
    """Return a body as clients write it: JSON Schema takes 1.0 as an integer, services do not."""
    match body:
        case dict():
            return {name: _with_whole_numbers(value) for name, value in body.items()}
        case list():
            return [_with_whole_numbers(value) for value in body]
        case float() if body.is_integer():
            return int(body)
    return body


def _unfit(response: Response, case: Any) -> list[CheckFunction]:
    """Return the checks that say nothing about a response."""
    if response.status_code == 431:
        # Go refuses headers that are too long before the gateway can make a problem of it.
        return [
            checks.content_type_conformance,
            checks.response_schema_conformance,
            checks.positive_data_acceptance,
        ]
    unfit = []
    if not all(COOKIE_VALUE.fullmatch(str(value)) for value in case.cookies.values()):
        # It arrives as another value, which may be a valid one.
        unfit.append(checks.negative_data_rejection)
    if response.status_code >= 400:
        code = response.json()["code"]
        loose = case.path in LOOSELY_DESCRIBED and code == "invalid_request"
        if loose or code in BEYOND_A_SCHEMA:
            unfit.append(checks.positive_data_acceptance)
    return unfit


def _declares_its_headers(_context: CheckContext, response: Response, case: Any) -> bool | None:
    """A check: the document has the headers that say what the client is to do next."""
    declared = case.operation.responses.find_by_status_code(response.status_code)
    names = {name.lower() for name in (declared.definition.get("headers", {}) if declared else {})}
    missing = (DECLARED_HEADERS & response.headers.keys()) - names
    assert not missing, f"{response.status_code} has undeclared headers: {sorted(missing)}"
    return None


CHECKS: Final[list[CheckFunction]] = [
    schemathesis.checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
    checks.positive_data_acceptance,
    checks.ignored_auth,
    checks.unsupported_method,
    _declares_its_headers,
]
