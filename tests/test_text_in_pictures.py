"""Photos are found by what is written in them, and the reason says so."""

import io

from PIL import Image, ImageDraw, ImageFont

from testing.api_client import Person

SIGN = ("GYRFALCON", "Harbour Street 42")


def _sign(*lines: str, size: tuple[int, int] = (1600, 1200)) -> bytes:
    image = Image.new("RGB", size, (236, 230, 215))
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(110)
    draw.rectangle((80, 80, size[0] - 80, size[1] - 80), outline=(40, 60, 110), width=12)
    for number, line in enumerate(lines):
        draw.text((200, 300 + 260 * number), line, font=font, fill=(30, 30, 45))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=88)
    return buffer.getvalue()


async def test_a_word_on_a_sign_finds_the_photo_and_is_named_as_the_reason(
    person: Person,
) -> None:
    with_word = await person.upload("1.jpg", _sign(*SIGN))
    without = await person.upload("2.jpg", _sign())
    for photo_id in (with_word, without):
        await person.ready(photo_id)
        await person.analyzed(photo_id)

    found = await person.found(with_word, q="gyrfalcon")
    assert found["matched"]["text"] == ["ocr"]
    both = await person.found(with_word, q="harbour street")
    assert both["matched"]["text"] == ["ocr"]

    answer = await person.json("GET", "/search", params={"q": "gyrfalcon", "limit": 50})
    assert [item["photo"]["id"] for item in answer["items"]] == [with_word]
