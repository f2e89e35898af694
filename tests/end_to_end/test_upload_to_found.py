"""From the file to the search hit, for every format."""

import pytest

from testing.api_client import ApiClient
from testing.images import FORMATS
from testing.polling import eventually


@pytest.mark.parametrize("name", FORMATS)
async def test_a_photo_of_every_format_is_uploaded_rendered_and_a_search_hit(
    person: ApiClient, name: str
) -> None:
    content_type, encode = FORMATS[name]
    photo_id = await person.upload(name, encode(sum(name.encode())))

    photo = await person.wait_until_ready(photo_id)

    assert photo["content_type"] == content_type
    assert photo["width"] > photo["height"] > 0
    sizes = {variant["name"] for variant in photo["variants"]}
    assert {"150", "800"} <= sizes
    for variant in photo["variants"]:
        response = await person.storage.get(variant["url"])
        assert response.status_code == 200
        assert len(response.content) == variant["bytes"]
        assert "immutable" in response.headers["cache-control"]
    original = await person.storage.get(photo["original_url"])
    assert len(original.content) == photo["size"]

    hit = await person.wait_for_hit(photo_id, q=name.split(".", maxsplit=1)[0])
    assert hit["matched"]["text"]
    analyzed = await person.wait_until_analyzed(photo_id)
    assert analyzed["analysis"]["model"].startswith("pichaven-tiny")


async def test_every_step_of_a_photo_is_listed(person: ApiClient) -> None:
    name = "photo.jpg"
    photo_id = await person.upload(name, FORMATS[name][1](7))
    await person.wait_until_analyzed((await person.wait_until_ready(photo_id))["id"])

    async def all_done() -> bool:
        photo = await person.photo(photo_id)
        steps = {step["name"]: step["state"] for step in photo["steps"]}
        return "read_text" in steps and set(steps.values()) == {"done"}

    # Text is read after the photo is a search hit.
    await eventually(all_done, "every step is done", 60)
    photo = await person.photo(photo_id)
    assert {"make_variants", "embed", "read_text"} <= {step["name"] for step in photo["steps"]}
