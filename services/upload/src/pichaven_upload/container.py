"""The service's use cases, as routes, subscribers and background tasks call them."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends

from pichaven_chassis import events, http
from pichaven_upload.direct.receive_photo import ReceivePhoto
from pichaven_upload.photos.commands import (
    ConfirmPhoto,
    PurgePhoto,
    RejectPhoto,
    TrackTrash,
    VerifyPhoto,
)
from pichaven_upload.photos.queries import FindPhotosByDigest
from pichaven_upload.reconciler import Reconciler
from pichaven_upload.sessions.attach_sidecar import AttachSidecar
from pichaven_upload.sessions.cancel_upload import CancelUpload
from pichaven_upload.sessions.complete_upload import CompleteUpload
from pichaven_upload.sessions.inspect_upload import InspectUpload
from pichaven_upload.sessions.open_upload import OpenUpload
from pichaven_upload.sessions.sign_parts import PartSigner, SignParts
from pichaven_upload.usage.queries import GetUsage


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """One instance of each, wired by `bootstrap`."""

    open_upload: OpenUpload
    inspect_upload: InspectUpload
    sign_parts: SignParts
    part_signer: PartSigner
    complete_upload: CompleteUpload
    cancel_upload: CancelUpload
    attach_sidecar: AttachSidecar
    receive_photo: ReceivePhoto
    find_photos_by_digest: FindPhotosByDigest
    get_usage: GetUsage
    verify_photo: VerifyPhoto
    reject_photo: RejectPhoto
    purge_photo: PurgePhoto
    track_trash: TrackTrash
    confirm_photo: ConfirmPhoto
    reconciler: Reconciler


Injected = Annotated[Container, Depends(http.container_of(Container))]
EventContainer = Annotated[Container, events.container_of(Container)]
