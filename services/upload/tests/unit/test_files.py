"""Names, kinds and parts of files."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pichaven_upload.blobs.model import original_key, upload_id_of
from pichaven_upload.sessions.errors import UnsupportedMediaType
from pichaven_upload.sessions.file_names import LONGEST_NAME, display_name, suffix
from pichaven_upload.sessions.media_types import (
    TYPE_OF_SUFFIX,
    accepted_type,
    key_suffix,
    type_of_content,
)
from pichaven_upload.sessions.model import (
    MOST_PARTS,
    OnDuplicate,
    Upload,
    part_size_for,
)

MIB = 1 << 20


@given(st.text(max_size=400))
def test_any_name_becomes_one_that_can_be_shown(text: str) -> None:
    name = display_name(text)

    assert 0 < len(name.encode()) <= LONGEST_NAME
    assert not set(name) & set("/\\\x00\r\n\u2028\u202e\u2066")
    assert name == name.strip() and name not in {".", ".."}
    assert display_name(name) == name


@pytest.mark.parametrize(
    ("name", "ending"),
    [
        ("a.JPG", ".jpg"),
        ("a.tar.gz", ".gz"),
        (".jpg", ""),
        ("jpg", ""),
        ("a.", ""),
        ("a.j pg", ""),
        ("a.üöä", ""),
        ("a." + "x" * 40, ""),
    ],
)
def test_an_ending_is_short_and_plain_or_none(name: str, ending: str) -> None:
    assert suffix(name) == ending


@pytest.mark.parametrize(
    ("content_type", "name", "accepted", "ending"),
    [
        ("image/jpeg", "a.png", "image/jpeg", ".jpg"),
        ("IMAGE/PNG ; x=y", "a", "image/png", ".png"),
        ("", "a.heic", "image/heic", ".heic"),
        ("binary/octet-stream", "a.RAF", "image/x-fuji-raf", ".raf"),
        ("application/octet-stream", "a.unknown", "application/octet-stream", ""),
        ("application/octet-stream", "a", "application/octet-stream", ""),
        ("application/octet-stream", "a.CR3", "image/x-canon-cr3", ".cr3"),
        ("", "a.orf", "image/x-olympus-orf", ".orf"),
        ("image/x-ms-bmp", "a.bmp", "image/x-ms-bmp", ".bmp"),
        ("image/tiff", "a.NEF", "image/tiff", ".nef"),
        ("image/x-dcraw", "a.arw", "image/x-sony-arw", ".arw"),
    ],
)
def test_kind_and_ending_come_from_fixed_tables(
    content_type: str, name: str, accepted: str, ending: str
) -> None:
    assert accepted_type(content_type, name) == accepted
    assert key_suffix(accepted, name) == ending


@pytest.mark.parametrize(
    "content_type", ["image/svg+xml", "text/html", "image/", "x", "image/x-psd"]
)
def test_other_kinds_are_refused(content_type: str) -> None:
    with pytest.raises(UnsupportedMediaType):
        accepted_type(content_type, "a.jpg")


@pytest.mark.parametrize("content_type", ["", "application/octet-stream", "image/*"])
@pytest.mark.parametrize("name", ["a.mp4", "a.MOV", "a.txt", "a.psd", "a.exe", "a.svg", "a.x3f"])
def test_where_no_kind_is_claimed_the_ending_refuses_what_is_no_picture(
    content_type: str, name: str
) -> None:
    with pytest.raises(UnsupportedMediaType):
        accepted_type(content_type, name)


@pytest.mark.parametrize(
    ("head", "content_type"),
    [
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"\0\0\0\x18ftypheic", "image/heic"),
        (b"IIRS\x08\0\0\0", "image/x-olympus-orf"),
        (b"\0\0\0\x18ftypmp42", None),
        (b"%PDF-1.7", None),
        (b"RIFF\0\0\0\0AVI ", None),
    ],
)
def test_where_the_name_says_nothing_either_the_first_bytes_do(
    head: bytes, content_type: str | None
) -> None:
    unknown = accepted_type("", "a")
    if content_type is None:
        with pytest.raises(UnsupportedMediaType):
            type_of_content(unknown, head)
    else:
        assert type_of_content(unknown, head) == content_type
    assert type_of_content("image/png", head) == "image/png"


def test_a_refusal_lists_every_kind_that_is_taken_and_no_other() -> None:
    with pytest.raises(UnsupportedMediaType) as refusal:
        accepted_type("video/mp4", "a")
    listed = refusal.value.detail.split(". ", 1)[1]
    names = {"jpeg": "jpg", "jpeg xl": "jxl"}
    words = listed.removesuffix(" are.").replace(" and ", ", ").replace("the RAW formats ", "")

    listed_types = {
        accepted_type("", f"a.{names.get(word, word)}") for word in words.lower().split(", ")
    }

    # A HEIC file is a HEIF file.
    assert listed_types | {"image/heif"} == set(TYPE_OF_SUFFIX.values())


@given(st.text(max_size=50), st.text(max_size=50))
def test_a_key_ends_in_a_known_way_whatever_is_claimed(content_type: str, name: str) -> None:
    try:
        ending = key_suffix(accepted_type(content_type, name), name)
    except UnsupportedMediaType:
        return
    assert ending == "" or (ending[0] == "." and ending[1:].isalnum() and len(ending) <= 5)


@given(st.integers(1, 1 << 45))
def test_no_file_has_more_than_a_thousand_parts(size: int) -> None:
    part = part_size_for(size, 8 * MIB)

    assert part >= 8 * MIB and part % MIB == 0
    assert -(-size // part) <= MOST_PARTS


def _upload(**fields: object) -> Upload:
    now = datetime(2026, 6, 1, tzinfo=UTC)
    defaults = {
        "upload_id": "u",
        "owner_id": "o",
        "photo_id": "p",
        "filename": "a.jpg",
        "content_type": "image/jpeg",
        "size": 25,
        "sha256": "s",
        "key": "k",
        "multipart_id": "m",
        "part_size": 10,
        "created_at": now,
        "expires_at": now,
    }
    return Upload(**(defaults | fields))  # type: ignore[arg-type]


def test_missing_parts_are_those_that_have_not_arrived() -> None:
    assert _upload().missing_parts({2: 10}) == [1, 3]
    assert _upload(size=30).missing_parts({1: 10, 2: 10, 3: 10}) == []
    assert _upload(size=1).parts_total == 1


@given(st.integers(1, 1 << 40), st.integers(1 << 20, 1 << 30))
def test_the_sizes_of_the_parts_make_the_file(size: int, part_size: int) -> None:
    upload = _upload(size=size, part_size=max(part_size, size // 1000 + 1))
    sizes = [upload.size_of_part(number) for number in range(1, upload.parts_total + 1)]

    assert sum(sizes) == size and min(sizes) > 0
    assert set(sizes[:-1]) <= {upload.part_size}


def test_the_same_thing_tried_again_has_the_same_slot_and_nothing_else_has() -> None:
    slots = {
        _upload(**fields).slot
        for fields in (
            {},
            {"owner_id": "x"},
            {"sha256": "x"},
            {"size": 26},
            {"filename": "b.jpg"},
            {"on_duplicate": OnDuplicate.KEEP},
        )
    }
    assert len(slots) == 6 and None not in slots
    assert _upload(upload_id="other", photo_id="other").slot == _upload().slot
    assert _upload(scratch_key="s").slot is None
    assert _upload(multipart_id=None).slot is None


def test_a_key_names_its_upload() -> None:
    assert upload_id_of(original_key("o", "s", "u-1", ".jpg")) == "u-1"
    assert upload_id_of(original_key("o", "s", "u-1", "")) == "u-1"
