"""Errors as RFC 9457 problems: each class is a stable code, each instance one sentence."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from pydantic import BaseModel, Field

MEDIA_TYPE = "application/problem+json"
_MOST_ERRORS: Final = 20
_REQUEST_ID_EXAMPLE: Final = "019ec52c-41b7-7d20-a6c3-90f1e2d8b574"


class FieldError(BaseModel):
    """An error of one field of a request; `path` is like `body.size`."""

    path: str = Field(
        description="Where the value was sent: body, query, path or header, then its name.",
        examples=["body.size"],
    )
    message: str = Field(
        description="What is wrong with the value, in English.",
        examples=["Input should be greater than or equal to 0"],
    )


class ProblemDetails(BaseModel):
    """The body of every error response."""

    type: str = Field(
        description="A URN that ends with the code.", examples=["urn:pichaven:problem:not_found"]
    )
    title: str = Field(
        description="What kind of problem it is, in English.", examples=["Not found"]
    )
    status: int = Field(description="The HTTP status of the response.", examples=[404])
    detail: str = Field(
        description="What happened in this request, in English.",
        examples=["There is nothing here under this id."],
    )
    code: str = Field(
        description="Names the problem for programs; it is stable.", examples=["not_found"]
    )
    request_id: str = Field(
        description="The `X-Request-Id` of the response; logs have it.",
        examples=[_REQUEST_ID_EXAMPLE],
    )
    errors: list[FieldError] = Field(
        default=[], description="The values that are wrong, 20 at most; empty for other problems."
    )


class Problem(Exception):
    """An error with an RFC 9457 response.

    `extra` is added to the body's top level, `headers` to the response.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    title: ClassVar[str] = "Internal error"

    def __init__(
        self,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = list(errors)
        self.headers = dict(headers or {})
        self.extra = dict(extra or {})

    def body(self, request_id: str) -> dict[str, Any]:
        details = ProblemDetails(
            type=f"urn:pichaven:problem:{self.code}",
            title=self.title,
            status=self.status,
            detail=self.detail,
            code=self.code,
            request_id=request_id,
            errors=self.errors,
        )
        return details.model_dump() | self.extra


class InvalidRequest(Problem):
    """Raised for what was sent and cannot be read."""

    status = 422
    code = "invalid_request"
    title = "The request cannot be read"


class UnknownField(InvalidRequest):
    """Raised for a JSON body with a field that the call does not have."""

    code = "unknown_field"
    title = "The call has no such field"


class FileMissing(InvalidRequest):
    """Raised for a form without its file."""

    code: ClassVar[str] = "file_missing"
    title: ClassVar[str] = "The form has no file"

    def __init__(self) -> None:
        super().__init__("Send the picture in a part named file.")


class EmptyFile(InvalidRequest):
    """Raised for a file without a single byte."""

    code: ClassVar[str] = "empty_file"
    title: ClassVar[str] = "The file is empty"

    def __init__(self) -> None:
        super().__init__("The file has no bytes. Choose another, or save it again.")


class InvalidJson(Problem):
    status = 400
    code = "invalid_json"
    title = "The body is no JSON"

    def __init__(self, detail: str = "Send one JSON value in UTF-8.") -> None:
        super().__init__(detail)


class UnsupportedBodyType(Problem):
    status = 415
    code = "unsupported_body_type"
    title = "The call takes no body of this type"


class BodyTooLarge(Problem):
    status = 413
    code = "body_too_large"
    title = "The request is too large"

    def __init__(self, detail: str = "The body is larger than this call takes.") -> None:
        super().__init__(detail)


class MethodNotAllowed(Problem):
    status = 405
    code = "method_not_allowed"
    title = "The address has no such method"

    def __init__(self, allowed: Sequence[str]) -> None:
        super().__init__(
            f"There is {', '.join(allowed)} here.", headers={"Allow": ", ".join(allowed)}
        )


def body_problem(errors: Sequence[Any]) -> InvalidRequest:
    """Return the problem of a body or of parameters with these errors of pydantic."""
    fields = [
        FieldError(path=".".join(str(part)[:100] for part in error["loc"]), message=error["msg"])
        for error in errors[:_MOST_ERRORS]
    ]
    if all(error["type"] == "extra_forbidden" for error in errors):
        names = ", ".join(f"`{str(error['loc'][-1])[:100]}`" for error in errors[:_MOST_ERRORS])
        return UnknownField(f"There is no field {names}.", errors=fields)
    return InvalidRequest("Some of what was sent cannot be read.", errors=fields)


class Unauthorized(Problem):
    status = 401
    code = "unauthorized"
    title = "Authentication is needed"

    def __init__(self, detail: str = "Send a valid access token or API key.") -> None:
        super().__init__(detail, headers={"WWW-Authenticate": "Bearer"})


class NotFound(Problem):
    """Raised for what does not exist, or is not this user's."""

    status = 404
    code = "not_found"
    title = "Not found"


class Conflict(Problem):
    status = 409
    code = "conflict"
    title = "Not possible in this state"


class PreconditionFailed(Problem):
    status = 412
    code = "precondition_failed"
    title = "It has changed since it was read"


class TooManyRequests(Problem):
    status = 429
    code = "too_many_requests"
    title = "Too many requests"

    def __init__(self, detail: str, *, retry_after: float) -> None:
        super().__init__(detail, headers={"Retry-After": str(max(1, round(retry_after)))})


class Unavailable(Problem):
    status = 503
    code = "unavailable"
    title = "Not available just now"

    def __init__(
        self,
        detail: str = "A part of PicHaven is not answering. Try again in a moment.",
        *,
        retry_after: float = 2,
    ) -> None:
        super().__init__(detail, headers={"Retry-After": str(max(1, round(retry_after)))})


def problem_responses(*classes: type[Problem]) -> dict[int | str, dict[str, Any]]:
    """Return FastAPI's `responses=` for the problems that a route raises."""
    responses: dict[int | str, dict[str, Any]] = {}
    for problem in classes:
        add_problem(responses, problem.status, problem)
    return responses


def add_problem(
    responses: dict[Any, dict[str, Any]], status: int | str, problem: type[Problem]
) -> None:
    """Add a problem's code and example to the OpenAPI responses, beside others of its status."""
    same = responses.get(status)
    codes = f"{same['description']}, `{problem.code}`" if same else f"`{problem.code}`"
    examples = same["content"][MEDIA_TYPE]["examples"] if same else {}
    example = ProblemDetails(
        type=f"urn:pichaven:problem:{problem.code}",
        title=problem.title,
        status=problem.status,
        detail=f"{problem.title}.",
        code=problem.code,
        request_id=_REQUEST_ID_EXAMPLE,
    )
    responses[status] = {
        "description": codes,
        "content": {
            MEDIA_TYPE: {
                "schema": {"$ref": "#/components/schemas/ProblemDetails"},
                "examples": examples | {problem.code: {"value": example.model_dump()}},
            }
        },
    }
