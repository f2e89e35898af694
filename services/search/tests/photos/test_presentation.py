"""Photos in responses."""

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
