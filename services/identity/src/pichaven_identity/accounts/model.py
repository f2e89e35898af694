"""Accounts, and the rules for e-mail addresses and names."""

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from email_validator import EmailNotValidError, validate_email

from pichaven_chassis.display_text import clean_line
from pichaven_chassis.problems import FieldError, InvalidRequest
from pichaven_identity.errors import InvalidEmail

LONGEST_EMAIL: Final = 254
LONGEST_NAME: Final = 100


@dataclass(frozen=True, slots=True)
class Account:
    """A person's account. `version` grows with every change that others can see."""

    id: str
    email: str
    name: str
    password_hash: str
    created_at: datetime
    updated_at: datetime
    version: int = 1
    password_changed_at: datetime | None = None
    """When the owner last set another password; a rehash does not count."""


def normalise_email(text: str) -> str:
    """Return the address as it is stored and shown. Raises `InvalidEmail`.

    Checks the syntax only: no look-up, and names of private networks are valid.
    """
    try:
        checked = validate_email(
            text.strip(), check_deliverability=False, globally_deliverable=False
        )
    except EmailNotValidError as error:
        raise _invalid_email(str(error)) from None
    if "." not in checked.domain or len(checked.normalized) > LONGEST_EMAIL:
        raise _invalid_email("The part after the @-sign is not a full domain name.")
    return checked.normalized


def email_key(text: str) -> str:
    """Return the key that all spelling variants of an address share.

    Never raises: a text that is no address gets a key that no account has.
    """
    try:
        text = normalise_email(text)
    except InvalidEmail:
        text = text.strip()[: LONGEST_EMAIL + 1]
    return unicodedata.normalize("NFKC", text).casefold()


def normalise_name(text: str) -> str:
    """Return the name without superfluous white space.

    Raises `InvalidRequest` for an empty or too long name and for characters that `clean_line`
    removes.
    """
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if not 1 <= len(name) <= LONGEST_NAME or clean_line(name) != name:
        message = f"A name has 1 to {LONGEST_NAME} printable characters."
        raise InvalidRequest(message, errors=[FieldError(path="body.name", message=message)])
    return name


def _invalid_email(message: str) -> InvalidEmail:
    return InvalidEmail(message, errors=[FieldError(path="body.email", message=message)])
