"""The response models of the map."""

from pydantic import BaseModel, Field

from pichaven_search.map.model import MAX_PRECISION


class Cover(BaseModel):
    id: str
    thumbnail_url: str | None = Field(description="Presigned; stays the same for hours.")
    blurhash: str | None
    width: int | None
    height: int | None


class Cluster(BaseModel):
    lat: float = Field(description="The centre; of one photo its very position.")
    lon: float
    count: int
    bbox: tuple[float, float, float, float] = Field(
        description="`west, south, east, north` of the photos; never crosses the antimeridian."
    )
    cover: Cover | None = Field(
        description="The newest photo; null only while an index of an earlier release answers."
    )


class PhotoMap(BaseModel):
    clusters: list[Cluster] = Field(description="The largest first.")
    total: int = Field(description="Photos in the box.")
    precision: int = Field(
        le=MAX_PRECISION, description="The zoom whose tiles are the cells of the clusters."
    )
    took_ms: int
