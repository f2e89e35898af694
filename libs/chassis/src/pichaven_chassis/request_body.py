"""The base of all JSON bodies of requests: known fields, each in its own JSON type."""

from typing import Annotated, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

T = TypeVar("T")


def _check_text(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError("must be a text")  # noqa: TRY004
    return value


Text = Annotated[T, Field(strict=False), BeforeValidator(_check_text)]
"""A value that JSON writes as a text: an enum, a time, a duration."""


class RequestBody(BaseModel):
    """A JSON object that a client sends.

    An unknown field is an error. No type stands for another: `true` and `"1"` are no numbers,
    `1.0` is no integer. A field whose type JSON has not is declared as `Text[…]`.
    """

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)
