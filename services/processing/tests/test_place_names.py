"""Names for where a picture was taken."""

from pathlib import Path

import pytest
from services.processing.tests import pictures
from services.processing.tests.conftest import LIMITS, Render
from services.processing.tests.pictures import ascii_, exif, rational

from pichaven_processing.imaging.facts import GeoPlace
from pichaven_processing.imaging.metadata.place_names import add_place_names
from pichaven_processing.imaging.picture import Picture
from pichaven_processing.imaging.steps import check_limits, identify_type, read_metadata


def test_a_position_gets_city_region_and_country_in_english() -> None:
    place = add_place_names(GeoPlace(48.2086, 16.3724, 171.0))

    assert place == GeoPlace(48.2086, 16.3724, 171.0, "Vienna", "Vienna", "Austria")


def test_far_out_at_sea_a_position_stays_without_names() -> None:
    assert add_place_names(GeoPlace(0.5, -30.0)) == GeoPlace(0.5, -30.0)


@pytest.mark.parametrize("degrees", [(0, 0, 0), (95, 0, 0)])
def test_no_position_no_names(render: Render, degrees: tuple[int, int, int]) -> None:
    gps = {
        1: ascii_("N"), 2: rational(*degrees), 3: ascii_("E"), 4: rational(0, 0, 0),
    }  # fmt: skip
    block = exif(gps=False, main={0x8825: gps})

    assert render(pictures.jpeg(exif=block)).facts.metadata.place is None


def test_a_gazetteer_that_fails_costs_the_names_alone(tmp_path: Path) -> None:
    def broken(_place: GeoPlace) -> GeoPlace:
        raise OSError("the data cannot be read")

    original = tmp_path / "original"
    original.write_bytes(pictures.jpeg(exif=exif()))
    picture = Picture(original, tmp_path, LIMITS)
    identify_type.run(picture)
    check_limits.run(picture)

    read_metadata.run(picture, add_names=broken)

    metadata = picture.metadata
    assert metadata.camera == "Nikon D850"
    assert metadata.place is not None
    assert metadata.place.lat == pytest.approx(-33.8568056, abs=1e-6)
    assert metadata.place.city is None
