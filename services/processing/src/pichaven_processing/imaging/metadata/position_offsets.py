"""The offset of a capture time by the position, where the file has none."""

from dataclasses import replace
from datetime import datetime

from pichaven_places import offset_at, offset_of_instant, time_zone_of
from pichaven_processing.imaging.facts import CaptureTime, GeoPlace
from pichaven_processing.imaging.metadata.capture_times import capture_time


def add_position_offset(taken_at: CaptureTime, place: GeoPlace) -> CaptureTime:
    """Return the time with the offset that clocks had at the place; a clock that has one keeps it.

    The first call in a process loads the zones, so only children that need them have them.
    """
    is_instant = taken_at.source == "gps"
    if taken_at.offset_minutes is not None and not is_instant:
        return taken_at
    zone = time_zone_of(place.lat, place.lon)
    if zone is None:
        return taken_at
    at = datetime.fromisoformat(taken_at.at)
    if is_instant:
        offset = offset_of_instant(zone, at)
        located = replace(taken_at, offset_minutes=offset)
    else:
        # Without an offset, the clock was read as UTC.
        clock = at.replace(tzinfo=None)
        offset = offset_at(zone, clock)
        located = capture_time(clock, offset, taken_at.source)
    return taken_at if offset is None else replace(located, offset_source="gps")
