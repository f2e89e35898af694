"""The names of where a picture was taken."""

from dataclasses import replace

from pichaven_places import place_of
from pichaven_processing.imaging.facts import Place


def named(place: Place) -> Place:
    """With city, region and country; as it was far out at sea.

    The first call in a process reads the gazetteer: only children that meet a position have it.
    """
    found = place_of(place.lat, place.lon)
    if found is None:
        return place
    return replace(place, city=found.city, region=found.region, country=found.country)
