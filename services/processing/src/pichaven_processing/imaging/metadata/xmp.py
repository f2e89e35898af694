"""Read XMP packets. Entities and document types are refused, so no packet can expand."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from xml.parsers import expat

from pichaven_processing.imaging.facts import CaptureTime
from pichaven_processing.imaging.metadata.capture_times import capture_time, parse_iso_time
from pichaven_processing.imaging.metadata.tiff_tags import clean_text

_LARGEST: Final = 4 << 20
_MOST_VALUES: Final = 2000
_DEEPEST: Final = 64

_RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_XMP: Final = "http://ns.adobe.com/xap/1.0/"
_DC: Final = "http://purl.org/dc/elements/1.1/"
_EXIF: Final = "http://ns.adobe.com/exif/1.0/"
_PHOTOSHOP: Final = "http://ns.adobe.com/photoshop/1.0/"
_MICROSOFT: Final = "http://ns.microsoft.com/photo/1.0/"
_CONTAINERS: Final = frozenset({f"{_RDF} {name}" for name in ("Alt", "Bag", "Seq", "li")})
_FRAME: Final = frozenset({f"{_RDF} RDF", f"{_RDF} Description", "adobe:ns:meta/ xmpmeta"})
_TIMES: Final = (
    f"{_EXIF} DateTimeOriginal",
    f"{_PHOTOSHOP} DateCreated",
    f"{_XMP} CreateDate",
)


@dataclass(frozen=True, slots=True)
class XmpFacts:
    rating: int | None = None
    caption: str | None = None
    keywords: tuple[str, ...] = ()
    taken_at: CaptureTime | None = None


class _Refused(Exception):
    """Raised for a packet that declares entities or nests too deep."""


class _Properties:
    """Collects the values of top properties, whether attributes, elements or list items."""

    def __init__(self) -> None:
        self.values: dict[str, list[str]] = {}
        self._path: list[str] = []
        self._text: list[str] = []

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._path.append(name)
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
            self._add(name, "".join(self._text))
        self._text = []
        self._path.pop()

    def _property(self) -> str | None:
        """Return the property that the open element is, or is an item of."""
        inner = [name for name in self._path if name not in _FRAME and name not in _CONTAINERS]
        return inner[0] if len(inner) == 1 else None

    def _add(self, name: str, value: str) -> None:
        text = clean_text(value)
        if text and sum(map(len, self.values.values())) < _MOST_VALUES:
            self.values.setdefault(name, []).append(text)


def read_xmp(packet: bytes) -> XmpFacts:
    """Return what the packet has; nothing when it is broken or hostile."""
    if len(packet) > _LARGEST:
        return XmpFacts()
    properties = _Properties()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = properties.start
    parser.EndElementHandler = properties.end
    parser.CharacterDataHandler = properties.text
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    parser.ExternalEntityRefHandler = _refuse
    try:
        parser.Parse(packet.strip(b"\0 \r\n\t"), True)
    except (expat.ExpatError, _Refused, ValueError, LookupError):
        # What precedes the damage is not trusted either.
        return XmpFacts()
    values = properties.values
    return XmpFacts(
        rating=_rating(values),
        caption=_first(values, f"{_DC} title", f"{_DC} description"),
        keywords=tuple(values.get(f"{_DC} subject", ())),
        taken_at=_taken_at(values),
    )


def _refuse(*_: object) -> int:
    raise _Refused("a packet has no use for declarations")


def _first(values: Mapping[str, list[str]], *names: str) -> str | None:
    return next((values[name][0] for name in names if name in values), None)


def _rating(values: Mapping[str, list[str]]) -> int | None:
    stars = _first(values, f"{_XMP} Rating")
    try:
        if stars is not None:
            rating = round(float(stars))
            return rating if 0 <= rating <= 5 else None
        percent = _first(values, f"{_MICROSOFT} Rating")
        return None if percent is None else min(5, max(0, round((float(percent) + 12) / 25)))
    except (ValueError, OverflowError):
        return None


def _taken_at(values: Mapping[str, list[str]]) -> CaptureTime | None:
    for name in _TIMES:
        clock_and_offset = parse_iso_time(_first(values, name))
        if clock_and_offset is not None:
            return capture_time(*clock_and_offset, "xmp")
    return None
