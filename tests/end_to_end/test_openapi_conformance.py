"""Every call keeps to the OpenAPI document, for requests that follow it and ones that do not."""

import json
from importlib.resources import files
from typing import Any, Final

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode, Response
from schemathesis.checks import CheckFunction
from schemathesis.specs.openapi import checks

from pichaven_chassis.ids import new_id
from pichaven_local.stack import Stack
from testing.api_client import PASSWORD

EXAMPLES: Final = 12
"""Random requests for each call and mode."""

LONGEST_KEY: Final = 255

UNFIT: Final = (
    # They end the session that the other requests use.
    "/api/v1/auth/logout",
    "/api/v1/auth/logout-all",
    "/api/v1/auth/password",
    # Its response never ends.
    "/api/v1/events",
)

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
]

BEYOND_A_SCHEMA: Final = {
    *("invalid_cursor", "invalid_email", "password_refused", "precondition_failed"),
    *("unknown_name", "unsupported_media_type", "unsupported_picture", "invalid_if_match"),
    *("invalid_date", "invalid_month", "invalid_filter", "empty_file", "file_too_large"),
    *("quota_exceeded", "registration_closed"),
}
"""Refusals of values for reasons that no schema expresses."""

LOOSELY_DESCRIBED: Final = {
    # A name is printable.
    "/api/v1/auth/register",
    "/api/v1/me",
    "/api/v1/me/api-keys",
    # Which of the fields are needed depends on the action.
    "/api/v1/photos/batch",
}

schema: Final = schemathesis.openapi.from_dict(
    json.loads(files("pichaven_contracts").joinpath("openapi.json").read_text(encoding="utf-8"))
)
# A body may be too large to be read.
schema.config.checks.negative_data_rejection.expected_statuses.append("413")
CALLS: Final = [
    call
    for call in (result.ok() for result in schema.get_all_operations())
    if call.path not in UNFIT
]


@pytest.fixture(scope="module")
def access_token(stack: Stack) -> str:
    """An account that only these requests change."""
    response = httpx.post(
        f"{stack.url}/api/v1/auth/register",
        json={"email": f"{new_id()}@example.com", "password": PASSWORD, "name": "Test"},
        timeout=30,
    )
    assert response.status_code == 201, response.text
    return str(response.json()["access_token"])


@pytest.mark.parametrize("mode", GenerationMode, ids=lambda mode: mode.value)
@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.label)
def test_each_call_keeps_to_the_document(
    call: Any, mode: GenerationMode, stack: Stack, access_token: str
) -> None:
    headers = {"Authorization": f"Bearer {access_token}"}

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
        key = str(case.headers.get("Idempotency-Key", ""))
        if 0 < len(key) <= LONGEST_KEY and key.isprintable():
            # A valid key, as that of the example, belongs to the first request that has it.
            case.headers["Idempotency-Key"] = new_id()
        response = case.call(base_url=stack.url, headers=headers, timeout=30)
        case.validate_response(
            response, checks=CHECKS, excluded_checks=_unfit(response, case), headers=headers
        )

    try:
        try_requests()
    except Unsatisfiable:
        # Of a call without parameters and body no request is wrong.
        assert mode is GenerationMode.NEGATIVE


def _unfit(response: Response, case: Any) -> list[CheckFunction]:
    """Return the checks that say nothing about a response."""
    if response.status_code == 400 and not _is_json(response):
        # The gateway itself refuses some encoded characters of a path, in plain text.
        return [
            checks.content_type_conformance,
            checks.response_schema_conformance,
            checks.positive_data_acceptance,
        ]
    if case.path in LOOSELY_DESCRIBED:
        return [checks.positive_data_acceptance]
    if response.status_code >= 400 and response.json()["code"] in BEYOND_A_SCHEMA:
        return [checks.positive_data_acceptance]
    return []


def _is_json(response: Response) -> bool:
    return any("json" in value for value in response.headers.get("content-type", []))
