"""Photos in responses."""

from collections.abc import Mapping
from typing import Any

import orjson
from services.search.tests.fakes import changed_event

from pichaven_chassis.ids import new_id
from pichaven_chassis.settings import StorageSettings
from pichaven_chassis.storage import Presigner
from pichaven_contracts.variants import GRID_VARIANTS
from pichaven_search.audience import Audience
from pichaven_search.index.document import public_photo
from pichaven_search.index.stored_photo import StoredPhoto, pack
from pichaven_search.photos.presentation import PhotoPresenter


def test_the_original_is_handed_out_only_to_an_audience_that_may_download_it() -> None:
    photo = changed_event()
    stored = StoredPhoto(photo.photo_id, pack(public_photo(photo)))
    presenter = PhotoPresenter(Presigner(StorageSettings()))

    def original_url(user_id: str) -> str | None:
        audience = Audience(user_id)
        fragment = presenter.to_json(stored, "http://photos.test", audience, GRID_VARIANTS)
        url: str | None = orjson.loads(orjson.dumps(fragment))["original_url"]
        return url

    assert "originals/" in (original_url(photo.owner_id) or "")
    assert original_url(new_id()) is None
    assert "originals/" in (original_url(photo.owner_id) or "")


def test_a_sidecar_is_handed_out_with_its_original() -> None:
    presenter = PhotoPresenter(Presigner(StorageSettings()))

    def sidecar_url(user_id: str, fields: Mapping[str, Any]) -> str | None:
        stored = StoredPhoto(photo.photo_id, pack(fields))
        fragment = presenter.to_json(stored, "http://photos.test", Audience(user_id), GRID_VARIANTS)
        url: str | None = orjson.loads(orjson.dumps(fragment))["sidecar_url"]
        return url

    photo = changed_event(sidecar_key="originals/x/a.xmp")
    public = public_photo(photo)
    assert "originals/x/a.xmp" in (sidecar_url(photo.owner_id, public) or "")
    assert sidecar_url(new_id(), public) is None
    # As documents are that were indexed before photos had sidecars.
    older = {name: value for name, value in public.items() if name != "sidecar_key"}
    assert sidecar_url(photo.owner_id, older) is None
