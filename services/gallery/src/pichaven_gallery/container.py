"""The typed composition: all that routes, subscribers and background tasks use."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends

from pichaven_chassis import events, http
from pichaven_chassis.outbox import OutboxRelay
from pichaven_gallery.access.viewer import Viewer
from pichaven_gallery.activity.change_log import AppendChanges
from pichaven_gallery.activity.channel_hub import ChannelHub
from pichaven_gallery.activity.stream import StreamChanges, StreamPurge
from pichaven_gallery.downloads.commands import PrepareDownload
from pichaven_gallery.downloads.queries import GetDownload, StreamDownload
from pichaven_gallery.ingest.commands import ApplyEvent, ApplyProgress, ForgetText, RepeatPurges
from pichaven_gallery.ingest.metrics import MeasureOldestPhoto
from pichaven_gallery.ingest.reconciler import ReconcilePhotos
from pichaven_gallery.inventory.commands import InventoryLibrary, RepeatChanges
from pichaven_gallery.jobs.commands import RunJobs, StartJob
from pichaven_gallery.jobs.queries import GetJob
from pichaven_gallery.photos.commands import (
    EditPhoto,
    ReprocessPhoto,
    RestorePhoto,
    TrashPhoto,
)
from pichaven_gallery.photos.presenter import PhotoPresenter
from pichaven_gallery.photos.queries import GetPhoto
from pichaven_gallery.photos.run_batch import RunBatch
from pichaven_gallery.timeline.commands import SettleCounts, StoreMonths
from pichaven_gallery.timeline.home_zone import ApplyHomeZones, GetHomeZone, SetHomeZone
from pichaven_gallery.timeline.migrate_times import MigrateTimes
from pichaven_gallery.timeline.month import GetMonth
from pichaven_gallery.timeline.on_this_day import ListOnThisDay
from pichaven_gallery.timeline.queries import CountPhotos, GetTimeline, ListPhotos
from pichaven_gallery.trash.commands import EmptyTrash, PurgeEmptiedTrash, PurgePhoto
from pichaven_gallery.trash.queries import ListTrash


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """What routes, subscribers and background tasks use."""

    presenter: Callable[[Viewer, str], PhotoPresenter]
    """Makes the presenter for a viewer and a base URL."""

    get_photo: GetPhoto
    list_photos: ListPhotos
    count_photos: CountPhotos
    edit_photo: EditPhoto
    trash_photo: TrashPhoto
    restore_photo: RestorePhoto
    reprocess_photo: ReprocessPhoto
    run_batch: RunBatch

    start_job: StartJob
    get_job: GetJob
    run_jobs: RunJobs

    prepare_download: PrepareDownload
    get_download: GetDownload
    stream_download: StreamDownload

    list_trash: ListTrash
    purge_photo: PurgePhoto
    empty_trash: EmptyTrash
    purge_emptied_trash: PurgeEmptiedTrash

    get_timeline: GetTimeline
    get_month: GetMonth
    list_on_this_day: ListOnThisDay
    settle_counts: SettleCounts
    store_months: StoreMonths
    get_home_zone: GetHomeZone
    set_home_zone: SetHomeZone
    apply_home_zones: ApplyHomeZones
    migrate_times: MigrateTimes

    apply_event: ApplyEvent
    apply_progress: ApplyProgress
    forget_text: ForgetText
    repeat_purges: RepeatPurges
    reconcile_photos: ReconcilePhotos
    measure_oldest_photo: MeasureOldestPhoto

    inventory_library: InventoryLibrary
    repeat_changes: RepeatChanges

    hub: ChannelHub
    stream_changes: StreamChanges
    stream_purge: StreamPurge
    append_changes: AppendChanges

    relay: OutboxRelay


Injected = Annotated[Container, Depends(http.container_of(Container))]
EventContainer = Annotated[Container, events.container_of(Container)]
