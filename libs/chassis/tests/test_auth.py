"""Tokens are checked while identity is slow, away, or changes its keys."""

import asyncio
import json
import time

import httpx
import pytest
from starlette.datastructures import Headers

from pichaven_chassis import ended_sessions
from pichaven_chassis.auth import Authenticator, Principal, Scope
from pichaven_chassis.ids import new_id
from pichaven_chassis.problems import Unauthorized, Unavailable
from pichaven_chassis.settings import AuthSettings
from testing.authority import TestAuthority
from testing.polling import eventually

USER = new_id()


class SlowIdentity:
    """An authority whose answers time out, while `hangs`, once `timeout_reached` is set."""

    def __init__(self) -> None:
        self.authority = TestAuthority()
        self.settings = AuthSettings(jwks_ttl_s=100)
        self.key_requests = 0
        self.hangs = False
        self.timeout_reached = asyncio.Event()
        self.now = 1000.0
        self.authenticator = Authenticator(
            self.settings,
            client=httpx.AsyncClient(
                transport=httpx.MockTransport(self._answer), base_url="http://identity"
            ),
            now=lambda: self.now,
        )

    def verify(self) -> asyncio.Task[Principal]:
        token = self.authority.token(USER)
        return asyncio.create_task(self.authenticator.verify(token, via="token"))

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == ended_sessions.PATH:
            return self.authority.respond(request)
        self.key_requests += 1
        if self.hangs:
            await self.timeout_reached.wait()
            raise httpx.ReadTimeout("it hangs")
        return self.authority.respond(request)


async def test_all_who_need_keys_wait_for_one_answer() -> None:
    identity = SlowIdentity()
    identity.hangs = True
    waiting = [identity.verify() for _ in range(20)]
    await eventually(lambda: identity.key_requests == 1, "identity is requests")
    identity.timeout_reached.set()

    answers = await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), 5)

    assert {type(answer) for answer in answers} == {Unavailable}
    assert identity.key_requests == 1
    identity.hangs = False
    assert (await identity.verify()).user_id == USER


async def test_nobody_waits_for_an_identity_that_hangs_when_the_key_is_known() -> None:
    identity = SlowIdentity()
    await identity.verify()
    identity.hangs = True
    identity.now += identity.settings.jwks_ttl_s + 1

    principal = await asyncio.wait_for(identity.verify(), 5)

    assert principal.user_id == USER
    await eventually(
        lambda: identity.key_requests == 2, "the keys are requests for behind the answer"
    )
    await identity.authenticator.close()


async def test_a_key_that_was_good_long_ago_is_asked_about_first() -> None:
    identity = SlowIdentity()
    token = identity.authority.token(USER)
    await identity.verify()
    identity.authority = TestAuthority()
    identity.now += 10 * identity.settings.jwks_ttl_s

    with pytest.raises(Exception, match="not ours"):
        await identity.authenticator.verify(token, via="token")


async def test_a_token_that_was_accepted_is_refused_once_its_key_is_withdrawn() -> None:
    identity = SlowIdentity()
    token = identity.authority.token(USER)
    await identity.authenticator.verify(token, via="token")
    identity.authority = TestAuthority()
    identity.now += 10 * identity.settings.jwks_ttl_s

    with pytest.raises(Unauthorized, match="not ours"):
        await identity.authenticator.verify(token, via="token")


async def test_a_token_that_was_accepted_is_refused_once_it_has_expired(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    authority = TestAuthority()
    token = authority.token(USER, expires_in=900)
    principal = await authority.authenticator.verify(token, via="token")
    assert await authority.authenticator.verify(token, via="token") == principal
    after_leeway = time.time() + 911
    monkeypatch.setattr(time, "time", lambda: after_leeway)

    with pytest.raises(Unauthorized, match="expired"):
        await authority.authenticator.verify(token, via="token")


async def test_all_who_bring_a_rotated_key_wait_for_the_same_load() -> None:
    identity = SlowIdentity()
    await identity.verify()
    identity.authority = TestAuthority()
    identity.now += 10
    tokens = [identity.verify() for _ in range(5)]

    principals = await asyncio.wait_for(asyncio.gather(*tokens), 5)

    assert {principal.user_id for principal in principals} == {USER}
    assert identity.key_requests == 2


async def test_an_identity_that_hangs_for_long_holds_up_one_request_at_most() -> None:
    identity = SlowIdentity()
    await identity.verify()
    identity.now += 3 * identity.settings.jwks_ttl_s
    identity.hangs = True
    identity.timeout_reached.set()
    await identity.verify()
    key_requests = identity.key_requests
    identity.timeout_reached.clear()

    principal = await asyncio.wait_for(identity.verify(), 5)

    assert principal.user_id == USER
    assert identity.key_requests == key_requests
    await identity.authenticator.close()


@pytest.mark.parametrize(
    ("scope", "scopes"),
    [
        ("library", set(Scope)),
        ("library account", set(Scope)),
        ("photos:read", {Scope.PHOTOS_READ}),
        ("", set()),
    ],
)
async def test_a_token_from_before_scopes_has_them_all(scope: str, scopes: set[Scope]) -> None:
    authority = TestAuthority()

    principal = await authority.authenticator.verify(
        authority.token(USER, scope=scope), via="token"
    )

    assert principal.scopes & set(Scope) == scopes


class KeyExchange:
    """An authority that records exchanges of API keys, and answers once `released` is set."""

    def __init__(self) -> None:
        self.authority = TestAuthority()
        self.authority.api_keys = {"ph_a": USER, "ph_b": USER, "ph_c": USER}
        self.api_keys: list[str] = []
        self.released = asyncio.Event()
        self.released.set()
        self.authenticator = Authenticator(
            AuthSettings(),
            client=httpx.AsyncClient(
                transport=httpx.MockTransport(self._answer), base_url="http://identity"
            ),
            max_api_keys=2,
        )

    async def principal(self, api_key: str) -> Principal:
        return await self.authenticator.principal(Headers({"x-api-key": api_key}))

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/internal/api-keys/exchange":
            self.api_keys.append(json.loads(request.content)["api_key"])
            await self.released.wait()
        return self.authority.respond(request)


async def test_all_who_bring_an_api_key_at_once_share_one_exchange() -> None:
    exchange = KeyExchange()
    exchange.released.clear()
    callers = [asyncio.create_task(exchange.principal("ph_a")) for _ in range(10)]
    await eventually(lambda: exchange.api_keys == ["ph_a"], "identity is requests")
    callers[0].cancel()
    exchange.released.set()

    principals = await asyncio.wait_for(asyncio.gather(*callers[1:]), 5)

    assert {principal.user_id for principal in principals} == {USER}
    assert exchange.api_keys == ["ph_a"]


async def test_only_the_oldest_api_key_is_forgotten_when_there_are_too_many() -> None:
    exchange = KeyExchange()
    for api_key in ("ph_a", "ph_b", "ph_c"):
        await exchange.principal(api_key)

    for api_key in ("ph_b", "ph_c", "ph_a"):
        await exchange.principal(api_key)

    assert exchange.api_keys == ["ph_a", "ph_b", "ph_c", "ph_a"]


async def test_a_refused_api_key_is_asked_about_again() -> None:
    exchange = KeyExchange()
    with pytest.raises(Unauthorized):
        await exchange.principal("ph_new")
    exchange.authority.api_keys["ph_new"] = USER

    assert (await exchange.principal("ph_new")).user_id == USER


async def test_a_token_is_refused_once_its_session_has_ended() -> None:
    authority = TestAuthority()
    authenticator, session_id = authority.authenticator, new_id()
    token, other = authority.token(USER, session_id=session_id), authority.token(USER)
    principal = await authenticator.verify(token, via="token")
    calls: list[str] = []

    with authenticator.on_end(principal, lambda: calls.append("first")):
        authority.ended_sessions.append(session_id)
        await eventually(lambda: calls == ["first"], "the end is called back")

    with pytest.raises(Unauthorized, match="session has ended"):
        await authenticator.verify(token, via="token")
    with pytest.raises(Unauthorized):
        authenticator.check_live(principal)
    with authenticator.on_end(principal, lambda: calls.append("late")):
        assert calls == ["first", "late"]
    assert (await authenticator.verify(other, via="token")).user_id == USER
    await authenticator.close()


async def test_tokens_are_taken_while_identity_does_not_say_which_sessions_ended() -> None:
    authority, requests = TestAuthority(), 0
    session_id = new_id()

    def respond(request: httpx.Request) -> httpx.Response:
        nonlocal requests
        if request.url.path == ended_sessions.PATH:
            requests += 1
            if requests == 2:
                raise httpx.ReadTimeout("it hangs")
            if requests > 2:
                return httpx.Response(503, json={})
        return authority.respond(request)

    authority.ended_sessions.append(session_id)
    authenticator = Authenticator(
        AuthSettings(ended_sessions_poll_s=0.01),
        client=httpx.AsyncClient(
            transport=httpx.MockTransport(respond), base_url="http://identity"
        ),
    )
    with pytest.raises(Unauthorized):
        await authenticator.verify(authority.token(USER, session_id=session_id), via="token")
    await eventually(lambda: requests > 4, "identity is asked again after failures")

    assert (await authenticator.verify(authority.token(USER), via="token")).user_id == USER
    with pytest.raises(Unauthorized):
        await authenticator.verify(authority.token(USER, session_id=session_id), via="token")
    await authenticator.close()


async def test_an_expired_api_key_is_refused_without_the_leeway_of_tokens() -> None:
    authority = TestAuthority()
    now = time.time()
    expired = authority.token(USER, expires_in=120, key_exp=now - 0.5)
    valid = authority.token(USER, expires_in=120, key_exp=now + 60)
    just_expired = authority.token(USER, expires_in=-1)
    verify = authority.authenticator.verify

    with pytest.raises(Unauthorized, match="key has expired"):
        await verify(expired, via="api_key")
    principal = await verify(valid, via="api_key")
    assert (principal.expires_at, principal.key_expires_at) == (now + 60, now + 60)
    assert (await verify(just_expired, via="token")).key_expires_at is None
    await authority.authenticator.close()


async def test_a_cached_exchange_does_not_outlive_its_api_key() -> None:
    authority, exchanges = TestAuthority(), 0
    expires_at = time.time() + 1.5

    def respond(request: httpx.Request) -> httpx.Response:
        nonlocal exchanges
        if request.url.path == "/internal/api-keys/exchange":
            exchanges += 1
            token = authority.token(USER, expires_in=120, key_exp=expires_at)
            return httpx.Response(200, json={"access_token": token, "expires_in": 120})
        return authority.respond(request)

    transport = httpx.MockTransport(respond)
    authenticator = Authenticator(
        AuthSettings(), client=httpx.AsyncClient(transport=transport, base_url="http://identity")
    )

    async def is_refused() -> bool:
        try:
            principal = await authenticator.principal(Headers({"X-Api-Key": "ph_x"}))
        except Unauthorized:
            return True
        return principal.user_id != USER

    await eventually(is_refused, "the key is refused")

    assert exchanges == 1
    await authenticator.close()
