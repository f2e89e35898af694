"""The place that a coordinate lies in, by name. Reads its own data, asks nobody."""

from pichaven_places.gazetteer import REACH_KM, Gazetteer, Place, bundled, place_of

__all__ = ["REACH_KM", "Gazetteer", "Place", "bundled", "place_of"]
