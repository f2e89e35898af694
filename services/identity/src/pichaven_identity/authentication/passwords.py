"""Rules for passwords: their length, and none of the most common ones."""

import unicodedata
from typing import Final

from pichaven_chassis.problems import FieldError
from pichaven_identity.errors import PasswordRefused

SHORTEST: Final = 8
LONGEST: Final = 256

_COMMON: Final = frozenset(
    {
        "password", "password1", "passw0rd", "p@ssw0rd", "p@ssword", "12345678", "123456789",
        "1234567890", "87654321", "0123456789", "abcdefgh", "abcd1234", "qwertyui", "qwertyuiop",
        "qwerty123", "1q2w3e4r", "1qaz2wsx", "iloveyou", "sunshine", "princess", "football",
        "baseball", "superman", "trustno1", "welcome1", "letmein1", "changeme", "pichaven",
    }
)  # fmt: skip


def normalise_password(password: str) -> str:
    """Return the form that is hashed, the same for all encodings of the characters."""
    return unicodedata.normalize("NFKC", password)


def check_password(password: str, *, email: str, name: str, field: str) -> None:
    """Raise `PasswordRefused`, with the reason, for a weak password."""
    reason = _weakness(normalise_password(password), email=email, name=name)
    if reason is not None:
        raise PasswordRefused(reason, errors=[FieldError(path=f"body.{field}", message=reason)])


def _weakness(password: str, *, email: str, name: str) -> str | None:
    if len(password) < SHORTEST:
        return f"A password has at least {SHORTEST} characters."
    if len(password) > LONGEST:
        return f"A password has at most {LONGEST} characters."
    lowered = password.casefold()
    if len(set(lowered)) == 1:
        return "A password is more than one character again and again."
    if lowered in _COMMON:
        return "This password is among the first that are tried."
    if lowered in {email.casefold(), email.casefold().partition("@")[0], name.casefold()}:
        return "A password is not your address or name."
    return None
