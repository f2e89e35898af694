"""The route of the map."""

from typing import Annotated, Final

import orjson
from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field

from pichaven_chassis.auth import CurrentUser
from pichaven_chassis.http import PublicBase, from_state
from pichaven_chassis.problems import Unauthorized, Unavailable, problem_responses
from pichaven_chassis.storage import Presigner
from pichaven_search.index.cover import Cover
from pichaven_search.map.model import FINEST, HIGHEST_ZOOM, MOST_CELLS, MapView
from pichaven_search.map.queries import Cluster, ShowMap
from pichaven_search.query_language.errors import InvalidFilter
from pichaven_search.query_language.filters import Filters
from pichaven_search.query_language.parameters import read_filters

router: Final = APIRouter(tags=["search"])


class CoverOut(BaseModel):
    id: str
    thumbnail_url: str | None = Field(description="Presigned; stays the same for hours.")
    blurhash: str | None
    width: int | None
    height: int | None


class ClusterOut(BaseModel):
    lat: float = Field(description="The centre; of one photo its very position.")
    lon: float
    count: int
    bbox: tuple[float, float, float, float] = Field(
        description="`west, south, east, north` of the photos; never crosses the antimeridian."
    )
    cover: CoverOut | None = Field(
        description="The newest photo; null only while an index of an earlier release answers."
    )


class MapOut(BaseModel):
    clusters: list[ClusterOut] = Field(description="The largest first.")
    total: int = Field(description="Photos in the box.")
    precision: int = Field(
        le=FINEST, description="The zoom whose tiles are the cells of the clusters."
    )
    took_ms: int


@router.get(
    "/map",
    response_model=MapOut,
    responses=problem_responses(Unauthorized, InvalidFilter, Unavailable),
    description=(
        "Own photos in a box, in clusters as fine as the zoom: cells of a quarter of a map "
        f"tile's side, coarser where the box would have more than {MOST_CELLS:,} of them. Takes "
        "the filters of a search; `bbox` is required."
    ),
)
async def map_of_photos(
    user: CurrentUser,
    base_url: PublicBase,
    narrowed: Annotated[Filters, Depends(read_filters)],
    zoom: Annotated[int, Query(ge=0, le=HIGHEST_ZOOM, description="As web maps count.")],
    show_map: Annotated[ShowMap, from_state("show_map")],
    presigner: Annotated[Presigner, from_state("presigner")],
) -> Response:
    if narrowed.box is None:
        raise InvalidFilter("bbox", "A map needs one: west,south,east,north.")
    shown = await show_map(MapView(narrowed.box, zoom), narrowed, owner_id=user.user_id)
    content = {
        "clusters": [_cluster(each, presigner, base_url) for each in shown.clusters],
        "total": shown.total,
        "precision": shown.precision,
        "took_ms": shown.took_ms,
    }
    return Response(orjson.dumps(content), media_type="application/json")


def _cluster(cluster: Cluster, presigner: Presigner, base_url: str) -> dict[str, object]:
    box = cluster.box
    return {
        "lat": cluster.lat,
        "lon": cluster.lon,
        "count": cluster.count,
        "bbox": [box.west, box.south, box.east, box.north],
        "cover": _cover(cluster.cover, presigner, base_url) if cluster.cover else None,
    }


def _cover(cover: Cover, presigner: Presigner, base_url: str) -> dict[str, object]:
    url = None
    if cover.thumbnail_key:
        kind = f"image/{cover.thumbnail_format}"
        url = presigner.get(cover.thumbnail_key, base_url=base_url, content_type=kind)
    return {
        "id": cover.photo_id,
        "thumbnail_url": url,
        "blurhash": cover.blurhash,
        "width": cover.width,
        "height": cover.height,
    }
