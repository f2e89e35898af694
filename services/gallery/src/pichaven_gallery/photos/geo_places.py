"""City, region and country of a position, from the bundled gazetteer."""

import asyncio

from pichaven_contracts.photo import Location


async def name_location(location: Location) -> Location:
    """Return the location with its geo place's names, or unchanged where there is none.

    The gazetteer is read at the first call; each call runs in a thread.
    """
    return await asyncio.to_thread(_name_location, location)


def _name_location(location: Location) -> Location:
    from pichaven_places import place_of

    place = place_of(location.lat, location.lon)
    if place is None:
        return location
    names = {"city": place.city, "region": place.region, "country": place.country}
    return location.model_copy(update=names)
