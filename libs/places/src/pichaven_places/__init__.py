"""Offline facts about positions: the geo place, and the time zone with its offsets."""

from pichaven_places.gazetteer import REACH_KM, Gazetteer, Place, load_gazetteer, place_of
from pichaven_places.time_zones import offset_at, offset_of_instant, time_zone_of

__all__ = [
    "REACH_KM",
    "Gazetteer",
    "Place",
    "load_gazetteer",
    "offset_at",
    "offset_of_instant",
    "place_of",
    "time_zone_of",
]
