"""The route of the map."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Response

from pichaven_chassis.http import PublicBase
from pichaven_chassis.parameters import InvalidDate
from pichaven_chassis.problems import Unauthorized, Unavailable, problem_responses
from pichaven_chassis.storage import Presigner
from pichaven_search.audience import CurrentAudience
from pichaven_search.container import Injected
from pichaven_search.index.cover import Cover
from pichaven_search.map.model import MAX_CELLS, MAX_ZOOM, Cluster, MapView
from pichaven_search.map.schemas import PhotoMap
from pichaven_search.photos.presentation import json_response
from pichaven_search.query_language.errors import InvalidFilter
from pichaven_search.query_language.filters import Filters
from pichaven_search.query_language.parameters import BOX, read_filters

router: Final = APIRouter(tags=["search"])


@router.get(
    "/map",
    response_model=PhotoMap,
    responses=problem_responses(Unauthorized, InvalidDate, InvalidFilter, Unavailable),
    description=(
        "Own photos in a box, in clusters as fine as the zoom: cells of a quarter of a map "
        f"tile's side, coarser where the box would have more than {MAX_CELLS:,} of them. Takes "
        "the filters of a search."
    ),
)
async def map_of_photos(
    audience: CurrentAudience,
    base_url: PublicBase,
    filters: Annotated[Filters, Depends(read_filters)],
    # A search does without the box, a map does not.
    _bbox: Annotated[str, BOX],
    zoom: Annotated[int, Query(ge=0, le=MAX_ZOOM, description="As web maps count.", examples=[13])],
    container: Injected,
) -> Response:
    assert filters.box is not None
    view = MapView(filters.box, zoom)
    cluster_map = await container.cluster_photos(view, filters, audience)
    return json_response(
        {
            "clusters": [
                _to_json(cluster, container.presigner, base_url) for cluster in cluster_map.clusters
            ],
            "total": cluster_map.total,
            "precision": cluster_map.precision,
            "took_ms": cluster_map.took_ms,
        }
    )


def _to_json(cluster: Cluster, presigner: Presigner, base_url: str) -> dict[str, object]:
    box = cluster.box
    return {
        "lat": cluster.lat,
        "lon": cluster.lon,
        "count": cluster.count,
        "bbox": [box.west, box.south, box.east, box.north],
        "cover": _cover_to_json(cluster.cover, presigner, base_url) if cluster.cover else None,
    }


def _cover_to_json(cover: Cover, presigner: Presigner, base_url: str) -> dict[str, object]:
    url = None
    if cover.thumbnail_key:
        media_type = f"image/{cover.thumbnail_format}"
        url = presigner.get(cover.thumbnail_key, base_url=base_url, content_type=media_type)
    return {
        "id": cover.photo_id,
        "thumbnail_url": url,
        "blurhash": cover.blurhash,
        "width": cover.width,
        "height": cover.height,
    }
