"""Lens names, and descriptions of lenses whose name is not in the file."""

import math
from collections.abc import Sequence

_LONGEST = 200


def lens_name(text: str | None) -> str | None:
    """Return the name on one line, None when it is a placeholder (`----`, `0.0 mm f/0.0`)."""
    name = " ".join((text or "").split())[:_LONGEST]
    if not any(char.isalnum() and char != "0" for char in name.lower().replace("mm f/", "")):
        return None
    return None if name.lower() in {"unknown", "none", "n/a", "no lens"} else name


def describe_lens(specification: Sequence[float]) -> str | None:
    """Return `24-70mm f/2.8-4` of the shortest and longest focal length and their f-numbers.

    None without a focal length; f-numbers that are unknown are left out.
    """
    if len(specification) != 4:
        return None
    shortest, longest, at_shortest, at_longest = (
        number if math.isfinite(number) and number > 0 else 0.0 for number in specification
    )
    if not shortest:
        return None
    lengths = f"{shortest:.4g}" + (f"-{longest:.4g}" if longest not in {0, shortest} else "")
    if not at_shortest:
        return f"{lengths}mm"
    apertures = f"{at_shortest:.3g}"
    apertures += f"-{at_longest:.3g}" if at_longest not in {0, at_shortest} else ""
    return f"{lengths}mm f/{apertures}"
