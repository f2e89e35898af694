"""What imaging tells of a picture. Plain values, so that they cross processes as JSON."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class MadeVariant:
    """A variant that lies in the job's folder under `name.format`."""

    name: str
    format: str
    width: int
    height: int
    bytes: int

    @property
    def filename(self) -> str:
        return f"{self.name}.{self.format}"


@dataclass(frozen=True, slots=True)
class CaptureTime:
    at: str
    """ISO 8601, UTC."""
    offset_minutes: int | None
    """None when the file tells no zone and the camera's clock was read as UTC."""
    source: str
    """`exif`, `gps` or `xmp`."""


@dataclass(frozen=True, slots=True)
class Place:
    """WGS 84 degrees, altitude in metres; names where the position has any."""

    lat: float
    lon: float
    altitude: float | None = None
    city: str | None = None
    region: str | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True)
class Metadata:
    """What was written into the file, as far as it makes sense."""

    camera: str | None = None
    lens: str | None = None
    iso: int | None = None
    aperture: float | None = None
    """The f-number."""
    shutter: float | None = None
    """Seconds."""
    focal_length: float | None = None
    """Millimetres."""
    taken_at: CaptureTime | None = None
    place: Place | None = None
    rating: int | None = None
    """0 to 5."""
    caption: str | None = None
    keywords: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PaletteColour:
    hex: str
    """`#rrggbb`."""
    share: float
    """Of the area, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Facts:
    """The whole outcome of imaging. `width` and `height` are pixels, upright."""

    content_type: str
    width: int
    height: int
    variants: tuple[MadeVariant, ...]
    blurhash: str
    phash: str
    """64 bits as 16 hexadecimal digits."""
    palette: tuple[PaletteColour, ...] = ()
    metadata: Metadata = field(default_factory=Metadata)
