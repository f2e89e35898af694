"""Owners may do everything with their photos, others nothing, and originals need a grant."""

from dataclasses import replace

import pytest
from services.gallery.tests.conftest import Gallery
from services.gallery.tests.story import UPLOADED_AT, Story

from pichaven_chassis.ids import new_id
from pichaven_chassis.settings import StorageSettings
from pichaven_chassis.storage import Presigner
from pichaven_contracts.variants import ALL_VARIANTS
from pichaven_gallery.access.grant import NOTHING, OWNER, Action
from pichaven_gallery.access.policy import allows, grant_of
from pichaven_gallery.access.viewer import User
from pichaven_gallery.ingest.projection import apply
from pichaven_gallery.photos.capture_time import EARLIEST
from pichaven_gallery.photos.deadlines import Timeouts
from pichaven_gallery.photos.errors import PhotoNotFound
from pichaven_gallery.photos.photo import Photo
from pichaven_gallery.photos.presenter import PhotoPresenter
from pichaven_gallery.photos.queries import require

OWNER_ID = new_id()
STRANGER = User(new_id())


@pytest.fixture
def photo() -> Photo:
    return apply(None, Story(OWNER_ID).uploaded_event(), UPLOADED_AT).photo


@pytest.mark.parametrize("action", Action)
def test_owners_alone_have_a_grant_and_it_has_every_action(photo: Photo, action: Action) -> None:
    assert allows(User(OWNER_ID), action, photo)
    assert not allows(STRANGER, action, photo)
    assert grant_of(User(OWNER_ID), photo) == OWNER
    assert grant_of(STRANGER, photo) == NOTHING


@pytest.mark.parametrize("action", Action)
def test_a_photo_without_a_grant_does_not_exist(photo: Photo, action: Action) -> None:
    assert require(photo, User(OWNER_ID), action, EARLIEST) is photo
    with pytest.raises(PhotoNotFound):
        require(photo, STRANGER, action, EARLIEST)
    with pytest.raises(PhotoNotFound):
        require(None, User(OWNER_ID), action, EARLIEST)


def test_a_pending_photo_does_not_exist_for_its_owner_either() -> None:
    pending = apply(None, Story(OWNER_ID).processed_event(), UPLOADED_AT).photo

    with pytest.raises(PhotoNotFound):
        require(pending, User(OWNER_ID), Action.SEE, EARLIEST)


def test_the_original_is_handed_out_only_with_a_grant_to_download(photo: Photo) -> None:
    def presenter(viewer: User) -> PhotoPresenter:
        presigner = Presigner(StorageSettings())
        return PhotoPresenter(presigner, Timeouts(), viewer, "http://photos.test")

    owners = presenter(User(OWNER_ID))
    assert "originals/" in (owners.photo(photo, ALL_VARIANTS).original_url or "")
    assert presenter(STRANGER).photo(photo, ALL_VARIANTS).original_url is None
    sees_only = replace(owners, allows=lambda _viewer, action, _photo: action is Action.SEE)
    assert sees_only.photo(photo, ALL_VARIANTS).original_url is None


def test_a_sidecar_is_handed_out_with_its_original(photo: Photo) -> None:
    def sidecar_url(viewer: User, photo: Photo) -> str | None:
        presigner = Presigner(StorageSettings())
        presenter = PhotoPresenter(presigner, Timeouts(), viewer, "http://photos.test")
        return presenter.photo(photo, ALL_VARIANTS).sidecar_url

    assert sidecar_url(User(OWNER_ID), photo) is None
    assert photo.original is not None
    original = photo.original.model_copy(update={"sidecar_key": "originals/x/a.xmp"})
    with_sidecar = replace(photo, original=original)
    url = sidecar_url(User(OWNER_ID), with_sidecar) or ""
    assert "originals/x/a.xmp" in url
    assert "beach.jpg.xmp" in url
    assert sidecar_url(STRANGER, with_sidecar) is None


async def test_a_read_scope_reads_and_changes_nothing(gallery: Gallery, owner: str) -> None:
    story = await gallery.add_ready_photo(owner)
    token = gallery.authority.token(owner, scope="photos:read")
    headers = {"Authorization": f"Bearer {token}"}
    path = f"/photos/{story.photo_id}"

    for url in ("/photos", path, "/trash", "/timeline", "/timeline/2026-06"):
        await gallery.call(owner, "GET", url, headers=headers)
    for method, url, body in (
        ("PATCH", path, {"favorite": True}),
        ("DELETE", path, None),
        ("POST", f"{path}/restore", None),
        ("POST", f"{path}/reprocess", None),
        ("POST", "/photos/batch", {"ids": [story.photo_id], "action": "trash"}),
        ("DELETE", "/trash", None),
        ("DELETE", f"/trash/{story.photo_id}", None),
    ):
        problem = await gallery.call(owner, method, url, status=403, headers=headers, json=body)
        assert problem["code"] == "insufficient_scope"
    assert (await gallery.call(owner, "GET", path))["version"] == 2


async def test_a_write_scope_changes_photos_and_reads_none(gallery: Gallery, owner: str) -> None:
    story = await gallery.add_ready_photo(owner)
    token = gallery.authority.token(owner, scope="photos:write")
    headers = {"Authorization": f"Bearer {token}"}
    path = f"/photos/{story.photo_id}"

    for method, url, body in (
        ("GET", path, None),
        ("PATCH", path, {}),
        ("POST", f"{path}/restore", None),
        ("POST", f"{path}/reprocess", None),
    ):
        problem = await gallery.call(owner, method, url, status=403, headers=headers, json=body)
        assert problem["code"] == "insufficient_scope"
        assert "photos:read" in problem["detail"]
    batch = {"ids": [story.photo_id], "action": "trash"}
    results = await gallery.call(owner, "POST", "/photos/batch", headers=headers, json=batch)
    assert [result["ok"] for result in results["results"]] == [True]
    await gallery.call(owner, "DELETE", f"/trash/{story.photo_id}", status=204, headers=headers)
