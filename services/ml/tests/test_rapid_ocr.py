"""The OCR models in this process, with a clock of the test's own."""

import itertools

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

_LITTLE_LINES = 45


@pytest.mark.slow
def test_a_page_is_read_as_far_as_time_allows_its_largest_lines_first() -> None:
    from pichaven_ml.text_reading.rapid_ocr import RapidOcr

    image = Image.new("RGB", (1400, 1900), "white")
    draw = ImageDraw.Draw(image)
    draw.text((40, 1700), "Headline", font=ImageFont.load_default(120), fill="black")
    for number in range(_LITTLE_LINES):
        words = "several little words in a row"
        draw.text((40, 40 + 36 * number), words, font=ImageFont.load_default(24), fill="black")
    ticks = itertools.count()
    ocr = RapidOcr(now=lambda: next(ticks))

    lines = ocr.read(np.asarray(image, dtype=np.uint8), deadline=next(ticks) + 10)

    assert len(lines) == 10
    assert lines[-1].text == "Headline"
