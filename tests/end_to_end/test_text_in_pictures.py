"""Search finds photos by the text in them and names it as the matched field; a photo shows it."""

from PIL import Image, ImageDraw, ImageFont

from testing.api_client import ApiClient
from testing.images import encode
from testing.polling import eventually

SIGN = ("GYRFALCON", "Harbour Street 42")


def sign(*lines: str, size: tuple[int, int] = (1600, 1200)) -> bytes:
    image = Image.new("RGB", size, (236, 230, 215))
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(110)
    draw.rectangle((80, 80, size[0] - 80, size[1] - 80), outline=(40, 60, 110), width=12)
    for number, line in enumerate(lines):
        draw.text((200, 300 + 260 * number), line, font=font, fill=(30, 30, 45))
    return encode(image, "JPEG", quality=88)


async def test_a_word_on_a_sign_finds_the_photo_and_is_the_matched_field(
    person: ApiClient,
) -> None:
    with_word = await person.upload("1.jpg", sign(*SIGN))
    without = await person.upload("2.jpg", sign())
    for photo_id in (with_word, without):
        await person.wait_until_ready(photo_id)
        await person.wait_until_analyzed(photo_id)

    hit = await person.wait_for_hit(with_word, q="gyrfalcon")
    assert hit["matched"]["text"] == ["ocr"]
    hit = await person.wait_for_hit(with_word, q="harbour street")
    assert hit["matched"]["text"] == ["ocr"]

    async def text() -> str:
        read: str | None = (await person.photo(with_word))["text"]
        assert read is not None
        return read

    lines = (await eventually(text, "the photo has the text of its picture")).splitlines()
    assert "GYRFALCON" in lines

    page = await person.json("GET", "/search", params={"q": "gyrfalcon", "limit": 50})
    assert [item["photo"]["id"] for item in page["items"]] == [with_word]
