"""ZIP files that are made while they are sent, and the names in them."""

import hashlib
import io
import unicodedata
import zipfile
from collections.abc import Sequence
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pichaven_gallery.downloads.archive import READ_BYTES, archive_size, write_archive
from pichaven_gallery.downloads.file_names import UniqueNames, to_safe_name
from pichaven_gallery.downloads.model import ArchiveFile

TAKEN_AT = datetime(2026, 6, 13, 21, 4, 6)
ZEROS = bytes(READ_BYTES)
GIB = 1 << 30
TURNING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def file_of(name: str, size: int, taken_at: datetime = TAKEN_AT) -> ArchiveFile:
    return ArchiveFile(name, f"originals/{name}", size, taken_at)


def content_of(file: ArchiveFile) -> bytes:
    seed = hashlib.sha256(file.key.encode()).digest()
    return (seed * (file.size // len(seed) + 1))[: file.size]


async def archive_of(files: Sequence[ArchiveFile]) -> bytes:
    contents = {file.key: content_of(file) for file in files}

    async def read(key: str, start: int, size: int) -> bytes:
        return contents[key][start : start + size]

    return b"".join([piece async for piece in write_archive(files, read)])


async def zeros(_key: str, _start: int, size: int) -> bytes:
    return ZEROS[:size]


async def test_an_archive_unpacks_to_the_files_with_their_times() -> None:
    sizes = (0, 1, READ_BYTES - 1, READ_BYTES, READ_BYTES + 1, 3 * READ_BYTES + 5)
    files = [file_of(f"{size} ü 写真 🏔.jpg", size) for size in sizes]

    data = await archive_of(files)

    assert len(data) == archive_size(files)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [file.name for file in files]
        for file, info in zip(files, archive.infolist(), strict=True):
            assert archive.read(info) == content_of(file)
            assert info.date_time == (2026, 6, 13, 21, 4, 6)
            assert info.compress_type == zipfile.ZIP_STORED
            assert info.external_attr >> 16 == 0o100644


@pytest.mark.parametrize(
    ("taken_at", "expected"),
    [
        (datetime(1826, 7, 1), (1980, 1, 1, 0, 0, 0)),
        (datetime(2107, 12, 31, 23, 59, 59), (2107, 12, 31, 23, 59, 58)),
        (datetime(9000, 1, 1), (2107, 12, 31, 23, 59, 58)),
    ],
)
async def test_a_time_that_an_archive_cannot_have_is_the_nearest(
    taken_at: datetime, expected: tuple[int, ...]
) -> None:
    data = await archive_of([file_of("a.jpg", 1, taken_at)])

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.infolist()[0].date_time == expected


@pytest.mark.slow
@pytest.mark.parametrize(
    "sizes",
    [
        pytest.param([2 * GIB - 1, 10, 10], id="the largest file that needs no extension"),
        pytest.param([2 * GIB, 10, 10], id="the smallest one that needs one"),
        pytest.param([0] * 65_536, id="more files than a number of two bytes counts"),
    ],
)
async def test_the_size_is_known_before_however_large(sizes: list[int]) -> None:
    files = [file_of(f"{number}.jpg", size) for number, size in enumerate(sizes)]
    sent = 0
    async for piece in write_archive(files, zeros):
        sent += len(piece)

    assert sent == archive_size(files)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.text(min_size=1, max_size=20), st.integers(0, 300)), max_size=5))
async def test_the_size_is_known_before_whatever_the_files(
    named: list[tuple[str, int]],
) -> None:
    names = UniqueNames()
    files = [file_of(names.add(name), size) for name, size in named]

    assert len(await archive_of(files)) == archive_size(files)


async def test_an_error_ends_an_archive_without_its_directory() -> None:
    async def read(key: str, start: int, size: int) -> bytes:
        if key.endswith("b.jpg"):
            raise ConnectionError(key)
        return ZEROS[:size]

    files = [file_of("a.jpg", READ_BYTES), file_of("b.jpg", READ_BYTES)]
    sent = io.BytesIO()

    async def send() -> None:
        async for piece in write_archive(files, read):
            sent.write(piece)

    with pytest.raises(ConnectionError):
        await send()

    assert sent.tell() > READ_BYTES
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(sent)


async def test_an_archive_is_read_as_it_is_taken() -> None:
    reads: list[int] = []

    async def read(_key: str, start: int, size: int) -> bytes:
        reads.append(start)
        return ZEROS[:size]

    pieces = write_archive([file_of("a.jpg", 100 * READ_BYTES)], read)
    largest = 0
    for _ in range(8):
        largest = max(largest, len(await anext(pieces)))
    await pieces.aclose()

    assert len(reads) <= 2
    assert largest <= 256 << 10


@pytest.mark.parametrize(
    ("filename", "expected"),
    [
        ("IMG_2041.jpg", "IMG_2041.jpg"),
        ("Strand im Süden 🏖.jpeg", "Strand im Süden 🏖.jpeg"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("..\\..\\a.jpg", "_.._a.jpg"),
        ("/absolute.jpg", "_absolute.jpg"),
        ("C:\\a.jpg", "C__a.jpg"),
        ("..", "photo"),
        ("", "photo"),
        (" . ", "photo"),
        (".hidden.jpg", "hidden.jpg"),
        ("a.jpg. .", "a.jpg"),
        ("a\x00b\nc\x1b[31m.jpg", "ab c[31m.jpg"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("a\u2066b\u200b.jpg", "ab.jpg"),
        ("CON.jpg", "_CON.jpg"),
        ("nul", "_nul"),
        ("Lpt1.tar.gz", "_Lpt1.tar.gz"),
        ("com5", "_com5"),
        ("console.jpg", "console.jpg"),
        ('what?*"<>|:.jpg', "what_______.jpg"),
        ("é" * 200 + ".jpg", "é" * 98 + ".jpg"),
        ("a." + "b" * 300, "a." + "b" * 198),
    ],
)
def test_a_name_is_safe_on_every_system(filename: str, expected: str) -> None:
    assert to_safe_name(filename) == expected


@given(st.text(max_size=400))
def test_any_text_becomes_a_safe_name(filename: str) -> None:
    name = to_safe_name(filename)

    assert 0 < len(name.encode()) <= 200 + len("_")
    assert not any(unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} for char in name)
    assert not any(unicodedata.bidirectional(char) in TURNING for char in name)
    assert not set(name) & set('/\\:*?"<>|')
    assert name == name.strip(" .")


def test_twins_are_counted() -> None:
    names = UniqueNames()
    added = [names.add(name) for name in ("a.jpg", "A.JPG", "a.jpg", "a (2).jpg", "a", "a")]

    assert added == ["a.jpg", "A (2).JPG", "a (3).jpg", "a (2) (2).jpg", "a", "a (2)"]


@given(st.lists(st.sampled_from(["a.jpg", "A.jpg", "a (2).jpg", "a (2) (2).jpg", "ß", "SS"])))
def test_names_are_unique_also_where_case_does_not_count(filenames: list[str]) -> None:
    names = UniqueNames()
    added = [names.add(filename) for filename in filenames]

    assert len({name.casefold() for name in added}) == len(filenames)
