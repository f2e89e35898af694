"""The problems of a query that cannot be read."""

from pichaven_chassis.problems import FieldError, InvalidRequest


class QueryTooLong(InvalidRequest):
    code = "query_too_long"
    title = "The query is too long"


class InvalidFilter(InvalidRequest):
    """Raised when the text of a filter is not in its format."""

    code = "invalid_filter"
    title = "A filter cannot be read"

    def __init__(self, name: str, message: str) -> None:
        super().__init__(
            f"{name}: {message}", errors=[FieldError(path=f"query.{name}", message=message)]
        )
