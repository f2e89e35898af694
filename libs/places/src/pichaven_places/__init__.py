"""Offline reverse geocoding: the geo place of a position, from bundled data."""

from pichaven_places.gazetteer import REACH_KM, Gazetteer, Place, load_gazetteer, place_of

__all__ = ["REACH_KM", "Gazetteer", "Place", "load_gazetteer", "place_of"]
