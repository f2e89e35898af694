"""The use cases of processing, typed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from pichaven_chassis.events import container_of
from pichaven_contracts.photo import Lane
from pichaven_processing.imaging.pool import ImagingPool
from pichaven_processing.photos.process_photo import ProcessPhoto
from pichaven_processing.photos.purge_photo import PurgePhoto


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """What subscribers and background tasks use."""

    process_photo: ProcessPhoto
    purge_photo: PurgePhoto
    imaging: Mapping[Lane, ImagingPool]
    """Of each lane; a background task ends their idle children."""


EventContainer = Annotated[Container, container_of(Container)]
