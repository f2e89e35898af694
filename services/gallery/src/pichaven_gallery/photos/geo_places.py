"""Names of places from the gazetteer that comes with the platform."""

import asyncio

from pichaven_contracts.photo import Location


class GazetteerPlaces:
    """Implements `PlaceNames`. The data is read at the first call, and off the event loop."""

    async def __call__(self, position: Location) -> Location:
        return await asyncio.to_thread(_named, position)


def _named(position: Location) -> Location:
    from pichaven_places import place_of

    found = place_of(position.lat, position.lon)
    if found is None:
        return position
    names = {"city": found.city, "region": found.region, "country": found.country}
    return position.model_copy(update=names)
