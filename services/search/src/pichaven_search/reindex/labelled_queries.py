"""Read an operator's labelled queries from a JSON file."""

from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from pichaven_contracts.event import Id
from pichaven_search.query_language.query import MAX_QUERY_LENGTH
from pichaven_search.reindex.compare_quality import LabelledQuery
from pichaven_search.reindex.errors import OperationRefused

_MAX_BYTES: Final = 32 << 20


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid")

    query: Annotated[str, Field(min_length=1, max_length=MAX_QUERY_LENGTH)]
    expected: Annotated[list[Id], Field(min_length=1, max_length=1000)]
    owner: Id | None = None


_FILE: Final = TypeAdapter(Annotated[list[_Line], Field(min_length=1)])


def read_labelled(path: Path) -> tuple[LabelledQuery, ...]:
    """Read a list of `{"query", "expected": [photo ids], "owner"?}`.

    Raises `OperationRefused` for a file that is not such a list.
    """
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise OperationRefused(f"{path} is larger than {_MAX_BYTES >> 20} MiB")
        lines = _FILE.validate_json(path.read_bytes())
    except OSError as error:
        raise OperationRefused(f"{path} cannot be read: {error.strerror}") from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise OperationRefused(f"{path}: {where}: {first['msg']}") from None
    return tuple(
        LabelledQuery(line.query, tuple(dict.fromkeys(line.expected)), line.owner) for line in lines
    )
