"""What a search can be refused for."""

from pichaven_chassis.problems import FieldError, InvalidRequest


class QueryTooLong(InvalidRequest):
    code = "query_too_long"
    title = "The query is too long"


class InvalidFilter(InvalidRequest):
    """A filter whose text is not what the filter takes."""

    code = "invalid_filter"
    title = "A filter cannot be read"

    def __init__(self, name: str, message: str) -> None:
        super().__init__(
            f"{name}: {message}", errors=[FieldError(path=f"query.{name}", message=message)]
        )
