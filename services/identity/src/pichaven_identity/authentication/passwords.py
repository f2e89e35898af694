"""Rules for passwords: their length, and none that is among the first to be guessed."""

import re
import unicodedata
from collections.abc import Iterator
from math import prod
from typing import Final

from zxcvbn import zxcvbn
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from pichaven_chassis.problems import FieldError
from pichaven_identity.authentication.bounded_threads import BoundedThreads
from pichaven_identity.errors import PasswordRefused

SHORTEST: Final = 8
LONGEST: Final = 256
FEWEST_GUESSES: Final = 10**8
"""As many as 8 random characters take by zxcvbn's estimate."""

_SHORTEST_COMMON: Final = 4
_SHORTEST_PERSONAL: Final = 3
_MOST_APPENDED: Final = 6
"""Digits and signs at an end that make no other password of a word, as in `summer2026!`."""
_WORD: Final = re.compile(r"[^\W\d_]+")
_SEPARATORS: Final = str.maketrans("", "", " ._-+'")
_SUBSTITUTES: Final = "@48([{3690!1|7$5+%2"
_SPELLINGS: Final = tuple(
    str.maketrans(_SUBSTITUTES, f"aabccceggo{one * 3}{seven}sstxz")
    for one in "il"
    for seven in "tl"
)
_PRODUCT: Final = "pichaven"
_OTHER_LANGUAGES: Final = (
    *("passwort", "kennwort", "motdepasse", "contrasena", "contraseña", "senha", "parola"),
    *("пароль", "йцукен", "привет", "密码", "密碼", "パスワード"),
)
"""The word for a password, and what else is typed first, where the list has none."""
_COMMON: Final = frozenset(
    spelled
    for word in [*FREQUENCY_LISTS["passwords"][:10_000], *_OTHER_LANGUAGES, _PRODUCT]
    for spelled in (word, *(word.translate(table) for table in _SPELLINGS))
)
_ESTIMATED: Final = 20
"""Characters that are estimated: a longer password is no worse than its beginning."""
_MOST_SUBSTITUTES: Final = 8
"""zxcvbn tries all combinations of their meanings: 8 take 70 ms at most, 16 several seconds."""

_COMMON_REASON: Final = (
    "This password, or one like it, is among the most common. "
    "Choose several words that do not belong together."
)
_PERSONAL_REASON: Final = (
    "This password is close to your name or address. "
    "Choose several words that have nothing to do with you."
)
_GUESSABLE_REASON: Final = (
    "This password is guessed quickly. Make it longer, best by words that do not belong together."
)


def normalise_password(password: str) -> str:
    """Return the form that is hashed, the same for all encodings of the characters."""
    return unicodedata.normalize("NFKC", password)


class PasswordRules:
    """Refuses short, common, personal and guessable passwords."""

    def __init__(self, *, queue_size: int) -> None:
        # One thread: zxcvbn keeps the user's words in a module's variable while it estimates.
        self._threads = BoundedThreads("password-rules", threads=1, queue_size=queue_size)

    async def check(self, password: str, *, email: str, name: str, field: str) -> None:
        """Raise `PasswordRefused`, with what to do, for a weak password.

        Raises `Unavailable` when too many checks wait.
        """
        normalised = normalise_password(password)
        reason = _wrong_length(normalised) or await self._threads.run(
            lambda: weakness(normalised, email=email, name=name)
        )
        if reason is not None:
            raise PasswordRefused(reason, errors=[FieldError(path=f"body.{field}", message=reason)])

    async def close(self) -> None:
        await self._threads.close()


def weakness(password: str, *, email: str, name: str) -> str | None:
    """Return why a normalised password is weak, None if it is not. Computes for up to 0.1 s."""
    lowered = password.casefold()
    if len(set(lowered)) == 1:
        return "A password is more than one character again and again."
    words = _personal_words(email, name)
    for core in _cores(lowered):
        if len(core) >= _SHORTEST_PERSONAL and core in words:
            return _PERSONAL_REASON
        if len(core) >= _SHORTEST_COMMON and core in _COMMON:
            return _COMMON_REASON
    user_words = sorted({*words, *_OTHER_LANGUAGES, _PRODUCT})
    pieces = _split_by_substitutes(password[:_ESTIMATED])
    if prod(int(zxcvbn(piece, user_words)["guesses"]) for piece in pieces) < FEWEST_GUESSES:
        return _GUESSABLE_REASON
    return None


def _split_by_substitutes(text: str) -> Iterator[str]:
    """Yield the text in pieces, as long as possible, that zxcvbn estimates in time."""
    start, substitutes = 0, set[str]()
    for at, character in enumerate(text):
        new = {character} & set(_SUBSTITUTES) - substitutes
        if new and len(substitutes) == _MOST_SUBSTITUTES:
            yield text[start:at]
            start, substitutes = at, set()
        substitutes |= new
    yield text[start:]


def _wrong_length(password: str) -> str | None:
    if len(password) < SHORTEST:
        return f"A password has at least {SHORTEST} characters."
    if len(password) > LONGEST:
        return f"A password has at most {LONGEST} characters."
    return None


def _cores(lowered: str) -> Iterator[str]:
    """Yield the words that the password may be a variant of.

    Undone are digits and signs at the ends, letters replaced by similar signs, accents,
    separators, reversal, and repetition, also with digits and signs between.
    """
    words = set(_WORD.findall(lowered))
    if len(words) == 1 and sum(not char.isalpha() for char in lowered) <= _MOST_APPENDED:
        yield _squeeze(words.pop())
    for stripped in _strip_ends(lowered):
        for spelled in {stripped, *(stripped.translate(table) for table in _SPELLINGS)}:
            core = _squeeze(spelled)
            half = len(core) // 2
            yield from (spelled, core, core[::-1])
            if core[:half] == core[half:]:
                yield core[:half]


def _strip_ends(text: str) -> Iterator[str]:
    starts, ends = _appended(text), _appended(text[::-1])
    for start in range(starts + 1):
        for end in range(ends + 1):
            yield text[start : len(text) - end]


def _appended(text: str) -> int:
    """Return how many characters at the beginning are no letters, up to the most that count."""
    count = 0
    while count < min(len(text), _MOST_APPENDED) and not text[count].isalpha():
        count += 1
    return count


def _personal_words(email: str, name: str) -> frozenset[str]:
    """Return the squeezed parts of address and name, alone and together."""
    local, _, domain = email.casefold().partition("@")
    labels = domain.split(".")
    parts = name.casefold().split()
    texts = [email.casefold(), local, domain, *labels[:-1], *parts]
    texts += ["".join(parts), "".join(reversed(parts))]
    for separator in "._-+":
        texts += local.split(separator)
    squeezed = {_squeeze(text) for text in texts}
    return frozenset(word for word in squeezed if len(word) >= _SHORTEST_PERSONAL)


def _squeeze(text: str) -> str:
    """Return the text without separators and accents."""
    decomposed = unicodedata.normalize("NFKD", text.translate(_SEPARATORS))
    return "".join(char for char in decomposed if not unicodedata.combining(char))
