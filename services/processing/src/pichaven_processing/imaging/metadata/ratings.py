"""Ratings in stars, also from the percent that Windows writes."""

from typing import Final

MOST_STARS: Final = 5


def stars(rating: float | None) -> int | None:
    """Return 0 to 5 stars, None for another number (-1 is a rejected picture)."""
    if rating is None or not 0 <= rating <= MOST_STARS:
        return None
    return round(rating)


def stars_of_percent(percent: float | None) -> int | None:
    """Return the stars that Windows shows: it writes 1, 25, 50, 75 and 99 percent for 1 to 5."""
    if percent is None or not 0 <= percent <= 100:
        return None
    return min(MOST_STARS, int(percent + 12) // 25 + 1) if percent > 0 else 0
