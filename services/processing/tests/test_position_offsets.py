"""A clock without an offset gets the one of the place where the picture was taken."""

import pytest
from services.processing.tests import pictures
from services.processing.tests.conftest import Render
from services.processing.tests.pictures import Entry, ascii_, exif, rational

from pichaven_processing.imaging.facts import CaptureTime, GeoPlace
from pichaven_processing.imaging.metadata.capture_times import capture_time, parse_time
from pichaven_processing.imaging.metadata.position_offsets import add_position_offset

TOKYO = GeoPlace(35.6586, 139.7454)
SYDNEY: dict[int, Entry] = {
    1: ascii_("S"), 2: rational(33, 51, 24.5), 3: ascii_("E"), 4: rational(151, 12, 36),
}  # fmt: skip


def clock(text: str, offset: int | None = None, source: str = "exif") -> CaptureTime:
    time = parse_time(text)
    assert time is not None
    return capture_time(time[0], offset, source)


def test_a_clock_gets_the_offset_of_the_zone_at_the_position() -> None:
    taken_at = add_position_offset(clock("2024:01:01 00:30:00"), TOKYO)

    assert taken_at == CaptureTime("2023-12-31T15:30:00.000+00:00", 540, "exif", "gps")


def test_the_files_own_offset_stays() -> None:
    taken_at = clock("2024:01:01 00:30:00", 60)

    assert add_position_offset(taken_at, TOKYO) is taken_at
    assert taken_at.offset_source == "file"


def test_satellite_time_stays_the_instant_that_it_is() -> None:
    taken_at = add_position_offset(clock("2023:12:31 15:30:00", 0, "gps"), TOKYO)

    assert taken_at == CaptureTime("2023-12-31T15:30:00.000+00:00", 540, "gps", "gps")


@pytest.mark.parametrize(("month", "minutes"), [("01", 660), ("07", 600)])
def test_a_picture_has_the_offset_of_its_season(render: Render, month: str, minutes: int) -> None:
    block = exif(
        gps=False,
        main={0x8825: SYDNEY},
        photo={0x9003: ascii_(f"2024:{month}:06 07:08:09"), 0x9011: ascii_("")},
    )

    taken_at = render(pictures.jpeg(exif=block)).facts.metadata.taken_at

    assert taken_at is not None
    assert (taken_at.offset_minutes, taken_at.offset_source) == (minutes, "gps")
