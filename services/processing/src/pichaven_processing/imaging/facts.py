"""The result of the imaging pipeline: plain values, which cross processes as JSON."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class VariantFile:
    """A variant on disk, in the workspace's folder under `name.format`."""

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
    """None when it is unknown and the camera's clock was read as UTC."""
    source: str
    """`exif`, `gps` or `xmp`."""
    offset_source: str | None = None
    """`file`, or `gps` for the zone at the position."""


@dataclass(frozen=True, slots=True)
class GeoPlace:
    """WGS 84 degrees, altitude in metres; names where the position has any."""

    lat: float
    lon: float
    altitude: float | None = None
    city: str | None = None
    region: str | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True)
class Metadata:
    """What cameras and people wrote into the file, without what makes no sense."""

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
    place: GeoPlace | None = None
    rating: int | None = None
    """0 to 5."""
    title: str | None = None
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
    """`width` and `height` are pixels of the original, upright."""

    content_type: str
    width: int
    height: int
    variants: tuple[VariantFile, ...]
    blurhash: str
    phash: str
    """64 bits as 16 hexadecimal digits."""
    palette: tuple[PaletteColour, ...] = ()
    metadata: Metadata = field(default_factory=Metadata)
