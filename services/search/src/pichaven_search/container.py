"""The use cases that routes and subscribers call."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends

from pichaven_chassis import events, http
from pichaven_chassis.clock import Clock
from pichaven_chassis.storage import Presigner
from pichaven_search.duplicates.queries import FindNearDuplicates
from pichaven_search.history.commands import RecordSearch, SearchHistory
from pichaven_search.index.commands import IndexPhotos
from pichaven_search.index.compare_with_library import CompareWithLibrary
from pichaven_search.map.queries import ClusterPhotos
from pichaven_search.photos.presentation import PhotoPresenter
from pichaven_search.retrieval.queries import SearchPhotos
from pichaven_search.similar.queries import FindSimilarPhotos, SearchByPicture
from pichaven_search.suggest.queries import SuggestCompletions


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    search_photos: SearchPhotos
    find_similar_photos: FindSimilarPhotos
    search_by_picture: SearchByPicture
    find_near_duplicates: FindNearDuplicates
    cluster_photos: ClusterPhotos
    suggest_completions: SuggestCompletions
    record_search: RecordSearch
    search_history: SearchHistory
    index_photos: IndexPhotos
    compare_with_library: CompareWithLibrary
    presenter: PhotoPresenter
    presigner: Presigner
    clock: Clock


Injected = Annotated[Container, Depends(http.container_of(Container))]
EventContainer = Annotated[Container, events.container_of(Container)]
