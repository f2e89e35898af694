"""What every route refuses alike: parameters that it does not have, and bodies that are no JSON."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, ClassVar, get_args, get_origin

from fastapi import Request, params
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic.fields import FieldInfo

from pichaven_chassis.auth import authenticator_of, current_user, token_user
from pichaven_chassis.media_types import is_json
from pichaven_chassis.problems import FieldError, InvalidRequest, UnsupportedBodyType


class UnknownParameter(InvalidRequest):
    """Raised for a query parameter that the route does not have."""

    code: ClassVar[str] = "unknown_parameter"
    title: ClassVar[str] = "The call has no such query parameter"


class RepeatedParameter(InvalidRequest):
    """Raised for a query parameter that is sent twice and has one value."""

    code: ClassVar[str] = "repeated_parameter"
    title: ClassVar[str] = "A query parameter is sent more than once"


class EmptyParameter(InvalidRequest):
    """Raised for a query parameter without a value, unless `may_be_empty`."""

    code: ClassVar[str] = "empty_parameter"
    title: ClassVar[str] = "A query parameter is empty"


def may_be_empty(parameter: FieldInfo) -> bool:
    """Return whether a query parameter is declared with `min_length=0`: nothing is a value then."""
    return any(getattr(each, "min_length", None) == 0 for each in parameter.metadata)


@dataclass(frozen=True, slots=True)
class _Accepted:
    """What a route takes."""

    single: frozenset[str]
    lists: frozenset[str]
    never_empty: frozenset[str]
    json_body: bool
    signed_in: bool

    @classmethod
    def of(cls, route: APIRoute) -> "_Accepted":
        dependants = list(_walk(route.dependant))
        fields = {
            field.alias: field.field_info for each in dependants for field in each.query_params
        }
        lists = frozenset(name for name, info in fields.items() if _is_list(info.annotation))
        body = route.body_field
        return cls(
            single=frozenset(fields) - lists,
            lists=lists,
            never_empty=frozenset(name for name, info in fields.items() if not may_be_empty(info)),
            json_body=body is not None and not isinstance(body.field_info, params.Form),
            signed_in=any(each.call in (current_user, token_user) for each in dependants),
        )


class CheckRequest:
    """FastAPI dependency of all routes.

    Raises `UnknownParameter`, `RepeatedParameter`, `EmptyParameter`, `UnsupportedBodyType`; where a
    route needs a user, `Unauthorized` before these.
    """

    def __init__(self, routes: Iterable[object]) -> None:
        self._accepted = {
            route.endpoint: _Accepted.of(route) for route in routes if isinstance(route, APIRoute)
        }

    async def __call__(self, request: Request) -> None:
        accepted = self._accepted[request.scope["endpoint"]]
        problem = _check_query(request, accepted) or await _check_body(request, accepted)
        if problem is None:
            return
        if accepted.signed_in:
            await authenticator_of(request.app).principal(request.headers)
        raise problem


def _check_query(request: Request, accepted: _Accepted) -> InvalidRequest | None:
    names = [name for name, _ in request.query_params.multi_items()]
    accepted_names = accepted.single | accepted.lists
    unknown = dict.fromkeys(name for name in names if name not in accepted_names)
    if unknown:
        errors = [_to_error(name, _hint(name, accepted_names)) for name in unknown]
        first = next(iter(unknown))[:100]
        return UnknownParameter(f"`{first}`: {errors[0].message}", errors=errors[:20])
    repeated = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    errors = [
        _to_error(name, "This parameter has one value.")
        for name in repeated
        if name in accepted.single
    ]
    if errors:
        return RepeatedParameter("Send each of these parameters once.", errors=errors)
    empty = {name for name, value in request.query_params.multi_items() if not value}
    errors = [
        _to_error(name, "Give it a value, or leave the parameter out.")
        for name in dict.fromkeys(names)
        if name in empty & accepted.never_empty
    ]
    if errors:
        return EmptyParameter("These parameters have no value.", errors=errors)
    return None


def _to_error(name: str, message: str) -> FieldError:
    return FieldError(path=f"query.{name[:100]}", message=message)


def _hint(name: str, accepted_names: Iterable[str]) -> str:
    if similar := get_close_matches(name, sorted(accepted_names), n=1):
        return f"This call has no such parameter. Is it {similar[0]}?"
    return "This call has no such parameter."


async def _check_body(request: Request, accepted: _Accepted) -> UnsupportedBodyType | None:
    if not accepted.json_body or not await request.body():
        return None
    if is_json(request.headers.get("content-type", "").partition(";")[0]):
        return None
    return UnsupportedBodyType("Send JSON, with Content-Type: application/json.")


def _walk(dependant: Dependant) -> Iterator[Dependant]:
    yield dependant
    for each in dependant.dependencies:
        yield from _walk(each)


def _is_list(annotation: Any) -> bool:
    return get_origin(annotation) is list or any(map(_is_list, get_args(annotation)))
