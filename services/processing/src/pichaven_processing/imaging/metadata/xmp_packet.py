"""Parse XMP packets. Entities and document types are refused, so no packet can expand."""

from collections.abc import Mapping
from typing import Final
from xml.parsers import expat

from pichaven_processing.imaging.metadata.tiff_tags import clean_text

_LARGEST: Final = 4 << 20
_MOST_VALUES: Final = 2000
_DEEPEST: Final = 64

_RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_CONTAINERS: Final = frozenset({f"{_RDF} {name}" for name in ("Alt", "Bag", "Seq", "li")})
_FRAME: Final = frozenset({f"{_RDF} RDF", f"{_RDF} Description", "adobe:ns:meta/ xmpmeta"})
_LANGUAGE: Final = "http://www.w3.org/XML/1998/namespace lang"
_DEFAULT_LANGUAGE: Final = "x-default"


class _Refused(Exception):
    """Raised for a packet that declares entities or nests too deep."""


class _Properties:
    """Collects the values of top properties, whether attributes, elements or list items."""

    def __init__(self) -> None:
        self.values: dict[str, list[str]] = {}
        self._path: list[str] = []
        self._is_default: list[bool] = []
        self._text: list[str] = []

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._path.append(name)
        self._is_default.append(attributes.get(_LANGUAGE) == _DEFAULT_LANGUAGE)
        if len(self._path) > _DEEPEST:
            raise _Refused("nested too deep")
        self._text = []
        if name == f"{_RDF} Description" and self._property() is None:
            for key, value in attributes.items():
                self._add(key, value)

    def text(self, text: str) -> None:
        self._text.append(text)

    def end(self, _name: str) -> None:
        name = self._property()
        if name is not None:
            self._add(name, "".join(self._text), first=self._is_default[-1])
        self._text = []
        self._path.pop()
        self._is_default.pop()

    def _property(self) -> str | None:
        """Return the property that the open element is, or is an item of."""
        inner = [name for name in self._path if name not in _FRAME and name not in _CONTAINERS]
        return inner[0] if len(inner) == 1 else None

    def _add(self, name: str, value: str, *, first: bool = False) -> None:
        text = clean_text(value)
        if text and sum(map(len, self.values.values())) < _MOST_VALUES:
            values = self.values.setdefault(name, [])
            values.insert(0 if first else len(values), text)


def read_properties(packet: bytes) -> Mapping[str, list[str]]:
    """Return the values of top properties by namespace and name, the default language's first.

    Empty for a packet that is broken or hostile.
    """
    if len(packet) > _LARGEST:
        return {}
    properties = _Properties()
    encoding = _utf16_of(packet)
    if encoding is None:
        packet = packet.strip(b"\0 \r\n\t")
    else:
        # Without a byte order mark at its start, expat takes it for UTF-8.
        packet = packet.decode(encoding, "replace").strip("\ufeff\0 \r\n\t").encode()
    parser = expat.ParserCreate("utf-8" if encoding else None, namespace_separator=" ")
    parser.StartElementHandler = properties.start
    parser.EndElementHandler = properties.end
    parser.CharacterDataHandler = properties.text
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    parser.ExternalEntityRefHandler = _refuse
    try:
        parser.Parse(packet, True)
    except (expat.ExpatError, _Refused, ValueError, LookupError):
        # What precedes the damage is not trusted either.
        return {}
    return properties.values


def _utf16_of(packet: bytes) -> str | None:
    """Return the packet's encoding if it is UTF-16, by its first character."""
    if packet.startswith((b"\xff\xfe", b"<\0")):
        return "utf-16-le"
    return "utf-16-be" if packet.startswith((b"\xfe\xff", b"\0<")) else None


def _refuse(*_: object) -> int:
    raise _Refused("a packet has no use for declarations")
