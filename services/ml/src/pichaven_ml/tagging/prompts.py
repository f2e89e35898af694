"""The wording that a text is encoded in. Done here so that every caller means the same."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

DEFAULT_TEMPLATES: Final = ("a photo of {}", "a picture of {}", "{}")
"""CLIP learnt from captions: a bare word stands nearer to pictures inside one. Three wordings
are averaged; more cost latency and move the vector little."""

_LEAD_IN: Final = re.compile(
    r"^(?:(?:please )?(?:show|find|give)(?: me)? )?(?:all )?(?:my |the |some |an? )?"
    r"(?:photos?|pictures?|images?|pics?|photographs?) (?:of|with|showing|that show) (?=\S)"
)
_EDGES: Final = " \t\"'`“”‘’«».,;:!?…()[]{}<>|/\\*#~_-"


def normalise(text: str) -> str:
    """Lower-case, one space between words, no punctuation around, no "photos of" in front.

    Empty when there is nothing to search for.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    printable = "".join(
        " " if unicodedata.category(character)[0] == "C" else character for character in folded
    )
    words = " ".join(printable.split()).strip(_EDGES)
    return _LEAD_IN.sub("", words).strip(_EDGES)


def wordings(text: str, templates: Sequence[str]) -> list[str]:
    """The normalised text in each template; brace characters in the text stay as they are."""
    return [template.replace("{}", text) for template in templates]
