"""The response models of the map."""

from pydantic import BaseModel, Field

from pichaven_contracts.api import MEDIA_URL_EXAMPLE, PHOTO_ID_EXAMPLE
from pichaven_search.map.model import MAX_PRECISION


class Cover(BaseModel):
    id: str = Field(description="The photo's id.", examples=[PHOTO_ID_EXAMPLE])
    thumbnail_url: str | None = Field(
        description="Presigned; stays the same for hours.", examples=[MEDIA_URL_EXAMPLE]
    )
    blurhash: str | None = Field(
        description="A placeholder to show until the thumbnail is loaded; null before it was read.",
        examples=["LEHV6nWB2yk8pyo0adR*.7kCMdnj"],
    )
    width: int | None = Field(
        description="Pixels of the picture; null before it was read.", examples=[6240]
    )
    height: int | None = Field(
        description="Pixels of the picture; null before it was read.", examples=[4160]
    )


class Cluster(BaseModel):
    lat: float = Field(
        description="Latitude of the centre, degrees north; of one photo its very position.",
        examples=[38.6779],
    )
    lon: float = Field(description="Longitude of the centre, degrees east.", examples=[-9.3358])
    count: int = Field(description="Photos in the cluster.", examples=[14])
    bbox: tuple[float, float, float, float] = Field(
        description="`west, south, east, north` of the photos; never crosses the antimeridian.",
        examples=[[-9.3402, 38.6751, -9.3311, 38.6806]],
    )
    cover: Cover | None = Field(
        description="The newest photo; null only while an index of an earlier release answers."
    )


class PhotoMap(BaseModel):
    clusters: list[Cluster] = Field(description="The largest first.")
    total: int = Field(description="Photos in the box.", examples=[14])
    precision: int = Field(
        le=MAX_PRECISION,
        description="The zoom whose tiles are the cells of the clusters.",
        examples=[15],
    )
    took_ms: int = Field(description="Milliseconds that the search took.", examples=[9])
