"""Sessions through the gateway."""

from testing.api_client import PASSWORD, ApiClient


async def test_reusing_a_refresh_token_ends_the_whole_family(person: ApiClient) -> None:
    first = person.tokens["refresh_token"]
    renewed = await person.json("POST", "/auth/refresh", json={"refresh_token": first})

    # A lost response may be asked for again until its token is used.
    again = await person.json("POST", "/auth/refresh", json={"refresh_token": first})
    assert again["refresh_token"] == renewed["refresh_token"]

    latest = await person.json(
        "POST", "/auth/refresh", json={"refresh_token": renewed["refresh_token"]}
    )
    reuse = await person.http.post("/auth/refresh", json={"refresh_token": first})
    after = await person.http.post("/auth/refresh", json={"refresh_token": latest["refresh_token"]})

    assert reuse.status_code == 401
    assert after.status_code == 401


async def test_an_api_key_works_until_it_is_deleted(person: ApiClient) -> None:
    created = await person.json("POST", "/me/api-keys", json={"name": "script"})
    key = {"X-Api-Key": created["api_key"]}
    url = f"{person.http.base_url}photos"

    assert (await person.storage.get(url, headers=key)).status_code == 200
    await person.json("DELETE", f"/me/api-keys/{created['id']}")

    listed = await person.json("GET", "/me/api-keys")
    assert listed["items"] == []


async def test_wrong_passwords_are_slowed_down(person: ApiClient) -> None:
    codes = [
        (
            await person.http.post(
                "/auth/login", json={"email": person.email, "password": f"{PASSWORD}{n}"}
            )
        ).status_code
        for n in range(12)
    ]

    # On a busy machine an attempt may come when the wait of the one before is over.
    assert codes[0] == 401
    assert set(codes) == {401, 429}
