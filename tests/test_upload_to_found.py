"""From the file on a disk to the photo in the results, for every format."""

import pytest

from pichaven_chassis.testing import eventually
from testing.api_client import Person
from testing.images import FORMATS


@pytest.mark.parametrize("name", FORMATS)
async def test_a_photo_of_every_format_is_uploaded_shown_and_found(
    person: Person, name: str
) -> None:
    content_type, make = FORMATS[name]
    photo_id = await person.upload(name, make(sum(name.encode())))

    photo = await person.ready(photo_id)

    assert photo["content_type"] == content_type
    assert photo["width"] > photo["height"] > 0
    sizes = {variant["name"] for variant in photo["variants"]}
    assert {"150", "800"} <= sizes
    for variant in photo["variants"]:
        answer = await person.storage.get(variant["url"])
        assert answer.status_code == 200
        assert len(answer.content) == variant["bytes"]
        assert "immutable" in answer.headers["cache-control"]
    original = await person.storage.get(photo["original_url"])
    assert len(original.content) == photo["size"]

    by_name = await person.found(photo_id, q=name.split(".", maxsplit=1)[0])
    assert by_name["matched"]["text"]
    analyzed = await person.analyzed(photo_id)
    assert analyzed["analysis"]["model"].startswith("pichaven-tiny")


async def test_every_step_of_a_photo_is_told(person: Person) -> None:
    name = "photo.jpg"
    photo_id = await person.upload(name, FORMATS[name][1](7))
    await person.analyzed((await person.ready(photo_id))["id"])

    async def all_done() -> bool:
        """Text is read after the photo can be found."""
        photo = await person.photo(photo_id)
        steps = {step["name"]: step["state"] for step in photo["steps"]}
        return "read_text" in steps and set(steps.values()) == {"done"}

    await eventually(all_done, "every step is done", 60)
    photo = await person.photo(photo_id)
    assert {"make_variants", "embed", "read_text"} <= {step["name"] for step in photo["steps"]}
