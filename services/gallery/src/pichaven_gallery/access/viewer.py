"""Who asks."""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class User:
    """A signed-in user; the library with the same id is theirs."""

    user_id: str


Viewer: TypeAlias = User
"""A user. A share link joins this union as a class that carries its own `Grant`; mypy then
names each place that assumes a user."""
