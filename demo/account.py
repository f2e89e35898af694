"""The account that the demo makes, for show."""

from typing import Final

EMAIL: Final = "demo@example.com"
PASSWORD: Final = "pichaven demo passphrase"  # noqa: S105 - an account for show
