"""Names of the place where a picture was taken."""

from dataclasses import replace

from pichaven_places import place_of
from pichaven_processing.imaging.facts import GeoPlace


def add_place_names(place: GeoPlace) -> GeoPlace:
    """Return the place with city, region and country, unchanged far out at sea.

    The first call in a process loads the gazetteer, so only children that need it have it.
    """
    names = place_of(place.lat, place.lon)
    if names is None:
        return place
    return replace(place, city=names.city, region=names.region, country=names.country)
