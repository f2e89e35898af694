"""A person signs up, out and in again, by pointer and by keyboard alone."""

import re

import pytest
from playwright.async_api import Page, expect

from pichaven_chassis.ids import new_id
from testing.api_client import PASSWORD, ApiClient
from tests.end_to_end.web.conftest import OpenPage, axe_findings, sign_in


def _new_email() -> str:
    return f"{new_id()}@example.org"


async def _register(page: Page, email: str, password: str = PASSWORD) -> None:
    await page.get_by_label("Name").fill("Ada Lovelace")
    await page.get_by_label("Email").fill(email)
    await page.get_by_label("Password", exact=True).fill(password)
    await page.get_by_role("button", name="Create account").click()


async def _sign_out(page: Page) -> None:
    await page.get_by_role("button", name="Account", exact=True).click()
    await page.get_by_role("menuitem", name="Sign out").click()


async def test_a_person_signs_up_sees_what_to_do_next_and_comes_back(open_page: OpenPage) -> None:
    page = await open_page("/")
    email = _new_email()
    await page.get_by_role("link", name="Create account").click()
    await _register(page, email)

    await expect(page.get_by_role("heading", name="Your photos will be here")).to_be_visible()
    await expect(page.get_by_role("button", name="Upload photos")).to_be_visible()
    await expect(page.get_by_role("navigation", name="Main")).to_be_visible()
    await expect(page.get_by_role("searchbox", name="Search photos")).to_be_visible()

    await _sign_out(page)
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    await sign_in(page, email)
    await expect(page.get_by_role("heading", name="Your photos will be here")).to_be_visible()


async def test_what_the_server_refuses_is_said_beside_the_field(
    open_page: OpenPage, person: ApiClient
) -> None:
    page = await open_page("/register")
    await _register(page, person.email, password="password1")
    password = page.get_by_label("Password", exact=True)
    await expect(password).to_have_accessible_description(re.compile("among the most common"))
    await expect(password).to_be_focused()

    await password.fill(PASSWORD)
    await page.get_by_role("button", name="Create account").click()

    email = page.get_by_label("Email")
    await expect(email).to_have_accessible_description(re.compile("There is an account"))
    await expect(email).to_be_focused()


async def test_a_wrong_password_is_an_alert(open_page: OpenPage, person: ApiClient) -> None:
    page = await open_page("/login")

    await sign_in(page, person.email, "not the password of anyone")

    await expect(page.get_by_role("alert")).to_have_text("Email or password is wrong.")


async def test_a_session_survives_a_reload_and_leads_back_to_where_one_was(
    open_page: OpenPage, person: ApiClient
) -> None:
    page = await open_page("/settings/keys")
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()

    await sign_in(page, person.email)
    await expect(page.get_by_role("heading", name="New key")).to_be_visible()
    await page.reload()

    await expect(page.get_by_role("heading", name="New key")).to_be_visible()


async def test_signing_out_in_one_tab_signs_out_the_other(
    open_page: OpenPage, person: ApiClient
) -> None:
    page = await open_page("/login")
    await sign_in(page, person.email)
    await expect(page.get_by_role("navigation", name="Main")).to_be_visible()
    other = await page.context.new_page()
    await other.goto("/settings/account")
    await expect(other.get_by_role("heading", name="Profile")).to_be_visible()

    await _sign_out(page)

    await expect(other.get_by_role("heading", name="Sign in")).to_be_visible()


async def test_the_keyboard_alone_is_enough(open_page: OpenPage, person: ApiClient) -> None:
    page = await open_page("/login")
    await expect(page.get_by_label("Email")).to_be_focused()

    await page.keyboard.type(person.email)
    await page.keyboard.press("Tab")
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("navigation", name="Main")).to_be_visible()

    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    account = page.get_by_role("button", name="Account", exact=True)
    for _ in range(10):
        await page.keyboard.press("Tab")
        if await account.evaluate("button => button === document.activeElement"):
            break
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("menu", name="Account")).to_be_visible()
    await page.keyboard.press("End")
    await expect(page.get_by_role("menuitem", name="Sign out")).to_be_focused()
    await page.keyboard.press("Enter")

    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_axe_finds_nothing_on_any_screen(
    open_page: OpenPage, person: ApiClient, theme: str
) -> None:
    page = await open_page("/register", color_scheme=theme)
    await expect(page.get_by_label("Name")).to_be_focused()
    assert await axe_findings(page) == []

    await page.goto("/login")
    await expect(page.get_by_label("Email")).to_be_focused()
    assert await axe_findings(page) == []

    await sign_in(page, person.email)
    headings = {
        "/": "Your photos will be here",
        "/search": "Search your photos",
        "/explore": "Nothing to explore yet",
        "/map": "No photos with a place yet",
        "/duplicates": "No duplicates",
        "/settings/account": "Storage",
        "/settings/general": "General",
        "/settings/security": "Devices",
        "/settings/keys": "New key",
        "/no/such/page": "This page does not exist",
    }
    await expect(page.get_by_role("navigation", name="Main")).to_be_visible()
    for path, heading in headings.items():
        await page.goto(path)
        await expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
        assert await axe_findings(page) == [], path


async def test_nothing_is_cut_off_at_320_pixels(open_page: OpenPage, person: ApiClient) -> None:
    page = await open_page("/login", viewport={"width": 320, "height": 568})
    assert await _overflow(page) == 0

    await sign_in(page, person.email)
    await expect(page.get_by_role("navigation", name="Main")).to_be_visible()
    for path in ("/", "/settings/account", "/settings/general", "/settings/keys"):
        await page.goto(path)
        await expect(page.get_by_role("button", name="Upload", exact=True)).to_be_visible()
        assert await _overflow(page) == 0, path


async def _overflow(page: Page) -> int:
    """Return by how many pixels the page is wider than its window."""
    width = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return max(0, int(width))


async def test_arabic_runs_from_right_to_left(open_page: OpenPage, person: ApiClient) -> None:
    page = await open_page("/login", locale="ar")
    await expect(page.get_by_role("heading", name="تسجيل الدخول")).to_be_visible()

    assert await page.evaluate("[document.documentElement.lang, document.dir]") == ["ar", "rtl"]
    assert await _overflow(page) == 0
    assert await axe_findings(page) == []
