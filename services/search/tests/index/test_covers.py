"""What a map shows of a photo."""

import pytest
from services.search.tests.fakes import changed_event

from pichaven_contracts.photo import Location, Variant
from pichaven_search.index.cover import Cover, pack_cover, to_cover, unpack_cover

VIENNA = Location(lat=48.2, lon=16.37)


def _variant(name: str, kind: str) -> Variant:
    return Variant(name=name, format=kind, width=1, height=1, bytes=1, key=f"{name}.{kind}")


def test_a_cover_comes_back_as_it_was_packed() -> None:
    photo = changed_event(location=VIENNA, blurhash='L"é\\%', caption="not for a map")
    cover = to_cover(photo)
    assert cover == Cover(
        photo.photo_id, 48.2, 16.37, 'L"é\\%', 800, 600, "derived/x/400.webp", "webp"
    )
    text = pack_cover(cover)
    assert text is not None
    assert unpack_cover(text) == cover


def test_without_a_position_there_is_no_cover() -> None:
    assert to_cover(changed_event(location=None)) is None
    assert pack_cover(None) is None


def test_the_thumbnail_is_the_grids() -> None:
    kinds = [("150", "webp"), ("400", "avif"), ("400", "jpeg"), ("400", "webp"), ("800", "webp")]
    variants = tuple(_variant(*each) for each in kinds)
    cover = to_cover(changed_event(location=VIENNA, variants=variants))
    assert cover is not None and cover.thumbnail_key == "400.webp"
    cover = to_cover(changed_event(location=VIENNA, variants=variants[:2]))
    assert cover is not None and cover.thumbnail_key == "400.avif"
    cover = to_cover(changed_event(location=VIENNA, variants=()))
    assert cover is not None and cover.thumbnail_key is None


@pytest.mark.parametrize("text", ["", "!", "e30=", "W10=", "bnVsbA==", "////"])
def test_what_was_packed_otherwise_is_no_cover(text: str) -> None:
    assert unpack_cover(text) is None
