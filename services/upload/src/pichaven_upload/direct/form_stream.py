"""A multipart/form-data body with one file in it, read as it arrives.

Frameworks parse a form before the route runs, into memory or a temporary file. Here the route
pulls the file's bytes through; only the fields beside it are kept, and they are small.
"""

from collections import deque
from collections.abc import AsyncIterator
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, ValidationError
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from pichaven_chassis.clock import Moment
from pichaven_chassis.problems import FileMissing, InvalidRequest, UnsupportedBodyType, body_problem
from pichaven_contracts.event import Id, Sha256
from pichaven_contracts.photo import Lane
from pichaven_upload.sessions.attach_sidecar import MAX_SIDECAR_BYTES
from pichaven_upload.sessions.errors import SidecarTooLarge
from pichaven_upload.sessions.model import OnDuplicate

_FILE: Final = "file"
_SIDECAR: Final = "sidecar"
_LONGEST_FIELD: Final = 4096
_MOST_PARTS: Final = 32
_LONGEST_HEADER: Final = 48 << 10

_Step = tuple[Literal["headers", "data", "end"], bytes]


class FormFields(BaseModel):
    """The fields beside the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sha256: Sha256 | None = None
    album_id: Id | None = None
    taken_at: Moment | None = None
    on_duplicate: OnDuplicate = OnDuplicate.SKIP
    lane: Lane = Lane.INTERACTIVE


class FormStream:
    """Reads up to the file with `read_until_file`; then `chunks` yields the file once."""

    def __init__(self, content_type: str, body: AsyncIterator[bytes]) -> None:
        kind, options = parse_options_header(content_type)
        boundary = options.get(b"boundary")
        if kind == b"multipart/form-data" and not boundary:
            raise InvalidRequest("The multipart form has no boundary.")
        if kind != b"multipart/form-data" or not boundary:
            raise UnsupportedBodyType("Send multipart/form-data with a part named file.")
        self._body = body
        self._steps: deque[_Step] = deque()
        self._headers: dict[str, bytes] = {}
        self._part_headers: dict[str, bytes] = {}
        self._headers_of_next: deque[dict[str, bytes]] = deque()
        self._header_name = b""
        self._header_value = b""
        self._parts = 0
        self._ended = False
        self._fields: dict[str, str] = {}
        self.sidecar: bytes | None = None
        """The XMP file beside the picture; complete after the last chunk."""
        self.filename = ""
        self.content_type = ""
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._on_part,
                    "on_header_field": self._on_header_name,
                    "on_header_value": self._on_header_value,
                    "on_header_end": self._on_header_end,
                    "on_headers_finished": self._on_headers,
                    "on_part_data": self._on_data,
                    "on_part_end": self._on_part_end,
                    "on_end": self._on_end,
                },
                max_header_size=_LONGEST_HEADER,
            )
        except FormParserError as error:
            raise InvalidRequest("The form's boundary is not valid.") from error

    async def read_until_file(self) -> None:
        """Read the fields before the file, and the file's headers.

        Raises `FileMissing`, `InvalidRequest`.
        """
        while await self._next_part():
            if self._is_file():
                return
            await self._read_field()
        raise FileMissing

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the file's bytes; after the last of them every field has been read."""
        while (data := await self._data()) is not None:
            yield data
        while await self._next_part():
            if self._is_file():
                raise InvalidRequest("Send one file in a request.")
            await self._read_field()

    def fields(self) -> FormFields:
        """Return the fields read so far; after the last chunk, all. Raises `InvalidRequest`."""
        try:
            return FormFields.model_validate(self._fields)
        except ValidationError as error:
            raise body_problem(error.errors()) from None

    def _is_file(self) -> bool:
        _, options = parse_options_header(self._headers.get("content-disposition", b""))
        if options.get(b"name") != _FILE.encode():
            return False
        self.filename = options.get(b"filename", b"").decode(errors="replace")
        self.content_type = self._headers.get("content-type", b"").decode("latin-1")[:200]
        return True

    async def _next_part(self) -> bool:
        """Read the headers of the next part; return False if there is none."""
        while (step := await self._step()) is not None:
            if step[0] == "headers":
                self._headers = self._headers_of_next.popleft()
                return True
        return False

    async def _read_field(self) -> None:
        _, options = parse_options_header(self._headers.get("content-disposition", b""))
        name = options.get(b"name", b"").decode(errors="replace")
        value = bytearray()
        while (data := await self._data()) is not None:
            value += data
            if name == _SIDECAR:
                if len(value) > MAX_SIDECAR_BYTES:
                    raise SidecarTooLarge(MAX_SIDECAR_BYTES)
            elif len(value) > _LONGEST_FIELD:
                raise InvalidRequest(f"The field {name[:50]!r} is too long.")
        if name in self._fields or (name == _SIDECAR and self.sidecar is not None):
            raise InvalidRequest(f"The field {name[:50]!r} is sent twice.")
        if name == _SIDECAR:
            self.sidecar = bytes(value) or None
        elif value:
            self._fields[name] = value.decode(errors="replace").strip()

    async def _data(self) -> bytes | None:
        """Return more of the current part, or None at its end."""
        step = await self._step()
        return step[1] if step is not None and step[0] == "data" else None

    async def _step(self) -> _Step | None:
        """Return the next step of the form, or None at its end."""
        while not self._steps:
            if self._ended:
                return None
            chunk = await anext(self._body, None)
            if chunk is None:
                raise InvalidRequest("The form ends before its last boundary.")
            try:
                self._parser.write(chunk)
            except FormParserError as error:
                raise InvalidRequest(f"The form cannot be read: {error}"[:300]) from None
        return self._steps.popleft()

    def _on_part(self) -> None:
        self._parts += 1
        if self._parts > _MOST_PARTS:
            raise InvalidRequest("The form has too many parts.")
        self._part_headers = {}

    def _on_header_name(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _on_header_end(self) -> None:
        self._part_headers[self._header_name.decode("latin-1").lower()] = self._header_value
        self._header_name = b""
        self._header_value = b""

    def _on_headers(self) -> None:
        self._steps.append(("headers", b""))
        self._headers_of_next.append(self._part_headers)

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        self._steps.append(("data", data[start:end]))

    def _on_part_end(self) -> None:
        self._steps.append(("end", b""))

    def _on_end(self) -> None:
        self._ended = True
