"""Passwords: which are refused, and hashing: equal work for every account, bounded."""

import asyncio
from collections.abc import Callable
from typing import Literal

import argon2
import pytest
from argon2.exceptions import VerifyMismatchError
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from pichaven_chassis.problems import Unavailable
from pichaven_identity.authentication.password_hasher import PasswordHasher
from pichaven_identity.authentication.passwords import PasswordRules, weakness
from pichaven_identity.errors import PasswordRefused

EMAIL, NAME = "a.lovelace@example.org", "Ada Lovelace"
LEET = str.maketrans("aeios", "@3105")


def _hasher(*, memory_kib: int = 64, threads: int = 1, queue_size: int = 8) -> PasswordHasher:
    return PasswordHasher(
        time_cost=1, memory_kib=memory_kib, parallelism=1, threads=threads, queue_size=queue_size
    )


async def test_a_missing_account_costs_the_same_argon2_work_as_an_existing_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hasher = _hasher(memory_kib=1024)
    stored = await hasher.hash("right horse")
    work: list[tuple[argon2.Parameters, str | bytes]] = []
    verify = argon2.PasswordHasher.verify

    def spy(self: argon2.PasswordHasher, stored_hash: str, password: str | bytes) -> Literal[True]:
        try:
            return verify(self, stored_hash, password)
        except VerifyMismatchError:
            # Raised only after all of Argon2's work.
            work.append((argon2.extract_parameters(stored_hash), password))
            raise

    monkeypatch.setattr(argon2.PasswordHasher, "verify", spy)

    assert not (await hasher.verify(stored, "wrong horse")).matches
    assert not (await hasher.verify(None, "wrong horse")).matches

    # Argon2's work depends on its parameters and the password, not on the stored hash.
    [existing, missing] = work
    assert existing == missing
    await hasher.close()


async def test_a_broken_stored_hash_matches_nothing() -> None:
    hasher = _hasher()

    assert not (await hasher.verify("not a hash", "x")).matches
    assert not (await hasher.verify(None, "\0 nobody's password")).matches
    await hasher.close()


async def test_calls_beyond_the_queue_are_refused_at_once_and_the_rest_served() -> None:
    hasher = _hasher(memory_kib=8192, threads=1, queue_size=3)

    responses = await asyncio.gather(
        *(hasher.hash(f"password {number}") for number in range(10)), return_exceptions=True
    )

    assert sum(isinstance(response, str) for response in responses) == 4
    assert sum(isinstance(response, Unavailable) for response in responses) == 6
    assert (await hasher.hash("later")).startswith("$argon2id$")
    await hasher.close()


@pytest.mark.parametrize("password", ["", "\x00", "x" * 1024])
async def test_any_text_can_be_checked(password: str) -> None:
    hasher = _hasher()
    stored = await hasher.hash(password)

    assert (await hasher.verify(stored, password)).matches
    assert not (await hasher.verify(stored, password + "x")).matches
    await hasher.close()


def _is_refused(password: str) -> bool:
    return weakness(password, email=EMAIL, name=NAME) is not None


@pytest.mark.parametrize(
    "vary",
    [
        str,
        str.upper,
        lambda word: word.capitalize() + "1",
        lambda word: word + "2026!",
        lambda word: word.translate(LEET),
        lambda word: word.title().translate(LEET) + "99",
        lambda word: "!" + word + "7",
        lambda word: word[::-1] + "12",
        lambda word: word + word,
    ],
)
def test_the_most_common_passwords_and_their_variants_are_refused(
    vary: Callable[[str], str],
) -> None:
    common = FREQUENCY_LISTS["passwords"][:10_000]
    variants = [variant for word in common[::40] if len(variant := vary(word)) >= 8]

    assert variants
    assert [variant for variant in variants if not _is_refused(variant)] == []


@pytest.mark.parametrize(
    "password",
    [
        *("AdaLovelace", "ada.lovelace1815", "LovelaceAda!", "L0ve1ace1815", "Àdà Lövelace"),
        *("a.lovelace@example.org1", "Lovelace+Lovelace", "examp1e.0rg", "ecalevol99"),
    ],
)
def test_variants_of_name_and_address_are_refused(password: str) -> None:
    assert "your name or address" in str(weakness(password, email=EMAIL, name=NAME))


@pytest.mark.parametrize("password", ["asdfghjkl;'x", "20261129", "abcabcabcabc", "zyxwvuts1"])
def test_sequences_and_repetitions_are_refused(password: str) -> None:
    assert _is_refused(password)


@pytest.mark.parametrize(
    "password",
    [
        *("password1234567890", "qwertyuiop1234567890", "ada1234567890", "lovelace0123456789"),
        *("letmein0123456789", "9876543210987654", "pichaven2026pichaven", "hunter2hunter2"),
        *("пароль123456", "Passwort2026", "contraseña1!", "motdepasse99"),
    ],
)
def test_common_words_with_digits_of_any_number_are_refused(password: str) -> None:
    assert _is_refused(password)


@pytest.mark.parametrize(
    "password",
    [
        *("83920174650293847561", "@4[{3%!9|7$+", "9876543210-purple-otter"),
        "seven grey gulls at noon",
        "k3v9x2qp",
        "Tr4mp0lin&Biber",
        "ada eats nine plums",
        "птица в клетке",
    ],
)
def test_passwords_that_nobody_guesses_are_taken(password: str) -> None:
    assert not _is_refused(password)


def test_signs_with_many_meanings_do_not_make_the_check_slow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    estimated: list[str] = []
    monkeypatch.setattr(
        "pichaven_identity.authentication.passwords.zxcvbn",
        lambda text, _words: estimated.append(text) or {"guesses": 10**9},
    )

    weakness("4@8({[<3691!|7$5+2" * 4, email=EMAIL, name=NAME)
    weakness("seven grey gulls at noon " * 4, email=EMAIL, name=NAME)

    assert estimated == ["4@8({[<36", "91!|7$5+", "24@", "seven grey gulls at "]


async def test_a_refusal_says_what_to_do_and_names_the_field() -> None:
    rules = PasswordRules(queue_size=8)

    with pytest.raises(PasswordRefused) as refusal:
        await rules.check("P@ssw0rd2024!", email=EMAIL, name=NAME, field="new_password")

    assert refusal.value.code == "password_refused"
    assert "Choose several words" in refusal.value.detail
    assert [error.path for error in refusal.value.errors] == ["body.new_password"]
    await rules.close()
