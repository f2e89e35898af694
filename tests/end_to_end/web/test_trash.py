"""What is deleted for good is gone."""

import re

from playwright.async_api import expect

from testing.api_client import ApiClient
from testing.images import jpeg
from testing.polling import eventually
from tests.end_to_end.web.conftest import OpenPage


async def test_photos_are_deleted_for_good_one_by_one_and_all_together(
    open_page: OpenPage, person: ApiClient
) -> None:
    ids = [await person.upload(f"old-{number}.jpg", jpeg(860 + number)) for number in range(3)]
    for photo_id in ids:
        await person.wait_until_ready(photo_id)
    await person.json("POST", "/photos/batch", json={"ids": ids, "action": "trash"})
    page = await open_page("/trash", email=person.email)
    photos = page.get_by_role("link", name=re.compile(r"^old-\d\.jpg$"))
    await expect(photos).to_have_count(3)

    await page.get_by_role("checkbox", name="Select old-1.jpg").click()
    toolbar = page.get_by_role("toolbar", name="Selection")
    await toolbar.get_by_role("button", name="Delete for good").click()
    dialog = page.get_by_role("alertdialog", name="Delete 1 photo for good?")
    await dialog.get_by_role("button", name="Delete for good").click()
    await expect(photos).to_have_count(2)

    async def is_gone() -> bool:
        return (await person.http.get(f"/photos/{ids[1]}")).status_code == 404

    await eventually(is_gone, "the photo is gone", 30)
    await page.get_by_role("button", name="Empty trash").click()
    dialog = page.get_by_role("alertdialog", name="Empty the trash?")
    await dialog.get_by_role("button", name="Empty trash").click()
    await expect(page.get_by_role("heading", name="The trash is empty")).to_be_visible()

    async def is_given_back() -> bool:
        usage = await person.json("GET", "/me/usage")
        return bool(usage["photos"] == 0 and usage["bytes_used"] == 0)

    await eventually(is_given_back, "nothing of them is counted", 30)
